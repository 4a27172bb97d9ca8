use std::sync::OnceLock;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use db::{DbError, Store, params, sql};
use identity::{Attempt, NewAccount, NewPost, Section, password, session, totp};
use testkit::{FUJIOKA, MORNING, both};
use tower::ServiceExt;

use super::work::damage;
use super::{drain, family, keys, migrations, move_in, run, site};

const PASSWORD: &str = "見本のあいことば";

/// A signed-in browser.
struct Browser {
    router: Router,
    cookie: String,
    csrf: String,
}

impl Browser {
    fn sign_in(store: &Store, router: &Router, name: &'static str, role: &'static str) -> Self {
        static HASH: OnceLock<String> = OnceLock::new();
        let account = NewAccount {
            sign_in_name: name.to_owned(),
            display_name: format!("職員 {name}"),
            password_hash: HASH.get_or_init(|| password::hash(PASSWORD)).clone(),
            totp_secret: totp::sample_secret(name),
            sample: true,
        };
        let added: Result<(), DbError> = store.write_blocking(FUJIOKA, move |tx| {
            let section = Section { code: name.to_owned(), name: "課".to_owned() };
            identity::create_section(tx, &section)?;
            let account = identity::create_account(tx, &keys(), &account, MORNING)?;
            let (section, role) = (name.to_owned(), role.to_owned());
            identity::give_post(tx, &NewPost { account, section, role, from: MORNING.date(), to: None })
        });
        added.expect("adds an account");
        let attempt =
            Attempt { name: name.to_owned(), password: PASSWORD.to_owned(), client: "192.0.2.7".to_owned() };
        let code = totp::code(&totp::sample_secret(name), totp::step_at(MORNING));
        let (cookie, session) = run(async {
            let pending = session::begin(store, FUJIOKA, attempt, MORNING).await.expect("the password fits");
            let cookie = pending.cookie.reveal();
            let new = session::confirm(store, &keys(), FUJIOKA, cookie, &code, MORNING)
                .await
                .expect("the code fits");
            let token = new.token.reveal().to_owned();
            let session = session::current(store, FUJIOKA, &token, MORNING).await.expect("the store answers");
            (token, session.expect("signed in"))
        });
        Self { router: router.clone(), cookie: format!("__Host-session={cookie}"), csrf: session.csrf }
    }

    fn send(&self, method: Method, path: &str, body: &str) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("cookie", &self.cookie)
            .header("x-csrf-token", &self.csrf)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(body.to_owned()))
            .expect("a request");
        run(async {
            let response = self.router.clone().oneshot(request).await.expect("the router answers");
            let location = response.headers().get("location").and_then(|to| to.to_str().ok());
            let (status, location) = (response.status(), location.unwrap_or_default().to_owned());
            let bytes = to_bytes(response.into_body(), 1 << 20).await.expect("a body");
            (status, location, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
        })
    }

    fn open(&self, path: &str) -> String {
        let (status, _, page) = self.send(Method::GET, path, "");
        assert_eq!(status, StatusCode::OK, "{path}");
        page
    }

    #[track_caller]
    fn refused(&self, method: Method, path: &str) {
        assert_eq!(self.send(method, path, "").0, StatusCode::FORBIDDEN, "{path}");
    }
}

#[track_caller]
fn shows(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "the page lacks {part}");
    }
}

/// How often somebody was looked at for a purpose, and how many persons each time.
fn looks(store: &Store, purpose: &'static str) -> Vec<i64> {
    let read: Result<Vec<i64>, DbError> = store.read_blocking(FUJIOKA, move |tx| {
        let find =
            sql!("SELECT person_count FROM access WHERE municipality_id = $1 AND purpose = $2 ORDER BY id");
        tx.all(find, params![purpose], |r| r.take())
    });
    read.expect("reads")
}

#[test]
fn a_clerk_works_off_the_desk() {
    both(&migrations(), |store| {
        let site = site(&store);
        let event = move_in(&store, &family()).event;
        drain(&site);
        let (router, _) = web::serve_routes(site);
        let clerk = Browser::sign_in(&store, &router, "hoken", "insurance_clerk");
        let page = clerk.open("/desks");
        shows(
            &page,
            &["保険年金課（国保）", "保険年金課（年金）", "残り2件", "山田　太郎", "中栗須327番地3"],
        );
        shows(&page, &["令和8年12月4日", "あと10日", "市民課 9:14 転入", "済みにする"]);
        assert!(!page.contains("花子"), "only the head is named");
        assert_eq!(looks(&store, "机の仕事"), [3], "the look is recorded");

        let path = format!("/desks/pension/{event}/completion");
        for _ in 0..2 {
            let (status, location, _) = clerk.send(Method::POST, &path, "submission_id=abc&all=1");
            assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/desks"));
        }
        shows(&clerk.open("/desks"), &["残り1件", "職員 hoken 9:14"]);
        let page = clerk.open("/desks/pension");
        shows(&page, &["残り0件", "職員 hoken 9:14"]);
        assert!(!page.contains("済みにする"));
        let unknown = clerk.send(Method::POST, "/desks/late_elderly/0000000000001/completion", "").0;
        assert_eq!(unknown, StatusCode::NOT_FOUND);
        clerk.refused(Method::GET, "/desks/tax");
        clerk.refused(Method::POST, &format!("/desks/tax/{event}/completion"));
        clerk.refused(Method::GET, "/followers");
    });
}

