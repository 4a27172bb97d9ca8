use proptest::prelude::*;

use super::*;

#[test]
fn lots_of_a_town_of_lots() {
    for (typed, text, numbers) in [
        ("327", "327番地", &[327][..]),
        ("327番地", "327番地", &[327]),
        ("327番", "327番地", &[327]),
        ("1-2-3", "1番地2の3", &[1, 2, 3]),
        ("１−２", "1番地2", &[1, 2]),
        ("１ー２", "1番地2", &[1, 2]),
        ("327番地の3", "327番地3", &[327, 3]),
        ("327番3", "327番地3", &[327, 3]),
        ("327番3号", "327番地3", &[327, 3]),
        ("327の3", "327番地3", &[327, 3]),
        ("327番地-3", "327番地3", &[327, 3]),
        ("十二番地", "12番地", &[12]),
        ("三百二十七番地三", "327番地3", &[327, 3]),
        ("三二七", "327番地", &[327]),
        ("壱番地弐", "1番地2", &[1, 2]),
        ("千五", "1005番地", &[1005]),
        ("12番地の2の3", "12番地の2の3", &[12, 2, 3]),
        ("甲12", "甲12番地", &[12]),
        ("甲の12-3", "甲12番地3", &[12, 3]),
        ("イ5", "イ5番地", &[5]),
        ("い五番地", "イ5番地", &[5]),
        ("12番地イ", "12番地イ", &[12]),
        ("乙", "乙", &[]),
        ("無番地", "無番地", &[]),
        ("327番地3地先", "327番地3地先", &[327, 3]),
        ("327番地先", "327番地先", &[327]),
        ("327地先", "327番地先", &[327]),
        ("0327-03", "327番地3", &[327, 3]),
    ] {
        let lot = Lot::parse(typed, Numbering::Lots).unwrap_or_else(|doubt| panic!("{typed}: {doubt}"));
        assert_eq!((lot.text(), lot.numbers()), (text, numbers), "{typed}");
        assert_eq!(Lot::parse(text, Numbering::Lots).as_ref(), Ok(&lot), "{text} again");
    }
}

#[test]
fn lots_elsewhere() {
    for (typed, numbering, text) in [
        ("3-12", Numbering::Residences, "3番12号"),
        ("3番12号", Numbering::Residences, "3番12号"),
        ("3", Numbering::Residences, "3番"),
        ("35番地1", Numbering::Residences, "35番地1"),
        ("3-12", Numbering::Unknown, "3-12"),
        ("3番12号", Numbering::Unknown, "3番12号"),
        ("35番地の1", Numbering::Unknown, "35番地1"),
        ("1-2-3", Numbering::Unknown, "1-2-3"),
    ] {
        assert_eq!(Lot::parse(typed, numbering).expect(typed).text(), text);
        assert_eq!(Lot::parse(text, numbering).expect(text).text(), text);
    }
}

#[test]
fn what_is_not_a_lot() {
    for (typed, sentence) in [
        ("  ", "番地を入力してください"),
        ("番地", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("0", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("0274221211", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("三丁目2", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("千代田ビル", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("一の谷5", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("一の三谷", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("イ", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("同上", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("甲斐12", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("十百", "番地を読めません。例：327番地3、327-3、甲12、無番地"),
        ("327-3 コーポ藤101号室", "「327番地3」のあとの「コーポ藤101号室」は方書の欄に入ります"),
        ("327-3-101号室", "「327番地3」のあとの「101号室」は方書の欄に入ります"),
        ("12ハイツ", "「12番地」のあとの「ハイツ」は方書の欄に入ります"),
        ("12 3番館", "「12番地」のあとの「3番館」は方書の欄に入ります"),
    ] {
        let doubt = Lot::parse(typed, Numbering::Lots).expect_err(typed);
        assert_eq!(doubt.to_string(), sentence, "{typed}");
    }
}

#[test]
fn sorted_as_on_the_ground() {
    let in_order = [
        "2番地",
        "12番地",
        "12番地地先",
        "12番地2",
        "12番地10",
        "12番地イ",
        "327番地",
        "1000番地",
        "甲1番地",
        "乙1番地",
        "イ5番地",
        "ロ1番地",
        "無番地",
    ];
    let keys = in_order.map(|text| Lot::parse(text, Numbering::Lots).expect(text).sort_key().to_owned());
    assert!(keys.is_sorted(), "{keys:?}");
    assert!(Lot::as_written("同上").sort_key() > keys[0].as_str());
}

#[test]
fn texts_nobody_can_read_are_kept() {
    let lot = Lot::as_written(" 番外地 ");
    assert_eq!((lot.text(), lot.numbers(), lot.is_empty()), ("番外地", &[][..], false));
    assert!(Lot::as_written(" ").is_empty());
}

proptest! {
    #[test]
    fn canonical_text_is_stable(typed in "[甲乙イロ]?[0-9一二三十百千]{1,4}(番地|番|)(の|-|)[0-9]{0,3}(-|の|)[イ0-9]{0,2}(号|地先|)") {
        for numbering in [Numbering::Lots, Numbering::Residences, Numbering::Unknown] {
            if let Ok(lot) = Lot::parse(&typed, numbering) {
                prop_assert_eq!(Lot::parse(lot.text(), numbering), Ok(lot));
            }
        }
    }
}
