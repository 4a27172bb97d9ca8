//! Who lives with and near whom: for the report on staff who look at their own family and neighbours (residents §11).
use std::collections::HashMap;

use base::{HouseholdId, PersonId, PersonNo, full_kana, half_width, kana_key, name_key};
use db::{Column, DbError, Filter, Tx, params, sql};

/// How near somebody is to somebody else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    Oneself,
    Household,
    Address,
    /// The same lot in another flat, the lots beside it, and the branches of these.
    Neighbour,
}

impl Nearness {
    pub const fn title(self) -> &'static str {
        match self {
            Self::Oneself => "本人",
            Self::Household => "同じ世帯",
            Self::Address => "同じ住所",
            Self::Neighbour => "近所",
        }
    }
}

/// Who lives with or near somebody now, herself included. Ids alone leave this function; but nearness to a known
/// address tells where a shielded person lives: who shows it asks [`crate::present`] first, and leaves out whom that
/// gives without a home.
///
/// # Errors
/// What the engine says.
pub fn near(tx: &mut Tx<'_>, person: PersonId) -> Result<HashMap<PersonId, Nearness>, DbError> {
    let mut near = HashMap::from([(person, Nearness::Oneself)]);
    let home = sql!(
        "SELECT h.id, h.town_id, h.lot_key, h.address_detail FROM resident_current AS c
           JOIN household AS h ON h.municipality_id = $1 AND h.id = c.household_id
          WHERE c.municipality_id = $1 AND c.person_id = $2 AND c.state = 'resident'"
    );
    type Home = (HouseholdId, Option<i64>, String, String);
    let home: Option<Home> =
        tx.opt(home, params![person], |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))?;
    let Some((household, town, lot, detail)) = home else { return Ok(near) };
    let mut homes = HashMap::from([(household, Nearness::Household)]);
    if let Some(town) = town.filter(|_| !lot.is_empty()) {
        let (first, last) = around(&lot);
        let find = sql!(
            "SELECT id, lot_key, address_detail FROM household
              WHERE municipality_id = $1 AND town_id = $2 AND lot_key >= $3 AND lot_key < $4"
        );
        let found: Vec<(HouseholdId, String, String)> =
            tx.all(find, params![town, first, last], |r| Ok((r.take()?, r.take()?, r.take()?)))?;
        for (id, own, room) in found {
            let same = own == lot && room == detail;
            homes.entry(id).or_insert(if same { Nearness::Address } else { Nearness::Neighbour });
        }
    }
    let members = sql!(
        "SELECT person_id, household_id FROM resident_current
          WHERE municipality_id = $1 AND household_id IN INTS($2) AND state = 'resident'"
    );
    let ids: Vec<HouseholdId> = homes.keys().copied().collect();
    let members: Vec<(PersonId, HouseholdId)> =
        tx.all(members, params![ids], |r| Ok((r.take()?, r.take()?)))?;
    for (member, household) in members {
        near.entry(member).or_insert(homes[&household]);
    }
    Ok(near)
}

/// The keys of the same lot and the lots beside it (`0-000327-000003` → 326番地 to 328番地 with their branches); of
/// a lot without a number the same alone.
fn around(lot: &str) -> (String, String) {
    let number =
        lot.strip_prefix("0-").and_then(|rest| rest.get(..6)).and_then(|six| six.parse::<u32>().ok());
    match number {
        Some(number) => (format!("0-{:06}", number.saturating_sub(1)), format!("0-{:06}", number + 2)),
        None => (lot.to_owned(), format!("{lot}\u{1}")),
    }
}

/// The ids of the persons of a typed id, 宛名番号, name or reading, at most `most`: of everybody, also of the shielded,
/// for the audit office and the counter of 本人開示. Who they are is shown by [`crate::present`] alone.
///
/// # Errors
/// What the engine says.
pub fn ids_of_text(tx: &mut Tx<'_>, typed: &str, most: i64) -> Result<Vec<PersonId>, DbError> {
    let typed = typed.trim();
    if let Ok(id) = typed.parse::<PersonId>() {
        return Ok(vec![id]);
    }
    if let Ok(number) = PersonNo::parse(typed) {
        let find =
            sql!("SELECT person_id FROM resident_current WHERE municipality_id = $1 AND person_no = $2");
        return tx.all(find, params![number.to_string()], |r| r.take());
    }
    let name: String = half_width(typed).split_whitespace().collect();
    let kana = full_kana(&name);
    let is_reading = kana.chars().all(|letter| matches!(letter, 'ァ'..='ヺ' | 'ー' | '・' | '-'));
    let key = if is_reading { format!("k{}", kana_key(&name)) } else { format!("n{}", name_key(&name)) };
    if key.len() < 2 {
        return Ok(Vec::new());
    }
    let find = sql!(
        "SELECT DISTINCT person_id FROM resident_key WHERE municipality_id = $1 AND {filter}
          ORDER BY person_id LIMIT $2"
    );
    let filter = Filter::new().begins_with(Column("search_key"), &key);
    tx.select(find, params![most], &filter, |r| r.take())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lots_beside_a_lot() {
        for (lot, inside, outside) in [
            (
                "0-000327-000003",
                &["0-000326", "0-000327-000001", "0-000328-000009"][..],
                &["0-000325-000009", "0-000329"][..],
            ),
            ("101-000012", &["101-000012"], &["101-000011", "101-000013", "101-000012-000001"]),
        ] {
            let (first, last) = around(lot);
            let is_in = |key: &&str| *key >= first.as_str() && *key < last.as_str();
            assert!(inside.iter().all(is_in), "{lot}");
            assert!(!outside.iter().any(is_in), "{lot}");
        }
    }
}
