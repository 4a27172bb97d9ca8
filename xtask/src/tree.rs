//! The files of the repository that people write.
use std::path::Path;

use anyhow::{Context, Result};

use crate::rust::Rust;

#[derive(Debug)]
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    pub text: String,
    /// For `.rs` files.
    pub rust: Option<Rust>,
}

impl Source {
    pub fn new(path: &str, text: &str) -> Self {
        let rust = path.ends_with(".rs").then(|| Rust::read(text, is_test_file(path)));
        Self { path: path.to_owned(), text: text.to_owned(), rust }
    }

    /// The part after the last dot of the file name; empty where there is none.
    pub fn extension(&self) -> &str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// `apps/lunch` of `apps/lunch/src/lib.rs`; `fujidana`, `xtask` for theirs.
    pub fn package(&self) -> &str {
        let depth = if self.path.starts_with("crates/") || self.path.starts_with("apps/") { 2 } else { 1 };
        let end = self.path.match_indices('/').nth(depth - 1).map_or(self.path.len(), |(at, _)| at);
        &self.path[..end]
    }

    /// 1 for the first line.
    pub fn line_of(&self, at: usize) -> usize {
        line_of(&self.text, at)
    }
}

pub fn line_of(text: &str, at: usize) -> usize {
    text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count() + 1
}

/// Whole files of tests; modules of tests inside other files are found by `Rust::read`.
fn is_test_file(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with("crates/testkit/")
}

#[derive(Debug)]
pub struct Tree {
    pub files: Vec<Source>,
}

/// What is built, fetched or left behind by a run; `data` and `keys` only at the root.
const SKIPPED: &[&str] = &["target", "node_modules", "dist", "out", ".git"];
const SKIPPED_AT_ROOT: &[&str] = &["data", "keys"];
/// Files without one of these extensions are read only below `tools` and `.ci`.
const READ: &[&str] = &["rs", "css", "js", "mjs", "sql", "sh", "md", "toml", "html", "json", "lock", "tsv"];

impl Tree {
    pub fn load(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        walk(root, "", &mut files)?;
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(Self { files })
    }

    pub fn find(&self, path: &str) -> Option<&Source> {
        self.files.iter().find(|file| file.path == path)
    }

    pub fn rust(&self) -> impl Iterator<Item = (&Source, &Rust)> {
        self.files.iter().filter_map(|file| file.rust.as_ref().map(|rust| (file, rust)))
    }

    /// `crates/X/migrations/*.sql` and `apps/X/migrations/*.sql`.
    pub fn migrations(&self) -> impl Iterator<Item = &Source> {
        self.files.iter().filter(|file| file.extension() == "sql" && file.path.contains("/migrations/"))
    }
}

fn walk(root: &Path, folder: &str, files: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(root.join(folder)).with_context(|| format!("reading {folder}"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let skip = SKIPPED.contains(&&*name) || (folder.is_empty() && SKIPPED_AT_ROOT.contains(&&*name));
            if !skip {
                walk(root, &path, files)?;
            }
        } else if kind.is_file() && is_read(&path, &name) {
            let text =
                std::fs::read_to_string(entry.path()).with_context(|| format!("{path} is not UTF-8"))?;
            files.push(Source::new(&path, &text));
        }
    }
    Ok(())
}

fn is_read(path: &str, name: &str) -> bool {
    // Tables of facts are data, not text that people wrote.
    let read = ["xtask/data/", "apps/plan/data/"].iter().any(|folder| path.starts_with(folder));
    let data = path.contains("/data/") && !read && !name.ends_with(".md");
    let known = name.rsplit_once('.').is_some_and(|(_, extension)| READ.contains(&extension));
    let script = name == "Makefile" || path.starts_with("tools/") || path.starts_with(".ci/");
    !data && (known || script)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_belongs_to_a_package() {
        for (path, package) in [
            ("apps/lunch/src/lib.rs", "apps/lunch"),
            ("crates/db/tests/engines.rs", "crates/db"),
            ("fujidana/src/main.rs", "fujidana"),
            ("Makefile", "Makefile"),
        ] {
            assert_eq!(Source::new(path, "").package(), package);
        }
    }

    #[test]
    fn facts_are_not_read_and_scripts_are() {
        for (path, read) in [
            ("crates/address/data/towns.tsv", false),
            ("crates/address/data/SOURCES.md", true),
            ("xtask/data/migrations.lock", true),
            ("tools/with-postgres", true),
            ("assets/logo.png", false),
        ] {
            let name = path.rsplit('/').next().unwrap();
            assert_eq!(is_read(path, name), read, "{path}");
        }
    }
}
