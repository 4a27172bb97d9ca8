//! Whoever sees a person leaves an access record (閲覧記録) that names that person, on every page.
use std::collections::BTreeSet;

use axum::http::Method;
use base::{Id, PersonId};
use db::{params, sql};
use identity::AccountId;
use web::Need;

use super::routes::Rows;
use super::sample_city::{Answer, Clerk, Known, SampleCity, encoded};

/// One row of the access records.
struct Access {
    id: i64,
    account: AccountId,
    conditions: Option<String>,
    persons: BTreeSet<PersonId>,
}

/// The records after one.
fn accesses(city: &SampleCity, after: i64) -> Vec<Access> {
    city.read(move |tx| {
        let find = sql!(
            "SELECT id, account_id, conditions, persons FROM access WHERE municipality_id = $1 AND id > $2 ORDER BY id"
        );
        tx.all(find, params![after], |r| {
            let (id, account, conditions) = (r.take()?, r.take()?, r.take()?);
            let bytes = r.take::<Vec<u8>>()?;
            let persons = bytes.chunks_exact(8).map(|one| one.try_into().expect("eight bytes"));
            let persons = persons.map(|one| Id::new(i64::from_be_bytes(one))).collect();
            Ok(Access { id, account, conditions, persons })
        })
    })
}

/// A city, and where its access records end so far.
struct Watch<'a> {
    city: &'a SampleCity,
    known: Vec<Known>,
    seen: i64,
}

impl Watch<'_> {
    /// The records since the last call.
    fn news(&mut self) -> Vec<Access> {
        let news = accesses(self.city, self.seen);
        self.seen = news.last().map_or(self.seen, |last| last.id);
        news
    }

    /// Everybody whom the answer shows is named by a new record of this clerk. Gives how many were shown.
    #[track_caller]
    fn check(&mut self, clerk: &Clerk, path: &str, answer: &Answer) -> usize {
        let news = self.news();
        assert!(news.iter().all(|one| one.account == clerk.actor.account), "{path}: whose record is it?");
        let named: BTreeSet<PersonId> = news.iter().flat_map(|one| one.persons.iter().copied()).collect();
        let mut shown = 0;
        for one in &self.known {
            let by_id = answer.body.contains(&one.person.to_string());
            let name = format!("{}　{}", one.family, one.given);
            // Several people bear one name: one of them must be named.
            let same = || self.known.iter().filter(|k| k.family == one.family && k.given == one.given);
            let by_name = answer.body.contains(&name);
            assert!(!by_id || named.contains(&one.person), "{}: {path} shows {}", clerk.name, one.person);
            assert!(
                !by_name || same().any(|k| named.contains(&k.person)),
                "{}: {path} shows {name} and names nobody of that name",
                clerk.name
            );
            shown += usize::from(by_id || by_name);
        }
        shown
    }
}

/// Paths beyond the plain routes: queries, later pages, both states of a move-in.
fn queries(rows: &Rows, kana: &str) -> Vec<(&'static str, String)> {
    vec![
        ("/residents", format!("/residents?q={}", encoded(kana))),
        ("/residents", format!("/residents?q={}", encoded("S40.3.2"))),
        ("/residents", "/residents?q=%E3%82%A2&page=2".to_owned()),
        ("/lunch", "/lunch?page=2".to_owned()),
        ("/care", "/care?page=2".to_owned()),
        ("/move-ins/new", format!("/move-ins/new?household={}", rows.household)),
        ("/move-ins/{notice}", rows.provisional.clone()),
        ("/oversight/persons", format!("/oversight/persons?q={}", encoded(kana))),
        ("/oversight/disclosures", format!("/oversight/disclosures?q={}", encoded(kana))),
    ]
}

#[test]
fn whoever_is_shown_is_named_in_a_record() {
    let city = SampleCity::new();
    let staff = city.staff();
    let rows = Rows::of(&city, &staff[0], &staff[1]);
    let known = city.residents();
    let queries = queries(&rows, &known[0].kana);
    let mut watch = Watch { city: &city, known, seen: 0 };
    watch.news();
    let mut showing = BTreeSet::new();
    for clerk in &staff {
        for route in city.listed.iter().filter(|route| route.method == Method::GET) {
            if route.need == Need::Public {
                continue;
            }
            let more = queries.iter().filter(|(of, _)| *of == route.path).map(|(_, path)| path.clone());
            for path in more.chain([rows.fill(route)]) {
                let answer = city.get(&path, Some(clerk));
                if watch.check(clerk, &path, &answer) > 0 {
                    assert_eq!(answer.status, 200, "{path}");
                    showing.insert(route.path);
                }
            }
        }
    }
    // Were nobody shown, nothing would be tested.
    let expected = [
        "/care",
        "/desk",
        "/desks",
        "/desks/tax",
        "/households/{household}",
        "/households/{household}/certificate",
        "/lunch",
        "/move-ins/new",
        "/move-ins/{notice}",
        "/oversight/accounts/{account}",
        "/oversight/disclosures",
        "/oversight/disclosures/{disclosure}",
        "/oversight/persons",
        "/oversight/persons/{person}",
        "/oversight/persons/{person}/disclosures",
        "/oversight/rows/{access}",
        "/residents",
        "/residents/{person}",
    ];
    let missing: Vec<_> = expected.iter().filter(|path| !showing.contains(*path)).collect();
    assert!(missing.is_empty(), "no person on {missing:?}; persons on {showing:?}");
}

/// A refused act shows the notice again, and with it the persons.
#[test]
fn the_page_of_a_refused_act_leaves_a_record_as_well() {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let path = city.move_in(&first, &second, "届出済");
    let mut watch = Watch { city: &city, known: city.residents(), seen: 0 };
    watch.news();
    for act in ["registration", "withdrawal"] {
        let answer = city.post(&format!("{path}/{act}"), &second, &[("version", "2")]);
        assert_eq!(answer.status, 409, "{act}");
        assert_eq!(watch.check(&second, &path, &answer), 4, "{act}: the family is on the page");
    }
    let household = watch.known[0].household.to_string();
    let answer = city.post("/move-ins", &first, &[("household", &household)]);
    assert_eq!(answer.status, 422);
    assert!(watch.check(&first, "/move-ins", &answer) > 0, "the household stands beside the form");
}

#[test]
fn a_search_that_finds_nobody_is_recorded_with_its_conditions() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let mut watch = Watch { city: &city, known: city.residents(), seen: 0 };
    watch.news();
    for typed in ["ンゴロンゴロ", "M1.1.1", "9999999999"] {
        let answer = city.get(&format!("/residents?q={}", encoded(typed)), Some(&clerk));
        assert!(answer.body.contains("合う人はいません"), "{typed}");
        let news = watch.news();
        assert_eq!(news.len(), 1, "{typed}");
        assert_eq!(news[0].conditions.as_deref(), Some(typed));
        assert!(news[0].persons.is_empty(), "{typed}");
    }
    city.get("/residents", Some(&clerk));
    assert!(watch.news().is_empty(), "without a question there is no inquiry");
}
