//! The built program from outside: `check certificate`, on a certificate made here and on one that the city issued.
#[path = "act/run.rs"]
#[expect(dead_code, reason = "opens databases, too")]
mod run;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paper::{Certificate, Issued};
use run::{Place, act, fujidana};
use serde_json::{Value, json};
use testkit::{FUJIOKA, Scratch};
use vault::SigningKey;

const TEMPLATE: &str = "residents/jumin-hyo";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(key: &SigningKey) -> String {
    STANDARD.encode(key.verifying_key().as_bytes())
}

/// The sample of 住民票の写し as a certificate: `NAME.pdf` by the program, `NAME.json` beside it.
fn certificate(folder: &Path, data: impl Fn(&mut Value)) -> PathBuf {
    assert_eq!(residents::APP.name, "residents", "its templates are linked");
    let template = paper::TEMPLATES.iter().find(|one| one.name == TEMPLATE).expect("linked");
    let pdf = folder.join("c.pdf");
    let made = fujidana(&["paper", "sample", TEMPLATE, "--out", pdf.to_str().expect("UTF-8")], "");
    assert_eq!(made.code, 0, "{}", made.errors);
    let bytes = std::fs::read(&pdf).expect("written");
    let mut of_paper = (template.sample)();
    data(&mut of_paper);
    let issued = Issued { municipality: FUJIOKA, template: TEMPLATE, kind: template.title };
    let signed = Certificate::sign(issued, &of_paper, &bytes, &key(7)).expect("complete");
    let json = folder.join("c.json");
    std::fs::write(&json, signed.to_json()).expect("written");
    json
}

/// The one answer; the exit code agrees with it.
#[track_caller]
fn answer(file: &Path, more: &[&str]) -> Value {
    let words = [&["check", "certificate", file.to_str().expect("UTF-8")], more].concat();
    let outcome = fujidana(&words, "");
    let answer: Value = serde_json::from_str(outcome.output.trim_end()).expect("one object");
    let code = i32::from(answer["ok"] != true);
    assert_eq!((outcome.code, outcome.errors.as_str(), &answer["line"]), (code, "", &json!(1)), "{answer}");
    for personal in ["藤子", "中栗須", "渡邉"] {
        assert!(!outcome.output.contains(personal), "{answer}");
    }
    answer
}

#[track_caller]
fn check(file: &Path, more: &[&str], words: &str) {
    let answer = answer(file, more);
    assert_eq!(answer["ok"], false, "{words}");
    assert!(answer["reason"].as_str().expect("a sentence").contains(words), "{words}: {answer}");
}

// measure 3-1-7: certificate
#[test]
fn a_whole_certificate_is_taken_and_says_whose_signature_it_is() {
    if !paper_typst::fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return;
    }
    let scratch = Scratch::new();
    let json = certificate(&scratch.path, |_| {});
    let known = answer(&json, &["--public-key", &public(&key(7)), "--render"]);
    for (field, value) in [
        ("ok", json!(true)),
        ("kind", json!("住民票の写し")),
        ("issue_number", json!("20261124 藤岡市 本庁1 プリンタ001 011")),
        ("issued_on", json!("2026-11-24")),
        ("city", json!("藤岡市")),
        ("municipality", json!("102091")),
        ("signer", json!("trusted")),
        ("visual", json!("same")),
    ] {
        assert_eq!(known[field], value, "{field}");
    }
    let unknown = answer(&scratch.path.join("c.pdf"), &[]);
    assert_eq!(
        (&unknown["ok"], &unknown["signer"], &unknown["visual"]),
        (&json!(true), &json!("unknown"), &json!("not_checked"))
    );
    assert_eq!(unknown["public_key"], public(&key(7)));
    assert!(unknown["note"].as_str().expect("said").contains("だれの鍵かは確かめていません"), "{unknown}");
    check(&json, &["--public-key", &public(&key(8))], "示された公開鍵の署名ではありません");
    for wrong in [&["check", "certificate"][..], &["check", "certificate", "/nowhere.json"]] {
        assert_eq!(fujidana(wrong, "{}").code, 2, "{wrong:?}");
    }
    let no_key = ["check", "certificate", json.to_str().expect("UTF-8"), "--public-key", "x"];
    assert_eq!(fujidana(&no_key, "").code, 2);
    // Signed, but the PDF shows another address than the data.
    let json = certificate(&scratch.path, |data| data["address"] = json!("群馬県藤岡市鬼石1番地"));
    assert_eq!(answer(&json, &["--public-key", &public(&key(7))])["ok"], true);
    check(&json, &["--public-key", &public(&key(7)), "--render"], "組み直したものと違います");
}

