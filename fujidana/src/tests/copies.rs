//! 住民票の写し from the request to the paper, the log and the till, on both engines.
use base::{HouseholdId, MyNumber};
use db::{params, sql};

use vault::Number;

use super::routes::shield;
use super::sample_city::{Answer, Clerk, Known, SampleCity, on_both};

/// A household of at least two, its members in their order.
fn household(city: &SampleCity) -> (HouseholdId, Vec<Known>) {
    let all = city.residents();
    let homes = all.iter().map(|one| one.household);
    let home = homes
        .into_iter()
        .find(|home| all.iter().filter(|one| one.household == *home).count() > 1)
        .expect("a family");
    (home, all.into_iter().filter(|one| one.household == home).collect())
}

const GOOD: &[(&str, &str)] = &[
    ("form", "joint"),
    ("copies", "2"),
    ("capacity", "self"),
    ("name", "見本　花子"),
    ("purpose", "銀行の手続き"),
    ("identity", "driving_licence"),
    ("show", "domicile"),
];

fn issue(
    city: &SampleCity,
    clerk: &Clerk,
    home: HouseholdId,
    members: &[String],
    more: &[(&str, &str)],
) -> Answer {
    let mut fields: Vec<(&str, &str)> = members.iter().map(|id| ("members", id.as_str())).collect();
    let kept = GOOD.iter().filter(|(name, _)| !more.iter().any(|(other, _)| other == name));
    fields.extend(kept);
    fields.extend(more.iter().filter(|(_, value)| !value.is_empty()));
    city.post(&format!("/households/{home}/copies"), clerk, &fields)
}

/// The PDF and its answer's headers.
fn paper(city: &SampleCity, clerk: &Clerk, location: &str) -> Answer {
    city.get(&format!("{location}/paper"), Some(clerk))
}

fn codes(city: &SampleCity) -> Vec<(i64, String)> {
    city.read(|tx| {
        let find = sql!("SELECT day_no, code FROM issue_copy WHERE municipality_id = $1 ORDER BY day_no");
        tx.all(find, params![], |r| Ok((r.take()?, r.take()?)))
    })
}

// measure 3-1-7: certificate
#[test]
fn a_copy_is_issued_numbered_paid_and_set() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let form = city.get(&format!("/households/{home}/copies"), Some(&clerk));
        assert!(form.status == 200 && form.body.contains("1通 300円"), "{}", form.status);
        let ids: Vec<String> = members.iter().map(|one| one.person.to_string()).collect();
        let answer = issue(&city, &clerk, home, &ids, &[("submission_id", "once")]);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let location = answer.header("location").to_owned();
        // The same form again gives out nothing more.
        let again = issue(&city, &clerk, home, &ids, &[("submission_id", "once")]);
        assert_eq!((again.status, again.header("location")), (303, location.as_str()));
        let shown = city.get(&location, Some(&clerk));
        for part in [
            "20261124 藤岡市 本庁1 プリンタ001 001",
            "プリンタ001 002",
            "600円",
            "運転免許証",
            "本籍・筆頭者",
        ] {
            assert!(shown.body.contains(part), "{part}");
        }
        let pdf = paper(&city, &clerk, &location);
        assert_eq!((pdf.status, pdf.header("content-type")), (200, "application/pdf"));
        assert!(pdf.header("content-disposition").starts_with("inline"));
        let numbers: Vec<i64> = codes(&city).into_iter().map(|(serial, _)| serial).collect();
        assert_eq!(numbers, [1, 2]);
        let till = city.get("/till", Some(&clerk)).body;
        assert!(till.contains("600"), "the fee is in the till");
    });
}

