//! Who is shielded by a 支援措置 at this moment. Asked anew in each transaction: never a list prepared earlier.
//!
//! Shielded is who is named by a measure that no person has ended, whatever its dates and its state code say; who
//! lives with her, or at the same address (it is hers); and who may be her, because name and birth date match and
//! nobody has made sure yet. Only [`End`](crate::ProtectionDeed::Ended) takes somebody out.
use std::collections::BTreeSet;
use std::rc::Rc;

use base::{At, Date, HouseholdId, PersonId, full_kana, kana_key, name_key};
use db::{DbError, Tx, params, sql};
use identity::Action::{List, Read};
use identity::Looking;

use crate::notification::RawMoveIn;

/// The resource of the rights table (支援措置). Not declared by any app, it is denied to everybody.
pub const PROTECTION: &str = "protection";

/// What somebody may know of shielded persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sight {
    /// 支援措置責任者.
    Everything,
    /// The resident desk: that there is a record for the responsible person.
    Marks,
    Nothing,
}

pub(crate) fn sight(looking: &Looking<'_, '_>) -> Sight {
    if looking.may(Read, PROTECTION) {
        Sight::Everything
    } else if looking.may(List, PROTECTION) {
        Sight::Marks
    } else {
        Sight::Nothing
    }
}

/// The shielded persons and households of a municipality.
#[derive(Debug, Default)]
pub(crate) struct Shelter {
    persons: BTreeSet<PersonId>,
    households: BTreeSet<HouseholdId>,
    named: Vec<Named>,
}

/// Somebody whom a measure names.
#[derive(Debug)]
struct Named {
    protection: i64,
    position: i64,
    person: Option<PersonId>,
    birth: (Date, Date),
    filed_at: At,
}

impl Shelter {
    /// The present state of this transaction.
    pub(crate) fn now(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let named = named(tx)?;
        if named.is_empty() {
            return Ok(Self::default());
        }
        let mut persons: BTreeSet<PersonId> = named.iter().filter_map(|one| one.person).collect();
        persons.extend(candidates(tx)?);
        let households = homes(tx, &persons)?;
        Ok(Self { persons, households, named })
    }

    /// The state of the snapshot that a look reads.
    pub(crate) fn seen(looking: &mut Looking<'_, '_>) -> Result<Rc<Self>, DbError> {
        looking.known(Self::now)
    }

    pub(crate) fn covers(&self, person: PersonId, household: HouseholdId) -> bool {
        self.persons.contains(&person) || self.households.contains(&household)
    }
    pub(crate) fn covers_home(&self, household: HouseholdId) -> bool {
        self.households.contains(&household)
    }
    pub(crate) fn names(&self, person: PersonId) -> bool {
        self.persons.contains(&person)
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.named.is_empty()
    }
    /// For statements that leave the shielded out.
    pub(crate) fn lists(&self) -> (Vec<PersonId>, Vec<HouseholdId>) {
        (self.persons.iter().copied().collect(), self.households.iter().copied().collect())
    }

    /// Everybody whom this covers, for statements that leave the shielded out.
    pub(crate) fn residents(&self, tx: &mut Tx<'_>) -> Result<Vec<PersonId>, DbError> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let households: Vec<HouseholdId> = self.households.iter().copied().collect();
        let find = sql!(
            "SELECT person_id FROM resident_current WHERE municipality_id = $1 AND household_id IN INTS($2)"
        );
        let housed: Vec<PersonId> = tx.all(find, params![households], |r| r.take())?;
        Ok(self.persons.iter().copied().chain(housed).collect())
    }

    /// Whether typed answers tell of somebody who is named by a measure filed after `typed_at`, or of anybody
    /// named when it is not known who typed them.
    pub(crate) fn knows(
        &self,
        tx: &mut Tx<'_>,
        answers: &RawMoveIn,
        today: Date,
        typed_at: Option<At>,
    ) -> Result<bool, DbError> {
        let later: Vec<&Named> =
            self.named.iter().filter(|one| typed_at.is_none_or(|at| one.filed_at >= at)).collect();
        if later.is_empty() {
            return Ok(false);
        }
        let ids: Vec<i64> = later.iter().map(|one| one.protection).collect();
        let keys = sql!(
            "SELECT protection_id, position, search_key FROM protection_key
              WHERE municipality_id = $1 AND protection_id IN INTS($2)"
        );
        let keys: Vec<(i64, i64, String)> =
            tx.all(keys, params![ids], |r| Ok((r.take()?, r.take()?, r.take()?)))?;
        Ok(answers.members.iter().filter(|member| !member.is_blank()).any(|member| {
            let birth = base::PartialDate::parse(&member.birth, today).ok();
            let typed =
                keys_of(&member.family, &member.given, &member.family_kana, &member.given_kana, "", true);
            keys.iter().filter(|(_, _, key)| typed.contains(key)).any(|(protection, position, _)| {
                later.iter().any(|one| {
                    (one.protection, one.position) == (*protection, *position)
                        && birth
                            .as_ref()
                            .is_none_or(|b| b.earliest() <= one.birth.1 && b.latest() >= one.birth.0)
                })
            })
        }))
    }
}

