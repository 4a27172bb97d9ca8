//! The operation log (操作ログ, [STD] 10.3): what was done to whose record, by whom, where from, why.
//!
//! Its rows are leaves of the audit tree: never changed, and their personal part can be deleted one day.
use base::PersonId;
use db::{DbError, ToValue, Tx, Value, params, sql};

use crate::{Actor, break_glass};

/// Marks one row of the log.
enum AccessKind {}

/// What was done ([STD] 10.3, residents §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Inquiry,
    Print,
    Change,
    Batch,
    Export,
    SignIn,
    SignInFailed,
    StepUp,
    SignOut,
    /// Somebody tried what is not theirs to do, or what a restriction forbids.
    Refused,
    /// A right given for a time, or taken.
    Right,
}

impl Operation {
    const ALL: [Self; 11] = [
        Self::Inquiry,
        Self::Print,
        Self::Change,
        Self::Batch,
        Self::Export,
        Self::SignIn,
        Self::SignInFailed,
        Self::StepUp,
        Self::SignOut,
        Self::Refused,
        Self::Right,
    ];

    /// As the column holds it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Inquiry => "inquiry",
            Self::Print => "print",
            Self::Change => "change",
            Self::Batch => "batch",
            Self::Export => "export",
            Self::SignIn => "sign_in",
            Self::SignInFailed => "sign_in_failed",
            Self::StepUp => "step_up",
            Self::SignOut => "sign_out",
            Self::Refused => "refused",
            Self::Right => "right",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Inquiry => "照会",
            Self::Print => "発行",
            Self::Change => "異動",
            Self::Batch => "一括処理",
            Self::Export => "抽出",
            Self::SignIn => "サインイン",
            Self::SignInFailed => "サインインの失敗",
            Self::StepUp => "再確認",
            Self::SignOut => "サインアウト",
            Self::Refused => "お断り",
            Self::Right => "権限",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.code() == code)
    }
}

/// One row to be written.
#[derive(Debug, Clone)]
pub struct Entry<'a> {
    pub actor: &'a Actor,
    pub operation: Operation,
    /// Why (目的), or the act that was refused.
    pub purpose: &'a str,
    /// The page or command.
    pub path: Option<&'a str>,
    /// The terminal's network address (端末); empty for the program itself.
    pub terminal: &'a str,
    /// 検索条件.
    pub conditions: Option<&'a str>,
    pub persons: &'a [PersonId],
    /// How many of them were shown without their address.
    pub withheld: i64,
    /// 個人番号 or 住民票コード was read or compared.
    pub number_touched: bool,
}

impl<'a> Entry<'a> {
    /// An operation of nobody's record, for example a sign-in.
    pub fn new(actor: &'a Actor, operation: Operation, purpose: &'a str) -> Self {
        Self {
            actor,
            operation,
            purpose,
            path: None,
            terminal: "",
            conditions: None,
            persons: &[],
            withheld: 0,
            number_touched: false,
        }
    }
}

/// The log as leaves of the audit tree. A path may hold a person's id, so it is personal.
pub static AUDITED: audit::Source = audit::Source {
    name: "access/1",
    title: "操作ログ",
    public: 10,
    unsealed: sql!(
        "SELECT id, leaf_hash FROM access WHERE municipality_id = $1 AND leaf_no IS NULL ORDER BY id LIMIT $2"
    ),
    number: sql!(
        "UPDATE access SET leaf_no = n.leaf_no
           FROM (SELECT id, CAST($3 AS BIGINT) - 1 + ROW_NUMBER() OVER (ORDER BY id) AS leaf_no FROM access
                  WHERE municipality_id = $1 AND id IN INTS($2)) AS n
          WHERE access.municipality_id = $1 AND access.id = n.id"
    ),
    rows: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt,
                id, account_id, section_code, operation, purpose, terminal, person_count, withheld_count,
                number_touched, at, path, conditions, persons
           FROM access WHERE municipality_id = $1 AND id > $2 ORDER BY id LIMIT $3"
    ),
    row: sql!(
        "SELECT leaf_no, leaf_hash, personal_hash, leaf_salt,
                id, account_id, section_code, operation, purpose, terminal, person_count, withheld_count,
                number_touched, at, path, conditions, persons
           FROM access WHERE municipality_id = $1 AND id = $2"
    ),
    sealed: index_persons,
};

/// Writes a row of the log.
///
/// # Errors
/// What the engine says; the transaction must then fail as well.
pub fn record(tx: &mut Tx<'_>, entry: &Entry<'_>) -> Result<(), DbError> {
    let mut persons = entry.persons.to_vec();
    persons.sort_unstable();
    persons.dedup();
    let count = i64::try_from(persons.len()).expect("a list in memory is shorter than 2^63");
    let bytes: Vec<u8> = persons.iter().flat_map(|person| person.get().to_be_bytes()).collect();
    let mut row = vec![
        tx.new_id::<AccessKind>().to_value(),
        entry.actor.account.to_value(),
        entry.actor.section.code.to_value(),
        entry.operation.code().to_value(),
        break_glass::told(entry.actor, entry.purpose).into_owned().to_value(),
        entry.terminal.to_value(),
        count.to_value(),
        entry.withheld.to_value(),
        entry.number_touched.to_value(),
        tx.started_at().to_value(),
        entry.path.map(str::to_owned).to_value(),
        entry.conditions.map(str::to_owned).to_value(),
        Value::Blob(bytes),
    ];
    let (public, personal) = row.split_at(AUDITED.public);
    row.extend(
        audit::leaf(AUDITED.name, tx.municipality(), public, personal, &mut audit::Salts::default()).values(),
    );
    let insert = sql!(
        "INSERT INTO access (municipality_id, id, account_id, section_code, operation, purpose, terminal,
                             person_count, withheld_count, number_touched, at, path, conditions, persons,
                             leaf_salt, personal_hash, leaf_hash)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    );
    tx.run(insert, &row)?;
    Ok(())
}

/// Enters rows that are being sealed into the index of persons.
fn index_persons(tx: &mut Tx<'_>, ids: &[i64]) -> Result<(), DbError> {
    let find = sql!("SELECT id, persons FROM access WHERE municipality_id = $1 AND id IN INTS($2)");
    let found: Vec<(i64, Vec<u8>)> = tx.all(find, params![ids.to_vec()], |r| Ok((r.take()?, r.take()?)))?;
    let mut rows: Vec<(i64, i64)> = Vec::new();
    for (id, persons) in found {
        rows.extend(persons_of(&persons).map(|person| (person.get(), id)));
    }
    rows.sort_unstable();
    let rows = rows.into_iter().map(|(person, id)| vec![Value::Int(person), Value::Int(id)]).collect();
    let insert = sql!(
        "INSERT INTO access_person (municipality_id, person_id, access_id) VALUES ($1, $2, $3)
         ON CONFLICT (municipality_id, person_id, access_id) DO NOTHING"
    );
    tx.many(insert, rows)?;
    Ok(())
}

/// The persons of a row, from its column.
pub(crate) fn persons_of(bytes: &[u8]) -> impl Iterator<Item = PersonId> {
    bytes.as_chunks::<8>().0.iter().map(|id| PersonId::new(i64::from_be_bytes(*id)))
}
