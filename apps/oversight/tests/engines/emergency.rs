use base::At;
use db::{params, sql};
use identity::{KnownSessions, Operation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use testkit::{FUJIOKA, both};

use super::{Office, instant, migrations, run};

const ASKED: &str = "2026-11-24 19:00:00";

fn ask() -> Value {
    json!({ "role": "care_clerk", "reason": "停電で介護高齢課の職員が来られない", "minutes": 30 })
}

/// Opened in the evening, with an ask of 税務課 that is approved two minutes later, for half an hour.
fn approved(store: &db::Store) -> (Office, Value) {
    store.clock().set(instant("2026-11-24 18:00:00"));
    let office = Office::open(store);
    office.at(ASKED);
    let asked = office.done("zeimu", "break_glass.ask", &ask());
    office.at("2026-11-24 19:02:00");
    office.done("sekinin", "break_glass.approve", &asked);
    (office, asked)
}

/// The purposes of the rows of the log, in their order.
fn purposes(office: &Office, name: &str) -> Vec<String> {
    let account = office.actor(name).account;
    office.write(move |tx| {
        let find = sql!(
            "SELECT purpose FROM access WHERE municipality_id = $1 AND id > 0 AND account_id = $2 ORDER BY id"
        );
        tx.all(find, params![account], |r| r.take())
    })
}

#[test]
fn a_right_counts_from_the_approval_to_its_end() {
    both(&migrations(), |store| {
        let (office, _) = approved(&store);
        for (moment, expected) in [
            ("2026-11-24 19:02:00", true),
            ("2026-11-24 19:31:59", true),
            ("2026-11-24 19:32:00", false),
            ("2026-11-24 19:32:01", false),
        ] {
            office.at(moment);
            let has = office.actor("zeimu").roles.iter().any(|role| role == "care_clerk");
            assert_eq!(has, expected, "{moment}");
            office.look("zeimu", &[base::PersonId::new(7)]);
        }
        let expected = [
            "緊急時の権限の申請",
            "緊急時の権限：住民票の照会",
            "緊急時の権限：住民票の照会",
            "住民票の照会",
            "住民票の照会",
        ];
        assert_eq!(purposes(&office, "zeimu"), expected);
    });
}

#[test]
fn two_people_give_it_and_a_third_looks_into_it() {
    both(&migrations(), |store| {
        store.clock().set(instant("2026-11-24 18:00:00"));
        let office = Office::open(&store);
        for (wrong, sentence) in [
            (json!({ "role": "care_clerk", "reason": " ", "minutes": 30 }), "理由"),
            (json!({ "role": "care_clerk", "reason": "停電", "minutes": 61 }), "60分まで"),
            (json!({ "role": "care_clerk", "reason": "停電", "minutes": 0 }), "60分まで"),
            (json!({ "role": "nobody", "reason": "停電", "minutes": 5 }), "役割"),
            (json!({ "role": "auditor", "reason": "停電", "minutes": 5 }), "役割"),
        ] {
            office.refused("zeimu", "break_glass.ask", &wrong, sentence);
        }
        office.refused("kansa", "break_glass.ask", &ask(), "担当の職員");
        let own = office.done("sekinin", "break_glass.ask", &ask());
        office.refused("sekinin", "break_glass.approve", &own, "別の職員");
        office.done("sekinin", "break_glass.end", &own);
        let asked = office.done("zeimu", "break_glass.ask", &ask());
        office.refused("zeimu", "break_glass.ask", &ask(), "まだ続いています");
        office.refused("shimin", "break_glass.approve", &asked, "担当の職員");
        office.refused("shimin", "break_glass.end", &asked, "見つかりません");
        let found = |text: &str| json!({ "use": asked["use"], "finding": text });
        office.refused("kansa", "oversight.acknowledge", &found("見ました"), "承認待ち");
        office.done("sekinin", "break_glass.approve", &asked);
        office.refused("sekinin", "break_glass.approve", &asked, "使用中");
        office.refused("kansa", "oversight.acknowledge", &found("見ました"), "使用中");
        office.at("2026-11-24 18:30:00");
        office.refused("kansa", "oversight.acknowledge", &found(" "), "確かめたこと");
        office.refused("sekinin", "oversight.acknowledge", &found("見ました"), "担当の職員");
        let alerts = office.done("kansa", "oversight.alerts", &json!({}));
        assert_eq!(alerts["emergencies"].as_array().map(Vec::len), Some(1), "{alerts}");
        office.done("kansa", "oversight.acknowledge", &found("妥当です"));
        office.refused("kansa2", "oversight.acknowledge", &found("見ました"), "確認しました");
        let alerts = office.done("kansa", "oversight.alerts", &json!({}));
        assert_eq!(alerts["emergencies"].as_array().map(Vec::len), Some(0), "{alerts}");
        assert_eq!(deeds(&office), ["asked", "ended", "asked", "approved", "acknowledged"]);
    });
}

/// What the events tell.
fn deeds(office: &Office) -> Vec<String> {
    let read = office.write(|tx| {
        let find = sql!("SELECT kind, body FROM event WHERE municipality_id = $1 AND id > 0 ORDER BY id");
        tx.all(find, params![], |r| Ok((r.take::<String>()?, r.take::<String>()?)))
    });
    let deed = |(kind, body): (String, String)| {
        assert_eq!(kind, "identity.emergency_right");
        let body: Value = serde_json::from_str(&body).expect("JSON");
        body["deed"].as_str().expect("text").to_owned()
    };
    read.into_iter().map(deed).collect()
}

#[test]
fn the_report_lists_what_was_done_meanwhile_and_nothing_else() {
    both(&migrations(), |store| {
        let (office, asked) = approved(&store);
        office.record("shimin", Operation::Inquiry, "住民票の照会", &[]);
        office.at("2026-11-24 19:10:00");
        office.record("zeimu", Operation::Inquiry, "介護保険の被保険者", &[base::PersonId::new(7)]);
        office.done("zeimu", "break_glass.end", &asked);
        assert!(!office.actor("zeimu").roles.iter().any(|role| role == "care_clerk"), "ended by hand");
        // In the same instant, but after the end.
        office.record("zeimu", Operation::Inquiry, "机の仕事", &[]);
        office.refused("zeimu", "break_glass.end", &asked, "確認待ち");
        let day = json!({ "from": "2026-11-24", "to": "2026-11-24" });
        let found = office.done("kansa", "oversight.break_glass", &day);
        let one = &found["rows"][0];
        assert_eq!((&one["clerk"], &one["approved_by"]), (&json!("田村 五月"), &json!("中島 八重")));
        assert_eq!(
            (&one["from"], &one["to"]),
            (&json!("2026-11-24 19:02:00"), &json!("2026-11-24 19:10:00"))
        );
        let purposes: Vec<&str> = one["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["purpose"].as_str().expect("text"))
            .collect();
        assert_eq!(purposes, ["緊急時の権限：介護保険の被保険者", "緊急時の権限：緊急時の権限の終了"]);
    });
}

#[test]
fn an_ask_that_nobody_answers_lapses_after_an_hour() {
    both(&migrations(), |store| {
        store.clock().set(instant("2026-11-24 18:00:00"));
        let office = Office::open(&store);
        let asked = office.done("zeimu", "break_glass.ask", &ask());
        office.at("2026-11-24 19:00:00");
        office.refused("sekinin", "break_glass.approve", &asked, "期限切れ");
        let again = office.done("zeimu", "break_glass.ask", &ask());
        office.at("2026-11-24 19:59:59");
        office.done("sekinin", "break_glass.approve", &again);
    });
}

/// A signed-in browser's copy of the session follows the approval at once and does not outlive the end.
#[test]
fn a_copy_of_a_session_ends_with_the_right() {
    both(&migrations(), |store| {
        store.clock().set(instant("2026-11-24 18:59:00"));
        let office = Office::open(&store);
        session(&office, "zeimu");
        let known = KnownSessions::default();
        let has = |at: At| {
            office.store().clock().set(at);
            let session = run(known.current(office.store(), FUJIOKA, COOKIE, at)).expect("the store answers");
            session.expect("signed in").actor.roles.iter().any(|role| role == "care_clerk")
        };
        let begin = instant(ASKED);
        assert!(!has(begin));
        let asked = office.done("zeimu", "break_glass.ask", &ask());
        assert!(!has(begin.plus_seconds(1)));
        office.done("sekinin", "break_glass.approve", &asked);
        let end = begin.plus_seconds(1 + 30 * 60);
        assert!(has(begin.plus_seconds(1)), "at once");
        assert!(has(begin.plus_seconds(15 * 60)), "in use meanwhile");
        // From here on a copy.
        assert!(has(end.plus_seconds(-1)));
        assert!(!has(end), "to the second");
    });
}

const COOKIE: &str = "cookie-of-zeimu";

/// A session as a sign-in would leave it.
fn session(office: &Office, name: &str) {
    let account = office.actor(name).account;
    let hash = Sha256::digest(COOKIE).to_vec();
    office.write(move |tx| {
        let now = tx.started_at();
        let insert = sql!(
            "INSERT INTO session (municipality_id, token_hash, account_id, began_at, seen_at, fresh_at, csrf)
             VALUES ($1, $2, $3, $4, $4, $4, $5)"
        );
        tx.announce_change();
        tx.run(insert, params![hash.clone(), account, now, "token"]).map(drop)
    });
}
