//! Day 3 from outside: Mrs A was looked at by three clerks, at night and by one of her own family; the auditor's
//! answer lists exactly these, and a program of its own checks the file.
#[path = "act/run.rs"]
mod run;

use std::path::Path;
use std::process::Command;

use base::Clock;
use run::{Place, act};
use serde_json::{Value, json};
use testkit::{Database, Scratch};

fn line(by: &str, command: &str, input: &Value) -> String {
    json!({ "command": command, "as": by, "input": input }).to_string()
}

#[track_caller]
fn done(place: &Place, by: &str, command: &str, input: &Value) -> Value {
    let mut answers = act(place, &[line(by, command, input)]);
    assert_eq!(answers[0]["ok"], true, "{by} {command}: {}", answers[0]);
    answers[0]["result"].take()
}

#[track_caller]
fn refused(place: &Place, by: &str, command: &str, input: &Value, sentence: &str) {
    let answers = act(place, &[line(by, command, input)]);
    assert_eq!(answers[0]["ok"], false, "{by} {command}: {}", answers[0]);
    assert!(answers[0]["error"].as_str().expect("a sentence").contains(sentence), "{}", answers[0]);
}

#[test]
fn the_auditor_answers_on_sqlite() {
    let scratch = Scratch::new();
    the_auditor_answers(&Place::folder(&scratch.path.join("data")));
}

#[test]
fn the_auditor_answers_on_postgres() {
    let Some(database) = Database::create() else { return };
    the_auditor_answers(&Place::database(&database.url));
}

/// A couple from 高崎市; Mrs A is old enough for 介護高齢課. Gives the household, her husband and her.
fn move_in(place: &Place) -> [Value; 3] {
    let member = |given: &str, birth: &str, sex: &str, relationship: &str| {
        json!({
            "family": "試験", "given": given, "family_kana": "シケン", "given_kana": "ハナ", "birth": birth,
            "sex": sex, "relationship": relationship, "domicile": "群馬県高崎市高松町35番地",
            "domicile_head": "試験　太郎",
        })
    };
    let notice = json!({
        "moved_on": ".", "filed_on": ".", "address": "中栗須", "address_lot": "327-3",
        "previous_address": "群馬県高崎市高松町35番地1",
        "members": [member("太郎", "S23.5.5", "M", "世帯主"), member("花", "S25.2.3", "F", "妻")],
    });
    let entered = done(place, "shimin1", "move_in.provisional", &json!({ "notice": notice }));
    let registered = done(place, "shimin2", "move_in.final", &json!({ "notice": entered["notice"] }));
    [registered["household"].clone(), registered["persons"][0].clone(), registered["persons"][1].clone()]
}

/// Who looked at somebody today, without the auditor herself: clerk and purpose, the latest first.
fn looks(place: &Place, person: &Value) -> Vec<(String, String)> {
    let question = json!({ "q": person, "from": ".", "to": "." });
    let found = done(place, "kansa", "oversight.who_looked", &question);
    let text = |row: &Value, name: &str| row[name].as_str().expect("text").to_owned();
    let rows = found["rows"].as_array().expect("rows").iter();
    rows.map(|row| (text(row, "clerk"), text(row, "purpose")))
        .filter(|(clerk, _)| clerk != "茂木 九子")
        .collect()
}

fn the_auditor_answers(place: &Place) {
    run::demo(place, 1000).stop();
    let [household, husband, mrs_a] = move_in(place);
    let own = json!({ "account": "shimin2", "person": husband });
    done(place, "kansa", "oversight.link_account", &own);
    let before = looks(place, &mrs_a).len();
    done(place, "shimin1", "household.show", &json!({ "household": household }));
    done(place, "kaigo", "care.insured", &json!({}));
    done(place, "shimin2", "household.show", &json!({ "household": household }));

    let mut found = looks(place, &mrs_a);
    found.truncate(found.len() - before);
    let clerks: Vec<&str> = found.iter().map(|(clerk, _)| clerk.as_str()).collect();
    assert_eq!(clerks, ["佐藤 次郎", "新井 四郎", "髙橋 一子"], "{found:?}");
    assert!(found[1].1.contains("介護"), "{found:?}");

    own_family(place, &mrs_a);
    outside_the_office_hours(place);
    proof(place, &mrs_a);
    break_glass(place, &household);
}

