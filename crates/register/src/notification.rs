//! 転入届 as typed, and the same answers once they are known to be possible.
//!
//! Field names are the ids of the form's controls (`m0_birth`), so that an error leads to its control.
use address::{Lot, LotDoubt, Numbering, Town, TownId};
use base::{Date, DateDoubt, MunicipalityId, PartialDate, Sex, clean, full_kana, graphemes, parse_date};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::household::Place;
use crate::relationship::Relationship;

/// The longest name, in letters: 70 is what the national layout of names leaves room for twice over (own limit).
const LONGEST_NAME: usize = 70;
/// Members of one notification (own limit).
pub(crate) const MOST_MEMBERS: usize = 20;

/// Text exactly as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawMoveIn {
    /// 異動日, any form of a date.
    pub moved_on: String,
    /// 届出日.
    pub filed_on: String,
    /// 届出人.
    pub filed_by: String,
    /// Id of the household that they join; empty for a new household.
    pub household: String,
    /// Town (町字) as typed.
    pub address: String,
    /// Seven-digit 町字ID, when a town was chosen from the list.
    pub address_code: String,
    /// 番地.
    pub address_lot: String,
    /// 方書.
    pub address_building: String,
    /// 転入前住所, or 不明.
    pub previous_address: String,
    pub members: Vec<RawMember>,
}

/// One person who moves in, as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RawMember {
    pub family: String,
    pub given: String,
    pub family_kana: String,
    pub given_kana: String,
    /// 生年月日, any form, also inexact (月日不詳).
    pub birth: String,
    /// 男 or 女, M or F.
    pub sex: String,
    /// 続柄.
    pub relationship: String,
    /// 本籍; empty for a foreign national.
    pub domicile: String,
    /// 筆頭者.
    pub domicile_head: String,
    /// 国籍・地域; empty for a Japanese national.
    pub nationality: String,
}

impl RawMember {
    /// Nothing was typed: such rows of the form are ignored.
    pub fn is_blank(&self) -> bool {
        let texts =
            [&self.family, &self.given, &self.family_kana, &self.given_kana, &self.birth, &self.nationality];
        texts.iter().all(|text| text.trim().is_empty())
    }
}

/// A notification that can be registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveIn {
    pub moved_on: Date,
    pub filed_on: Date,
    pub filed_by: String,
    /// `None`: they join an existing household and live where it lives.
    pub place: Option<Place>,
    /// Text of the joined household's id.
    pub household: Option<base::HouseholdId>,
    pub previous_address: String,
    pub members: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub family: String,
    pub given: String,
    pub family_kana: String,
    pub given_kana: String,
    pub birth: PartialDate,
    pub sex: Sex,
    pub relationship: Relationship,
    pub domicile: String,
    pub domicile_head: String,
    pub nationality: String,
}

/// What is wrong, at which control.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Wrong {
    pub field: String,
    pub message: String,
}

struct Reader {
    today: Date,
    wrong: Vec<Wrong>,
}

impl Reader {
    fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.wrong.push(Wrong { field: field.to_owned(), message: message.into() });
    }

    /// A calendar day, not after today.
    fn past_day(&mut self, field: &str, label: &str, text: &str) -> Option<Date> {
        match parse_date(text, self.today) {
            Ok(day) if day > self.today => {
                self.refuse(field, format!("{label}が先の日付です。きょうまでの日を入力できます"));
                None
            }
            Ok(day) => Some(day),
            Err(DateDoubt::Empty) => {
                self.refuse(field, format!("{label}を入力してください。例：令和8年11月23日、R8.11.23"));
                None
            }
            Err(doubt) => {
                self.refuse(field, doubt.to_string());
                None
            }
        }
    }

    fn text(&mut self, field: &str, text: &str, empty: &str) -> String {
        let text = clean(text).trim().to_owned();
        if text.is_empty() && !empty.is_empty() {
            self.refuse(field, empty);
        } else if graphemes(&text) > LONGEST_NAME {
            self.refuse(field, format!("{LONGEST_NAME}文字まで入力できます（いま{}文字）", graphemes(&text)));
        }
        text
    }
}

