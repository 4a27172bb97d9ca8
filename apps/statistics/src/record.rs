//! 推奨データセット: records of an office as the official columns have them. Every record is checked; a file with a
//! mistake changes nothing.
use std::collections::BTreeSet;
use std::sync::LazyLock;

use base::{CorporateNumber, MunicipalityCode, half_width};
use web::City;

use crate::csv;

/// dataset, column, other names, need, kind.
const COLUMNS: &str = include_str!("../data/columns.tsv");
/// So many mistakes are told at once.
const MOST_TOLD: usize = 200;
/// So many records a file may have.
const MOST_RECORDS: usize = 20_000;

/// A data set whose records an office keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub key: &'static str,
    pub title: &'static str,
    /// What it is, for the catalogue.
    pub about: &'static str,
    pub keywords: &'static [&'static str],
}

pub(crate) const KEPT: [Kept; 2] = [
    Kept {
        key: "facilities",
        title: "公共施設一覧",
        about: "市の公共施設の名称、場所、利用できる日時",
        keywords: &["公共施設", "施設"],
    },
    Kept {
        key: "shelters",
        title: "指定緊急避難場所一覧",
        about: "災害の種類ごとの指定緊急避難場所（災害対策基本法49条の4）",
        keywords: &["防災", "避難"],
    },
];

pub(crate) fn kept(key: &str) -> Option<&'static Kept> {
    KEPT.iter().find(|one| one.key == key)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Code,
    Number,
    Prefecture,
    City,
    Kana,
    Digits,
    Latitude,
    Longitude,
    Decimal,
    Phone,
    Corporate,
    Time,
    Url,
    Flag,
}

impl Kind {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "text" => Self::Text,
            "code" => Self::Code,
            "number" => Self::Number,
            "prefecture" => Self::Prefecture,
            "city" => Self::City,
            "kana" => Self::Kana,
            "digits" => Self::Digits,
            "latitude" => Self::Latitude,
            "longitude" => Self::Longitude,
            "decimal" => Self::Decimal,
            "phone" => Self::Phone,
            "corporate" => Self::Corporate,
            "time" => Self::Time,
            "url" => Self::Url,
            "flag" => Self::Flag,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    dataset: &'static str,
    pub name: &'static str,
    others: Vec<&'static str>,
    pub must: bool,
    kind: Kind,
}

static TABLE: LazyLock<Vec<Column>> = LazyLock::new(|| {
    let read = |line: &'static str| {
        let mut cells = line.split('\t');
        let mut next = || cells.next().expect("a test reads the table");
        let (dataset, name, others, need, kind) = (next(), next(), next(), next(), next());
        let others = others.split(';').filter(|name| !name.is_empty()).collect();
        Column {
            dataset,
            name,
            others,
            must: need == "must",
            kind: Kind::parse(kind).expect("a test reads the table"),
        }
    };
    COLUMNS.lines().skip(1).map(read).collect()
});

/// The official columns in their order.
pub(crate) fn columns(set: &Kept) -> Vec<&'static Column> {
    TABLE.iter().filter(|column| column.dataset == set.key).collect()
}

/// A mistake: where it is, and how to put it right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// Row of the file, from 1; the first names the columns.
    pub row: i64,
    pub column: String,
    pub value: String,
    pub message: String,
}

/// Reads a file into records in the order of the official columns. Columns are found by name, in any order, also by the
/// names of the newer standard; a column that is not required may be absent.
///
/// # Errors
/// Every mistake, in the order of the file.
pub(crate) fn read(set: &Kept, city: &City, text: &str) -> Result<Vec<Vec<String>>, Vec<Wrong>> {
    let whole = |row: i64, message: &str| {
        vec![Wrong { row, column: String::new(), value: String::new(), message: message.to_owned() }]
    };
    let rows =
        csv::read(text).map_err(|row| whole(row, "「\"」が閉じていません。閉じる「\"」を足すと読めます"))?;
    let mut rows = rows.into_iter();
    let Some((head_row, head)) = rows.next() else {
        return Err(whole(1, "列の名前の行がありません"));
    };
    let places = heads(set, head_row, &head)?;
    let (mut records, mut wrong, mut numbers) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (row, cells) in rows {
        if cells.len() > head.len() {
            let message = format!("{}列あります。見出しは{}列です", cells.len(), head.len());
            wrong.extend(whole(row, &message));
            continue;
        }
        let record = record(city, row, &places, &cells, &mut wrong);
        if let Some(number) =
            record.get(1).filter(|number| !number.is_empty() && !numbers.insert((*number).clone()))
        {
            let message = "同じ番号の行がもう1つあります".to_owned();
            wrong.push(Wrong { row, column: "NO".to_owned(), value: number.clone(), message });
        }
        records.push(record);
    }
    if records.is_empty() && wrong.is_empty() {
        return Err(whole(head_row, "記録の行がありません。見出しの下に1行以上あると取り込めます"));
    }
    if records.len() > MOST_RECORDS {
        return Err(whole(head_row, "2万行まで取り込めます"));
    }
    wrong.truncate(MOST_TOLD);
    if wrong.is_empty() { Ok(records) } else { Err(wrong) }
}

