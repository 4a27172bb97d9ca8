//! `docs/asvs.tsv`: every requirement of OWASP ASVS 5.0.0 at levels 1 and 2, and what shows that it is met.
//!
//! Columns: id, level, title, state, evidence, reason. The titles are ours: the standard's text is CC BY-SA and
//! is not copied; ids and levels are facts. Evidence is written as in `docs/progress`. `cargo xtask asvs` makes
//! `docs/asvs.md` of it.
use std::fmt::Write as _;

use anyhow::{Context, Result, bail};

use crate::check::{Violation, root};
use crate::progress::{exists, references};
use crate::tree::Tree;

const TABLE: &str = "docs/asvs.tsv";
const PAGE: &str = "docs/asvs.md";
const HEAD: &str = "id\tlevel\ttitle\tstate\tevidence\treason";
const TITLE_CHARS: usize = 60;

/// Chapter 1 first: its name here, and how many requirements the standard has there at levels 1 and 2.
const CHAPTERS: [(&str, [usize; 2]); 17] = [
    ("Encoding, injection, memory", [8, 19]),
    ("Input and rules of the business", [4, 7]),
    ("In the browser", [8, 11]),
    ("HTTP and programming interfaces", [2, 8]),
    ("Files", [4, 5]),
    ("Signing in", [13, 22]),
    ("Sessions", [6, 12]),
    ("Rights", [4, 3]),
    ("Tokens that carry their own content", [4, 3]),
    ("OAuth and OpenID Connect", [5, 24]),
    ("Cryptography", [3, 11]),
    ("On the wire", [3, 6]),
    ("Configuration", [1, 12]),
    ("Protection of data", [2, 7]),
    ("Architecture and code", [3, 10]),
    ("Logs and errors", [0, 16]),
    ("WebRTC", [0, 7]),
];

const STATES: [(&str, &str); 3] = [("met", "met"), ("not_applicable", "not applicable"), ("open", "open")];

/// One line of the table.
struct Item<'a> {
    line: usize,
    id: &'a str,
    /// Chapter, section, number.
    place: [usize; 3],
    level: usize,
    title: &'a str,
    state: &'a str,
    evidence: &'a str,
    reason: &'a str,
}

/// `cargo xtask asvs`: writes the page anew.
pub fn run(args: &[String]) -> Result<()> {
    if !args.is_empty() {
        bail!("usage: cargo xtask asvs");
    }
    let root = root()?;
    let table = std::fs::read_to_string(root.join(TABLE)).with_context(|| TABLE.to_owned())?;
    let (items, wrong) = read(&table);
    if let Some(first) = wrong.first() {
        bail!("{}:{}: {}", first.path, first.line, first.text);
    }
    std::fs::write(root.join(PAGE), page(&items)).with_context(|| format!("writing {PAGE}"))?;
    println!("{PAGE}: {} requirements", items.len());
    Ok(())
}

pub fn check(tree: &Tree) -> Vec<Violation> {
    let Some(table) = tree.find(TABLE) else { return vec![violation(1, "the table is gone")] };
    let (items, mut found) = read(&table.text);
    found.extend(missing(&items));
    for item in &items {
        found.extend(
            judge(item, tree).into_iter().map(|text| violation(item.line, &format!("{}: {text}", item.id))),
        );
    }
    if tree.find(PAGE).is_none_or(|written| written.text != page(&items)) {
        found.push(Violation::new(PAGE, 1, "asvs", format!("not what {TABLE} says: cargo xtask asvs")));
    }
    found
}

fn violation(line: usize, text: &str) -> Violation {
    Violation::new(TABLE, line, "asvs", text)
}

/// The items, and the lines that are none.
fn read(table: &str) -> (Vec<Item<'_>>, Vec<Violation>) {
    let (mut items, mut wrong): (Vec<Item>, _) = (Vec::new(), Vec::new());
    if table.lines().next() != Some(HEAD) {
        wrong.push(violation(1, "the first line names the columns"));
    }
    for (i, line) in table.lines().enumerate().skip(1) {
        match item(i + 1, line) {
            Some(next) if items.last().is_some_and(|last| last.place >= next.place) => {
                wrong.push(violation(i + 1, &format!("{} is there twice or out of order", next.id)));
            }
            Some(next) => items.push(next),
            None => wrong
                .push(violation(i + 1, "six columns between tabs, an id like V1.2.3, level 1 or 2, no `|`")),
        }
    }
    (items, wrong)
}

fn item(line: usize, text: &str) -> Option<Item<'_>> {
    let [id, level, title, state, evidence, reason] = text.split('\t').collect::<Vec<_>>()[..] else {
        return None;
    };
    let numbers: Vec<usize> =
        id.strip_prefix('V')?.split('.').map(str::parse).collect::<Result<_, _>>().ok()?;
    let place: [usize; 3] = numbers.try_into().ok()?;
    let level = level.parse().ok().filter(|level| [1, 2].contains(level))?;
    let known = (1..=CHAPTERS.len()).contains(&place[0]) && !text.contains('|');
    known.then_some(Item { line, id, place, level, title, state, evidence, reason })
}

