//! Addresses (residents.md §7): 町字 of the prefecture, the nation's postal towns, 番地, and the two
//! ways in: completion while a clerk types, and reading a whole address somebody else wrote.
//!
//! The tables in `data/` are facts made by `cargo xtask towns` (sources and licences in
//! `data/SOURCES.md`). They are decoded on first use and kept as text with offsets.
//!
//! One rule above all: **a wrong town is worse than none.** Where letters are left over directly
//! after a town, the town is not taken and the near ones are offered instead.
mod address;
mod complete;
mod fold;
mod lot;
mod municipality;
mod nation;
mod parse;
mod postal_code;
mod town;
mod town_index;
mod warning;

pub use address::Address;
pub use complete::{Suggestion, complete};
pub use lot::{Lot, LotDoubt, Numbering};
pub use municipality::{Municipality, municipalities, municipality};
pub use nation::complete_nation;
pub use parse::{Level, Parsed, parse};
pub use postal_code::{NotAPostalCode, PostalCode};
pub use town::{NotATownId, Town, TownId, TownKind, town, towns_of};
pub use warning::Warning;
