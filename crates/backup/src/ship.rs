//! From the spool to the store of copies, in order, again and again until it arrives.
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use crate::BackupError;
use crate::copying::PAUSE;
use crate::line::Line;
use crate::object::{self, Generation, Part};
use crate::place::Chain;
use crate::restore::held;

impl Line {
    /// After a start: what is in the store and what waits must be the chain without a gap. A power cut may have
    /// taken a segment that its place file tells of.
    pub(crate) fn check_chain(&self, chain: &Chain) {
        while !self.stopped() {
            match self.is_whole(chain) {
                Ok(true) => return,
                Ok(false) => {
                    tracing::warn!(source = self.source, "the copy has a gap: a new one begins");
                    self.spool.clear();
                    self.begin_anew();
                    return;
                }
                Err(error) => {
                    self.trouble(&error);
                    thread::sleep(PAUSE);
                }
            }
        }
    }

    fn is_whole(&self, chain: &Chain) -> Result<bool, BackupError> {
        // While this looks, new segments come into the spool; they come after those of the chain.
        let there = held(&*self.target, self.source)?.remove(&chain.generation);
        let Some(there) = there.filter(|held| held.complete) else { return Ok(false) };
        let mut there: Vec<u64> = there.segments.iter().map(|segment| segment.number).collect();
        for name in self.spool.names() {
            let whole = |sealed: Vec<u8>| object::open(&self.keys, &name, &sealed).is_ok();
            if let Some((_, Part::Segment(segment))) = Generation::parse(self.source, &name)
                && segment.number <= chain.segments
                && self.spool.read(&name).is_ok_and(whole)
            {
                there.push(segment.number);
            }
        }
        there.sort_unstable();
        there.dedup();
        Ok(there.into_iter().filter(|number| *number <= chain.segments).eq(1..=chain.segments))
    }

    pub(crate) fn ship(&self) {
        loop {
            let Some(waiting) = self.spool.next(Duration::from_millis(100)) else {
                if self.drained.load(Ordering::SeqCst) {
                    return;
                }
                continue;
            };
            let put =
                self.spool.read(&waiting.name).and_then(|sealed| self.target.put(&waiting.name, &sealed));
            match put {
                Ok(()) => {
                    self.spool.done(&waiting);
                    let mut known = self.known();
                    known.trouble = None;
                    if let Some((_, Part::Segment(segment))) = Generation::parse(self.source, &waiting.name) {
                        known.confirmed_at = Some(segment.until);
                    }
                }
                Err(error) => {
                    self.trouble(&error);
                    if self.stopped() {
                        return;
                    }
                    thread::sleep(PAUSE);
                }
            }
        }
    }
}
