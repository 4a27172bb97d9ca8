//! The built program from outside: `check`, each shape a file may have, and how it refuses.
#[path = "act/run.rs"]
#[expect(dead_code, reason = "runs the other commands, too")]
mod run;

use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use merkle::{Frontier, Hash, consistency_proof, inclusion_proof, leaf_hash};
use run::fujidana;
use serde_json::{Value, json};

const SIZE: u64 = 6;
const OLD: u64 = 3;

fn text(hash: &Hash) -> String {
    STANDARD.encode(hash)
}

fn tree(leaves: std::ops::Range<u64>) -> Frontier {
    let mut frontier = Frontier::new();
    leaves.for_each(|no| frontier.push(leaf_hash(&no.to_be_bytes())));
    frontier
}

fn subtree(level: u32, at: u64) -> Result<Hash, Infallible> {
    Ok(tree(at << level..(at + 1) << level).root())
}

fn texts(proof: &[Hash]) -> Vec<String> {
    proof.iter().map(text).collect()
}

/// Leaf 4 of 6.
fn inclusion() -> Value {
    let Ok(proof) = inclusion_proof(4, SIZE, &mut subtree);
    json!({
        "leafIdx": 4, "treeSize": SIZE, "leafHash": text(&leaf_hash(&4_u64.to_be_bytes())),
        "root": text(&tree(0..SIZE).root()), "proof": texts(&proof),
    })
}

/// From 3 leaves to 6.
fn consistency() -> Value {
    let Ok(proof) = consistency_proof(OLD, SIZE, &mut subtree);
    json!({
        "size1": OLD, "size2": SIZE, "root1": text(&tree(0..OLD).root()), "root2": text(&tree(0..SIZE).root()),
        "proof": texts(&proof),
    })
}

/// The vector with one field more, or another.
fn with(mut vector: Value, field: &str, value: Value) -> Value {
    vector[field] = value;
    vector
}

fn without(mut vector: Value, field: &str) -> Value {
    vector.as_object_mut().expect("an object").remove(field).expect("the field");
    vector
}

