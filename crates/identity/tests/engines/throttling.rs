use base::{At, Clock};
use db::{Store, params, sql};
use identity::{AlarmKind, Attempt, MIGRATIONS, Refusal, session, totp};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, PASSWORD, add_clerk, attempt, keys, run, sign_in};

/// One attempt with a wrong or the right password; the seconds to wait, when it was refused for that.
fn try_as(store: &Store, name: &str, client: &str, right: bool, at: At) -> Option<i64> {
    let password = if right { PASSWORD } else { "違う" }.to_owned();
    let attempt = Attempt { name: name.to_owned(), password, client: client.to_owned() };
    match run(session::begin(store, FUJIOKA, attempt, at)) {
        Ok(_) if right => None,
        Err(Refusal::Wrong) if !right => None,
        Err(Refusal::Wait { seconds }) => Some(seconds),
        other => panic!("{other:?}"),
    }
}

fn fail_five_times(store: &Store, name: &str, client: impl Fn(usize) -> String) {
    for i in 0..5 {
        assert_eq!(try_as(store, name, &client(i), false, MORNING), None, "try {i}");
    }
}

#[test]
fn a_name_waits_longer_with_each_failure_wherever_it_comes_from() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        fail_five_times(&store, "Hanako", |i| format!("192.0.2.{i}"));
        let mut at = MORNING;
        for expected in [32, 64, 128, 256, 512, 900, 900] {
            assert_eq!(try_as(&store, "hanako", "192.0.2.99", true, at), Some(expected), "{at}");
            at = at.plus_seconds(expected);
            assert_eq!(try_as(&store, "hanako", &format!("198.51.100.{expected}"), false, at), None);
        }
        assert_eq!(try_as(&store, "taro", "192.0.2.99", false, at), None, "another name is free");
    });
}

#[test]
fn an_address_waits_whatever_names_it_tries() {
    both(MIGRATIONS, |store| {
        for name in ["a", "b", "c", "d", "e"] {
            assert_eq!(try_as(&store, name, CLIENT, false, MORNING), None, "{name}");
        }
        assert_eq!(try_as(&store, "f", CLIENT, false, MORNING.plus_seconds(10)), Some(22));
        assert_eq!(try_as(&store, "f", "192.0.2.8", false, MORNING), None, "another address is free");
    });
}

#[test]
fn signing_in_clears_what_was_counted() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        for round in 0..2 {
            let at = MORNING.plus_seconds(3600 * round);
            for _ in 0..4 {
                assert_eq!(try_as(&store, "hanako", CLIENT, false, at), None, "round {round}");
            }
            run(sign_in(&store, "hanako", at)).expect("signs in");
        }
    });
}

/// Who has an account of his own must not free the way to try other people's.
#[test]
fn ones_own_sign_in_does_not_clear_what_others_names_failed_with() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        for name in ["a", "b", "c", "d"] {
            assert_eq!(try_as(&store, name, CLIENT, false, MORNING), None, "{name}");
        }
        run(sign_in(&store, "hanako", MORNING)).expect("signs in");
        assert_eq!(try_as(&store, "e", CLIENT, false, MORNING), None);
        assert_eq!(try_as(&store, "f", CLIENT, false, MORNING), Some(32));
    });
}

#[test]
fn strangers_lock_nobody_out_where_the_name_is_at_home() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        run(sign_in(&store, "hanako", MORNING)).expect("signs in");
        fail_five_times(&store, "hanako", |i| format!("203.0.113.{i}"));
        assert_eq!(try_as(&store, "hanako", "203.0.113.9", true, MORNING), Some(32), "elsewhere");
        let next = MORNING.plus_seconds(30);
        run(sign_in(&store, "hanako", next)).expect("signs in at her desk");
        // There, too, guesses are counted.
        for i in 0..5 {
            assert_eq!(try_as(&store, "hanako", CLIENT, false, next), None, "try {i}");
        }
        assert_eq!(try_as(&store, "hanako", CLIENT, true, next), Some(32));
    });
}

fn told(store: &Store) -> Vec<(AlarmKind, String, i64)> {
    let alarms = store.read_blocking(FUJIOKA, |tx| identity::alarms(tx, MORNING)).expect("reads");
    alarms.into_iter().map(|alarm| (alarm.kind, alarm.subject, alarm.count)).collect()
}

