use base::{At, Clock};
use db::{Store, params, sql};
use identity::{Attempt, MIGRATIONS, Refusal, session, totp};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, PASSWORD, add_clerk, attempt, run, sign_in};

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

#[test]
fn the_right_password_alone_clears_nothing() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let secret = totp::sample_secret("hanako");
        let wrong_code = totp::code(&secret, totp::step_at(MORNING) - 50);
        for i in 0..5 {
            let pending = run(session::begin(&store, FUJIOKA, attempt("hanako", PASSWORD), MORNING));
            let cookie = pending.unwrap_or_else(|refusal| panic!("try {i}: {refusal}")).cookie;
            let refused = run(session::confirm(&store, FUJIOKA, cookie.reveal(), &wrong_code, MORNING));
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
