//! A person as the register holds them: one snapshot.
use base::{Date, HouseholdId, PartialDate, PersonId, PersonNo, Sex, kana_key};
use db::{DbError, Row, ToValue, Value};

use crate::household::Place;
use crate::relationship::Relationship;
use crate::shown::Shown;

/// 氏名 and フリガナ, in the letters of the register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    pub family: String,
    pub given: String,
    pub family_kana: String,
    pub given_kana: String,
    /// 通称; empty when there is none.
    pub common: String,
}

impl Name {
    /// 氏 and 名 with one space, as on papers.
    pub fn whole(&self) -> String {
        if self.given.is_empty() { self.family.clone() } else { format!("{}　{}", self.family, self.given) }
    }
    pub fn whole_kana(&self) -> String {
        format!("{}　{}", self.family_kana, self.given_kana).trim().to_owned()
    }
}

/// 住民状態.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Resident,
    /// 除票.
    Closed,
}

impl State {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Resident => "resident",
            Self::Closed => "closed",
        }
    }
}

/// Where somebody lives and comes from: what a 支援措置 hides, as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    pub household: HouseholdId,
    pub place: Place,
    /// 本籍; empty for a foreign national.
    pub domicile: String,
    /// 筆頭者.
    pub domicile_head: String,
    /// 転入前住所.
    pub previous_address: String,
}

/// The items of a resident record (住民基本台帳法 7条; [STD] 1.1.1) that this product holds so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resident {
    pub person: PersonId,
    pub version_no: i64,
    pub person_no: PersonNo,
    pub name: Name,
    /// 国籍・地域; empty for a Japanese national.
    pub nationality: String,
    pub birth: PartialDate,
    pub sex: Sex,
    pub relationship: Relationship,
    /// Order within the household, from 1.
    pub member_order: i64,
    pub home: Shown<Home>,
    /// 住民となった年月日.
    pub resident_since: Date,
    /// 住所を定めた年月日.
    pub address_since: Date,
    /// 届出の年月日; empty for 職権.
    pub filed_on: Option<Date>,
    pub state: State,
}

/// The columns of a snapshot, in the order of [`Resident::values`]; the same in both tables.
macro_rules! snapshot_columns {
    () => {
        "person_no, household_id, family_name, given_name, family_kana, given_kana, common_name, nationality,
         birth_text, birth_kind, birth_earliest_on, birth_latest_on, sex, relationship, member_order,
         town_id, town_text, lot, address_detail, domicile, domicile_head,
         resident_since_on, address_since_on, filed_on, previous_address, state"
    };
}
pub(crate) use snapshot_columns;

impl Resident {
    /// Sorts by フリガナ in 五十音 order.
    pub(crate) fn kana_key(&self) -> String {
        kana_key(&format!("{}{}", self.name.family_kana, self.name.given_kana))
    }

    /// 「中栗須327番地3　コーポ藤203」 within the city, or the word for what is withheld.
    pub fn address(&self) -> Shown<String> {
        match &self.home {
            Shown::Open(home) => Shown::Open(home.place.written("")),
            Shown::Withheld => Shown::Withheld,
        }
    }

    /// For rows that are stored: only the register itself makes a resident, and it makes a whole one.
    pub(crate) fn values(&self) -> Vec<Value> {
        let home = self.home.open().expect("a resident who is stored was never withheld");
        vec![
            self.person_no.to_string().to_value(),
            home.household.to_value(),
            self.name.family.to_value(),
            self.name.given.to_value(),
            self.name.family_kana.to_value(),
            self.name.given_kana.to_value(),
            self.name.common.to_value(),
            self.nationality.to_value(),
            self.birth.text().to_value(),
            self.birth.kind().code().to_value(),
            self.birth.earliest().to_value(),
            self.birth.latest().to_value(),
            self.sex.code().to_value(),
            self.relationship.as_str().to_value(),
            self.member_order.to_value(),
            home.place.town.map(|town| i64::from(town.number())).to_value(),
            home.place.town_text.to_value(),
            home.place.lot.text().to_value(),
            home.place.detail.to_value(),
            home.domicile.to_value(),
            home.domicile_head.to_value(),
            self.resident_since.to_value(),
            self.address_since.to_value(),
            self.filed_on.to_value(),
            home.previous_address.to_value(),
            self.state.code().to_value(),
        ]
    }

    /// Reads `person_id, version_no` and the snapshot columns.
    pub(crate) fn read(row: &mut Row) -> Result<Self, DbError> {
        let (person, version_no) = (row.take()?, row.take()?);
        let person_no = PersonNo::parse(&row.take::<String>()?).map_err(|e| stored("person_no", e))?;
        let household = row.take()?;
        let name = Name {
            family: row.take()?,
            given: row.take()?,
            family_kana: row.take()?,
            given_kana: row.take()?,
            common: row.take()?,
        };
        let nationality = row.take()?;
        let (text, kind): (String, String) = (row.take()?, row.take()?);
        let (earliest, latest) = (row.take()?, row.take()?);
        let birth = PartialDate::from_stored(&text, &kind, earliest, latest)
            .ok_or_else(|| stored("birth", "an impossible combination"))?;
        let sex = Sex::from_code(&row.take::<String>()?).ok_or_else(|| stored("sex", "an unknown code"))?;
        let relationship = Relationship::stored(row.take()?);
        let member_order = row.take()?;
        let place = Place::read(row)?;
        let (domicile, domicile_head) = (row.take()?, row.take()?);
        let (resident_since, address_since, filed_on) = (row.take()?, row.take()?, row.take()?);
        let home = Home { household, place, domicile, domicile_head, previous_address: row.take()? };
        Ok(Self {
            person,
            version_no,
            person_no,
            name,
            nationality,
            birth,
            sex,
            relationship,
            member_order,
            home: Shown::Open(home),
            resident_since,
            address_since,
            filed_on,
            state: if row.take::<String>()? == "resident" { State::Resident } else { State::Closed },
        })
    }
}

fn stored(column: &str, why: impl std::fmt::Display) -> DbError {
    DbError::Unusable(format!("resident_version.{column}: {why}"))
}
