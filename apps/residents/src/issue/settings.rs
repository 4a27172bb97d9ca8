//! What the city sets, each with its day: fees, certifiers, terminals, documents of identity.
use base::Date;
use db::{DbError, Tx, params, sql};
use web::City;

const FEES: &str = include_str!("../../data/fees.tsv");
const IDENTITY_DOCUMENTS: &str = include_str!("../../data/identity_documents.tsv");

fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let kept = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    kept.skip(1).map(|line| line.split('\t').collect())
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// The fee of one copy (手数料, yen) on that day; `None` when none is set.
///
/// # Errors
/// What the engine says.
pub(crate) fn fee(tx: &mut Tx<'_>, document: &str, on: Date) -> Result<Option<i64>, DbError> {
    let find = sql!(
        "SELECT yen FROM issue_fee WHERE municipality_id = $1 AND document = $2 AND from_on <= $3
          ORDER BY from_on DESC LIMIT 1"
    );
    let own = tx.opt(find, params![document, on], |r| r.take::<i64>())?;
    let from_file = rows(FEES)
        .filter(|row| row[0] == document && day(row[1]).is_some_and(|from| from <= on))
        .max_by_key(|row| row[1])
        .and_then(|row| row[2].parse().ok());
    Ok(own.or(from_file))
}

pub(crate) fn set_fee(tx: &mut Tx<'_>, document: &str, from: Date, yen: i64) -> Result<(), DbError> {
    let set = sql!(
        "INSERT INTO issue_fee (municipality_id, document, from_on, yen) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, document, from_on) DO UPDATE SET yen = excluded.yen"
    );
    tx.run(set, params![document, from, yen]).map(drop)
}

/// 認証者.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Certifier {
    /// 「藤岡市長」, 「藤岡市長職務代理者　副市長」
    pub title: String,
    pub name: String,
}

/// Who certifies on that day: the latest period that holds it, else the mayor whom the installation names.
///
/// # Errors
/// What the engine says.
pub(crate) fn certifier(tx: &mut Tx<'_>, city: &City, on: Date) -> Result<Certifier, DbError> {
    let find = sql!(
        "SELECT title, name FROM certifier
          WHERE municipality_id = $1 AND from_on <= $2 AND (until_on IS NULL OR until_on >= $2)
          ORDER BY from_on DESC LIMIT 1"
    );
    let set = tx.opt(find, params![on], |r| Ok(Certifier { title: r.take()?, name: r.take()? }))?;
    Ok(set.unwrap_or_else(|| Certifier { title: format!("{}長", city.name), name: city.mayor.clone() }))
}

pub(crate) fn set_certifier(
    tx: &mut Tx<'_>,
    who: &Certifier,
    from: Date,
    until: Option<Date>,
) -> Result<(), DbError> {
    let set = sql!(
        "INSERT INTO certifier (municipality_id, from_on, until_on, title, name) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (municipality_id, from_on)
         DO UPDATE SET until_on = excluded.until_on, title = excluded.title, name = excluded.name"
    );
    tx.run(set, params![from, until, who.title, who.name]).map(drop)
}

/// Where a paper is printed, as its number says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// 「本庁1」
    pub terminal: String,
    /// 「プリンタ001」
    pub printer: String,
}

/// The terminal at a network address; one that nobody named is the first of the town hall.
///
/// # Errors
/// What the engine says.
pub(crate) fn place(tx: &mut Tx<'_>, client: &str) -> Result<Place, DbError> {
    let find =
        sql!("SELECT terminal, printer FROM issue_terminal WHERE municipality_id = $1 AND client = $2");
    let set = tx.opt(find, params![client], |r| Ok(Place { terminal: r.take()?, printer: r.take()? }))?;
    let first = || Place { terminal: "本庁1".to_owned(), printer: "プリンタ001".to_owned() };
    Ok(set.unwrap_or_else(first))
}

pub(crate) fn set_place(tx: &mut Tx<'_>, client: &str, place: &Place) -> Result<(), DbError> {
    let set = sql!(
        "INSERT INTO issue_terminal (municipality_id, client, terminal, printer) VALUES ($1, $2, $3, $4)
         ON CONFLICT (municipality_id, client) DO UPDATE SET terminal = excluded.terminal, printer = excluded.printer"
    );
    tx.run(set, params![client, place.terminal, place.printer]).map(drop)
}

/// 本人確認書類.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdentityDocument {
    pub key: &'static str,
    pub title: &'static str,
    /// 2: alone enough (1点); 1: two of them (2点).
    pub counts: u32,
}

/// What is accepted on that day.
pub(crate) fn identity_documents(on: Date) -> Vec<IdentityDocument> {
    let held = rows(IDENTITY_DOCUMENTS).filter(|row| {
        day(row[3]).is_none_or(|from| from <= on) && day(row[4]).is_none_or(|until| on <= until)
    });
    let read = |row: Vec<&'static str>| IdentityDocument {
        key: row[0],
        title: row[1],
        counts: row[2].parse().unwrap_or(0),
    };
    held.map(read).collect()
}

#[cfg(test)]
mod tests {
    use base::day;

    use super::identity_documents;

    /// The cards of the health insurance ended on 2025-12-01.
    #[test]
    fn documents_of_identity_have_their_days() {
        let held = |on, key| identity_documents(on).iter().any(|one| one.key == key);
        for (on, key, expected) in [
            (day(2025, 12, 1), "insurance_card", true),
            (day(2025, 12, 2), "insurance_card", false),
            (day(2024, 12, 1), "confirmation_card", false),
            (day(2026, 11, 24), "confirmation_card", true),
            (day(2026, 11, 24), "driving_licence", true),
        ] {
            assert_eq!(held(on, key), expected, "{on} {key}");
        }
        assert!(identity_documents(day(2026, 11, 24)).iter().all(|one| matches!(one.counts, 1 | 2)));
    }
}
