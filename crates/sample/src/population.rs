//! What comes out: plain facts, ready for the register's bulk command or a file.
use base::{Date, HouseholdNo, PersonNo, Sex};

use crate::tables::{Municipality, Town};

/// Serials of sample people start here and of sample households at the other: 宛名番号 and 世帯番号 that begin
/// with 9 are 見本 in this product; a real city counts from 1. Serials without a check digit are skipped.
pub const SAMPLE_PERSONS_FROM: u32 = 900_000_001;
/// See `SAMPLE_PERSONS_FROM`.
pub const SAMPLE_HOUSEHOLDS_FROM: u32 = 950_000_001;

#[derive(Debug, Default)]
pub struct Population {
    pub households: Vec<Household>,
    /// Household by household, in each the head first and the others in the order of [STD 5.2].
    pub persons: Vec<Person>,
}

impl Population {
    pub fn members(&self, household: &Household) -> &[Person] {
        let first = household.first as usize;
        &self.persons[first..first + usize::from(household.members)]
    }
}

/// The types of the household model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HouseholdType {
    Single,
    Couple,
    CoupleWithChildren,
    SingleParent,
    ThreeGenerations,
    OtherRelatives,
    WithNonRelatives,
}

impl HouseholdType {
    pub const ALL: [Self; 7] = [
        Self::Single,
        Self::Couple,
        Self::CoupleWithChildren,
        Self::SingleParent,
        Self::ThreeGenerations,
        Self::OtherRelatives,
        Self::WithNonRelatives,
    ];
    pub const fn code(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Couple => "couple_only",
            Self::CoupleWithChildren => "couple_with_children",
            Self::SingleParent => "single_parent",
            Self::ThreeGenerations => "three_generation",
            Self::OtherRelatives => "other_relatives",
            Self::WithNonRelatives => "with_non_relatives",
        }
    }
}

/// 世帯.
#[derive(Debug)]
pub struct Household {
    pub number: HouseholdNo,
    pub kind: HouseholdType,
    pub town: &'static Town,
    /// 地番 and its branch (枝番); a branch of 0 is none.
    pub lot: u32,
    pub branch: u32,
    /// 方書; empty for a house.
    pub detail: String,
    /// Index of the first member in `Population::persons`.
    pub first: u32,
    pub members: u8,
    /// Position of the 世帯主 among the members; `None` is 世帯主未設定 [STD 1.1.10].
    pub head: Option<u8>,
}

impl Household {
    /// 「327番地の2」
    pub fn banchi(&self) -> String {
        lot_text(self.lot, self.branch)
    }
    /// 「藤岡市中栗須327番地の2」, without 方書.
    pub fn address(&self) -> String {
        format!("藤岡市{}{}", self.town.name, self.banchi())
    }
}

fn lot_text(lot: u32, branch: u32) -> String {
    if branch == 0 { format!("{lot}番地") } else { format!("{lot}番地の{branch}") }
}

/// A resident. The texts live as long as the program.
#[derive(Debug)]
pub struct Person {
    pub number: PersonNo,
    /// Index in `Population::households`.
    pub household: u32,
    /// 氏; of a foreign resident in the alphabet.
    pub family_name: &'static str,
    pub given_name: &'static str,
    /// フリガナ in full-width katakana.
    pub family_kana: &'static str,
    pub given_kana: &'static str,
    pub sex: Sex,
    /// 生年月日; where `birth_text` stands, a day that it allows.
    pub birth: Date,
    /// An inexact birth date as the register holds it, 「昭和12年 月日不詳」 [STD 1.1.8].
    pub birth_text: Option<String>,
    /// 続柄, a word of [STD 1.1.11].
    pub relationship: &'static str,
    /// Positions among the members of the household, where they live in it.
    pub spouse: Option<u8>,
    pub father: Option<u8>,
    pub mother: Option<u8>,
    /// 住所を定めた年月日.
    pub moved_in_on: Date,
    /// 住民となった年月日 (外国人住民となった年月日); not after `moved_in_on`.
    pub became_resident_on: Date,
    /// 転入前住所, the municipality only; `None` for those born here.
    pub previous: Option<&'static Municipality>,
    /// 本籍 and 筆頭者; `None` for foreign residents.
    pub domicile: Option<Domicile>,
    pub foreign: Option<Box<Foreign>>,
    pub hard: Option<HardCase>,
}

/// 本籍 and 筆頭者.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Domicile {
    pub place: DomicilePlace,
    pub lot: u32,
    /// 筆頭者.
    pub head_family_name: &'static str,
    pub head_given_name: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DomicilePlace {
    Here(&'static Town),
    Elsewhere(&'static Municipality),
}

impl Domicile {
    /// 「群馬県藤岡市中栗須327番地」; elsewhere the town is the invented 見本町.
    pub fn text(&self) -> String {
        match self.place {
            DomicilePlace::Here(town) => format!("群馬県藤岡市{}{}", town.name, lot_text(self.lot, 0)),
            DomicilePlace::Elsewhere(other) => {
                format!("{}{}見本町{}", other.prefecture, other.name, lot_text(self.lot, 0))
            }
        }
    }
}

/// What the register adds for a foreign resident [STD 1.1.2]. Dates are shown in western years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// 国籍・地域.
    pub nationality: &'static str,
    /// 法第30条の45に規定する区分: 中長期在留者 or 特別永住者.
    pub category: &'static str,
    /// 在留資格; empty for 特別永住者.
    pub status: &'static str,
    /// 在留期間の満了日; `None` for permanent residents.
    pub stay_until: Option<Date>,
    /// 通称 and its フリガナ; empty for none.
    pub common_name: String,
    pub common_kana: String,
}

/// Why a person is in the sample on purpose; together 3 % of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HardCase {
    /// A family name with an ideographic variation sequence.
    IvsName,
    /// 𠮷, 髙, 﨑 and the like: outside JIS X 0208, one of them outside the BMP.
    RareCharacter,
    /// Four generations under one roof: 子の子の子.
    GenerationChain,
    /// Head of the younger of two households at one address (世帯分離).
    SplitHousehold,
    /// 世帯主未設定.
    NoHead,
    /// Inexact birth date.
    UnknownBirthDate,
    /// A name in the alphabet and a 通称.
    ForeignCommonName,
    Twins,
    /// A hundred years or more.
    Centenarian,
    /// 支援措置: marked only, to become a protected person where protection is built.
    Protected,
}

impl HardCase {
    pub const ALL: [Self; 10] = [
        Self::IvsName,
        Self::RareCharacter,
        Self::GenerationChain,
        Self::SplitHousehold,
        Self::NoHead,
        Self::UnknownBirthDate,
        Self::ForeignCommonName,
        Self::Twins,
        Self::Centenarian,
        Self::Protected,
    ];
    pub const fn code(self) -> &'static str {
        match self {
            Self::IvsName => "ivs_name",
            Self::RareCharacter => "rare_character",
            Self::GenerationChain => "generation_chain",
            Self::SplitHousehold => "split_household",
            Self::NoHead => "no_head",
            Self::UnknownBirthDate => "unknown_birth_date",
            Self::ForeignCommonName => "foreign_common_name",
            Self::Twins => "twins",
            Self::Centenarian => "centenarian",
            Self::Protected => "protected",
        }
    }
}
