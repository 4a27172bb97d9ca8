//! Writing a snapshot: a version and the projection that follows from it.
use base::{Date, kana_key, name_key};
use db::{DbError, ToValue, Tx, Value, sql};
use events::EventId;

use crate::resident::{Resident, snapshot_columns};

/// Why there is a new version: the reason of the event (異動事由) and who recorded it.
pub(crate) struct Cause<'a> {
    pub reason: &'a str,
    pub recorded_by: &'a str,
}

/// Stores first versions of new persons: the version row, the projection and the search keys.
pub(crate) fn insert_first(
    tx: &mut Tx<'_>,
    residents: &[(Resident, EventId)],
    cause: &Cause<'_>,
    effective: impl Fn(&Resident) -> Date,
) -> Result<(), DbError> {
    let at = tx.started_at();
    let mut versions = Vec::with_capacity(residents.len());
    let mut current = Vec::with_capacity(residents.len());
    let mut keys = Vec::with_capacity(residents.len() * 4);
    for (resident, event) in residents {
        let head = [resident.person.to_value(), resident.version_no.to_value()];
        let made_by = [
            event.to_value(),
            cause.reason.to_value(),
            effective(resident).to_value(),
            cause.recorded_by.to_value(),
            at.to_value(),
        ];
        versions.push(head.iter().cloned().chain(made_by).chain(resident.values()).collect());
        let kana = [resident.kana_key().to_value()];
        current.push(head.iter().cloned().chain(kana).chain(resident.values()).collect());
        let facts = [
            resident.person.to_value(),
            resident.birth.earliest().to_value(),
            resident.birth.latest().to_value(),
            resident
                .home
                .open()
                .and_then(|home| home.place.town)
                .map(|town| i64::from(town.number()))
                .to_value(),
        ];
        let rows = search_keys(resident).into_iter();
        keys.extend(rows.map(|key| [key.to_value()].into_iter().chain(facts.clone()).collect::<Vec<_>>()));
    }
    insert_rows(tx, versions, current, keys)
}

fn insert_rows(
    tx: &mut Tx<'_>,
    versions: Vec<Vec<Value>>,
    current: Vec<Vec<Value>>,
    mut keys: Vec<Vec<Value>>,
) -> Result<(), DbError> {
    let insert_version = sql!(concat!(
        "INSERT INTO resident_version (municipality_id, person_id, version_no, event_id, event_reason, effective_on,
                                       recorded_by, recorded_at, ",
        snapshot_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                   $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)"
    ));
    tx.many(insert_version, versions)?;
    let insert_current = sql!(concat!(
        "INSERT INTO resident_current (municipality_id, person_id, version_no, kana_key, ",
        snapshot_columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                   $21, $22, $23, $24, $25, $26, $27, $28, $29, $30)"
    ));
    tx.many(insert_current, current)?;
    // In key order the tree grows at its leaves' neighbours, which halves the time of a takeover.
    keys.sort_by(|a, b| text(&a[0]).cmp(text(&b[0])));
    let insert_key = sql!(
        "INSERT INTO resident_key (municipality_id, search_key, person_id, birth_earliest_on, birth_latest_on, town_id)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (municipality_id, search_key, person_id) DO NOTHING"
    );
    tx.many(insert_key, keys)?;
    Ok(())
}

fn text(value: &Value) -> &str {
    if let Value::Text(text) = value { text } else { "" }
}

/// Under what a person is found: the reading (`k`) and the letters (`n`), whole and from the given name on.
pub(crate) fn search_keys(resident: &Resident) -> Vec<String> {
    let name = &resident.name;
    let mut keys = vec![
        format!("k{}", kana_key(&format!("{}{}", name.family_kana, name.given_kana))),
        format!("n{}", name_key(&format!("{}{}", name.family, name.given))),
    ];
    if !name.given_kana.is_empty() {
        keys.push(format!("k{}", kana_key(&name.given_kana)));
    }
    if !name.given.is_empty() {
        keys.push(format!("n{}", name_key(&name.given)));
    }
    if !name.common.is_empty() {
        keys.push(format!("n{}", name_key(&name.common)));
    }
    keys
}
