//! The vocabulary of the whole product: ids, instants, dates and eras, numbers with check digits,
//! text as people type it. No I/O; depends on a date crate alone.
mod clock;
mod id;
mod money;
mod number;
mod person;
mod search_key;
mod text;

pub use clock::{At, Clock};
pub use id::{HouseholdId, HouseholdKind, Id, IdSource, MunicipalityId, NotAnId, PersonId, PersonKind};
/// A civil date (年月日).
pub use jiff::civil::Date;
pub use money::Yen;
pub use number::{
    CorporateNumber, HouseholdNo, MunicipalityCode, MyNumber, NumberDoubt, PersonNo, check_digit_m11_w2_7,
};
pub use person::Sex;
pub use search_key::{bigrams, kana_key, name_key};
pub use text::{clean, full_kana, graphemes, half_width};
