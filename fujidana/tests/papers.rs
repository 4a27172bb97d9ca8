//! Papers from outside: a 住民票の写し by `act`, and letters in batches, where `kill -9` in the middle loses no letter and
//! sets none twice.
#[path = "act/run.rs"]
mod run;

use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base::Clock;
use db::{DbError, SqliteOptions, Store, Tx, Zone, params, sql};
use run::Place;
use serde_json::{Value, json};
use testkit::{Database, FUJIOKA, Scratch};

/// Everybody of the sample; `make soak` asks for more than 10,000.
fn residents() -> u32 {
    if std::env::var_os("FUJIDANA_SOAK").is_some() { 10_500 } else { 2_000 }
}

fn line(by: &str, command: &str, input: &Value) -> String {
    json!({ "command": command, "as": by, "input": input }).to_string()
}

#[track_caller]
fn done(place: &Place, by: &str, command: &str, input: &Value) -> Value {
    let mut answers = run::act(place, &[line(by, command, input)]);
    assert_eq!(answers[0]["ok"], true, "{command}: {}", answers[0]);
    answers[0]["result"].take()
}

/// `letters.run` in a process that is killed.
fn running(place: &Place, batch: &str) -> Child {
    let mut child = Command::new(env!("CARGO_BIN_EXE_fujidana"))
        .args(place.with(&["act"]))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut pipe = child.stdin.take().expect("piped");
    let text = line("shimin1", "letters.run", &json!({ "batch": batch }));
    writeln!(pipe, "{text}").expect("it reads");
    child
}

fn parts(store: &Store) -> i64 {
    let count = store.read_blocking(FUJIOKA, |tx: &mut Tx<'_>| {
        let count = sql!("SELECT COUNT(*) FROM letter_part WHERE municipality_id = $1");
        tx.one(count, params![], |r| r.take::<i64>())
    });
    count.unwrap_or(0)
}

fn resumes(place: &Place, open: impl Fn() -> Store) {
    run::demo(place, residents()).stop();
    let shielded = done(place, "shimin1", "resident.search", &json!({ "q": "ア" }));
    let shielded = shielded["rows"][0]["person"].as_str().expect("somebody").to_owned();
    done(place, "shimin1", "protection.file", &json!({ "applicant": { "person": shielded } }));
    let made = json!({
        "title": "避難所のお知らせ", "body": "避難所が変わります。\n地図をごらんください。", "contact": "市民課",
        "born_from": "1850-01-01", "born_to": "2026-12-31",
    });
    let batch = done(place, "shimin1", "letters.make", &made)["batch"].as_str().expect("an id").to_owned();
    let store = open();
    let kills = 3;
    for wanted in 1..=kills {
        let mut child = running(place, &batch);
        let until = Instant::now() + Duration::from_secs(120);
        while parts(&store) < wanted && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill().expect("it was running");
        child.wait().expect("it is gone");
    }
    assert!(parts(&store) >= kills, "nothing was set before the kills");
    let told = done(place, "shimin1", "letters.run", &json!({ "batch": batch }));
    assert_eq!(
        (told["batch"]["state"].as_str(), told["waiting"].as_i64()),
        (Some("done"), Some(0)),
        "{told}"
    );
    assert_eq!((told["failed"].as_i64(), told.get("left_out")), (Some(0), None), "a clerk is told no count");
    let officer = done(place, "sekinin", "letters.show", &json!({ "batch": batch }));
    let left_out = officer["left_out"].as_i64().expect("told to the officer");
    assert!(left_out >= 1, "who is shielded gets no letter");
    whole(&store, told["set"].as_i64().expect("a count"), left_out);
    // Done is done.
    let again = done(place, "shimin1", "letters.run", &json!({ "batch": batch }));
    assert_eq!(again["parts"], told["parts"]);
}