/// The look of the clerk at his own wife, and no look of others.
fn own_family(place: &Place, mrs_a: &Value) {
    let input = json!({ "report": "near", "from": ".", "to": "." });
    let found = done(place, "kansa", "oversight.report", &input);
    let rows = found["rows"].as_array().expect("rows").iter().filter(|row| row["person"] == *mrs_a);
    let told: Vec<(&Value, &Value)> = rows.map(|row| (&row["clerk"], &row["nearness"])).collect();
    assert!(!told.is_empty(), "{found}");
    let expected = (json!("佐藤 次郎"), json!("同じ世帯"));
    assert!(told.iter().all(|one| *one == (&expected.0, &expected.1)), "{told:?}");
}

/// The program's clock is the machine's, so the office hours move: to the other half of the day, and to the whole day.
fn outside_the_office_hours(place: &Place) {
    let now = Clock::system().now();
    let (from, to) = if now.hour_minute().0 < 12 { (23 * 60, 24 * 60) } else { (0, 60) };
    let outside = |from: i64, to: i64| {
        done(place, "kansa", "oversight.set", &json!({ "office_from": from, "office_to": to }));
        let input = json!({ "report": "outside", "from": ".", "to": "." });
        done(place, "kansa", "oversight.report", &input)["total"].as_i64().expect("a number")
    };
    assert!(outside(from, to) > 3, "all of it happened at night");
    let closed = base::office_closed(now.date()) == Some(true);
    assert_eq!(outside(0, 24 * 60) > 0, closed, "only a closed day is outside of all hours");
}

/// The file holds, and any changed byte in it does not.
fn proof(place: &Place, mrs_a: &Value) {
    let question = json!({ "q": mrs_a, "from": ".", "to": "." });
    let made = done(place, "kansa", "oversight.proof", &question);
    assert!(made["records"].as_u64() >= Some(3), "{made}");
    let lines = made["lines"].as_array().expect("lines");
    let text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let scratch = Scratch::new();
    let file = scratch.path.join("log.jsonl");
    let Some(code) = checked(&file, &text) else { return };
    assert_eq!(code, 0, "the file as it was made");
    for mark in ["\"leaf\":\"", "\"personal\":\"", "\"proof\":[\"", "\\n\\n— fujidana/"] {
        // A letter of what stands behind the mark, in the middle of the file.
        let places: Vec<usize> = text.match_indices(mark).map(|(at, _)| at + mark.len() + 24).collect();
        let at = places[places.len() / 2];
        let mut changed = text.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).expect("still text");
        assert_eq!(checked(&file, &changed), Some(1), "{mark} at {at}");
    }
}

/// The exit code of `tools/verify-log`; `None` where there is no python3.
fn checked(file: &Path, text: &str) -> Option<i32> {
    std::fs::write(file, text).expect("the folder can be written");
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/verify-log");
    match Command::new("python3").arg(verifier).arg(file).output() {
        Ok(outcome) => outcome.status.code(),
        Err(_) => {
            println!("skipped: the proof file is not checked, because there is no python3");
            None
        }
    }
}

/// Who runs the machine opens a household in an emergency, after somebody else said yes; a third person sees it.
fn break_glass(place: &Place, household: &Value) {
    let open = json!({ "household": household });
    refused(place, "somu", "household.show", &open, "担当の職員");
    refused(place, "somu", "oversight.who_looked", &json!({ "q": "シケン" }), "担当の職員");
    let ask = json!({ "role": "resident_clerk", "reason": "地震で市民課に入れない", "minutes": 15 });
    let asked = done(place, "somu", "break_glass.ask", &ask);
    refused(place, "somu", "household.show", &open, "担当の職員");
    refused(place, "somu", "break_glass.approve", &asked, "担当の職員");
    done(place, "sekinin", "break_glass.approve", &asked);
    done(place, "somu", "household.show", &open);
    done(place, "somu", "break_glass.end", &asked);
    refused(place, "somu", "household.show", &open, "担当の職員");

    let today = json!({ "from": ".", "to": "." });
    let found = done(place, "kansa", "oversight.break_glass", &today);
    let one = &found["rows"][0];
    assert_eq!((&one["clerk"], &one["state"]), (&json!("黒澤 七海"), &json!("確認待ち")));
    let seen = one["rows"].as_array().expect("rows").iter();
    let seen: Vec<&str> =
        seen.filter(|row| row["persons"] == 2).filter_map(|row| row["purpose"].as_str()).collect();
    assert_eq!(seen.len(), 1, "{one}");
    assert!(seen[0].starts_with("緊急時の権限："), "{seen:?}");
    let finding = json!({ "use": asked["use"], "finding": "避難の確認に要った" });
    done(place, "kansa", "oversight.acknowledge", &finding);
    let found = done(place, "kansa", "oversight.break_glass", &today);
    assert_eq!(found["rows"][0]["acknowledged_by"], "茂木 九子");
}
