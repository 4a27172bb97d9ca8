//! Reading 町字マスター as the Digital Agency publishes it (CSV, one or all prefectures, plain or gzip) into the table form
//! of `registry`. A file with a fault is refused as a whole, with the line and the column of the first one.
use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;

use base::MunicipalityId;

use crate::municipality::municipality;
use crate::nation::postal_codes;
use crate::registry::{COLUMNS, NotARegistry};
use crate::town_index::bare_oaza;

/// What a file held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryTable {
    /// For `use_registry`.
    pub text: String,
    pub municipalities: usize,
    pub towns: usize,
}

/// Reads a registry of towns. Rows that are abolished (`ablt_date`) are left out; a town with 地番 and 住居表示 beside
/// each other stands in the file twice and in the table once.
pub fn registry_table(file: &[u8]) -> Result<RegistryTable, NotARegistry> {
    let mut inflated = Vec::new();
    let bytes = if file.starts_with(&[0x1F, 0x8B]) {
        let mut decoder = flate2::read::MultiGzDecoder::new(file);
        decoder.read_to_end(&mut inflated).map_err(|_| whole("gzip のファイルがこわれています"))?;
        &inflated
    } else {
        file
    };
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|&&byte| byte == b'\n').count();
        fault(line, None, "UTF-8 の文字ではありません")
    })?;
    let mut lines = (1..).zip(text.trim_start_matches('\u{FEFF}').lines());
    let (_, head) = lines.next().ok_or_else(|| whole("ファイルが空です"))?;
    let columns = Columns::of(&cells(head))?;
    let codes = postal_codes();
    let mut rows: BTreeMap<(MunicipalityId, &str), Row> = BTreeMap::new();
    for (number, line) in lines.filter(|(_, line)| !line.is_empty()) {
        columns.read(number, &cells(line), &codes, &mut rows)?;
    }
    if rows.is_empty() {
        return Err(whole("町字が1件もありません"));
    }
    let mut table = String::with_capacity(text.len() / 2);
    table.push_str(COLUMNS);
    let (mut municipalities, mut last) = (0, None);
    for ((id, machiaza_id), row) in &rows {
        municipalities += usize::from(last != Some(id));
        last = Some(id);
        let Row { kind, names, residence, postal_codes } = row;
        let [oaza, oaza_kana, chome, koaza, koaza_kana] = names;
        table.push_str(&format!(
            "\n{id}\t{machiaza_id}\t{kind}\t{oaza}\t{oaza_kana}\t{chome}\t{koaza}\t{koaza_kana}\t{residence}\t{postal_codes}"
        ));
    }
    table.push('\n');
    Ok(RegistryTable { text: table, municipalities, towns: rows.len() })
}

struct Row<'a> {
    kind: u8,
    /// 大字 and its reading, 丁目, 小字 and its reading.
    names: [&'a str; 5],
    /// 0 地番, 1 住居表示, 2 both beside each other.
    residence: u8,
    postal_codes: String,
}

/// Where the columns stand in the file.
struct Columns {
    width: usize,
    lg_code: usize,
    machiaza_id: usize,
    oaza: usize,
    chome: usize,
    koaza: usize,
    residence: usize,
    oaza_kana: Option<usize>,
    koaza_kana: Option<usize>,
    abolished: Option<usize>,
    post_code: Option<usize>,
}

impl Columns {
    fn of(head: &[&str]) -> Result<Self, NotARegistry> {
        let place = |name: &str| head.iter().position(|cell| *cell == name);
        let needed =
            |name: &'static str| place(name).ok_or_else(|| fault(1, Some(name), "この列がありません"));
        Ok(Self {
            width: head.len(),
            lg_code: needed("lg_code")?,
            machiaza_id: needed("machiaza_id")?,
            oaza: needed("oaza_cho")?,
            chome: needed("chome")?,
            koaza: needed("koaza")?,
            residence: needed("rsdt_addr_flg")?,
            oaza_kana: place("oaza_cho_kana"),
            koaza_kana: place("koaza_kana"),
            abolished: place("ablt_date"),
            post_code: place("post_code"),
        })
    }

