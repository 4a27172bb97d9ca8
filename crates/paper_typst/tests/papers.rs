//! What a template may do, what is refused, and what others read in the file.
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use paper::{PaperError, Pdf, Qr, Template, Typesetter};
use paper_typst::{Press, fonts_complete};
use serde_json::{Value, json};

const PRELUDE: &str = "#import \"/prelude.typ\": *\n";

/// A press with one template, `test/paper`; `None` and a word about it where the fonts were not there at build time.
fn press(body: &str, archive: bool, folder: Option<&Path>) -> Option<Press> {
    if !fonts_complete() {
        println!("skipped: a font is missing (make setup assets)");
        return None;
    }
    let source = format!("{PRELUDE}#let sheet(data) = {body}");
    let template = Template {
        name: "test/paper",
        title: "試験の様式",
        source: Box::leak(source.into_boxed_str()),
        sample: || Value::Null,
        archive,
    };
    Some(Press::new([&*Box::leak(Box::new(template))], folder.map(Path::to_owned)))
}

fn set(body: &str, data: &Value) -> Option<Result<Pdf, PaperError>> {
    Some(press(body, false, None)?.render("test/paper", data))
}

/// Sets the text in the font of names, and compares what is refused.
#[track_caller]
fn check_name(name: &str, refused: Option<(&str, &str)>) {
    let Some(outcome) = set("register(data.people.at(0).name)", &json!({"people": [{"name": name}]})) else {
        return;
    };
    match (outcome, refused) {
        (Ok(_), None) => {}
        (Err(PaperError::MissingGlyph(missing)), Some((letter, code_points))) => {
            assert_eq!((missing.letter.as_str(), missing.code_points().as_str()), (letter, code_points));
            assert_eq!((missing.field.as_str(), missing.font.as_str()), ("people.0.name", "IPAmjMincho"));
        }
        (Err(error), _) => panic!("{name}: {error}"),
        (Ok(_), Some(_)) => panic!("{name} was set"),
    }
}

#[test]
fn each_letter_is_drawn_as_written_or_refused() {
    for drawn in [
        "藤岡 市子",
        "渡邉\u{E0119}",
        "葛\u{E0102}西",
        "辻\u{E0102}",
        "𠮷田",
        "髙﨑",
        "塚\u{FA10}",
        "MARIA ・ー",
    ] {
        check_name(drawn, None);
    }
    check_name("渡邉\u{E01EF} 太郎", Some(("邉\u{E01EF}", "U+9089 U+E01EF")));
    check_name("あ\u{E0100}", Some(("あ\u{E0100}", "U+3042 U+E0100")));
    check_name("\u{E000}田", Some(("\u{E000}", "U+E000")));
    check_name("笑\u{1F600}", Some(("\u{1F600}", "U+1F600")));
}

#[test]
fn the_refusal_says_what_to_do_and_holds_nothing_else_of_the_person() {
    let Some(outcome) = set("register(data.name)", &json!({"name": "渡邉\u{E01EF} 太郎"})) else {
        return;
    };
    let text = outcome.err().expect("not in the font").to_string();
    assert!(text.contains("U+9089 U+E01EF") && text.contains("代替字"), "{text}");
    assert!(!text.contains("太郎"), "{text}");
}

/// A field of 30 mm × 6 mm in the middle of a second page of a second paper.
#[track_caller]
fn check_fit(text: &str, fits: bool) {
    let body =
        "[ 一 #pagebreak() #fit(field: \"住所\", width: 30mm, height: 6mm, sizes: (10pt, 5pt))[#data.text] ]";
    let Some(press) = press(body, false, None) else { return };
    let outcome = press.render_all("test/paper", &[json!({"text": "短い"}), json!({"text": text})]);
    if fits {
        assert_eq!(outcome.unwrap_or_else(|error| panic!("{text}: {error}")).pages, 4);
    } else {
        let overflow = PaperError::Overflow { field: "住所".to_owned(), page: 2, paper: 1 };
        assert_eq!(outcome.err(), Some(overflow), "{text}");
    }
}

