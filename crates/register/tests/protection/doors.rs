use std::fmt::Debug;

use db::DbError;
use register::{
    Found, LockAct, LockLevel, LockRefusal, NewLock, Query, RawMoveIn, RawProtection, Refusal, Shown,
};
use testkit::{FUJIOKA, MORNING, both};

use super::{LOT, Town, caller, clerk, enter, member, migrations, moving, officer, see, tax};

#[track_caller]
fn hides(what: &str, told: &impl Debug) {
    let told = format!("{told:?}");
    for secret in [LOT, "327-3", "前町327"] {
        assert!(!told.contains(secret), "{what}: {told}");
    }
}

#[test]
fn a_list_keeps_the_person_and_loses_the_address() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let everybody: Vec<_> = town.hers.iter().chain(&town.his).copied().collect();
        let present = |by: &identity::Caller| {
            let ids = everybody.clone();
            see(&town.store, by, move |looking| register::present(looking, &ids))
        };
        assert!(present(&tax()).iter().all(|one| one.home.open().is_some()), "before the measure");
        town.file(&town.application());
        for by in [clerk(), tax()] {
            let rows = present(&by);
            assert_eq!(rows.len(), 5, "the child is fed");
            hides("present", &rows);
            for row in rows {
                let hers = town.hers.contains(&row.person);
                assert_eq!(row.home == Shown::Withheld, hers, "{}", row.name.whole());
                assert_eq!(row.address().to_string() == register::WITHHELD, hers);
            }
        }
        assert!(present(&officer()).iter().all(|one| one.home.open().is_some()));
        let homes = [town.home, town.his_home];
        let heads = see(&town.store, &tax(), move |looking| register::headings(looking, &homes));
        assert_eq!(heads[&town.home].place, Shown::Withheld);
        assert!(heads[&town.his_home].place.open().is_some());
        assert_eq!(heads[&town.home].head.as_ref().expect("a head").given, "花子");
    });
}

#[test]
fn record_household_and_history_are_refused_as_a_whole_and_written_down() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        town.file(&town.application());
        let home = town.home;
        for by in [clerk(), tax()] {
            for person in town.hers.clone() {
                let of = see(&town.store, &by, move |looking| register::household_of(looking, person));
                assert!(matches!(of, Found::Refused), "the grandmother lives there, too");
                let versions = see(&town.store, &by, move |looking| register::versions(looking, person));
                assert!(matches!(versions, Found::Refused));
            }
            let record = see(&town.store, &by, move |looking| register::household_record(looking, home));
            assert!(matches!(record, Found::Refused));
        }
        let attempts = town.attempts();
        assert_eq!(attempts.len(), 14);
        assert!(attempts.iter().all(|one| one.what == "住民票の照会" && !one.persons.is_empty()));
        assert_eq!((attempts[0].terminal.as_str(), attempts[0].path.as_str()), ("192.0.2.7", "試験"));
        let record = see(&town.store, &officer(), move |looking| register::household_record(looking, home));
        assert!(record.open().expect("the officer").shielded);
        let his = town.his_home;
        let record = see(&town.store, &tax(), move |looking| register::household_record(looking, his));
        assert!(!record.open().expect("not hers").shielded);
        let refused =
            see(&town.store, &clerk(), |looking| register::attempts(looking, base::At::from_micros(0)));
        assert!(matches!(refused, Found::Refused));
    });
}

#[test]
fn a_household_at_the_same_address_is_shut_as_well() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let kin = vec![member("岸", "五郎", ("キシ", "ゴロウ"), "1952-08-01", "世帯主")];
        let separate = enter(&town.store, &moving("327-3", kin));
        let next = vec![member("隣", "次郎", ("トナリ", "ジロウ"), "1962-08-01", "世帯主")];
        let next_door = enter(&town.store, &moving("327-4", next));
        town.file(&town.application());
        let of = |home| see(&town.store, &clerk(), move |looking| register::household_record(looking, home));
        assert!(matches!(of(separate.household), Found::Refused));
        assert!(matches!(of(next_door.household), Found::Open(_)));
    });
}

fn search(town: &Town, by: &identity::Caller, typed: &'static str) -> register::Hits {
    let query = Query::parse(typed, FUJIOKA, MORNING.date()).expect("a query");
    see(&town.store, by, move |looking| register::search(looking, typed, &query, 0))
}