    fn read<'a>(
        &self,
        line: usize,
        row: &[&'a str],
        codes: &HashMap<(MunicipalityId, &str), String>,
        into: &mut BTreeMap<(MunicipalityId, &'a str), Row<'a>>,
    ) -> Result<(), NotARegistry> {
        if row.len() != self.width {
            let what = format!("列が{}つあります。1行目の列は{}つです", row.len(), self.width);
            return Err(fault(line, None, &what));
        }
        let cell = |place: Option<usize>| place.map_or("", |place| row[place]);
        if !cell(self.abolished).is_empty() {
            return Ok(());
        }
        let digits = |place: usize, length: usize, name, what: &str| {
            let value = row[place];
            let right = value.len() == length && value.bytes().all(|digit| digit.is_ascii_digit());
            if right { Ok(value) } else { Err(fault(line, Some(name), &format!("「{value}」は{what}"))) }
        };
        let code = digits(
            self.lg_code,
            6,
            "lg_code",
            "6けたの団体コードではありません（先頭の0が消えていませんか）",
        )?;
        let id = MunicipalityId(code.parse().unwrap_or_default());
        // 京都市 and the like have towns in their 区 only; an unknown code is a typing error or a new city.
        if municipality(id).is_none() {
            return Err(fault(line, Some("lg_code"), &format!("団体コード {code} の市区町村はありません")));
        }
        let machiaza_id = digits(
            self.machiaza_id,
            7,
            "machiaza_id",
            "7けたの町字IDではありません（先頭の0が消えていませんか）",
        )?;
        let residence = match row[self.residence] {
            "0" | "" => 0,
            "1" => 1,
            other => {
                return Err(fault(
                    line,
                    Some("rsdt_addr_flg"),
                    &format!("「{other}」は 0 でも 1 でもありません"),
                ));
            }
        };
        let names =
            [row[self.oaza], cell(self.oaza_kana), row[self.chome], row[self.koaza], cell(self.koaza_kana)];
        // 町字区分 4: the lots of a municipality that lie in no 町字.
        if names[0].is_empty() && names[2].is_empty() && names[3].is_empty() {
            return Ok(());
        }
        if let Some(name) = names.iter().find(|name| name.contains('\t')) {
            return Err(fault(line, None, &format!("「{name}」にタブがあります")));
        }
        if let Some(same) = into.get_mut(&(id, machiaza_id)) {
            same.residence = if same.residence == residence { residence } else { 2 };
            return Ok(());
        }
        let kind = if !names[3].is_empty() {
            3
        } else if !names[2].is_empty() {
            2
        } else {
            1
        };
        let post_office = || match bare_oaza(names[0]) {
            "" => String::new(),
            name => codes.get(&(id, name)).cloned().unwrap_or_default(),
        };
        let own = cell(self.post_code);
        let postal_codes = if own.is_empty() { post_office() } else { own.to_owned() };
        into.insert((id, machiaza_id), Row { kind, names, residence, postal_codes });
        Ok(())
    }
}

/// The cells of a line. The registry quotes some files whole; no cell of it has a comma or a line's end.
fn cells(line: &str) -> Vec<&str> {
    line.split(',').map(|cell| cell.trim().trim_matches('"')).collect()
}

fn whole(what: &str) -> NotARegistry {
    fault(0, None, what)
}

fn fault(line: usize, column: Option<&'static str>, what: &str) -> NotARegistry {
    NotARegistry { line, column, what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "lg_code,machiaza_id,machiaza_type,oaza_cho,chome,koaza,rsdt_addr_flg,ablt_date";

    #[test]
    fn a_table_is_made() {
        let file = format!(
            "\u{FEFF}{HEAD}\r\n131130,0001002,2,恵比寿,二丁目,,1,\r\n131130,0001001,2,恵比寿,一丁目,,1,\r\n131130,0001001,2,恵比寿,一丁目,,0,\r\n131130,0009000,1,昔町,,,0,2001-01-01\r\n"
        );
        let table = registry_table(file.as_bytes()).expect("a registry");
        let rows: Vec<&str> = table.text.lines().skip(1).collect();
        assert_eq!((table.municipalities, table.towns), (1, 2));
        assert_eq!(rows[0], "131130\t0001001\t2\t恵比寿\t\t一丁目\t\t\t2\t1500013");
        assert_eq!(rows[1], "131130\t0001002\t2\t恵比寿\t\t二丁目\t\t\t1\t1500013");
    }

    #[test]
    fn faults_name_their_place() {
        for (rows, sentence) in [
            ("", "町字が1件もありません"),
            (
                "31130,0001002,2,恵比寿,,,1,",
                "2行目の lg_code 列：「31130」は6けたの団体コードではありません（先頭の0が消えていませんか）",
            ),
            ("131131,0001002,2,恵比寿,,,1,", "2行目の lg_code 列：団体コード 131131 の市区町村はありません"),
            (
                "131130,1002,2,恵比寿,,,1,",
                "2行目の machiaza_id 列：「1002」は7けたの町字IDではありません（先頭の0が消えていませんか）",
            ),
            ("131130,0001002,2,恵比寿,,,x,", "2行目の rsdt_addr_flg 列：「x」は 0 でも 1 でもありません"),
            ("131130,0000000,4,,,,0,", "町字が1件もありません"),
            ("131130,0001002,2", "2行目：列が3つあります。1行目の列は8つです"),
        ] {
            let refused = registry_table(format!("{HEAD}\n{rows}\n").as_bytes()).expect_err(rows);
            assert_eq!(refused.to_string(), sentence);
        }
        for (file, sentence) in [
            (&b""[..], "ファイルが空です"),
            (b"a,b\n", "1行目の lg_code 列：この列がありません"),
            (b"lg_code\n\x82\xA0\n", "2行目：UTF-8 の文字ではありません"),
            (b"\x1F\x8B\x08", "gzip のファイルがこわれています"),
        ] {
            assert_eq!(registry_table(file).expect_err(sentence).to_string(), sentence);
        }
    }
}