#[test]
fn a_field_shrinks_and_then_is_refused() {
    check_fit("藤岡市", true);
    check_fit("群馬県藤岡市中栗須三百二十七番地", true);
    check_fit(&"群馬県藤岡市中栗須".repeat(9), false);
    check_fit(&"W".repeat(200), false);
}

#[test]
fn text_beyond_the_edge_of_the_sheet_is_refused() {
    let Some(outcome) = set("place(dx: 180mm, box(width: 90mm)[ここからは紙の外です])", &json!({}))
    else {
        return;
    };
    assert_eq!(outcome.err(), Some(PaperError::Overflow { field: "用紙".to_owned(), page: 1, paper: 0 }));
}

#[track_caller]
fn check_refused(body: &str, says: &str) {
    let Some(outcome) = set(body, &json!({})) else { return };
    match outcome.err() {
        Some(PaperError::Template { file, line: 2, message }) if file == "test/paper.typ" => {
            assert!(message.contains(says), "{message}");
        }
        other => panic!("{body}: {other:?}"),
    }
}

#[test]
fn a_template_reaches_nothing_outside() {
    check_refused("read(\"/etc/passwd\")", "not found");
    check_refused("read(\"../../../etc/passwd\")", "escape");
    check_refused("{ import \"@preview/cetz:0.3.0\" }", "package");
    check_refused("plugin(\"x.wasm\")", "not found");
    check_refused("datetime.today()", "date");
    check_refused("text(fallback: true)[字]", "fallback");
    check_refused("text(font: \"Arial\")[a]", "unknown font");
    check_refused("data.name", "name");
}

#[test]
fn a_city_overrides_a_template_and_sees_its_mistakes() {
    let folder = Scratch::new("override");
    let file = folder.0.join("test/paper.typ");
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    let Some(press) = press("[内蔵]", false, Some(&folder.0)) else { return };
    let text = || press.render("test/paper", &json!({})).map(|pdf| words(&pdf));
    let shows = |expected: &str| {
        if let Some(found) = text().unwrap_or_else(|error| panic!("{error}")) {
            assert_eq!(found.trim(), expected);
        }
    };
    shows("内蔵");
    fs::write(&file, "#let sheet(data) = [市の様式]").expect("written");
    shows("市の様式");
    fs::write(&file, "// 一行目\n#let sheet(data) = [市の様式 #なにこれ]").expect("written");
    match text() {
        Err(PaperError::Template { file, line, message }) => {
            assert_eq!((file.as_str(), line), ("test/paper.typ", 2), "{message}");
        }
        other => panic!("{other:?}"),
    }
    fs::write(&file, "#import \"extra.typ\": word\n#let sheet(data) = [#word]").expect("written");
    fs::write(folder.0.join("test/extra.typ"), "#let word = [添え字]").expect("written");
    shows("添え字");
    fs::remove_file(&file).expect("removed");
    shows("内蔵");
}

#[test]
fn the_same_data_give_the_same_bytes_and_each_paper_its_own_pages() {
    let body = "[ #set page(footer: context [第#counter(page).get().first()/#pages()]) \n一#pagebreak()二 ]";
    let Some(press) = press(body, true, None) else { return };
    let papers = [json!({"issued_on": "2026-11-24"}), json!({"issued_on": "2026-11-24"})];
    let set = || press.render_all("test/paper", &papers).unwrap_or_else(|error| panic!("{error}"));
    let (first, again) = (set(), set());
    assert!(first.bytes == again.bytes);
    assert_eq!(first.pages, 4);
    if let Some(text) = words(&first) {
        assert_eq!((text.matches("第1/2").count(), text.matches("第2/2").count()), (2, 2), "{text}");
    }
}

#[test]
fn an_archived_paper_needs_its_date() {
    let Some(press) = press("[字]", true, None) else { return };
    assert!(matches!(press.render("test/paper", &json!({})), Err(PaperError::Archive { .. })));
}