/// Reads a whole notification and tells everything that is wrong with it, in the order of the form.
///
/// # Errors
/// Every wrong field, never the first only.
pub fn check(raw: &RawMoveIn, today: Date, city: MunicipalityId) -> Result<MoveIn, Vec<Wrong>> {
    let mut reader = Reader { today, wrong: Vec::new() };
    let moved_on = reader.past_day("moved_on", "異動日", &raw.moved_on);
    let filed_on = reader.past_day("filed_on", "届出日", &raw.filed_on);
    if let (Some(moved), Some(filed)) = (moved_on, filed_on)
        && filed < moved
    {
        reader.refuse(
            "filed_on",
            "届出日が異動日より前です。転入は引っ越したあとに届け出ます（住民基本台帳法22条）",
        );
    }
    let filed_by = reader.text("filed_by", &raw.filed_by, "");
    let household = household(&mut reader, raw);
    let place = if raw.household.trim().is_empty() { place(&mut reader, raw, city) } else { None };
    let previous_address = reader.text(
        "previous_address",
        &raw.previous_address,
        "転入前の住所を入力してください。わからないときは「不明」",
    );
    let members = members(&mut reader, raw, moved_on);
    reader.wrong.sort_by_key(|one| member_of(&one.field));
    match (moved_on, filed_on) {
        (Some(moved_on), Some(filed_on)) if reader.wrong.is_empty() => {
            Ok(MoveIn { moved_on, filed_on, filed_by, place, household, previous_address, members })
        }
        _ => Err(reader.wrong),
    }
}

/// `m2_birth` → 2, so that the list follows the form; the other fields stand above the members.
fn member_of(field: &str) -> Option<usize> {
    field.strip_prefix('m')?.split_once('_')?.0.parse().ok()
}

fn household(reader: &mut Reader, raw: &RawMoveIn) -> Option<base::HouseholdId> {
    let text = raw.household.trim();
    if text.is_empty() {
        return None;
    }
    let id = text.parse().ok();
    if id.is_none() {
        reader.refuse("household", "入る世帯をもう一度選んでください");
    }
    id
}

fn place(reader: &mut Reader, raw: &RawMoveIn, city: MunicipalityId) -> Option<Place> {
    let chosen = raw.address_code.parse::<u32>().ok().and_then(TownId::new);
    let chosen = chosen.and_then(|id| address::town(city, id));
    let typed = raw.address.trim();
    if typed.is_empty() && chosen.is_none() {
        reader.refuse("address", "町の名前を入力してください。例：中栗須、ナク、375-0015");
        return None;
    }
    let exact: Vec<&Town> = address::towns_of(city).iter().filter(|town| town.name() == typed).collect();
    let town = match (chosen.filter(|town| typed.is_empty() || town.name() == typed), exact.as_slice()) {
        (Some(town), _) => town,
        (None, [town]) => *town,
        _ => {
            let near: Vec<String> =
                address::complete(city, typed, 3).iter().map(|near| format!("「{}」", near.name)).collect();
            let advice =
                if near.is_empty() { String::new() } else { format!("近い町は{}です", near.join("")) };
            reader.refuse("address", format!("「{typed}」という町は市内にありません。{advice}"));
            return None;
        }
    };
    let lot = lot(reader, &raw.address_lot, town.numbering)?;
    let detail = reader.text("address_building", &raw.address_building, "");
    Some(Place { town: Some(town.machiaza_id), town_text: town.name(), lot, detail })
}

fn lot(reader: &mut Reader, typed: &str, numbering: Numbering) -> Option<Lot> {
    match Lot::parse(typed, numbering) {
        Ok(lot) => Some(lot),
        Err(doubt) => {
            let message = match doubt {
                LotDoubt::Empty => "番地を入力してください。例：327番地3".to_owned(),
                other => other.to_string(),
            };
            reader.refuse("address_lot", message);
            None
        }
    }
}

