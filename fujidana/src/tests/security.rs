//! `security.md` against the program: figures, ways in, uses of keys. And the program's own log.
use std::io::Write;
use std::sync::{Arc, Mutex};

use db::{params, sql};
use identity::password;
use identity::session::LIMITS;
use vault::KeyUse;
use web::Need;

use super::sample_city::SampleCity;

const DOCUMENT: &str = include_str!("../../../docs/security.md");

/// The document on one line, as its figures may be broken in two.
fn says(words: &str) -> bool {
    DOCUMENT.split_whitespace().collect::<Vec<_>>().join(" ").contains(words)
}

#[test]
fn the_document_says_what_the_program_does() {
    let minutes = |seconds: i64| format!("{} minutes", seconds / 60);
    for (what, lasts) in [
        ("from the password to the code", minutes(LIMITS.pending)),
        ("a session without a request", minutes(LIMITS.idle)),
        ("a session in any case", format!("{} hours", LIMITS.absolute / 3600)),
        ("a confirmation (再確認)", minutes(LIMITS.fresh)),
        ("a passkey's question, the way to the directory", minutes(LIMITS.asked)),
    ] {
        assert!(says(&format!("| {what} | {lasts} |")), "{what} lasts {lasts}");
    }
    let days = LIMITS.client_known / (24 * 3600);
    assert!(says(&format!("signed in within {days} days")), "{days} days");
    assert!(says(&format!("or {} names that fail", LIMITS.spray_names)), "{} names", LIMITS.spray_names);
    let stored = password::hash("x");
    let cost = stored.split('$').nth(3).expect("a PHC text has its parameters");
    assert!(says(&format!("Argon2id ({cost})")), "{cost}");
    for route in SampleCity::new().listed.iter().filter(|route| route.need == Need::Public) {
        assert!(says(&format!("`{}`", route.path)), "{}: a way in that is not written down", route.path);
    }
}

#[test]
fn every_use_of_a_key_is_in_the_document() {
    let (_, inventory) = DOCUMENT.split_once("### Inventory").expect("the inventory");
    for name in KeyUse::ALL.map(KeyUse::name).into_iter().chain(["signing", "countersign"]) {
        let row = inventory.lines().find(|line| line.starts_with(&format!("| {name} | ")));
        assert_eq!(
            row.map(|row| row.matches(" | ").count()),
            Some(3),
            "{name}: algorithm, use, what it is not for"
        );
    }
}

/// A log in memory, written as the program writes its own.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().expect("one thread writes").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// What is logged while `act` runs, a JSON value a line.
fn logged(act: impl FnOnce()) -> Vec<serde_json::Value> {
    let log = Log::default();
    let writer = log.clone();
    let own = tracing_subscriber::fmt().json().with_writer(move || writer.clone());
    tracing::subscriber::with_default(own.with_max_level(tracing::Level::INFO).finish(), act);
    let text = String::from_utf8(log.0.lock().expect("nobody writes any more").clone()).expect("text");
    text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

#[test]
fn a_fault_is_one_line_with_the_reference_of_its_page() {
    let program = include_str!("../main.rs");
    assert!(program.contains("tracing_subscriber::fmt().json()"), "the program logs as this test does");
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let person = city.residents().swap_remove(0).person;
    city.write(move |tx| {
        let spoil =
            sql!("UPDATE resident_current SET sex = '?' WHERE municipality_id = $1 AND person_id = $2");
        tx.run(spoil, params![person])
    });
    let mut page = String::new();
    let lines = logged(|| page = city.get(&format!("/residents/{person}"), Some(&clerk)).body);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["level"], "ERROR");
    let time = lines[0]["timestamp"].as_str().expect("a time");
    assert!(time.ends_with('Z') && time.contains('T'), "{time}: UTC");
    let reference = lines[0]["fields"]["reference"].as_str().expect("a reference");
    assert!(reference.len() == 4 && page.contains(reference), "{reference} is not on the page");
    assert!(
        !lines[0].to_string().contains(&clerk.cookie["__Host-session=".len()..]),
        "the session is in the log"
    );
}

#[test]
fn a_text_makes_no_line_of_its_own() {
    let hostile =
        "a\"}\n{\"level\":\"INFO\",\"fields\":{\"message\":\"signed in\"}}\r\n\u{1b}[2J\u{85}\u{2028}";
    let lines = logged(|| tracing::error!(error = hostile, "unexpected"));
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(lines[0]["fields"]["error"], hostile);
}
