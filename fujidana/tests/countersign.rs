//! `fujidana countersign` as an audit office runs it: what grew gets its line, what was written anew does not.
#[path = "act/run.rs"]
mod run;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use run::{Outcome, Place, act, demo, fujidana};
use serde_json::json;
use testkit::{Database, Scratch};

/// A city, and the folder of its checkpoints.
struct City {
    data: PathBuf,
    place: Place,
}

impl City {
    fn at(data: PathBuf) -> Self {
        Self { place: Place::folder(&data), data }
    }
    fn beside(&self, ending: &str) -> PathBuf {
        PathBuf::from(format!("{}{ending}", self.data.display()))
    }
    /// Data, keys and checkpoints as they are now, elsewhere.
    fn copied(&self, data: &Path) -> Self {
        let copy = Self::at(data.to_owned());
        for ending in ["", ".keys", ".checkpoints"] {
            let (from, to) = (self.beside(ending), copy.beside(ending));
            let copied = Command::new("cp").arg("-R").args([from, to]).status().expect("cp runs");
            assert!(copied.success());
        }
        copy
    }
    /// A clerk searches, `times`: as many rows, and a checkpoint.
    fn work(&self, times: usize) {
        let line =
            json!({ "command": "resident.search", "as": "shimin1", "input": { "q": "ヤマ" } }).to_string();
        for answer in act(&self.place, &vec![line; times]) {
            assert_eq!(answer["ok"], true, "{answer}");
        }
    }
    fn proof(&self) -> PathBuf {
        self.beside(".checkpoints").join("102091.proof")
    }
    /// The newest exported note and its size.
    fn note(&self) -> (PathBuf, u64) {
        let files = fs::read_dir(self.beside(".checkpoints"))
            .expect("a folder")
            .map(|file| file.expect("a file").path());
        let notes = files.filter(|path| path.extension().is_some_and(|ending| ending == "note"));
        let sized = notes.map(|path| {
            let note = fs::read_to_string(&path).expect("a note");
            let size = note.lines().nth(1).and_then(|size| size.parse().ok()).expect("a size");
            (path, size)
        });
        sized.max_by_key(|(_, size)| *size).expect("one note")
    }
    fn verify(&self, more: &[&str]) -> Outcome {
        fujidana(&self.place.with(&[&["verify"], more].concat()), "")
    }
}

/// An audit office: its key file, and its public key.
struct Office {
    key: PathBuf,
    public: String,
}

