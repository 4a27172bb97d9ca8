//! Every route of the program: who gets in, who does not, and what each page carries.
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request};
use base::{HouseholdId, Id, PersonId};
use db::{params, sql};
use identity::{Actor, Caller};
use register::{LockAct, LockLevel, NewLock, RawParty, RawProtection};
use testkit::{FUJIOKA, MORNING};
use web::{Listed, Need};

use super::oversight::Oversight;
use super::sample_city::{Answer, Clerk, Known, SampleCity, form, request};

/// What everybody on the network may ask for. A new public route is written down here by hand.
const PUBLIC: &[(&str, &str)] = &[
    ("GET", "/sign-in"),
    ("POST", "/sign-in"),
    ("GET", "/sign-in/code"),
    ("POST", "/sign-in/code"),
    ("POST", "/sign-in/passkey/challenge"),
    ("POST", "/sign-in/passkey"),
    ("GET", "/sign-in/directory"),
    ("GET", "/sign-in/directory/back"),
    ("GET", "/sign-in/setup"),
    ("POST", "/sign-in/setup"),
    ("POST", "/sign-in/setup/done"),
    ("GET", "/verify"),
    ("GET", "/verify/{paper_code}"),
    ("GET", "/public/plan"),
    ("GET", "/public/plan.csv"),
    ("GET", "/public/statistics"),
    ("GET", "/public/statistics/ages.csv"),
    ("GET", "/public/open-data"),
    ("GET", "/public/open-data/{file}"),
    ("GET", "/healthz"),
    ("GET", "/"),
];

/// What every member of staff may ask for, whatever the role.
const SIGNED_IN: &[(&str, &str)] = &[
    ("POST", "/sign-out"),
    ("GET", "/step-up"),
    ("POST", "/step-up"),
    ("POST", "/step-up/passkey/challenge"),
    ("POST", "/step-up/passkey"),
    ("POST", "/account/news"),
    ("GET", "/desk"),
    ("GET", "/address/complete"),
    ("GET", "/echo/date"),
];

/// What every member of staff may ask for after a second factor.
const FRESH_SIGN_IN: &[(&str, &str)] = &[
    ("GET", "/account/passkeys"),
    ("POST", "/account/passkeys/challenge"),
    ("POST", "/account/passkeys"),
    ("POST", "/account/passkeys/{credential}/title"),
    ("POST", "/account/passkeys/{credential}/removal"),
    ("GET", "/account"),
    ("POST", "/account/password"),
    ("POST", "/account/sessions"),
    ("POST", "/account/sessions/{mark}/end"),
];

/// Real rows of the sample for the parameters of paths.
#[derive(Clone)]
pub struct Rows {
    pub person: String,
    pub household: String,
    /// Path of a move-in after 本登録.
    pub registered: String,
    /// Path of a move-in after 仮登録.
    pub provisional: String,
    event: String,
    /// A 支援措置 of somebody whom the register does not know.
    protection: String,
    lock: String,
    /// A 住民票の写し of the person, and letters that are ready.
    issue: String,
    batch: String,
    oversight: Oversight,
}

impl Rows {
    pub fn of(city: &SampleCity, first: &Clerk, second: &Clerk) -> Self {
        let registered = city.move_in(first, second, "届出済");
        let provisional = city.enter(first, "届出中");
        let known = city.residents().swap_remove(0);
        let id = registered.rsplit('/').next().expect("a path").parse().expect("an id");
        let event = city.read(move |tx| Ok(register::notice_head(tx, id)?.expect("is there").event));
        let issue = issue(city, first, &known);
        Self {
            person: known.person.to_string(),
            household: known.household.to_string(),
            registered,
            provisional,
            event: event.expect("registered").to_string(),
            protection: measure(city),
            lock: lock(city, known.person),
            issue,
            batch: letters(city, known.person, &first.actor),
            oversight: Oversight::of(city, known.person, &first.actor),
        }
    }

    /// The same rows, of another person.
    pub fn with(&self, person: PersonId, household: HouseholdId) -> Self {
        Self { person: person.to_string(), household: household.to_string(), ..self.clone() }
    }

