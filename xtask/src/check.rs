//! `cargo xtask check`: one line a violation, `path:line: rule: what to do`; exit 1 when there is one.
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use crate::tree::Tree;
use crate::{asvs, house, licence, measures, migration, progress, rank, schema, statement};

/// One place that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub path: String,
    pub line: usize,
    pub rule: &'static str,
    /// What to do.
    pub text: String,
}

impl Violation {
    pub fn new(path: &str, line: usize, rule: &'static str, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, text: text.into() }
    }
}

pub fn run(args: &[String]) -> Result<ExitCode> {
    let accept_new = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--accept-new"] => true,
        _ => bail!("usage: cargo xtask check [--accept-new]"),
    };
    let root = root()?;
    let root = root.as_path();
    let metadata = metadata(root)?;
    let mut tree = Tree::load(root)?;
    if accept_new {
        migration::accept_new(root, &tree)?;
        statement::write_list(root, &tree)?;
        tree = Tree::load(root)?;
    }
    let mut found = violations(&metadata, &tree);
    // An exported tree has no git and nothing to say here.
    let tracked = Command::new("git").arg("ls-files").current_dir(root).output()?;
    found.extend(house::check_tracked(&String::from_utf8_lossy(&tracked.stdout)));
    found.sort();
    for v in &found {
        println!("{}:{}: {}: {}", v.path, v.line, v.rule, v.text);
    }
    println!("xtask check: {} files, {} violations", tree.files.len(), found.len());
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The checkout. Told by cargo at run time: the program may have been built for another one in one build cache.
pub fn root() -> Result<PathBuf> {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").context("run it as `cargo xtask …`")?;
    Ok(Path::new(&own).join(".."))
}

fn metadata(root: &Path) -> Result<serde_json::Value> {
    let output =
        Command::new("cargo").args(["metadata", "--format-version", "1"]).current_dir(root).output()?;
    if !output.status.success() {
        bail!("cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata did not answer with JSON")
}

fn violations(metadata: &serde_json::Value, tree: &Tree) -> Vec<Violation> {
    let schema = schema::Schema::read(tree);
    [
        rank::check(metadata, tree),
        licence::check(metadata),
        schema::check(tree, &schema),
        statement::check(tree, &schema),
        migration::check(tree),
        house::check(tree),
        progress::check(tree),
        measures::check(tree),
        asvs::check(tree),
    ]
    .concat()
}