/// Runs `check merkle` on `input`; every line of the answer, and the exit code.
#[track_caller]
fn answers(input: &str, code: i32) -> Vec<Value> {
    let outcome = fujidana(&["check", "merkle"], input);
    assert_eq!((outcome.code, outcome.errors.as_str()), (code, ""), "{input}\n{}", outcome.output);
    outcome.output.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[track_caller]
fn check(input: &str, code: i32, expected: &[Value]) {
    assert_eq!(answers(input, code), expected, "{input}");
}

#[test]
fn each_shape() {
    let (inclusion, consistency) = (inclusion(), consistency());
    let spread = serde_json::to_string_pretty(&inclusion).expect("JSON");
    let good = |place: &str, at: Value, kind: &str| json!({ place: at, "kind": kind, "ok": true });
    let lines = [good("line", json!(1), "inclusion"), good("line", json!(2), "consistency")];

    check(&inclusion.to_string(), 0, &lines[..1]);
    check(&format!("\u{feff}{spread}"), 0, &lines[..1]);
    check(&format!("{inclusion}\r\n{consistency}\r\n"), 0, &lines);
    check(&format!("[{inclusion},\n{consistency}]"), 0, &lines);
    check(
        &format!("[\n\n{spread},\n{consistency}\n]"),
        0,
        &[
            good("line", json!(3), "inclusion"),
            good("line", json!(3 + spread.lines().count()), "consistency"),
        ],
    );
    // Names keep their order, and one that comes twice is two records.
    check(
        &format!("{{\"z\":{inclusion},\"a\":{consistency},\"z\":{consistency}}}"),
        0,
        &[
            good("name", json!("z"), "inclusion"),
            good("name", json!("a"), "consistency"),
            good("name", json!("z"), "consistency"),
        ],
    );
    check(
        &json!({ "inclusion": [inclusion], "consistency": { "0": consistency } }).to_string(),
        0,
        &[
            good("name", json!("consistency/0"), "consistency"),
            good("name", json!("inclusion/1"), "inclusion"),
        ],
    );
    let named = with(with(inclusion, "kind", json!("inclusion")), "name", json!("four"));
    check(&named.to_string(), 0, &[json!({ "line": 1, "name": "four", "kind": "inclusion", "ok": true })]);
}

/// One vector is refused with a sentence.
#[track_caller]
fn refused(vector: &Value, why: &str) {
    let answer = answers(&vector.to_string(), 1);
    assert_eq!(answer.len(), 1, "{vector}");
    assert_eq!((&answer[0]["line"], &answer[0]["ok"]), (&json!(1), &json!(false)), "{vector}");
    let said = answer[0]["why"].as_str().expect("a sentence");
    assert!(said.contains(why), "{said}\n{vector}");
}

#[test]
fn a_vector_that_is_wrong() {
    refused(&with(inclusion(), "leafIdx", json!(3)), "足りません");
    refused(&with(inclusion(), "leafIdx", json!(5)), "木のルートと合いません");
    refused(&with(inclusion(), "leafIdx", json!(6)), "記録の番号 6 が、記録の数 6 の範囲にありません");
    refused(&with(inclusion(), "root", consistency()["root1"].clone()), "木のルートと合いません");
    refused(&with(consistency(), "root1", inclusion()["root"].clone()), "前の木のルートと合いません");
    refused(&with(consistency(), "size2", json!(2)), "3 件から 2 件に減っています");
    refused(&with(consistency(), "size1", json!(0)), "空の木");
    for field in ["leafIdx", "treeSize", "root", "leafHash", "proof"] {
        refused(&without(inclusion(), field), &format!("{field} がありません"));
    }
    for field in ["size1", "size2", "root1", "root2", "proof"] {
        refused(&without(consistency(), field), &format!("{field} がありません"));
    }
    for number in
        [json!("4"), json!(-1), json!(4.0), json!(1_u64 << 63), json!(u64::MAX), json!(1e30), json!(null)]
    {
        refused(
            &with(inclusion(), "leafIdx", number.clone()),
            "leafIdx は 0 から 9223372036854775807 までの整数",
        );
        refused(&with(consistency(), "size2", number), "size2 は 0 から 9223372036854775807 までの整数");
    }
    refused(&with(inclusion(), "root", json!("")), "root は 32 バイトのハッシュではありません（0 バイト）");
    refused(&with(inclusion(), "leafHash", json!("V3JvbmdMZWFm")), "（9 バイト）");
    refused(&with(inclusion(), "leafHash", json!("藤")), "leafHash は Base64 として読めません");
    refused(&with(inclusion(), "leafHash", json!([1])), "leafHash は Base64 の文字列で");
    refused(&with(inclusion(), "proof", json!("x")), "proof は Base64 の文字列の配列か null で");
    refused(&with(inclusion(), "proof", json!([inclusion()["root"], ""])), "proof の 2 番目 は 32 バイト");
    refused(&with(inclusion(), "proof", json!(null)), "足りません");
    refused(&with(inclusion(), "kind", json!("growth")), "kind は inclusion か consistency です");
    refused(&with(inclusion(), "kind", json!("consistency")), "size1 がありません");
    refused(&with(inclusion(), "size1", json!(1)), "kind を書いてください");
    refused(&with(inclusion(), "wantErr", json!("no")), "wantErr は true か false");
    refused(&json!({}), "kind を書いてください");
    refused(&json!([[]]), "オブジェクトではありません");
    refused(&json!(7), "オブジェクトではありません");
    refused(&json!([]), "1件もありません");
}

#[test]
fn equal_sizes() {
    let root = consistency()["root1"].clone();
    let equal = |size: u64, proof: Value| json!({ "size1": size, "size2": size, "root1": root, "root2": root, "proof": proof });
    check(&equal(3, json!(null)).to_string(), 0, &[json!({ "line": 1, "kind": "consistency", "ok": true })]);
    refused(&equal(3, json!([root])), "多すぎます");
    refused(&equal(0, json!([])), "空の木");
    refused(&with(equal(3, json!([])), "root2", inclusion()["root"].clone()), "後の木のルートと合いません");
    // The collected vectors compare roots of equal sizes and nothing else.
    let same = |root: &str| with(with(equal(1, json!([])), "root1", json!(root)), "root2", json!(root));
    check(&same("V3Jvbmc=").to_string(), 0, &[json!({ "line": 1, "kind": "consistency", "ok": true })]);
    refused(&same(""), "0 バイト");
}

#[test]
fn what_is_no_json() {
    let good = json!({ "line": 2, "kind": "inclusion", "ok": true });
    let bad = |line: u32, column: u32, why: &str| json!({ "line": line, "column": column, "ok": false, "why": why });
    let (unreadable, cut_off) = ("JSON として読めません", "JSON が途中で終わっています");
    check("こんにちは\n", 1, &[bad(1, 1, unreadable)]);
    check("", 1, &[bad(1, 1, cut_off)]);
    check("{\n  \"a\": {\n    \"proof\": nul\n", 1, &[bad(3, 16, unreadable)]);
    check("[\n{\"size1\": 1},\n{\"size1\":\n", 1, &[bad(3, 9, cut_off)]);
    // A line that is damaged leaves the others.
    check(&format!("{{\"leafIdx\": 4,\n{}\n", inclusion()), 1, &[bad(1, 14, cut_off), good.clone()]);
    check(&format!("\n{}\nx\n", inclusion()), 1, &[good, bad(3, 1, unreadable)]);
    check(&"[".repeat(100_000), 1, &[bad(1, 128, unreadable)]);
    check(
        &inclusion().to_string().replace("\"leafIdx\":4", "\"leafIdx\":4,\"leafIdx\":5"),
        1,
        &[json!({ "line": 1, "kind": "inclusion", "ok": false, "why": "leafIdx が2回あります" })],
    );
}

#[test]
fn what_a_vector_expects_of_itself() {
    let vector = |wants_error: bool, index: u64| {
        with(with(inclusion(), "leafIdx", json!(index)), "wantErr", json!(wants_error))
    };
    let all = json!([vector(false, 4), vector(true, 3), vector(true, 4), vector(false, 3)]);
    let answers = answers(&all.to_string(), 1);
    let seen: Vec<(&Value, &Value)> =
        answers.iter().map(|answer| (&answer["ok"], &answer["as_expected"])).collect();
    let (yes, no) = (&json!(true), &json!(false));
    assert_eq!(seen[..4], [(yes, yes), (no, yes), (yes, no), (no, no)]);
    assert_eq!(answers[4], json!({ "summary": { "records": 4, "as_expected": 2, "not_as_expected": 2 } }));
    assert_eq!(answers.len(), 5);
    let mixed = json!([vector(false, 4), inclusion()]);
    assert_eq!(self::answers(&mixed.to_string(), 0).len(), 2, "no summary: one says nothing of itself");
}

#[test]
fn collected_vectors() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/office/merkle/rfc6962_proof_vectors.json");
    if std::fs::metadata(path).is_err() {
        return println!("skipped: no {path}");
    }
    let outcome = fujidana(&["check", "merkle", path], "");
    assert_eq!(outcome.code, 1, "some are wrong on purpose");
    let last = outcome.output.lines().last().expect("a summary");
    assert_eq!(last, r#"{"summary":{"as_expected":105,"not_as_expected":0,"records":105}}"#);
    assert_eq!(outcome.output.lines().filter(|line| line.contains(r#""ok":true"#)).count(), 7);
}

#[test]
fn wrong_usage() {
    let check = |words: &[&str], sentence: &str| {
        let outcome = fujidana(words, "");
        assert_eq!((outcome.code, outcome.output.as_str()), (2, ""), "{words:?}");
        assert!(outcome.errors.contains(sentence), "{}", outcome.errors);
    };
    check(&["check"], "fujidana check --list");
    check(&["check", "merkle", "a", "b"], "fujidana check --list");
    check(&["check", "wisteria"], "wisteria という種類はありません");
    check(&["check", "merkle", "/nowhere.json"], "/nowhere.json を読めません");
    check(&["check", "merkle", "--data", "x"], "--data はこの命令にはありません");
    let listed = fujidana(&["check", "--list"], "");
    assert_eq!(listed.code, 0);
    let first: Value = serde_json::from_str(listed.output.lines().next().expect("a kind")).expect("JSON");
    assert_eq!(first["kind"], "merkle");
}
