//! `check municipality-code`: 団体コード, JIS X 0401 and 0402 with a check digit, and whose it is.
//!
//! A code whose check digit fits is right even if our table does not know it (`known`): municipalities that were
//! merged, and 一部事務組合, have codes too.
use std::collections::BTreeMap;
use std::io;
use std::sync::LazyLock;

use base::{MunicipalityCode, MunicipalityId};
use serde::Serialize;

use super::Report;
use super::digits::Digits;
use super::line;

const NAME: &str = "団体コード";

#[derive(Serialize, Default)]
struct Answer {
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<bool>,
    #[serde(flatten)]
    whose: Option<Whose>,
}

#[derive(Serialize, Clone)]
struct Whose {
    /// `prefecture`, `designated_city`, `ward` (of a designated city), or `municipality`.
    kind: &'static str,
    name: String,
    prefecture: &'static str,
}

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    let columns = [NAME, "全国地方公共団体コード", "市区町村コード", "lg_code"];
    line::each(content, &columns, report, |text| judge(text).into())
}

fn judge(text: &str) -> Result<Answer, String> {
    let digits = Digits::read(text, NAME, 6)?;
    if digits.text.len() == 5 {
        return Err(without_check_digit(&digits.text));
    }
    let digits = digits.counted(6)?;
    if let Ok(code) = MunicipalityCode::parse(&digits.text) {
        let whose = whose(code);
        return Ok(Answer { code: Some(code.to_string()), known: Some(whose.is_some()), whose });
    }
    let five = &digits.text[..5];
    Err(match from_five(five) {
        Some(code) => format!(
            "{}。{five} の検査数字は {} です（{}）",
            digits.check_digit_wrong(5),
            &code.to_string()[5..],
            described(code)
        ),
        None => no_prefecture(five),
    })
}

fn from_five(five: &str) -> Option<MunicipalityCode> {
    MunicipalityCode::from_five(five.parse().ok()?)
}

fn no_prefecture(digits: &str) -> String {
    format!("先頭の2桁 {} は都道府県ではありません。01 から 47 で書いてください", &digits[..2])
}

fn without_check_digit(five: &str) -> String {
    let whole = from_five(five).map(|code| format!("6桁目（検査数字）を付けると {} です", described(code)));
    // A spreadsheet eats the 0 of 北海道 to 栃木県.
    let eaten = MunicipalityCode::parse(five).ok().filter(|code| code.prefecture() < 10);
    let eaten = eaten.map(|code| format!("先頭の0が落ちたのなら {} です", described(code)));
    let hints: Vec<String> = whole.into_iter().chain(eaten).collect();
    if hints.is_empty() {
        return no_prefecture(five);
    }
    format!("数字が5桁です。団体コードは6桁です。{}", hints.join("。"))
}

/// 「102091 群馬県藤岡市」
fn described(code: MunicipalityCode) -> String {
    match whose(code) {
        Some(Whose { kind: "prefecture", name, .. }) => format!("{code} {name}"),
        Some(Whose { name, prefecture, .. }) => format!("{code} {prefecture}{name}"),
        None => format!("{code}、表にない団体"),
    }
}

fn whose(code: MunicipalityCode) -> Option<Whose> {
    if let Some(one) = address::municipality(code.id()) {
        let kind = if ward_of(one.name).is_some() { "ward" } else { "municipality" };
        return Some(Whose { kind, name: one.without_county().to_owned(), prefecture: one.prefecture });
    }
    WIDER.get(&code.id()).cloned()
}

/// The city of 「札幌市中央区」. The 特別区 of Tokyo have none.
fn ward_of(name: &str) -> Option<&str> {
    name.strip_suffix('区')?.split_inclusive('市').next().filter(|city| city.ends_with('市'))
}

/// Prefectures and designated cities: the table of municipalities lists the parts that have addresses. A designated
/// city's code is the ten in which its first ward's lies (札幌市 01100, 中央区 01101; 浜松市 22130, 中央区 22138).
static WIDER: LazyLock<BTreeMap<MunicipalityId, Whose>> = LazyLock::new(|| {
    let mut wider = BTreeMap::new();
    let mut cities: Vec<(&str, &str)> = Vec::new();
    let mut put = |five: i64, whose: Whose| {
        let code = u32::try_from(five).ok().and_then(MunicipalityCode::from_five);
        wider.insert(code.expect("the table's own prefecture").id(), whose);
    };
    for one in address::municipalities() {
        let (five, prefecture) = (one.id.0 / 10, one.prefecture);
        put(five / 1000 * 1000, Whose { kind: "prefecture", name: prefecture.to_owned(), prefecture });
        if let Some(city) = ward_of(one.name)
            && !cities.contains(&(prefecture, city))
        {
            cities.push((prefecture, city));
            put(five / 10 * 10, Whose { kind: "designated_city", name: city.to_owned(), prefecture });
        }
    }
    wider
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefectures_and_designated_cities() {
        let count = |kind: &str| WIDER.values().filter(|whose| whose.kind == kind).count();
        assert_eq!((count("prefecture"), count("designated_city")), (47, 20));
    }
}
