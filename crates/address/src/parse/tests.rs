use proptest::prelude::*;

use super::*;
use crate::towns_of;

const FUJIOKA: MunicipalityId = MunicipalityId(102_091);

fn check(text: &str, level: Level, whole: &str, warnings: &[&str]) {
    let parsed = parse(FUJIOKA, text);
    let address = parsed.address().map(|address| address.to_string()).unwrap_or_default();
    let said: Vec<String> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert_eq!((parsed.level, address.as_str()), (level, whole), "{text}");
    assert_eq!(said, warnings, "{text}");
}

#[test]
fn one_address_in_every_spelling() {
    for text in [
        "群馬県藤岡市中栗須327番地3",
        "群馬県藤岡市大字中栗須３２７番地の３",
        "〒375-0015 群馬県 藤岡市 中栗須 327-3",
        "〒３７５−００１５　藤岡市中栗須三百二十七番地三",
        "3750015藤岡市中栗須327ー3",
        "中栗須327の3",
        "大字中栗須 327-3",
        "グンマケンフジオカシ中栗須327-3",
        "ぐんまけん藤岡市中栗須327-3",
        "375-8601 藤岡市中栗須327-3",
    ] {
        check(text, Level::Block, "群馬県藤岡市中栗須327番地3", &[]);
    }
}

#[test]
fn the_longest_town_wins() {
    for (text, whole) in [
        ("藤岡市中1", "群馬県藤岡市中1番地"),
        ("藤岡市中島1", "群馬県藤岡市中島1番地"),
        ("藤岡市中栗須1", "群馬県藤岡市中栗須1番地"),
        ("藤岡市森5-2", "群馬県藤岡市森5番地2"),
        ("藤岡市森新田5-2", "群馬県藤岡市森新田5番地2"),
        ("藤岡市立石新田甲12", "群馬県藤岡市立石新田甲12番地"),
        ("藤岡市三ッ木10", "群馬県藤岡市三ツ木10番地"),
        ("藤岡市三つ木10", "群馬県藤岡市三ツ木10番地"),
        ("藤岡市三ﾂ木十番地", "群馬県藤岡市三ツ木10番地"),
        ("藤岡市岡ノ郷無番地", "群馬県藤岡市岡之郷無番地"),
        ("藤岡市岡の郷 1", "群馬県藤岡市岡之郷1番地"),
        ("藤岡市下妹が谷3", "群馬県藤岡市下妹ヶ谷3番地"),
        ("藤岡市藤岡1485", "群馬県藤岡市藤岡1485番地"),
        ("藤岡1485", "群馬県藤岡市藤岡1485番地"),
        ("藤岡市2丁目12", "群馬県藤岡市二丁目12番地"),
        ("藤岡市二丁目12", "群馬県藤岡市二丁目12番地"),
        ("藤岡市藤岡853番地1　コーポ藤101号室", "群馬県藤岡市藤岡853番地1\u{3000}コーポ藤101号室"),
        ("藤岡市藤岡853-1ひまわり荘", "群馬県藤岡市藤岡853番地1\u{3000}ひまわり荘"),
        ("藤岡市藤岡853-1-101号室", "群馬県藤岡市藤岡853番地1\u{3000}101号室"),
    ] {
        check(text, Level::Block, whole, &[]);
    }
}