fn of_chapter<'a, 'b>(items: &'b [Item<'a>], chapter: usize) -> impl Iterator<Item = &'b Item<'a>> {
    items.iter().filter(move |item| item.place[0] == chapter)
}

fn missing(items: &[Item]) -> Vec<Violation> {
    let mut found = Vec::new();
    for (chapter, (_, expected)) in (1..).zip(CHAPTERS) {
        for level in [1, 2] {
            let (count, wanted) =
                (of_chapter(items, chapter).filter(|item| item.level == level).count(), expected[level - 1]);
            if count != wanted {
                let text = format!("V{chapter}: {count} items of level {level}, the standard has {wanted}");
                found.push(violation(1, &text));
            }
        }
    }
    found
}

fn judge(item: &Item, tree: &Tree) -> Vec<String> {
    let mut found = Vec::new();
    if item.title.is_empty() || item.title.chars().count() > TITLE_CHARS {
        found.push(format!("a title of our own, at most {TITLE_CHARS} letters"));
    }
    let named = references(item.evidence);
    for missing in named.iter().filter(|reference| !exists(reference, tree)) {
        found.push(format!("`{missing}` is no test, script or make target"));
    }
    match item.state {
        "met" if !named.iter().any(|reference| reference.contains("::")) => {
            found.push("met: by which test? Name one, or say open".to_owned());
        }
        "met" => {}
        "not_applicable" | "open" if item.reason.is_empty() => found.push(format!("{}: why?", item.state)),
        "not_applicable" | "open" => {}
        other => found.push(format!("state `{other}`: met, not_applicable or open")),
    }
    found
}

const INTRODUCTION: &str = "\
# OWASP ASVS 5.0.0, levels 1 and 2

Made by `cargo xtask asvs` from [asvs.tsv](asvs.tsv); `cargo xtask check` refuses a page that differs, and evidence that
names nothing. **met**: a test, lint or check named here would fail otherwise. **not applicable**: this product has no such
thing, and why. **open**: what is missing; what is there already is named as evidence.