type Places = Vec<(&'static Column, Option<usize>)>;

/// Where each official column stands in the file.
fn heads(set: &Kept, row: i64, head: &[String]) -> Result<Places, Vec<Wrong>> {
    let names: Vec<String> = head.iter().map(|name| name.trim().to_owned()).collect();
    let at = |column: &Column| {
        let named = names.iter().position(|name| name == column.name);
        named.or_else(|| names.iter().position(|name| column.others.contains(&name.as_str())))
    };
    let places: Places = columns(set).into_iter().map(|column| (column, at(column))).collect();
    let tell = |column: &str, message: &str| Wrong {
        row,
        column: column.to_owned(),
        value: String::new(),
        message: message.to_owned(),
    };
    let missing = places.iter().filter(|(column, at)| column.must && at.is_none());
    let mut wrong: Vec<Wrong> =
        missing.map(|(column, _)| tell(column.name, "必要な列がありません")).collect();
    for (i, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        if names[..i].contains(name) {
            wrong.push(tell(name, "同じ名前の列が2つあります"));
        } else if !places.iter().any(|(_, at)| *at == Some(i)) {
            wrong.push(tell(name, "この表にない列です。列を除くか、名前を直すと取り込めます"));
        }
    }
    if wrong.is_empty() { Ok(places) } else { Err(wrong) }
}

fn record(city: &City, row: i64, places: &Places, cells: &[String], wrong: &mut Vec<Wrong>) -> Vec<String> {
    let mut read = Vec::with_capacity(places.len());
    for (column, at) in places {
        let raw = at.and_then(|at| cells.get(at)).map_or("", |cell| cell.trim());
        let found = if raw.is_empty() {
            if column.must { Err("入力が必要です".to_owned()) } else { Ok(String::new()) }
        } else {
            value(city, column.kind, raw)
        };
        match found {
            Ok(value) => read.push(value),
            Err(message) => {
                wrong.push(Wrong { row, column: column.name.to_owned(), value: raw.to_owned(), message });
                read.push(raw.to_owned());
            }
        }
    }
    read
}

/// A cell as it is kept, or what is wrong with it.
fn value(city: &City, kind: Kind, raw: &str) -> Result<String, String> {
    let plain = half_width(raw);
    let plain = plain.trim();
    match kind {
        Kind::Text => text(raw),
        Kind::Kana => kana(raw),
        Kind::Code => code(city, plain),
        Kind::Prefecture if raw == city.prefecture => Ok(raw.to_owned()),
        Kind::Prefecture => Err(format!("この市の都道府県名は{}です", city.prefecture)),
        Kind::City if raw == city.name || raw == format!("{}{}", city.prefecture, city.name) => {
            Ok(city.name.clone())
        }
        Kind::City => Err(format!("この市の名前は{}です", city.name)),
        Kind::Number => match plain.parse::<u64>() {
            Ok(number) if number < 1_000_000_000 => Ok(number.to_string()),
            _ => Err("0以上の整数です。例：12".to_owned()),
        },
        Kind::Digits if plain.len() <= 20 && plain.bytes().all(|digit| digit.is_ascii_digit()) => {
            Ok(plain.to_owned())
        }
        Kind::Digits => Err("数字だけで書きます".to_owned()),
        Kind::Latitude => degrees(plain, (20.0, 46.0), "緯度", "36.2586"),
        Kind::Longitude => degrees(plain, (122.0, 154.0), "経度", "139.0746"),
        Kind::Decimal => {
            decimal(plain).map(|_| plain.to_owned()).ok_or_else(|| "数です。例：88.5".to_owned())
        }
        Kind::Phone => phone(plain),
        Kind::Corporate => {
            CorporateNumber::parse(plain).map(|number| number.to_string()).map_err(|doubt| doubt.to_string())
        }
        Kind::Time => time(plain).ok_or_else(|| "時刻は 08:30 のように書きます".to_owned()),
        Kind::Url
            if (raw.starts_with("https://") || raw.starts_with("http://"))
                && !raw.contains(char::is_whitespace) =>
        {
            Ok(raw.to_owned())
        }
        Kind::Url => Err("https:// で始まるアドレスです".to_owned()),
        Kind::Flag => match plain {
            "1" | "○" | "◯" | "〇" => Ok("1".to_owned()),
            "0" => Ok(String::new()),
            _ => Err("あてはまるときは1、ほかは空けておきます".to_owned()),
        },
    }
}

fn text(raw: &str) -> Result<String, String> {
    if raw.starts_with(['=', '+', '@', '\t']) {
        return Err("表計算が式として読む文字で始まっています".to_owned());
    }
    if raw.chars().any(|letter| letter.is_control() && !matches!(letter, '\n' | '\r')) {
        return Err("目に見えない文字が入っています".to_owned());
    }
    Ok(raw.to_owned())
}

fn kana(raw: &str) -> Result<String, String> {
    let full = base::full_kana(raw);
    let fits = |letter: char| {
        matches!(letter, 'ァ'..='ヺ' | 'ー' | '・' | '　' | ' ' | '（' | '）' | '(' | ')')
            || half_width(&letter.to_string()).is_ascii()
    };
    if full.chars().all(fits) && !raw.starts_with(['=', '+', '@']) {
        Ok(full)
    } else {
        Err("カタカナで書きます。例：フジオカトショカン".to_owned())
    }
}

/// 団体コード of this city or of its prefecture, with its check digit.
fn code(city: &City, plain: &str) -> Result<String, String> {
    if plain.len() == 5 && plain.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(format!("5桁です。検査数字のある6桁で書きます。この市は{}です", city.id));
    }
    let code = MunicipalityCode::parse(plain).map_err(|doubt| doubt.to_string())?;
    let prefecture = MunicipalityCode::from_five(u32::try_from(city.id.0 / 10_000).unwrap_or(0) * 1000);
    if code.id() == city.id || prefecture.is_some_and(|own| own.id() == code.id()) {
        Ok(code.to_string())
    } else {
        Err(format!("よその団体のコードです。この市は{}です", city.id))
    }
}

