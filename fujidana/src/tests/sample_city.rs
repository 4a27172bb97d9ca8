//! A small sample city in this process: its router, its clerks, and a family that moves in.
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request};
use base::{Clock, HouseholdId, PersonId};
use db::{DbError, Tx, params, sql};
use events::FollowUp;
use identity::{Actor, session, totp};
use sample::Spec;
use testkit::{Database, FUJIOKA, MORNING, Scratch};
use tower::ServiceExt;
use web::{Listed, Reach, Site};

use crate::arguments::Arguments;
use crate::installation::Installation;
use crate::{city, demo};

const RESIDENTS: u32 = 200;
/// Follower boards that are not done are streams: nobody waits longer for one.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct SampleCity {
    pub site: Site,
    pub listed: Vec<Listed>,
    router: Router,
    runtime: tokio::runtime::Runtime,
    _installation: Installation,
    _scratch: Scratch,
}

/// A signed-in member of staff.
pub struct Clerk {
    pub name: &'static str,
    pub actor: Actor,
    pub cookie: String,
    pub csrf: String,
}

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// What stands in the register of the sample: enough to recognise a person on a page.
pub struct Known {
    pub person: PersonId,
    pub household: HouseholdId,
    pub family: String,
    pub given: String,
    pub kana: String,
}

/// The test on SQLite, and on PostgreSQL where one is named in the environment.
pub fn on_both(test: impl Fn(SampleCity)) {
    test(SampleCity::new());
    if let Some(database) = Database::create() {
        test(SampleCity::open(&["--database", &database.url]));
    }
}

impl SampleCity {
    pub fn new() -> Self {
        Self::open(&[])
    }

    fn open(place: &[&str]) -> Self {
        let scratch = Scratch::new();
        let folder = scratch.path.display().to_string();
        let words = ["--data", &folder].into_iter().chain(place.iter().copied()).map(str::to_owned);
        let arguments = Arguments::parse(words).expect("options");
        let clock = Clock::fixed(MORNING);
        let installation = Installation::open(&arguments, &clock).expect("opens");
        let runtime = crate::serve::runtime().expect("a runtime");
        let spec = Spec { residents: RESIDENTS, seed: 1, on: MORNING.date() };
        let site = runtime.block_on(demo::create(&installation, &clock, spec)).expect("a sample city");
        let (router, listed) = web::serve_routes(site.clone());
        Self { site, listed, router, runtime, _installation: installation, _scratch: scratch }
    }

    /// The same city under the name that browsers know.
    pub fn reached(mut self, reach: Reach) -> Self {
        self.site = self.site.reached(reach);
        (self.router, self.listed) = web::serve_routes(self.site.clone());
        self
    }

