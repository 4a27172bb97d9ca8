//! The day of the issue on the pages: a measure is filed at the counter, and from that second no page of anybody but
//! the responsible officer shows the address.
use axum::http::Method;
use base::{HouseholdId, PersonId};
use db::{params, sql};
use identity::Action;
use web::Need;

use super::routes::Rows;
use super::sample_city::{Answer, Clerk, SampleCity, encoded, family_of_four, on_both};

/// A family that moved in, and the number of its mother.
struct Family {
    notice: String,
    household: HouseholdId,
    persons: Vec<PersonId>,
    numbers: Vec<String>,
}

impl Family {
    fn of(city: &SampleCity, first: &Clerk, second: &Clerk) -> Self {
        let notice = city.move_in(first, second, "支援");
        let id = notice.rsplit('/').next().expect("a path").parse().expect("an id");
        let head = city.read(move |tx| Ok(register::notice_head(tx, id)?.expect("is there")));
        let household = head.household.expect("registered");
        let found = city.read(move |tx| {
            let find = sql!(
                "SELECT person_id, person_no FROM resident_current WHERE municipality_id = $1 AND household_id = $2
                  ORDER BY member_order"
            );
            tx.all(find, params![household], |r| Ok((r.take::<PersonId>()?, r.take::<String>()?)))
        });
        let (persons, numbers) = found.into_iter().unzip();
        Self { notice, household, persons, numbers }
    }
}

/// The family lives at 中栗須327番地3.
#[track_caller]
fn hides(clerk: &Clerk, path: &str, answer: &Answer) {
    for secret in ["327番地3", "327-3", "中栗須327"] {
        assert!(!answer.body.contains(secret), "{}: {path} tells the address", clerk.name);
    }
}

#[track_caller]
fn is_shut(path: &str, answer: &Answer) {
    assert_eq!(answer.status, 403, "{path}");
    assert!(answer.body.contains("この記録は、この画面では扱えません"), "{path}");
    assert!(answer.body.contains("窓口責任者に声をかけてください"), "{path}");
    assert!(
        !answer.body.contains("支援措置の対象") && !answer.body.contains("試験"),
        "{path}: it tells why, or who"
    );
}

/// Every page that somebody may open, with the family in each parameter, and the questions that a form asks.
fn pages(city: &SampleCity, rows: &Rows, family: &Family) -> Vec<String> {
    let mut paths: Vec<String> = Vec::new();
    for route in city.listed.iter().filter(|route| route.method == Method::GET && route.need != Need::Public)
    {
        paths.extend(family.persons.iter().map(|person| rows.with(*person, family.household).fill(route)));
    }
    let asked = ["支援", "シケン", "ハナ", "S62.2.3", "支援 花", "支援花 S62.2.3", &family.numbers[1]];
    paths.extend(asked.map(|typed| format!("/residents?q={}", encoded(typed))));
    paths.push(format!("/move-ins/new?household={}", family.household));
    paths.push(family.notice.clone());
    paths.push(format!("{}/stream", family.notice));
    paths.push("/lunch?page=2".to_owned());
    paths.sort();
    paths.dedup();
    paths
}

