//! Texts and requests that mean harm: they stay texts, and nothing of the inside is told.
use axum::http::Method;
use base::Clock;
use db::{params, sql};
use identity::{password, session};
use testkit::{FUJIOKA, MORNING, Scratch};

use super::routes::{Rows, check_page};
use super::sample_city::{Answer, SampleCity, encoded, family_of_four, form, request};
use crate::arguments::Arguments;
use crate::city;
use crate::installation::Installation;

const HOSTILE: &[&str] = &[
    "' OR '1'='1",
    "'; DELETE FROM resident_current; --",
    "\\'; SELECT 1; --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "javascript:alert(1)",
    "${7*7}{{7*7}}<%= 7*7 %>#{7*7}",
    "%s%n%x%99999d",
    "$(touch /tmp/x)`id`|cat",
    "../../../../etc/passwd",
    "R8\r\nSet-Cookie: __Host-session=planted\r\n\r\n<html>",
    "\u{0}\u{1}\u{7f}\u{202e}\u{feff}",
    "(a+)+$.*[",
];

/// The tags of a page without the values of their attributes.
fn tags(page: &str) -> Vec<String> {
    let (mut tags, mut quoted) = (Vec::new(), false);
    for tag in page.split('<').skip(1) {
        let inner = tag.split('>').next().unwrap_or_default();
        let bare = inner.chars().filter(|c| {
            quoted ^= *c == '"';
            !quoted
        });
        tags.push(bare.collect());
        quoted = false;
    }
    tags
}

/// A page without anything that was typed as a tag, an attribute or a header.
#[track_caller]
fn check_tame(told: &str, answer: &Answer) {
    assert!([200, 303, 400, 404, 422].contains(&answer.status), "{told}: {}", answer.status);
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    assert!(!set.into_iter().any(|cookie| cookie.contains("planted")), "{told}");
    if answer.header("content-type") == "application/json" {
        let read: Result<serde_json::Value, _> = serde_json::from_str(&answer.body);
        assert!(read.is_ok(), "{told}: {}", answer.body);
    }
    // What a page refuses before it is ours (a form that cannot be read) is plain text.
    if !answer.header("content-type").starts_with("text/html") {
        return;
    }
    assert_eq!(answer.body.matches("<html").count(), 1, "{told}");
    for tag in tags(&answer.body) {
        let mut words = tag.split_whitespace();
        let name = words.next().unwrap_or_default();
        assert!(!["img", "iframe", "object", "style"].contains(&name), "{told}: <{tag}>");
        let wild = words.find(|word| word.starts_with("on") || word.starts_with("style="));
        assert_eq!(wild, None, "{told}: <{tag}>");
        assert!(name != "script" || tag.contains(" src="), "{told}: <{tag}>");
    }
    assert!(!answer.body.contains("href=\"javascript:"), "{told}");
}

#[test]
fn hostile_texts_stay_texts() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let before = city.residents().len();
    let fields: Vec<&str> = family_of_four("").into_iter().map(|(name, _)| name).collect();
    for text in HOSTILE {
        let typed = encoded(text);
        for path in [
            format!("/residents?q={typed}"),
            format!("/residents?page={typed}"),
            format!("/residents/{typed}"),
            format!("/move-ins/{typed}"),
            format!("/households/{typed}/certificate"),
            format!("/sign-in?to={typed}"),
            format!("/sign-in/code?to={typed}"),
            format!("/step-up?to={typed}"),
            format!("/address/complete?q={typed}"),
            format!("/echo/date?text={typed}"),
            format!("/{typed}"),
        ] {
            check_tame(&path, &city.get(&path, Some(&clerk)));
        }
        let all: Vec<(&str, &str)> = fields.iter().map(|name| (*name, *text)).collect();
        check_tame(text, &city.post("/move-ins", &clerk, &all));
        let named = form(&[("name", text), ("password", "x"), ("to", text)]);
        let answer = city.send(request(Method::POST, "/sign-in", "", named));
        assert!(!answer.headers.contains_key("set-cookie"), "{text} signs in");
    }
    assert_eq!(city.residents().len(), before, "the register is as it was");
}

/// `%2541` is the text `%41`, not the letter A.
#[test]
fn a_text_is_decoded_once() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let page = city.get("/residents?q=%2541%2520&amp;lt;", Some(&clerk));
    assert!(page.body.contains("value=\"%41%20\""), "{}", page.status);
    let answer = city.post("/move-ins", &clerk, &[("m0_given", "%3Cb%3E&lt;b&gt;")]);
    assert!(answer.body.contains("value=\"%3Cb%3E&amp;lt;b&amp;gt;\""), "{}", answer.status);
}

