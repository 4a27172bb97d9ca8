//! The resident register (住民基本台帳): the one place where a life event is recorded.
//!
//! Three layers, append-only except the last: the event log → `resident_version` (a full snapshot a person
//! and version, without gaps) → `resident_current` (what search and the other offices read, rebuildable).
//! Invariants: a provisional act (仮登録) is seen by nobody outside its pages; a final act (本登録) is never
//! edited; names and addresses leave this crate only through [`Looking`](identity::Looking), which writes
//! the access row, or as [`followers_view`], which has neither.
mod alert;
mod household;
mod lookup;
mod move_in;
mod notification;
mod number;
mod relationship;
mod resident;
mod search;
mod snapshot;
mod takeover;
mod view;

pub use alert::{Alert, alerts};
pub use household::{Place, place_of};
pub use lookup::{HouseholdRecord, Version, household_of, household_record, present, versions};
pub use move_in::{
    MoveInId, MoveInKind, Notice, NoticeState, Refusal, Registered, discard, finalize, foresight, notice,
    provisional, waiting,
};
pub use notification::{Member, MoveIn, RawMember, RawMoveIn, Wrong, check};
pub use relationship::Relationship;
pub use resident::{Name, Resident, State};
pub use search::{Hits, PAGE, Query, search};
pub use takeover::{TakeoverHousehold, TakeoverPerson, take_over};
pub use view::followers_view;

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[db::Migration {
    zone: db::Zone::Inside,
    name: "register/0001",
    sql: include_str!("../migrations/0001_register.sql"),
}];
