//! The nation's postal towns, for addresses people come from: one text and an offset a line.
use std::io::Read as _;
use std::sync::OnceLock;

use base::MunicipalityId;

use crate::complete::{
    LONGEST_QUERY, Match, Query, Suggestion, keys_of, name_key, names_municipality, names_prefecture,
};
use crate::fold::{fold_kana, fold_letter};
use crate::municipality::{Municipality, Named, Names, municipalities};
use crate::postal_code::leading_digits;
use crate::{PostalCode, TownKind, town};

static DEFLATED: &[u8] = include_bytes!("../data/postal.tsv.gz");

struct Nation {
    text: String,
    /// By postal code.
    rows: Vec<Row>,
}

struct Row {
    code: u32,
    /// Where town and reading begin in the text.
    start: u32,
    /// Place in `municipalities()`.
    municipality: u16,
}

impl Nation {
    fn get() -> &'static Self {
        static NATION: OnceLock<Nation> = OnceLock::new();
        NATION.get_or_init(Self::decode)
    }

    fn decode() -> Self {
        // The last four bytes of gzip are the length: no second, larger buffer is ever needed.
        let tail = DEFLATED.last_chunk().expect("a gzip file has a trailer");
        let mut text = String::with_capacity(u32::from_le_bytes(*tail) as usize);
        flate2::read::GzDecoder::new(DEFLATED).read_to_string(&mut text).expect("built with the program");
        let mut rows = Vec::with_capacity(125_000);
        let mut start = text.find('\n').expect("a header") + 1;
        let mut place: u16 = 0;
        while let Some(code) = text.get(start..start + 7) {
            let code = code.parse().expect("seven digits");
            start += 8;
            if text.as_bytes()[start] != b'\t' {
                place = place_of(text[start..start + 5].parse().expect("five digits"));
                start += 5;
            }
            start += 1;
            rows.push(Row {
                code,
                start: u32::try_from(start).expect("the table is small"),
                municipality: place,
            });
            start += text[start..].find('\n').expect("every line ends") + 1;
        }
        Self { text, rows }
    }

    /// Town (empty: the code of the whole municipality) and reading.
    fn town(&self, row: &Row) -> (&str, &str) {
        let line = self.text[row.start as usize..].split('\n').next().unwrap_or_default();
        line.split_once('\t').unwrap_or((line, ""))
    }

    fn with_code(&self, from: u32, to: u32) -> &[Row] {
        let first = self.rows.partition_point(|row| row.code < from);
        let behind = self.rows.partition_point(|row| row.code < to);
        &self.rows[first..behind]
    }

    fn has_one_code(&self, of: &Row) -> bool {
        let within = self.rows.iter().filter(|row| row.municipality == of.municipality);
        let mut named = within.filter(|row| self.town(row).0 == self.town(of).0);
        named.all(|row| row.code == of.code)
    }

    fn suggestion(&self, row: &Row) -> Suggestion {
        let (name, kana) = self.town(row);
        let municipality = municipality_at(row.municipality).id;
        // The post office leaves out 大字 and 丁目: only a name that stands once names a town.
        let key = name_key(name);
        let mut called = keys_of(municipality).iter().filter(|one| {
            one.town.kind != TownKind::Koaza && one.name.starts_with(&key) && name_key(one.town.oaza) == key
        });
        let first = called.next().filter(|one| one.town.kind == TownKind::Oaza);
        let known = first.filter(|_| called.next().is_none());
        Suggestion {
            municipality,
            town: known.map(|one| one.town.machiaza_id),
            name: known.map_or_else(|| name.to_owned(), |one| one.town.name()),
            kana: kana.to_owned(),
            postal_code: PostalCode::new(row.code),
        }
    }
}

fn place_of(jis: i64) -> u16 {
    let place = municipalities().binary_search_by_key(&jis, Municipality::jis);
    u16::try_from(place.expect("both tables come from one file")).expect("fewer than 65,536")
}

fn municipality_at(place: u16) -> &'static Municipality {
    &municipalities()[usize::from(place)]
}

/// Whether the post office gives `code` to this town (an office's own code included).
pub(crate) fn has(code: PostalCode, id: MunicipalityId, town: &str) -> bool {
    let nation = Nation::get();
    let rows = nation.with_code(code.number(), code.number() + 1);
    let town = name_key(town);
    rows.iter().any(|row| municipality_at(row.municipality).id == id && name_key(nation.town(row).0) == town)
}

/// The postal codes of each town the post office has, apart from each other by a space.
pub(crate) fn postal_codes() -> std::collections::HashMap<(MunicipalityId, &'static str), String> {
    let nation = Nation::get();
    let mut codes: std::collections::HashMap<(MunicipalityId, &str), String> =
        std::collections::HashMap::new();
    for row in &nation.rows {
        let code = format!("{:07}", row.code);
        let of_town = codes.entry((municipality_at(row.municipality).id, nation.town(row).0)).or_default();
        if !of_town.is_empty() {
            of_town.push(' ');
        }
        of_town.push_str(&code);
    }
    codes
}

