//! Who runs the machine sees nobody, and nobody rewrites the log.
use std::collections::BTreeSet;

use axum::http::Method;
use base::{At, Id, PersonId};
use db::{STATEMENTS, params, sql};
use identity::{Action, Actor, Entry, Operation};
use testkit::{FUJIOKA, MORNING};
use web::{Call, Command};

use super::routes::Rows;
use super::sample_city::{Answer, Clerk, Known, SampleCity, on_both};
use crate::APPS;
use crate::installation::policy;

/// Rows of the audit office for the parameters of paths.
#[derive(Clone)]
pub struct Oversight {
    /// A row of the log that shows a person.
    pub access: String,
    pub disclosure: String,
    /// A break-glass right that waits, of nobody who is signed in.
    pub used: String,
    pub account: String,
}

impl Oversight {
    pub fn of(city: &SampleCity, person: PersonId, account: &Actor) -> Self {
        let holder = account.account;
        let (access, disclosure, used) = city.write(move |tx| {
            let mut actor = Actor::system(FUJIOKA);
            actor.account = Id::new(1);
            identity::record(tx, &Entry { persons: &[person], ..Entry::new(&actor, Operation::Inquiry, "照会") })?;
            let last = sql!("SELECT MAX(id) FROM access WHERE municipality_id = $1 AND id > 0");
            let access: i64 = tx.one(last, params![], |r| r.take())?;
            let (disclosure, used, link): (Id<()>, Id<()>, Id<()>) = (tx.new_id(), tx.new_id(), tx.new_id());
            let now: At = tx.started_at();
            let hand = sql!(
                "INSERT INTO log_disclosure (municipality_id, id, person_id, document, from_on, to_on, handed_by, handed_at)
                 VALUES ($1, $2, $3, '運転免許証', '2026-10-01', '2026-10-31', 1, $4)"
            );
            tx.run(hand, params![disclosure, person, now])?;
            let ask = sql!(
                "INSERT INTO break_glass (municipality_id, id, account_id, role, reason, minutes, asked_at)
                 VALUES ($1, $2, 1, 'care_clerk', '停電', 5, $3)"
            );
            tx.run(ask, params![used, now])?;
            let link_account = sql!(
                "INSERT INTO account_person (municipality_id, account_id, id, person_id, from_on, recorded_by, recorded_at)
                 VALUES ($1, $2, $3, $4, '2026-04-01', 1, $5)"
            );
            tx.run(link_account, params![holder, link, person, now])?;
            Ok((Id::<()>::new(access), disclosure, used))
        });
        Self {
            access: access.to_string(),
            disclosure: disclosure.to_string(),
            used: used.to_string(),
            account: holder.to_string(),
        }
    }
}

/// Whether an answer tells of somebody of the register.
fn shows_somebody(answer: &Answer, known: &[Known]) -> bool {
    known.iter().any(|one| {
        let name = format!("{}　{}", one.family, one.given);
        answer.body.contains(&name) || answer.body.contains(&one.person.to_string())
    })
}

fn ask(city: &SampleCity, clerk: &Clerk, path: &str, method: &Method) -> Answer {
    if *method == Method::GET { city.get(path, Some(clerk)) } else { city.post(path, clerk, &[]) }
}

/// Commands that the operator may run: none of them shows a person.
const OPERATORS: &[&str] = &[
    "followers.troubles",
    "followers.retry",
    "followers.replay",
    "break_glass.ask",
    "break_glass.end",
    "installation.health",
    "plan.list",
    "plan.report",
    "plan.review",
    "open_data.import",
    "open_data.list",
];

/// What a command answers, or how it refuses.
fn run(city: &SampleCity, clerk: &Clerk, command: &'static Command) -> String {
    let (site, actor) = (city.site.clone(), clerk.actor.clone());
    let call = Call { site, actor, command: command.name, input: serde_json::json!({}) };
    let runtime = crate::serve::runtime().expect("a runtime");
    match runtime.block_on((command.run)(call)) {
        Ok(answer) => answer.to_string(),
        Err(refused) => format!("{refused:?}"),
    }
}