#[test]
fn each_form_is_set_with_everything_shown() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let ids: Vec<String> = members.iter().map(|one| one.person.to_string()).collect();
        let number = MyNumber::from_eleven(12_345_678_901).expect("eleven digits");
        let (keys, person, stored) = (city.site.keys().clone(), members[0].person, number.clone());
        city.write(move |tx| {
            vault::numbers::store(tx, &keys, person, &Number::MyNumber(stored.clone())).expect("stores");
            Ok(())
        });
        for (form, papers) in [("joint", 1), ("single", ids.len()), ("statement", 1)] {
            for show in ["relationship", "domicile", "history", "resident_code", "my_number"] {
                let before = codes(&city).len();
                let more = [("form", form), ("copies", "1"), ("show", show)];
                let answer = issue(&city, &clerk, home, &ids, &more);
                assert_eq!(answer.status, 303, "{form} {show}: {}", answer.body);
                assert_eq!(codes(&city).len() - before, papers, "{form}: each paper its own number");
                let pdf = paper(&city, &clerk, answer.header("location"));
                assert_eq!(
                    (pdf.status, pdf.header("content-type")),
                    (200, "application/pdf"),
                    "{form} {show}"
                );
            }
        }
        let touched: i64 = city.read(|tx| {
            let find =
                sql!("SELECT COUNT(*) FROM access WHERE municipality_id = $1 AND number_touched = TRUE");
            tx.one(find, params![], |r| r.take())
        });
        assert_eq!(touched, 6, "each look at a number is a row");
        let sheets: Vec<String> = city.read(|tx| {
            let find = sql!("SELECT sheets FROM issue WHERE municipality_id = $1");
            tx.all(find, params![], |r| r.take())
        });
        let digits = number.reveal();
        assert!(sheets.iter().all(|one| !one.contains(digits.as_str())), "the log holds no number");
    });
}

#[test]
fn what_cannot_be_done_leaves_everything_typed_and_draws_no_number() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let ids: Vec<String> = members.iter().map(|one| one.person.to_string()).collect();
        for (more, said) in [
            (vec![("identity", "")], "本人確認書類は"),
            (vec![("copies", "たくさん")], "部数は"),
            (vec![("capacity", "agent")], "代理人の氏名を"),
            (vec![("capacity", "third"), ("evidence", "契約書"), ("show", "my_number")], "だけのせられます"),
        ] {
            let answer = issue(&city, &clerk, home, &ids, &more);
            assert_eq!(answer.status, 422, "{more:?}");
            assert!(answer.body.contains(said) && answer.body.contains("銀行の手続き"), "{said}");
        }
        // A letter that no font draws is found before a number is drawn.
        let person = members[0].person;
        city.write(move |tx| {
            let rename = sql!(
                "UPDATE resident_current SET given_name = $3 WHERE municipality_id = $1 AND person_id = $2"
            );
            tx.run(rename, params![person, "太\u{E0000}\u{1F600}"]).map(drop)
        });
        let answer = issue(&city, &clerk, home, &ids, &[]);
        assert_eq!(answer.status, 422);
        assert!(
            answer.body.contains("まだ発行していません") && answer.body.contains("U+"),
            "{}",
            answer.body
        );
        assert!(codes(&city).is_empty());
    });
}

#[test]
fn anybody_learns_whether_a_paper_is_genuine_and_nothing_else() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let ids = [members[0].person.to_string()];
        let location = issue(&city, &clerk, home, &ids, &[("copies", "1")]).header("location").to_owned();
        let (_, code) = codes(&city).remove(0);
        let page = city.get(&format!("/verify/{code}"), None);
        assert!(
            page.status == 200 && page.body.contains("本物です") && page.body.contains("令和8年11月24日")
        );
        assert!(!page.body.contains(&members[0].family) && !page.body.contains(&members[0].given));
        let typed = city.get(&format!("/verify?code={}", code.replace('-', "+").to_lowercase()), None);
        assert!(typed.body.contains("本物です"));
        assert_eq!(city.get("/verify/0000-0000-0000-0001", None).status, 422);
        assert!(city.get("/verify/0000-0000-0000-0000", None).body.contains("証明書はありません"));
        let gone = city.post(
            &format!("{location}/disposal"),
            &clerk,
            &[("copy", "1"), ("how", "cancelled"), ("reason", "氏名の誤り")],
        );
        assert_eq!(gone.status, 303, "{}", gone.body);
        assert!(city.get(&format!("/verify/{code}"), None).body.contains("取り消されています"));
        assert_eq!(paper(&city, &clerk, &location).status, 404, "no valid copy is left");
        let asked = (0..40).map(|_| city.get(&format!("/verify/{code}"), None).status);
        assert!(asked.into_iter().any(|status| status == 429), "throttled");
    });
}