    pub fn send(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let response = self.router.clone().oneshot(request).await.expect("the router answers");
            let (head, body) = response.into_parts();
            let body = tokio::time::timeout(PATIENCE, to_bytes(body, 1 << 22)).await;
            let bytes = body.expect("a page ends").expect("a body");
            let body = String::from_utf8(bytes.to_vec()).unwrap_or_default();
            Answer { status: head.status.as_u16(), headers: head.headers, body }
        })
    }

    pub fn get(&self, path: &str, clerk: Option<&Clerk>) -> Answer {
        let cookie = clerk.map_or("", |clerk| clerk.cookie.as_str());
        self.send(request(Method::GET, path, cookie, String::new()))
    }

    /// With the clerk's token, as a browser's form sends it.
    pub fn post(&self, path: &str, clerk: &Clerk, fields: &[(&str, &str)]) -> Answer {
        let with_token: Vec<(&str, &str)> =
            [("csrf", clerk.csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        self.send(request(Method::POST, path, &clerk.cookie, form(&with_token)))
    }

    /// Password and code, as on the pages.
    pub fn sign_in(&self, name: &'static str) -> Clerk {
        let sent = form(&[("name", name), ("password", city::sample_password())]);
        let pending = cookie(&self.send(request(Method::POST, "/sign-in", "", sent)), "__Host-pending");
        let code = totp::code(&totp::sample_secret(name), totp::step_at(self.site.inside().clock().now()));
        let sent = form(&[("code", &code)]);
        let cookie =
            cookie(&self.send(request(Method::POST, "/sign-in/code", &pending, sent)), "__Host-session");
        let token = cookie.split_once('=').expect("a pair").1.to_owned();
        let session = session::current(self.site.inside(), FUJIOKA, &token, MORNING);
        let session = self.runtime.block_on(session).expect("reads").expect("signed in");
        Clerk { name, actor: session.actor, cookie, csrf: session.csrf }
    }

    /// Every sample account.
    pub fn staff(&self) -> Vec<Clerk> {
        city::SAMPLE_SIGN_INS.iter().map(|one| self.sign_in(one.name)).collect()
    }

    pub fn drain(&self) {
        self.drain_with(self.site.follow_ups());
    }

    pub fn drain_with(&self, follow_ups: &[&'static FollowUp]) {
        self.runtime.block_on(events::drain(self.site.inside(), follow_ups)).expect("followers follow");
    }

    pub fn read<T: Send + 'static>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.site.inside().read_blocking(FUJIOKA, closure).expect("reads")
    }

    pub fn write<T: Send + 'static>(
        &self,
        closure: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
    ) -> T {
        self.site.inside().write_blocking(FUJIOKA, closure).expect("writes")
    }

    pub fn residents(&self) -> Vec<Known> {
        self.read(|tx| {
            let find = sql!(
                "SELECT person_id, household_id, family_name, given_name, family_kana FROM resident_current
                  WHERE municipality_id = $1 ORDER BY person_id"
            );
            tx.all(find, params![], |r| {
                let (person, household) = (r.take()?, r.take()?);
                Ok(Known { person, household, family: r.take()?, given: r.take()?, kana: r.take()? })
            })
        })
    }

    /// Town and lot of a person's home, as pages write them.
    pub fn address(&self, person: PersonId) -> String {
        self.read(move |tx| {
            let find = sql!(
                "SELECT h.town_text, h.lot FROM resident_current AS c
                   JOIN household AS h ON h.municipality_id = $1 AND h.id = c.household_id
                  WHERE c.municipality_id = $1 AND c.person_id = $2"
            );
            tx.one(find, params![person], |r| Ok(format!("{}{}", r.take::<String>()?, r.take::<String>()?)))
        })
    }

    /// How many households live at a town and lot.
    pub fn homes_at(&self, address: &str) -> i64 {
        let address = address.to_owned();
        self.read(move |tx| {
            let count =
                sql!("SELECT COUNT(*) FROM household WHERE municipality_id = $1 AND town_text || lot = $2");
            tx.one(count, params![address], |r| r.take())
        })
    }

    /// 仮登録. The path of the notification.
    pub fn enter(&self, clerk: &Clerk, family: &str) -> String {
        let answer = self.post("/move-ins", clerk, &family_of_four(family));
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").to_owned()
    }

    /// 仮登録 by one and 本登録 by the other, and every office follows.
    pub fn move_in(&self, first: &Clerk, second: &Clerk, family: &str) -> String {
        let path = self.enter(first, family);
        let decided = self.post(&format!("{path}/registration"), second, &[("version", "1")]);
        assert_eq!((decided.status, decided.header("location")), (303, path.as_str()));
        self.drain();
        path
    }
}

pub fn request(method: Method, path: &str, cookie: &str, body: String) -> Request<Body> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("cookie", cookie)
        .header("content-type", "application/x-www-form-urlencoded");
    request.body(Body::from(body)).expect("a request")
}

pub fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
    pairs.join("&")
}

pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn cookie(answer: &Answer, name: &str) -> String {
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let mut pairs = set.filter_map(|value| value.split(';').next());
    let pair = pairs.find(|pair| pair.starts_with(name));
    pair.unwrap_or_else(|| panic!("no {name}: {} {}", answer.status, answer.body)).to_owned()
}

/// Two adults, a child in 小学3年, a grandmother; from 高崎市.
pub fn family_of_four(family: &str) -> Vec<(&'static str, &str)> {
    vec![
        ("moved_on", "R8.11.20"),
        ("filed_on", "."),
        ("address", "中栗須"),
        ("address_lot", "327-3"),
        ("previous_address", "群馬県高崎市高松町35番地1"),
        ("m0_family", family),
        ("m0_given", "太郎"),
        ("m0_family_kana", "シケン"),
        ("m0_given_kana", "タロウ"),
        ("m0_birth", "S60.5.5"),
        ("m0_sex", "M"),
        ("m0_relationship", "世帯主"),
        ("m0_domicile", "群馬県高崎市高松町35番地"),
        ("m0_domicile_head", "試験　太郎"),
        ("m1_given", "花"),
        ("m1_given_kana", "ハナ"),
        ("m1_birth", "S62.2.3"),
        ("m1_sex", "F"),
        ("m1_relationship", "妻"),
        ("m2_given", "一郎"),
        ("m2_given_kana", "イチロウ"),
        ("m2_birth", "H30.1.5"),
        ("m2_sex", "M"),
        ("m2_relationship", "子"),
        ("m3_given", "ウメ"),
        ("m3_given_kana", "ウメ"),
        ("m3_birth", "昭和25年8月1日"),
        ("m3_sex", "F"),
        ("m3_relationship", "母"),
    ]
}
