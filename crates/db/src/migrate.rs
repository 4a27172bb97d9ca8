//! Schema changes, written once in PostgreSQL's spelling.
use base::At;

/// Which of the two stores a table belongs to (three-layer separation: 三層分離).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// 個人番号利用事務系 and LGWAN接続系.
    Inside,
    /// インターネット接続系.
    Portal,
}

impl Zone {
    pub const ALL: [Self; 2] = [Self::Inside, Self::Portal];
    pub fn name(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Portal => "portal",
        }
    }
}

/// One file of schema changes. Applied once, in the order of the list, never edited afterwards.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub zone: Zone,
    pub name: &'static str,
    pub sql: &'static str,
}

impl Migration {
    /// The statements of the file. Each ends with `;` at the end of a line.
    pub(crate) fn statements(&self) -> Vec<&'static str> {
        self.sql.split(";\n").map(str::trim).filter(|text| !text.is_empty()).collect()
    }
}

/// What is recorded of an applied statement.
pub(crate) struct Applied {
    pub name: String,
    pub hash: i64,
}

pub(crate) const CREATE_RECORD: &str = "CREATE TABLE IF NOT EXISTS schema_migration \
    (name TEXT NOT NULL PRIMARY KEY, hash BIGINT NOT NULL, applied_at BIGINT NOT NULL)";
pub(crate) const READ_RECORD: &str = "SELECT name, hash FROM schema_migration ORDER BY name";

/// The steps still to run: name, hash and text of each. An applied step that differs from its text is an error.
pub(crate) fn pending(
    migrations: &[Migration],
    zone: Zone,
    applied: &[Applied],
) -> Result<Vec<(String, i64, &'static str)>, String> {
    let mut steps = Vec::new();
    for migration in migrations.iter().filter(|m| m.zone == zone) {
        for (i, text) in migration.statements().into_iter().enumerate() {
            let name = format!("{}#{:02}", migration.name, i + 1);
            let hash = fnv(text);
            match applied.iter().find(|done| done.name == name) {
                None => steps.push((name, hash, text)),
                Some(done) if done.hash == hash => {}
                Some(_) => return Err(format!("移行 {name} の中身が、適用されたときと違います")),
            }
        }
    }
    Ok(steps)
}

pub(crate) fn record(name: &str, hash: i64, at: At) -> String {
    format!("INSERT INTO schema_migration VALUES ('{name}', {hash}, {})", at.micros())
}

/// SQLite's spelling: its own type names, strict columns, rows stored in key order.
pub(crate) fn to_sqlite(text: &str) -> String {
    let words = text.replace("BIGINT", "INTEGER").replace("BOOLEAN", "INTEGER").replace("BYTEA", "BLOB");
    if words.starts_with("CREATE TABLE") { words + " STRICT, WITHOUT ROWID" } else { words }
}

/// FNV-1a: tells an edited migration; it guards against mistakes, not against malice.
fn fnv(text: &str) -> i64 {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}