impl Office {
    fn new(key: PathBuf) -> Self {
        let made = fujidana(&["countersign", "--new", text(&key)], "");
        told(&made, 0, "紙に控え");
        assert_eq!(fs::metadata(&key).expect("is there").permissions().mode() & 0o777, 0o600);
        let public = made.output.lines().last().expect("the key").to_owned();
        assert!(public.starts_with("fujidana/countersign+"), "{public}");
        Self { key, public }
    }
    fn sign(&self, proof: &Path, note: &Path, more: &[&str]) -> Outcome {
        fujidana(&[&["countersign", text(&self.key), text(proof), text(note)], more].concat(), "")
    }
    fn sign_city(&self, city: &City) -> Outcome {
        self.sign(&city.proof(), &city.note().0, &[])
    }
    fn seen(&self) -> PathBuf {
        PathBuf::from(format!("{}.seen", self.key.display()))
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

#[track_caller]
fn told(outcome: &Outcome, code: i32, sentence: &str) {
    assert_eq!(outcome.code, code, "{sentence}: {}{}", outcome.output, outcome.errors);
    let all = format!("{}{}", outcome.output, outcome.errors);
    assert!(all.contains(sentence), "{sentence}: {all}");
}

/// Refused, and neither the note nor the memory is another.
#[track_caller]
fn refused(office: &Office, proof: &Path, note: &Path, more: &[&str], sentence: &str) {
    let now = || (fs::read(note).ok(), fs::read(office.seen()).ok());
    let before = now();
    told(&office.sign(proof, note, more), 1, sentence);
    assert!(now() == before, "{sentence}");
}

#[test]
fn an_audit_office_countersigns_what_grew_and_nothing_else() {
    let scratch = Scratch::new();
    let city = City::at(scratch.path.join("data"));
    demo(&city.place, 200).stop();
    city.work(1);
    let office = Office::new(scratch.path.join("audit.key"));
    told(&fujidana(&["countersign", "--new", text(&office.key)], ""), 1, "すでに");

    let first = city.note().1;
    told(&office.sign_city(&city), 0, "市の公開鍵");
    told(&office.sign_city(&city), 0, "もう副署してあります");
    let asked = ["--countersigned-by", office.public.as_str()];
    told(&city.verify(&asked), 0, &format!("副署             葉{first}まで"));
    told(&city.verify(&[]), 0, "記録はそろっています");
    let fork = city.copied(&scratch.path.join("fork"));
    an_independent_program_agrees(&city, &office);

    city.work(1);
    told(&city.verify(&asked), 1, &format!("この鍵の副署がありません。副署があるのは葉{first}までです"));
    told(&office.sign_city(&city), 0, "副署しました");
    let (note, second) = city.note();
    told(&city.verify(&asked), 0, &format!("副署             葉{second}まで"));

    a_log_written_anew_is_refused(&city, &fork, &office);
    what_verify_asks_for(&city, &office, &scratch.path);
    what_does_not_fit_is_refused(&city, &office, &scratch.path, &note);
    a_rotated_key_of_the_city_is_followed(&city, &office);
}

#[test]
fn a_log_on_postgres_is_countersigned() {
    let Some(database) = Database::create() else { return };
    let (scratch, place) = (Scratch::new(), Place::database(&database.url));
    demo(&place, 200).stop();
    // Only the folder of the checkpoints is seen by the audit office.
    let city = City { data: scratch.path.join("office"), place };
    let folder = city.beside(".checkpoints");
    let outside = ["--checkpoints", text(&folder)];
    let line = json!({ "command": "resident.search", "as": "shimin1", "input": { "q": "ヤマ" } }).to_string();
    let worked = fujidana(&city.place.with(&[&["act"], &outside[..]].concat()), &(line + "\n"));
    told(&worked, 0, "\"ok\":true");
    let office = Office::new(scratch.path.join("audit.key"));
    let asked = ["--countersigned-by", office.public.as_str(), outside[0], outside[1]];
    told(&city.verify(&asked), 1, "この鍵の副署がありません");
    told(&office.sign_city(&city), 0, "副署しました");
    told(&city.verify(&asked), 0, "記録はそろっています");
}

fn an_independent_program_agrees(city: &City, office: &Office) {
    let verifier = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tools/verify-log");
    let run = |key: &str| {
        let (proof, note) = (city.proof(), city.note().0);
        let words = ["--countersigned-by", key, "--note", text(&note), text(&proof)];
        Command::new("python3").arg(&verifier).args(words).output()
    };
    let Ok(ended) = run(&office.public) else { return println!("skipped: no python3") };
    let output = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success() && output.contains("副署: "), "{output}");
}

/// From the first countersigned state somebody writes another log: shorter, as long, longer.
fn a_log_written_anew_is_refused(city: &City, fork: &City, office: &Office) {
    let rows = city.note().1;
    refused(office, &fork.proof(), &fork.note().0, &[], "記録が短くなっています");
    fork.work(1);
    assert_eq!(fork.note().1, rows, "the same work");
    refused(office, &fork.proof(), &fork.note().0, &[], "前に副署したときと違います");
    let asked = ["--countersigned-by", office.public.as_str(), "--checkpoints"];
    let outside = city.beside(".checkpoints");
    let outcome = fork.verify(&[&asked[..], &[text(&outside)]].concat());
    told(&outcome, 1, &format!("副署のある葉{rows}までの木が、いまの木と違います"));
}

fn what_verify_asks_for(city: &City, office: &Office, scratch: &Path) {
    let stranger = Office::new(scratch.join("stranger.key"));
    told(&city.verify(&["--countersigned-by", &stranger.public]), 1, "前のものにもありません");
    told(&city.verify(&["--countersigned-by", &office.public[1..]]), 2, "副署の公開鍵ではありません");
    let asked = ["--countersigned-by", office.public.as_str(), "--checkpoints"];
    let nowhere = scratch.join("nowhere");
    told(&city.verify(&[&asked[..], &[text(&nowhere)]].concat()), 1, "書き出したチェックポイントがない");
    let (note, size) = city.note();
    let spoilt = fs::read_to_string(&note).expect("a note");
    // The last letter but padding belongs to the signature.
    let at = spoilt.len() - 6;
    let other = if &spoilt[at..=at] == "A" { "B" } else { "A" };
    let folder = scratch.join("spoilt");
    fs::create_dir(&folder).expect("a folder");
    let spoilt = format!("{}{other}{}", &spoilt[..at], &spoilt[at + 1..]);
    fs::write(folder.join("102091-2026-01-01.note"), spoilt).expect("writes");
    told(
        &city.verify(&[&asked[..], &[text(&folder)]].concat()),
        1,
        &format!("葉{size}までの書き出しの副署が合いません"),
    );
}

fn what_does_not_fit_is_refused(city: &City, office: &Office, scratch: &Path, note: &Path) {
    let (proof, other) = (city.proof(), scratch.join("other"));
    let with = |path: &Path, change: &dyn Fn(String) -> String| {
        fs::write(&other, change(fs::read_to_string(path).expect("text"))).expect("writes");
    };
    refused(office, &scratch.join("no"), note, &[], "読めません");
    refused(office, note, note, &[], "証明のファイルの1行目が読めません");
    with(&proof, &|text| text.replace("fujidana-log/1", "fujidana-log/2"));
    refused(office, &other, note, &[], "fujidana-log/1 の証明のファイルではありません");
    with(&proof, &|text| text.lines().next().expect("a head").to_owned());
    refused(office, &other, note, &[], "チェックポイントがありません");
    with(note, &|note| note.replacen("— fujidana/102091", "— fujidana/102016", 1));
    refused(office, &proof, &other, &[], "署名の鍵が違います");
    let stranger = Office::new(scratch.join("other.key"));
    let key = remembered_key(office);
    let wrong = stranger.public.rsplit('+').next().expect("a key");
    told(&office.sign(&proof, note, &["--city-key", wrong]), 2, "公開鍵ではありません");
    let wrong = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    refused(office, &proof, note, &["--city-key", wrong], "最初に控えた市の公開鍵");
    refused(&stranger, &proof, note, &["--city-key", wrong], "チェックポイントの署名の鍵が違います");
    told(&stranger.sign(&proof, note, &["--city-key", &key]), 0, "副署しました");
    told(&city.verify(&["--countersigned-by", &stranger.public]), 0, "副署 ");
    told(&city.verify(&["--countersigned-by", &office.public]), 0, "副署 ");

    told(&fujidana(&["countersign", text(&office.key)], ""), 2, "使い方");
    told(&fujidana(&["countersign", "--data", "x"], ""), 2, "この命令にはありません");
    fs::write(stranger.seen(), "fujidana-countersign/1\n102091\n").expect("writes");
    refused(&stranger, &proof, note, &[], "が読めません");
    fs::remove_file(stranger.seen()).expect("removes");
    refused(&stranger, &proof, note, &[], "控えを戻すと使えます");
    fs::set_permissions(&stranger.key, Permissions::from_mode(0o640)).expect("opens it to others");
    refused(&stranger, &proof, note, &[], "chmod 600");
}

/// The city's key as the office remembers it.
fn remembered_key(office: &Office) -> String {
    fs::read_to_string(office.seen()).expect("is there").lines().nth(2).expect("the key").to_owned()
}

fn a_rotated_key_of_the_city_is_followed(city: &City, office: &Office) {
    let before = remembered_key(office);
    let rotated = fujidana(&city.place.with(&["keys", "rotate", "signing"]), "");
    told(&rotated, 0, "これからの署名の公開鍵");
    city.work(1);
    told(&office.sign_city(city), 0, "副署しました");
    assert_eq!(remembered_key(office), before, "the key on paper stays");
    told(&city.verify(&["--countersigned-by", &office.public]), 0, "記録はそろっています");
}
