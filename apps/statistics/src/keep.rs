//! The records of the offices (公共施設, 避難所) in the store, replaced as a whole by an import.
use base::At;
use db::{DbError, ToValue, Tx, Value, params, sql};
use identity::{AccountId, Caller};
use web::City;

use crate::count::note;
use crate::record::{self, Kept};
use crate::refusal::Refusal;

/// A data set as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    pub records: i64,
    /// 出典, where it is not the city itself.
    pub source: String,
    /// Rows that describe nothing that exists (見本).
    pub sample: bool,
    pub changed_at: At,
}

/// Takes a file over: all of it, or with any mistake nothing. Gives the number of records.
pub(crate) fn import(
    tx: &mut Tx<'_>,
    caller: &Caller,
    city: &City,
    set: &Kept,
    source: &str,
    text: &str,
) -> Result<i64, Refusal> {
    let records = record::read(set, city, text).map_err(Refusal::Records)?;
    let number = i64::try_from(records.len()).unwrap_or(i64::MAX);
    replace(tx, caller.actor.account, set, (source.trim(), false), &records)?;
    note(tx, caller, "オープンデータの取込み", &format!("{} {number}", set.key))?;
    Ok(number)
}

/// 「出典」 and whether it is a sample.
pub(crate) type Origin<'a> = (&'a str, bool);

pub(crate) fn replace(
    tx: &mut Tx<'_>,
    account: AccountId,
    set: &Kept,
    (source, sample): Origin<'_>,
    records: &[Vec<String>],
) -> Result<(), DbError> {
    tx.run(sql!("DELETE FROM open_data_row WHERE municipality_id = $1 AND dataset = $2"), params![set.key])?;
    let rows: Vec<Vec<Value>> = (1_i64..)
        .zip(records)
        .map(|(number, cells)| {
            let cells = serde_json::to_string(cells).expect("texts are JSON");
            vec![set.key.to_value(), number.to_value(), cells.to_value()]
        })
        .collect();
    let insert =
        sql!("INSERT INTO open_data_row (municipality_id, dataset, row_no, cells) VALUES ($1, $2, $3, $4)");
    tx.many(insert, rows)?;
    let number = i64::try_from(records.len()).unwrap_or(i64::MAX);
    let stand = sql!(
        "INSERT INTO open_data_set (municipality_id, dataset, records, source, sample, changed_at, changed_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (municipality_id, dataset) DO UPDATE SET records = excluded.records, source = excluded.source,
             sample = excluded.sample, changed_at = excluded.changed_at, changed_by = excluded.changed_by"
    );
    tx.run(stand, params![set.key, number, source, sample, tx.started_at(), account])?;
    Ok(())
}

pub(crate) fn standing(tx: &mut Tx<'_>, set: &Kept) -> Result<Option<Standing>, DbError> {
    let find = sql!(
        "SELECT records, source, sample, changed_at FROM open_data_set WHERE municipality_id = $1 AND dataset = $2"
    );
    tx.opt(find, params![set.key], |r| {
        Ok(Standing { records: r.take()?, source: r.take()?, sample: r.take()?, changed_at: r.take()? })
    })
}

/// All records in the order of the file.
pub(crate) fn records(tx: &mut Tx<'_>, set: &Kept) -> Result<Vec<Vec<String>>, DbError> {
    let find =
        sql!("SELECT cells FROM open_data_row WHERE municipality_id = $1 AND dataset = $2 ORDER BY row_no");
    tx.all(find, params![set.key], |r| {
        serde_json::from_str(&r.take::<String>()?)
            .map_err(|error| DbError::Unusable(format!("open_data_row.cells: {error}")))
    })
}