fn members(reader: &mut Reader, raw: &RawMoveIn, moved_on: Option<Date>) -> Vec<Member> {
    let filled: Vec<(usize, &RawMember)> =
        raw.members.iter().enumerate().filter(|(_, member)| !member.is_blank()).collect();
    if filled.is_empty() {
        reader.refuse("m0_family", "転入する人を1人以上入力してください");
    }
    if filled.len() > MOST_MEMBERS {
        reader.refuse("m0_family", format!("1つの届けは{MOST_MEMBERS}人までです。2つに分けて入力できます"));
        return Vec::new();
    }
    let members: Vec<(usize, Option<Member>)> =
        filled.into_iter().map(|(i, raw)| (i, member(reader, i, raw, moved_on))).collect();
    let joins = !raw.household.trim().is_empty();
    let heads: Vec<usize> = members
        .iter()
        .filter(|(_, member)| member.as_ref().is_some_and(|m| m.relationship.is_head()))
        .map(|(i, _)| *i)
        .collect();
    if joins && let Some(head) = heads.first() {
        let message = "入る世帯には世帯主がいます。その世帯主との続柄を入力します";
        reader.refuse(&format!("m{head}_relationship"), message);
    } else if let [_, second, ..] = heads.as_slice() {
        reader.refuse(&format!("m{second}_relationship"), "世帯主は1人だけです。この人の続柄を入力します");
    }
    members.into_iter().filter_map(|(_, member)| member).collect()
}

fn member(reader: &mut Reader, i: usize, raw: &RawMember, moved_on: Option<Date>) -> Option<Member> {
    let at = |name: &str| format!("m{i}_{name}");
    let foreign = !raw.nationality.trim().is_empty();
    let family = reader.text(&at("family"), &raw.family, "氏を入力してください");
    let given = reader.text(&at("given"), &raw.given, if foreign { "" } else { "名を入力してください" });
    let family_kana = kana(reader, &at("family_kana"), &raw.family_kana, "氏のフリガナを入力してください");
    let empty_given = if foreign { "" } else { "名のフリガナを入力してください" };
    let given_kana = kana(reader, &at("given_kana"), &raw.given_kana, empty_given);
    let birth = birth(reader, &at("birth"), &raw.birth, moved_on);
    let sex = Sex::parse(&raw.sex);
    if sex.is_none() {
        reader.refuse(&at("sex"), "性別を選んでください");
    }
    let relationship = Relationship::parse(&raw.relationship)
        .map_err(|message| reader.refuse(&at("relationship"), message))
        .ok();
    let needed = |words| if foreign { "" } else { words };
    let domicile = reader.text(
        &at("domicile"),
        &raw.domicile,
        needed("本籍を入力してください。ないときは「なし」、わからないときは「不明」"),
    );
    let domicile_head =
        reader.text(&at("domicile_head"), &raw.domicile_head, needed("筆頭者の氏名を入力してください"));
    let nationality = reader.text(&at("nationality"), &raw.nationality, "");
    Some(Member {
        family,
        given,
        family_kana,
        given_kana,
        birth: birth?,
        sex: sex?,
        relationship: relationship?,
        domicile,
        domicile_head,
        nationality,
    })
}

/// Any width and hiragana are understood; the record holds katakana.
fn kana(reader: &mut Reader, field: &str, text: &str, empty: &str) -> String {
    let text = full_kana(&reader.text(field, text, empty));
    let strange = text.chars().find(|letter| !matches!(letter, 'ァ'..='ヺ' | 'ー' | '・' | '　' | ' '));
    if let Some(letter) = strange {
        reader.refuse(field, format!("「{letter}」はフリガナに使えません。ひらがなかカタカナで入力できます"));
    }
    text
}

fn birth(reader: &mut Reader, field: &str, text: &str, moved_on: Option<Date>) -> Option<PartialDate> {
    match PartialDate::parse(text, reader.today) {
        Ok(birth) if birth.earliest() > moved_on.unwrap_or(reader.today) => {
            reader.refuse(field, "生年月日が異動日よりあとです");
            None
        }
        Ok(birth) => Some(birth),
        Err(DateDoubt::Empty) => {
            reader.refuse(field, "生年月日を入力してください。例：昭和40年3月2日、S40.3.2、1965/3/2");
            None
        }
        Err(doubt) => {
            reader.refuse(field, doubt.to_string());
            None
        }
    }
}