/// What was entered as a text is shown as that text wherever it comes up again.
#[test]
fn a_stored_text_is_shown_as_it_is() {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let house = "<script>alert(1)</script>\"'&";
    let mut typed = family_of_four("届出済");
    typed.push(("address_building", house));
    let entered = city.post("/move-ins", &first, &typed);
    assert_eq!(entered.status, 303, "{}", entered.body);
    let path = entered.header("location").to_owned();
    let shown = city.get(&path, Some(&second));
    assert!(shown.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{path}");
    check_tame(&path, &shown);
    let decided = city.post(&format!("{path}/registration"), &second, &[("version", "1")]);
    assert_eq!(decided.status, 303, "{}", decided.body);
    city.drain();
    let known = city.residents().into_iter().find(|one| one.family == "届出済").expect("moved in");
    for path in [
        path,
        format!("/households/{}", known.household),
        format!("/residents/{}", known.person),
        format!("/households/{}/certificate", known.household),
        "/residents?q=%E5%B1%8A%E5%87%BA%E6%B8%88".to_owned(),
        "/lunch".to_owned(),
        "/care".to_owned(),
        "/desks".to_owned(),
    ] {
        check_tame(&path, &city.get(&path, Some(&second)));
    }
}

/// The one file that is handed out: named by its number and day, kept as a file, and no page for a browser.
#[test]
fn a_file_has_a_name_of_our_own() {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let rows = Rows::of(&city, &first, &second);
    let auditor = city.sign_in("kansa");
    assert_eq!(city.get(&format!("/residents/{}", rows.person), Some(&first)).status, 200);
    // A file is made of what is signed.
    let scratch = Scratch::new();
    let keys = vault::Keys::open(&scratch.path.join("keys")).expect("keys");
    let runtime = crate::serve::runtime().expect("a runtime");
    runtime.block_on(crate::log_keeper::sign(&city.site, &keys, &scratch.path)).expect("signs");
    for text in ["", "a\"; filename=\"evil.exe", "x\r\nSet-Cookie: __Host-session=planted", "../../evil"] {
        let typed = encoded(text);
        let path = format!("/oversight/persons/{}/proof?filename={typed}&name={typed}", rows.person);
        let answer = city.get(&path, Some(&auditor));
        assert_eq!(answer.status, 200, "{text:?}: {}", answer.body);
        let said = answer.header("content-disposition");
        let name = said.strip_prefix("attachment; filename=\"").and_then(|rest| rest.strip_suffix('"'));
        let name = name.unwrap_or_else(|| panic!("{text:?}: {said}"));
        assert!(name.starts_with("log-") && name.ends_with(".jsonl"), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)), "{name}");
        let kinds: Vec<_> = answer.headers.get_all("content-type").iter().collect();
        assert_eq!(kinds, ["application/jsonl; charset=utf-8"], "{name}");
        assert!(!answer.headers.contains_key("set-cookie"), "{text:?}");
        assert!(answer.body.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    }
}

/// After signing in one stays on this site.
#[test]
fn the_way_on_never_leaves_the_site() {
    let city = SampleCity::new();
    let away = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "/\t/evil.example/",
        "/\r\nSet-Cookie: planted=1",
        "javascript:alert(1)",
        "desk@evil.example",
        "",
    ];
    assert!(away.len() <= city::SAMPLE_SIGN_INS.len(), "an account for each: a code is taken once");
    for (one, to) in city::SAMPLE_SIGN_INS.iter().zip(away) {
        let page = city.get(&format!("/sign-in?to={}", encoded(to)), None);
        assert!(page.body.contains("name=\"to\" value=\"/desk\""), "{to}: the form");
        let named = form(&[("name", one.name), ("password", one.password), ("to", to)]);
        let named = city.send(request(Method::POST, "/sign-in", "", named));
        assert_eq!(named.header("location"), "/sign-in/code", "{to}");
        let pending = named.header("set-cookie").split(';').next().unwrap_or_default();
        let step = identity::totp::step_at(city.site.inside().clock().now());
        let code = identity::totp::code(&identity::totp::sample_secret(one.name), step);
        let sent = form(&[("code", &code), ("to", to)]);
        let answer = city.send(request(Method::POST, "/sign-in/code", pending, sent));
        assert_eq!((answer.status, answer.header("location")), (303, "/desk"), "{to}");
    }
}

