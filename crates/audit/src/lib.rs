//! The proof that the log is whole: one RFC 6962 Merkle tree a city over every event and every look at a person.
//!
//! An act writes its leaf hash in its own transaction ([`leaf`]). A sealer numbers what is committed ([`seal()`]), a
//! key outside the data signs the root ([`checkpoint()`]), and [`verify()`] computes everything anew. Invariants: rows
//! of a [`Source`] are never changed but for their number; the personal part of a row can be deleted and the tree
//! still holds. Spec: office §5.2, DESIGN §5.
mod checkpoint;
mod countersign;
mod history;
mod leaf;
mod prove;
mod seal;
mod source;
mod succession;
mod tiles;
mod verify;

pub use checkpoint::{BadNote, Checkpoint, checkpoint, open_note, stored_keys};
pub use countersign::{Refusal, Seen, Witness, admit, countersign};
pub use history::{BadHistory, History};
pub use leaf::{Leaf, Salts, leaf};
pub use prove::proof_file;
pub use seal::seal;
pub use source::Source;
pub use succession::{hand_over, with_heirs};
pub use verify::{Damage, Numbers, Report, Trust, Uncountersigned, verify};

/// The tables of this crate.
pub const MIGRATIONS: &[db::Migration] = &[
    db::Migration {
        zone: db::Zone::Inside,
        name: "audit/0001",
        sql: include_str!("../migrations/0001_audit.sql"),
    },
    db::Migration {
        zone: db::Zone::Inside,
        name: "audit/0002",
        sql: include_str!("../migrations/0002_succession.sql"),
    },
];