#[test]
fn many_names_from_one_address_are_told_once() {
    both(MIGRATIONS, |store| {
        let mut at = MORNING;
        for i in 0..8 {
            assert_eq!(told(&store), [], "{i}");
            assert_eq!(try_as(&store, &format!("name{i}"), CLIENT, false, at), None, "{i}");
            at = at.plus_seconds(if i < 4 { 1 } else { 256 });
        }
        assert_eq!(told(&store), [(AlarmKind::Spraying, CLIENT.to_owned(), 8)]);
        assert_eq!(try_as(&store, "name9", CLIENT, false, at.plus_seconds(1000)), None);
        assert_eq!(told(&store), [(AlarmKind::Spraying, CLIENT.to_owned(), 9)]);
    });
}

#[test]
fn many_failures_of_one_account_are_told_and_typed_texts_are_not() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        for name in ["hanako", "my secret password"] {
            let mut at = MORNING;
            for i in 0..10 {
                assert_eq!(try_as(&store, name, &format!("203.0.113.{i}"), false, at), None, "{name} {i}");
                at = at.plus_seconds(900);
            }
        }
        assert_eq!(told(&store), [(AlarmKind::Guessing, "hanako".to_owned(), 10)]);
    });
}

#[test]
fn the_right_password_alone_clears_nothing() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let secret = totp::sample_secret("hanako");
        let wrong_code = totp::code(&secret, totp::step_at(MORNING) - 50);
        for i in 0..5 {
            let pending = run(session::begin(&store, FUJIOKA, attempt("hanako", PASSWORD), MORNING));
            let cookie = pending.unwrap_or_else(|refusal| panic!("try {i}: {refusal}")).cookie;
            let refused =
                run(session::confirm(&store, &keys(), FUJIOKA, cookie.reveal(), &wrong_code, MORNING));
            assert!(matches!(refused, Err(Refusal::Wrong)), "try {i}");
        }
        assert_eq!(try_as(&store, "hanako", "192.0.2.8", true, MORNING), Some(32));
        // After the wait, password and code follow each other without another one.
        run(sign_in(&store, "hanako", MORNING.plus_seconds(32))).expect("signs in");
    });
}

#[test]
fn a_day_without_failure_starts_anew() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        fail_five_times(&store, "hanako", |_| CLIENT.to_owned());
        let next_day = MORNING.plus_seconds(32 + 24 * 3600);
        assert_eq!(try_as(&store, "hanako", CLIENT, false, next_day), None);
        assert_eq!(try_as(&store, "hanako", CLIENT, true, next_day), None);
        assert_eq!(try_as(&store, "taro", "192.0.2.8", false, next_day.plus_seconds(24 * 3600)), None);
        let kept = store.read_blocking(FUJIOKA, |tx| {
            let all = sql!("SELECT subject FROM throttle WHERE municipality_id = $1 ORDER BY subject");
            tx.all(all, params![], |row| row.take::<String>())
        });
        assert_eq!(kept.expect("reads"), ["192.0.2.8", "taro"]);
    });
}

#[test]
fn attempts_at_the_same_time_get_no_more_answers() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let threads: Vec<_> = (0..12)
            .map(|i| {
                let store = store.clone();
                std::thread::spawn(move || try_as(&store, "hanako", &format!("192.0.2.{i}"), false, MORNING))
            })
            .collect();
        let waits: Vec<_> = threads.into_iter().map(|thread| thread.join().expect("tries")).collect();
        assert_eq!(waits.iter().filter(|wait| wait.is_none()).count(), 5, "{waits:?}");
    });
}

#[test]
fn a_restart_does_not_forget() {
    let scratch = testkit::Scratch::new();
    let store = scratch.sqlite(MIGRATIONS, Clock::fixed(MORNING));
    fail_five_times(&store, "hanako", |_| CLIENT.to_owned());
    drop(store);
    let store = scratch.sqlite(MIGRATIONS, Clock::fixed(MORNING));
    assert_eq!(try_as(&store, "hanako", "192.0.2.8", true, MORNING), Some(32));
}