#[test]
fn whatever_was_changed_is_named() {
    if !paper_typst::fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return;
    }
    let scratch = Scratch::new();
    let json = certificate(&scratch.path, |_| {});
    let (pdf, good) = (scratch.path.join("c.pdf"), std::fs::read_to_string(&json).expect("text"));
    let whole = std::fs::read(&pdf).expect("bytes");
    for at in [0, whole.len() / 2, whole.len() - 1] {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        std::fs::write(&pdf, changed).expect("written");
        check(&json, &[], "PDF が発行したときのものと違います");
    }
    std::fs::write(&pdf, &whole).expect("written");
    let edit = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    for (changed, words) in [
        (edit("327番地", "328番地"), "データ（data）が発行した"),
        (edit("プリンタ001 011\"", "プリンタ001 012\""), "署名が合いません"),
        (edit("\"city\": \"藤岡市\"", "\"city\": \"高崎市\""), "署名が合いません"),
        (edit(&public(&key(7)), &public(&key(8))), "署名が合いません"),
        (edit("fujidana-certificate/1", "fujidana-certificate/2"), "この版では読めない形式"),
        (edit("\"signature\"", "\"sign\""), "signature がない"),
        ("%PDF-1.4".to_owned(), "JSON として読めません"),
        ("[".repeat(100_000), "JSON として読めません"),
        ("{\"a\":1}".to_owned(), "電子の証明書の JSON ではありません"),
    ] {
        std::fs::write(&json, changed).expect("written");
        check(&json, &[], words);
    }
    std::fs::write(&json, &good).expect("written");
    std::fs::remove_file(&pdf).expect("was there");
    check(&json, &[], "PDF（c.pdf）が隣にありません");
    std::fs::write(&pdf, &whole).expect("written");
    std::fs::remove_file(&json).expect("was there");
    check(&pdf, &[], "データの JSON（c.json）が隣にありません");
}

fn done(place: &Place, command: &str, input: &Value) -> Value {
    let line = json!({ "command": command, "as": "shimin1", "input": input }).to_string();
    let mut answers = act(place, &[line]);
    assert_eq!(answers[0]["ok"], true, "{command}: {}", answers[0]);
    answers[0]["result"].take()
}

/// From the desk to the check, over a rotation of the city's key.
#[test]
fn what_the_city_issues_is_taken_and_followed_over_a_rotation() {
    if !paper_typst::fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return;
    }
    let scratch = Scratch::new();
    let place = Place::folder(&scratch.path.join("data"));
    run::demo(&place, 600).stop();
    let found = done(&place, "resident.search", &json!({ "q": "ア" }));
    let person = &found["rows"][0]["person"];
    let request = json!({
        "members": [person], "form": "single", "copies": "2", "capacity": "self",
        "name": "見本　花子", "purpose": "銀行の手続き", "identity": ["driving_licence"],
    });
    let issued = done(&place, "copy.issue", &json!({ "request": request }));
    let make = |name: &str, copy: u32| {
        let out = scratch.path.join(name);
        let input = json!({ "issue": issued["issue"], "copy": copy, "out": out });
        done(&place, "copy.electronic", &input);
        out.with_extension("json")
    };
    let signing = || {
        let listed = fujidana(&place.with(&["keys", "list"]), "").output;
        let line = listed.lines().rfind(|line| line.trim().starts_with("signing")).expect("a key").to_owned();
        line.split_whitespace().nth(1).expect("base64").to_owned()
    };
    let old = signing();
    let second = make("second.pdf", 2);
    let told = answer(&second, &["--public-key", &old, "--render"]);
    assert_eq!(
        (&told["ok"], &told["signer"], &told["visual"]),
        (&json!(true), &json!("trusted"), &json!("same")),
        "{told}"
    );
    assert_eq!(told["issue_number"], issued["copies"][1]["number"]);
    let text = std::fs::read_to_string(&second).expect("text");
    assert!(!text.contains(person.as_str().expect("an id")), "ids stay inside");
    let notes = scratch.path.join("notes");
    let rotate = ["keys", "rotate", "signing", "--checkpoints", notes.to_str().expect("UTF-8")];
    let rotated = fujidana(&place.with(&rotate), "");
    assert_eq!(rotated.code, 0, "{}", rotated.errors);
    assert_ne!(signing(), old);
    assert_eq!(answer(&second, &["--public-key", &old])["ok"], true, "what is signed stays signed");
    let first = make("first.pdf", 1);
    check(&first, &["--public-key", &old], "--checkpoints で示す");
    let followed = answer(&first, &["--public-key", &old, "--checkpoints", notes.to_str().expect("UTF-8")]);
    assert_eq!(followed["signer"], "trusted", "{followed}");
}
