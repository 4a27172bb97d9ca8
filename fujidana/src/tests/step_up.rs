//! What weighs much asks for a second factor again, and leads back to where the person was.
use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use axum::http::Method;
use db::{params, sql};
use identity::totp;
use testkit::MORNING;
use web::Reach;

use super::routes::{Rows, check_page};
use super::sample_city::{Clerk, SampleCity, form, request};

const PAGE: &str = "/account/passkeys";

/// A quarter of an hour after the sign-in, as far as the second factor goes.
fn grow_stale(city: &SampleCity) {
    city.write(|tx| {
        tx.announce_change();
        let stale = sql!("UPDATE session SET fresh_at = $2 WHERE municipality_id = $1");
        tx.run(stale, params![MORNING.plus_seconds(-900)]).map(drop)
    });
}

/// The code after the one of the sign-in: each is taken once.
fn next_code(clerk: &Clerk) -> String {
    totp::code(&totp::sample_secret(clerk.name), totp::step_at(MORNING) + 1)
}

#[test]
fn every_route_that_asks_for_it_is_closed_until_then() {
    let city = SampleCity::new();
    let staff = city.staff();
    let rows = Rows::of(&city, &staff[0], &staff[1]);
    grow_stale(&city);
    let mut asked = 0;
    for clerk in &staff {
        for route in city.listed.iter().filter(|route| route.need.is_fresh()) {
            let allowed = route
                .need
                .right()
                .is_none_or(|(action, resource)| city.site.policy().allows(&clerk.actor, action, resource));
            let path = rows.fill(route);
            let (answer, expected) = if route.method == Method::GET {
                (city.get(&path, Some(clerk)), if allowed { 303 } else { 403 })
            } else {
                (city.post(&path, clerk, &[]), if allowed { 401 } else { 403 })
            };
            assert_eq!(answer.status, expected, "{}: {} {path}", clerk.name, route.method);
            asked += usize::from(allowed);
            match expected {
                303 => assert!(answer.header("location").starts_with("/step-up?to=%2F"), "{path}"),
                401 => {
                    assert!(answer.body.contains("確認のあと、もう一度送ってください"), "{path}");
                    check_page(&path, &answer);
                }
                _ => {}
            }
        }
    }
    assert!(asked > staff.len() * 5, "{asked}: somebody may ask for something");
}

#[test]
fn a_code_opens_it_and_leads_back() {
    let city = SampleCity::new();
    let mut clerk = city.sign_in("shimin1");
    assert_eq!(city.get(PAGE, Some(&clerk)).status, 200, "a sign-in counts");
    grow_stale(&city);
    let answer = city.get(PAGE, Some(&clerk));
    assert_eq!(answer.header("location"), "/step-up?to=%2Faccount%2Fpasskeys");
    let page = city.get(answer.header("location"), Some(&clerk));
    assert!(page.body.contains("name=\"to\" value=\"/account/passkeys\""), "{}", page.body);
    check_page("/step-up", &page);
    let refused = city.post("/step-up", &clerk, &[("code", "000000"), ("to", PAGE)]);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("組み合わせが違います"));
    let code = next_code(&clerk);
    let opened = city.post("/step-up", &clerk, &[("code", &code), ("to", PAGE)]);
    assert_eq!((opened.status, opened.header("location")), (303, PAGE));
    let old = std::mem::take(&mut clerk.cookie);
    opened.header("set-cookie").split(';').next().expect("a cookie").clone_into(&mut clerk.cookie);
    assert_ne!(clerk.cookie, old, "the cookie changes");
    assert_eq!(city.get(PAGE, Some(&clerk)).status, 200);
    // A form of another tab, made before, is still good.
    assert_eq!(city.post(&format!("{PAGE}/nobodys/title"), &clerk, &[("title", "a")]).status, 404);
    clerk.cookie = old;
    assert_eq!(city.get(PAGE, Some(&clerk)).header("location"), "/sign-in?to=%2Faccount%2Fpasskeys");
}

#[test]
fn a_late_form_leads_back_to_its_page_and_never_elsewhere() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    grow_stale(&city);
    for (from, expected) in [
        ("https://desk.example/account/passkeys?done=added", "/account/passkeys?done=added"),
        ("https://desk.example//evil.example", "/desk"),
        ("https://desk.example", "/desk"),
        ("nonsense", "/desk"),
        ("", "/desk"),
    ] {
        let body = form(&[("csrf", &clerk.csrf), ("title", "never shown")]);
        let mut sent = request(Method::POST, PAGE, &clerk.cookie, body);
        sent.headers_mut().insert("referer", from.parse().expect("a header"));
        let answer = city.send(sent);
        assert_eq!(answer.status, 401, "{from}");
        assert!(answer.body.contains(&format!("name=\"to\" value=\"{expected}\"")), "{from}");
        assert!(!answer.body.contains("never shown"), "{from}");
    }
}

/// Challenges are for those who may answer them.
#[test]
fn passkeys_are_asked_for_in_the_name_of_this_site() {
    let city = SampleCity::new();
    let asked = "/sign-in/passkey/challenge";
    assert_eq!(city.send(request(Method::POST, asked, "", String::new())).status, 404, "no origin is known");
    let reach = Reach { origin: "https://desk.example".to_owned(), ..Reach::default() };
    let city = city.reached(reach);
    let answer = city.send(request(Method::POST, asked, "", String::new()));
    assert_eq!(answer.status, 200);
    for words in ["\"rpId\":\"desk.example\"", "\"userVerification\":\"required\"", "\"challenge\":\""] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let clerk = city.sign_in("shimin1");
    let answer = city.post(&format!("{PAGE}/challenge"), &clerk, &[]);
    for words in ["\"attestation\":\"none\"", "\"residentKey\":\"required\"", "\"alg\":-257"] {
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let sent = [("client_data", "e30"), ("attestation", "oA"), ("title", "窓口")];
    let refused = city.post(PAGE, &clerk, &sent);
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("お待ちの間に時間がたちました"), "{}", refused.body);
    let refused = city.send(request(Method::POST, "/sign-in/passkey", "", form(&[("credential", "AAAA")])));
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("組み合わせが違います"));
    check_page("/sign-in/passkey", &refused);
}

/// Behind a proxy of our own the log names whom the proxy saw, and what that one wrote about himself is nothing.
#[test]
fn the_log_names_the_client_and_not_our_proxy() {
    let reach = Reach { trusted_proxies: vec![[10, 0, 0, 1].into()], ..Reach::default() };
    let city = SampleCity::new().reached(reach);
    let tries = [
        ([10, 0, 0, 1], "203.0.113.9"),
        ([10, 0, 0, 1], "198.51.100.1, 203.0.113.8"),
        ([192, 0, 2, 7], "203.0.113.7"),
    ];
    for (peer, named) in tries {
        let body = form(&[("name", "shimin1"), ("password", "wrong")]);
        let mut sent = request(Method::POST, "/sign-in", "", body);
        sent.headers_mut().insert("x-forwarded-for", named.parse().expect("a header"));
        sent.extensions_mut().insert(ConnectInfo(SocketAddr::from((peer, 50_000))));
        assert_eq!(city.send(sent).status, 422);
    }
    let seen: Vec<String> = city.read(|tx| {
        let list = sql!(
            "SELECT terminal FROM access
              WHERE municipality_id = $1 AND operation = 'sign_in_failed' ORDER BY id"
        );
        tx.all(list, params![], |row| row.take())
    });
    assert_eq!(seen, ["203.0.113.9", "203.0.113.8", "192.0.2.7"]);
}
