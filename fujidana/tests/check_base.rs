//! The built program from outside: `check` of numbers and dates, a value a line.
#[path = "act/run.rs"]
#[expect(dead_code, reason = "runs the other commands, too")]
mod run;

use base::{Date, day, wareki};
use run::fujidana;
use serde_json::{Value, json};
use testkit::Scratch;

/// Runs `check` on a file of these bytes.
#[track_caller]
fn answers(kind: &str, content: &[u8]) -> Vec<Value> {
    let scratch = Scratch::new();
    let file = scratch.path.join("values.txt");
    std::fs::write(&file, content).expect("a file");
    let outcome = fujidana(&["check", kind, file.to_str().expect("UTF-8")], "");
    let answers: Vec<Value> =
        outcome.output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let refused = answers.iter().any(|answer| answer["ok"] != true);
    assert_eq!((outcome.code, outcome.errors.as_str()), (i32::from(refused), ""), "{kind}");
    answers
}

/// One value is taken (`None`) or refused with a sentence that has these words.
#[track_caller]
fn check(kind: &str, cases: &[(&str, Option<&str>)]) {
    let values: Vec<&str> = cases.iter().map(|(value, _)| *value).collect();
    let answers = answers(kind, values.join("\n").as_bytes());
    assert_eq!(answers.len(), cases.len());
    for (answer, (value, words)) in answers.iter().zip(cases) {
        assert_eq!(answer["ok"], words.is_none(), "{value} {answer}");
        assert!(
            answer["reason"].as_str().unwrap_or_default().contains(words.unwrap_or_default()),
            "{answer}"
        );
    }
}

#[test]
fn numbers() {
    let my_number = [
        ("123456789018", None),
        ("１２３４－５６７８－９０１８", None),
        ("  1234 5678 9018 ", None),
        ("\"123456789018\"", None),
        ("123456789019", Some("検査数字（12桁目、12文字目）")),
        ("1234-5678-9019", Some("検査数字（12桁目、14文字目）")),
        ("12345678901", Some("1桁足りません")),
        ("1234567890181", Some("13文字目からの1桁が多すぎます")),
        ("12345678901X", Some("12文字目が数字ではありません")),
        ("123456789018-", Some("13文字目が数字ではありません")),
        ("1234--56789018", Some("6文字目が数字ではありません")),
        ("1.23457E+11", Some("2文字目から、表計算ソフト")),
        ("１２３٤٥٦789018", Some("4文字目")),
        ("1️⃣2️⃣3️⃣", Some("2文字目")),
    ];
    check("my-number", &my_number);
    check(
        "corporate-number",
        &[
            ("7000020102091", None),
            ("Ｔ7000020102091", None),
            ("T7-0000-2010-2091", None),
            ("0000020102091", Some("検査数字（1桁目、1文字目）")),
            ("T1234567890123", Some("検査数字（1桁目、2文字目）")),
            ("TT7000020102091", Some("2文字目")),
            ("700002010209", Some("1桁足りません")),
        ],
    );
    check(
        "person-no",
        &[
            ("0000000019", None),
            ("００００-６５０００５", None),
            ("0000000018", Some("検査数字（10桁目、10文字目）")),
            ("0000000060", Some("出されることのない番号")),
            ("0000000000", Some("出されることのない番号")),
            ("19", Some("8桁足りません")),
        ],
    );
    let answer = &answers("my-number", b"123456789018\n123456789019")[..];
    assert_eq!(answer[0], json!({ "line": 1, "ok": true }));
    assert!(!answer[1].to_string().contains("3456"), "never echoed");
}

