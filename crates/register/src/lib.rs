//! The resident register (住民基本台帳): the one place where a life event is recorded.
//!
//! Three layers, append-only except the last: the event log → `resident_version` (a full snapshot a person
//! and version, without gaps) → `resident_current` (what search and the other offices read, rebuildable).
//! Invariants: a provisional act (仮登録) is seen by nobody outside its pages; a final act (本登録) is never
//! edited; names and addresses leave this crate only through [`Looking`](identity::Looking), which writes
//! the access row, through [`may_issue`], which does so as well, or as [`followers_view`], which has neither.
//! Whom a 支援措置 shields, every door asks at that moment ([`shelter`]); a withheld value is absent ([`Shown`]).
mod alert;
mod document;
mod household;
mod issue;
mod lock;
mod lookup;
mod move_in;
mod near;
mod notice;
mod notification;
mod number;
mod other_party;
mod personal_number;
mod protection;
mod protection_act;
mod protection_form;
mod protection_notice;
mod relationship;
mod release;
mod resident;
mod search;
mod selection;
mod shelter;
mod shown;
mod snapshot;
mod statistics;
mod takeover;
mod view;

pub use alert::{Alert, alerts};
pub use document::{
    CHILD_ALLOWANCE_CERTIFICATE, DOCUMENTS, Document, ELECTORAL_CERTIFICATE, INCOME_CERTIFICATE,
    INSURANCE_CONFIRMATION, LATE_ELDERLY_CONFIRMATION, RESIDENT_COPY, RESIDENT_NOTICE, SCHOOL_NOTICE,
    TAX_CERTIFICATE, VACCINATION_CERTIFICATE,
};
pub use events::facts::ProtectionDeed;
pub use household::Place;
pub use issue::{
    Applicant, Channel, IssueRefused, IssueRequest, Paper, Permit, Subject, issued, may_issue, person_of,
};
pub use lock::{
    ListedLock, Lock, LockAct, LockId, LockKind, LockLevel, LockRefusal, NewLock, end as end_lock, locks,
    put as put_lock,
};
pub use lookup::{
    Heading, HouseholdRecord, Version, headings, household_of, household_record, present, versions,
};
pub use move_in::{Refusal, Registered, discard, finalize, foresight, provisional};
pub use near::{Nearness, ids_of_text, near};
pub use notice::{
    MoveInId, MoveInKind, Notice, NoticeHead, NoticeState, Waiting, draft_tells, notice, notice_head, waiting,
};
pub use notification::{Member, MoveIn, RawMember, RawMoveIn, Wrong, check};
pub use personal_number::{NumberPurpose, NumberRefused, PERSONAL_NUMBER, find_by_number, reveal_number};
pub use protection::{
    Deed, Part, Party, ProtectedAct, Protection, ProtectionId, ProtectionState, Told, deeds, extension_from,
    last_day_of_year, protection, protections,
};
pub use protection_act::{
    ProtectionRefusal, confirm as confirm_protection, end as end_protection, extend as extend_protection,
    file as file_protection, forward as forward_protection, link as link_protection, moved_out,
};
pub use protection_form::{RawParty, RawProtection};
pub use protection_notice::{Attempt, Due, attempts, due, lapse_notices, unsure};
pub use relationship::Relationship;
pub use release::{NewRelease, RELEASE_MINUTES, ReleaseKind, release};
pub use resident::{Home, Name, Resident, State};
pub use search::{Hits, PAGE, Query, search};
pub use selection::{born_between, persons_named};
pub use shelter::PROTECTION;
pub use shown::{Found, REFUSED, Shown, WITHHELD};
pub use statistics::{Counted, HeadCount, head_count};
pub use takeover::{TakeoverHousehold, TakeoverPerson, take_over};
pub use view::followers_view;

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration {
        zone: db::Zone::Inside,
        name: "register/0001",
        sql: include_str!("../migrations/0001_register.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "register/0002_protection",
        sql: include_str!("../migrations/0002_protection.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "register/0003_search",
        sql: include_str!("../migrations/0003_search.sql"),
    },
];
