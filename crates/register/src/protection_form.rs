//! The application for a 支援措置 as typed, and what the register makes of it.
use base::{Date, DateDoubt, PartialDate, PersonId, PersonNo, clean, day, full_kana, half_width, parse_date};
use db::{DbError, Tx, params, sql};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::notification::Wrong;
use crate::protection::{ProtectedAct, Told};
use crate::resident::{Resident, snapshot_columns};
use crate::shelter::keys_of;

/// The longest free text, in letters (own limit).
const LONGEST: usize = 2000;
/// Persons of one kind on one application (own limit).
const MOST: usize = 20;

/// An application exactly as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawProtection {
    /// First day, any form of a date; empty: today. The year's last day follows by itself.
    pub starts_on: String,
    /// 仮支援措置.
    pub provisional: bool,
    /// 申出者.
    pub applicant: RawParty,
    /// 併せて支援を求める者.
    pub joined: Vec<RawParty>,
    /// 相手方 (加害者).
    pub others: Vec<RawParty>,
    /// What is to be refused; empty: everything.
    pub acts: Vec<ProtectedAct>,
    /// The municipality that forwarded it; empty when it is filed here.
    pub forwarded_from: String,
    /// The day on which it was forwarded.
    pub forwarded_on: String,
}

/// Somebody of an application: by number, or by what is known of a person whom the register may not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawParty {
    /// 宛名番号, or the person's id.
    pub person: String,
    pub family: String,
    pub given: String,
    pub family_kana: String,
    pub given_kana: String,
    /// 通称.
    pub common: String,
    /// 生年月日, any form; empty when not known.
    pub birth: String,
    /// Present and former addresses, as told.
    pub addresses: Vec<String>,
    /// Present and former 本籍, as told.
    pub domiciles: Vec<String>,
    pub contact: String,
    pub note: String,
}

impl RawParty {
    pub fn is_blank(&self) -> bool {
        let texts =
            [&self.person, &self.family, &self.given, &self.family_kana, &self.given_kana, &self.common];
        texts.iter().all(|text| text.trim().is_empty())
    }
}

/// Somebody of an application, understood.
#[derive(Debug, Clone)]
pub(crate) struct Understood {
    pub person: Option<PersonId>,
    pub birth: (Date, Date),
    pub told: Told,
    pub keys: Vec<String>,
}

/// An application that can be filed.
#[derive(Debug)]
pub(crate) struct Application {
    pub starts_on: Date,
    pub forwarded_on: Option<Date>,
    pub applicant: Understood,
    pub joined: Vec<Understood>,
    pub others: Vec<Understood>,
}

/// A day that may be any: the birth date is not known.
const ANY: (Date, Date) = (day(1, 1, 1), day(9999, 12, 31));

/// Everything that is wrong, in the order of the form.
pub(crate) fn understand(
    tx: &mut Tx<'_>,
    raw: &RawProtection,
    today: Date,
) -> Result<Result<Application, Vec<Wrong>>, DbError> {
    let mut wrong = Vec::new();
    let starts_on = date(&mut wrong, "starts_on", &raw.starts_on, today).unwrap_or(today);
    let forwarded_on = date(&mut wrong, "forwarded_on", &raw.forwarded_on, today);
    if !raw.forwarded_from.trim().is_empty() && forwarded_on.is_none() && raw.forwarded_on.trim().is_empty() {
        refuse(&mut wrong, "forwarded_on", "転送を受けた日を入力してください");
    }
    let applicant = party(tx, &mut wrong, "applicant", &raw.applicant, today)?;
    let joined = parties(tx, &mut wrong, "joined", &raw.joined, today)?;
    name_must_do(&mut wrong, "applicant", &raw.applicant);
    raw.joined.iter().enumerate().for_each(|(i, one)| name_must_do(&mut wrong, &format!("joined{i}"), one));
    let others = parties(tx, &mut wrong, "other", &raw.others, today)?;
    let same = |one: &Understood, two: &Understood| one.person.is_some() && one.person == two.person;
    if let Some(applicant) = &applicant
        && others.iter().any(|other| same(other, applicant) || joined.iter().any(|one| same(other, one)))
    {
        refuse(&mut wrong, "other0_person", "申出者と相手方が同じ人です。番号を確かめます");
    }
    Ok(match applicant {
        Some(applicant) if wrong.is_empty() => {
            Ok(Application { starts_on, forwarded_on, applicant, joined, others })
        }
        _ => Err(wrong),
    })
}

/// A family name alone would shield nobody, and nobody would notice.
fn name_must_do(wrong: &mut Vec<Wrong>, at: &str, raw: &RawParty) {
    let given = [&raw.person, &raw.given, &raw.given_kana, &raw.common];
    if !raw.is_blank() && given.iter().all(|text| text.trim().is_empty()) {
        refuse(wrong, &format!("{at}_given"), "名も入力してください。1語の氏名は通称の欄に入れます");
    }
}

fn refuse(wrong: &mut Vec<Wrong>, field: &str, message: impl Into<String>) {
    wrong.push(Wrong { field: field.to_owned(), message: message.into() });
}

fn date(wrong: &mut Vec<Wrong>, field: &str, text: &str, today: Date) -> Option<Date> {
    match parse_date(text, today) {
        Ok(day) => Some(day),
        Err(DateDoubt::Empty) => None,
        Err(doubt) => {
            refuse(wrong, field, doubt.to_string());
            None
        }
    }
}

