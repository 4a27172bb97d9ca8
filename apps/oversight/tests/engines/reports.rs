use base::PersonId;
use identity::{Entry, Operation};
use serde_json::{Value, json};
use testkit::both;

use super::{Office, clerks, migrations, moments};

fn persons(first: i64, count: i64) -> Vec<PersonId> {
    (first..first + count).map(PersonId::new).collect()
}

#[track_caller]
fn report(office: &Office, report: &str, from: &str, to: &str) -> Value {
    office.done("kansa", "oversight.report", &json!({ "report": report, "from": from, "to": to }))
}

/// (moment of a look, whether it is outside the office hours).
const MOMENTS: &[(&str, bool)] = &[
    ("2026-11-24 00:00:00", true),
    ("2026-11-24 08:29:59", true),
    ("2026-11-24 08:30:00", false),
    ("2026-11-24 12:00:00", false),
    ("2026-11-24 17:14:59", false),
    ("2026-11-24 17:15:00", true),
    ("2026-11-24 23:59:59", true),
    ("2026-11-28 10:00:00", true),
    ("2026-12-28 10:00:00", false),
    ("2026-12-29 10:00:00", true),
    ("2027-01-04 10:00:00", false),
    // 春分の日 is a Sunday, so Monday is its substitute.
    ("2027-03-22 10:00:00", true),
    ("2027-03-23 10:00:00", false),
    ("2027-04-29 10:00:00", true),
    ("2027-04-30 10:00:00", false),
];

#[test]
fn looks_outside_the_office_hours_are_reported() {
    both(&migrations(), |store| {
        let office = opened(&store);
        for (moment, _) in MOMENTS {
            office.at(moment);
            office.look("shimin", &persons(1, 1));
            // Neither a sign-in nor the program itself is a look of the night.
            office.record("shimin", Operation::SignIn, "パスワードと確認コード", &[]);
            let city = testkit::FUJIOKA;
            office.write(move |tx| {
                let system = identity::Actor::system(city);
                identity::record(tx, &Entry::new(&system, Operation::Batch, "夜の処理"))
            });
        }
        let found = report(&office, "outside", "2026-11-24", "2027-06-30");
        let expected: Vec<&str> =
            MOMENTS.iter().rev().filter(|(_, outside)| *outside).map(|(moment, _)| *moment).collect();
        assert_eq!(moments(&found), expected);
        assert_eq!(found["total"], expected.len());
        assert_eq!(found["unknown_days"], json!([]));
        assert!(found["rows"][0]["path"] == "/residents/…" && found["rows"][0]["terminal"] == "192.0.2.7");

        office.done("kansa", "oversight.set", &json!({ "office_from": 510 - 1 }));
        let found = report(&office, "outside", "2026-11-24", "2026-11-24");
        assert_eq!(moments(&found).len(), 3, "08:29:59 is within hours that begin at 8:29");
    });
}

/// The tests of these reports begin on the night before, because the clock does not go back.
fn opened(store: &db::Store) -> Office {
    store.clock().set(super::instant("2026-11-23 23:00:00"));
    Office::open(store)
}

#[test]
fn holidays_of_an_unknown_year_are_said_to_be_unknown() {
    both(&migrations(), |store| {
        let office = opened(&store);
        // 成人の日 of 2031: the table ends with 2030.
        office.at("2031-01-13 10:00:00");
        office.look("shimin", &persons(1, 1));
        office.at("2031-01-13 20:00:00");
        office.look("shimin", &persons(1, 1));
        let found = report(&office, "outside", "2031-01-13", "2031-01-13");
        assert_eq!(moments(&found), ["2031-01-13 20:00:00"]);
        assert_eq!(found["unknown_days"], json!(["2031-01-13"]));
    });
}

#[test]
fn one_person_more_than_allowed_is_reported() {
    both(&migrations(), |store| {
        let office = opened(&store);
        office.done(
            "kansa",
            "oversight.set",
            &json!({ "persons_in_hour": 5, "persons_in_day": 8, "exported": 4 }),
        );
        office.at("2026-11-24 09:50:00");
        office.look("shimin", &persons(1, 5));
        office.look("zeimu", &persons(1, 3));
        office.record("shimin", Operation::Export, "抽出", &persons(1, 4));
        office.record("zeimu", Operation::Change, "職権修正", &persons(900, 50));
        let many = |office: &Office| report(office, "many_persons", "2026-11-24", "2026-11-24");
        assert_eq!(clerks(&many(&office)), Vec::<&str>::new(), "five persons are allowed");
        assert_eq!(report(&office, "exports", "2026-11-24", "2026-11-24")["total"], 0);
        // Another hour of the clock, but within sixty minutes of the first.
        office.at("2026-11-24 10:49:59");
        office.look("shimin", &persons(6, 1));
        office.at("2026-11-24 10:50:00");
        office.look("zeimu", &persons(4, 3));
        office.record("sekinin", Operation::Export, "抽出", &persons(1, 5));
        let found = many(&office);
        assert_eq!(clerks(&found), ["髙橋 一子"]);
        assert_eq!((&found["rows"][0]["count"], &found["rows"][0]["in_hour"]), (&json!(6), &json!(6)));
        let exports = report(&office, "exports", "2026-11-24", "2026-11-24");
        assert_eq!(clerks(&exports), ["中島 八重"]);
        // The ninth person of a day, hours later.
        office.at("2026-11-24 15:00:00");
        office.look("zeimu", &persons(7, 2));
        assert_eq!(clerks(&many(&office)).len(), 1, "eight a day are allowed");
        office.look("zeimu", &persons(9, 1));
        assert_eq!(clerks(&many(&office)), ["髙橋 一子", "田村 五月"]);
        let alerts = office.done("kansa", "oversight.alerts", &json!({}));
        assert_eq!(alerts["many_persons"].as_array().map(Vec::len), Some(2), "{alerts}");
        assert_eq!(alerts["exports"].as_array().map(Vec::len), Some(1), "{alerts}");
    });
}

