//! Households (世帯) and where they live.
use address::{Lot, TownId, town};
use base::{HouseholdId, HouseholdNo, MunicipalityId};
use db::{DbError, Row, ToValue, Tx, Value, params, sql};

/// An address within the city (住所): town, 番地 and 方書.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `None`: a town that the registry does not know.
    pub town: Option<TownId>,
    /// As written in the record.
    pub town_text: String,
    pub lot: Lot,
    /// 方書.
    pub detail: String,
}

impl Place {
    /// 「藤岡市中栗須327番地3　コーポ藤203」, with the city's name.
    pub fn written(&self, city: &str) -> String {
        let detail = if self.detail.is_empty() { String::new() } else { format!("　{}", self.detail) };
        format!("{city}{}{}{detail}", self.town_text, self.lot)
    }

    /// 郵便番号 of the town, where it is known.
    pub fn postal_code(&self, city: MunicipalityId) -> Option<address::PostalCode> {
        self.town.and_then(|id| town(city, id)).and_then(|town| town.postal_code)
    }

    /// Reads `town_id, town_text, lot, address_detail`.
    pub(crate) fn read(row: &mut Row) -> Result<Self, DbError> {
        let town: Option<i64> = row.take()?;
        let town = town.and_then(|number| u32::try_from(number).ok()).and_then(TownId::new);
        let town_text = row.take()?;
        let lot: String = row.take()?;
        Ok(Self { town, town_text, lot: Lot::as_written(&lot), detail: row.take()? })
    }
}

/// The lot's sort key, from its text when it came from a stored record.
fn lot_key(place: &Place, city: MunicipalityId) -> String {
    let numbering =
        place.town.and_then(|id| town(city, id)).map_or(address::Numbering::Unknown, |t| t.numbering);
    let lot = Lot::parse(place.lot.text(), numbering).unwrap_or_else(|_| place.lot.clone());
    lot.sort_key().to_owned()
}

/// One row for [`insert`].
pub(crate) fn values(id: HouseholdId, no: HouseholdNo, place: &Place, city: MunicipalityId) -> Vec<Value> {
    vec![
        id.to_value(),
        no.to_string().to_value(),
        place.town.map(|town| i64::from(town.number())).to_value(),
        place.town_text.to_value(),
        place.lot.text().to_value(),
        lot_key(place, city).to_value(),
        place.detail.to_value(),
        1i64.to_value(),
    ]
}

pub(crate) fn insert(tx: &mut Tx<'_>, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    let insert = sql!(
        "INSERT INTO household (municipality_id, id, household_no, town_id, town_text, lot, lot_key,
                                address_detail, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    tx.many(insert, rows)?;
    Ok(())
}

/// Number and address of a household, for the doors of this crate alone: they ask who is shielded.
pub(crate) fn place_of(tx: &mut Tx<'_>, id: HouseholdId) -> Result<Option<(String, Place)>, DbError> {
    let find = sql!(
        "SELECT household_no, town_id, town_text, lot, address_detail FROM household
          WHERE municipality_id = $1 AND id = $2"
    );
    tx.opt(find, params![id], |r| Ok((r.take()?, Place::read(r)?)))
}