#[test]
fn the_operator_sees_neither_residents_nor_the_log() {
    let city = SampleCity::new();
    let staff = city.staff();
    let rows = Rows::of(&city, &staff[0], &staff[1]);
    let known = city.residents();
    let operator = staff.iter().find(|clerk| clerk.actor.roles == ["operator"]).expect("an operator");
    let mut showing: BTreeSet<&str> = BTreeSet::new();
    for route in &city.listed {
        let Some((_, resource)) = route.need.right() else { continue };
        let path = rows.fill(route);
        let shown = |clerk: &Clerk| shows_somebody(&ask(&city, clerk, &path, &route.method), &known);
        if staff.iter().any(shown) {
            showing.insert(resource);
        }
    }
    // Were nothing shown to anybody, nothing would be tested.
    for resource in ["access_log", "log_disclosure", "resident_record", "lunch_roster", "staff_resident"] {
        assert!(showing.contains(resource), "{resource} shows nobody; {showing:?} do");
    }
    let allows = |action, resource: &str| city.site.policy().allows(&operator.actor, action, resource);
    for resource in &showing {
        assert!(!Action::ALL.iter().any(|action| allows(*action, resource)), "the operator may {resource}");
    }
    // Whoever signs out is asked to sign in, which says nothing of rights.
    for route in city.listed.iter().filter(|route| route.path != "/sign-out") {
        let path = rows.fill(route);
        let answer = ask(&city, operator, &path, &route.method);
        assert!(!shows_somebody(&answer, &known), "{} {path} shows somebody to the operator", route.method);
        if route.need.right().is_some_and(|(_, resource)| showing.contains(resource)) {
            assert_eq!(answer.status, 403, "{} {path}", route.method);
        }
    }
    let commands = APPS.iter().flat_map(|app| app.commands);
    let allowed: Vec<&'static Command> =
        commands.filter(|command| allows(command.need.0, command.need.1)).collect();
    assert_eq!(allowed.iter().map(|command| command.name).collect::<Vec<_>>(), OPERATORS);
    for command in allowed {
        let told = run(&city, operator, command);
        assert!(!known.iter().any(|one| told.contains(&one.person.to_string())), "{}: {told}", command.name);
        assert!(!known.iter().any(|one| told.contains(&one.family)), "{}: {told}", command.name);
    }
}

/// Words of a statement in capitals, without the marks between them.
fn words(text: &str) -> Vec<String> {
    let parts = text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
    parts.filter(|part| !part.is_empty()).map(str::to_uppercase).collect()
}

/// A row of the log is written once; later it only gets its number in the tree.
#[test]
fn no_statement_changes_the_log() {
    let mut sealing = 0;
    for statement in STATEMENTS.iter().filter(|sql| !sql.at.contains("src/tests/")) {
        let words = words(statement.text);
        for table in ["ACCESS", "EVENT"] {
            let changes = |verb: &[&str]| {
                let sought: Vec<&str> = verb.iter().copied().chain([table]).collect();
                words.windows(sought.len()).any(|window| window == sought.as_slice())
            };
            assert!(!changes(&["DELETE", "FROM"]), "{} deletes from the log", statement.at);
            if changes(&["UPDATE"]) {
                let first: Vec<&str> = words.iter().take(4).map(String::as_str).collect();
                assert_eq!(first, ["UPDATE", table, "SET", "LEAF_NO"], "{} changes the log", statement.at);
                let set = statement.text.split("SET").nth(1).and_then(|rest| rest.split("FROM").next());
                assert!(!set.expect("a SET").contains(','), "{} sets more than the number", statement.at);
                sealing += 1;
            }
        }
    }
    assert_eq!(sealing, 2, "the sealing of looks and of events");
}

