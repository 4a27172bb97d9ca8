//! Whether somebody who asks is the other party (相手方) of a measure, or may be: by number, by the household, by
//! letters and their variants, by kana. Likeness is enough: a person at the counter can be asked for proof.
use std::collections::BTreeSet;

use base::{HouseholdId, PersonId, kana_key, name_key};
use db::{DbError, Tx, params, sql};

use crate::issue::Found;
use crate::protection::{Part, Party, Protection, Told, all_open};

/// Somebody who asks for a paper.
pub(crate) struct Asker<'a> {
    pub person: Option<PersonId>,
    pub name: &'a str,
}

/// What speaks against those who ask, in the words of the log; `None`: nobody is like the other party.
pub(crate) fn likeness(
    tx: &mut Tx<'_>,
    askers: &[Asker<'_>],
    subjects: &[Found],
) -> Result<Option<&'static str>, DbError> {
    let concerned = concerned(tx, subjects)?;
    let homes: BTreeSet<HouseholdId> = subjects.iter().map(|one| one.household).collect();
    let mut found = None;
    for measure in concerned {
        let others: Vec<&Party> = measure.parties.iter().filter(|party| party.part == Part::Other).collect();
        let shielded = measure.shielded();
        for asker in askers {
            if others.iter().any(|other| is_like(other, asker)) {
                return Ok(Some("相手方か、相手方に似た人"));
            }
            let stranger = asker.person.filter(|person| !shielded.contains(person));
            if let Some(person) = stranger
                && shares_home(tx, person, &others)?
            {
                return Ok(Some("相手方と同じ世帯の人"));
            }
        }
        for person in others.iter().filter_map(|other| other.person) {
            if home(tx, person)?.is_some_and(|home| homes.contains(&home)) {
                found = Some("相手方が同じ世帯にいます");
            }
        }
    }
    Ok(found)
}

/// The measures that shield the subjects or somebody who lives with them. One whose persons are not all known to
/// the register may be about anybody.
fn concerned(tx: &mut Tx<'_>, subjects: &[Found]) -> Result<Vec<Protection>, DbError> {
    let homes: Vec<HouseholdId> = subjects.iter().map(|one| one.household).collect();
    let mates = sql!(
        "SELECT person_id FROM resident_current WHERE municipality_id = $1 AND household_id IN INTS($2)"
    );
    let mut persons: BTreeSet<PersonId> = tx.all(mates, params![homes], |r| r.take())?.into_iter().collect();
    persons.extend(subjects.iter().map(|one| one.person));
    let mut measures = all_open(tx)?;
    measures.retain(|measure| {
        measure
            .parties
            .iter()
            .filter(|party| party.part != Part::Other)
            .any(|party| party.person.is_none_or(|person| persons.contains(&person)))
    });
    Ok(measures)
}

pub(crate) fn is_like(other: &Party, asker: &Asker<'_>) -> bool {
    if asker.person.is_some() && asker.person == other.person {
        return true;
    }
    let (letters, kana) = (name_key(asker.name), kana_key(asker.name));
    let names = names(&other.told);
    names.iter().any(|name| !name.is_empty() && (*name == letters || *name == kana))
}

/// The keys of a name in every order and part in which somebody may say it. Letters and kana never have a key in
/// common that would mislead: a kana key folds kana alone.
fn names(told: &Told) -> Vec<String> {
    let whole = [
        format!("{}{}", told.family, told.given),
        format!("{}{}", told.given, told.family),
        told.common.clone(),
        told.family.clone(),
        told.given.clone(),
    ];
    let read = [
        format!("{}{}", told.family_kana, told.given_kana),
        format!("{}{}", told.given_kana, told.family_kana),
        told.common.clone(),
        told.family_kana.clone(),
        told.given_kana.clone(),
    ];
    whole.iter().map(|name| name_key(name)).chain(read.iter().map(|name| kana_key(name))).collect()
}

fn shares_home(tx: &mut Tx<'_>, person: PersonId, others: &[&Party]) -> Result<bool, DbError> {
    let Some(own) = home(tx, person)? else { return Ok(false) };
    for other in others.iter().filter_map(|other| other.person) {
        if home(tx, other)? == Some(own) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn home(tx: &mut Tx<'_>, person: PersonId) -> Result<Option<HouseholdId>, DbError> {
    let find = sql!(
        "SELECT household_id FROM resident_current
          WHERE municipality_id = $1 AND person_id = $2 AND state <> 'closed'"
    );
    tx.opt(find, params![person], |r| r.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(asker: &str, expected: bool) {
        let told = Told {
            family: "渡邊".to_owned(),
            given: "健".to_owned(),
            family_kana: "ワタナベ".to_owned(),
            given_kana: "ケン".to_owned(),
            ..Told::default()
        };
        let other = Party { position: 1, part: Part::Other, person: None, told };
        assert_eq!(is_like(&other, &Asker { person: None, name: asker }), expected, "{asker}");
    }

    #[test]
    fn letters_kana_order_and_parts_are_seen_through() {
        for like in [
            "渡邊 健",
            "渡辺　健",
            "渡邉健",
            "わたなべ けん",
            "ﾜﾀﾅﾍﾞ ｹﾝ",
            "ワタナベケン",
            "健 渡邊",
            "渡辺",
            "ケン",
        ] {
            check(like, true);
        }
        for other in ["渡邊 花", "田辺 健", "", "ワタナベ ハナ"] {
            check(other, false);
        }
    }
}
