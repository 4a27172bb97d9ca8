//! Who sets a paper, and why one is refused.
use std::fmt::Write as _;

use serde_json::Value;

use crate::Template;

/// A finished file. Not `Debug`: it shows persons.
pub struct Pdf {
    pub bytes: Vec<u8>,
    pub pages: usize,
}

/// Sets papers. The same data and template give the same bytes.
///
/// Slow for a store's closure and blocking (some 10 ms): call it outside of transactions and off the async workers.
pub trait Typesetter: Send + Sync {
    /// Every template that there is, by name.
    fn templates(&self) -> Vec<&'static Template>;

    /// Several papers of one kind in one file, in this order (一括印刷). Page numbers begin anew with each.
    ///
    /// # Errors
    /// The first paper that cannot be set refuses the file; the error names it by its place in `papers`.
    fn render_all(&self, template: &str, papers: &[Value]) -> Result<Pdf, PaperError>;

    /// One paper.
    ///
    /// # Errors
    /// Nothing is ever cut, replaced or left out in silence: see [`PaperError`].
    fn render(&self, template: &str, data: &Value) -> Result<Pdf, PaperError> {
        self.render_all(template, std::slice::from_ref(data))
    }
}

/// A typesetter that knows no template: for tests and commands that print nothing.
pub struct Blank;
impl Typesetter for Blank {
    fn templates(&self) -> Vec<&'static Template> {
        Vec::new()
    }
    fn render_all(&self, template: &str, _: &[Value]) -> Result<Pdf, PaperError> {
        Err(PaperError::UnknownTemplate { name: template.to_owned() })
    }
}

/// A letter, or a letter with its variation selector (異体字), that the font of its field does not draw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingGlyph {
    /// As stored; one letter, selectors included.
    pub letter: String,
    pub font: String,
    /// Where the data hold it, 「members.0.name」; empty for a letter of the template itself.
    pub field: String,
    /// Place among the papers of this run, from 0.
    pub paper: usize,
}

impl MissingGlyph {
    /// 「U+9089 U+E0101」
    pub fn code_points(&self) -> String {
        let mut text = String::new();
        for (at, letter) in self.letter.chars().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            write!(text, "{gap}U+{:04X}", u32::from(letter)).expect("a String takes all");
        }
        text
    }
}

/// Why there is no paper. Says what, where and what to do; holds no more of the data than the one letter it is about.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaperError {
    #[error("様式「{name}」はありません")]
    UnknownTemplate { name: String },
    /// `message` is typst's own, in English: it is for whoever writes the template.
    #[error("様式 {file} の{line}行目に誤りがあります: {message}")]
    Template { file: String, line: usize, message: String },
    #[error(
        "{}（{}）を書体「{}」で印字できません。別の字には置きかえません。届出済みの代替字を選ぶと印刷できます{}",
        .0.letter, .0.code_points(), .0.font, place(&.0.field)
    )]
    MissingGlyph(MissingGlyph),
    /// The smallest letters allowed do not suffice either. `page` counts within the paper, from 1.
    #[error(
        "{page}ページ目の「{field}」が枠に入りません。切って印刷することはありません。記載を短くするか、様式の枠をひろげると印刷できます"
    )]
    Overflow { field: String, page: usize, paper: usize },
    /// The PDF standard forbids what the template does.
    #[error("様式「{template}」は長期保存用のPDF（PDF/A）にできません: {message}")]
    Archive { template: String, message: String },
    #[error("様式のフォルダーの {file} を読めません: {message}")]
    Folder { file: String, message: String },
}

impl PaperError {
    /// Which of the papers of a run cannot be set, from 0; `None` when it is not the fault of one.
    pub fn paper(&self) -> Option<usize> {
        match self {
            Self::MissingGlyph(missing) => Some(missing.paper),
            Self::Overflow { paper, .. } => Some(*paper),
            _ => None,
        }
    }
}

fn place(field: &str) -> String {
    if field.is_empty() { String::new() } else { format!("（項目 {field}）") }
}