    /// The path with its parameters filled in. What changes a notice gets the one that is still open.
    pub fn fill(&self, route: &Listed) -> String {
        let notice = if route.method == Method::POST { &self.provisional } else { &self.registered };
        let notice = notice.rsplit('/').next().expect("a path");
        let pairs = [
            ("{person}", self.person.as_str()),
            ("{household}", &self.household),
            ("{notice}", notice),
            ("{event}", &self.event),
            ("{protection}", &self.protection),
            ("{lock}", &self.lock),
            ("{access}", &self.oversight.access),
            ("{disclosure}", &self.oversight.disclosure),
            ("{use}", &self.oversight.used),
            ("{account}", &self.oversight.account),
            ("{report}", "outside"),
            ("{credential}", "nobodys"),
            ("{mark}", "nobodys"),
            ("{setup}", "0000000000000"),
            ("{issue}", &self.issue),
            ("{copy}", "1"),
            ("{batch}", &self.batch),
            ("{part}", "1"),
            ("{paper_code}", "0000-0000-0000-0000"),
            ("{plan}", "2019"),
            ("{code}", "3-1-7"),
            ("{year}", "2020"),
            ("{town}", "29000"),
            ("{dataset}", "shelters"),
            ("{file}", "shelters.csv"),
        ];
        let path = pairs.iter().fold(route.path.to_owned(), |path, (name, value)| path.replace(name, value));
        assert!(!path.contains('{'), "{path}: say in this test what stands for the parameter");
        path
    }
}

/// A 住民票の写し, as a clerk issues it.
fn issue(city: &SampleCity, clerk: &Clerk, known: &Known) -> String {
    let person = known.person.to_string();
    let fields = [
        ("members", person.as_str()),
        ("form", "joint"),
        ("copies", "1"),
        ("capacity", "self"),
        ("name", "見本　請求"),
        ("purpose", "見本"),
        ("identity", "passport"),
    ];
    let answer = city.post(&format!("/households/{}/copies", known.household), clerk, &fields);
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").rsplit('/').next().expect("a path").to_owned()
}

/// A batch with one part, as if it had been set.
fn letters(city: &SampleCity, person: PersonId, actor: &Actor) -> String {
    let actor = actor.clone();
    let id: Id<()> = city.write(move |tx| {
        let id = tx.new_id();
        let batch = sql!(
            "INSERT INTO letter_batch (municipality_id, id, title, body, contact, made_at, account_id, account_name, section,
                                       state, trouble)
             VALUES ($1, $2, '見本', '見本', '見本', 0, $3, $4, $5, 'done', '')"
        );
        tx.run(batch, params![id, actor.account, actor.name, actor.section.name])?;
        let letter = sql!(
            "INSERT INTO letter (municipality_id, batch_id, letter_no, person_id, state, part_no, trouble)
             VALUES ($1, $2, 1, $3, 'set', 1, '')"
        );
        tx.run(letter, params![id, person])?;
        let part = sql!(
            "INSERT INTO letter_part (municipality_id, batch_id, part_no, letters, pages, made_at, pdf)
             VALUES ($1, $2, 1, 1, 1, 0, $3)"
        );
        tx.run(part, params![id, b"%PDF".to_vec()])?;
        Ok(id)
    });
    id.to_string()
}

/// A measure that shields nobody here.
fn measure(city: &SampleCity) -> String {
    file(city, RawParty { family: "市外".to_owned(), given: "無名".to_owned(), ..RawParty::default() })
}

/// A 支援措置 of a resident.
pub fn shield(city: &SampleCity, person: PersonId) {
    file(city, RawParty { person: person.to_string(), ..RawParty::default() });
}

fn file(city: &SampleCity, applicant: RawParty) -> String {
    let raw = RawProtection { applicant, ..RawProtection::default() };
    let caller = officer(city);
    let filed =
        city.site.inside().write_blocking(FUJIOKA, move |tx| register::file_protection(tx, &caller, &raw));
    filed.expect("files").to_string()
}

/// A lock that only asks for an answer.
fn lock(city: &SampleCity, person: PersonId) -> String {
    let lock = NewLock {
        person: Some(person),
        household: None,
        act: LockAct::Change,
        level: LockLevel::Alert,
        from: MORNING.date(),
        to: None,
        reason: "確認中".to_owned(),
    };
    let caller = officer(city);
    let put = city.site.inside().write_blocking(FUJIOKA, move |tx| register::put_lock(tx, &caller, &lock));
    put.expect("puts").to_string()
}

fn officer(city: &SampleCity) -> Caller {
    let actor = Actor { roles: vec!["protection_officer".to_owned()], ..Actor::system(FUJIOKA) };
    let policy = Arc::clone(city.site.policy());
    Caller { actor, policy, terminal: String::new(), path: String::new() }
}

fn staffed() -> (SampleCity, Vec<Clerk>, Rows) {
    let city = SampleCity::new();
    let staff = city.staff();
    let rows = Rows::of(&city, &staff[0], &staff[1]);
    (city, staff, rows)
}

