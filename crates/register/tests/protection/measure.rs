use db::{DbError, params, sql};
use register::{Due, ProtectionRefusal, ProtectionState, RawParty, RawProtection};
use testkit::{FUJIOKA, both};

use super::{Town, clerk, enter, member, migrations, moving, officer, see, tax};

#[test]
fn the_year_is_set_extended_in_time_and_never_ends_by_itself() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id =
            town.file(&RawProtection { starts_on: "令和2年4月1日".to_owned(), ..town.application() });
        let measure = town.protection(id);
        assert_eq!(measure.starts_on.to_string(), "2020-04-01");
        assert_eq!(measure.ends_on.to_string(), "2021-03-31", "令和3年3月31日");
        assert!(measure.has_lapsed("2026-11-24".parse().expect("a day")));
        assert!(town.is_shut(), "a lapsed measure blocks");
        let end = town.act(move |tx, by| register::extend_protection(tx, by, id)).expect("extended");
        assert_eq!(end.to_string(), "2022-03-31", "counted from the day after the old end");
        assert!(town.is_shut());
    });
}

#[test]
fn an_extension_is_accepted_from_one_month_before_the_end() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        let extend = || town.act(move |tx, by| register::extend_protection(tx, by, id));
        for (day, accepted) in [("2026-11-24", false), ("2027-10-22", false), ("2027-10-23", true)] {
            town.at(day);
            match extend() {
                Ok(end) => assert!(accepted && end.to_string() == "2028-11-23", "{day}: {end}"),
                Err(ProtectionRefusal::TooEarly(from)) => {
                    assert!(!accepted && from.to_string() == "2027-10-23", "{day}: {from}");
                }
                Err(other) => panic!("{day}: {other}"),
            }
        }
    });
}

#[test]
fn notices_come_a_month_before_the_end_and_after_it() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        town.file(&town.application());
        for (day, expected) in [
            ("2027-10-22", vec![]),
            ("2027-10-23", vec![Due::Soon]),
            ("2027-11-23", vec![Due::Soon]),
            ("2027-11-24", vec![Due::Lapsed]),
            ("2031-01-01", vec![Due::Lapsed]),
        ] {
            let on = day.parse().expect("a day");
            let list = see(&town.store, &officer(), move |looking| register::lapse_notices(looking, on));
            let list: Vec<Due> = list.open().expect("may read").into_iter().map(|(_, due)| due).collect();
            assert_eq!(list, expected, "{day}");
        }
    });
}

#[test]
fn a_provisional_measure_blocks_like_the_full_one_until_a_person_ends_it() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&RawProtection { provisional: true, ..town.application() });
        assert_eq!(town.protection(id).state, ProtectionState::Provisional);
        assert!(town.is_shut());
        town.act(move |tx, by| register::confirm_protection(tx, by, id)).expect("confirmed");
        assert_eq!(town.protection(id).state, ProtectionState::InForce);
        let again = town.act(move |tx, by| register::confirm_protection(tx, by, id));
        assert!(matches!(again, Err(ProtectionRefusal::NotProvisional)));
        let without = town.act(move |tx, by| register::end_protection(tx, by, id, " "));
        assert!(matches!(without, Err(ProtectionRefusal::NoReason)));
        assert!(town.is_shut());
        town.act(move |tx, by| register::end_protection(tx, by, id, "本人の申出")).expect("ended");
        assert!(!town.is_shut());
        let again = town.act(move |tx, by| register::extend_protection(tx, by, id));
        assert!(matches!(again, Err(ProtectionRefusal::Ended)));
        let deeds =
            see(&town.store, &officer(), move |looking| register::deeds(looking, id)).open().expect("read");
        let acts: Vec<&str> = deeds.iter().map(|deed| deed.act.as_str()).collect();
        assert_eq!(acts, ["支援措置の申出", "支援措置の開始", "支援措置の終了"]);
        assert_eq!(deeds[2].reason, "本人の申出");
    });
}

#[test]
fn moving_out_leaves_no_gap() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let (id, person) = (town.file(&town.application()), town.hers[0]);
        let changed = town.act(move |tx, by| register::moved_out(tx, by, person)).expect("moved out");
        assert_eq!(changed, 1);
        assert_eq!(town.protection(id).state, ProtectionState::Provisional);
        assert!(town.is_shut());
        town.act(move |tx, by| register::forward_protection(tx, by, id, "高崎市")).expect("forwarded");
        assert_eq!(town.protection(id).forwarded_to, "高崎市");
        assert!(town.is_shut());
    });
}

#[test]
fn an_unknown_state_blocks() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        for state in ["suspended", "", "ENDED", "ended "] {
            let changed: Result<u64, DbError> = town.store.write_blocking(FUJIOKA, move |tx| {
                let update = sql!("UPDATE protection SET state = $3 WHERE municipality_id = $1 AND id = $2");
                tx.run(update, params![id, state])
            });
            assert_eq!(changed.expect("changed"), 1);
            assert!(town.is_shut(), "{state:?}");
            let on = testkit::MORNING.date();
            let list = see(&town.store, &officer(), move |looking| register::lapse_notices(looking, on));
            assert_eq!(list.open().expect("read")[0].1, Due::Unknown, "{state:?}");
        }
    });
}

