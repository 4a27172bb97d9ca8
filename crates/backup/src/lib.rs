//! 控え: copies of the stores at another place, continuous and sealed, and the way back.
//!
//! A generation is a whole copy and the segments since, each some whole commits. On the embedded engine the
//! log is read a few times a second, of PostgreSQL it is received as it grows; a kill of the program or the loss of the
//! machine costs what was committed since. Invariants: nothing leaves the house unsealed, each object opens under
//! its own name alone, the desk never waits for the store of copies, and what does not arrive raises an alarm.
mod cluster;
mod copying;
mod dumps;
mod error;
mod folder;
mod line;
mod object;
mod place;
mod receiver;
mod recover;
mod report;
mod restore;
mod retention;
mod running;
mod s3;
mod scratch_server;
mod settings;
mod ship;
mod signature;
mod snapshot;
mod spool;
mod target;
mod tools;
mod wal;

pub use dumps::{ServerPlan, dump_once};
pub use error::BackupError;
pub use object::Generation;
pub use place::forget_places;
pub use recover::{Recovered, is_of_server, recover, restore_into};
pub use report::{DrillId, DrillKind, DrillReport, drills, record_drill};
pub use restore::{Restored, Until, compare, restore_zone};
pub use retention::Keep;
pub use running::{Drilled, Prepare, Running, ZoneReport, copy_once};
pub use settings::Settings;
pub use snapshot::Taken;
pub use target::{Object, Target, open_target};

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[db::Migration {
    zone: db::Zone::Inside,
    name: "backup/0001",
    sql: include_str!("../migrations/0001_backup.sql"),
}];
