//! Addresses (residents.md §7): 町字, the nation's postal towns, 番地, and the two ways in: completion while a clerk
//! types, and reading a whole address somebody else wrote.
//!
//! How an address is read (`parse`, `parse_anywhere`), in one pass over at most 400 letters:
//!
//! 1. `fold`, `variant`: each letter as compared: width, kana, dashes, 異体字. `names`: numerals by their value.
//! 2. `parse`: postal code, prefecture, municipality (`municipality`, `merged`); all names that begin the text are found
//!    by narrowing one sorted table.
//! 3. `parse/town`: the town among those of its municipality (`town_index`, made when the first address of the
//!    municipality comes), strictly first, then as people write it: 小字, streets of 京都, small letters left out.
//! 4. `lot`: 番地 and 住居番号; the rest is 方書.
//!
//! Where towns come from: `registry` (町字マスター: 群馬県 carried, the country by `load`) has names, 町字ID and 小字;
//! elsewhere `place` has the national table of 大字・丁目. `nation` has the post office's towns for completion.
//!
//! The tables in `data/` are facts (sources and licences in `data/SOURCES.md`). They are decoded on first use and kept
//! as text with offsets.
//!
//! One rule above all: **a wrong town is worse than none.** Where letters are left over directly
//! after a town, the town is not taken and the near ones are offered instead.
mod address;
mod complete;
mod fold;
mod load;
mod lot;
mod merged;
mod municipality;
mod names;
mod nation;
mod parse;
mod place;
mod postal_code;
mod registry;
mod town;
mod town_index;
mod variant;
mod warning;

pub use address::Address;
pub use complete::{Suggestion, complete};
pub use load::{RegistryTable, registry_table};
pub use lot::{Lot, LotDoubt, Numbering};
pub use municipality::{Municipality, municipalities, municipality};
pub use nation::complete_nation;
pub use parse::{Level, Parsed, parse, parse_anywhere};
pub use place::{Place, places_of};
pub use postal_code::{NotAPostalCode, PostalCode};
pub use registry::{NotARegistry, town, towns_of, use_registry};
pub use town::{NotATownId, Town, TownId, TownKind};
pub use warning::Warning;