#[test]
fn municipality_codes() {
    for (code, expected) in [
        (
            "102091",
            json!({ "kind": "municipality", "name": "藤岡市", "prefecture": "群馬県", "known": true }),
        ),
        ("100005", json!({ "kind": "prefecture", "name": "群馬県", "prefecture": "群馬県", "known": true })),
        (
            "011002",
            json!({ "kind": "designated_city", "name": "札幌市", "prefecture": "北海道", "known": true }),
        ),
        (
            "221309",
            json!({ "kind": "designated_city", "name": "浜松市", "prefecture": "静岡県", "known": true }),
        ),
        (
            "271004",
            json!({ "kind": "designated_city", "name": "大阪市", "prefecture": "大阪府", "known": true }),
        ),
        ("011011", json!({ "kind": "ward", "name": "札幌市中央区", "prefecture": "北海道", "known": true })),
        (
            "131016",
            json!({ "kind": "municipality", "name": "千代田区", "prefecture": "東京都", "known": true }),
        ),
        (
            "105244",
            json!({ "kind": "municipality", "name": "大泉町", "prefecture": "群馬県", "known": true }),
        ),
        ("103616", json!({ "known": false })),
    ] {
        let mut expected = expected;
        (expected["line"], expected["ok"], expected["code"]) = (json!(1), json!(true), json!(code));
        assert_eq!(answers("municipality-code", code.as_bytes()), [expected], "{code}");
    }
    check(
        "municipality-code",
        &[
            ("10209", Some("102091 群馬県藤岡市")),
            ("11002", Some("先頭の0が落ちたのなら 011002 北海道札幌市")),
            ("102090", Some("検査数字は 1 です（102091 群馬県藤岡市）")),
            ("992011", Some("99 は都道府県ではありません")),
            ("000000", Some("00 は都道府県ではありません")),
            ("1020911", Some("7文字目からの1桁が多すぎます")),
            ("藤岡市", Some("1文字目が数字ではありません")),
        ],
    );
}

#[test]
fn collected_numbers() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/residents");
    let Ok(text) = std::fs::read_to_string(format!("{folder}/check_digit_vectors.json")) else {
        return println!("skipped: no {folder}");
    };
    let all: Value = serde_json::from_str(&text).expect("JSON");
    let kinds = [
        ("individual_number", "my-number"),
        ("corporate_number", "corporate-number"),
        ("local_government_code", "municipality-code"),
    ];
    for (field, kind) in kinds {
        for (list, good) in [("valid", true), ("invalid", false)] {
            let values = all[field][list].as_array().expect("a list").iter();
            let lines: Vec<&str> = values.map(|value| value.as_str().expect("text")).collect();
            let answers = answers(kind, lines.join("\r\n").as_bytes());
            assert_eq!(answers.len(), lines.len());
            assert!(answers.iter().all(|answer| answer["ok"] == good), "{kind} {answers:?}");
        }
    }
    let own = &all["address_person_number_m11w2_7"];
    for example in own["examples"].as_array().expect("a list") {
        check("person-no", &[(example[1].as_str().expect("text"), None)]);
    }
    let serial = own["remainder_1_base"].as_str().expect("text");
    let lines: Vec<String> = (0..10).map(|digit| format!("{serial}{digit}")).collect();
    let answers_of_none = answers("person-no", lines.join("\n").as_bytes());
    assert!(answers_of_none.iter().all(|answer| answer["ok"] == false));
    let table = std::fs::read_to_string(format!("{folder}/municipalities.csv")).expect("the table");
    let codes: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    let known = answers("municipality-code", codes.join("\n").as_bytes());
    assert_eq!(known.len(), codes.len());
    assert!(known.iter().all(|answer| answer["ok"] == true && answer["known"] == true));
}