#[test]
fn a_search_is_no_oracle() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let ids = town.hers.clone();
        let number = see(&town.store, &tax(), move |looking| register::present(looking, &ids))
            .into_iter()
            .find(|one| one.person == town.hers[0])
            .expect("is there")
            .person_no
            .to_string();
        let number: &'static str = Box::leak(number.into_boxed_str());
        town.file(&town.application());
        let asked = [
            "ワタナベ",
            "渡辺",
            "渡邊花子",
            "ハナコ",
            "S61.7.10",
            "渡辺 S61.7.10",
            "渡辺 S61.7.11",
            "キシ",
            number,
        ];
        for typed in asked {
            let hits = search(&town, &tax(), typed);
            let rows: Vec<_> = hits.rows.iter().map(|one| one.person).collect();
            assert!(rows.iter().all(|one| !town.hers.contains(one)), "{typed}");
            assert_eq!(usize::try_from(hits.total).expect("few"), rows.len(), "{typed}: the count");
            assert!(hits.marked.is_empty(), "{typed}");
            // At the desk a name alone answers, whatever else is typed beside it.
            let hits = search(&town, &clerk(), typed);
            let marked: Vec<&str> = hits.marked.iter().map(|name| name.given.as_str()).collect();
            let expected: &[&str] = match typed {
                "ワタナベ" | "渡辺" | "渡辺 S61.7.10" | "渡辺 S61.7.11" => &["一郎", "花子"],
                "渡邊花子" | "ハナコ" => &["花子"],
                "キシ" => &["ウメ"],
                _ => &[],
            };
            assert_eq!(marked, expected, "{typed}");
            hides(typed, &hits);
        }
        let hits = search(&town, &officer(), "ワタナベ");
        assert_eq!((hits.total, hits.rows.len(), hits.shielded.len()), (4, 4, 2));
    });
}

#[test]
fn the_alert_of_a_move_in_confirms_nobody() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        town.file(&town.application());
        let alerts = |raw: RawMoveIn| {
            let read: Result<_, DbError> = town.store.read_blocking(FUJIOKA, move |tx| {
                let notice = register::check(&raw, MORNING.date(), FUJIOKA).expect("possible");
                register::alerts(tx, &notice)
            });
            read.expect("reads").into_iter().map(|alert| alert.code).collect::<Vec<_>>()
        };
        let hers = member("渡邊", "花子", ("ワタナベ", "ハナコ"), "1986-07-10", "世帯主");
        assert_eq!(alerts(moving("1-1", vec![hers])), Vec::<String>::new());
        let his = member("渡邊", "トメ", ("ワタナベ", "トメ"), "1950-08-01", "世帯主");
        assert_eq!(alerts(moving("1-1", vec![his])), ["known_0"], "of others it still tells");
    });
}

#[test]
fn a_notification_is_shown_by_the_rule_of_the_record() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let raw = moving("77-7", vec![member("西", "一", ("ニシ", "ハジメ"), "1990-01-01", "世帯主")]);
        let open = town.store.write_blocking(FUJIOKA, move |tx| {
            register::provisional(tx, &caller(1, "").actor, MORNING, &raw, &[])
        });
        let other = open.expect("仮登録");
        let since = base::At::from_micros(0);
        let listed =
            |by: &identity::Caller| see(&town.store, by, move |looking| register::waiting(looking, since));
        let hers = listed(&clerk()).into_iter().find(|one| one.first.as_ref().is_some_and(|n| n.1 == "花子"));
        let hers = hers.expect("today's").id;
        town.file(&town.application());
        for by in [clerk(), tax()] {
            let found = see(&town.store, &by, move |looking| register::notice(looking, hers));
            assert!(matches!(found, Found::Refused));
            let found = see(&town.store, &by, move |looking| register::notice(looking, other));
            assert!(matches!(found, Found::Open(_)));
            hides("waiting", &listed(&by));
        }
        assert!(listed(&clerk()).iter().any(|one| one.id == hers && one.members == Shown::Withheld));
        assert!(listed(&tax()).iter().all(|one| one.id != hers), "not even that it is there");
        let found = see(&town.store, &officer(), move |looking| register::notice(looking, hers));
        assert!(matches!(found, Found::Open(_)));
    });
}

