//! The vocabulary of the whole product: ids, instants, dates and eras, numbers with check digits,
//! text as people type it. No I/O, no clock but `Clock`.
mod age;
mod age_rule;
mod clock;
mod date_scan;
mod date_text;
mod era;
mod holiday;
mod id;
mod inexact;
mod money;
mod number;
mod partial_date;
mod person;
mod resident_code;
mod search_key;
mod text;

pub use age::{FiscalYear, Grade, age_on, first_school_fiscal_year, reaches_on, school_grade};
pub use age_rule::{AgeRule, card_valid_until, certificates_valid_until};
pub use clock::{At, Clock};
pub use date_text::{DateDoubt, parse_date};
pub use era::{ERAS, Era, wareki, wareki_short, wareki_year, weekday, western};
pub use holiday::{holiday, office_closed};
pub use id::{HouseholdId, HouseholdKind, Id, IdSource, MunicipalityId, NotAnId, PersonId, PersonKind};
/// A civil date (年月日).
pub use jiff::civil::Date;
/// A civil date in a constant.
pub use jiff::civil::date as day;
pub use money::Yen;
pub use number::{
    CorporateNumber, HouseholdNo, MunicipalityCode, MyNumber, NumberDoubt, PersonNo, check_digit_m11_w2_7,
};
pub use partial_date::{DateKind, PartialDate};
pub use person::Sex;
pub use resident_code::ResidentCode;
pub use search_key::{bigrams, kana_key, name_key};
pub use text::{clean, full_kana, graphemes, half_width};
