use base::At;
use db::{Store, params, sql};
use identity::{MIGRATIONS, NewSession, Refusal, Session, fresh, session, totp};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, add_clerk, attempt, keys, run, sign_in};

fn current(store: &Store, token: &str, at: At) -> Option<Session> {
    run(session::current(store, FUJIOKA, token, at)).expect("the store answers")
}

fn code(at: At) -> String {
    totp::code(&totp::sample_secret("hanako"), totp::step_at(at))
}

fn confirm(store: &Store, token: &str, code: &str, at: At) -> Result<NewSession, Refusal> {
    run(fresh::by_code(store, &keys(), FUJIOKA, token, code, CLIENT, at))
}

#[test]
fn a_code_makes_the_session_fresh_under_a_new_cookie() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let old = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let later = MORNING.plus_seconds(session::LIMITS.fresh);
        let before = current(&store, old.reveal(), later).expect("goes on");
        assert!(!before.is_fresh(later));
        let new = confirm(&store, old.reveal(), &code(later), later).expect("the code is right").token;
        assert!(current(&store, old.reveal(), later).is_none(), "the old cookie is used up");
        let after = current(&store, new.reveal(), later).expect("goes on");
        assert!(after.is_fresh(later));
        assert_eq!(after.began_at, MORNING, "a confirmation does not prolong the day");
        assert!(after.csrf_matches(&before.csrf), "forms in other tabs stay valid");
    });
}

#[test]
fn a_used_code_or_an_ended_session_confirms_nothing() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let ended = MORNING.plus_seconds(session::LIMITS.idle);
        for (token, code, at) in [
            // The code of the sign-in.
            (token.reveal(), code(MORNING), MORNING),
            (token.reveal(), "000000".to_owned(), MORNING),
            (token.reveal(), code(ended), ended),
            ("", code(ended), ended),
        ] {
            let refused = confirm(&store, token, &code, at);
            assert!(matches!(refused, Err(Refusal::Wrong)), "{code} {at}: {refused:?}");
        }
    });
}

#[test]
fn guesses_wait_and_strangers_have_no_part_in_it() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let stranger = |_| run(session::begin(&store, FUJIOKA, attempt("hanako", "違う"), MORNING));
        assert!((0..9).map(stranger).all(|tried| tried.is_err()));
        let wrong = code(MORNING.plus_seconds(-3000));
        for i in 0..5 {
            let refused = confirm(&store, token.reveal(), &wrong, MORNING);
            assert!(matches!(refused, Err(Refusal::Wrong)), "try {i}: {refused:?}");
        }
        let later = MORNING.plus_seconds(30);
        let refused = confirm(&store, token.reveal(), &code(later), later);
        assert!(matches!(refused, Err(Refusal::Wait { seconds: 2 })), "{refused:?}");
        let later = MORNING.plus_seconds(32);
        confirm(&store, token.reveal(), &code(later), later).expect("after the wait");
    });
}

/// Operation and purpose of each row of the log, in order.
fn log(store: &Store) -> Vec<(String, String, String)> {
    let list = sql!("SELECT operation, purpose, terminal FROM access WHERE municipality_id = $1 ORDER BY id");
    let read = store.read_blocking(FUJIOKA, move |tx| {
        tx.all(list, params![], |row| Ok((row.take()?, row.take()?, row.take()?)))
    });
    let rows: Result<_, db::DbError> = read;
    rows.expect("reads")
}

#[test]
fn every_step_is_in_the_log_and_no_typed_name() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let begin = |name: &str| run(session::begin(&store, FUJIOKA, attempt(name, "違う"), MORNING));
        assert!(begin("hanako").is_err() && begin("typed-by-mistake").is_err());
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        assert!(confirm(&store, token.reveal(), "000000", MORNING).is_err());
        let later = MORNING.plus_seconds(30);
        let token = confirm(&store, token.reveal(), &code(later), later).expect("confirms").token;
        let actor = current(&store, token.reveal(), later).expect("goes on").actor;
        run(session::sign_out(&store, &actor, token.reveal(), CLIENT)).expect("signs out");
        let expected = [
            ("sign_in_failed", "パスワード"),
            ("sign_in_failed", "パスワード"),
            ("sign_in", "パスワードと確認コード"),
            ("sign_in_failed", "再確認の確認コード"),
            ("step_up", "確認コード"),
            ("sign_out", "サインアウト"),
        ];
        let expected = expected
            .map(|(operation, purpose)| (operation.to_owned(), purpose.to_owned(), CLIENT.to_owned()));
        assert_eq!(log(&store), expected);
    });
}