/// The municipality of a postal code, where it has one only.
pub(crate) fn municipality_with(code: PostalCode) -> Option<MunicipalityId> {
    let rows = Nation::get().with_code(code.number(), code.number() + 1);
    let first = rows.first()?.municipality;
    rows.iter().all(|row| row.municipality == first).then(|| municipality_at(first).id)
}

/// Towns of all Japan that answer `typed`: postal code (its beginning from three digits on), or the
/// beginning of an address in kanji or kana, 「高崎市高松」, 「グ タ タ」. At most `limit`.
pub fn complete_nation(typed: &str, limit: usize) -> Vec<Suggestion> {
    if typed.len() > LONGEST_QUERY || limit == 0 {
        return Vec::new();
    }
    let nation = Nation::get();
    if let Some(digits) = leading_digits(typed) {
        return by_code(nation, &digits, limit);
    }
    // Composed first, so that one letter typed is one letter compared.
    let typed = base::full_kana(&base::half_width(typed));
    let words: Vec<&str> = typed.split_whitespace().collect();
    match words[..] {
        [] => Vec::new(),
        [word] => by_text(nation, word, limit),
        [city, town] => by_words(nation, None, city, town, limit),
        [prefecture, city, town] => by_words(nation, Some(prefecture), city, town, limit),
        _ => Vec::new(),
    }
}

/// Fewer digits name half a prefecture.
const FEWEST_DIGITS: usize = 3;

fn by_code(nation: &Nation, digits: &str, limit: usize) -> Vec<Suggestion> {
    let (Ok(number), true) = (digits.parse::<u32>(), digits.len() >= FEWEST_DIGITS) else {
        return Vec::new();
    };
    let span = [1, 10, 100, 1000, 10_000][7 - digits.len()];
    let rows = nation.with_code(number * span, (number + 1) * span);
    rows.iter().take(limit).map(|row| nation.suggestion(row)).collect()
}

/// Prefecture, municipality and town written together; what is missing at the front may be missing.
fn by_text(nation: &Nation, word: &str, limit: usize) -> Vec<Suggestion> {
    let letters: Vec<char> = word.chars().map(fold_letter).collect();
    let names = Names::get();
    let (prefecture, skip) =
        names.prefecture(&letters).map_or((None, 0), |(name, length)| (Some(name), length));
    if let Some((named, length)) = names.municipality(&letters[skip..], prefecture, None) {
        let rest: String = word.chars().skip(skip + length).collect();
        let mut found = Vec::new();
        for one in &named {
            if let Named::Now(within) = one {
                found.extend(towns_within(nation, within, &rest, limit));
            }
        }
        found.truncate(limit);
        return found;
    }
    let rest: String = word.chars().skip(skip).collect();
    let in_prefecture = |one: &&Municipality| prefecture.is_none_or(|name| one.prefecture == name);
    let beginning = |one: &&Municipality| rest.is_empty() || names_municipality(one, &rest);
    let cities = municipalities().iter().filter(in_prefecture).filter(beginning);
    let mut found: Vec<Suggestion> = cities.take(limit).map(alone).collect();
    // One letter begins thousands of towns; then municipalities alone are offered.
    if prefecture.is_none() && letters.len() > 1 {
        let town = Query::of(&rest);
        found.extend(answering(nation, nation.rows.iter(), &town, limit.saturating_sub(found.len())));
    }
    found
}

/// 「グ フ ナ」: each word begins its part.
fn by_words(
    nation: &Nation,
    prefecture: Option<&str>,
    city: &str,
    town: &str,
    limit: usize,
) -> Vec<Suggestion> {
    let fits = |one: &Municipality| match prefecture {
        Some(prefecture) => names_prefecture(one, prefecture) && names_municipality(one, city),
        None => names_municipality(one, city),
    };
    let fitting: Vec<bool> = municipalities().iter().map(fits).collect();
    let town = Query::of(town);
    let within = nation.rows.iter().filter(|row| fitting[usize::from(row.municipality)]);
    answering(nation, within, &town, limit)
}

/// The municipality itself when nothing follows, then its towns.
fn towns_within(nation: &Nation, within: &'static Municipality, rest: &str, limit: usize) -> Vec<Suggestion> {
    let place = place_of(within.jis());
    let rows = nation.rows.iter().filter(|row| row.municipality == place);
    if rest.is_empty() {
        let mut found = vec![alone(within)];
        let towns = rows.filter(|row| !nation.town(row).0.is_empty());
        found.extend(distinct(nation, towns, limit - 1));
        return found;
    }
    let town = Query::of(rest);
    answering(nation, rows, &town, limit)
}

fn alone(one: &'static Municipality) -> Suggestion {
    Suggestion {
        municipality: one.id,
        town: None,
        name: String::new(),
        kana: String::new(),
        postal_code: None,
    }
}

/// Rows whose town is or begins with what was typed, whole names first, else by postal code.
fn answering<'a>(
    nation: &Nation,
    rows: impl Iterator<Item = &'a Row>,
    town: &Query,
    limit: usize,
) -> Vec<Suggestion> {
    let mut matching: Vec<(Match, &Row)> =
        rows.filter_map(|row| Some((beginning(nation, row, town)?, row))).collect();
    matching.sort_by_key(|&(how, _)| how);
    distinct(nation, matching.into_iter().map(|(_, row)| row), limit)
}

