use base::At;
use db::{Store, params, sql};
use identity::{AccountId, MIGRATIONS, NewPost, Refusal, Session, give_post, session, totp};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, PASSWORD, add_clerk, attempt, day, keys, new_account, run, sign_in, write};

fn current(store: &Store, token: &str, at: At) -> Option<Session> {
    run(session::current(store, FUJIOKA, token, at)).expect("the store answers")
}

/// One step (30 s) later: a new code.
fn steps(count: i64) -> At {
    MORNING.plus_seconds(30 * count)
}

#[test]
fn password_and_code_make_a_session() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let pending = run(session::begin(&store, FUJIOKA, attempt(" ＨＡＮＡＫＯ", PASSWORD), MORNING));
        let cookie = pending.expect("the password is right").cookie;
        assert!(current(&store, cookie.reveal(), MORNING).is_none(), "half a sign-in is none");
        let confirm = |at: At| {
            let code = totp::code(&totp::sample_secret("hanako"), totp::step_at(at));
            run(session::confirm(&store, &keys(), FUJIOKA, cookie.reveal(), &code, at))
        };
        let token = confirm(MORNING).expect("the code is right").token;
        assert_ne!(token, cookie, "the cookie changes");
        assert!(matches!(confirm(steps(1)), Err(Refusal::Wrong)), "the first cookie is used up");
        let session = current(&store, token.reveal(), MORNING).expect("signed in");
        let actor = session.actor;
        assert_eq!((actor.account, &actor.roles), (account, &vec!["clerk".to_owned()]));
        assert_eq!((session.began_at, session.fresh_at), (MORNING, MORNING));
        run(session::sign_out(&store, &actor, token.reveal(), CLIENT)).expect("signs out");
        assert!(current(&store, token.reveal(), MORNING).is_none());
    });
}

#[test]
fn the_sentence_never_says_which_part_was_wrong() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        write(&store, |tx| identity::create_account(tx, &keys(), &new_account("nobody"), MORNING));
        let begin = |name: &str, password: &str| {
            run(session::begin(&store, FUJIOKA, attempt(name, password), MORNING))
        };
        let mut refusals =
            vec![begin("hanako", "違う").expect_err("password"), begin("taro", PASSWORD).expect_err("name")];
        let cookie = begin("hanako", PASSWORD).expect("right").cookie;
        let late = MORNING.plus_seconds(session::LIMITS.pending);
        for (cookie, code, at) in
            [(cookie.reveal(), "000000", MORNING), ("", "", MORNING), (cookie.reveal(), "", late)]
        {
            refusals.push(
                run(session::confirm(&store, &keys(), FUJIOKA, cookie, code, at)).expect_err("refused"),
            );
        }
        refusals.push(run(sign_in(&store, "nobody", MORNING)).expect_err("no post"));
        for refusal in refusals {
            assert_eq!(refusal.to_string(), "組み合わせが違います");
        }
    });
}

#[test]
fn a_code_is_taken_once() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        run(sign_in(&store, "hanako", MORNING)).expect("the first time");
        assert!(matches!(run(sign_in(&store, "hanako", MORNING)), Err(Refusal::Wrong)), "the second time");
        run(sign_in(&store, "hanako", steps(1))).expect("the next code");
    });
}

#[test]
fn a_session_ends_idle_and_in_any_case() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let limits = session::LIMITS;
        let idle = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let after = |seconds| MORNING.plus_seconds(seconds);
        assert!(current(&store, idle.reveal(), after(limits.idle)).is_none());
        let busy = run(sign_in(&store, "hanako", steps(2))).expect("signs in again").token;
        let mut at = steps(2);
        while at < steps(2).plus_seconds(limits.absolute) {
            assert!(current(&store, busy.reveal(), at).is_some(), "{at}");
            at = at.plus_seconds(20 * 60);
        }
        assert!(current(&store, busy.reveal(), at).is_none());
    });
}

#[test]
fn a_request_is_noted_once_a_minute() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        for (seconds, expected) in [(1, 0), (59, 0), (60, 60), (119, 60), (125, 125)] {
            assert!(current(&store, token.reveal(), MORNING.plus_seconds(seconds)).is_some());
            let seen = store.read_blocking(FUJIOKA, |tx| {
                tx.one(sql!("SELECT seen_at FROM session WHERE municipality_id = $1"), params![], |row| {
                    row.take()
                })
            });
            let seen: Result<At, db::DbError> = seen;
            assert_eq!(seen.expect("reads"), MORNING.plus_seconds(expected), "{seconds}");
        }
    });
}

#[test]
fn a_post_that_ends_takes_its_role_from_the_open_session() {
    both(MIGRATIONS, |store| {
        let account: AccountId = add_clerk(&store, "hanako");
        write(&store, move |tx| {
            let (section, role) = ("s-hanako".to_owned(), "chief".to_owned());
            let until_today = Some(day(2026, 11, 24));
            give_post(tx, &NewPost { account, section, role, from: day(2026, 5, 1), to: until_today })
        });
        // 23:50 in Japan, and a quarter of an hour later.
        let late = At::from_micros(1_795_531_800_000_000);
        let token = run(sign_in(&store, "hanako", late)).expect("signs in").token;
        for (at, expected) in [(late, vec!["clerk", "chief"]), (late.plus_seconds(900), vec!["clerk"])] {
            let session = current(&store, token.reveal(), at).expect("goes on");
            assert_eq!(session.actor.roles, expected, "{at}");
        }
    });
}

#[test]
fn no_cookie_lies_in_the_database() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let read = store.read_blocking(FUJIOKA, |tx| {
            tx.one(sql!("SELECT token_hash FROM session WHERE municipality_id = $1"), params![], |row| {
                row.take()
            })
        });
        let stored: Result<Vec<u8>, db::DbError> = read;
        let stored = stored.expect("reads");
        assert_eq!(stored.len(), 32);
        let digits: String = stored.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_ne!(digits, token.reveal());
    });
}

#[test]
fn what_ended_does_not_pile_up() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        run(sign_in(&store, "hanako", MORNING)).expect("signs in");
        run(session::begin(&store, FUJIOKA, attempt("hanako", PASSWORD), MORNING)).expect("goes away then");
        run(sign_in(&store, "hanako", MORNING.plus_seconds(24 * 3600))).expect("signs in the next day");
        let counts = store.read_blocking(FUJIOKA, |tx| {
            let pending = sql!("SELECT COUNT(*) FROM sign_in WHERE municipality_id = $1");
            let sessions = sql!("SELECT COUNT(*) FROM session WHERE municipality_id = $1");
            Ok::<(i64, i64), db::DbError>((
                tx.one(pending, params![], |row| row.take())?,
                tx.one(sessions, params![], |row| row.take())?,
            ))
        });
        assert_eq!(counts.expect("counts"), (0, 1));
    });
}

#[test]
fn a_lost_device_is_signed_out_from_another() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        add_clerk(&store, "taro");
        let enter = |name: &'static str, at: At| run(sign_in(&store, name, at)).expect("signs in").token;
        let (lost, kept, other) =
            (enter("hanako", MORNING), enter("hanako", steps(1)), enter("taro", MORNING));
        let actor = current(&store, kept.reveal(), steps(1)).expect("signed in").actor;
        let end = || run(session::end_others(&store, &actor, kept.reveal(), CLIENT)).expect("writes");
        assert_eq!((end(), end()), (1, 0));
        for (token, expected) in [(&lost, false), (&kept, true), (&other, true)] {
            assert_eq!(current(&store, token.reveal(), steps(1)).is_some(), expected);
        }
    });
}
