//! What every answer carries, whatever became of the request: headers, cookies, kinds, sizes, methods.
use axum::body::Body;
use axum::http::{Method, Request};
use db::{params, sql};
use identity::totp;
use web::{Listed, Need};

use super::routes::Rows;
use super::sample_city::{Answer, Clerk, SampleCity, form, request};
use crate::city;

/// A form is never larger than this.
const MOST_BYTES: usize = 1 << 20;

fn staffed() -> (SampleCity, Clerk, Rows) {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let rows = Rows::of(&city, &first, &second);
    (city, first, rows)
}

/// Every route's path with rows of the sample for its parameters, or with nothing's number.
fn address(route: &Listed, rows: &Rows) -> String {
    let notice = if route.method == Method::POST { &rows.provisional } else { &rows.registered };
    let known = [
        ("{person}", rows.person.as_str()),
        ("{household}", rows.household.as_str()),
        ("{notice}", notice.rsplit('/').next().expect("a path")),
    ];
    let part = |part: &'static str| match known.iter().find(|(name, _)| *name == part) {
        Some((_, value)) => (*value).to_owned(),
        None if part.starts_with('{') => "0000000000000".to_owned(),
        None => part.to_owned(),
    };
    route.path.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Style sheets, scripts, pictures and fonts, as a page names them.
fn assets(page: &str) -> Vec<String> {
    let named = page.split('"').filter(|text| text.starts_with("/assets/"));
    let mut all: Vec<String> = named.map(str::to_owned).collect();
    all.sort();
    all.dedup();
    all
}

/// Answers of every sort: pages, JSON, a stream, files, ways on, and every kind of refusal.
fn answers(city: &SampleCity, clerk: &Clerk, rows: &Rows) -> Vec<(String, Answer)> {
    let mut all: Vec<(String, Answer)> = Vec::new();
    for route in &city.listed {
        let path = address(route, rows);
        let no_session = request(route.method.clone(), &path, "", String::new());
        let no_token = request(route.method.clone(), &path, &clerk.cookie, String::new());
        for sent in [no_session, no_token] {
            all.push((format!("{} {path}", route.method), city.send(sent)));
        }
    }
    let files = assets(&city.get("/desk", Some(clerk)).body);
    assert!(files.iter().any(|file| file.ends_with(".js")), "{files:?}");
    let pages = ["/nothing", "/assets/nothing.css", "/residents?page=none", "/echo/date?text=R8.11.24"];
    for path in pages.into_iter().map(str::to_owned).chain(files) {
        all.push((path.clone(), city.get(&path, Some(clerk))));
    }
    for (told, method, path, cookie, body) in [
        ("other method", Method::PUT, "/desk", clerk.cookie.as_str(), String::new()),
        ("wrong password", Method::POST, "/sign-in", "", form(&[("name", "shimin1"), ("password", "x")])),
        ("twice the same field", Method::POST, "/sign-in", "", "name=a&name=b".to_owned()),
        ("too large", Method::POST, "/sign-in", "", "x".repeat(MOST_BYTES + 1)),
        ("too large for the guard", Method::POST, "/move-ins", &clerk.cookie, "x".repeat(MOST_BYTES + 1)),
    ] {
        all.push((told.to_owned(), city.send(request(method, path, cookie, body))));
    }
    let plain = Request::post("/sign-in").header("content-type", "text/plain").body(Body::from("name=a"));
    all.push(("a form that is none".to_owned(), city.send(plain.expect("a request"))));
    all
}

#[test]
fn every_answer_carries_the_headers() {
    let (city, clerk, rows) = staffed();
    let mut statuses: Vec<u16> = Vec::new();
    for (told, answer) in answers(&city, &clerk, &rows) {
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{told}: {part} is not in {policy}");
        }
        for loose in ["unsafe", "*", "http:", "https:", "blob:"] {
            assert!(!policy.contains(loose), "{told}: {loose} is in {policy}");
        }
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), value, "{told}: {name}");
        }
        for name in ["server", "x-powered-by", "via"] {
            assert!(!answer.headers.contains_key(name), "{told}: {name}");
        }
        assert!(answer.status != 500, "{told}: {}", answer.body);
        statuses.push(answer.status);
    }
    statuses.sort_unstable();
    statuses.dedup();
    for sort in [200, 303, 401, 403, 404, 413, 422] {
        assert!(statuses.contains(&sort), "no answer of sort {sort}: {statuses:?}");
    }
}

