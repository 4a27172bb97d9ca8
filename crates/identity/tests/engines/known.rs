use base::At;
use db::{Store, sql};
use identity::{KnownSessions, MIGRATIONS, NewPost, give_post, session};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, add_clerk, day, run, sign_in, write};

/// The roles that a copy tells; `None`: signed out.
fn roles(known: &KnownSessions, store: &Store, token: &str, at: At) -> Option<Vec<String>> {
    let session = run(known.current(store, FUJIOKA, token, at)).expect("the store answers");
    session.map(|session| session.actor.roles.clone())
}

#[test]
fn a_copy_ends_with_the_session() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let known = KnownSessions::default();
        let ask = |at: At| roles(&known, &store, token.reveal(), at);
        assert_eq!(ask(MORNING), Some(vec!["clerk".to_owned()]));
        assert_eq!(ask(MORNING), Some(vec!["clerk".to_owned()]), "from the copy");
        assert_eq!(ask(MORNING.plus_seconds(session::LIMITS.idle + 1)), None, "idle for too long");
        let actor = run(session::current(&store, FUJIOKA, token.reveal(), MORNING)).expect("reads");
        let actor = actor.expect("signed in").actor;
        run(session::sign_out(&store, &actor, token.reveal(), CLIENT)).expect("signs out");
        assert_eq!(ask(MORNING), None, "signed out at once");
    });
}

#[test]
fn a_new_post_counts_at_once_and_an_ended_one_no_longer() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let known = KnownSessions::default();
        let ask = |at: At| roles(&known, &store, token.reveal(), at).unwrap_or_default();
        assert_eq!(ask(MORNING), ["clerk"]);
        let (from, to) = (day(2026, 11, 24), Some(day(2026, 11, 24)));
        write(&store, move |tx| {
            let post =
                NewPost { account, section: "s-hanako".to_owned(), role: "chief".to_owned(), from, to };
            give_post(tx, &post)
        });
        assert_eq!(ask(MORNING), ["clerk", "chief"]);
        // 23:59 and 0:01 in Japan, kept in use in between.
        let night = MORNING.plus_seconds(14 * 3600 + 45 * 60);
        write(&store, move |tx| {
            let seen = sql!("UPDATE session SET began_at = $2, seen_at = $2 WHERE municipality_id = $1");
            tx.announce_change();
            tx.run(seen, db::params![night]).map(drop)
        });
        assert_eq!(ask(night), ["clerk", "chief"]);
        assert_eq!(ask(night.plus_seconds(50 + 60)), ["clerk"], "the post ended with the day");
    });
}

#[test]
fn another_process_is_heard_within_a_second() {
    both(MIGRATIONS, |store| {
        if store.engine() == db::Engine::Sqlite {
            return;
        }
        add_clerk(&store, "hanako");
        let token = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let known = KnownSessions::default();
        assert!(roles(&known, &store, token.reveal(), MORNING).is_some());
        // As another process would: without a word to this one.
        write(&store, |tx| tx.run(sql!("DELETE FROM session WHERE municipality_id = $1"), &[]).map(drop));
        assert!(roles(&known, &store, token.reveal(), MORNING.plus_seconds(1)).is_none());
    });
}
