//! HTTP for every app: routes with the right they need, sessions, CSRF, error pages, headers, assets.
//!
//! Invariants: a route cannot be declared without saying who may use it; the guard runs before the handler;
//! unsafe methods carry the session's token; what a handler refuses is shown as a page in Japanese.
mod account;
mod accounts;
mod app;
mod asset;
mod desk;
mod directory;
mod error;
mod guard;
pub mod health;
mod own_account;
mod passkey;
mod reach;
mod routes;
mod setup;
mod sign_in;
mod site;
mod step_up;
mod submission;

pub use app::{Answer, App, Call, Command, MenuItem, Refused};
pub use asset::Asset;
pub use desk::{Desk, View};
pub use directory::{GRANTS, RESOURCES};
pub use error::PageError;
pub use health::Watch;
pub use reach::Reach;
pub use routes::{Listed, Need, Routes, serve_routes};
pub use site::{City, Parts, SampleSignIn, Site};
pub use submission::{Submission, first_result, keep_result};

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[db::Migration {
    zone: db::Zone::Inside,
    name: "web/0001",
    sql: include_str!("../migrations/0001_web.sql"),
}];
