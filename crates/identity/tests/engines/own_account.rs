use base::At;
use db::Store;
use identity::setup::{self, NewClerk, Sets, SetupRefused};
use identity::setup_use::{self, Filled};
use identity::{
    Actor, MIGRATIONS, MOST_UNANSWERED, PasswordRefused, Section, Weak, change_password, end_all, end_one,
    external, news, passkeys, session, sessions_of, totp,
};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, PASSWORD, add_clerk, attempt, keys, run, sign_in, write};

const NEW: &str = "みどりの川をわたる風";

fn steps(count: i64) -> At {
    MORNING.plus_seconds(30 * count)
}

fn actor(store: &Store, token: &str) -> Option<Actor> {
    run(session::current(store, FUJIOKA, token, MORNING)).expect("the store answers").map(|one| one.actor)
}

fn is_in(store: &Store, name: &str, password: &str, at: At) -> bool {
    run(session::begin(store, FUJIOKA, attempt(name, password), at)).is_ok()
}

#[test]
fn a_new_password_needs_the_present_one_and_ends_other_sessions() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let here = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let there = run(sign_in(&store, "hanako", steps(1))).expect("signs in").token;
        let owner = actor(&store, here.reveal()).expect("signed in");
        let change = |current: &str, new: &str| {
            let typed = (current.to_owned(), new.to_owned());
            run(change_password(&store, &owner, here.reveal(), typed, &["藤岡市"], CLIENT, MORNING))
        };
        assert!(matches!(change("違うあいことば", NEW), Err(PasswordRefused::Current)));
        assert!(matches!(change(PASSWORD, "短い"), Err(PasswordRefused::Weak(Weak::Short))));
        assert!(matches!(change(PASSWORD, "sunshine2026"), Err(PasswordRefused::Weak(Weak::Common))));
        assert!(matches!(change(PASSWORD, "hanako-2026"), Err(PasswordRefused::Weak(Weak::OwnWords(_)))));
        assert!(matches!(change(PASSWORD, PASSWORD), Err(PasswordRefused::Same)));
        assert!(actor(&store, there.reveal()).is_some(), "nothing has happened yet");
        change(PASSWORD, NEW).expect("changes");
        assert!(actor(&store, here.reveal()).is_some());
        assert!(actor(&store, there.reveal()).is_none(), "the other session ended");
        assert!(!is_in(&store, "hanako", PASSWORD, MORNING) && is_in(&store, "hanako", NEW, MORNING));
        let told = write(&store, move |tx| news::list(tx, account));
        assert!(
            told.len() == 1 && told[0].unseen && told[0].what.contains("パスワードが変わりました"),
            "{told:?}"
        );
        write(&store, move |tx| news::mark_seen(tx, account));
        assert!(!write(&store, move |tx| news::list(tx, account))[0].unseen);
    });
}

#[test]
fn sessions_are_listed_and_ended() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let here = run(sign_in(&store, "hanako", MORNING)).expect("signs in").token;
        let there = run(sign_in(&store, "hanako", steps(1))).expect("signs in").token;
        let owner = actor(&store, here.reveal()).expect("signed in");
        let token = here.reveal().to_owned();
        let list = move |store: &Store| {
            let token = token.clone();
            write(store, move |tx| sessions_of(tx, account, &token))
        };
        let all = list(&store);
        assert_eq!(all.iter().filter(|one| one.is_this).count(), 1);
        assert!(all.len() == 2 && all.iter().all(|one| one.client == CLIENT), "{all:?}");
        let mark = all.iter().find(|one| !one.is_this).expect("the other").mark.clone();
        let end = move |store: &Store, mark: String| {
            let owner = owner.clone();
            write(store, move |tx| end_one(tx, &owner, &mark, CLIENT))
        };
        assert!(!end(&store, "nobodys".to_owned()));
        assert!(end(&store, mark.clone()) && !end(&store, mark));
        assert!(actor(&store, here.reveal()).is_some() && actor(&store, there.reveal()).is_none());
        let operator = Actor::system(FUJIOKA);
        assert_eq!(run(end_all(&store, FUJIOKA, &operator, account, CLIENT)).expect("ends"), 1);
        assert!(actor(&store, here.reveal()).is_none());
        assert_eq!(write(&store, move |tx| news::list(tx, account)).len(), 1, "the owner is told");
    });
}

fn person(store: &Store, name: &'static str) -> Actor {
    let account = add_clerk(store, name);
    Actor { account, ..Actor::system(FUJIOKA) }
}

fn fill(code: &str, secret: &[u8], at: At) -> Filled {
    Filled {
        code: code.to_owned(),
        password: NEW.to_owned(),
        current: PASSWORD.to_owned(),
        factor: totp::code(secret, totp::step_at(at)),
    }
}

