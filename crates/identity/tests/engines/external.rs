use db::{Store, params, sql};
use identity::external::{self, Arrived};
use identity::{Actor, MIGRATIONS, reseal_secrets, session, totp};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, add_clerk, keys, run, sign_in, write};

const ISSUER: &str = "https://idp.example";

fn arrive(store: &Store, issuer: &str, subject: &str, strong: bool) -> Arrived {
    run(external::arrive(store, FUJIOKA, issuer, subject, strong, CLIENT, MORNING))
        .expect("the store answers")
}

fn link(store: &Store, subject: &'static str, name: &'static str) -> bool {
    let by = Actor::system(FUJIOKA);
    write(store, move |tx| external::link(tx, &by, ISSUER, subject, name, CLIENT, MORNING))
}

#[test]
fn only_who_is_linked_comes_in_and_two_factors_stay() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        assert!(matches!(arrive(&store, ISSUER, "s-1", true), Arrived::Unknown), "nobody linked it");
        assert!(!link(&store, "s-1", "nobody"));
        assert!(link(&store, "s-1", "ＨＡＮＡＫＯ"));
        for (issuer, subject) in [("https://idp.example/", "s-1"), (ISSUER, "S-1"), (ISSUER, "")] {
            assert!(matches!(arrive(&store, issuer, subject, true), Arrived::Unknown), "{issuer} {subject}");
        }
        let Arrived::SignedIn(new) = arrive(&store, ISSUER, "s-1", true) else { panic!("two factors") };
        let session = run(session::current(&store, FUJIOKA, new.token.reveal(), MORNING)).expect("reads");
        assert!(session.expect("signed in").is_fresh(MORNING));
        let Arrived::Pending(pending) = arrive(&store, ISSUER, "s-1", false) else { panic!("one factor") };
        let cookie = pending.cookie.reveal();
        assert!(run(session::current(&store, FUJIOKA, cookie, MORNING)).expect("reads").is_none());
        let code = totp::code(&totp::sample_secret("hanako"), totp::step_at(MORNING));
        run(session::confirm(&store, &keys(), FUJIOKA, cookie, &code, MORNING)).expect("the code fits");
        let by = Actor::system(FUJIOKA);
        let removed = write(&store, move |tx| external::unlink(tx, &by, ISSUER, "s-1", CLIENT));
        assert!(removed && matches!(arrive(&store, ISSUER, "s-1", true), Arrived::Unknown));
        let accounts = store.read_blocking(FUJIOKA, |tx| {
            let count = sql!("SELECT COUNT(*) FROM account WHERE municipality_id = $1");
            tx.one(count, params![], |row| row.take::<i64>())
        });
        assert_eq!(accounts.expect("counts"), 1, "nothing is created on the way in");
    });
}

#[test]
fn the_way_ends_once_and_in_time() {
    both(MIGRATIONS, |store| {
        let begin = || run(external::begin(&store, FUJIOKA, "/residents", CLIENT, MORNING)).expect("begins");
        let end = |cookie: &str, at| run(external::end(&store, FUJIOKA, cookie, at)).expect("ends");
        let cookie = begin();
        assert_eq!(end("another", MORNING), None);
        assert_eq!(end(cookie.reveal(), MORNING), Some("/residents".to_owned()));
        assert_eq!(end(cookie.reveal(), MORNING), None, "the second time");
        assert_eq!(end(begin().reveal(), MORNING.plus_seconds(session::LIMITS.pending)), None, "too late");
    });
}

#[test]
fn secrets_of_codes_lie_sealed() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let read = || -> Vec<u8> {
            let find = sql!("SELECT totp_secret FROM account WHERE municipality_id = $1 AND id = $2");
            let found =
                store.read_blocking(FUJIOKA, move |tx| tx.one(find, params![account], |row| row.take()));
            let found: Result<Vec<u8>, db::DbError> = found;
            found.expect("reads")
        };
        let plain = totp::sample_secret("hanako");
        assert!(!read().windows(plain.len()).any(|part| part == plain));
        // As an earlier program wrote it.
        let earlier = plain.clone();
        write(&store, move |tx| {
            let set = sql!("UPDATE account SET totp_secret = $3 WHERE municipality_id = $1 AND id = $2");
            tx.run(set, params![account, earlier]).map(drop)
        });
        run(sign_in(&store, "hanako", MORNING)).expect("a secret in plain is taken");
        let seal = || write(&store, |tx| reseal_secrets(tx, &keys(), identity::AccountId::new(0), 10));
        assert_eq!(seal(), Some((account, 1)));
        assert_eq!(seal(), Some((account, 0)));
        assert!(!read().windows(plain.len()).any(|part| part == plain));
        run(sign_in(&store, "hanako", MORNING.plus_seconds(30))).expect("sealed again");
    });
}