#[test]
fn persons_seen_in_the_dead_of_night_are_told_on_the_desk() {
    both(&migrations(), |store| {
        store.clock().set(super::instant("2026-11-23 20:00:00"));
        let office = Office::open(&store);
        for moment in [
            "2026-11-23 21:59:59",
            "2026-11-23 22:00:00",
            "2026-11-24 04:59:59",
            "2026-11-24 05:00:00",
            "2026-11-24 12:00:00",
        ] {
            office.at(moment);
            office.look("shimin", &persons(1, 1));
            // A search that found nobody.
            office.look("zeimu", &[]);
        }
        let alerts = office.done("kansa", "oversight.alerts", &json!({}));
        let night = json!({ "rows": alerts["at_night"] });
        assert_eq!(moments(&night), ["2026-11-24 04:59:59", "2026-11-23 22:00:00"]);
        assert_eq!(clerks(&night), ["髙橋 一子", "髙橋 一子"]);
        // Two days later it is no news.
        office.at("2026-11-26 00:00:00");
        assert_eq!(office.done("kansa", "oversight.alerts", &json!({}))["at_night"], json!([]));
    });
}

#[test]
fn the_third_refusal_of_a_day_is_reported() {
    both(&migrations(), |store| {
        let office = opened(&store);
        let refuse =
            |office: &Office| office.record("zeimu", Operation::Refused, "住民票の照会", &persons(1, 1));
        for moment in ["2026-11-24 23:59:58", "2026-11-24 23:59:59", "2026-11-25 00:00:00"] {
            office.at(moment);
            refuse(&office);
        }
        let often = |office: &Office| report(office, "repeated_refusals", "2026-11-24", "2026-11-25");
        assert_eq!(often(&office)["total"], 0, "two on one day and one on the next");
        refuse(&office);
        assert_eq!(often(&office)["total"], 0);
        refuse(&office);
        let found = often(&office);
        assert_eq!((&found["rows"][0]["day"], &found["rows"][0]["count"]), (&json!("2026-11-25"), &json!(3)));
        assert_eq!(report(&office, "refusals", "2026-11-24", "2026-11-24")["total"], 2);
        assert_eq!(report(&office, "refusals", "2026-11-24", "2026-11-25")["total"], 5);
    });
}

#[test]
fn sign_ins_and_their_failures_are_counted_for_each_account() {
    both(&migrations(), |store| {
        let office = opened(&store);
        office.at("2026-11-24 08:00:00");
        office.record("shimin", Operation::SignIn, "パスワードと確認コード", &[]);
        office.record("zeimu", Operation::SignInFailed, "パスワード", &[]);
        office.record("zeimu", Operation::SignInFailed, "パスワード", &[]);
        office.record("zeimu", Operation::SignIn, "パスワードと確認コード", &[]);
        let found = report(&office, "sign_ins", "2026-11-24", "2026-11-24");
        let rows = json!([
            { "clerk": "田村 五月", "sign_ins": 1, "failures": 2, "last": "2026-11-24 08:00:00" },
            { "clerk": "髙橋 一子", "sign_ins": 1, "failures": 0, "last": "2026-11-24 08:00:00" },
        ]);
        assert_eq!(found["rows"], rows);
        assert_eq!(report(&office, "failed_sign_ins", "2026-11-24", "2026-11-24")["total"], 2);
        assert_eq!(report(&office, "failed_sign_ins", "2026-11-25", "2026-11-26")["total"], 0);
    });
}

#[test]
fn numbers_that_were_read_are_reported_and_pages_hold_fifty() {
    both(&migrations(), |store| {
        let office = opened(&store);
        office.at("2026-11-24 10:00:00");
        let actor = office.actor("shimin");
        office.write(move |tx| {
            for touched in (0..51).map(|number| number != 7) {
                let entry = Entry::new(&actor, Operation::Inquiry, "個人番号の確認");
                identity::record(tx, &Entry { number_touched: touched, ..entry })?;
            }
            Ok(())
        });
        let found = report(&office, "numbers", "2026-11-24", "2026-11-24");
        assert_eq!((found["total"].as_i64(), moments(&found).len()), (Some(50), 50));
        office.record("shimin", Operation::SignOut, "サインアウト", &[]);
        let actor = office.actor("shimin");
        office.write(move |tx| {
            let entry = Entry::new(&actor, Operation::Inquiry, "個人番号の確認");
            identity::record(tx, &Entry { number_touched: true, ..entry })
        });
        let input = json!({ "report": "numbers", "from": "2026-11-24", "to": "2026-11-24", "page": 2 });
        let second = office.done("kansa", "oversight.report", &input);
        assert_eq!((second["total"].as_i64(), moments(&second).len()), (Some(51), 1));
    });
}

#[test]
fn nobody_but_the_auditor_reads_the_log() {
    both(&migrations(), |store| {
        let office = opened(&store);
        for name in ["shimin", "zeimu", "sekinin"] {
            let input = json!({ "report": "refusals" });
            office.refused(name, "oversight.report", &input, "担当の職員");
            office.refused(name, "oversight.who_looked", &json!({ "q": "ミホン" }), "担当の職員");
            office.refused(name, "oversight.set", &json!({}), "担当の職員");
        }
        let backwards = json!({ "report": "refusals", "from": "2026-11-24", "to": "2026-11-23" });
        office.refused("kansa", "oversight.report", &backwards, "始まりの日より前");
        office.refused("kansa", "oversight.set", &json!({ "office_from": 1100 }), "執務時間");
    });
}
