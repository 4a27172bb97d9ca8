//! Where the style sheets, scripts and pictures of the pages are found.
//!
//! The build gives every file a name that holds its hash; the program tells the map once at start.
use std::collections::HashMap;
use std::sync::OnceLock;

static URLS: OnceLock<HashMap<&'static str, String>> = OnceLock::new();

/// Sets logical name (`desk.css`) → hashed URL (`/assets/desk.3f9a….css`). The first call wins.
pub fn set(urls: HashMap<&'static str, String>) {
    // A second call happens only in tests that start several servers in one process; the maps are equal.
    let _ = URLS.set(urls);
}

/// The URL of a logical name; `/assets/<name>` before [`set`] or for a name the build does not know.
pub fn url(name: &str) -> String {
    URLS.get().and_then(|urls| urls.get(name)).cloned().unwrap_or_else(|| format!("/assets/{name}"))
}

/// The URL only when the build made such a file (fonts that are worth a preload hint).
pub(crate) fn known(name: &str) -> Option<String> {
    URLS.get().and_then(|urls| urls.get(name)).cloned()
}
