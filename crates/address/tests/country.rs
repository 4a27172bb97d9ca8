//! Every town of the country, written out and read again, and texts made to hurt.
use std::time::{Duration, Instant};

use address::{Level, municipalities, parse_anywhere, places_of};
use proptest::prelude::*;

/// How the towns come back when their address is written in some way.
#[track_caller]
fn check(name: &str, least: f64, write: impl Fn(&str, &str, &str) -> String) {
    let (mut right, mut told, mut none) = (0_u32, 0_u32, 0_u32);
    let mut wrong = Vec::new();
    for one in municipalities() {
        for place in places_of(one).iter().step_by(5) {
            let town = place.name();
            let text = write(one.prefecture, one.name, &town);
            let parsed = parse_anywhere(&text);
            if parsed.town_name == town && parsed.municipality == Some(one.id) {
                right += 1;
            } else if parsed.level < Level::Town {
                none += 1;
            } else if !parsed.warnings.is_empty() {
                told += 1;
            } else {
                wrong.push(format!("{text} → {}", parsed.town_name));
            }
        }
    }
    let all = f64::from(right + told + none) + wrong.len() as f64;
    println!("{name}: {right} right, {told} another and told, {none} none, {} wrong", wrong.len());
    println!("{:#?}", wrong.iter().take(40).collect::<Vec<_>>());
    assert!(f64::from(right) >= all * least, "{name}: {right} of {all}");
    assert!(wrong.len() as f64 <= all * 0.002, "{name}: {} wrong", wrong.len());
}

#[test]
fn as_registered() {
    check("as registered", 0.99, |prefecture, city, town| format!("{prefecture}{city}{town}12番地3"));
}

#[test]
fn in_full_width_digits() {
    check("full width", 0.99, |prefecture, city, town| format!("{prefecture}{city}{town}１２－３"));
}

#[test]
fn without_prefecture() {
    check("without prefecture", 0.98, |_, city, town| format!("{city}{town}12-3"));
}

#[test]
fn the_way_people_write_letters() {
    check("other letters", 0.98, |prefecture, city, town| {
        let bare = town.strip_prefix("大字").unwrap_or(town).replace('ヶ', "が").replace('ノ', "の");
        format!(
            "{prefecture} {city} {} 12の3",
            bare.replace('沢', "澤").replace('浜', "濱").replace('桜', "櫻")
        )
    });
}

fn took(text: &str) -> Duration {
    let begun = Instant::now();
    let parsed = parse_anywhere(text);
    assert!(parsed.rest.len() + parsed.detail.len() <= 2 * text.len());
    begun.elapsed()
}

#[test]
fn a_megabyte_takes_no_time() {
    parse_anywhere("中栗須327");
    for part in [
        "(",
        "（「",
        "一",
        "1-",
        "字",
        "大字",
        "京都市中京区",
        "\u{FFFD}",
        "ﾞ",
        "千",
        "通上る",
        "ノ",
        "A",
        " ",
    ] {
        for head in ["", "京都府京都市上京区", "群馬県藤岡市中栗須", "東京都千代田区〓", "京都府長岡京市神足"]
        {
            let text = format!("{head}{}", part.repeat(1 << 18));
            let took = took(&text);
            assert!(
                took.as_millis() < if cfg!(debug_assertions) { 1000 } else { 100 },
                "{head}{part}: {took:?}"
            );
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let parsed = parse_anywhere(&text);
        prop_assert_eq!(parsed.level >= Level::Town, parsed.town.is_some());
        prop_assert_eq!(parsed.level == Level::Block, !parsed.lot.is_empty());
    }

    #[test]
    fn what_looks_like_an_address_is_taken(
        text in "(〒[0-9]{3}-[0-9]{4}|)(東京都|京都府京都市|群馬県|北海道|)(上京区|渋谷区|藤岡市|札幌市中央区|)[大字一二三条西上る下入通丁目町0-9ノヶ〓ー-]{0,24}"
    ) {
        let parsed = parse_anywhere(&text);
        prop_assert!(text.contains(&parsed.rest) && text.contains(&parsed.detail) && text.contains(&parsed.behind_town));
    }
}
