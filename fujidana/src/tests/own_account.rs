//! 403 as rows of the log, one's own account, set-up codes and 個人番号, as browsers meet them.
use axum::http::Method;
use base::MyNumber;
use db::{params, sql};
use identity::Action;
use register::PERSONAL_NUMBER;
use vault::{Number, numbers};

use super::routes::{check_page, shield};
use super::sample_city::{SampleCity, form, on_both, request};

/// Purpose, path and persons of the rows of an operation.
fn rows(city: &SampleCity, operation: &'static str) -> Vec<(String, String, i64)> {
    city.read(move |tx| {
        let list = sql!(
            "SELECT purpose, path, person_count FROM access WHERE municipality_id = $1 AND operation = $2 ORDER BY id"
        );
        tx.all(list, params![operation], |r| {
            Ok((r.take()?, r.take::<Option<String>>()?.unwrap_or_default(), r.take()?))
        })
    })
}

#[test]
fn what_the_guard_refuses_is_in_the_log_without_a_person() {
    on_both(|city| {
        let lunch = city.sign_in("kyushoku");
        let person = city.residents().swap_remove(0).person;
        assert_eq!(city.get(&format!("/residents/{person}"), Some(&lunch)).status, 403);
        assert_eq!(
            city.send(request(Method::POST, "/account/news", &lunch.cookie, String::new())).status,
            403
        );
        let mut foreign =
            request(Method::POST, "/account/news", &lunch.cookie, form(&[("csrf", &lunch.csrf)]));
        foreign.headers_mut().insert("sec-fetch-site", "cross-site".parse().expect("a header"));
        assert_eq!(city.send(foreign).status, 403);
        let expected = [
            ("権限のない画面", "GET /residents/{person}"),
            ("合言葉のない操作", "POST /account/news"),
            ("別のサイトからの操作", "POST /account/news"),
        ];
        let expected = expected.map(|(why, route)| (why.to_owned(), route.to_owned(), 0));
        assert_eq!(rows(&city, "refused"), expected);
    });
}

#[test]
fn a_password_is_changed_on_the_page_of_the_account() {
    let city = SampleCity::new();
    let clerk = city.sign_in("shimin1");
    let page = city.get("/account", Some(&clerk));
    assert!(page.status == 200 && page.body.contains("サインインしている端末"), "{}", page.body);
    check_page("/account", &page);
    let change = |current: &str, new: &str| {
        city.post("/account/password", &clerk, &[("current", current), ("new", new)])
    };
    for (current, new, told) in [
        ("wrong", "みどりの川をわたる風", "いまのパスワードが違います"),
        (crate::city::sample_password(), "short", "8文字以上にしてください"),
        (crate::city::sample_password(), "password1", "流出したことのある"),
        (crate::city::sample_password(), "藤岡市2026年", "を除くと短くなります"),
    ] {
        let answer = change(current, new);
        assert!(answer.status == 422 && answer.body.contains(told), "{told}: {}", answer.body);
        assert!(!answer.body.contains(&format!("\"{new}\"")), "what was typed is not printed back");
        check_page("/account", &answer);
    }
    let done = change(crate::city::sample_password(), "みどりの川をわたる風");
    assert_eq!((done.status, done.header("location")), (303, "/account?done=password"));
    let page = city.get("/desk", Some(&clerk));
    assert!(page.body.contains("お知らせ1件"), "the owner is told on every page");
    assert_eq!(city.post("/account/news", &clerk, &[]).status, 303);
    assert!(!city.get("/desk", Some(&clerk)).body.contains("お知らせ1件"));
    assert!(rows(&city, "right").iter().any(|(what, ..)| what == "パスワードの変更"));
}