#[test]
fn the_resident_desk_reads_along() {
    both(&migrations(), |store| {
        let site = site(&store);
        let event = move_in(&store, &family()).event;
        drain(&site);
        let paths: Vec<String> =
            site.follow_ups().iter().map(|one| one.name.replace("desks.", "/desks/")).collect();
        let (router, _) = web::serve_routes(site);
        let clerk = Browser::sign_in(&store, &router, "shimin1", "resident_clerk");
        for path in &paths {
            assert!(!clerk.open(path).contains("済みにする"), "{path}");
        }
        shows(&clerk.open("/desks"), &["残り8件", "税務課", "環境課", "まだ"]);
        clerk.refused(Method::POST, &format!("/desks/tax/{event}/completion"));
    });
}

#[test]
fn the_operator_sees_what_fails_and_no_person() {
    both(&migrations(), |store| {
        let site = site(&store);
        move_in(&store, &family());
        let event = damage(&store);
        drain(&site);
        let (router, _) = web::serve_routes(site);
        let operator = Browser::sign_in(&store, &router, "somu", "operator");
        let page = operator.open("/followers");
        shows(&page, &["9件", "税務課", "転入 R8.11.24 9:14", "R8.11.24 9:16", "the fact cannot be read"]);
        shows(&page, &["いま実行する", "最初から読み直す"]);
        assert!(!page.contains("山田") && !page.contains("中栗須"));
        let sent = format!("submission_id=a1&follower=desks.tax&event={event}");
        for (path, body) in [("/followers/retry", sent.as_str()), ("/followers/replay", "follower=desks.tax")]
        {
            let (status, location, _) = operator.send(Method::POST, path, body);
            assert_eq!((status, location.as_str()), (StatusCode::SEE_OTHER, "/followers"), "{path}");
        }
        let unknown = operator.send(Method::POST, "/followers/replay", "follower=desks.pantry").0;
        assert_eq!(unknown, StatusCode::NOT_FOUND);
        operator.refused(Method::GET, "/desks");
    });
}

/// The tax office asks the register for each paper; it has no list of its own.
#[test]
fn a_paper_is_made_or_refused_at_the_moment_of_issue() {
    both(&migrations(), |store| {
        let site = site(&store);
        let person = move_in(&store, &family()).persons[1];
        drain(&site);
        let policy = std::sync::Arc::clone(site.policy());
        let (router, _) = web::serve_routes(site);
        let clerk = Browser::sign_in(&store, &router, "zeimu", "tax_clerk");
        shows(&clerk.open("/papers"), &["証明書を出す", "納税証明書", "所得課税証明書"]);
        assert!(!clerk.open("/papers").contains("資格確認書"), "only the office's own papers");
        let sent = |document: &str| {
            let body = format!("document={document}&person={person}&requester=%E5%B1%B1%E7%94%B0");
            clerk.send(Method::POST, "/papers", &body)
        };
        assert_eq!(clerk.send(Method::POST, "/papers", "").0, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(sent("insurance_confirmation").0, StatusCode::FORBIDDEN);
        let (status, _, page) = sent("tax_certificate");
        assert_eq!(status, StatusCode::OK);
        shows(&page, &["納税証明書", "山田　花子", "中栗須327番地3", "見本の用紙"]);
        assert_eq!(looks(&store, "納税証明書"), [1], "the paper is recorded");

        let filed = store.write_blocking(FUJIOKA, move |tx| {
            let actor = super::actor(8, "八重", "protection_officer");
            let caller = identity::Caller {
                actor,
                policy: policy.clone(),
                terminal: String::new(),
                path: String::new(),
            };
            let applicant = register::RawParty { person: person.to_string(), ..Default::default() };
            let raw = register::RawProtection { applicant, ..Default::default() };
            register::file_protection(tx, &caller, &raw)
        });
        filed.expect("files");
        let (status, _, page) = sent("tax_certificate");
        assert_eq!(status, StatusCode::FORBIDDEN);
        shows(&page, &["この記録は、この画面では扱えません", "窓口責任者に声をかけてください"]);
        assert!(!page.contains("中栗須") && !page.contains("花子"), "{page}");
        assert_eq!(looks(&store, "納税証明書"), [1, 1], "and so is the refusal");
        let page = clerk.open("/desks");
        assert!(
            page.contains("山田　太郎") && !page.contains("中栗須"),
            "the work goes on without the address"
        );
    });
}
