//! An applied migration is never edited: `xtask/data/migrations.lock` holds the hash of each.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

use crate::check::Violation;
use crate::tree::Tree;

const LOCK: &str = "xtask/data/migrations.lock";

pub fn check(tree: &Tree) -> Vec<Violation> {
    let mut locked = read_lock(tree);
    let mut found = Vec::new();
    for file in tree.migrations() {
        let advice = match locked.remove(file.path.as_str()) {
            None => "new migration: review it, then cargo xtask check --accept-new",
            Some((_, hash)) if hash != hash_of(&file.text) => {
                "an applied migration is never edited: add a new file"
            }
            Some(_) => continue,
        };
        found.push(Violation::new(&file.path, 1, "migration", advice));
    }
    let gone = locked.into_iter().map(|(path, (line, _))| {
        Violation::new(LOCK, line, "migration", format!("{path} is gone: an applied migration stays"))
    });
    found.extend(gone);
    found
}

/// Path → line in the lock file and hash.
fn read_lock(tree: &Tree) -> BTreeMap<&str, (usize, String)> {
    let text = tree.find(LOCK).map_or("", |file| file.text.as_str());
    let lines = text.lines().enumerate().filter_map(|(i, line)| Some((i, line.split_once("  ")?)));
    lines.map(|(i, (hash, path))| (path, (i + 1, hash.to_owned()))).collect()
}

/// Adds the files that the lock does not know; never changes a line.
pub fn accept_new(root: &Path, tree: &Tree) -> Result<()> {
    let locked = read_lock(tree);
    let mut text = tree.find(LOCK).map_or(String::new(), |file| file.text.clone());
    for file in tree.migrations().filter(|file| !locked.contains_key(file.path.as_str())) {
        writeln!(text, "{}  {}", hash_of(&file.text), file.path)?;
    }
    std::fs::write(root.join(LOCK), text)?;
    Ok(())
}

/// FNV-1a: guards against mistakes, not against malice.
fn hash_of(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;

    const PATH: &str = "apps/lunch/migrations/0001_lunch.sql";

    #[track_caller]
    fn check_lock(lock: &str, expect: &[&str]) {
        let tree = Tree { files: vec![Source::new(PATH, "CREATE"), Source::new(LOCK, lock)] };
        let found: Vec<String> = check(&tree).into_iter().map(|v| v.text).collect();
        assert!(
            found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.contains(e)),
            "{found:?}"
        );
    }

    #[test]
    fn a_migration_is_locked() {
        let good = format!("{}  {PATH}\n", hash_of("CREATE"));
        check_lock(&good, &[]);
        check_lock("", &["new migration"]);
        check_lock(&format!("{}  {PATH}\n", hash_of("CREATE ")), &["never edited"]);
        check_lock(&format!("{good}00  apps/lunch/migrations/0002.sql\n"), &["0002.sql is gone"]);
    }

    #[test]
    fn accepting_adds_lines_and_changes_none() {
        let root = std::env::temp_dir().join(format!("fujidana-xtask-{}", std::process::id()));
        std::fs::create_dir_all(root.join("xtask/data")).unwrap();
        let tree = Tree {
            files: vec![
                Source::new(PATH, "CREATE"),
                Source::new("apps/lunch/migrations/0002.sql", "ALTER"),
                Source::new(LOCK, &format!("00  {PATH}\n")),
            ],
        };
        accept_new(&root, &tree).unwrap();
        let text = std::fs::read_to_string(root.join(LOCK)).unwrap();
        std::fs::remove_dir_all(&root).unwrap();
        assert_eq!(text, format!("00  {PATH}\n{}  apps/lunch/migrations/0002.sql\n", hash_of("ALTER")));
    }
}
