//! The mark (screens §15): a beam and three racemes, drawn in `currentColor` so that it survives
//! forced colours, dark and paper.
use maud::{Markup, html};

const FLORETS: [(&str, &str, &str); 10] = [
    ("6", "11", "3"),
    ("8", "16.4", "2.2"),
    ("6.4", "20.6", "1.5"),
    ("15", "11.4", "3.4"),
    ("17.4", "17.6", "2.8"),
    ("15.4", "23", "2.1"),
    ("16.8", "27.4", "1.4"),
    ("26", "11", "3"),
    ("24", "16.4", "2.2"),
    ("25.6", "20.6", "1.5"),
];

pub fn mark() -> Markup {
    html! {
        svg.fd-mark viewBox="0 0 32 32" width="32" height="32" fill="currentColor" aria-hidden="true" focusable="false" {
            rect x="1" y="3" width="30" height="3" rx="1.5" {}
            @for (x, y, r) in FLORETS { circle cx=(x) cy=(y) r=(r) {} }
        }
    }
}

/// Mark, 「ふじだな」, then the city's name, as a link to the first page.
pub fn wordmark(city: &str, href: &str) -> Markup {
    html! {
        a.fd-wordmark href=(href) {
            (mark())
            span.fd-wordmark__name { "ふじだな" }
            span.fd-wordmark__city { (city) }
        }
    }
}
