use base::MunicipalityId;

use super::*;

fn city() -> City {
    City {
        id: MunicipalityId(102_091),
        name: "藤岡市".to_owned(),
        prefecture: "群馬県".to_owned(),
        mayor: String::new(),
    }
}

fn set(key: &str) -> &'static Kept {
    kept(key).expect("a data set")
}

const HEAD: &str = "都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,住所,緯度,経度,電話番号,開始時間,URL";
const GOOD: &str = "102091,1,群馬県,藤岡市,市役所,シヤクショ,藤岡市中栗須327,36.2586,139.0746,0274-22-1211,8:30,https://www.example.jp/";

/// The mistakes of one row: column and a part of its message.
#[track_caller]
fn check(row: &str, expected: &[(&str, &str)]) {
    let found = read(set("facilities"), &city(), &format!("{HEAD}\r\n{row}\r\n"));
    let wrong = found.err().unwrap_or_default();
    let told: Vec<(i64, &str)> = wrong.iter().map(|one| (one.row, one.column.as_str())).collect();
    let wanted: Vec<(i64, &str)> = expected.iter().map(|(column, _)| (2, *column)).collect();
    assert_eq!(told, wanted, "{row}: {wrong:?}");
    for (one, (_, part)) in wrong.iter().zip(expected) {
        assert!(one.message.contains(part), "{row}: {}", one.message);
    }
}

#[test]
fn each_cell_is_checked_and_named() {
    check(GOOD, &[]);
    let with = |from: &str, to: &str| GOOD.replacen(from, to, 1);
    check(&with("102091", "10209"), &[("都道府県コード又は市区町村コード", "6桁")]);
    check(&with("102091", "102092"), &[("都道府県コード又は市区町村コード", "検査数字")]);
    check(&with("102091", "102024"), &[("都道府県コード又は市区町村コード", "よその団体")]);
    check(&with("102091", "100005"), &[]);
    check(&with("102091", "１０２０９１"), &[]);
    check(&with(",1,", ",,"), &[("NO", "必要")]);
    check(&with(",1,", ",いち,"), &[("NO", "整数")]);
    check(&with("群馬県", "埼玉県"), &[("都道府県名", "群馬県")]);
    check(&with("シヤクショ", "市役所"), &[("名称_カナ", "カタカナ")]);
    check(&with("シヤクショ", "ｼﾔｸｼｮ"), &[]);
    check(&with("市役所", "=1+1"), &[("名称", "式")]);
    check(
        &with("36.2586,139.0746", "139.0746,36.2586"),
        &[("緯度", "入れかわって"), ("経度", "入れかわって")],
    );
    check(&with("36.2586", "36度15分"), &[("緯度", "小数")]);
    check(&with("36.2586", "90"), &[("緯度", "20から46")]);
    check(&with("36.2586", "NaN"), &[("緯度", "小数")]);
    check(&with("0274-22-1211", "274-22-1211"), &[("電話番号", "頭の0")]);
    check(&with("8:30", "25:00"), &[("開始時間", "08:30")]);
    check(&with("https://", "ftp://"), &[("URL", "https")]);
    check(&format!("{GOOD},余り"), &[("", "13列")]);
}

#[test]
fn the_file_as_a_whole_is_checked() {
    let facilities = |text: &str| read(set("facilities"), &city(), text);
    let messages = |text: &str| -> Vec<(i64, String)> {
        facilities(text).err().unwrap_or_default().into_iter().map(|one| (one.row, one.column)).collect()
    };
    assert_eq!(messages(&format!("{HEAD}\n{GOOD}\n{GOOD}\n")), [(3, "NO".to_owned())]);
    assert_eq!(messages(&format!("{HEAD}\n")), [(1, String::new())]);
    assert_eq!(messages(""), [(1, String::new())]);
    assert_eq!(messages(&format!("{HEAD}\n\"{GOOD}\n")), [(2, String::new())]);
    let head = HEAD.replace("名称_カナ", "よみ");
    assert_eq!(messages(&format!("{head}\n{GOOD}\n")), [(1, "名称_カナ".to_owned()), (1, "よみ".to_owned())]);
}

#[test]
fn the_names_of_the_newer_standard_are_understood_and_the_order_is_free() {
    let text = "名称,ID,全国地方公共団体コード,地方公共団体名,都道府県名,所在地_連結表記,緯度,経度,災害種別_洪水\n\
                北中学校,7,102091,群馬県藤岡市,群馬県,下栗須283-2,36.258555,139.0824,○\n";
    let records = read(set("shelters"), &city(), text).expect("a good file");
    let columns = columns(set("shelters"));
    let cell =
        |name: &str| &records[0][columns.iter().position(|column| column.name == name).expect("a column")];
    assert_eq!(
        (cell("NO").as_str(), cell("市区町村名").as_str(), cell("住所").as_str()),
        ("7", "藤岡市", "下栗須283-2")
    );
    assert_eq!((cell("災害種別_洪水").as_str(), cell("災害種別_津波").as_str()), ("1", ""));
}

#[test]
fn what_is_carried_passes_its_own_checks() {
    for (key, text, records) in [
        ("facilities", include_str!("../data/facilities.csv"), 6),
        ("shelters", include_str!("../data/shelters.csv"), 42),
    ] {
        let read = read(set(key), &city(), text);
        assert_eq!(read.as_ref().map(Vec::len), Ok(records), "{key}");
    }
    assert_eq!((columns(&KEPT[0]).len(), columns(&KEPT[1]).len()), (24, 27));
}