/// Keys under which a person is found, as `resident_key` holds them. The given name alone says enough only beside
/// a birth date that is a day: a family name changes.
pub(crate) fn keys_of(
    family: &str,
    given: &str,
    family_kana: &str,
    given_kana: &str,
    common: &str,
    exact_birth: bool,
) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut add = |kind: &str, key: String| {
        if !key.is_empty() {
            keys.insert(format!("{kind}{key}"));
        }
    };
    let whole = format!("{family}{given}");
    add("n", name_key(&whole));
    if is_kana(&whole) {
        add("k", kana_key(&whole));
    }
    add("k", kana_key(&format!("{family_kana}{given_kana}")));
    add("n", name_key(common));
    if exact_birth {
        add("n", name_key(given));
        add("k", kana_key(given_kana));
    }
    keys
}

/// A name of which only the reading is known stands in the boxes of the letters.
fn is_kana(text: &str) -> bool {
    full_kana(text).chars().all(|letter| matches!(letter, 'ァ'..='ヺ' | 'ー' | '・' | '　' | ' '))
}

fn named(tx: &mut Tx<'_>) -> Result<Vec<Named>, DbError> {
    let find = sql!(
        "SELECT n.protection_id, n.position, n.person_id, n.birth_earliest_on, n.birth_latest_on, p.filed_at
           FROM protection AS p
           JOIN protection_person AS n ON n.municipality_id = $1 AND n.protection_id = p.id
          WHERE p.municipality_id = $1 AND (p.state < 'ended' OR p.state > 'ended') AND n.part <> 'other'"
    );
    tx.all(find, params![], |r| {
        Ok(Named {
            protection: r.take()?,
            position: r.take()?,
            person: r.take()?,
            birth: (r.take()?, r.take()?),
            filed_at: r.take()?,
        })
    })
}

/// Residents whose name and birth date are those of somebody named: unsure means shielded, also when the register
/// has the person once more under another number.
fn candidates(tx: &mut Tx<'_>) -> Result<Vec<PersonId>, DbError> {
    let find = sql!(
        "SELECT DISTINCT c.person_id
           FROM protection AS p
           JOIN protection_person AS n ON n.municipality_id = $1 AND n.protection_id = p.id
           JOIN protection_key AS k
             ON k.municipality_id = $1 AND k.protection_id = n.protection_id AND k.position = n.position
           JOIN resident_key AS r ON r.municipality_id = $1 AND r.search_key = k.search_key
           JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = r.person_id
          WHERE p.municipality_id = $1 AND (p.state < 'ended' OR p.state > 'ended') AND n.part <> 'other'
            AND c.birth_earliest_on <= n.birth_latest_on AND c.birth_latest_on >= n.birth_earliest_on
            AND NOT EXISTS (SELECT 1 FROM protection_other_person AS o
                             WHERE o.municipality_id = $1 AND o.protection_id = p.id AND o.person_id = c.person_id)"
    );
    tx.all(find, params![], |r| r.take())
}

/// The households in which they live now, and those at the same address.
fn homes(tx: &mut Tx<'_>, persons: &BTreeSet<PersonId>) -> Result<BTreeSet<HouseholdId>, DbError> {
    let persons: Vec<PersonId> = persons.iter().copied().collect();
    let find = sql!(
        "SELECT c.household_id FROM resident_current AS c
          WHERE c.municipality_id = $1 AND c.person_id IN INTS($2) AND c.state <> 'closed'
         UNION
         SELECT same.id FROM resident_current AS c
           JOIN household AS h ON h.municipality_id = $1 AND h.id = c.household_id
           JOIN household AS same ON same.municipality_id = $1 AND same.town_id = h.town_id
                AND same.lot_key = h.lot_key AND same.address_detail = h.address_detail
          WHERE c.municipality_id = $1 AND c.person_id IN INTS($2) AND c.state <> 'closed'"
    );
    Ok(tx.all(find, params![persons], |r| r.take())?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(told: [&str; 4], resident: [&str; 4], exact: bool, meets: bool) {
        let keys = |[family, given, family_kana, given_kana]: [&str; 4], exact| {
            keys_of(family, given, family_kana, given_kana, "", exact)
        };
        let common = keys(told, exact).intersection(&keys(resident, true)).count();
        assert_eq!(common > 0, meets, "{told:?} {resident:?}");
    }

    #[test]
    fn who_was_told_is_found_under_the_keys_of_the_register() {
        let hers = ["渡邊", "花子", "ワタナベ", "ハナコ"];
        check(["渡辺", "花子", "", ""], hers, false, true);
        check(["渡辺花子", "", "", ""], hers, false, true);
        check(["", "", "わたなべ", "はなこ"], hers, false, true);
        check(["わたなべ", "はなこ", "", ""], hers, false, true);
        check(["木村", "花子", "キムラ", "ハナコ"], hers, true, true);
        check(["木村", "花子", "キムラ", "ハナコ"], hers, false, false);
        check(["渡辺", "", "", ""], hers, false, false);
    }
}
