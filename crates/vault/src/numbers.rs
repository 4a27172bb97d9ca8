//! The table of 個人番号 and 住民票コード: sealed, found by a keyed hash (residents §2.3, §11).
//!
//! These functions ask for no right and write no log: whoever shows or compares a number to somebody goes through
//! `register::reveal_number` and `register::find_by_number`.
use std::fmt;

use base::{At, MunicipalityId, MyNumber, PersonId, ResidentCode};
use db::{DbError, Tx, Value, params, sql};
use thiserror::Error;

use crate::{KeyUse, Keys, Unopenable};

/// Which number of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberKind {
    /// 個人番号.
    MyNumber,
    /// 住民票コード.
    ResidentCode,
}

impl NumberKind {
    pub const ALL: [Self; 2] = [Self::MyNumber, Self::ResidentCode];

    pub const fn title(self) -> &'static str {
        match self {
            Self::MyNumber => "個人番号",
            Self::ResidentCode => "住民票コード",
        }
    }
    /// As the column holds it.
    const fn stored(self) -> &'static str {
        match self {
            Self::MyNumber => "my_number",
            Self::ResidentCode => "resident_code",
        }
    }
}

/// A number of a person. `Debug` hides it; the digits leave through [`Number::reveal`] alone.
#[derive(Clone, PartialEq, Eq)]
pub enum Number {
    MyNumber(MyNumber),
    ResidentCode(ResidentCode),
}

