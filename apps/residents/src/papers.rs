//! The papers of this desk (様式).
use base::day;
use paper::{IssueNumber, Qr, Template, VerificationCode};
use serde_json::{Value, json};

/// 住民票の写し: 世帯連記式 and 個人票. What the fields mean stands at the head of the template.
#[paper::linkme::distributed_slice(paper::TEMPLATES)]
#[linkme(crate = paper::linkme)]
static RESIDENT_RECORD_COPY: Template = Template {
    name: "residents/jumin-hyo",
    title: "住民票の写し",
    source: include_str!("../paper/jumin-hyo.typ"),
    sample: sample_copy,
    archive: true,
};

/// An invented household with all that is rare: a variation sequence, a letter beyond the basic plane, an inexact birth
/// date, a foreign resident, omitted and empty fields.
fn sample_copy() -> Value {
    let number = IssueNumber {
        on: day(2026, 11, 24),
        city: "藤岡市".to_owned(),
        terminal: "本庁1".to_owned(),
        printer: "プリンタ001".to_owned(),
        serial: 11,
    };
    let code = VerificationCode::from_random([0x5A; 10]).to_string();
    let qr = Qr::of(&format!("https://fujidana.example/papers/{code}")).expect("a short address");
    json!({
        "sample": true,
        "form": "joint",
        "whole_household": true,
        "official_use": false,
        "issued_on": "2026-11-24",
        "issued": "令和8年11月24日",
        "issue_number": number.to_string(),
        "prefecture": "群馬県",
        "city": "藤岡市",
        "certifier_title": "藤岡市長",
        "certifier": "見本 太郎",
        "certification": "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
        "code": code,
        "verify_hint": "QRコードか https://fujidana.example/papers で、この証明書が本物か確かめられます",
        "qr": qr,
        "address": "群馬県藤岡市中栗須327番地 ふじだなハイツ101号",
        "household_head": "渡邉\u{E0119} 藤子",
        "members": [head(), child(), father(), partner()],
    })
}

fn head() -> Value {
    json!({
        "name": "渡邉\u{E0119} 藤子", "kana": "ワタナベ フジコ", "birth": "昭和61年5月1日", "sex": "女",
        "relationship": "世帯主", "other_name": "", "resident_since": "平成31年4月1日",
        "address_since": "令和8年11月3日", "notified": "令和8年11月5日", "reason": "転居",
        "previous_address": "埼玉県本庄市本庄三丁目5番3号", "moved_from": "群馬県藤岡市藤岡1485番地",
        "domicile": "群馬県藤岡市鬼石170番地1", "family_head": "渡邉\u{E0119} 藤子",
        "resident_code": null, "my_number": null, "notes": "",
    })
}

fn child() -> Value {
    json!({
        "name": "渡邉\u{E0119} 棚", "kana": "ワタナベ タナ", "birth": "平成24年2月29日", "sex": "男",
        "relationship": "子", "other_name": "", "resident_since": "平成31年4月1日",
        "address_since": "令和8年11月3日", "notified": "令和8年11月5日", "reason": "転居",
        "previous_address": "埼玉県本庄市本庄三丁目5番3号", "moved_from": "群馬県藤岡市藤岡1485番地",
        "domicile": null, "family_head": null, "resident_code": null, "my_number": null, "notes": "",
    })
}

fn father() -> Value {
    json!({
        "name": "𠮷田 﨑蔵", "kana": "ヨシダ サキゾウ", "birth": "昭和26年6月頃", "sex": "男",
        "relationship": "父", "other_name": "髙橋", "resident_since": "令和8年11月3日",
        "address_since": "令和8年11月3日", "notified": "令和8年11月5日", "reason": "転入",
        "previous_address": "東京都千代田区霞が関二丁目1番2号", "moved_from": "",
        "domicile": null, "family_head": null, "resident_code": null, "my_number": null, "notes": "",
    })
}

fn partner() -> Value {
    json!({
        "name": "MARIA CLARA DOS SANTOS SAMPLE", "kana": "マリア クララ ドス サントス サンプル",
        "birth": "1990年3月14日", "sex": "女", "relationship": "妻（未届）", "other_name": "見本 真理亜",
        "resident_since": "令和8年11月3日", "address_since": "令和8年11月3日", "notified": "令和8年11月5日",
        "reason": "転入", "previous_address": "東京都千代田区霞が関二丁目1番2号", "moved_from": "",
        "foreign": {
            "nationality": "ブラジル", "kind": "中長期在留者", "status": "永住者", "period": "無期限",
            "until": "", "card": "AB12345678CD",
        },
        "resident_code": null, "my_number": null, "notes": "",
    })
}
