//! What begins or ends by age: the table of residents.md §5.3, as dated data.
use jiff::civil::date;

use crate::{Date, FiscalYear, age_on, first_school_fiscal_year, reaches_on};

/// A right or duty that depends on age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AgeRule {
    /// 就学, the first day (学校教育法 17).
    SchoolEntry,
    /// 介護保険 第2号被保険者, acquired (介護保険法 9).
    CareInsuranceSecond,
    /// 介護保険 第1号被保険者, acquired; the premium is due from the month of this day.
    CareInsuranceFirst,
    /// 後期高齢者医療, acquired: the 75th birthday itself.
    LaterElderlyCare,
    /// 国民年金, acquired (国民年金法 8).
    PensionFrom,
    /// 国民年金, lost (国民年金法 9).
    PensionUntil,
    /// 高齢受給者証, valid from.
    ElderlyCard,
    /// 選挙権 (公職選挙法 9). The list also needs three months in the register.
    Vote,
    /// 児童手当, the last day.
    ChildAllowanceUntil,
    /// 印鑑登録, possible from.
    SealRegistration,
    /// 成年 (民法 4).
    Majority,
}

/// How the day follows from the age.
#[derive(Clone, Copy)]
enum Falls {
    /// The day before the birthday, at whose end the age is reached.
    Reached,
    /// The birthday; born on 29 February: the day after 28 February.
    Birthday,
    /// The first day of the month after the one in which the age is reached: after the birthday's month, or the
    /// same month when the birthday is on the 1st.
    NextMonth,
    /// 1 April of the first school year.
    SchoolStart,
    /// The first 31 March from the day on which the age is reached.
    FiscalYearEnd,
}

struct Row {
    rule: AgeRule,
    /// The first day of the law that says so; `None`: older than any use of this table.
    since: Option<Date>,
    age: i32,
    falls: Falls,
}

const fn row(rule: AgeRule, since: Option<Date>, age: i32, falls: Falls) -> Row {
    Row { rule, since, age, falls }
}

/// Newest first within a rule. Sources: residents.md §5.3. The older ages are those of 民法, 公職選挙法 (平成27年法律
/// 43号) and 児童手当法 (令和6年法律47号) before their amendments.
const TABLE: [Row; 14] = [
    row(AgeRule::SchoolEntry, None, 6, Falls::SchoolStart),
    row(AgeRule::CareInsuranceSecond, None, 40, Falls::Reached),
    row(AgeRule::CareInsuranceFirst, None, 65, Falls::Reached),
    row(AgeRule::LaterElderlyCare, None, 75, Falls::Birthday),
    row(AgeRule::PensionFrom, None, 20, Falls::Reached),
    row(AgeRule::PensionUntil, None, 60, Falls::Reached),
    row(AgeRule::ElderlyCard, None, 70, Falls::NextMonth),
    row(AgeRule::Vote, Some(date(2016, 6, 19)), 18, Falls::Reached),
    row(AgeRule::Vote, None, 20, Falls::Reached),
    row(AgeRule::ChildAllowanceUntil, Some(date(2024, 10, 1)), 18, Falls::FiscalYearEnd),
    row(AgeRule::ChildAllowanceUntil, None, 15, Falls::FiscalYearEnd),
    row(AgeRule::SealRegistration, None, 15, Falls::Reached),
    row(AgeRule::Majority, Some(date(2022, 4, 1)), 18, Falls::Reached),
    row(AgeRule::Majority, None, 20, Falls::Reached),
];

impl AgeRule {
    /// The day for somebody born on `birth`, by the law in force on `law_on`.
    ///
    /// An amendment does not reach back: who was 18 or 19 on 1 April 2022 came of age on that day.
    pub fn day(self, birth: Date, law_on: Date) -> Date {
        let mut until: Option<Date> = None;
        for row in self.rows(law_on) {
            let day = row.day(birth);
            let day = until.map_or(day, |next| day.min(next));
            match row.since {
                Some(since) if day < since => until = Some(since),
                _ => return day,
            }
        }
        unreachable!("the oldest row of a rule is undated")
    }
    /// The age that the law in force on `law_on` names.
    pub fn age(self, law_on: Date) -> i32 {
        self.rows(law_on).next().expect("the oldest row of a rule is undated").age
    }
    fn rows(self, law_on: Date) -> impl Iterator<Item = &'static Row> {
        TABLE.iter().filter(move |row| row.rule == self && row.since.is_none_or(|since| since <= law_on))
    }
}

