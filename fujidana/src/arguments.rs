//! The command line: `--name value`, `--flag`, and plain words.
use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr;

use anyhow::Result;

/// Options that stand alone.
const FLAGS: [&str; 3] = ["json", "list", "render"];

/// The command line cannot be understood: exit code 2.
#[derive(Debug)]
pub struct WrongUsage(pub String);

impl std::fmt::Display for WrongUsage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.0)
    }
}
impl std::error::Error for WrongUsage {}

#[derive(Debug, Default)]
pub struct Arguments {
    options: HashMap<String, String>,
    pub words: Vec<String>,
}

impl Arguments {
    pub fn parse(mut given: impl Iterator<Item = String>) -> Result<Self> {
        let mut arguments = Self::default();
        while let Some(word) = given.next() {
            let Some(name) = word.strip_prefix("--") else {
                arguments.words.push(word);
                continue;
            };
            let value = if FLAGS.contains(&name) {
                "yes".to_owned()
            } else {
                given.next().ok_or_else(|| WrongUsage(format!("--{name} のあとに値がありません")))?
            };
            arguments.options.insert(name.to_owned(), value);
        }
        Ok(arguments)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.options.get(name).map(String::as_str)
    }
    pub fn has(&self, name: &str) -> bool {
        self.options.contains_key(name)
    }
    pub fn number<N: FromStr>(&self, name: &str, default: N) -> Result<N> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.parse().map_err(|_| WrongUsage(format!("--{name} {text} は使えない数です")).into())
    }
    pub fn folder(&self, name: &str, default: &str) -> PathBuf {
        PathBuf::from(self.text(name).unwrap_or(default))
    }
    /// Refuses options that the command does not know: a misspelt one would be ignored in silence.
    pub fn only(&self, known: &[&str]) -> Result<()> {
        match self.options.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => {
                let known = known.join(" --");
                Err(WrongUsage(format!("--{name} はこの命令にはありません。使えるもの: --{known}")).into())
            }
            None => Ok(()),
        }
    }
}
