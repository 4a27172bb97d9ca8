//! The log of what happened, and how every office follows it.
//!
//! A command changes its rows and calls [`append`] in the same transaction: one `event` row, and one `job`
//! row for each follower that the city has switched on. Workers ([`work`]) claim jobs and call the
//! follower's function in a transaction that also deletes the job, so its effect happens once.
//! Invariants: the log is append-only; a follower never gets a later event of a stream before an earlier
//! one; a follower that fails delays nobody else. Absent on purpose: reading the log with "id > last seen"
//! (on PostgreSQL a smaller id may become visible later and would be skipped).
mod board;
pub mod facts;
mod follow;
mod log;
mod replay;
mod work;

pub use board::{Floret, State, Trouble, board, retry, troubles};
pub use follow::{FollowError, FollowUp, Told};
pub use log::{AUDITED, Event, EventId, EventKind, Source, append, append_all, enable, event};
pub use replay::replay;
pub use work::{drain, release_claims, start};

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration {
        zone: db::Zone::Inside,
        name: "events/0001",
        sql: include_str!("../migrations/0001_events.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "events/0002",
        sql: include_str!("../migrations/0002_leaf.sql"),
    },
];
