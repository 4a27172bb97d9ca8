//! The embedded fonts, parsed when the first paper is set. Static bytes: nothing is copied, pages come from the file.
use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

include!(concat!(env!("OUT_DIR"), "/fonts.rs"));

/// Noto Sans JP and Noto Serif JP in two weights, IPAmj明朝 in one.
const EXPECTED: usize = 5;

pub(crate) struct Fonts {
    pub book: LazyHash<FontBook>,
    pub all: Vec<Font>,
}

pub(crate) static FONTS: LazyLock<Fonts> = LazyLock::new(|| {
    let all: Vec<Font> = EMBEDDED.iter().flat_map(|bytes| Font::iter(Bytes::new(*bytes))).collect();
    Fonts { book: LazyHash::new(FontBook::from_fonts(&all)), all }
});

/// Whether every font of the prelude was there when the program was built.
pub fn fonts_complete() -> bool {
    EMBEDDED.len() == EXPECTED
}
