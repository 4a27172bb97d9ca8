//! The built program from outside: `act` line by line, `sample`, and how it refuses.
#[path = "act/run.rs"]
mod run;

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use base::PersonNo;
use run::{Outcome, Place, act, fujidana};
use serde_json::{Value, json};
use testkit::{Database, Scratch};

/// A family from 高崎市: two adults, a child of 小学3年, a grandmother.
fn family(name: &str) -> Value {
    let member = |given: &str, kana: &str, birth: &str, sex: &str, relationship: &str| {
        json!({
            "family": name, "given": given, "family_kana": "シケン", "given_kana": kana, "birth": birth, "sex": sex,
            "relationship": relationship, "domicile": "群馬県高崎市高松町35番地", "domicile_head": "試験　太郎",
        })
    };
    json!({
        "moved_on": ".", "filed_on": ".", "address": "中栗須", "address_lot": "327-3",
        "previous_address": "群馬県高崎市高松町35番地1",
        "members": [
            member("太郎", "タロウ", "S60.5.5", "M", "世帯主"),
            member("花", "ハナ", "S62.2.3", "F", "妻"),
            member("一郎", "イチロウ", "H30.1.5", "M", "子"),
            member("ウメ", "ウメ", "昭和25年8月1日", "F", "母"),
        ],
    })
}

fn line(by: &str, command: &str, input: &Value) -> String {
    json!({ "command": command, "as": by, "input": input }).to_string()
}

/// One line of the script alone: the answer's result.
#[track_caller]
fn done(place: &Place, by: &str, command: &str, input: &Value) -> Value {
    let mut answers = act(place, &[line(by, command, input)]);
    assert_eq!(answers.len(), 1);
    assert_eq!(answers[0]["ok"], true, "{command}: {}", answers[0]);
    answers[0]["result"].take()
}

#[track_caller]
fn refused(place: &Place, by: &str, command: &str, input: &Value, sentence: &str) {
    let answers = act(place, &[line(by, command, input)]);
    assert_eq!(answers[0]["ok"], false, "{command}: {}", answers[0]);
    assert!(answers[0]["error"].as_str().expect("a sentence").contains(sentence), "{}", answers[0]);
}

// measure 3-1-7: move-in
#[test]
fn a_move_in_by_act_on_sqlite() {
    let scratch = Scratch::new();
    a_move_in_from_end_to_end(&Place::folder(&scratch.path));
}

// measure 3-1-7: move-in
#[test]
fn a_move_in_by_act_on_postgres() {
    let Some(database) = Database::create() else { return };
    a_move_in_from_end_to_end(&Place::database(&database.url));
}

fn a_move_in_from_end_to_end(place: &Place) {
    run::demo(place, 1000).stop();
    let found = done(place, "shimin1", "resident.search", &json!({ "q": "シケン" }));
    assert_eq!(found["total"], 0, "nobody has the name yet");

    let checked = done(place, "shimin1", "move_in.check", &family("試験"));
    assert_eq!((&checked["wrong"], &checked["alerts"]), (&json!([]), &json!([])));
    let foretold = |office: &str| {
        let offices = checked["followers"].as_array().expect("a list");
        let one = offices.iter().find(|one| one["office"] == office).expect("the office");
        one["fact"].as_str().unwrap_or_default().to_owned()
    };
    assert!(foretold("給食センター").contains("小学3年"), "{checked}");
    assert!(foretold("介護高齢課").contains("第1号被保険者"), "{checked}");
    assert!(!foretold("税務課").is_empty(), "{checked}");

    let entered = done(place, "shimin1", "move_in.provisional", &json!({ "notice": family("試験") }));
    let notice = json!({ "notice": entered["notice"] });
    refused(place, "shimin1", "move_in.final", &notice, "別の職員");
    assert_eq!(done(place, "shimin1", "resident.search", &json!({ "q": "シケン" }))["total"], 0);
    let registered = done(place, "shimin2", "move_in.final", &notice);
    assert_eq!(registered["persons"].as_array().expect("ids").len(), 4);
    refused(place, "shimin2", "move_in.final", &notice, "この届けは本登録です");

    let board = settled(place, &notice);
    for one in board["followers"].as_array().expect("a list") {
        let own_app = one["follower"] == "lunch.roster" || one["follower"] == "care.insured";
        assert!(one["state"] == "done" || (one["state"] == "no_concern" && !own_app), "{one}");
    }
    followed(place, &registered);
}

