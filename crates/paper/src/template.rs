//! A template of an app.
use serde_json::Value;

/// 様式. Its source defines `#let sheet(data) = …`, which sets one paper; `#import "prelude.typ": *` brings the fonts
/// and the parts that all papers share.
#[derive(Debug, Clone, Copy)]
pub struct Template {
    /// `residents/jumin-hyo`: the owning app and a name. A city overrides it by the file `residents/jumin-hyo.typ` in its
    /// folder.
    pub name: &'static str,
    /// 「住民票の写し」
    pub title: &'static str,
    /// Typst markup, embedded with `include_str!`.
    pub source: &'static str,
    /// Invented data for the list of templates, for previews and for the test that sets every template.
    pub sample: fn() -> Value,
    /// Kept for years: the file is PDF/A-1b, else plain PDF.
    pub archive: bool,
}

/// Every template of the apps that the program links. An app adds its own:
/// ```
/// #[paper::linkme::distributed_slice(paper::TEMPLATES)]
/// #[linkme(crate = paper::linkme)]
/// static NOTICE: paper::Template = paper::Template {
///     name: "app/notice",
///     title: "お知らせ",
///     source: "#let sheet(data) = [#data.text]",
///     sample: || serde_json::json!({"text": "見本"}),
///     archive: false,
/// };
/// ```
#[linkme::distributed_slice]
pub static TEMPLATES: [Template];
