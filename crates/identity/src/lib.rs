//! Who acts, what they may do, and the record of whom they looked at.
//!
//! Invariants: rights are denied unless the printed table grants them; a read of a person is answered only after
//! its access record is stored; secrets never reach an error, a log line or a `Debug` text.
mod account;
mod actor;
mod alarm;
pub mod break_glass;
pub mod external;
pub mod fresh;
mod known;
pub mod log;
mod look;
mod new_password;
pub mod news;
mod operation;
mod own_account;
pub mod passkeys;
pub mod password;
mod person_index;
mod policy;
mod secret;
pub mod session;
pub mod setup;
pub mod setup_use;
mod staff;
mod throttle;
pub mod totp;

pub use account::{
    NewAccount, NewPost, account_of, actor_of, create_account, create_section, give_post, reseal_secrets,
    sign_in_name,
};
pub use actor::{AccountId, AccountKind, Actor, Section};
pub use alarm::{Alarm, AlarmKind, alarms};
pub use break_glass::{BreakGlass, BreakGlassId, BreakGlassRefused, BreakGlassState};
pub use known::KnownSessions;
pub use look::{Caller, Looking, Purpose, look, record_access};
pub use new_password::{LEAST_CHARS, Weak};
pub use operation::{AUDITED, Entry, Operation, record};
pub use own_account::{OwnSession, PasswordRefused, change_password, end_all, end_one, sessions_of};
pub use person_index::person_index_is_whole;
pub use policy::{Action, Grant, Policy, Resource, Role};
pub use secret::Token;
pub use session::{Attempt, NewSession, Pending, Refusal, Session};
pub use staff::{Post, StaffAccount, account_names, section_names, staff};
pub use throttle::MOST_UNANSWERED;

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration {
        zone: db::Zone::Inside,
        name: "0001_identity",
        sql: include_str!("../migrations/0001_identity.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0002",
        sql: include_str!("../migrations/0002_operation_log.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0003",
        sql: include_str!("../migrations/0003_sign_in.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0004",
        sql: include_str!("../migrations/0004_break_glass.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0005",
        sql: include_str!("../migrations/0005_directory.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0006",
        sql: include_str!("../migrations/0006_session_account.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0007",
        sql: include_str!("../migrations/0007_own_account.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "identity/0008",
        sql: include_str!("../migrations/0008_setup_code.sql"),
    },
];
