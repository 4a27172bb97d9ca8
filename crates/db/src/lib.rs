//! One SQL text on two engines: SQLite inside the program, PostgreSQL when one machine is not enough.
//!
//! Two verbs: [`Store::read`] (a snapshot, nobody's personal data) and [`Store::write`] (one transaction,
//! run again on a conflict). The third verb of the product, `look`, is built on them in `identity`.
//! Invariants: every statement names `municipality_id` and [`Tx`] binds it as `$1` itself; nothing but
//! [`Filter`] builds SQL at run time; an answer is given only after its COMMIT.
mod connection;
mod error;
mod filter;
mod migrate;
mod pin;
mod postgres;
mod row;
mod server;
mod sql;
mod sqlite;
mod store;
mod tx;
mod value;
mod wal;
mod work;

pub use connection::{postgres_environment, postgres_is_empty};
pub use error::DbError;
pub use filter::{Column, Filter};
pub use linkme;
pub use migrate::{Migration, Zone};
pub use pin::{Pin, RowCounts, check_file};
pub use row::Row;
pub use server::{Moment, Server, Snapshot, Standing};
pub use sql::{STATEMENTS, Shape, Sql};
pub use sqlite::SqliteOptions;
pub use store::{Engine, Store, Wakes};
pub use tx::Tx;
pub use value::{FromValue, ToValue, Value};
pub use wal::{Changes, WalPosition, WalTail};