/// Two years, with subdomains: browsers never try without TLS again.
#[test]
fn a_site_with_tls_stays_with_tls() {
    let city = SampleCity::new();
    let runtime = crate::serve::runtime().expect("a runtime");
    for (origin, expected) in [
        ("https://desk.city.example.jp", Some("max-age=63072000; includeSubDomains")),
        ("http://localhost:8080", None),
        ("", None),
    ] {
        let site = city.site.clone().reached(web::Reach { origin: origin.to_owned(), ..Default::default() });
        let (router, _) = web::serve_routes(site);
        for path in ["/", "/sign-in", "/healthz", "/desk", "/nothing", "/assets/nothing.css"] {
            let sent = request(Method::GET, path, "", String::new());
            let answer = runtime.block_on(tower::ServiceExt::oneshot(router.clone(), sent)).expect("answers");
            let said = answer
                .headers()
                .get("strict-transport-security")
                .map(|value| value.to_str().expect("letters"));
            assert_eq!(said, expected, "{path} of {origin:?}");
        }
    }
}

/// No page of another site reads an answer, whatever it says of itself.
#[test]
fn no_other_origin_may_read_an_answer() {
    let (city, clerk, rows) = staffed();
    for origin in ["https://evil.example", "null", "http://localhost:8080"] {
        for route in &city.listed {
            let path = address(route, &rows);
            for method in [route.method.clone(), Method::OPTIONS] {
                let mut sent = request(method.clone(), &path, &clerk.cookie, String::new());
                sent.headers_mut().insert("origin", origin.parse().expect("a header"));
                sent.headers_mut().insert("access-control-request-method", "POST".parse().expect("a header"));
                let answer = city.send(sent);
                let cors = answer.headers.keys().find(|name| name.as_str().starts_with("access-control-"));
                assert_eq!(cors, None, "{method} {path} from {origin}");
            }
        }
    }
}

#[test]
fn the_kind_of_an_answer_is_told_and_true() {
    let (city, clerk, rows) = staffed();
    let mut kinds: Vec<String> = Vec::new();
    for (told, answer) in answers(&city, &clerk, &rows) {
        if answer.body.is_empty() {
            // An empty body, or a font.
            continue;
        }
        let kind = answer.header("content-type");
        let (start, end) = (answer.body.trim_start(), told.rsplit('.').next().unwrap_or_default());
        match kind {
            "text/html; charset=utf-8" => assert!(start.starts_with("<!DOCTYPE html>"), "{told}"),
            "application/json" => {
                let read: Result<serde_json::Value, _> = serde_json::from_str(&answer.body);
                assert!(read.is_ok(), "{told}: {}", answer.body);
            }
            "text/css; charset=utf-8" => assert_eq!(end, "css", "{told}"),
            "application/pdf" => assert!(start.starts_with("%PDF"), "{told}"),
            "text/csv; charset=utf-8" => assert_eq!(end, "csv", "{told}"),
            "text/javascript; charset=utf-8" => assert_eq!(end, "js", "{told}"),
            "image/svg+xml" => assert!(end == "svg" && start.starts_with("<svg"), "{told}"),
            // UTF-8 by its own definition.
            "text/event-stream" => assert!(told.ends_with("/stream"), "{told}"),
            "text/plain; charset=utf-8" => assert!(!start.starts_with('<'), "{told}: {start}"),
            other => panic!("{told}: {other:?}"),
        }
        kinds.push(kind.to_owned());
    }
    for kind in ["text/html; charset=utf-8", "application/json", "text/event-stream"] {
        assert!(kinds.iter().any(|one| one == kind), "{kind} was not shown");
    }
}

/// Everything that sets a cookie, in the order of a day: name and password, code, confirmation, going home.
fn cookie_setters(city: &SampleCity) -> Vec<Answer> {
    let clerk = city.sign_in("shimin1");
    let code_of = |name: &str, later: i64| {
        let step = totp::step_at(city.site.inside().clock().now());
        totp::code(&totp::sample_secret(name), step + later)
    };
    let named = form(&[("name", "shimin2"), ("password", city::sample_password())]);
    let named = city.send(request(Method::POST, "/sign-in", "", named));
    let pending = named.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let confirmed = form(&[("code", &code_of("shimin2", 0))]);
    let confirmed = city.send(request(Method::POST, "/sign-in/code", &pending, confirmed));
    let again = city.post("/step-up", &clerk, &[("code", &code_of("shimin1", 1)), ("to", "/desk")]);
    let renewed = again.header("set-cookie").split(';').next().unwrap_or_default().to_owned();
    let out = request(Method::POST, "/sign-out", &renewed, form(&[("csrf", &clerk.csrf)]));
    vec![named, confirmed, again, city.send(out)]
}

