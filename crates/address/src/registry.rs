//! The registry of 町字 (アドレス・ベース・レジストリ 町字マスター): that of 群馬県 is carried, that of the whole country
//! can be loaded (`fujidana address load`). One table form for both, tab-separated:
//! lg_code, machiaza_id, type, oaza, oaza_kana, chome, koaza, koaza_kana, residence, postal_codes.
use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::{Numbering, Town, TownId, TownKind};

/// The first line of the table.
pub(crate) const COLUMNS: &str =
    "lg_code\tmachiaza_id\ttype\toaza\toaza_kana\tchome\tkoaza\tkoaza_kana\tresidence\tpostal_codes";

static TABLE: &str = include_str!("../data/towns.tsv");
static LOADED: OnceLock<&'static str> = OnceLock::new();
static REGISTRY: OnceLock<Registry> = OnceLock::new();

/// A file is not a registry of towns, or is damaged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotARegistry {
    /// From 1; 0: the file as a whole.
    pub line: usize,
    /// The name of the column, where it is one.
    pub column: Option<&'static str>,
    pub what: String,
}

impl fmt::Display for NotARegistry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line > 0 {
            write!(out, "{}行目", self.line)?;
        }
        if let Some(column) = self.column {
            write!(out, "の {column} 列")?;
        }
        let colon = if self.line > 0 || self.column.is_some() { "：" } else { "" };
        write!(out, "{colon}{}", self.what)
    }
}
impl std::error::Error for NotARegistry {}

/// Makes the towns of `table` (as `registry_table` gives it) those of the program, before its first look at a town. The
/// municipalities it does not have stay as they are carried. Gives the number of its municipalities.
pub fn use_registry(table: String) -> Result<usize, NotARegistry> {
    let whole = |what: &str| NotARegistry { line: 0, column: None, what: what.to_owned() };
    if table.lines().next() != Some(COLUMNS) {
        return Err(whole("町字の表ではありません。fujidana address load で読み込み直してください"));
    }
    // The towns live as long as the program does.
    let table: &'static str = table.leak();
    for (number, line) in (1..).zip(table.lines()).skip(1) {
        read(line).map_err(|column| NotARegistry {
            line: number,
            column: Some(column),
            what: "値が読めません。fujidana address load で読み込み直してください".to_owned(),
        })?;
    }
    if REGISTRY.get().is_some() || LOADED.set(table).is_err() {
        return Err(whole("町字の表はもう使われています"));
    }
    Ok(by_municipality(table).len())
}

/// The towns of a municipality by 町字ID; empty where none are carried or loaded.
pub fn towns_of(municipality: MunicipalityId) -> &'static [Town] {
    let registry = REGISTRY.get_or_init(Registry::read);
    registry.municipalities.get(&municipality).map_or(&[], |(lines, towns)| {
        towns.get_or_init(|| lines.lines().filter_map(|line| read(line).ok()).collect())
    })
}

/// One town.
pub fn town(municipality: MunicipalityId, id: TownId) -> Option<&'static Town> {
    let towns = towns_of(municipality);
    towns.binary_search_by_key(&id, |town| town.machiaza_id).ok().map(|place| &towns[place])
}

/// Lines of each municipality; its towns are read when first asked for.
struct Registry {
    municipalities: HashMap<MunicipalityId, (&'static str, OnceLock<Vec<Town>>)>,
}

impl Registry {
    fn read() -> Self {
        let carried = by_municipality(TABLE).into_iter();
        let loaded = LOADED.get().into_iter().flat_map(|table| by_municipality(table));
        // Those that come later replace those before.
        let all = carried.chain(loaded).map(|(id, lines)| (id, (lines, OnceLock::new())));
        Self { municipalities: all.collect() }
    }
}

/// The table is sorted by municipality.
fn by_municipality(table: &'static str) -> Vec<(MunicipalityId, &'static str)> {
    let mut all: Vec<(MunicipalityId, &'static str)> = Vec::new();
    let mut start = table.find('\n').map_or(table.len(), |end| end + 1);
    while let Some(code) = table.get(start..start + CODE) {
        let mut end = start;
        while table[end..].starts_with(code) {
            end += table[end..].find('\n').map_or(table.len() - end, |length| length + 1);
        }
        let id = MunicipalityId(code.parse().unwrap_or_default());
        all.push((id, &table[start..end]));
        start = end;
    }
    all
}

/// 団体コード has six digits.
const CODE: usize = 6;

/// A line of the table, or the column that cannot be read.
fn read(line: &'static str) -> Result<Town, &'static str> {
    let mut cells = line.split('\t');
    let mut cell = |column: &'static str| cells.next().ok_or(column);
    let lg_code = cell("lg_code")?;
    let lg_code = lg_code.parse().ok().filter(|_| lg_code.len() == CODE).ok_or("lg_code")?;
    let machiaza_id = cell("machiaza_id")?.parse().map_err(|_| "machiaza_id")?;
    let kind = match cell("type")? {
        "1" => TownKind::Oaza,
        "2" => TownKind::Chome,
        _ => TownKind::Koaza,
    };
    let (oaza, oaza_kana) = (cell("oaza")?, cell("oaza_kana")?);
    let (chome, koaza, koaza_kana) = (cell("chome")?, cell("koaza")?, cell("koaza_kana")?);
    let numbering = match cell("residence")? {
        "0" => Numbering::Lots,
        "1" => Numbering::Residences,
        _ => Numbering::Unknown,
    };
    // Several codes in one cell do not parse: then the town alone does not say which.
    let postal_code = cell("postal_codes")?.parse().ok();
    let lg_code = MunicipalityId(lg_code);
    Ok(Town { lg_code, machiaza_id, kind, oaza, oaza_kana, chome, koaza, koaza_kana, numbering, postal_code })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prefecture_is_sorted_and_whole() {
        let all = by_municipality(TABLE);
        assert!(all.is_sorted_by_key(|&(id, _)| id));
        let towns: Vec<&Town> = all.iter().flat_map(|&(id, _)| towns_of(id)).collect();
        assert!(towns.is_sorted_by_key(|town| (town.lg_code, town.machiaza_id)));
        let lines: usize = TABLE.lines().count() - 1;
        assert_eq!((towns.len(), lines, all.len()), (7864, 7864, 35));
    }

    #[test]
    fn a_damaged_table_is_refused() {
        for (table, sentence) in [
            ("", "町字の表ではありません。fujidana address load で読み込み直してください"),
            ("102091\t0029000", "町字の表ではありません。fujidana address load で読み込み直してください"),
        ] {
            let refused = use_registry(table.to_owned()).expect_err(table);
            assert_eq!(refused.to_string(), sentence);
        }
        let damaged = format!("{COLUMNS}\n102091\t29000\t1\n");
        let refused = use_registry(damaged).expect_err("an ID of five digits");
        assert_eq!((refused.line, refused.column), (2, Some("machiaza_id")));
    }
}