impl Row {
    fn day(&self, birth: Date) -> Date {
        let reached = reaches_on(birth, self.age);
        match self.falls {
            Falls::Reached => reached,
            Falls::Birthday => reached.tomorrow().unwrap_or(reached),
            Falls::NextMonth => {
                let month_end = reached.last_of_month();
                month_end.tomorrow().unwrap_or(month_end)
            }
            Falls::SchoolStart => first_school_fiscal_year(birth).first_day(),
            Falls::FiscalYearEnd => FiscalYear::of(reached).last_day(),
        }
    }
}

/// 個人番号カード: to the tenth birthday after the issue, to the fifth for who was under age then.
pub fn card_valid_until(birth: Date, issued: Date) -> Date {
    let adult = age_on(birth, issued) >= AgeRule::Majority.age(issued);
    birthday_after(birth, issued, if adult { 10 } else { 5 })
}

/// 電子証明書: to the fifth birthday after the issue.
pub fn certificates_valid_until(birth: Date, issued: Date) -> Date {
    birthday_after(birth, issued, 5)
}

/// The `count`-th birthday after a day. For validity, who was born on 29 February has it on 28 February.
fn birthday_after(birth: Date, day: Date, count: i16) -> Date {
    let (month, of_month) = match (birth.month(), birth.day()) {
        (2, 29) => (2, 28),
        other => other,
    };
    let had = (month, of_month) <= (day.month(), day.day());
    date(day.year() + count - i16::from(!had), month, of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Date = date(2026, 11, 24);
    type Day = (i32, i32, i32);

    fn plain(day: Date) -> Day {
        (day.year().into(), day.month().into(), day.day().into())
    }

    fn leap(year: i32) -> bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// The day before the birthday, by counting on fingers instead of a calendar.
    fn eve((year, month, day): Day, age: i32) -> Day {
        let year = year + age;
        match (month, day) {
            (2, 29) => (year, 2, 28),
            (1, 1) => (year - 1, 12, 31),
            (3, 1) => (year, 2, 28 + i32::from(leap(year))),
            (5 | 7 | 10 | 12, 1) => (year, month - 1, 30),
            (_, 1) => (year, month - 1, 31),
            _ => (year, month, day - 1),
        }
    }

    /// What the table of residents.md §5.3 says in words, from year, month and day alone.
    fn expected(rule: AgeRule, birth: Day) -> Day {
        let (year, month, day) = birth;
        let late = (month, day) >= (4, 2);
        match rule {
            AgeRule::SchoolEntry => (year + if late { 7 } else { 6 }, 4, 1),
            AgeRule::CareInsuranceSecond => eve(birth, 40),
            AgeRule::CareInsuranceFirst => eve(birth, 65),
            AgeRule::LaterElderlyCare if (month, day) == (2, 29) && !leap(year + 75) => (year + 75, 3, 1),
            AgeRule::LaterElderlyCare => (year + 75, month, day),
            AgeRule::PensionFrom => eve(birth, 20),
            AgeRule::PensionUntil => eve(birth, 60),
            AgeRule::ElderlyCard if day == 1 => (year + 70, month, 1),
            AgeRule::ElderlyCard if month == 12 => (year + 71, 1, 1),
            AgeRule::ElderlyCard => (year + 70, month + 1, 1),
            AgeRule::SealRegistration => eve(birth, 15),
            AgeRule::Vote if eve(birth, 20) < (2016, 6, 19) => eve(birth, 20),
            AgeRule::Vote => eve(birth, 18).max((2016, 6, 19)),
            AgeRule::Majority if eve(birth, 20) < (2022, 4, 1) => eve(birth, 20),
            AgeRule::Majority => eve(birth, 18).max((2022, 4, 1)),
            // Who was 15 to 18 in autumn 2024 got it again; who was older did not.
            AgeRule::ChildAllowanceUntil => {
                let end = |age: i32| (year + age + i32::from(late), 3, 31);
                if end(18) < (2024, 10, 1) { end(15) } else { end(18) }
            }
        }
    }

    const ALL: [AgeRule; 11] = [
        AgeRule::SchoolEntry,
        AgeRule::CareInsuranceSecond,
        AgeRule::CareInsuranceFirst,
        AgeRule::LaterElderlyCare,
        AgeRule::PensionFrom,
        AgeRule::PensionUntil,
        AgeRule::ElderlyCard,
        AgeRule::Vote,
        AgeRule::ChildAllowanceUntil,
        AgeRule::SealRegistration,
        AgeRule::Majority,
    ];

    #[test]
    fn every_birthday_through_the_table() {
        let mut birth = date(1900, 1, 1);
        let mut seen = 0;
        while birth <= date(2030, 12, 31) {
            for rule in ALL {
                assert_eq!(plain(rule.day(birth, NOW)), expected(rule, plain(birth)), "{rule:?} {birth}");
            }
            seen += 1;
            birth = birth.tomorrow().unwrap();
        }
        assert_eq!(seen, 47_847);
    }

    #[test]
    fn days_of_the_notices() {
        for (rule, birth, law_on, day) in [
            (AgeRule::SchoolEntry, date(2018, 4, 1), NOW, date(2024, 4, 1)),
            (AgeRule::SchoolEntry, date(2018, 4, 2), NOW, date(2025, 4, 1)),
            (AgeRule::CareInsuranceFirst, date(1950, 9, 1), NOW, date(2015, 8, 31)),
            (AgeRule::LaterElderlyCare, date(1950, 9, 1), NOW, date(2025, 9, 1)),
            (AgeRule::LaterElderlyCare, date(1948, 2, 29), NOW, date(2023, 3, 1)),
            (AgeRule::PensionFrom, date(2006, 4, 1), NOW, date(2026, 3, 31)),
            (AgeRule::PensionFrom, date(2006, 4, 2), NOW, date(2026, 4, 1)),
            (AgeRule::ElderlyCard, date(1956, 11, 1), NOW, date(2026, 11, 1)),
            (AgeRule::ElderlyCard, date(1956, 11, 2), NOW, date(2026, 12, 1)),
            (AgeRule::Majority, date(2003, 6, 1), NOW, date(2022, 4, 1)),
            (AgeRule::Majority, date(2003, 6, 1), date(2022, 3, 31), date(2023, 5, 31)),
            (AgeRule::Majority, date(2002, 4, 1), NOW, date(2022, 3, 31)),
            (AgeRule::Majority, date(2008, 11, 25), NOW, NOW),
            (AgeRule::ChildAllowanceUntil, date(2008, 4, 1), NOW, date(2026, 3, 31)),
            (AgeRule::ChildAllowanceUntil, date(2008, 4, 2), NOW, date(2027, 3, 31)),
            (AgeRule::ChildAllowanceUntil, date(2008, 4, 2), date(2024, 9, 30), date(2024, 3, 31)),
        ] {
            assert_eq!(rule.day(birth, law_on), day, "{rule:?} {birth} {law_on}");
        }
    }

    #[test]
    fn every_card() {
        let mut birth = date(1900, 1, 1);
        while birth <= date(2030, 12, 31) {
            let born = plain(birth);
            let birthday = if (born.1, born.2) == (2, 29) { (2, 28) } else { (born.1, born.2) };
            for issued in [date(2022, 3, 31), date(2022, 4, 1), date(2024, 2, 28), date(2024, 2, 29), NOW] {
                let day = plain(issued);
                let after = |count: i32| {
                    let birthdays = (day.0..).map(|year| (year, birthday.0, birthday.1));
                    birthdays.filter(|one| *one > day).nth(count as usize - 1).unwrap()
                };
                let majority = if issued < date(2022, 4, 1) { 20 } else { 18 };
                let adult = (born.0 + majority, born.1, born.2) <= day;
                let valid = after(if adult { 10 } else { 5 });
                assert_eq!(plain(card_valid_until(birth, issued)), valid, "{birth} {issued}");
                assert_eq!(plain(certificates_valid_until(birth, issued)), after(5), "{birth} {issued}");
            }
            birth = birth.tomorrow().unwrap();
        }
    }
}
