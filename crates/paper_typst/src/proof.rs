//! Reads the finished sheets: every letter is drawn as written, and nothing leaves its frame.
use paper::{MissingGlyph, PaperError};
use serde_json::Value;
use typst::foundations::{Dict, Value as Typed};
use typst::introspection::{MetadataElem, Tag};
use typst::layout::{Abs, Frame, FrameItem, Point, Size, Transform};
use typst::text::TextItem;
use typst_layout::PagedDocument;

/// What rounding may add at the edge of the paper.
const SLACK: Abs = Abs::raw(1.0);

/// The first fault of a run, in reading order.
///
/// # Errors
/// `MissingGlyph`, `Overflow`.
pub(crate) fn read(document: &PagedDocument, papers: &[Value]) -> Result<(), PaperError> {
    let mut reader = Reader { papers, paper: 0, page: 0, size: Size::zero() };
    for page in document.pages() {
        reader.size = page.frame.size();
        reader.page += 1;
        if let Some(field) = reader.turn(&page.frame) {
            return Err(reader.overflow(&field));
        }
        reader.frame(&page.frame, Transform::identity())?;
    }
    Ok(())
}

struct Reader<'a> {
    papers: &'a [Value],
    /// From 0.
    paper: usize,
    /// Within the paper, from 1.
    page: usize,
    size: Size,
}

impl Reader<'_> {
    /// The mark of a paper lies in the body of its first page, which may be read after its header. Gives the first
    /// field that says that its text does not fit.
    fn turn(&mut self, frame: &Frame) -> Option<String> {
        let mut overflow = None;
        for (_, item) in frame.items() {
            match item {
                FrameItem::Group(group) => overflow = overflow.or(self.turn(&group.frame)),
                FrameItem::Tag(tag) => {
                    let Some(mark) = mark(tag) else { continue };
                    if let Ok(Typed::Int(place)) = mark.get("paper") {
                        self.paper = usize::try_from(*place).unwrap_or_default();
                        self.page = 1;
                    }
                    let beyond = |end: Point| end.x > frame.width() + SLACK || end.y > frame.height() + SLACK;
                    let field = match (mark.get("overflow"), mark.get("frame")) {
                        (Ok(Typed::Str(field)), _) => field,
                        (_, Ok(Typed::Str(field))) if ends(frame).any(beyond) => field,
                        _ => continue,
                    };
                    overflow = overflow.or_else(|| Some(field.to_string()));
                }
                _ => {}
            }
        }
        overflow
    }

    fn frame(&self, frame: &Frame, moved: Transform) -> Result<(), PaperError> {
        for (at, item) in frame.items() {
            let here = moved.pre_concat(Transform::translate(at.x, at.y));
            match item {
                FrameItem::Group(group) => self.frame(&group.frame, here.pre_concat(group.transform))?,
                FrameItem::Text(text) => {
                    self.within(text, here)?;
                    self.letters(text)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn overflow(&self, field: &str) -> PaperError {
        PaperError::Overflow { field: field.to_owned(), page: self.page, paper: self.paper }
    }

    /// Text that begins or ends beyond the edge of the paper would be cut by the printer. Turned text is a pattern.
    fn within(&self, text: &TextItem, here: Transform) -> Result<(), PaperError> {
        if !here.is_only_translate() {
            return Ok(());
        }
        let (start, end) = (Point::zero().transform(here), Point::with_x(text.width()).transform(here));
        let inside = |point: Point| {
            let (x, y) = (point.x, point.y);
            x >= -SLACK && y >= -SLACK && x <= self.size.x + SLACK && y <= self.size.y + SLACK
        };
        if inside(start) && inside(end) { Ok(()) } else { Err(self.overflow("用紙")) }
    }

    fn letters(&self, text: &TextItem) -> Result<(), PaperError> {
        for glyph in &text.glyphs {
            let letter = &text.text[glyph.range()];
            if glyph.id == 0 && !letter.trim().is_empty() {
                return Err(self.missing(text, letter));
            }
        }
        let mut before = None;
        for letter in text.text.chars() {
            if selects(letter) {
                // Without the sequence the font would draw the plain letter: another person's name.
                let known = before.and_then(|base| text.font.ttf().glyph_variation_index(base, letter));
                if known.is_none() {
                    let sequence: String = before.into_iter().chain([letter]).collect();
                    return Err(self.missing(text, &sequence));
                }
            } else {
                before = Some(letter);
            }
        }
        Ok(())
    }

    fn missing(&self, text: &TextItem, letter: &str) -> PaperError {
        let field = self.papers.get(self.paper).and_then(|data| holder(data, letter));
        let font = text.font.info().family.clone();
        let (letter, field, paper) = (letter.to_owned(), field.unwrap_or_default(), self.paper);
        PaperError::MissingGlyph(MissingGlyph { letter, font, field, paper })
    }
}

/// Standardised (U+FE00…) and ideographic (U+E0100…) variation selectors.
fn selects(letter: char) -> bool {
    matches!(letter, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

/// Where each run of text ends, seen from the corner of this frame.
fn ends(frame: &Frame) -> Box<dyn Iterator<Item = Point> + '_> {
    Box::new(frame.items().flat_map(|(at, item)| -> Box<dyn Iterator<Item = Point>> {
        match item {
            FrameItem::Group(group) => Box::new(ends(&group.frame).map(move |end| *at + end)),
            FrameItem::Text(text) => Box::new(std::iter::once(*at + Point::with_x(text.width()))),
            _ => Box::new(std::iter::empty()),
        }
    }))
}

/// What the prelude wrote beside the content: `(paper: n)`, `(overflow: field)`.
fn mark(tag: &Tag) -> Option<&Dict> {
    let Tag::Start(content, _) = tag else { return None };
    let metadata = content.to_packed::<MetadataElem>()?;
    if let Typed::Dict(dict) = &metadata.value { Some(dict) } else { None }
}

/// The first field whose text holds the letter, 「members.0.name」.
fn holder(data: &Value, letter: &str) -> Option<String> {
    let below = |key: &str, value: &Value| {
        let rest = holder(value, letter)?;
        Some(if rest.is_empty() { key.to_owned() } else { format!("{key}.{rest}") })
    };
    match data {
        Value::String(text) => text.contains(letter).then(String::new),
        Value::Array(values) => {
            values.iter().enumerate().find_map(|(at, value)| below(&at.to_string(), value))
        }
        Value::Object(values) => values.iter().find_map(|(key, value)| below(key, value)),
        _ => None,
    }
}