/// A field counts once and where it belongs: in the form, not in the address and not in a cookie.
#[test]
fn a_parameter_in_a_second_place_counts_for_nothing() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let twice = format!("name=shimin2&name=shimin1&password={}", city::sample_password());
    let answer = city.send(request(Method::POST, "/sign-in", "", twice));
    assert!([400, 422].contains(&answer.status) && !answer.headers.contains_key("set-cookie"));
    let in_address = format!("/sign-in?name=shimin2&password={}", city::sample_password());
    let answer = city.send(request(Method::POST, &in_address, "", String::new()));
    assert!(!answer.headers.contains_key("set-cookie"), "{}", answer.status);
    let token = form(&[("csrf", &clerk.csrf)]);
    let address = format!("/sign-out?{token}");
    assert_eq!(city.send(request(Method::POST, &address, &clerk.cookie, String::new())).status, 403);
    let cookies = format!("{}; csrf={}", clerk.cookie, clerk.csrf);
    assert_eq!(city.send(request(Method::POST, "/sign-out", &cookies, String::new())).status, 403);
    let session = format!("/desk?{}", clerk.cookie);
    assert_eq!(city.get(&session, None).status, 303, "a session in the address is none");
    assert_eq!(city.get("/desk", Some(&clerk)).status, 200);
}

/// Fields that a form does not have change nothing.
#[test]
fn a_field_that_nobody_asked_for_changes_nothing() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let before = city.residents().len();
    let mut typed = family_of_four("届出中");
    typed.extend([
        ("state", "final"),
        ("status", "registered"),
        ("event_id", "1"),
        ("decided_by", "1"),
        ("municipality_id", "102016"),
        ("account_id", "1"),
        ("role", "operator"),
        ("version", "99"),
    ]);
    let answer = city.post("/move-ins", &clerk, &typed);
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(city.residents().len(), before, "仮登録 is invisible");
    let path = answer.header("location").to_owned();
    let own = city.post(&format!("{path}/registration"), &clerk, &[("version", "1"), ("entered_by", "1")]);
    assert_ne!(own.header("location"), path, "nobody finalizes what she entered: {}", own.status);
    assert_eq!(city.residents().len(), before);
}

/// A row that cannot be read: the page says that it is our fault, names a reference, and nothing else.
#[test]
fn an_unexpected_error_tells_nothing_of_the_inside() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let known = city.residents().swap_remove(0);
    let path = format!("/residents/{}", known.person);
    assert_eq!(city.get(&path, Some(&clerk)).status, 200);
    let person = known.person;
    city.write(move |tx| {
        let spoil = sql!(
            "UPDATE resident_current SET sex = 'ZZ-inner' WHERE municipality_id = $1 AND person_id = $2"
        );
        tx.run(spoil, params![person])
    });
    let answer = city.get(&path, Some(&clerk));
    assert_eq!(answer.status, 500);
    check_page(&path, &answer);
    assert!(answer.body.contains("こちらの不具合です"), "{}", answer.body);
    assert!(!answer.body.contains(&known.family) && !answer.body.contains(&known.given), "a name is shown");
    for inner in ["ZZ-inner", "resident_current", "SELECT", "sqlite", "panicked", ".rs", "Error", "stored"] {
        assert!(!answer.body.contains(inner), "{inner} is told");
    }
    // The others are served as before.
    assert_eq!(city.get("/desk", Some(&clerk)).status, 200);
}

/// As it was typed, whole: neither cut nor folded.
#[test]
fn a_password_counts_to_its_last_letter() {
    let city = SampleCity::new();
    let right = city::sample_password();
    let upper = right.to_uppercase();
    let shorter = &right[..right.len() - 1];
    let spaced = format!("{right} ");
    for (one, near) in city::SAMPLE_SIGN_INS.iter().zip([upper.as_str(), shorter, &spaced]) {
        let sent = form(&[("name", one.name), ("password", near)]);
        let answer = city.send(request(Method::POST, "/sign-in", "", sent));
        assert_eq!(answer.status, 422, "{near:?}");
        assert!(!answer.body.contains(near) || near == shorter, "the page prints the password back");
    }
    for length in [64, 128, 1000] {
        let long: String = "藤の花と四角い窓 🌸Aa1 ".chars().cycle().take(length).collect();
        let stored = password::hash(&long);
        assert!(password::verify(&long, Some(&stored)), "{length} letters");
        let mut other = long.clone();
        other.pop();
        other.push('x');
        assert!(!password::verify(&other, Some(&stored)), "the last of {length} letters counts");
    }
}