#[test]
fn what_was_typed_before_the_measure_is_shut_and_what_was_typed_after_confirms_nothing() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let raw =
            moving("99-9", vec![member("渡邊", "花子", ("ワタナベ", "ハナコ"), "1986-07-10", "世帯主")]);
        let enter = |raw: RawMoveIn| {
            let codes = ["known_0".to_owned()];
            let typed = town.store.write_blocking(FUJIOKA, move |tx| {
                let at = tx.started_at();
                register::provisional(tx, &clerk().actor, at, &raw, &codes)
            });
            typed.expect("仮登録")
        };
        let tells = |saved_at: base::At| {
            let raw = raw.clone();
            see(&town.store, &clerk(), move |looking| register::draft_tells(looking, &raw, saved_at))
        };
        let before = enter(raw.clone());
        town.at("2026-11-25");
        town.file(&town.application());
        town.at("2026-11-26");
        let after = enter(raw.clone());
        let notice =
            |by: &identity::Caller, id| see(&town.store, by, move |looking| register::notice(looking, id));
        assert!(matches!(notice(&clerk(), before), Found::Refused));
        assert!(matches!(notice(&clerk(), after), Found::Open(_)), "her own typing tells her nothing new");
        assert!(matches!(notice(&caller(2, "resident_clerk"), after), Found::Refused), "another clerk");
        assert!(tells(MORNING) && !tells(town.store.clock().now()));
    });
}

#[test]
fn locks_stop_what_they_name_and_no_more() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let (home, person) = (town.his_home, town.his[0]);
        let put = |act, level, to: Option<&str>| {
            let to = to.map(|day| day.parse().expect("a day"));
            let lock = NewLock {
                person: Some(person),
                household: None,
                act,
                level,
                from: MORNING.date(),
                to,
                reason: "確認中".to_owned(),
            };
            town.store.write_blocking(FUJIOKA, move |tx| register::put_lock(tx, &officer(), &lock))
        };
        let opens = || {
            let found = see(&town.store, &clerk(), move |looking| register::household_record(looking, home));
            found.open().map(|record| record.locks.iter().map(register::Lock::title).collect::<Vec<_>>())
        };
        put(LockAct::Issue, LockLevel::Error, None).expect("put");
        put(LockAct::Inquiry, LockLevel::Alert, None).expect("put");
        assert_eq!(opens().expect("visible"), ["発行：できません", "照会：注意"], "several at once");
        assert_eq!(search(&town, &clerk(), "ケン").locked, [person]);
        let id = put(LockAct::Inquiry, LockLevel::Error, Some("2026-11-30")).expect("put");
        assert!(opens().is_none());
        town.at("2026-12-01");
        assert!(opens().is_some(), "over");
        town.at("2026-11-24");
        let end = |reason: &'static str| {
            town.store.write_blocking(FUJIOKA, move |tx| register::end_lock(tx, &officer(), id, reason))
        };
        assert!(matches!(end(""), Err(LockRefusal::NoReason)));
        end("確認できた").expect("ended");
        assert!(matches!(end("確認できた"), Err(LockRefusal::NotFound)));
        assert!(opens().is_some());
        assert!(matches!(
            put(LockAct::Issue, LockLevel::Error, Some("2026-11-01")),
            Err(LockRefusal::Backwards)
        ));
    });
}

#[test]
fn a_lock_on_changes_keeps_newcomers_out() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let home = town.his_home;
        let put = |level| {
            let lock = NewLock {
                person: None,
                household: Some(home),
                act: LockAct::Change,
                level,
                from: MORNING.date(),
                to: None,
                reason: "訴訟".to_owned(),
            };
            let put = town.store.write_blocking(FUJIOKA, move |tx| register::put_lock(tx, &officer(), &lock));
            put.expect("put");
        };
        let join = || {
            let newcomer = member("渡邊", "次郎", ("ワタナベ", "ジロウ"), "1990-01-01", "子");
            let raw = RawMoveIn { household: home.to_string(), ..moving("", vec![newcomer]) };
            town.store.write_blocking(FUJIOKA, move |tx| {
                register::provisional(tx, &clerk().actor, MORNING, &raw, &[]).map(drop)
            })
        };
        put(LockLevel::Alert);
        match join() {
            Err(Refusal::Unanswered(alerts)) => assert_eq!(alerts[0].code, "locked"),
            other => panic!("{other:?}"),
        }
        put(LockLevel::Error);
        let refused = join().expect_err("locked");
        assert_eq!(refused.to_string(), register::REFUSED);
    });
}

#[test]
fn without_a_measure_nothing_changes() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        assert!(!town.is_shut());
        let id = town.file(&RawProtection { provisional: true, ..town.application() });
        town.act(move |tx, by| register::end_protection(tx, by, id, "取下げ")).expect("ended");
        assert!(!town.is_shut());
        assert_eq!(search(&town, &tax(), "ワタナベ").total, 4);
    });
}