/// What the file says of itself, and what Apache PDFBox Preflight, veraPDF and qpdf say of it where they are installed.
#[test]
fn an_archived_paper_is_pdf_a_1b() {
    let body = "[#set page(background: sample-pattern)\n#register(data.name)#qr(data.qr)]";
    let data = json!({"issued_on": "2026-11-24", "name": "渡邉\u{E0119}", "qr": Qr::of("a").expect("short")});
    let Some(press) = press(body, true, None) else { return };
    let pdf = press.render("test/paper", &data).unwrap_or_else(|error| panic!("{error}"));
    let bytes = String::from_utf8_lossy(&pdf.bytes);
    assert!(bytes.starts_with("%PDF-1.4"));
    for part in ["/GTS_PDFA1", "<pdfaid:part>1</pdfaid:part>", "<pdfaid:conformance>B</pdfaid:conformance>"] {
        assert!(bytes.contains(part), "{part}");
    }
    for forbidden in ["/Encrypt", "/JavaScript", "/EmbeddedFile", "/SMask", "/ObjStm"] {
        assert!(!bytes.contains(forbidden), "{forbidden}");
    }
    let scratch = Scratch::new("archive");
    let file = scratch.0.join("paper.pdf");
    fs::write(&file, &pdf.bytes).expect("written");
    preflight(&file);
    if let Some(report) = run("verapdf", &["--flavour", "1b", "--format", "text", path(&file)]) {
        assert!(report.starts_with("PASS"), "{report}");
    }
    if let Some(report) = run("qpdf", &["--check", path(&file)]) {
        assert!(report.contains("No syntax or stream encoding errors"), "{report}");
    }
}

/// Debian: libpdfbox2-java libactivation-java libjaxb-api-java.
fn preflight(file: &Path) {
    let jars =
        ["preflight", "pdfbox2", "fontbox2", "xmpbox", "commons-logging", "javax.activation", "jaxb-api"];
    let jars = jars.map(|jar| format!("/usr/share/java/{jar}.jar"));
    if !jars.iter().all(|jar| Path::new(jar).exists()) {
        println!("skipped: PDFBox Preflight is not installed (libpdfbox2-java)");
        return;
    }
    let validator = "org.apache.pdfbox.preflight.Validator_A1b";
    if let Some(report) = run("java", &["-cp", &jars.join(":"), validator, path(file)]) {
        assert!(report.contains("is a valid PDF/A-1b file"), "{report}");
    }
}

#[test]
fn the_text_of_a_paper_can_be_copied_as_it_was_written() {
    let name = "渡邉\u{E0119} 𠮷子 髙﨑";
    let body = "[#register(data.name)]";
    let Some(Ok(pdf)) = set(body, &json!({"name": name})) else { return };
    if let Some(text) = words(&pdf) {
        assert_eq!(text.trim(), name);
    }
}

#[test]
fn a_reader_decodes_the_code() {
    let address = "https://fujidana.example/papers/7K2M-9QXA-0C4T-WZ3E";
    let Some(outcome) = set("qr(data.qr, size: 25mm)", &json!({"qr": Qr::of(address).expect("short")}))
    else {
        return;
    };
    let scratch = Scratch::new("qr");
    let file = scratch.0.join("qr.pdf");
    fs::write(&file, outcome.unwrap_or_else(|error| panic!("{error}")).bytes).expect("written");
    let Some(_) = run("pdftoppm", &["-r", "200", "-png", path(&file), path(&scratch.0.join("qr"))]) else {
        return;
    };
    let Some(read) = run("zbarimg", &["-q", "--raw", path(&scratch.0.join("qr-1.png"))]) else { return };
    assert_eq!(read.trim(), address);
}

/// What `pdftotext` reads.
fn words(pdf: &Pdf) -> Option<String> {
    let scratch = Scratch::new("words");
    let file = scratch.0.join("paper.pdf");
    fs::write(&file, &pdf.bytes).expect("written");
    run("pdftotext", &["-enc", "UTF-8", path(&file), "-"])
}

/// The output of an outside program; `None` and a word about it where it is not installed.
fn run(program: &str, arguments: &[&str]) -> Option<String> {
    let Ok(done) = Command::new(program).args(arguments).output() else {
        println!("skipped: {program} is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

fn path(file: &Path) -> &str {
    file.to_str().expect("the tests' folder has a plain name")
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let unique =
            format!("fujidana-paper-{}-{name}-{:?}", std::process::id(), std::thread::current().id());
        let folder = env::temp_dir().join(unique);
        fs::create_dir_all(&folder).expect("a folder");
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}