fn beginning(nation: &Nation, row: &Row, town: &Query) -> Option<Match> {
    let (name, kana) = nation.town(row);
    // Most rows differ in the first letter already; folding 120,000 names would take too long.
    if name.is_empty() || !town.may_begin(name, kana) {
        return None;
    }
    town.matches(&name_key(name), &fold_kana(kana)).filter(|&how| how <= Match::KanaBeginning)
}

/// Towns with several postal codes (floors of a tower, 丁目) are shown once, the code left open.
fn distinct<'a>(nation: &Nation, rows: impl Iterator<Item = &'a Row>, limit: usize) -> Vec<Suggestion> {
    let mut shown: Vec<(u16, &str)> = Vec::new();
    let mut found: Vec<Suggestion> = Vec::new();
    for row in rows {
        let place = (row.municipality, nation.town(row).0);
        if shown.contains(&place) {
            continue;
        }
        if shown.len() == limit {
            break;
        }
        shown.push(place);
        let mut next = nation.suggestion(row);
        // The registry's row knows the town's own code apart from those of single offices.
        let known = next.town.and_then(|id| town(next.municipality, id));
        next.postal_code = match known.and_then(|town| town.postal_code) {
            None => next.postal_code.filter(|_| nation.has_one_code(row)),
            own => own,
        };
        found.push(next);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_small_and_quick() {
        let begun = std::time::Instant::now();
        let nation = Nation::decode();
        let took = begun.elapsed();
        let bytes = nation.text.capacity() + nation.rows.capacity() * size_of::<Row>();
        println!("{} rows, {bytes} bytes, {took:?}", nation.rows.len());
        assert_eq!(nation.rows.len(), 124_196);
        assert!(bytes < 12_000_000, "{bytes} bytes");
        assert!(nation.rows.is_sorted_by_key(|row| row.code));
        // Without optimisation it takes several times as long; 150 ms is the release bar.
        assert!(took.as_millis() < if cfg!(debug_assertions) { 3000 } else { 150 }, "{took:?}");
    }

    #[test]
    fn towns_of_all_japan() {
        for (typed, first, town) in [
            ("3750024", "群馬県藤岡市藤岡", Some("0034000")),
            ("375-8601", "群馬県藤岡市中栗須", Some("0029000")),
            ("〒３７０−０８２９", "群馬県高崎市高松町", Some("0107000")),
            ("100-0001", "東京都千代田区千代田", None),
            ("0010010", "北海道札幌市北区北十条西", None),
            ("367-0041", "埼玉県本庄市駅南", None),
            ("高崎市高松", "群馬県高崎市高松町", Some("0107000")),
            ("高崎", "群馬県高崎市", None),
            ("群馬県", "群馬県前橋市", None),
            ("群馬県高崎市高松町", "群馬県高崎市高松町", Some("0107000")),
            ("たかさきしたかまつ", "群馬県高崎市高松町", Some("0107000")),
            ("グ フ ナカク", "群馬県藤岡市中栗須", Some("0029000")),
            ("タカサキ タカマツ", "群馬県高崎市高松町", Some("0107000")),
            ("大泉町仙石", "群馬県邑楽郡大泉町仙石", None),
            ("埼玉県本庄市", "埼玉県本庄市", None),
            ("浄法寺", "栃木県那須郡那珂川町浄法寺", None),
        ] {
            let found = complete_nation(typed, 8);
            let first_found = found.first().map(Suggestion::whole);
            assert_eq!(first_found.as_deref(), Some(first), "{typed}");
            let known = found[0].town.map(|id| id.to_string());
            assert_eq!(known.as_deref(), town, "{typed}");
        }
    }

    #[test]
    fn nothing_answers() {
        for typed in
            ["", "37", "999-9999", "xyz", "〒", "高崎市存在しない町", "ア イ ウ エ", &"高".repeat(99)]
        {
            assert_eq!(complete_nation(typed, 8), [], "{typed}");
        }
        assert_eq!(complete_nation("高崎市", 0), []);
        assert_eq!(complete_nation("高崎市", 3).len(), 3);
    }

    #[test]
    fn a_code_is_shown_only_where_it_is_the_only_one() {
        for (typed, limit, code) in [
            ("高崎市高松町", 1, Some("370-0829")),
            ("東吾妻町岡崎", 1, None),
            ("藤岡市藤岡", 1, Some("375-0024")),
            ("3750024", 1, Some("375-0024")),
        ] {
            let found = complete_nation(typed, limit);
            assert_eq!(found[0].postal_code.map(|code| code.to_string()).as_deref(), code, "{typed}");
        }
    }

    #[test]
    fn offices_have_codes_of_their_own() {
        let code = |number| PostalCode::new(number).expect("seven digits");
        let fujioka = MunicipalityId(102_091);
        assert!(has(code(3_758_601), fujioka, "中栗須"));
        assert!(!has(code(3_758_601), fujioka, "藤岡"));
        assert!(!has(code(3_750_024), fujioka, "中栗須"));
    }
}