impl Number {
    pub fn kind(&self) -> NumberKind {
        match self {
            Self::MyNumber(_) => NumberKind::MyNumber,
            Self::ResidentCode(_) => NumberKind::ResidentCode,
        }
    }
    /// The digits.
    pub fn reveal(&self) -> String {
        match self {
            Self::MyNumber(number) => number.reveal(),
            Self::ResidentCode(code) => code.reveal(),
        }
    }
    fn parse(kind: NumberKind, digits: &str) -> Option<Self> {
        match kind {
            NumberKind::MyNumber => MyNumber::parse(digits).ok().map(Self::MyNumber),
            NumberKind::ResidentCode => ResidentCode::parse(digits).ok().map(Self::ResidentCode),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Number({}, hidden)", self.kind().stored())
    }
}

/// Why a number cannot be stored, found or shown. Tells no digit.
#[derive(Debug, Error)]
pub enum NumberError {
    /// Another person has it: the same person came back (再転入), or a digit is wrong [STD 4.1.1.2].
    #[error("この番号は、すでに別の人に記録されています")]
    Taken(PersonId),
    #[error(transparent)]
    Unopenable(#[from] Unopenable),
    /// The hash leads to a row that holds another number.
    #[error("番号の検索キーと中身が合いません。データを控えから戻せます")]
    Mismatched(PersonId),
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Records a number of a person; a number of the same kind that the person had is replaced.
///
/// # Errors
/// [`NumberError::Taken`], or the engine's own.
pub fn store(tx: &mut Tx<'_>, keys: &Keys, person: PersonId, number: &Number) -> Result<(), NumberError> {
    match find(tx, keys, number)? {
        Some(other) if other != person => Err(NumberError::Taken(other)),
        _ => Ok(store_new(tx, keys, &[(person, number.clone())])?),
    }
}

/// Records numbers of a slice of people who were taken over (移行): the caller knows that nobody has them.
///
/// # Errors
/// The engine's own; also when a number is there already, hashed with the newest key.
pub fn store_new(tx: &mut Tx<'_>, keys: &Keys, numbers: &[(PersonId, Number)]) -> Result<(), DbError> {
    let (city, at) = (tx.municipality(), tx.started_at());
    write(tx, numbers.iter().map(|(person, number)| row(keys, city, *person, number, at)).collect())
}

/// Who has this number.
///
/// # Errors
/// [`NumberError::Mismatched`] and [`NumberError::Unopenable`] when somebody altered the row.
pub fn find(tx: &mut Tx<'_>, keys: &Keys, number: &Number) -> Result<Option<PersonId>, NumberError> {
    let (kind, digits) = (number.kind(), number.reveal());
    let by_hash = sql!(
        "SELECT person_id, sealed FROM personal_number
         WHERE municipality_id = $1 AND kind = $2 AND search_hash = $3"
    );
    for (_, hash) in keys.lookups(KeyUse::Numbers, digits.as_bytes()).into_iter().rev() {
        let found =
            tx.opt(by_hash, params![kind.stored(), hash], |r| Ok((r.take()?, r.take::<Vec<u8>>()?)))?;
        let Some((person, sealed)) = found else { continue };
        return match open(keys, tx.municipality(), kind, person, &sealed)? == *number {
            true => Ok(Some(person)),
            false => Err(NumberError::Mismatched(person)),
        };
    }
    Ok(None)
}

/// The number of a person, if one is recorded.
///
/// # Errors
/// [`NumberError::Unopenable`]: altered, moved from another row, or its key is not kept.
pub fn reveal(
    tx: &mut Tx<'_>,
    keys: &Keys,
    person: PersonId,
    kind: NumberKind,
) -> Result<Option<Number>, NumberError> {
    let of_person = sql!(
        "SELECT sealed FROM personal_number WHERE municipality_id = $1 AND kind = $2 AND person_id = $3"
    );
    let sealed = tx.opt(of_person, params![kind.stored(), person], |r| r.take::<Vec<u8>>())?;
    Ok(sealed.map(|sealed| open(keys, tx.municipality(), kind, person, &sealed)).transpose()?)
}

/// Whether these keys are those of this data: tried at the start on the first number of each kind. Keys made anew in
/// an empty folder would otherwise be noticed only when somebody needs a number.
///
/// # Errors
/// [`NumberError::Unopenable`].
pub fn ensure_opens(tx: &mut Tx<'_>, keys: &Keys) -> Result<(), NumberError> {
    let first = sql!(
        "SELECT person_id, sealed FROM personal_number WHERE municipality_id = $1 AND kind = $2
          ORDER BY person_id LIMIT 1"
    );
    for kind in NumberKind::ALL {
        let row = tx.opt(first, params![kind.stored()], |r| Ok((r.take()?, r.take::<Vec<u8>>()?)))?;
        if let Some((person, sealed)) = row {
            open(keys, tx.municipality(), kind, person, &sealed)?;
        }
    }
    Ok(())
}

/// What a slice of a rotation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resealed {
    /// Rows read.
    pub seen: usize,
    /// Rows written anew: those not yet under the newest keys.
    pub changed: usize,
    /// Where the next slice begins; `None` when this was the last.
    pub next: Option<PersonId>,
}

/// Brings up to `limit` rows of a kind under the newest keys (鍵の交代), from the first person after `after` on.
/// May be cut anywhere and begun again: rows that are done are only read.
///
/// # Errors
/// [`NumberError::Unopenable`] when a row does not open: its old key must then be kept.
pub fn reseal(
    tx: &mut Tx<'_>,
    keys: &Keys,
    kind: NumberKind,
    after: Option<PersonId>,
    limit: usize,
) -> Result<Resealed, NumberError> {
    let slice = sql!(
        "SELECT person_id, sealed, lookup_no, recorded_at FROM personal_number
         WHERE municipality_id = $1 AND kind = $2 AND person_id > $3 ORDER BY person_id LIMIT $4"
    );
    let most = i64::try_from(limit).expect("a slice fits into memory");
    let parameters = params![kind.stored(), after.map_or(i64::MIN, PersonId::get), most];
    let rows: Vec<(PersonId, Vec<u8>, i64, At)> =
        tx.all(slice, parameters, |r| Ok((r.take()?, r.take()?, r.take()?, r.take()?)))?;
    let newest = keys.cipher(KeyUse::Numbers).newest_no().to_be_bytes();
    let newest_lookup = keys.kept(KeyUse::Lookup).last().copied().map(i64::from);
    let mut changed = Vec::new();
    for (person, sealed, lookup_no, at) in &rows {
        if !sealed.starts_with(&newest) || Some(*lookup_no) != newest_lookup {
            let number = open(keys, tx.municipality(), kind, *person, sealed)?;
            changed.push(row(keys, tx.municipality(), *person, &number, *at));
        }
    }
    let next = (rows.len() == limit).then(|| rows.last().map(|(person, ..)| *person)).flatten();
    let done = Resealed { seen: rows.len(), changed: changed.len(), next };
    write(tx, changed)?;
    Ok(done)
}

/// The values of [`write`], under the newest keys.
fn row(keys: &Keys, city: MunicipalityId, person: PersonId, number: &Number, at: At) -> Vec<Value> {
    let (kind, digits) = (number.kind(), number.reveal());
    let sealed = keys.cipher(KeyUse::Numbers).seal(&context(city, kind, person), digits.as_bytes());
    let (lookup_no, hash) =
        keys.lookups(KeyUse::Numbers, digits.as_bytes()).pop().expect("a ring is never empty");
    params![kind.stored(), person, sealed, hash, i64::from(lookup_no), at].to_vec()
}

fn write(tx: &mut Tx<'_>, rows: Vec<Vec<Value>>) -> Result<(), DbError> {
    let upsert = sql!(
        "INSERT INTO personal_number
         (municipality_id, kind, person_id, sealed, search_hash, lookup_no, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (municipality_id, kind, person_id) DO UPDATE SET sealed = excluded.sealed,
         search_hash = excluded.search_hash, lookup_no = excluded.lookup_no, recorded_at = excluded.recorded_at"
    );
    tx.many(upsert, rows).map(|_| ())
}

fn open(
    keys: &Keys,
    city: MunicipalityId,
    kind: NumberKind,
    person: PersonId,
    sealed: &[u8],
) -> Result<Number, Unopenable> {
    let digits = keys.cipher(KeyUse::Numbers).open(&context(city, kind, person), sealed)?;
    let number = std::str::from_utf8(&digits).ok().and_then(|digits| Number::parse(kind, digits));
    number.ok_or(Unopenable::Form(sealed.len()))
}

/// Binds a sealed number to its row: copied to another row, it does not open there.
fn context(city: MunicipalityId, kind: NumberKind, person: PersonId) -> Vec<u8> {
    format!("personal_number {} {} {}", city.0, kind.stored(), person.get()).into_bytes()
}