fn with_need(city: &SampleCity, wanted: impl Fn(Need) -> bool) -> Vec<(String, &'static str)> {
    let found = city.listed.iter().filter(|route| wanted(route.need));
    found.map(|route| (route.method.to_string(), route.path)).collect()
}

#[test]
fn a_route_without_a_right_is_written_down_here() {
    let city = SampleCity::new();
    let listed = |table: &[(&str, &'static str)]| -> Vec<(String, &'static str)> {
        table.iter().map(|(method, path)| ((*method).to_owned(), *path)).collect()
    };
    assert_eq!(with_need(&city, |need| need == Need::Public), listed(PUBLIC));
    assert_eq!(with_need(&city, |need| need == Need::SignedIn), listed(SIGNED_IN));
    assert_eq!(with_need(&city, |need| need == Need::FreshSignIn), listed(FRESH_SIGN_IN));
    for (method, path) in PUBLIC.iter().filter(|(method, _)| *method == "GET") {
        let answer = city.get(path, None);
        let expected = match *path {
            "/" => 303,
            // No directory is set up here.
            "/sign-in/directory" | "/sign-in/directory/back" => 404,
            // The path as it is written here is no code.
            "/verify/{paper_code}" => 422,
            // Nothing is published here.
            "/public/statistics/ages.csv" | "/public/open-data/{file}" => 404,
            _ => 200,
        };
        assert_eq!(answer.status, expected, "{method} {path}");
        check_page(path, &answer);
    }
    assert!(city.get("/healthz", None).body.contains("\"status\":\"ok\""));
    assert_eq!(city.get("/assets/nothing.css", None).status, 404);
}

#[test]
fn without_a_session_there_is_no_content() {
    let (city, staff, rows) = staffed();
    let names: Vec<String> = city.residents().into_iter().map(|one| one.person.to_string()).collect();
    let cookies = ["", "__Host-session=", "__Host-session=0000000000000000000000000000000000000000000"];
    let ended = &staff[6];
    assert_eq!(city.post("/sign-out", ended, &[]).status, 303);
    for route in city.listed.iter().filter(|route| route.need != Need::Public) {
        let path = rows.fill(route);
        for cookie in cookies.into_iter().chain([ended.cookie.as_str()]) {
            let token = form(&[("csrf", &ended.csrf)]);
            let answer = city.send(request(route.method.clone(), &path, cookie, token));
            let expected = if route.method == Method::GET { 303 } else { 401 };
            assert_eq!(answer.status, expected, "{} {path} with {cookie:?}", route.method);
            assert!(!names.iter().any(|name| answer.body.contains(name)), "{path} shows a person");
            if route.method == Method::GET {
                assert!(answer.header("location").starts_with("/sign-in?to="), "{path}");
                assert_eq!(answer.body, "", "{path}");
            } else {
                check_page(&path, &answer);
                assert!(answer.body.contains("サインイン"), "{path}");
            }
        }
    }
}

#[test]
fn each_account_gets_what_the_policy_says() {
    let (city, staff, rows) = staffed();
    for clerk in &staff {
        let mut counts = [0, 0];
        for route in &city.listed {
            let Some((action, resource)) = route.need.right() else { continue };
            let allowed = city.site.policy().allows(&clerk.actor, action, resource);
            counts[usize::from(allowed)] += 1;
            if allowed && route.path.ends_with("/renewal") {
                // It asks for nothing and takes away the part that the next account looks for (see letters).
                continue;
            }
            let path = rows.fill(route);
            let answer = if route.method == Method::GET {
                city.get(&path, Some(clerk))
            } else {
                city.post(&path, clerk, &[])
            };
            let told = format!("{}: {} {path} → {}", clerk.name, route.method, answer.status);
            if !allowed {
                assert_eq!(answer.status, 403, "{told}");
                assert!(answer.body.contains("担当の職員"), "{told}");
            } else if route.method == Method::GET {
                assert_eq!(answer.status, 200, "{told}");
            } else {
                // An empty form does nothing, but it comes past the guard.
                assert!([200, 303, 404, 409, 422].contains(&answer.status), "{told}");
            }
            check_page(&path, &answer);
        }
        assert!(counts[0] > 0 && counts[1] > 0, "{} may {counts:?}: nothing is shown", clerk.name);
    }
}

#[test]
fn a_post_without_the_sessions_token_is_refused() {
    let (city, staff, rows) = staffed();
    let count = |city: &SampleCity| city.residents().len();
    let before = count(&city);
    for clerk in &staff {
        let other = staff.iter().find(|one| one.name != clerk.name).expect("several accounts");
        let allowed = |need: Need| {
            need.right().map_or(need != Need::Public, |(action, resource)| {
                city.site.policy().allows(&clerk.actor, action, resource)
            })
        };
        let posts = city.listed.iter().filter(|route| route.method == Method::POST && allowed(route.need));
        for route in posts {
            let path = rows.fill(route);
            let bodies = [String::new(), form(&[("csrf", "")]), form(&[("csrf", &other.csrf)])];
            for body in bodies {
                let answer = city.send(request(Method::POST, &path, &clerk.cookie, body.clone()));
                assert_eq!(answer.status, 403, "{}: {path} with {body:?}", clerk.name);
            }
            for (name, value, body) in [
                ("x-csrf-token", other.csrf.as_str(), String::new()),
                // The right token, sent by a page of another site.
                ("sec-fetch-site", "cross-site", form(&[("csrf", &clerk.csrf)])),
                ("sec-fetch-site", "same-site", form(&[("csrf", &clerk.csrf)])),
            ] {
                let mut sent = request(Method::POST, &path, &clerk.cookie, body);
                sent.headers_mut().insert(name, value.parse().expect("a header"));
                assert_eq!(city.send(sent).status, 403, "{}: {path} with {name}: {value}", clerk.name);
            }
            // A body that is no form holds no token: a page elsewhere may send text without asking.
            let plain =
                Request::post(&path).header("cookie", &clerk.cookie).header("content-type", "text/plain");
            let plain = plain.body(Body::from(form(&[("csrf", &clerk.csrf)]))).expect("a request");
            assert_eq!(city.send(plain).status, 403, "{}: {path} as text", clerk.name);
        }
    }
    assert_eq!(count(&city), before, "nothing was registered");
}

#[test]
fn a_sign_in_from_another_site_is_refused() {
    let city = SampleCity::new();
    for path in ["/sign-in", "/sign-in/code"] {
        let mut sent = request(Method::POST, path, "", form(&[("name", "shimin1")]));
        sent.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
        assert_eq!(city.send(sent).status, 403, "{path}");
    }
}

#[test]
fn an_unknown_path_is_told_in_japanese() {
    let (city, staff, rows) = staffed();
    let unknown = ["/nothing", "/residents/", "/residents/x/y", "/healthz/"];
    let no_such = [
        "/residents/0000000000000".to_owned(),
        "/households/0000000000000/certificate".to_owned(),
        "/move-ins/abc".to_owned(),
        format!("{}/registration", rows.provisional),
    ];
    for path in unknown.into_iter().map(str::to_owned).chain(no_such) {
        let answer = city.get(&path, Some(&staff[0]));
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("お探しのページはありません"), "{path}");
        check_page(&path, &answer);
    }
}