fn parties(
    tx: &mut Tx<'_>,
    wrong: &mut Vec<Wrong>,
    kind: &str,
    raws: &[RawParty],
    today: Date,
) -> Result<Vec<Understood>, DbError> {
    let mut understood = Vec::new();
    for (i, raw) in raws.iter().enumerate().filter(|(_, raw)| !raw.is_blank()) {
        if understood.len() == MOST {
            refuse(wrong, &format!("{kind}{i}_person"), format!("{MOST}人まで入力できます"));
            break;
        }
        understood.extend(party(tx, wrong, &format!("{kind}{i}"), raw, today)?);
    }
    Ok(understood)
}

fn party(
    tx: &mut Tx<'_>,
    wrong: &mut Vec<Wrong>,
    at: &str,
    raw: &RawParty,
    today: Date,
) -> Result<Option<Understood>, DbError> {
    let field = |name: &str| format!("{at}_{name}");
    let texts = raw.addresses.iter().chain(&raw.domiciles).chain([&raw.contact, &raw.note]);
    if texts.chain([&raw.family, &raw.given, &raw.common]).any(|text| text.chars().count() > LONGEST) {
        refuse(wrong, &field("note"), format!("{LONGEST}文字まで入力できます"));
        return Ok(None);
    }
    let mut told = told(raw);
    if !raw.person.trim().is_empty() {
        let Some(resident) = resident(tx, &raw.person)? else {
            refuse(
                wrong,
                &field("person"),
                "この番号の人は見つかりません。番号を確かめるか、氏名で入力できます",
            );
            return Ok(None);
        };
        return Ok(Some(of_register(&resident, told)));
    }
    if raw.is_blank() {
        refuse(wrong, &field("person"), "宛名番号か氏名を入力してください");
        return Ok(None);
    }
    let birth = match PartialDate::parse(&raw.birth, today) {
        Ok(birth) => Some(birth),
        Err(DateDoubt::Empty) => None,
        Err(doubt) => {
            refuse(wrong, &field("birth"), doubt.to_string());
            return Ok(None);
        }
    };
    told.birth = birth.as_ref().map(|birth| birth.text().to_owned()).unwrap_or_default();
    let exact = birth.as_ref().is_some_and(PartialDate::is_exact);
    Ok(Some(Understood {
        person: None,
        birth: birth.map_or(ANY, |birth| (birth.earliest(), birth.latest())),
        keys: keys(&told, exact),
        told,
    }))
}

fn told(raw: &RawParty) -> Told {
    let text = |text: &str| clean(text).trim().to_owned();
    let texts = |texts: &[String]| texts.iter().map(|one| text(one)).filter(|one| !one.is_empty()).collect();
    Told {
        family: text(&raw.family),
        given: text(&raw.given),
        family_kana: full_kana(&text(&raw.family_kana)),
        given_kana: full_kana(&text(&raw.given_kana)),
        common: text(&raw.common),
        birth: String::new(),
        addresses: texts(&raw.addresses),
        domiciles: texts(&raw.domiciles),
        contact: text(&raw.contact),
        note: text(&raw.note),
    }
}

/// The register's own letters, and other names that were told beside them.
fn of_register(resident: &Resident, mut told: Told) -> Understood {
    let birth = &resident.birth;
    let mut names = keys(&told, birth.is_exact());
    let name = &resident.name;
    told.family.clone_from(&name.family);
    told.given.clone_from(&name.given);
    told.family_kana.clone_from(&name.family_kana);
    told.given_kana.clone_from(&name.given_kana);
    if told.common.is_empty() {
        told.common.clone_from(&name.common);
    }
    birth.text().clone_into(&mut told.birth);
    names.extend(keys(&told, birth.is_exact()));
    names.sort_unstable();
    names.dedup();
    Understood { person: Some(resident.person), birth: (birth.earliest(), birth.latest()), keys: names, told }
}

fn keys(told: &Told, exact_birth: bool) -> Vec<String> {
    let keys =
        keys_of(&told.family, &told.given, &told.family_kana, &told.given_kana, &told.common, exact_birth);
    keys.into_iter().collect()
}

/// By 宛名番号 or id.
pub(crate) fn resident(tx: &mut Tx<'_>, typed: &str) -> Result<Option<Resident>, DbError> {
    let typed = half_width(typed).trim().to_owned();
    if let Ok(id) = typed.parse::<PersonId>() {
        return by_id(tx, id);
    }
    let Ok(number) = PersonNo::parse(&typed) else { return Ok(None) };
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_no = $2"
    ));
    tx.opt(find, params![number.to_string()], Resident::read)
}

pub(crate) fn by_id(tx: &mut Tx<'_>, id: PersonId) -> Result<Option<Resident>, DbError> {
    let find = sql!(concat!(
        "SELECT person_id, version_no, ",
        snapshot_columns!(),
        " FROM resident_current WHERE municipality_id = $1 AND person_id = $2"
    ));
    tx.opt(find, params![id], Resident::read)
}

/// What a link to the register changes in a party.
pub(crate) fn linked(resident: &Resident, told: Told) -> Understood {
    let other = keys(&told, resident.birth.is_exact());
    let mut understood = of_register(resident, told);
    understood.keys.extend(other);
    understood.keys.sort_unstable();
    understood.keys.dedup();
    understood
}
