//! Sets papers with typst, in memory: a template sees its own text, the prelude, the override folder's `.typ` files, the
//! embedded fonts and its data; no other file, no network, no clock.
//!
//! Nothing is replaced in silence. Each letter of the finished sheets is looked up in the font that drew it, variation
//! sequences (異体字) in its table of sequences; what leaves its frame or the page is an error, and so is every
//! warning of typst.
mod fonts;
mod press;
mod proof;
mod world;

pub use fonts::fonts_complete;
pub use press::Press;
