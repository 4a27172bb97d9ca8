//! What a move-in (転入) means for an office: pure functions of what followers may know.
//!
//! Where a rule is marked GK it is general knowledge that residents.md §5.3 or §10 marks so, too: the clerk
//! decides, the sentence names the law. Of an inexact birth date the latest day counts (§5.2); where the
//! earliest gives another answer, the person is counted and marked 要確認.
use base::{Date, FiscalYear, PartialDate, age_on, reaches_on, school_grade, wareki};
use events::facts::{Foresight, Member};
use jiff::ToSpan;

/// What an office has to do. No name in it, whoever reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Consequence {
    pub sentence: String,
    /// The last day, where there is one.
    pub due: Option<Date>,
    /// Law and article.
    pub source: &'static str,
    /// Whom it concerns, in persons.
    pub persons: usize,
}

/// Persons whom a rule concerns, and how many of them by one end of their birth date only.
struct Concerned {
    persons: usize,
    doubtful: usize,
}

impl Concerned {
    fn of(foresight: &Foresight, rule: impl Fn(&Member, Date) -> bool) -> Option<Self> {
        let mut found = Self { persons: 0, doubtful: 0 };
        for member in &foresight.members {
            let (latest, earliest) = both(&member.birth, |birth| rule(member, birth));
            found.persons += usize::from(latest || earliest);
            found.doubtful += usize::from(latest != earliest);
        }
        (found.persons > 0).then_some(found)
    }

    /// 「2人（うち1人は要確認）」
    fn text(&self) -> String {
        count_text(self.persons, self.doubtful)
    }
}

fn both<T>(birth: &PartialDate, of: impl Fn(Date) -> T) -> (T, T) {
    (of(birth.latest()), of(birth.earliest()))
}

fn count_text(persons: usize, doubtful: usize) -> String {
    if doubtful == 0 {
        format!("{persons}人")
    } else {
        format!("{persons}人（うち{doubtful}人は要確認）")
    }
}

/// Days after moving in, that day not counted (民法140条).
fn within(foresight: &Foresight, days: i64) -> Date {
    foresight.on.saturating_add(days.days())
}

/// 住民税: who lives here on 1 January pays for the fiscal year that begins in that calendar year
/// (賦課期日; residents.md §10).
pub(crate) fn tax(foresight: &Foresight) -> Option<Consequence> {
    let found = Concerned::of(foresight, |_, _| true)?;
    let first = first_new_year_from(foresight.on);
    let year = FiscalYear::of(first.saturating_add(3.months()));
    let sentence = if first <= foresight.filed_on {
        format!("{}は{}の住所の対象です。{year}の住民税から課税します", found.text(), wareki(first))
    } else {
        let now = wareki(first.saturating_sub(1.year()));
        let next = wareki(first);
        format!("{}は{now}の住所の対象ではありません。次の1月1日（{next}）から対象です", found.text())
    };
    Some(Consequence { sentence, due: None, source: "地方税法39条・318条", persons: found.persons })
}

/// The first 1 January on which somebody who moved in on this day lives here.
fn first_new_year_from(moved_on: Date) -> Date {
    let this = moved_on.first_of_year();
    if this == moved_on { this } else { this.saturating_add(1.year()) }
}

/// 国民健康保険: who has no other insurance and is under 75; filed within 14 days (GK).
pub(crate) fn health_insurance(foresight: &Foresight) -> Option<Consequence> {
    let found = Concerned::of(foresight, |_, birth| age_on(birth, foresight.on) < 75)?;
    let due = within(foresight, 14);
    let sentence = format!(
        "{}がほかの医療保険に入っていなければ、国民健康保険に加入させます。届出は{}まで",
        found.text(),
        wareki(due)
    );
    Some(Consequence {
        sentence,
        due: Some(due),
        source: "国民健康保険法7条・9条、同施行規則2条",
        persons: found.persons,
    })
}

/// 国民年金 of the ages 20 to 59, both reached on the day before the birthday; 14 days (GK).
pub(crate) fn pension(foresight: &Foresight) -> Option<Consequence> {
    // Who reached 20 or 60 between moving in and the act at the desk is concerned as well.
    let insured =
        |birth: Date| reaches_on(birth, 20) <= foresight.filed_on && foresight.on < reaches_on(birth, 60);
    let found = Concerned::of(foresight, |_, birth| insured(birth))?;
    let due = within(foresight, 14);
    let sentence =
        format!("20歳から59歳の{}の国民年金を確かめます。第1号の届出は{}まで", found.text(), wareki(due));
    Some(Consequence {
        sentence, due: Some(due), source: "国民年金法7条・12条", persons: found.persons
    })
}