/// Passwords do not expire: whoever must change one for no reason takes a worse one.
#[test]
fn a_password_does_not_grow_old() {
    let city = SampleCity::new();
    let runtime = crate::serve::runtime().expect("a runtime");
    for years in [1, 10, 40] {
        let (name, password) = ("shimin1".to_owned(), city::sample_password().to_owned());
        let attempt = session::Attempt { name, password, client: "192.0.2.1".to_owned() };
        let at = MORNING.plus_seconds(years * 366 * 24 * 3600);
        let begun = runtime.block_on(session::begin(city.site.inside(), FUJIOKA, attempt, at));
        assert!(begun.is_ok(), "after {years} years");
    }
}

#[test]
fn the_sign_in_form_works_with_a_store_of_passwords() {
    let page = SampleCity::new().get("/sign-in", None).body;
    let field = page.split('<').find(|tag| tag.contains("name=\"password\"")).expect("a field");
    assert!(
        field.contains("type=\"password\"") && field.contains("autocomplete=\"current-password\""),
        "{field}"
    );
    let name = page.split('<').find(|tag| tag.contains("name=\"name\"")).expect("a field");
    assert!(name.contains("autocomplete=\"username\""), "{name}");
    assert!(!field.contains("maxlength") && !field.contains("readonly"), "{field}");
}

/// Nothing can be signed in to before somebody makes an account.
#[test]
fn a_new_installation_has_no_account() {
    let scratch = Scratch::new();
    let folder = scratch.path.display().to_string();
    let arguments = Arguments::parse(["--data", &folder].map(str::to_owned).into_iter()).expect("options");
    let installation = Installation::open(&arguments, &Clock::fixed(MORNING)).expect("opens");
    let accounts = installation.inside.read_blocking(FUJIOKA, |tx| {
        let count = sql!("SELECT COUNT(*) FROM account WHERE municipality_id = $1");
        tx.one(count, params![], |row| row.take::<i64>())
    });
    assert_eq!(accounts.expect("reads"), 0);
    let runtime = crate::serve::runtime().expect("a runtime");
    assert!(runtime.block_on(installation.city()).expect("reads").is_none(), "not even a city");
}

/// The folder of the data is for the program's user alone.
#[test]
fn the_data_lie_in_a_folder_of_their_own() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = Scratch::new();
    let folder = scratch.path.join("city");
    let words = ["--data".to_owned(), folder.display().to_string()];
    let arguments = Arguments::parse(words.into_iter()).expect("options");
    drop(Installation::open(&arguments, &Clock::fixed(MORNING)).expect("opens"));
    let mode = folder.metadata().expect("is there").permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
}

/// The help of the sample (passwords and codes on the sign-in pages) is for a sample alone.
#[test]
fn a_real_city_shows_no_password_and_no_code() {
    let scratch = Scratch::new();
    let folder = scratch.path.display().to_string();
    let arguments = Arguments::parse(["--data", &folder].map(str::to_owned).into_iter()).expect("options");
    let installation = Installation::open(&arguments, &Clock::fixed(MORNING)).expect("opens");
    let runtime = crate::serve::runtime().expect("a runtime");
    for (sample, expected) in [(true, true), (false, false)] {
        let site = runtime.block_on(installation.site(city::fujioka(), sample)).expect("a site");
        let (router, _) = web::serve_routes(site);
        for path in ["/sign-in", "/sign-in/code"] {
            let page = runtime.block_on(async {
                let sent = request(Method::GET, path, "", String::new());
                let answer = tower::ServiceExt::oneshot(router.clone(), sent).await.expect("answers");
                let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
                String::from_utf8(bytes.to_vec()).expect("text")
            });
            assert_eq!(page.contains("見本"), expected, "{path}");
            assert_eq!(page.contains("shimin1"), expected, "{path}");
            assert!(expected || !page.contains(city::sample_password()), "{path}");
        }
    }
}

/// Who may read one record may not read the next one by counting on.
#[test]
fn an_address_that_is_guessed_opens_nothing_without_the_right() {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let lunch = city.sign_in("kyushoku");
    let rows = Rows::of(&city, &first, &second);
    for path in [
        format!("/residents/{}", rows.person),
        format!("/households/{}", rows.household),
        format!("/households/{}/certificate", rows.household),
        rows.registered.clone(),
        rows.provisional.clone(),
    ] {
        let answer = city.get(&path, Some(&lunch));
        assert_eq!(answer.status, 403, "{path}");
        assert!(!answer.body.contains("届出"), "{path}: a name is shown");
    }
}