// measure 3-1-7: restriction
#[test]
fn one_entry_shuts_every_page_of_every_office() {
    on_both(|city| {
        let staff = city.staff();
        let (first, second) = (&staff[0], &staff[1]);
        let family = Family::of(&city, first, second);
        let rows = Rows::of(&city, first, second);
        let mut draft = family_of_four("支援");
        draft.retain(|(name, _)| *name != "filed_on");
        assert_eq!(city.post("/move-ins/draft", first, &draft).status, 200);
        assert!(city.get("/move-ins/new", Some(first)).body.contains("327-3"), "a draft from before");

        let filed =
            [("applicant_person", family.numbers[1].as_str()), ("joined0_person", &family.numbers[2])];
        let answer = city.post("/protections", first, &filed);
        assert_eq!((answer.status, answer.header("location")), (303, "/protections/filed?by_name=false"));
        city.drain();

        let policy = city.site.policy();
        let (mut pages_seen, mut shut) = (0, 0);
        for clerk in staff.iter().filter(|one| !policy.allows(&one.actor, Action::Read, "protection")) {
            for path in pages(&city, &rows, &family) {
                let answer = city.get(&path, Some(clerk));
                hides(clerk, &path, &answer);
                pages_seen += 1;
                shut += usize::from(answer.body.contains("この記録は、この画面では扱えません"));
            }
            for (path, fields) in [
                (format!("/households/{}/certificate", family.household), vec![("requester", "支援　花")]),
                ("/move-ins".to_owned(), vec![("household", "")]),
                (
                    "/papers".to_owned(),
                    vec![
                        ("document", "tax_certificate"),
                        ("person", &family.numbers[0]),
                        ("requester", "支援　花"),
                    ],
                ),
            ] {
                hides(clerk, &path, &city.post(&path, clerk, &fields));
            }
        }
        assert!(pages_seen > 200 && shut > 20, "{pages_seen} pages, {shut} shut");
        for path in [
            format!("/residents/{}", family.persons[1]),
            format!("/residents/{}", family.persons[0]),
            format!("/households/{}", family.household),
            format!("/households/{}/certificate", family.household),
            format!("/move-ins/new?household={}", family.household),
            family.notice.clone(),
        ] {
            is_shut(&path, &city.get(&path, Some(first)));
        }
        let desk = city.get("/desk", Some(first)).body;
        assert!(desk.contains("窓口責任者へ"), "the queue of the day");
    });
}

#[test]
fn the_officer_sees_the_attempts_and_releases_one_paper() {
    on_both(|city| {
        let staff = city.staff();
        let (first, second, tax) = (&staff[0], &staff[1], &staff[4]);
        let officer = staff.iter().find(|one| one.name == "sekinin").expect("the officer");
        let family = Family::of(&city, first, second);
        let filed = [
            ("applicant_person", family.numbers[1].as_str()),
            ("other0_family", "支援"),
            ("other0_given", "太郎"),
        ];
        let answer = city.post("/protections", officer, &filed);
        let measure = answer.header("location").to_owned();
        assert!(measure.starts_with("/protections/0"), "{measure}");
        for path in ["/protections", &measure, "/protections/notices"] {
            assert_eq!(city.get(path, Some(officer)).status, 200, "{path}");
        }
        assert!(city.get("/protections", Some(officer)).body.contains("支援　花"));
        let record = city.get(&format!("/households/{}", family.household), Some(officer)).body;
        assert!(record.contains("327番地3") && record.contains("支援措置の対象です"));

        let asked = [
            ("document", "tax_certificate"),
            ("person", family.numbers[1].as_str()),
            ("requester", "支援　花"),
            ("relation", "本人"),
        ];
        is_shut("/papers", &city.post("/papers", tax, &asked));
        let attempts = city.get("/protections/attempts", Some(officer)).body;
        for part in ["納税証明書", "田村 五月", "税務課", "請求者 支援　花（本人）"] {
            assert!(attempts.contains(part), "{part}");
        }
        let release = [
            ("person", family.numbers[1].as_str()),
            ("document", "tax_certificate"),
            ("requester", "支援 花"),
            ("reason", "本人が窓口で請求"),
        ];
        let released = city.post(&format!("{measure}/release"), officer, &release);
        assert_eq!(released.status, 303, "{}", released.body);
        let paper = city.post("/papers", tax, &asked);
        assert!(paper.status == 200 && paper.body.contains("327番地3"));
        is_shut("/papers", &city.post("/papers", tax, &asked));
        let again = city.post(&format!("{measure}/extension"), officer, &[]);
        assert!(again.status == 409 && again.body.contains("延長は"), "too early");
        assert_eq!(city.post(&format!("{measure}/end"), officer, &[]).status, 409, "without a reason");
        assert_eq!(city.post(&format!("{measure}/end"), officer, &[("reason", "本人の申出")]).status, 303);
        assert_eq!(city.post("/papers", tax, &asked).status, 200);
    });
}

#[test]
fn the_form_tells_what_is_wrong_and_finds_by_name() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let answer = city.post("/protections", &clerk, &[("starts_on", "2月30日")]);
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("確かめるところが2つあります"), "{}", answer.body);
    let known = &city.residents()[0];
    let found = city.post("/protections", &clerk, &[("find", "1"), ("applicant_person", &known.kana)]);
    assert_eq!(found.status, 200);
    assert!(found.body.contains("applicant_choice") && found.body.contains(&known.family));
}