#[test]
fn files() {
    let dates = |content: &[u8]| -> Vec<(u64, bool)> {
        let answers = answers("era", content);
        answers.iter().map(|one| (one["line"].as_u64().unwrap(), one["ok"] == true)).collect()
    };
    assert_eq!(dates("\u{feff}R1.5.1\r\n\r\n　\nR1.5.2".as_bytes()), [(1, true), (4, true)]);
    assert_eq!(dates("生年月日\nR1.5.1\n生年月日\n".as_bytes()), [(2, true), (3, false)]);
    assert_eq!(dates(b""), [(1, false)]);
    assert_eq!(dates(b"\n\n"), [(1, false)]);
    assert_eq!(dates(b"\xff\xfeR\0"), [(1, false)]);
    for (content, words) in [
        (&b"R1.5.1\n\x97\xdf\x98a"[..], "1バイト目が UTF-8"),
        (b"R1.5.1\nR1.\0.1", "4文字目に制御文字（U+0000）"),
        ("R1.5.1\nR1.5.\u{202e}1".as_bytes(), "6文字目"),
        ("R1.5.1\n令和٢年1月1日".as_bytes(), "3文字目"),
    ] {
        let answers = answers("era", content);
        assert_eq!((&answers[0]["ok"], &answers[1]["ok"]), (&json!(true), &json!(false)));
        assert!(answers[1]["reason"].as_str().unwrap().contains(words), "{answers:?}");
    }
    for kind in ["my-number", "corporate-number", "municipality-code", "person-no", "era"] {
        for hostile in ["1".repeat(1_000_000), "年".repeat(500_000), "(".repeat(199), "十".repeat(199)] {
            let answers = answers(kind, hostile.as_bytes());
            assert_eq!((answers.len(), &answers[0]["ok"]), (1, &json!(false)), "{kind}");
        }
    }
}

#[test]
fn dates() {
    for (typed, date, text) in [
        ("R1.5.1", "2019-05-01", "令和元年5月1日"),
        ("r01-05-01", "2019-05-01", "令和元年5月1日"),
        ("令和元年五月朔日", "2019-05-01", "令和元年5月1日"),
        ("二〇二四年二月晦日", "2024-02-29", "令和6年2月29日"),
        ("㍻31年4月30日", "2019-04-30", "平成31年4月30日"),
        ("明治45年7月30日", "1912-07-30", "明治45年7月30日"),
        ("大正元年7月30日", "1912-07-30", "大正元年7月30日"),
        ("令和8年11月24日(火)", "2026-11-24", "令和8年11月24日"),
        ("令和80年1月1日", "2098-01-01", "令和80年1月1日"),
    ] {
        let expected = json!({ "line": 1, "ok": true, "date": date, "wareki": text });
        assert_eq!(answers("era", typed.as_bytes()), [expected], "{typed}");
    }
    let season = json!({
        "line": 1, "ok": true, "date": null, "wareki": "令和2年春", "inexact": true,
        "earliest": "2020-03-01", "latest": "2020-05-31",
    });
    assert_eq!(answers("era", "令和二年春".as_bytes()), [season]);
    check(
        "era",
        &[
            ("昭和20年 月日不詳", None),
            ("令和2年2月3日から5日頃までの間", None),
            ("年月日不詳", None),
            ("令和1年4月30日", Some("4月30日は平成31年です")),
            ("平成31年5月1日", Some("令和元年5月1日と書き直してください")),
            ("平成35年4月1日", Some("令和5年4月1日")),
            ("平成35年", Some("この年は令和5年です")),
            ("平成35年頃", Some("西暦2023年は令和5年です")),
            ("2023-02-29", Some("2023年2月29日はありません")),
            ("平成15年2月29日", Some("平成15年2月29日はありません")),
            ("1872-12-31", Some("明治6年1月1日から")),
            ("慶応3年1月1日", Some("旧暦")),
            ("令和8年11月24日（水）", Some("火曜日です")),
            ("40.3.2", Some("昭和40年3月2日、明治40年3月2日")),
            ("令和8年11月", Some("8文字目で途切れています")),
            ("令和8年11月x日", Some("8文字目からが")),
            (" 昨日", Some("2文字目からが")),
            (".", Some("1文字目")),
            ("-3", Some("1文字目")),
        ],
    );
}

#[test]
fn every_day_of_two_hundred_years() {
    let (mut typed, mut expected): (Vec<String>, Vec<Date>) = (Vec::new(), Vec::new());
    let mut one = day(1873, 1, 1);
    while one <= day(2100, 12, 31) {
        typed.extend([one.to_string(), wareki(one)]);
        expected.extend([one, one]);
        one = one.tomorrow().expect("a day");
    }
    let answers = answers("era", typed.join("\n").as_bytes());
    assert_eq!(answers.len(), expected.len());
    for (answer, one) in answers.iter().zip(expected) {
        assert_eq!(answer["date"], one.to_string());
        assert_eq!(answer["wareki"], wareki(one));
    }
}
