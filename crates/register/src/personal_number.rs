//! The door to 個人番号 and 住民票コード: right, purpose, restriction, log; then the vault opens (residents §2.3, §11).
use std::fmt;

use base::{Date, HouseholdId, PersonId, day};
use db::{DbError, params, sql};
use identity::{Action, Looking};
use thiserror::Error;
use vault::{Keys, Number, NumberError, NumberKind, numbers};

use crate::lookup::refuses;
use crate::shown::REFUSED;

/// The resource of the rights table. Not declared by any app, it is denied to everybody.
pub const PERSONAL_NUMBER: &str = "personal_number";

/// The words under which a refused act stands in the log.
const REVEAL: &str = "個人番号・住民票コードの閲覧";
const FIND: &str = "個人番号・住民票コードによる照会";

/// For what a number is used (利用目的). The law allows no other: 番号法 art. 9 for 個人番号, 住民基本台帳法 art. 30の38
/// for 住民票コード.
///
/// Not from the specification, which has no such list: the articles are general knowledge and have to be confirmed
/// by the city's legal section before real numbers are stored. 別表 is cited without item numbers on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberPurpose {
    /// Keeping the record itself (住民票の記載・修正).
    Register,
    /// A copy for the person herself who asked for the number on it (特別の請求).
    Certificate,
    /// 個人番号の指定・通知.
    Assignment,
    /// 本人確認の措置: comparing the number that somebody shows.
    IdentityCheck,
    /// 地方税の賦課徴収.
    LocalTax,
    /// 国民健康保険・後期高齢者医療.
    HealthInsurance,
    /// 介護保険.
    CareInsurance,
}

/// 個人番号 may be used from this day on (番号法の利用開始).
const IN_USE: Date = day(2016, 1, 1);

impl NumberPurpose {
    pub const ALL: [Self; 7] = [
        Self::Register,
        Self::Certificate,
        Self::Assignment,
        Self::IdentityCheck,
        Self::LocalTax,
        Self::HealthInsurance,
        Self::CareInsurance,
    ];

    pub const fn title(self) -> &'static str {
        match self {
            Self::Register => "住民票の記載・修正",
            Self::Certificate => "本人が請求した住民票への記載",
            Self::Assignment => "個人番号の指定・通知",
            Self::IdentityCheck => "本人確認",
            Self::LocalTax => "地方税の賦課徴収",
            Self::HealthInsurance => "国民健康保険・後期高齢者医療",
            Self::CareInsurance => "介護保険",
        }
    }

    /// The article that allows it.
    pub const fn law(self) -> &'static str {
        match self {
            Self::Register => "住民基本台帳法第7条",
            Self::Certificate => "住民基本台帳法第12条",
            Self::Assignment => "番号法第7条",
            Self::IdentityCheck => "番号法第16条",
            Self::LocalTax | Self::HealthInsurance | Self::CareInsurance => "番号法第9条第1項・別表",
        }
    }

    /// Whether `kind` may be used for this on that day.
    pub fn allows(self, kind: NumberKind, on: Date) -> bool {
        match (kind, self) {
            // 改正住民基本台帳法: since 2002-08-05.
            (NumberKind::ResidentCode, Self::Register | Self::Certificate) => on >= day(2002, 8, 5),
            (NumberKind::ResidentCode, _) => false,
            // 番号法の施行: recorded and notified since 2015-10-05, used since the next January.
            (NumberKind::MyNumber, Self::Register | Self::Certificate | Self::Assignment) => {
                on >= day(2015, 10, 5)
            }
            (NumberKind::MyNumber, _) => on >= IN_USE,
        }
    }
}

impl fmt::Display for NumberPurpose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}（{}）", self.title(), self.law())
    }
}

/// Why a number is not shown. Tells no digit, and not why a record is shut.
#[derive(Debug, Error)]
pub enum NumberRefused {
    #[error("個人番号と住民票コードは、担当の職員が扱います。必要なときは所属の責任者に相談できます")]
    Right,
    #[error("{}は「{}」には使えません", .kind.title(), .purpose.title())]
    Purpose { kind: NumberKind, purpose: NumberPurpose },
    #[error("{REFUSED}")]
    Restricted,
    #[error(transparent)]
    Vault(#[from] NumberError),
}

impl From<DbError> for NumberRefused {
    fn from(error: DbError) -> Self {
        Self::Vault(error.into())
    }
}

/// The number of a person, for a purpose; `None` when none is recorded. The log says that a number was touched, of
/// whom and for what; a refusal has a row of its own.
///
/// # Errors
/// [`NumberRefused`].
pub fn reveal_number(
    looking: &mut Looking<'_, '_>,
    keys: &Keys,
    person: PersonId,
    kind: NumberKind,
    purpose: NumberPurpose,
) -> Result<Option<Number>, NumberRefused> {
    may_use(looking, kind, purpose).inspect_err(|_| looking.refused(REVEAL, person))?;
    if is_shut(looking, person, REVEAL)? {
        return Err(NumberRefused::Restricted);
    }
    looking.saw(person);
    looking.touched_number();
    looking.note(&format!("{}の閲覧 {purpose}", kind.title()));
    Ok(numbers::reveal(looking.tx(), keys, person, kind)?)
}

/// Who has this number. Also a search that finds nobody is recorded; the number is not.
///
/// # Errors
/// [`NumberRefused`].
pub fn find_by_number(
    looking: &mut Looking<'_, '_>,
    keys: &Keys,
    number: &Number,
    purpose: NumberPurpose,
) -> Result<Option<PersonId>, NumberRefused> {
    may_use(looking, number.kind(), purpose)?;
    looking.touched_number();
    looking.note(&format!("{}による照会 {purpose}", number.kind().title()));
    let Some(person) = numbers::find(looking.tx(), keys, number)? else { return Ok(None) };
    if is_shut(looking, person, FIND)? {
        return Err(NumberRefused::Restricted);
    }
    looking.saw(person);
    Ok(Some(person))
}

fn may_use(
    looking: &mut Looking<'_, '_>,
    kind: NumberKind,
    purpose: NumberPurpose,
) -> Result<(), NumberRefused> {
    if !looking.may(Action::Read, PERSONAL_NUMBER) {
        return Err(NumberRefused::Right);
    }
    let today = looking.tx().started_at().date();
    if purpose.allows(kind, today) { Ok(()) } else { Err(NumberRefused::Purpose { kind, purpose }) }
}

/// Whether a 支援措置 or a lock keeps the record shut for the one who looks. Unknown means shut (DESIGN §6.3).
fn is_shut(
    looking: &mut Looking<'_, '_>,
    person: PersonId,
    act: &'static str,
) -> Result<bool, NumberRefused> {
    let home =
        sql!("SELECT household_id FROM resident_current WHERE municipality_id = $1 AND person_id = $2");
    let home: Option<HouseholdId> = looking.tx().opt(home, params![person], |r| r.take())?;
    match home {
        Some(household) => Ok(refuses(looking, act, person, &[household])?),
        None => {
            looking.refused(act, person);
            Ok(true)
        }
    }
}