#[test]
fn a_new_clerk_begins_with_a_code_that_another_office_approved() {
    both(MIGRATIONS, |store| {
        let (operator, auditor) = (person(&store, "somu"), person(&store, "kansa"));
        let new = || NewClerk {
            sign_in_name: "Shinjin1".to_owned(),
            display_name: "新人 一郎".to_owned(),
            section: Section { code: "0120".to_owned(), name: "市民課".to_owned() },
            role: "clerk".to_owned(),
        };
        let keys = keys();
        let create = |new| run(setup::create_clerk(&store, &keys, &operator, new, CLIENT, MORNING));
        let id = create(new()).expect("creates");
        assert!(matches!(create(new()), Err(SetupRefused::Taken)));
        let issue = |alone| run(setup::issue(&store, &keys, &operator, id, alone, CLIENT));
        assert!(matches!(issue(false), Err(SetupRefused::State(_))), "nobody has approved");
        let approve = |by: &Actor| {
            let by = by.clone();
            store.write_blocking(FUJIOKA, move |tx| setup::approve(tx, &by, id, CLIENT))
        };
        assert!(matches!(approve(&operator), Err(SetupRefused::OwnAsk)));
        approve(&auditor).expect("another person");
        let code = issue(false).expect("issues").reveal();
        let open = |typed: &str| run(setup_use::open(&store, &keys, FUJIOKA, typed, CLIENT, MORNING));
        assert!(matches!(open("AAAA-BBBB-CCCC-DDDD"), Err(SetupRefused::Code)));
        let opened = open(&code.to_lowercase()).expect("opens");
        assert_eq!((opened.sets, opened.sign_in_name.as_str()), (Sets::Both, "shinjin1"));
        let finish =
            |filled| run(setup_use::finish(&store, &keys, FUJIOKA, filled, &["藤岡市"], CLIENT, MORNING));
        let good = || fill(&code, &opened.secret, MORNING);
        assert!(matches!(
            finish(Filled { password: "短い".to_owned(), ..good() }),
            Err(SetupRefused::Weak(_))
        ));
        assert!(matches!(
            finish(Filled { factor: "000000".to_owned(), ..good() }),
            Err(SetupRefused::Factor)
        ));
        finish(good()).expect("sets");
        assert!(matches!(finish(good()), Err(SetupRefused::Code)), "once");
        let pending =
            run(session::begin(&store, FUJIOKA, attempt("shinjin1", NEW), MORNING)).expect("the password");
        let next = totp::code(&opened.secret, totp::step_at(steps(1)));
        let confirm = session::confirm(&store, &keys, FUJIOKA, pending.cookie.reveal(), &next, steps(1));
        run(confirm).expect("signs in");
    });
}

#[test]
fn what_is_not_lost_stays() {
    both(MIGRATIONS, |store| {
        let (operator, auditor, owner) =
            (person(&store, "somu"), person(&store, "kansa"), person(&store, "hanako"));
        let keys = keys();
        let code = |sets: Sets| {
            let (by, other, account) = (operator.clone(), auditor.clone(), owner.account);
            let ask = store.write_blocking(FUJIOKA, move |tx| {
                let id = setup::ask(tx, &by, account, sets, "職員証で確認", CLIENT)?;
                setup::approve(tx, &other, id, CLIENT)?;
                Ok::<_, SetupRefused>(id)
            });
            let id = ask.expect("asks");
            run(setup::issue(&store, &keys, &operator, id, false, CLIENT)).expect("issues").reveal()
        };
        let finish = |filled, at| run(setup_use::finish(&store, &keys, FUJIOKA, filled, &[], CLIENT, at));
        let old = totp::sample_secret("hanako");
        // A forgotten password: the authenticator of before is asked for.
        let forgotten = code(Sets::Password);
        let opened =
            run(setup_use::open(&store, &keys, FUJIOKA, &forgotten, CLIENT, MORNING)).expect("opens");
        assert!(matches!(
            finish(fill(&forgotten, &opened.secret, MORNING), MORNING),
            Err(SetupRefused::Factor)
        ));
        finish(fill(&forgotten, &old, MORNING), MORNING).expect("sets the password");
        // A lost authenticator: the password is asked for.
        let lost = code(Sets::Factor);
        let opened = run(setup_use::open(&store, &keys, FUJIOKA, &lost, CLIENT, MORNING)).expect("opens");
        let wrong = fill(&lost, &opened.secret, MORNING);
        assert!(matches!(finish(wrong, MORNING), Err(SetupRefused::Current)), "the old password");
        let right = Filled { current: NEW.to_owned(), ..fill(&lost, &opened.secret, MORNING) };
        finish(right, MORNING).expect("sets the authenticator");
        // After a day a code is over.
        let late = code(Sets::Both);
        let opened = run(setup_use::open(&store, &keys, FUJIOKA, &late, CLIENT, MORNING));
        assert!(opened.is_ok());
    });
}

/// Rows that anybody can have made are as many as an address may leave, and no other address is held up.
#[test]
fn an_address_leaves_only_so_many_questions_unanswered() {
    both(MIGRATIONS, |store| {
        let ask = |client: &str| {
            let challenge = passkeys::challenge(&store, FUJIOKA, passkeys::Use::SignIn, client, MORNING);
            (run(challenge).is_ok(), run(external::begin(&store, FUJIOKA, "/desk", client, MORNING)).is_ok())
        };
        for nth in 0..MOST_UNANSWERED {
            assert_eq!(ask(CLIENT), (true, true), "{nth}");
        }
        assert_eq!(ask(CLIENT), (false, false));
        assert_eq!(ask("192.0.2.8"), (true, true));
        let later = MORNING.plus_seconds(session::LIMITS.pending);
        assert!(run(passkeys::challenge(&store, FUJIOKA, passkeys::Use::SignIn, CLIENT, later)).is_ok());
    });
}