/// The board once nobody is waited for. A worker that its ending process took along is followed up by the
/// next one, on PostgreSQL when its claim has ended (15 s).
fn settled(place: &Place, notice: &Value) -> Value {
    let until = Instant::now() + Duration::from_secs(25);
    loop {
        let board = done(place, "shimin1", "move_in.followers", notice);
        let open = |board: &Value| {
            board["followers"].as_array().expect("a list").iter().any(|one| one["state"] == "waiting")
        };
        if !open(&board) {
            return board;
        }
        assert!(Instant::now() < until, "not followed: {board}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The offices' own commands show what arrived.
fn followed(place: &Place, registered: &Value) {
    let persons = registered["persons"].as_array().expect("ids");
    let has = |list: &Value, at: usize| {
        list["rows"].as_array().expect("rows").iter().any(|row| row["person"] == persons[at])
    };
    let roster = done(place, "kyushoku", "lunch.roster", &json!({}));
    assert!(has(&roster, 2) && !has(&roster, 0), "the child of 小学3年: {roster}");
    let insured = done(place, "kaigo", "care.insured", &json!({}));
    assert!(has(&insured, 3) && !has(&insured, 0), "the grandmother: {insured}");
    for (by, office) in [("zeimu", "tax"), ("hoken", "health_insurance")] {
        let list = done(place, by, "desks.list", &json!({ "office": office }));
        assert_eq!((&list["total"], &list["open"]), (&json!(1), &json!(1)), "{office}: {list}");
        assert_eq!(list["rows"][0]["household"], registered["household"], "{office}: {list}");
    }
    let done_by =
        done(place, "zeimu", "desks.complete", &json!({ "office": "tax", "event": registered["event"] }));
    assert_eq!(done_by["done_by"], "田村 五月");
    let household = json!({ "household": registered["household"] });
    let shown = done(place, "shimin1", "household.show", &household);
    assert_eq!(shown["members"].as_array().expect("members").len(), 4);
    assert_eq!(done(place, "shimin1", "resident.search", &json!({ "q": "シケン" }))["total"], 4);
}

/// (line, what its error says). Each gets one answer, and the program goes on.
const WRONG: &[(&str, &str)] = &[
    ("{", "JSON を読めません"),
    ("[]", "JSON を読めません"),
    (r#"{"command": "nothing.such", "as": "shimin1"}"#, "act --list"),
    (r#"{"command": "resident.search", "input": {"q": "ア"}}"#, "--as"),
    (r#"{"command": "resident.search", "as": "nobody", "input": {"q": "ア"}}"#, "nobody の人はいません"),
    (r#"{"command": "resident.search", "as": "kyushoku", "input": {"q": "ア"}}"#, "担当の職員"),
    (r#"{"command": "move_in.final", "as": "zeimu", "input": {"notice": "0000000000000"}}"#, "担当の職員"),
    (r#"{"command": "desks.list", "as": "zeimu", "input": {"office": "pension"}}"#, "担当の職員"),
    (r#"{"command": "resident.search", "as": "shimin1", "input": {"query": "ア"}}"#, "入力の形が違います"),
    (r#"{"command": "resident.search", "as": "shimin1", "input": {"q": " "}}"#, "q が空です"),
    (
        r#"{"command": "household.show", "as": "shimin1", "input": {"household": "123"}}"#,
        "入力の形が違います",
    ),
    (r#"{"command": "household.show", "as": "shimin1", "input": {}}"#, "見つかりません"),
    (
        r#"{"command": "move_in.final", "as": "shimin1", "input": {"notice": "0000000000000"}}"#,
        "見つかりません",
    ),
    (r#"{"command": "move_in.provisional", "as": "shimin1", "input": {"notice": {}}}"#, "確かめるところ"),
    (r#"{"command": "desks.list", "as": "zeimu", "input": {"office": "moon"}}"#, "という課はありません"),
    (r#"{"command": "resident.search", "as": "shimin1", "surplus": 1}"#, "JSON を読めません"),
];

#[test]
fn a_wrong_line_gets_one_answer_and_the_program_goes_on() {
    let scratch = Scratch::new();
    let place = Place::folder(&scratch.path);
    run::demo(&place, 1000).stop();
    let last = r#"{"command": "lunch.roster", "as": "kyushoku", "input": {}}"#;
    let lines: Vec<String> =
        WRONG.iter().map(|(line, _)| *line).chain(["", last]).map(str::to_owned).collect();
    let answers = act(&place, &lines);
    assert_eq!(answers.len(), WRONG.len() + 1, "one answer a line, none for an empty one");
    for (number, ((line, sentence), answer)) in (1..).zip(WRONG.iter().zip(&answers)) {
        assert_eq!(answer["ok"], false, "{line}: {answer}");
        assert_eq!(answer["line"], number, "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(sentence), "{line}: {error}");
    }
    let wrong = answers[13]["detail"].as_array().expect("what is wrong, and where");
    assert!(wrong.iter().any(|one| one["field"] == "moved_on"), "{wrong:?}");
    assert_eq!(answers[WRONG.len()]["ok"], true, "it went on: {}", answers[WRONG.len()]);
}

#[test]
fn act_list_prints_every_command_with_its_schema() {
    let outcome = fujidana(&["act", "--list"], "");
    assert_eq!(outcome.code, 0, "{}", outcome.errors);
    let names: Vec<String> = outcome
        .output
        .lines()
        .map(|line| {
            let one: Value = serde_json::from_str(line).expect("a line is JSON");
            assert_eq!(one["schema"]["type"], "object", "{one}");
            assert!(one["title"].is_string() && one["needs"]["resource"].is_string(), "{one}");
            one["command"].as_str().expect("a name").to_owned()
        })
        .collect();
    let path = [
        "resident.search",
        "household.show",
        "move_in.check",
        "move_in.provisional",
        "move_in.final",
        "move_in.followers",
        "lunch.roster",
        "care.insured",
        "desks.list",
        "desks.complete",
    ];
    assert!(path.iter().all(|name| names.iter().any(|one| one == name)), "{names:?}");
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "each name once");
}

#[test]
fn a_store_belongs_to_one_process() {
    let scratch = Scratch::new();
    let place = Place::folder(&scratch.path);
    let serving = run::demo(&place, 1000);
    let folder = scratch.path.display().to_string();
    for command in ["act", "serve", "demo"] {
        let outcome = fujidana(&[command, "--data", &folder], "");
        assert_eq!(outcome.code, 1, "{command}: {}", outcome.output);
        assert!(outcome.errors.contains("別の fujidana が使っています"), "{command}: {}", outcome.errors);
    }
    serving.stop();
    assert_eq!(fujidana(&["act", "--data", &folder], "").code, 0, "after it stopped");
}

#[test]
fn wrong_usage_is_told() {
    let empty = Scratch::new();
    let folder = empty.path.display().to_string();
    // (words, exit code, what the error says)
    let cases: &[(&[&str], i32, &str)] = &[
        (&[], 2, "使い方"),
        (&["sing"], 2, "使い方"),
        (&["act", "--list", "--lst", "x"], 2, "--lst"),
        (&["sample", "--residents", "many"], 2, "many"),
        (&["serve", "--listen"], 2, "--listen"),
        (&["act", "--data", &folder], 1, "まだ市がありません"),
        (&["serve", "--data", &folder], 1, "まだ市がありません"),
        (&["demo", "code", "nobody"], 1, "見本の職員にいません"),
    ];
    for (words, code, sentence) in cases {
        let outcome = fujidana(words, "");
        assert_eq!(outcome.code, *code, "{words:?}: {}", outcome.errors);
        assert!(outcome.errors.contains(sentence), "{words:?}: {}", outcome.errors);
    }
}

const PERSONS: &str = "person_no,household_no,family_name,given_name,family_kana,given_kana,sex,birth_date,\
    birth_text,relationship,town_id,town,address,address_detail,moved_in_on,nationality,common_name,hard_case,\
    label";

#[test]
fn the_sample_is_the_same_every_time() {
    let scratch = Scratch::new();
    let write = |name: &str, seed: &str| -> [String; 2] {
        let out = scratch.path.join(name);
        let folder = out.display().to_string();
        let Outcome { code, output, errors } =
            fujidana(&["sample", "--residents", "65000", "--seed", seed, "--out", &folder], "");
        assert_eq!(code, 0, "{errors}");
        assert!(output.contains("見本"), "{output}");
        ["persons.csv", "households.csv"].map(|file| read(&out.join(file)))
    };
    let [persons, households] = write("one", "1");
    assert!(write("two", "1") == [persons.clone(), households.clone()], "the same bytes");
    assert!(write("three", "2")[0] != persons, "another seed gives other people");

    assert!(!persons.contains('"'), "no field is quoted, so that the lines below can be split");
    let mut lines = persons.lines();
    assert_eq!(lines.next(), Some(PERSONS));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 65_000);
    let numbers: HashSet<&str> = rows.iter().map(|row| row[0]).collect();
    assert_eq!(numbers.len(), rows.len(), "each 宛名番号 once");
    for row in &rows {
        assert_eq!((row.len(), row[18]), (19, "見本"), "{row:?}");
        assert!(PersonNo::parse(row[0]).is_ok(), "the check digit of {row:?}");
        let town = row[10].parse().ok().and_then(|id| address::town(testkit::FUJIOKA, id));
        let town = town.unwrap_or_else(|| panic!("no such town: {row:?}"));
        assert_eq!(town.name(), row[11], "{row:?}");
    }
    let listed: HashSet<&str> =
        households.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(listed, rows.iter().map(|row| row[1]).collect(), "the households are those of the persons");
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
