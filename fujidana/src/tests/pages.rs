//! Pages are the same for the same register, keep what was typed, and do an act once.
use std::sync::Barrier;

use axum::http::Method;
use db::{params, sql};

use super::routes::{Rows, check_page};
use super::sample_city::{Clerk, SampleCity, encoded, family_of_four, form, on_both, request};

/// The one-time number of a form is the one thing that differs from page to page.
fn without_submission(body: &str) -> String {
    const NAME: &str = "name=\"submission_id\" value=\"";
    let mut parts = body.split(NAME);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str(NAME);
        out.push_str(part.split_once('"').expect("a value ends").1);
    }
    out
}

#[test]
fn a_page_asked_for_twice_is_the_same() {
    let city = SampleCity::new();
    let staff = city.staff();
    let rows = Rows::of(&city, &staff[0], &staff[1]);
    let more = [rows.provisional.clone(), "/residents?q=%E3%82%A2".to_owned(), "/sign-in/code".to_owned()];
    let paths: Vec<String> = city
        .listed
        .iter()
        .filter(|route| route.method == Method::GET)
        .map(|route| rows.fill(route))
        .chain(more)
        .collect();
    for clerk in &staff {
        for path in &paths {
            let once = city.get(path, Some(clerk));
            let twice = city.get(path, Some(clerk));
            assert_eq!(once.status, twice.status, "{path}");
            assert!(once.status < 500, "{path}: {}", once.status);
            assert_eq!(without_submission(&once.body), without_submission(&twice.body), "{path}");
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Every field wrong or odd, and every one comes back as it was typed.
#[test]
fn a_refused_form_keeps_what_was_typed() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let typed = [
        ("moved_on", "きのうごろ<br>"),
        ("filed_on", "R8.13.45"),
        ("filed_by", "届出人 \"代理\""),
        ("address", "ない町&字"),
        ("address_lot", "番外の9"),
        ("address_building", "ハイツ'101"),
        ("previous_address", "前の住所 <b>"),
        ("m0_family", "氏は𠮷"),
        ("m0_given", "名は髙"),
        ("m0_family_kana", "kana?"),
        ("m0_given_kana", "12カナ"),
        ("m0_birth", "うまれた日"),
        ("m0_relationship", "はとこ？"),
        ("m0_domicile", "本籍はどこ"),
        ("m0_domicile_head", "筆頭は誰"),
        ("m5_given", "6人目"),
        ("m5_birth", "R9.1.1"),
        ("m6_nationality", "国籍はどこ"),
        ("submission_id", "kept-submission"),
    ];
    let sent: Vec<(&str, &str)> = typed.into_iter().chain([("m0_sex", "F")]).collect();
    let answer = city.post("/move-ins", &clerk, &sent);
    assert_eq!(answer.status, 422);
    check_page("/move-ins", &answer);
    for (name, text) in typed {
        let value = format!("value=\"{}\"", escaped(text));
        let input = format!("name=\"{name}\"");
        let kept = answer.body.split('<').any(|tag| tag.contains(&input) && tag.contains(&value));
        assert!(kept, "{name}: {text} is gone");
    }
    let sex =
        answer.body.split('<').find(|tag| tag.contains("name=\"m0_sex\"") && tag.contains("value=\"F\""));
    assert!(sex.expect("the radio").contains("checked"), "the choice is gone");
    assert!(answer.body.contains("role=\"alert\""), "the errors stand above the form");
    assert_eq!(count(&city, &clerk), 0, "nothing was stored");
}

#[test]
fn a_refused_sign_in_keeps_the_name_and_never_the_password() {
    let city = SampleCity::new();
    let sent = form(&[("name", "shimin9"), ("password", "himitsu-desu"), ("to", "/lunch?page=2")]);
    let answer = city.send(request(Method::POST, "/sign-in", "", sent));
    assert_eq!(answer.status, 422);
    check_page("/sign-in", &answer);
    assert!(answer.body.contains("value=\"shimin9\"") && answer.body.contains("value=\"/lunch?page=2\""));
    assert!(!answer.body.contains("himitsu-desu"));
}

/// An alert asks, the answer is kept, and the act goes on.
#[test]
fn an_alert_needs_an_answer() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let mut fields = family_of_four("注意");
    fields[0] = ("moved_on", "R8.9.1");
    let asked = city.post("/move-ins", &clerk, &fields);
    assert_eq!(asked.status, 422);
    assert!(asked.body.contains("name=\"alert_late\"") && asked.body.contains("住民基本台帳法22条"));
    fields.push(("alert_late", "stop"));
    assert_eq!(city.post("/move-ins", &clerk, &fields).status, 422, "an answer that stops is no consent");
    assert_eq!(count(&city, &clerk), 0);
    fields.push(("alert_late", "go_on"));
    assert_eq!(city.post("/move-ins", &clerk, &fields).status, 303);
    assert_eq!(count(&city, &clerk), 1);
}

/// The notices that a clerk entered.
fn count(city: &SampleCity, clerk: &Clerk) -> i64 {
    let account = clerk.actor.account;
    city.read(move |tx| {
        let count = sql!("SELECT COUNT(*) FROM move_in WHERE municipality_id = $1 AND entered_by = $2");
        tx.one(count, params![account], |r| r.take())
    })
}

#[test]
fn a_form_sent_twice_does_its_act_once() {
    on_both(|city| {
        let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
        let residents = city.residents().len();
        let mut fields = family_of_four("二度");
        fields.push(("submission_id", "once-1"));
        let once = city.post("/move-ins", &first, &fields);
        let twice = city.post("/move-ins", &first, &fields);
        assert_eq!((once.status, twice.status), (303, 303));
        assert_eq!(once.header("location"), twice.header("location"), "the first result");
        assert_eq!(count(&city, &first), 1);
        // The number of one clerk says nothing about another's form.
        let other = city.post("/move-ins", &second, &fields);
        assert_ne!(other.header("location"), once.header("location"));

        let path = once.header("location");
        let decide = [("version", "1"), ("submission_id", "once-2")];
        for _ in 0..2 {
            let decided = city.post(&format!("{path}/registration"), &second, &decide);
            assert_eq!((decided.status, decided.header("location")), (303, path));
        }
        assert_eq!(city.residents().len(), residents + 4);
        // Without the number of the form it is another act: the register refuses it.
        let again = city.post(&format!("{path}/registration"), &second, &[("version", "1")]);
        assert_eq!(again.status, 409);
    });
}

/// `at_once` sends a form twice at the same moment. Gives both statuses, the lower first.
fn at_once(city: &SampleCity, path: &str, clerk: &Clerk, numbers: [&str; 2]) -> [u16; 2] {
    let barrier = Barrier::new(2);
    let mut statuses = std::thread::scope(|scope| {
        let sent = numbers.map(|number| {
            let barrier = &barrier;
            scope.spawn(move || {
                barrier.wait();
                city.post(path, clerk, &[("version", "1"), ("submission_id", number)]).status
            })
        });
        sent.map(|one| one.join().expect("an answer"))
    });
    statuses.sort_unstable();
    statuses
}

#[test]
fn a_registration_sent_twice_at_one_moment_registers_once() {
    on_both(|city| {
        let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
        for round in 0..5 {
            let residents = city.residents().len();
            // A double click sends one form twice; two windows send two forms.
            for (letter, numbers, expected) in [("甲", ["same", "same"], 303), ("乙", ["one", "other"], 409)]
            {
                let path = city.enter(&first, &format!("同時{letter}{round}"));
                let numbers = numbers.map(|number| format!("{number}-{letter}-{round}"));
                let numbers = [numbers[0].as_str(), numbers[1].as_str()];
                let statuses = at_once(&city, &format!("{path}/registration"), &second, numbers);
                assert_eq!(statuses, [303, expected], "{numbers:?}");
            }
            assert_eq!(city.residents().len(), residents + 8, "each family once");
        }
    });
}

#[test]
fn a_draft_comes_back_and_can_be_thrown_away() {
    let city = SampleCity::new();
    let (clerk, other) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    let open = |clerk| city.get("/move-ins/new", Some(clerk)).body;
    assert_eq!(city.post("/move-ins/draft", &clerk, &[("m0_given", "書きかけ")]).status, 200);
    assert!(open(&clerk).contains("書きかけ"));
    assert!(!open(&other).contains("書きかけ"), "a draft is its clerk's alone");
    assert_eq!(city.post("/move-ins/draft/discard", &clerk, &[]).status, 303);
    assert!(!open(&clerk).contains("書きかけ"));
}

#[test]
fn the_desk_lists_what_waits_and_what_was_searched() {
    let city = SampleCity::new();
    let (first, second) = (city.sign_in("shimin1"), city.sign_in("shimin2"));
    city.move_in(&first, &second, "受付済");
    city.enter(&first, "待機中");
    city.get(&format!("/residents?q={}", encoded("ヤマタ")), Some(&second));
    let desk = city.get("/desk", Some(&second)).body;
    for text in ["本登録を待つ届け", "待機中　太郎", "きょうの受付", "受付済　太郎", "最近の検索", "ヤマタ"]
    {
        assert!(desk.contains(text), "{text}");
    }
    assert!(!city.get("/desk", Some(&first)).body.contains("ヤマタ"), "searches are the clerk's own");
}