#[test]
fn a_code_goes_from_office_to_office_and_sets_up_a_clerk() {
    let city = SampleCity::new();
    let (operator, auditor) = (city.sign_in("somu"), city.sign_in("kansa"));
    let new =
        [("name", "shinjin"), ("display_name", "新人 一郎"), ("section", "0120"), ("role", "resident_clerk")];
    assert_eq!(city.post("/accounts", &operator, &new).status, 303);
    let page = city.get("/accounts", Some(&operator));
    assert!(page.body.contains("承認待ち") && !page.body.contains("/code\""), "{}", page.body);
    let page = city.get("/accounts/approvals", Some(&auditor)).body;
    let (_, rest) = page.split_once("action=\"/accounts/setups/").expect("a button");
    let id = rest.split('/').next().expect("an id").to_owned();
    assert_eq!(
        city.post(&format!("/accounts/setups/{id}/code"), &operator, &[]).status,
        422,
        "not approved yet"
    );
    assert_eq!(city.post(&format!("/accounts/setups/{id}/approval"), &auditor, &[]).status, 303);
    let page = city.post(&format!("/accounts/setups/{id}/code"), &operator, &[]).body;
    let (_, rest) = page.split_once("<strong class=\"fd-number\">").expect("the code");
    let code = rest.split('<').next().expect("a text").to_owned();
    let opened = city.send(request(Method::POST, "/sign-in/setup", "", form(&[("code", &code)])));
    assert!(opened.body.contains("<svg") && opened.body.contains("新人 一郎さんの設定"), "{}", opened.body);
    check_page("/sign-in/setup", &opened);
    let wrong = [("code", code.as_str()), ("password", "みどりの川をわたる風"), ("factor", "000000")];
    let refused = city.send(request(Method::POST, "/sign-in/setup/done", "", form(&wrong)));
    assert!(refused.status == 422 && refused.body.contains("認証アプリの6桁が違います"), "{}", refused.body);
    assert!(!refused.body.contains("みどりの川"), "the password is not printed back");
}

#[test]
fn a_number_is_shown_once_for_a_purpose_and_a_reason() {
    on_both(|city| {
        let keys = city.site.keys().clone();
        let (open, shielded) = (city.residents().swap_remove(0), city.residents().swap_remove(30));
        let ids = [open.person, shielded.person];
        city.write(move |tx| {
            for (id, eleven) in ids.into_iter().zip([12_345_678_901, 98_320_567_321]) {
                let number = Number::MyNumber(MyNumber::from_eleven(eleven).expect("eleven digits"));
                numbers::store_new(tx, &keys, &[(id, number)])?;
            }
            Ok(())
        });
        shield(&city, shielded.person);
        let (clerk, lunch) = (city.sign_in("shimin1"), city.sign_in("kyushoku"));
        let path = format!("/residents/{}/number", open.person);
        assert!(
            city.get(&format!("/residents/{}", open.person), Some(&clerk)).body.contains(&path),
            "a way there"
        );
        assert!(!city.site.policy().allows(&lunch.actor, Action::Read, PERSONAL_NUMBER));
        assert_eq!(city.get(&path, Some(&lunch)).status, 403);
        let asked = city.get(&path, Some(&clerk));
        assert!(asked.status == 200 && !asked.body.contains("1234 5678"), "{}", asked.body);
        check_page(&path, &asked);
        for sent in [[("purpose", ""), ("reason", "紛失")], [("purpose", "本人確認"), ("reason", " ")]]
        {
            assert_eq!(city.post(&path, &clerk, &sent).status, 422);
        }
        let before = rows(&city, "inquiry").len();
        let good = [("purpose", "本人確認"), ("reason", "通知カードの紛失")];
        let shown = city.post(&path, &clerk, &good);
        assert!(shown.status == 200 && shown.body.contains("1234 5678 901"), "{}", shown.body);
        check_page(&path, &shown);
        let after = rows(&city, "inquiry");
        assert_eq!(after.len(), before + 1, "a row of its own");
        assert_eq!(after[before].0, "個人番号の確認");
        let told: (String, bool) = city.read(|tx| {
            let last = sql!(
                "SELECT conditions, number_touched FROM access WHERE municipality_id = $1 ORDER BY id DESC LIMIT 1"
            );
            tx.one(last, params![], |r| Ok((r.take()?, r.take()?)))
        });
        assert!(
            told.1 && told.0.contains("番号法第16条") && told.0.contains("理由：通知カードの紛失"),
            "{told:?}"
        );
        assert!(!told.0.contains("12345678901"));
        let refused = city.post(&format!("/residents/{}/number", shielded.person), &clerk, &good);
        assert!(refused.status == 403 && refused.body.contains("この記録は、この画面では扱えません"));
        assert!(rows(&city, "refused").iter().any(|(_, _, count)| *count == 1), "the attempt is told");
    });
}
