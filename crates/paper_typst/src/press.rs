//! The typesetter.
use std::path::PathBuf;

use paper::{PaperError, Pdf, Template, Typesetter};
use serde_json::{Value, json};
use typst::comemo;
use typst::diag::SourceDiagnostic;
use typst::foundations::Smart;
use typst::{World, WorldExt};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::proof;
use crate::world::{BuiltIn, Run};

/// Sets the papers of these templates.
pub struct Press {
    templates: Vec<&'static Template>,
    built_in: BuiltIn,
    folder: Option<PathBuf>,
}

impl Press {
    /// `folder` holds a city's own templates, `residents/jumin-hyo.typ`, `prelude.typ`, and what they import.
    pub fn new(templates: impl IntoIterator<Item = &'static Template>, folder: Option<PathBuf>) -> Self {
        let mut templates: Vec<_> = templates.into_iter().collect();
        templates.sort_by_key(|template| template.name);
        Self { built_in: BuiltIn::new(&templates), templates, folder }
    }
}

impl Typesetter for Press {
    fn templates(&self) -> Vec<&'static Template> {
        self.templates.clone()
    }

    fn render_all(&self, template: &str, papers: &[Value]) -> Result<Pdf, PaperError> {
        let found = self.templates.iter().find(|known| known.name == template);
        let template = found.ok_or_else(|| PaperError::UnknownTemplate { name: template.to_owned() })?;
        let data = json!({"template": template.name, "title": template.title, "papers": papers});
        let run = Run::new(&self.built_in, self.folder.as_ref(), data.to_string());
        let _eviction = Eviction;
        refuse_fallback(&run, template)?;
        let set = typst::compile::<PagedDocument>(&run);
        let document = set.output.map_err(|errors| fault(&run, template, errors.first()))?;
        if let Some(warning) = set.warnings.first() {
            return Err(fault(&run, template, Some(warning)));
        }
        proof::read(&document, papers)?;
        let bytes = typst_pdf::pdf(&document, &options(template, &data)).map_err(|errors| {
            let message = errors.first().map(|error| error.message.to_string()).unwrap_or_default();
            PaperError::Archive { template: template.title.to_owned(), message }
        })?;
        Ok(Pdf { bytes, pages: document.pages().len() })
    }
}

/// Typst remembers what it computed, persons included: what the latest run did not use is forgotten after it, also
/// when it failed.
struct Eviction;
impl Drop for Eviction {
    fn drop(&mut self) {
        comemo::evict(1);
    }
}

/// `fallback: true` would draw a letter from another font; no look at the finished sheet could tell.
fn refuse_fallback(run: &Run<'_>, template: &Template) -> Result<(), PaperError> {
    let file = format!("{}.typ", template.name);
    let Ok(source) = run.template(&file) else { return Ok(()) };
    let Some(at) = source.text().find("fallback") else { return Ok(()) };
    let line = source.lines().byte_to_line(at).map_or(0, |line| line + 1);
    let message = "`fallback` is not for templates: a missing letter must be reported".to_owned();
    Err(PaperError::Template { file, line, message })
}

/// Where and what: the file may be the template, what it imports, or the prelude when that was called wrongly.
fn fault(run: &Run<'_>, template: &Template, diagnostic: Option<&SourceDiagnostic>) -> PaperError {
    let Some(diagnostic) = diagnostic else {
        return PaperError::Template {
            file: template.name.to_owned(),
            line: 0,
            message: "unknown".to_owned(),
        };
    };
    let mut place = (String::from("main.typ"), 0);
    if let (Some(id), Some(range)) = (diagnostic.span.id(), run.range(diagnostic.span)) {
        place.0 = id.get().vpath().get_without_slash().to_owned();
        let line = run.source(id).ok().and_then(|source| source.lines().byte_to_line(range.start));
        place.1 = line.map_or(0, |line| line + 1);
    }
    let hints: String = diagnostic.hints.iter().map(|hint| format!(" ({})", hint.v)).collect();
    PaperError::Template { file: place.0, line: place.1, message: format!("{}{hints}", diagnostic.message) }
}

fn options(template: &Template, data: &Value) -> PdfOptions {
    let archive = &[PdfStandard::A_1b];
    let standards = PdfStandards::new(if template.archive { archive } else { &[] });
    PdfOptions {
        // Hashed into the file's id, so that each paper has its own and the same paper always the same.
        ident: Smart::Custom(data.to_string()),
        creator: Smart::Custom(Some("fujidana".to_owned())),
        standards: standards.expect("one standard alone contradicts none"),
        ..PdfOptions::default()
    }
}
