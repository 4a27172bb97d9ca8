use base::{Date, MunicipalityId};
use db::DbError;
use identity::{MIGRATIONS, NewPost, Section, actor_of, create_account, create_section, give_post};
use testkit::{FUJIOKA, MORNING, both};

use super::{TODAY, add_clerk, day, keys, new_account, write};

/// Posts as (section, role, first day, last day); the roles and the section on `today`.
#[track_caller]
fn check(posts: &[(&str, &str, Date, Option<Date>)], today: Date, expected: Option<(&[&str], &str)>) {
    let posts: Vec<_> =
        posts.iter().map(|&(s, r, from, to)| (s.to_owned(), r.to_owned(), from, to)).collect();
    both(MIGRATIONS, |store| {
        let posts = posts.clone();
        let actor = write(&store, move |tx| {
            for (code, name) in [("10", "市民課"), ("20", "税務課")] {
                create_section(tx, &Section { code: code.to_owned(), name: name.to_owned() })?;
            }
            let account = create_account(tx, &keys(), &new_account("hanako"), MORNING)?;
            for (section, role, from, to) in posts.clone() {
                give_post(tx, &NewPost { account, section, role, from, to })?;
            }
            actor_of(tx, account, today)
        });
        let found = actor.as_ref().map(|actor| (actor.roles.clone(), actor.section.name.as_str()));
        let expected = expected.map(|(roles, name)| (roles.iter().map(|r| (*r).to_owned()).collect(), name));
        assert_eq!(found, expected);
        assert!(actor.is_none_or(|actor| actor.name == "見本 花子" && actor.municipality == FUJIOKA));
    });
}

#[test]
fn several_posts_give_all_their_roles() {
    let posts = [
        ("20", "tax", day(2026, 10, 1), None),
        ("10", "clerk", day(2026, 4, 1), None),
        ("20", "clerk", day(2026, 11, 1), None),
    ];
    check(&posts, TODAY, Some((&["clerk", "tax"], "市民課")));
}

#[test]
fn a_post_counts_from_its_first_to_its_last_day() {
    let posts = [
        ("10", "clerk", day(2026, 4, 1), Some(day(2026, 11, 23))),
        ("20", "tax", day(2026, 11, 24), Some(day(2026, 11, 25))),
    ];
    check(&posts, day(2026, 3, 31), None);
    check(&posts, day(2026, 11, 23), Some((&["clerk"], "市民課")));
    check(&posts, day(2026, 11, 24), Some((&["tax"], "税務課")));
    check(&posts, day(2026, 11, 25), Some((&["tax"], "税務課")));
    check(&posts, day(2026, 11, 26), None);
}

#[test]
fn an_account_without_a_post_is_nobody() {
    check(&[], TODAY, None);
}

#[test]
fn a_sign_in_name_is_given_once() {
    both(MIGRATIONS, |store| {
        add_clerk(&store, "hanako");
        let again = new_account("ＨＡＮＡＫＯ ");
        let taken: Result<_, DbError> =
            store.write_blocking(FUJIOKA, move |tx| create_account(tx, &keys(), &again, MORNING));
        assert!(matches!(taken, Err(DbError::Engine { .. })), "{taken:?}");
    });
}

#[test]
fn an_account_belongs_to_one_municipality() {
    both(MIGRATIONS, |store| {
        let account = add_clerk(&store, "hanako");
        let elsewhere = store.read_blocking(MunicipalityId(102_016), move |tx| actor_of(tx, account, TODAY));
        assert_eq!(elsewhere.expect("reads"), None);
    });
}