#[test]
fn a_wrong_town_is_worse_than_none() {
    for (text, whole, warning) in [
        ("藤岡市緑山100", "群馬県藤岡市緑山100", "「緑山」に近い町が2つあります。下から選べます"),
        ("藤岡市中野100", "群馬県藤岡市中野100", "「中野」に近い町が5つあります。下から選べます"),
        ("藤岡市藤岡南100", "群馬県藤岡市藤岡南100", "「藤岡南」に近い町が1つあります。下から選べます"),
        ("藤岡市森 新田100", "群馬県藤岡市森 新田100", "「森新田」に近い町が2つあります。下から選べます"),
        (
            "藤岡市中千代田ビル",
            "群馬県藤岡市中千代田ビル",
            "「中千代田ビル」に近い町が1つあります。下から選べます",
        ),
        ("藤岡市100", "群馬県藤岡市100", "「100」という町が見つかりません。読みや郵便番号でもさがせます"),
        (
            "藤岡市存在町1",
            "群馬県藤岡市存在町1",
            "「存在町」という町が見つかりません。読みや郵便番号でもさがせます",
        ),
    ] {
        check(text, Level::Municipality, whole, &[warning]);
    }
    assert_eq!(parse(FUJIOKA, "藤岡市中一の谷5").level, Level::Municipality);
    let near: Vec<String> = parse(FUJIOKA, "緑山100").near().map(Place::name).collect();
    assert_eq!(near, ["緑埜", "緑町"]);
    assert_eq!(parse(FUJIOKA, "緑山100").level, Level::None);
    // 緑埜 as it is commonly written, and said so; never 緑町.
    let midono = parse(FUJIOKA, "藤岡市緑野100");
    assert_eq!((midono.town_name.as_str(), midono.lot.text()), ("緑埜", "100番地"));
    assert!(matches!(midono.warnings[..], [Warning::WrittenOtherwise { .. }]), "{:?}", midono.warnings);
}

#[test]
fn doubts_are_told() {
    for (text, level, whole, warning) in [
        (
            "藤岡市中栗須327番3号",
            Level::Block,
            "群馬県藤岡市中栗須327番地3",
            "この町は番地です。「327番地3」と書きます",
        ),
        (
            "群馬県多野郡鬼石町大字譲原12",
            Level::Block,
            "群馬県藤岡市譲原12番地",
            "多野郡鬼石町は平成18年1月1日に藤岡市になりました",
        ),
        (
            "鬼石町鬼石158-1",
            Level::Block,
            "群馬県藤岡市鬼石158番地1",
            "鬼石町は平成18年1月1日に藤岡市になりました",
        ),
        (
            "〒375-0024 藤岡市中栗須327",
            Level::Block,
            "群馬県藤岡市中栗須327番地",
            "〒375-0024はこの町の番号ではありません。この町は〒375-0015です",
        ),
        (
            "藤岡市藤岡字北ノ原1234",
            Level::Block,
            "群馬県藤岡市藤岡字北ノ原1234番地",
            "字「北ノ原」は台帳にありません。このまま残します",
        ),
        (
            "藤岡市中栗須 ハイツ藤岡",
            Level::Town,
            "群馬県藤岡市中栗須\u{3000}ハイツ藤岡",
            "「ハイツ藤岡」の前に番地がありません",
        ),
        ("府中市1-2", Level::None, "", "「府中市」は全国に2つあります。都道府県から入力すると決まります"),
    ] {
        check(text, level, whole, &[warning]);
    }
}

#[test]
fn elsewhere_in_the_prefecture() {
    for (text, level, whole) in [
        ("群馬県高崎市高松町35番地1", Level::Block, "群馬県高崎市高松町35番地1"),
        ("前橋市大手町1-1-1", Level::Block, "群馬県前橋市大手町一丁目1番1号"),
        ("前橋市大手町一丁目１番１号", Level::Block, "群馬県前橋市大手町一丁目1番1号"),
        ("大泉町日の出55-1", Level::Block, "群馬県邑楽郡大泉町日の出55番1号"),
        ("群馬県邑楽郡大泉町大字日の出55-1", Level::Block, "群馬県邑楽郡大泉町日の出55番1号"),
        ("安中市松井田町横川字源平沢12", Level::Block, "群馬県安中市松井田町横川字源平沢12番地"),
        ("群馬県", Level::Prefecture, ""),
        ("群馬県藤岡市", Level::Municipality, "群馬県藤岡市"),
        ("藤岡市中栗須", Level::Town, "群馬県藤岡市中栗須"),
        ("中栗須", Level::Town, "群馬県藤岡市中栗須"),
        ("", Level::None, ""),
        ("〒375-0015", Level::None, ""),
    ] {
        check(text, level, whole, &[]);
    }
}