#[test]
fn a_closing_is_final_and_a_difference_has_its_reason() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let ids = [members[0].person.to_string()];
        assert_eq!(issue(&city, &clerk, home, &ids, &[]).status, 303);
        assert_eq!(issue(&city, &clerk, home, &ids, &[("official_use", "1"), ("identity", "")]).status, 303);
        let close = |counted, reason| city.post("/till", &clerk, &[("counted", counted), ("reason", reason)]);
        assert_eq!(close("５００円", "").status, 422, "100 yen are missing");
        assert_eq!(close("５００円", "つり銭の渡しすぎ").status, 303);
        assert_eq!(close("0", "").status, 422, "nothing is left to close");
        let till = city.get("/till", Some(&clerk)).body;
        assert!(
            till.contains("差 -100円（つり銭の渡しすぎ）") && till.contains("まだ締めていない分はありません")
        );
    });
}

#[test]
fn an_acting_mayor_certifies_in_her_days_alone() {
    on_both(|city| {
        let certifier = |on: &'static str| {
            city.read(move |tx| {
                let find = sql!(
                    "SELECT name FROM certifier WHERE municipality_id = $1 AND from_on <= $2
                        AND (until_on IS NULL OR until_on >= $2) ORDER BY from_on DESC LIMIT 1"
                );
                tx.opt(find, params![on], |r| r.take::<String>())
            })
        };
        city.write(|tx| {
            let put = sql!(
                "INSERT INTO certifier (municipality_id, from_on, until_on, title, name) VALUES ($1, $2, $3, $4, $5)"
            );
            tx.run(put, params!["2026-04-01", None::<&str>, "藤岡市長", "見本　市長"])?;
            tx.run(put, params!["2026-11-20", Some("2026-11-30"), "藤岡市長職務代理者　副市長", "見本　副市長"]).map(drop)
        });
        for (on, name) in [
            ("2026-03-31", None),
            ("2026-11-19", Some("見本　市長")),
            ("2026-11-24", Some("見本　副市長")),
            ("2026-12-01", Some("見本　市長")),
        ] {
            assert_eq!(certifier(on).as_deref(), name, "{on}");
        }
        let clerk = city.sign_in("shimin1");
        let (home, members) = household(&city);
        let answer = issue(&city, &clerk, home, &[members[0].person.to_string()], &[]);
        assert_eq!(answer.status, 303);
        let sheets: String = city.read(|tx| {
            let find = sql!("SELECT sheets FROM issue WHERE municipality_id = $1");
            tx.one(find, params![], |r| r.take())
        });
        assert!(sheets.contains("見本　副市長"), "the paper names who certifies today");
    });
}

#[test]
fn a_measure_filed_after_the_issue_shuts_the_paper() {
    on_both(|city| {
        let clerk = city.sign_in("shimin1");
        let last = city.residents().pop().expect("somebody");
        let ids = [last.person.to_string()];
        let location = issue(&city, &clerk, last.household, &ids, &[]).header("location").to_owned();
        assert_eq!(paper(&city, &clerk, &location).status, 200);
        assert_ne!(city.get(&format!("{location}/paper"), None).status, 200, "not without a session");
        shield(&city, last.person);
        let officer = city.sign_in("sekinin");
        assert_eq!(paper(&city, &officer, &location).status, 403, "who sees everything needs a release, too");
        let shut = paper(&city, &clerk, &location);
        assert!(shut.status != 200 && !shut.header("content-type").contains("pdf"), "{}", shut.status);
        assert_ne!(issue(&city, &clerk, last.household, &ids, &[]).status, 303);
    });
}