#[test]
fn a_cookie_is_for_this_host_alone_and_for_no_script() {
    let city = SampleCity::new();
    let mut count = 0;
    for answer in cookie_setters(&city) {
        assert_eq!(answer.status, 303, "{}", answer.body);
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("letters");
            let mut parts = cookie.split("; ");
            let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).expect("a pair");
            let attributes: Vec<&str> = parts.collect();
            assert!(name.starts_with("__Host-"), "{cookie}");
            for wanted in ["Secure", "HttpOnly", "Path=/"] {
                assert!(attributes.contains(&wanted), "{wanted}: {cookie}");
            }
            assert!(
                attributes.iter().any(|one| ["SameSite=Lax", "SameSite=Strict"].contains(one)),
                "{cookie}"
            );
            assert!(!attributes.iter().any(|one| one.starts_with("Domain")), "{cookie}");
            if !value.is_empty() {
                assert_eq!(value.len(), 64, "32 bytes as digits: {cookie}");
                // The cookie is the one place where the token stands.
                assert!(
                    !answer.body.contains(value) && !answer.header("location").contains(value),
                    "{cookie}"
                );
                let page =
                    city.send(request(Method::GET, "/desk", &format!("{name}={value}"), String::new()));
                assert!(!page.body.contains(value), "{name}: the page prints its token");
            }
            count += 1;
        }
    }
    assert_eq!(count, 5, "one, two (the first is taken back), one, one");
}

/// A session that somebody planted in the browser is not made the person's own.
#[test]
fn signing_in_gives_a_new_session_and_ends_the_confirmed_one() {
    let city = SampleCity::new();
    let planted = format!("__Host-session={}", "0".repeat(64));
    let sent = form(&[("name", "shimin1"), ("password", city::sample_password())]);
    let answer = city.send(request(Method::POST, "/sign-in", &planted, sent));
    assert!(!answer.header("set-cookie").contains(&planted), "{}", answer.header("set-cookie"));
    let clerk = city.sign_in("shimin2");
    assert_ne!(clerk.cookie, planted);
    let step = totp::step_at(city.site.inside().clock().now());
    let code = totp::code(&totp::sample_secret("shimin2"), step + 1);
    let again = city.post("/step-up", &clerk, &[("code", &code), ("to", "/desk")]);
    let renewed = again.header("set-cookie").split(';').next().unwrap_or_default();
    assert_eq!(city.send(request(Method::GET, "/desk", renewed, String::new())).status, 200);
    assert_eq!(city.get("/desk", Some(&clerk)).status, 303, "the old cookie is worth nothing");
}

/// What an act would leave behind.
fn acts(city: &SampleCity) -> Vec<i64> {
    city.read(|tx| {
        let counts = [
            sql!("SELECT COUNT(*) FROM event WHERE municipality_id = $1"),
            sql!("SELECT COUNT(*) FROM move_in WHERE municipality_id = $1"),
            sql!("SELECT COUNT(*) FROM resident_current WHERE municipality_id = $1"),
            sql!("SELECT COUNT(*) FROM session WHERE municipality_id = $1"),
        ];
        counts.into_iter().map(|count| tx.one(count, params![], |row| row.take())).collect()
    })
}

/// GET and HEAD read; POST acts; nothing else is answered.
#[test]
fn a_method_does_what_it_says() {
    let (city, clerk, rows) = staffed();
    let before = acts(&city);
    let declared = |path: &str, method: &Method| {
        city.listed.iter().any(|route| address(route, &rows) == path && route.method == *method)
    };
    for route in &city.listed {
        let path = address(route, &rows);
        let others = ["TRACE", "OPTIONS", "PUT", "PATCH", "DELETE", "CONNECT", "PROPFIND", "POST", "GET"];
        for method in others.map(|name| Method::from_bytes(name.as_bytes()).expect("a method")) {
            if declared(&path, &method) {
                continue;
            }
            let mut sent = request(method.clone(), &path, &clerk.cookie, form(&[("csrf", &clerk.csrf)]));
            sent.headers_mut().insert("x-csrf-token", clerk.csrf.parse().expect("a header"));
            let answer = city.send(sent);
            // `/residents/{person}` is asked for with other words in its place.
            let is_free = method == Method::GET || method == Method::POST;
            let refused =
                [404, 405].contains(&answer.status) || (is_free && [400, 403].contains(&answer.status));
            assert!(refused, "{method} {path}: {}", answer.status);
            assert!(!answer.body.contains(&clerk.csrf) || is_free, "{method} {path} sends the request back");
        }
        if route.method == Method::GET {
            for name in ["x-http-method-override", "x-method-override", "x-http-method"] {
                let mut sent = request(Method::GET, &path, &clerk.cookie, String::new());
                sent.headers_mut().insert(name, "POST".parse().expect("a header"));
                assert_ne!(city.send(sent).status, 405, "{path}");
            }
            let head = city.send(request(Method::HEAD, &path, &clerk.cookie, String::new()));
            assert_eq!(head.body, "", "HEAD {path}");
        }
    }
    assert_eq!(acts(&city), before, "nothing was done");
}