#[test]
fn chome_and_namesakes_are_asked_for() {
    for (text, near) in [
        ("大泉町仙石2-12", &["仙石一丁目", "仙石二丁目", "仙石三丁目", "仙石四丁目", "大字仙石"][..]),
        ("大泉町仙石12番地", &["仙石一丁目", "仙石二丁目", "仙石三丁目", "仙石四丁目", "大字仙石"]),
        ("大泉町仙石九丁目1", &["仙石一丁目"]),
        ("太田市太子町1", &["大字太子町"]),
        ("安中市原1", &["原"]),
    ] {
        let parsed = parse(FUJIOKA, text);
        let names: Vec<String> = parsed.near().map(Place::name).collect();
        assert_eq!(names, near, "{text}");
    }
    for (text, name) in [
        ("大泉町仙石2丁目12-1", "仙石二丁目"),
        ("大泉町大字仙石12", "大字仙石"),
        ("太田市大字太子町1", "大字太子町"),
    ] {
        assert_eq!(parse(FUJIOKA, text).town.map(Place::name).as_deref(), Some(name));
    }
}

/// Every town of the prefecture, written out and read again: the same town, or told that it is unclear.
#[test]
fn every_town_is_read_back() {
    let (mut same, mut told, mut unclear) = (0, 0, 0);
    for one in crate::municipalities().iter().filter(|one| one.prefecture == "群馬県") {
        for town in towns_of(one.id) {
            let text = format!("{}{}12番地3", one.whole(), town.name());
            let parsed = parse(FUJIOKA, &text);
            match parsed.town {
                Some(found) if found.town == Some(town) => {
                    assert!(parsed.level == Level::Block && parsed.detail.is_empty(), "{text}: {parsed:?}");
                    same += 1;
                }
                Some(found) => {
                    assert!(
                        parsed.near().any(|near| near.town == Some(town)),
                        "{text} was read as {}",
                        found.name()
                    );
                    told += 1;
                }
                None => {
                    assert!(!parsed.warnings.is_empty(), "{text}");
                    unclear += 1;
                }
            }
        }
    }
    println!(
        "towns of 群馬県 read back: {same}, taken for another of its name and told: {told}, none: {unclear}"
    );
    assert!(same >= 7_820, "{same} of {}", same + told + unclear);
    let fujioka = towns_of(FUJIOKA).iter().map(|town| parse(FUJIOKA, &format!("{}1", town.name())).town);
    assert!(
        fujioka.zip(towns_of(FUJIOKA)).all(|(found, town)| found.and_then(|found| found.town) == Some(town))
    );
}

#[test]
fn hostile_texts_take_linear_time() {
    for part in
        ["(", "（", "一", "1-", "字", "大字", "群馬県", "藤岡市", "中", " ", "ﾞ", "千", "甲", "の", "番地"]
    {
        let text = format!("藤岡市中栗須{}", part.repeat(100_000));
        let begun = std::time::Instant::now();
        let parsed = parse(FUJIOKA, &text);
        let took = begun.elapsed();
        assert!(took.as_millis() < if cfg!(debug_assertions) { 2000 } else { 100 }, "{part}: {took:?}");
        assert!(parsed.town.is_none_or(|town| town.oaza == "中栗須"), "{part}");
    }
}

proptest! {
    #[test]
    fn any_text_is_taken(text in any::<String>()) {
        let parsed = parse(FUJIOKA, &text);
        prop_assert!(parsed.rest.len() <= text.len() && parsed.detail.len() <= text.len());
        prop_assert_eq!(parsed.level >= Level::Town, parsed.town.is_some());
        prop_assert_eq!(parsed.level == Level::Block, !parsed.lot.is_empty());
    }

    #[test]
    fn nothing_is_lost(text in "(群馬県|)(藤岡市|高崎市|)(大字|字|)(中|森|緑|三ツ木|藤岡|鬼石|新田|野|二丁目)(字|)[中野甲一1-9番地の ー-]{0,9}") {
        let parsed = parse(FUJIOKA, &text);
        prop_assert!(text.contains(&parsed.rest) && text.contains(&parsed.detail));
        // An unknown 小字 may itself look like a lot (字一の).
        let told = parsed.warnings.iter().any(|warning| matches!(warning, Warning::UnknownKoaza { .. }));
        if let Some(again) = parsed.address().filter(|_| parsed.level == Level::Block && !told) {
            let second = parse(FUJIOKA, &again.to_string());
            prop_assert_eq!(second.address(), Some(again));
        }
    }
}