#[test]
fn every_act_is_an_event_without_names_or_addresses() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        town.act(move |tx, by| register::end_protection(tx, by, id, "渡邊花子の申出")).expect("ended");
        let read: Result<Vec<String>, DbError> = town.store.read_blocking(FUJIOKA, |tx| {
            let find = sql!("SELECT body FROM event WHERE municipality_id = $1 AND kind = $2 ORDER BY id");
            tx.all(find, params!["register.protected"], |r| r.take())
        });
        let bodies = read.expect("reads");
        assert_eq!(bodies.len(), 2);
        for body in bodies {
            assert!(body.contains(&town.hers[0].to_string()) && body.contains(&town.hers[1].to_string()));
            assert!(!body.contains(&town.his[0].to_string()), "nothing of the other party");
            assert!(!body.contains("渡邊") && !body.contains("327"), "{body}");
        }
    });
}

#[test]
fn wrong_applications_are_told_and_only_who_may_file_files() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let check = |raw: RawProtection, fields: &[&str]| match town
            .act(move |tx, by| register::file_protection(tx, by, &raw))
        {
            Err(ProtectionRefusal::Wrong(wrong)) => {
                assert_eq!(wrong.iter().map(|one| one.field.as_str()).collect::<Vec<_>>(), fields);
            }
            other => panic!("{fields:?}: {other:?}"),
        };
        check(RawProtection::default(), &["applicant_person"]);
        let applicant = RawParty { person: "0000000000".to_owned(), ..RawParty::default() };
        check(
            RawProtection { applicant, starts_on: "2月30日".to_owned(), ..Default::default() },
            &["starts_on", "applicant_person"],
        );
        let applicant =
            RawParty { family: "渡辺".to_owned(), birth: "S61.7.10".to_owned(), ..RawParty::default() };
        check(RawProtection { applicant, ..Default::default() }, &["applicant_given"]);
        let others = vec![town.application().applicant];
        check(RawProtection { others, ..town.application() }, &["other0_person"]);
        check(RawProtection { forwarded_from: "高崎市".to_owned(), ..town.application() }, &["forwarded_on"]);
        let raw = town.application();
        let filed = town.store.write_blocking(FUJIOKA, {
            let raw = raw.clone();
            move |tx| register::file_protection(tx, &tax(), &raw)
        });
        assert!(matches!(filed, Err(ProtectionRefusal::NotYours)));
        // The desk files, and has nothing to decide afterwards.
        let id = town.store.write_blocking(FUJIOKA, move |tx| register::file_protection(tx, &clerk(), &raw));
        let id = id.expect("the desk files");
        let ended =
            town.store.write_blocking(FUJIOKA, move |tx| register::end_protection(tx, &clerk(), id, "理由"));
        assert!(matches!(ended, Err(ProtectionRefusal::NotYours)));
        assert!(town.is_shut());
    });
}

#[test]
fn a_forwarded_measure_blocks_before_it_is_matched() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        // Another city knows her by an older letter; the register has not been compared yet.
        let applicant = RawParty {
            family: "渡辺".to_owned(),
            given: "花子".to_owned(),
            birth: "S61.7.10".to_owned(),
            ..RawParty::default()
        };
        let raw = RawProtection {
            applicant,
            forwarded_from: "高崎市".to_owned(),
            forwarded_on: "R8.11.20".to_owned(),
            ..RawProtection::default()
        };
        let id = town.file(&raw);
        assert!(town.is_shut(), "who may be her is shielded");
        let unsure = || {
            see(&town.store, &officer(), move |looking| register::unsure(looking, id)).open().expect("read")
        };
        assert_eq!(unsure(), [town.hers[0]]);
        let person = town.hers[0];
        town.act(move |tx, by| register::link_protection(tx, by, id, None, person)).expect("somebody else");
        assert!(!town.is_shut(), "an officer made sure that it is somebody else");
        let other = town.hers[1];
        town.act(move |tx, by| register::link_protection(tx, by, id, Some(0), other)).expect("linked");
        assert!(town.is_shut(), "the household of who is linked");
    });
}

#[test]
fn who_moves_in_under_a_shielded_name_is_shielded_from_the_first_second() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let raw = RawProtection {
            applicant: RawParty {
                family_kana: "さとう".to_owned(),
                given_kana: "みどり".to_owned(),
                birth: "1990-05-05".to_owned(),
                ..RawParty::default()
            },
            forwarded_from: "高崎市".to_owned(),
            forwarded_on: "R8.11.20".to_owned(),
            ..RawProtection::default()
        };
        town.file(&raw);
        let her = vec![member("佐藤", "緑", ("サトウ", "ミドリ"), "1990-05-05", "世帯主")];
        let moved = enter(&town.store, &moving("55-5", her));
        let home = moved.household;
        let found = see(&town.store, &clerk(), move |looking| register::household_record(looking, home));
        assert!(matches!(found, register::Found::Refused));
        // A new family name after a divorce: given name and birth date are enough to be unsure.
        let again = vec![member("木村", "緑", ("キムラ", "ミドリ"), "1990-05-05", "世帯主")];
        let home = enter(&town.store, &moving("66-6", again)).household;
        let found = see(&town.store, &clerk(), move |looking| register::household_record(looking, home));
        assert!(matches!(found, register::Found::Refused));
    });
}
