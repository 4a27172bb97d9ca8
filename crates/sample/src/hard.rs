//! The hard cases: who of a block is made difficult on purpose, and the names that are.
use base::Sex;

use crate::compose::per_thousand;
use crate::draft::{Draft, Member};
use crate::draw::Draws;
use crate::tables::{Name, Tables};
use crate::{HardCase, HouseholdType};

const fn name(text: &'static str, kana: &'static str) -> Name {
    Name { text, kana }
}

/// Family names with a variation sequence of the MJ collection.
pub(crate) const IVS_NAMES: [Name; 7] = [
    name("渡邉\u{E010F}", "ワタナベ"),
    name("渡邊\u{E0108}", "ワタナベ"),
    name("田邉\u{E0110}", "タナベ"),
    name("葛\u{E0102}西", "カサイ"),
    name("斎\u{E0102}藤", "サイトウ"),
    name("齋\u{E0102}藤", "サイトウ"),
    name("榊\u{E0102}原", "サカキバラ"),
];

/// Family names with letters that old systems lack or fold.
pub(crate) const RARE_NAMES: [Name; 9] = [
    name("𠮷田", "ヨシダ"),
    name("𠮷澤", "ヨシザワ"),
    name("髙橋", "タカハシ"),
    name("髙木", "タカギ"),
    name("山﨑", "ヤマザキ"),
    name("宮﨑", "ミヤザキ"),
    name("濵田", "ハマダ"),
    name("德永", "トクナガ"),
    name("\u{FA19}保", "ジンボ"),
];

/// Marks the cases of a block of `people`; a finished block holds each of them but centenarians.
pub(crate) fn mark(drafts: &mut [Draft], people: u32, tables: &Tables, draws: &mut Draws) {
    // In this order households are looked at, so that the cases lie scattered.
    let mut order: Vec<usize> = (0..drafts.len()).collect();
    draws.shuffle(&mut order);
    for _ in 0..per_thousand(1, people) {
        whole(drafts, &order, HardCase::NoHead, has_mother_as_head);
        whole(drafts, &order, HardCase::IvsName, |_| true);
        whole(drafts, &order, HardCase::RareCharacter, |_| true);
        protect(drafts, &order);
        forget_birth(drafts, &order);
    }
    // Two households make a pair.
    split(drafts, per_thousand(tables.household_rate("rate", "split"), people * 1000 / 2620) / 2);
    let foreign = per_thousand(tables.household_rate("rate", "foreign"), people);
    foreigners(drafts, &order, foreign, per_thousand(6, people));
    for member in drafts.iter_mut().flat_map(|draft| &mut draft.members) {
        if member.age >= 100 && member.hard.is_none() {
            member.hard = Some(HardCase::Centenarian);
        }
    }
}

fn first(drafts: &[Draft], order: &[usize], fits: impl Fn(&Draft) -> bool) -> Option<usize> {
    order.iter().copied().find(|&at| free(&drafts[at]) && fits(&drafts[at]))
}

fn free(draft: &Draft) -> bool {
    draft.case.is_none() && draft.members.iter().all(|member| member.hard.is_none())
}

/// Gives the case to all members of the first household that fits.
fn whole(drafts: &mut [Draft], order: &[usize], case: HardCase, fits: fn(&Draft) -> bool) {
    let Some(at) = first(drafts, order, fits) else { return };
    let draft = &mut drafts[at];
    draft.case = Some(case);
    for member in draft.members.iter_mut().filter(|member| !member.other_name) {
        member.hard = Some(case);
    }
    if case == HardCase::NoHead {
        // The head, her husband, has died; two or more stayed and have chosen nobody yet [STD 4.0.4].
        draft.head = None;
        draft.members[0].relationship = "妻";
    }
}

fn has_mother_as_head(draft: &Draft) -> bool {
    let (first, second) = (&draft.members[0], draft.members.get(1));
    draft.kind == HouseholdType::SingleParent
        && first.sex == Sex::Female
        && second.is_some_and(|second| second.relationship == "子")
}

fn protect(drafts: &mut [Draft], order: &[usize]) {
    let fits = |draft: &Draft| has_mother_as_head(draft) && draft.members[0].age < 60;
    if let Some(at) = first(drafts, order, fits) {
        drafts[at].case = Some(HardCase::Protected);
        drafts[at].members[0].hard = Some(HardCase::Protected);
    }
}

/// An inexact birth date, among people of an age where the age table's cells are large.
fn forget_birth(drafts: &mut [Draft], order: &[usize]) {
    let old = |member: &Member| (60..85).contains(&member.age);
    if let Some(at) = first(drafts, order, |draft| draft.members.iter().any(old)) {
        drafts[at].case = Some(HardCase::UnknownBirthDate);
        let member = drafts[at].members.iter_mut().find(|member| old(member)).expect("one is old");
        member.hard = Some(HardCase::UnknownBirthDate);
    }
}

/// Grown children who keep a household of their own at their parents' address (世帯分離).
fn split(drafts: &mut [Draft], pairs: u32) {
    let mut left = pairs;
    for older in 0..drafts.len() {
        let childless = matches!(drafts[older].kind, HouseholdType::Single | HouseholdType::Couple);
        let age = drafts[older].members[0].age;
        if left == 0 || !childless || age < 50 || !free(&drafts[older]) {
            continue;
        }
        let fits = |draft: &Draft| {
            let head = &draft.members[0];
            let child =
                draft.kind != HouseholdType::ThreeGenerations && draft.kind != HouseholdType::SingleParent;
            free(draft) && child && head.age >= 20 && (21..=39).contains(&age.saturating_sub(head.age))
        };
        let Some(younger) = (older + 1..drafts.len()).find(|&at| fits(&drafts[at])) else { continue };
        drafts[older].case = Some(HardCase::SplitHousehold);
        let younger = &mut drafts[younger];
        younger.case = Some(HardCase::SplitHousehold);
        younger.members[0].hard = Some(HardCase::SplitHousehold);
        younger.split_from = Some(older);
        left -= 1;
    }
}

/// Makes whole households foreign until `people` are; the first ones carry a 通称.
fn foreigners(drafts: &mut [Draft], order: &[usize], people: u32, with_common_name: u32) {
    use HouseholdType::{Couple, CoupleWithChildren, Single};
    let (mut foreign, mut named) = (0, 0);
    for &at in order {
        let draft = &mut drafts[at];
        let plain = draft.members.iter().all(|m| ["世帯主", "妻", "夫", "子"].contains(&m.relationship));
        let common = matches!(draft.kind, Single | Couple | CoupleWithChildren) && draft.members[0].age <= 66;
        if foreign >= people || !free(draft) || !plain || !common {
            continue;
        }
        let size = u32::try_from(draft.members.len()).expect("small");
        draft.foreign = true;
        foreign += size;
        if named < with_common_name {
            named += size;
            draft.case = Some(HardCase::ForeignCommonName);
            draft.members.iter_mut().for_each(|member| member.hard = Some(HardCase::ForeignCommonName));
        }
    }
}