Ids and levels are those of the OWASP Application Security Verification Standard 5.0.0
(<https://owasp.org/www-project-application-security-verification-standard/>, © The OWASP Foundation, CC BY-SA 4.0).
The titles are ours and shorter than the requirements: read the standard for what is asked.
";

fn page(items: &[Item]) -> String {
    let mut out = format!("{INTRODUCTION}\n| state | level 1 | level 2 | both |\n|---|--:|--:|--:|\n");
    let mut row = |name: &str, wanted: &dyn Fn(&Item) -> bool| {
        let [one, two] =
            [1, 2].map(|level| items.iter().filter(|item| item.level == level && wanted(item)).count());
        writeln!(out, "| {name} | {one} | {two} | {} |", one + two).expect("a string takes any text");
    };
    for (state, name) in STATES {
        row(name, &|item| item.state == state);
    }
    row("all", &|_| true);
    for (chapter, (name, _)) in (1..).zip(CHAPTERS) {
        write!(out, "\n## V{chapter} {name}\n\n").expect("a string takes any text");
        out.push_str("| id | level | about | state | evidence | reason |\n|---|:-:|---|---|---|---|\n");
        for item in of_chapter(items, chapter) {
            let state =
                STATES.iter().find(|(state, _)| *state == item.state).map_or(item.state, |(_, name)| name);
            let Item { id, level, title, evidence, reason, .. } = item;
            writeln!(out, "| {id} | {level} | {title} | {state} | {evidence} | {reason} |")
                .expect("a string takes any text");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;
    use crate::tree::Source;

    /// What is told of one line, besides the chapters that a single line leaves empty.
    #[track_caller]
    fn check_line(line: &str, expect: &[&str]) {
        let table = format!("{HEAD}\n{line}\n");
        let (items, _) = read(&table);
        let tree = Tree {
            files: vec![
                Source::new(TABLE, &table),
                Source::new(PAGE, &page(&items)),
                Source::new("crates/db/tests/a.rs", "#[test]\nfn holds() {}"),
                Source::new("Makefile", "bench: build\n\ttrue\n"),
            ],
        };
        let found: Vec<String> = check(&tree).into_iter().filter(|v| v.line != 1).map(|v| v.text).collect();
        let told = found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.contains(e));
        assert!(told, "{line}: {found:?}");
    }

    #[test]
    fn a_line_says_what_shows_it_or_why_not() {
        const HOLDS: &str = "`crates/db/tests/a.rs::holds`";
        check_line(&format!("V1.2.4\t1\tSQL\tmet\t{HOLDS}\t"), &[]);
        check_line("V1.2.4\t1\tSQL\tmet\t`crates/db/tests/a.rs::hold`\t", &["is no test"]);
        check_line("V1.2.4\t1\tSQL\tmet\t`make bench`\t", &["by which test?"]);
        check_line("V1.2.4\t1\tSQL\tmet\t\tbelieve me", &["by which test?"]);
        check_line("V1.2.4\t1\tSQL\topen\t`make bench`\tno test yet", &[]);
        check_line("V1.2.4\t1\tSQL\topen\t\t", &["open: why?"]);
        check_line("V1.2.4\t1\tSQL\tnot_applicable\t\t", &["not_applicable: why?"]);
        check_line(&format!("V1.2.4\t1\tSQL\tdone\t{HOLDS}\t"), &["state `done`"]);
        check_line(&format!("V1.2.4\t1\t\tmet\t{HOLDS}\t"), &["a title of our own"]);
    }

    #[test]
    fn a_line_has_its_columns() {
        for line in
            ["", "V1.2.4\t1\tSQL\topen\t", "V1.2\t1\tSQL\topen\t\twhy", "V18.1.1\t1\tSQL\topen\t\twhy"]
        {
            check_line(line, &["six columns"]);
        }
        check_line("V1.2.4\t3\tSQL\topen\t\twhy", &["six columns"]);
        check_line("V1.2.4\t1\tSQL\topen\t\ta | b", &["six columns"]);
    }

    #[test]
    fn an_id_stands_once_and_none_is_left_out() {
        let line = |id: &str| format!("{id}\t1\tSQL\topen\t\twhy\n");
        let twice = format!("{HEAD}\n{}{}{}", line("V1.2.10"), line("V1.2.10"), line("V1.2.9"));
        let told: Vec<String> =
            read(&twice).1.into_iter().map(|v| format!("{} {}", v.line, v.text)).collect();
        assert_eq!(
            told,
            ["3 V1.2.10 is there twice or out of order", "4 V1.2.9 is there twice or out of order"]
        );
        let eight: String = (1..=8).map(|n| line(&format!("V1.2.{n}"))).collect();
        let told = |rest: &str| {
            let table = format!("{HEAD}\n{eight}{rest}");
            let found = missing(&read(&table).0);
            found.into_iter().any(|v| v.text.contains("V1: ") && v.text.contains("of level 1"))
        };
        assert!(!told(""));
        assert!(told(&line("V1.2.9")), "one too many");
    }

    #[test]
    fn the_page_is_made_of_the_table() {
        let table = format!("{HEAD}\nV1.2.4\t1\tSQL\topen\t\twhy\n");
        let written = page(&read(&table).0);
        assert!(written.contains("| open | 1 | 0 | 1 |\n| all | 1 | 0 | 1 |\n"), "{written}");
        assert!(written.contains("| V1.2.4 | 1 | SQL | open |  | why |\n"), "{written}");
        let tree = Tree {
            files: vec![Source::new(TABLE, &table), Source::new(PAGE, &written.replace("why", "because"))],
        };
        assert!(check(&tree).iter().any(|v| v.text.contains("cargo xtask asvs")));
    }

    /// The records of a CSV file. Quoted cells may have commas and lines of their own; no cell holds a quote.
    fn records(csv: &str) -> Vec<Vec<String>> {
        let (mut records, mut quoted) = (vec![vec![String::new()]], false);
        for c in csv.chars().filter(|c| *c != '\r') {
            let record: &mut Vec<String> = records.last_mut().unwrap();
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => record.push(String::new()),
                '\n' if !quoted => records.push(vec![String::new()]),
                c => record.last_mut().unwrap().push(c),
            }
        }
        records.retain(|record| record.len() > 1);
        records
    }

    fn words(text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        words.map(str::to_lowercase).collect()
    }

    #[test]
    fn the_table_is_that_of_the_standard_in_our_own_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let table = std::fs::read_to_string(root.join(TABLE)).unwrap();
        let Ok(standard) = std::fs::read_to_string(root.join("../shared/data/office/asvs/asvs_5.0.0_en.csv"))
        else {
            println!("skipped: the standard's table is not here");
            return;
        };
        let records = records(&standard);
        let (items, _) = read(&table);
        let ours: BTreeSet<(&str, String)> =
            items.iter().map(|item| (item.id, item.level.to_string())).collect();
        let of_two = records.iter().skip(1).filter(|record| record[6] != "3");
        let theirs: BTreeSet<(&str, String)> =
            of_two.map(|record| (record[4].as_str(), record[6].clone())).collect();
        assert_eq!(ours.len(), 253);
        assert_eq!(ours, theirs);
        for item in &items {
            let record = records.iter().find(|record| record[4] == item.id).expect("compared above");
            let (title, text) = (words(item.title), words(&record[5]));
            let copied = title.windows(5).find(|five| text.windows(5).any(|theirs| theirs == *five));
            assert_eq!(copied, None, "{}: the standard's own words", item.id);
        }
    }
}