/// Each present resident has one letter, and each letter lies in one part.
fn whole(store: &Store, set: i64, left_out: i64) {
    let counts = store.read_blocking(FUJIOKA, |tx: &mut Tx<'_>| {
        let residents = sql!("SELECT COUNT(*) FROM resident_current WHERE municipality_id = $1 AND state <> 'closed'");
        let residents: i64 = tx.one(residents, params![], |r| r.take())?;
        let persons = sql!("SELECT COUNT(DISTINCT person_id), COUNT(*) FROM letter WHERE municipality_id = $1");
        let (persons, letters): (i64, i64) = tx.one(persons, params![], |r| Ok((r.take()?, r.take()?)))?;
        let in_parts = sql!(
            "SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN p.letters = n.letters AND p.pages = n.letters THEN 0 ELSE 1 END) AS BIGINT), 0)
               FROM letter_part AS p
               JOIN (SELECT part_no, COUNT(*) AS letters FROM letter
                      WHERE municipality_id = $1 AND state = 'set' GROUP BY part_no) AS n ON n.part_no = p.part_no
              WHERE p.municipality_id = $1"
        );
        let (parts, wrong): (i64, i64) = tx.one(in_parts, params![], |r| Ok((r.take()?, r.take()?)))?;
        let orphans = sql!("SELECT COUNT(*) FROM letter_part WHERE municipality_id = $1");
        let all_parts: i64 = tx.one(orphans, params![], |r| r.take())?;
        Ok::<_, DbError>((residents, persons, letters, parts, all_parts, wrong))
    });
    let (residents, persons, letters, parts, all_parts, wrong) = counts.expect("reads");
    assert_eq!((persons, letters), (residents, residents), "a letter for each, once");
    assert_eq!((parts, wrong), (all_parts, 0), "a part holds what its letters say");
    assert_eq!(set + left_out, residents, "nobody is lost");
}

fn sqlite(folder: &Path) -> Store {
    let options = SqliteOptions::at(folder.join("inside.db"));
    Store::open_sqlite_to_read(options, Zone::Inside, Clock::system()).expect("opens")
}

#[test]
fn letters_resume_after_a_kill_on_sqlite() {
    let scratch = Scratch::new();
    resumes(&Place::folder(&scratch.path), || sqlite(&scratch.path));
}

#[test]
fn letters_resume_after_a_kill_on_postgres() {
    let Some(database) = Database::create() else { return };
    resumes(&Place::database(&database.url), || {
        Store::open_postgres(&database.url, 1, Zone::Inside, &[], Clock::system()).expect("opens")
    });
}

/// The steps of an acceptance script: issue, write out, the log, take back, close the till.
#[test]
fn a_copy_by_act() {
    let scratch = Scratch::new();
    let place = Place::folder(&scratch.path);
    run::demo(&place, 200).stop();
    let found = done(&place, "shimin1", "resident.search", &json!({ "q": "サ" }));
    let person = found["rows"][0]["person"].as_str().expect("somebody").to_owned();
    let request = json!({
        "members": [person], "form": "joint", "copies": "2", "capacity": "self", "name": "見本　花子",
        "purpose": "銀行の手続き", "identity": ["passport"], "show": ["domicile"],
    });
    let out = scratch.path.join("copy.pdf");
    let issued =
        done(&place, "shimin1", "copy.issue", &json!({ "request": request, "out": out, "submission": "s1" }));
    let numbers: Vec<&str> = issued["copies"]
        .as_array()
        .expect("copies")
        .iter()
        .map(|one| one["number"].as_str().expect("a number"))
        .collect();
    assert!(
        numbers[0].ends_with("藤岡市 本庁1 プリンタ001 001") && numbers[1].ends_with(" 002"),
        "{numbers:?}"
    );
    assert_eq!((issued["fee"].as_i64(), issued["paper"]["pages"].as_i64()), (Some(600), Some(2)));
    let pdf = std::fs::read(&out).expect("it was written");
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.windows(9).any(|part| part == b"pdfaid:co"), "PDF/A");
    let again = done(&place, "shimin1", "copy.issue", &json!({ "request": request, "submission": "s1" }));
    assert_eq!(again["issue"], issued["issue"], "the same form gives out once");
    let dispose = json!({ "issue": issued["issue"], "copy": 2, "how": "destroyed", "reason": "印刷の失敗" });
    done(&place, "shimin1", "copy.dispose", &dispose);
    let log = done(&place, "shimin1", "copy.log", &json!({}));
    assert_eq!(
        (log["issues"][0]["copies"].as_i64(), log["issues"][0]["disposed"].as_i64()),
        (Some(2), Some(1))
    );
    let till = done(&place, "shimin1", "till.close", &json!({ "counted": 300 }));
    assert_eq!(till["expected"].as_i64(), Some(300));
    let wrong = run::act(&place, &[line("shimin1", "copy.issue", &json!({ "request": {} }))]);
    let detail = wrong[0]["detail"].as_array().expect("every wrong field");
    assert!(wrong[0]["ok"] == false && detail.len() > 5, "{}", wrong[0]);
    let no_right = run::act(&place, &[line("zeimu", "copy.issue", &json!({ "request": request }))]);
    assert_eq!(no_right[0]["ok"], false);
}