#[test]
fn a_body_of_a_megabyte_is_read_and_a_larger_one_is_not() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let filled = |size: usize| {
        let head = form(&[("csrf", &clerk.csrf), ("submission_id", "s")]);
        let fill = size - head.len() - "&fill=".len();
        format!("{head}&fill={}", "x".repeat(fill))
    };
    for (path, cookie) in [("/sign-in", ""), ("/sign-in/code", ""), ("/move-ins", clerk.cookie.as_str())] {
        for (size, refused) in [(MOST_BYTES, false), (MOST_BYTES + 1, true), (8 * MOST_BYTES, true)] {
            let answer = city.send(request(Method::POST, path, cookie, filled(size)));
            assert_eq!(answer.status == 413, refused, "{path} with {size} bytes: {}", answer.status);
        }
    }
}

/// What lies on the disk beside the program has no address.
#[test]
fn no_path_leads_to_a_file() {
    let (city, clerk, _) = staffed();
    for path in [
        "/assets/",
        "/assets",
        "/assets/../Cargo.toml",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/assets/..%5c..%5cCargo.toml",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/assets/desk.css%00.html",
        "/.git/config",
        "/.git/HEAD",
        "/.svn/entries",
        "/.env",
        "/Cargo.toml",
        "/data/inside.db",
        "/inside.db",
        "/lock",
        "/debug",
        "/metrics",
        "/swagger.json",
        "/api",
    ] {
        let answer = city.get(path, Some(&clerk));
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.body.contains("お探しのページはありません"), "{path}");
    }
}

/// Pages of one purpose, a link away from the way out: the confirmation, and the paper as it is printed.
const WITHOUT_MENU: &[&str] = &["/step-up", "/households/{household}/certificate"];

/// Whoever works can stop from every page.
#[test]
fn every_page_has_the_way_out() {
    let (city, clerk, rows) = staffed();
    let mut without: Vec<&str> = Vec::new();
    for route in city.listed.iter().filter(|route| route.method == Method::GET && route.need != Need::Public)
    {
        let path = address(route, &rows);
        let answer = city.get(&path, Some(&clerk));
        let is_page = answer.status == 200 && answer.header("content-type").starts_with("text/html");
        if is_page && !answer.body.contains("action=\"/sign-out\"") {
            assert!(answer.body.contains("<a "), "{path}: no way on at all");
            without.push(route.path);
        }
    }
    assert_eq!(without, WITHOUT_MENU);
}

/// What the server answers to these bytes, one status for each request that it sees in them.
fn raw(address: std::net::SocketAddr, sent: &str) -> Vec<u16> {
    use std::io::{Read, Write};
    let mut connection = std::net::TcpStream::connect(address).expect("the server listens");
    connection.set_read_timeout(Some(std::time::Duration::from_secs(5))).expect("a patience");
    connection.write_all(sent.as_bytes()).expect("is read");
    let mut answer = Vec::new();
    // A server that refuses may close before everything was read.
    drop(connection.read_to_end(&mut answer));
    let text = String::from_utf8_lossy(&answer).into_owned();
    let heads = text.split("HTTP/1.1 ").skip(1);
    heads.map(|head| head[..3].parse().expect("a status")).collect()
}

/// Where a request ends is told in one way; told in two ways that differ, it is none.
#[test]
fn a_request_has_one_end() {
    let city = SampleCity::new();
    let runtime = crate::serve::runtime().expect("a runtime");
    let (router, _) = web::serve_routes(city.site.clone());
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    runtime.spawn(async { axum::serve(listener, router).await });
    const HEAD: &str = "POST /sign-in/code HTTP/1.1\r\nHost: localhost\r\n\
                        Content-Type: application/x-www-form-urlencoded\r\n";
    const NEXT: &str = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (lines, body, expected) in [
        // A sound pair of requests: a form without its cookie, then the next one.
        ("Content-Length: 3\r\n", "a=b", &[303, 200][..]),
        ("Transfer-Encoding: chunked\r\n", "3\r\na=b\r\n0\r\n\r\n", &[303, 200]),
        ("Content-Length: 3\r\nContent-Length: 4\r\n", "a=b", &[400]),
        ("Content-Length: 3, 4\r\n", "a=b", &[400]),
        ("Content-Length: +3\r\n", "a=b", &[400]),
        ("Content-Length: 3x\r\n", "a=b", &[400]),
        ("Transfer-Encoding: identity\r\n", "a=b", &[400]),
        ("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n", &[400]),
        // The chunks count, and nothing after them: the connection ends.
        ("Content-Length: 500\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n", &[303]),
        ("Transfer-Encoding: chunked\r\n", "zz\r\na=b\r\n", &[400]),
    ] {
        let statuses = raw(address, &format!("{HEAD}{lines}\r\n{body}{NEXT}"));
        assert_eq!(statuses, expected, "{lines:?} {body:?}");
    }
}
