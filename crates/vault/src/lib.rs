//! The keys of an installation and what only they open: 個人番号 and 住民票コード (residents §2.3), the secrets
//! of one-time codes, and copies of the data that leave the house.
//!
//! Invariants: keys lie outside the data and outside its copies (DESIGN §5a); a sealed value opens only at the
//! place it was sealed for; neither a key nor a number reaches a `Debug` text, an error or an index in plain.
mod cipher;
mod folder;
mod keys;
pub mod numbers;
mod ring;
mod totp;

pub use cipher::{Cipher, Unopenable};
/// An Ed25519 key that signs the checkpoints of the audit log.
pub use ed25519_dalek::{SigningKey, VerifyingKey};
pub use keys::{KeyError, KeyUse, Keys, beside, ensure_outside, make_signing, read_signing};
pub use numbers::{Number, NumberError, NumberKind};
pub use totp::{open_totp, reseal_totp, seal_totp};

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[db::Migration {
    zone: db::Zone::Inside,
    name: "vault/0001",
    sql: include_str!("../migrations/0001_vault.sql"),
}];
