//! The dials of a continuous copy.
use std::time::Duration;

use crate::Keep;

#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How often the log is read.
    pub every: Duration,
    /// Commits that wait longer than this raise the alarm.
    pub alarm_after: Duration,
    /// The spool's bound, for each zone.
    pub spool_bytes: u64,
    /// A generation with more segments, or more bytes of them, is followed by a new one.
    pub segments: u64,
    pub segment_bytes: u64,
    pub keep: Keep,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            every: Duration::from_millis(150),
            alarm_after: Duration::from_secs(30),
            spool_bytes: 1 << 30,
            segments: 5000,
            segment_bytes: 256 << 20,
            keep: Keep::default(),
        }
    }
}