/// What every answer carries, and every HTML page besides.
pub fn check_page(path: &str, answer: &Answer) {
    let policy = answer.header("content-security-policy");
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{path}: {policy}");
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
    let is_stream = answer.header("content-type") == "text/event-stream";
    let kept_by = if is_stream { "no-cache" } else { "no-store" };
    assert_eq!(answer.header("cache-control"), kept_by, "{path}");
    if !answer.header("content-type").starts_with("text/html") {
        return;
    }
    let page = &answer.body;
    assert!(page.contains("<html lang=\"ja\">"), "{path}: no language");
    let (_, rest) = page.split_once("<title>").unwrap_or_else(|| panic!("{path}: no title"));
    assert!(rest.starts_with("【見本】") || rest.starts_with("エラー：【見本】"), "{path}: {:.60}", rest);
    assert!(page.contains("data-kind=\"sample\""), "{path}: no band");
    assert!(page.contains("<h1"), "{path}: no h1");
    for script in page.split("<script").skip(1) {
        let (head, rest) = script.split_once('>').expect("a tag ends");
        assert!(head.contains(" src=\"") && rest.starts_with("</script>"), "{path}: a script in the page");
    }
    for tag in page.split('<').skip(1).map(|rest| rest.split('>').next().unwrap_or_default()) {
        let attributes = || tag.split_whitespace().filter_map(|word| word.split_once('='));
        assert!(!attributes().any(|(name, _)| name == "style"), "{path}: style in <{tag}>");
        assert!(!attributes().any(|(name, _)| name.starts_with("on")), "{path}: script in <{tag}>");
        assert!(!tag.contains("javascript:"), "{path}: script in <{tag}>");
    }
    assert!(!page.contains("<style"), "{path}: a style in the page");
}