/// 後期高齢者医療: from the 75th birthday itself (residents.md §5.3); 14 days (GK).
pub(crate) fn late_elderly(foresight: &Foresight) -> Option<Consequence> {
    let found = Concerned::of(foresight, |_, birth| age_on(birth, foresight.filed_on) >= 75)?;
    let due = within(foresight, 14);
    let sentence = format!(
        "75歳以上の{}を後期高齢者医療の被保険者として広域連合に送ります。届出は{}まで",
        found.text(),
        wareki(due)
    );
    Some(Consequence {
        sentence,
        due: Some(due),
        source: "高齢者の医療の確保に関する法律50条・52条・54条",
        persons: found.persons,
    })
}

/// 児童手当: to the first 31 March after reaching 18 (GK). Asked for within 15 days of the day after moving,
/// it goes on without a gap (15日特例, GK): the days count from the planned day of moving out, so the date is
/// a guide.
pub(crate) fn child_allowance(foresight: &Foresight) -> Option<Consequence> {
    let last_day = |birth: Date| FiscalYear::of(reaches_on(birth, 18)).last_day();
    let found = Concerned::of(foresight, |_, birth| foresight.on <= last_day(birth))?;
    let due = within(foresight, 15);
    let sentence = format!(
        "児童{}の児童手当の認定請求を受けます。15日特例は{}まで（要確認の目安）",
        found.text(),
        wareki(due)
    );
    Some(Consequence {
        sentence, due: Some(due), source: "児童手当法7条・8条3項", persons: found.persons
    })
}

/// 学齢簿: the children of compulsory school age on the day of the act.
pub(crate) fn school(foresight: &Foresight) -> Option<Consequence> {
    let grades: Vec<String> = foresight
        .members
        .iter()
        .filter_map(|member| {
            let (latest, earliest) = both(&member.birth, |birth| school_grade(birth, foresight.filed_on));
            let grade = latest.or(earliest)?;
            Some(if latest == earliest { grade.to_string() } else { format!("{grade}（要確認）") })
        })
        .collect();
    (!grades.is_empty()).then(|| Consequence {
        sentence: format!(
            "{}の{}人を学齢簿に載せ、就学する学校を通知します",
            grades.join("、"),
            grades.len()
        ),
        due: None,
        source: "学校教育法施行令4条・6条",
        persons: grades.len(),
    })
}

/// 予防接種 and 乳幼児健診. The last vaccination by law (HPV) is given until the end of the fiscal year in which
/// 16 is reached; health checks end before school (both GK).
pub(crate) fn health(foresight: &Foresight) -> Option<Consequence> {
    let last_day = |birth: Date| FiscalYear::of(reaches_on(birth, 16)).last_day();
    let found = Concerned::of(foresight, |_, birth| foresight.filed_on <= last_day(birth))?;
    let before_school = |birth: Date| foresight.filed_on < base::first_school_fiscal_year(birth).first_day();
    let small = Concerned::of(foresight, |_, birth| before_school(birth));
    let checks =
        small.map_or_else(String::new, |small| format!("。就学前の{}は健診も案内します", small.text()));
    Some(Consequence {
        sentence: format!("{}の予防接種の記録を引き継ぎます{checks}", found.text()),
        due: None,
        source: "予防接種法5条、母子保健法12条",
        persons: found.persons,
    })
}

/// 選挙人名簿: Japanese nationals of 18 years, three months after the 届出 (公職選挙法21条; GK). The age is
/// reached on the day before the birthday, and counts on the day on which the three months end.
pub(crate) fn election(foresight: &Foresight) -> Option<Consequence> {
    let due = foresight.filed_on.saturating_add(3.months());
    let found = Concerned::of(foresight, |member, birth| !member.foreign && reaches_on(birth, 18) <= due)?;
    let sentence = format!("{}は{}から選挙人名簿に登録できます（届出から3か月）", found.text(), wareki(due));
    Some(Consequence {
        sentence, due: Some(due), source: "公職選挙法9条・21条", persons: found.persons
    })
}

/// ごみ分別の案内, one for the household.
pub(crate) fn environment(foresight: &Foresight) -> Option<Consequence> {
    let persons = foresight.members.len();
    (persons > 0).then(|| Consequence {
        sentence: format!("{persons}人の世帯にごみの分け方と収集日の案内を送ります"),
        due: None,
        source: "廃棄物処理法6条の2",
        persons,
    })
}

#[cfg(test)]
mod tests;