/// What may be had in an emergency are roles of this city, and neither the log nor the shielded.
#[test]
fn the_audit_office_stays_out_of_emergencies() {
    let policy = policy();
    let auditor = Actor { roles: vec!["auditor".to_owned()], ..Actor::system(FUJIOKA) };
    for action in Action::ALL {
        assert!(!policy.allows(&auditor, action, "break_glass"), "{action:?}");
    }
    let other = policy.roles().iter().filter(|role| role.key != "auditor");
    for role in other {
        let actor = Actor { roles: vec![role.key.to_owned()], ..Actor::system(FUJIOKA) };
        for action in Action::ALL {
            assert!(!policy.allows(&actor, action, "access_log"), "{} may {action:?} the log", role.title);
        }
    }
}

/// An emergency by forms: the browser of the one who asked follows the approval, and the end to the second.
#[test]
fn a_browser_has_the_right_until_it_ends() {
    on_both(|city| {
        let staff = city.staff();
        let clerk = |name: &str| staff.iter().find(|one| one.name == name).expect("is one of the staff");
        let (somu, sekinin) = (clerk("somu"), clerk("sekinin"));
        let path = format!("/residents/{}", city.residents()[0].person);
        let opens = || city.get(&path, Some(somu)).status;
        let at = |seconds: i64| city.site.inside().clock().set(MORNING.plus_seconds(seconds));
        assert_eq!(opens(), 403);
        let asked = [("role", "resident_clerk"), ("reason", "地震"), ("minutes", "１０")];
        assert_eq!(city.post("/break-glass", somu, &asked).status, 303);
        assert_eq!(city.post("/break-glass", somu, &asked).status, 422, "one at a time");
        assert_eq!(opens(), 403, "asked is not approved");
        let page = city.get("/break-glass", Some(sekinin));
        let (_, rest) = page.body.split_once("action=\"/break-glass/").expect("an ask to approve");
        let used = rest.split('/').next().expect("an id").to_owned();
        let approval = format!("/break-glass/{used}/approval");
        assert_eq!(city.post(&approval, somu, &[]).status, 403);
        assert_eq!(city.post(&approval, sekinin, &[]).status, 303);
        assert_eq!(opens(), 200);
        at(301);
        assert_eq!(city.post("/break-glass", somu, &asked).status, 401, "a second factor is asked for again");
        at(599);
        assert_eq!(opens(), 200);
        at(600);
        assert_eq!(opens(), 403);
        at(601);
        assert_eq!(opens(), 403);
        let report = city.get(&format!("/oversight/break-glass/{used}"), Some(clerk("kansa")));
        assert!(
            report.body.contains("緊急時の権限：") && report.body.contains("確かめたこと"),
            "{}",
            report.body
        );
    });
}

/// The auditor finds a shielded person and who looked at her, not where she lives, nor who lives near her.
#[test]
fn a_shielded_person_has_a_log_and_no_neighbours() {
    let city = SampleCity::new();
    let staff = city.staff();
    let (clerk, auditor) = (&staff[0], staff.iter().find(|one| one.name == "kansa").expect("an auditor"));
    let known = city.residents();
    let shares = |one: &&Known| known.iter().filter(|other| other.household == one.household).count() > 1;
    let one = known.iter().find(shares).expect("a household of two");
    let other = known.iter().find(|two| two.household == one.household && two.person != one.person);
    Oversight::of(&city, other.expect("two").person, &clerk.actor);
    assert_eq!(city.get(&format!("/residents/{}", one.person), Some(clerk)).status, 200);
    let near = || city.get("/oversight/reports/near?from=.&to=.", Some(auditor)).body;
    let link = format!("/oversight/persons/{}", one.person);
    assert!(near().contains(&link), "the look at the own household");
    super::routes::shield(&city, one.person);
    assert!(!near().contains(&link), "it would tell that she lives with the clerk");
    let found = city.get(&format!("/oversight/persons?q={}", one.person), Some(auditor));
    assert!(found.body.contains(&link));
    let log = city.get(&format!("{link}?from=.&to=."), Some(auditor));
    assert!(log.body.contains(&clerk.actor.name), "{}", log.body);
    let form = city.get(&format!("{link}/disclosures"), Some(auditor));
    for page in [&found, &log, &form] {
        assert!(!page.body.contains(&city.address(one.person)));
    }
}
