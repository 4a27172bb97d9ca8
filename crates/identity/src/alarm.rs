//! What 総務課 should look at: signs that somebody tries other people's names (office §5.1).
use base::At;
use db::{DbError, Tx, params, sql};

/// A list is read by a person.
const SHOWN: i64 = 100;

/// What was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmKind {
    /// One address fails with many names (パスワードスプレー).
    Spraying,
    /// Many failures for one account, wherever they come from (総当たり).
    Guessing,
    /// A passkey's counter went backwards: there may be a copy of it.
    CopiedPasskey,
}

impl AlarmKind {
    const ALL: [Self; 3] = [Self::Spraying, Self::Guessing, Self::CopiedPasskey];

    const fn code(self) -> &'static str {
        match self {
            Self::Spraying => "spraying",
            Self::Guessing => "guessing",
            Self::CopiedPasskey => "copied_passkey",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Spraying => "1つの端末から、多くの職員番号でサインインの失敗が続いています",
            Self::Guessing => "1つの職員番号で、サインインの失敗が続いています",
            Self::CopiedPasskey => "パスキーが複製されたおそれがあります",
        }
    }
}

/// One kind and subject on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub kind: AlarmKind,
    /// The network address, or the sign-in name of an account.
    pub subject: String,
    /// Names tried, or failures.
    pub count: i64,
    pub began_at: At,
    pub last_at: At,
}

/// Notes what was noticed; once more on the same day is the same row.
pub(crate) fn raise(
    tx: &mut Tx<'_>,
    kind: AlarmKind,
    subject: &str,
    count: i64,
    at: At,
) -> Result<(), DbError> {
    let note = sql!(
        "INSERT INTO alarm (municipality_id, kind, subject, began_on, count, began_at, last_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (municipality_id, kind, subject, began_on)
         DO UPDATE SET count = excluded.count, last_at = excluded.last_at"
    );
    tx.run(note, params![kind.code(), subject, at.date(), count, at])?;
    Ok(())
}

/// What was noticed since then, the latest first, a hundred at most.
///
/// # Errors
/// What the engine says.
pub fn alarms(tx: &mut Tx<'_>, since: At) -> Result<Vec<Alarm>, DbError> {
    let list = sql!(
        "SELECT kind, subject, count, began_at, last_at FROM alarm
         WHERE municipality_id = $1 AND last_at >= $2 ORDER BY last_at DESC, kind, subject LIMIT $3"
    );
    let rows = tx.all(list, params![since, SHOWN], |row| {
        let code: String = row.take()?;
        let kind = AlarmKind::ALL.into_iter().find(|kind| kind.code() == code);
        Ok((kind, row.take()?, row.take()?, row.take()?, row.take()?))
    })?;
    // A kind of a later program is not ours to tell.
    let known = rows.into_iter().filter_map(|(kind, subject, count, began_at, last_at)| {
        Some(Alarm { kind: kind?, subject, count, began_at, last_at })
    });
    Ok(known.collect())
}