fn decimal(plain: &str) -> Option<f64> {
    let fits = plain.bytes().all(|letter| letter.is_ascii_digit() || matches!(letter, b'.' | b'-'));
    plain.parse::<f64>().ok().filter(|number| fits && number.is_finite())
}

/// Degrees of the world geodetic system within Japan (領域の端から端), written as numbers with a point.
fn degrees(plain: &str, (least, most): (f64, f64), name: &str, example: &str) -> Result<String, String> {
    match decimal(plain) {
        Some(number) if (least..=most).contains(&number) => Ok(plain.to_owned()),
        Some(number) if (20.0..=46.0).contains(&number) || (122.0..=154.0).contains(&number) => {
            Err("緯度と経度が入れかわっています".to_owned())
        }
        Some(_) => Err(format!("日本の{name}は{least}から{most}までの度です。例：{example}")),
        None => Err(format!("{name}は度を小数で書きます。例：{example}")),
    }
}

fn phone(plain: &str) -> Result<String, String> {
    let digits = plain.bytes().filter(u8::is_ascii_digit).count();
    let letters = plain.bytes().all(|letter| letter.is_ascii_digit() || matches!(letter, b'-' | b'(' | b')'));
    if letters && plain.starts_with('0') && (10..=11).contains(&digits) {
        Ok(plain.to_owned())
    } else if letters && (9..=10).contains(&digits) {
        Err("頭の0が落ちているようです。例：0274-22-1211".to_owned())
    } else {
        Err("電話番号は市外局番から書きます。例：0274-22-1211".to_owned())
    }
}

/// 「8:30」 → 「08:30」; the end of a day is 24:00.
fn time(plain: &str) -> Option<String> {
    let (hours, minutes) = plain.split_once(':')?;
    let is_number = |text: &str, least: usize| {
        (least..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
    };
    let (h, m): (u8, u8) = (hours.parse().ok()?, minutes.parse().ok()?);
    let fits = is_number(hours, 1) && is_number(minutes, 2) && m < 60 && (h < 24 || (h, m) == (24, 0));
    fits.then(|| format!("{h:02}:{m:02}"))
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
