//! The inexact forms of [STD] 1.1.8 (不詳日入力一覧), read and written back in the standard's own spelling.
//!
//! 頃 and 推定 do not widen the span: how far off they may be is nowhere defined, so it is not invented.
use jiff::civil::date;

use crate::date_scan::{Count, Scan, counted_year, small};
use crate::date_text::{before_calendar, western_year};
use crate::era::FIRST_DAY;
use crate::partial_date::{unknown, within};
use crate::{Date, DateDoubt, DateKind, Era, PartialDate};

/// One end of an inexact date: as much as was written.
#[derive(Debug, Clone, Default)]
struct Point {
    era: Option<&'static Era>,
    /// Calendar year.
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
    /// The kind that its marks say; `None` for a plain date.
    kind: Option<DateKind>,
    /// First and last month of a season, or first and last day of ten days.
    part: Option<(i8, i8)>,
    text: String,
}

/// Words that name a part: of the year by its months, of the month by its days (31 = to the end).
/// 冬 is at both ends of a year, so all that is known is the year.
const SEASONS: [(&str, (i8, i8)); 4] = [("春", (3, 5)), ("夏", (6, 8)), ("秋", (9, 11)), ("冬", (1, 12))];
const TENS: [(&str, (i8, i8)); 3] = [("上旬", (1, 10)), ("中旬", (11, 20)), ("下旬", (21, 31))];

pub(crate) fn read(text: &str, today: Date) -> Result<PartialDate, DateDoubt> {
    read_in(&mut Scan::without_spaces(text), today)
}

/// The letter, counted from 1, at which a text stops to be an inexact date.
pub(crate) fn unread_from(text: &str, today: Date) -> usize {
    let mut scan = Scan::without_spaces(text);
    drop(read_in(&mut scan, today));
    scan.place_among_spaces(text)
}

fn read_in(scan: &mut Scan, today: Date) -> Result<PartialDate, DateDoubt> {
    scan.eat("生");
    let nothing = ["年月日不詳", "年月日不明", "不詳", "不明"];
    if nothing.contains(&scan.rest().as_str()) {
        return Ok(unknown(today));
    }
    if let Some(era) = only_era(scan) {
        let span = within(Some(era), (FIRST_DAY.min(today), today));
        let (earliest, latest) = span.ok_or(DateDoubt::Unreadable)?;
        return Ok(PartialDate::new(format!("{}年月日不詳", era.name), DateKind::Unknown, earliest, latest));
    }
    let from = first_point(scan)?;
    let (mut earliest, mut latest) = from.span()?;
    if scan.is_done() {
        let kind = from.kind.ok_or(DateDoubt::Unreadable)?;
        return Ok(PartialDate::new(from.text, kind, earliest, latest));
    }
    let dash = scan.eat("~");
    if !dash && !scan.eat("から") {
        return Err(DateDoubt::Unreadable);
    }
    let until = next_point(scan, &from).ok_or(DateDoubt::Unreadable)?;
    let ended = scan.eat_any(&["までの間", "まで", "の間"]).is_some() || dash;
    if !(ended && scan.is_done()) {
        return Err(DateDoubt::Unreadable);
    }
    latest = latest.max(until.span()?.1);
    earliest = earliest.min(until.span()?.0);
    if earliest != from.span()?.0 {
        return Err(DateDoubt::Impossible(format!("{}より{}が前の日です", from.text, until.text)));
    }
    let text = format!("{}から{}までの間", from.text, until.text);
    Ok(PartialDate::new(text, DateKind::Between, earliest, latest))
}

/// 「昭和年月日不詳」: of the year only its era is known.
fn only_era(scan: &mut Scan) -> Option<&'static Era> {
    let mut ahead = scan.ahead();
    let Count::Era(era) = ahead.count() else { return None };
    ahead.eat_any(&["年月日不詳", "年月日不明", "不詳年月日", "年不詳", "年不明", "不詳", "不明"])?;
    if !ahead.is_done() {
        return None;
    }
    *scan = ahead;
    Some(era)
}

/// `[推定] era year [month [推定] [day]]` and its marks.
fn first_point(scan: &mut Scan) -> Result<Point, DateDoubt> {
    let mut point = Point::default();
    eat_estimated(scan, &mut point);
    let count = scan.count();
    let typed = scan.number().ok_or(DateDoubt::Unreadable)?;
    let (count, year) = counted_year(count, typed).ok_or(DateDoubt::Unreadable)?;
    match count {
        Count::Era(era) => {
            point.era = Some(era);
            point.year = western_year(era, year)?;
            point.text.push_str(&era.year_text(year));
        }
        Count::Western => {
            point.year = year;
            point.text.push_str(&format!("{year}年"));
        }
        Count::Unsaid => {
            return Err(DateDoubt::Impossible(format!(
                "「{year}年」の前に年号が要ります。例：昭和{year}年頃"
            )));
        }
    }
    let parted = scan.eat("年") || scan.eat_any(&[".", "/", "-"]).is_some();
    if parted && !eat_month_and_day(scan, &mut point, true) {
        return Err(DateDoubt::Unreadable);
    }
    eat_marks(scan, &mut point);
    Ok(point)
}

/// What follows から: the parts that it leaves out are those of the beginning.
fn next_point(scan: &mut Scan, from: &Point) -> Option<Point> {
    if says_year(scan) {
        return first_point(scan).ok();
    }
    let mut point = Point { era: from.era, year: from.year, ..Point::default() };
    eat_estimated(scan, &mut point);
    let same_month = scan.eat("同月");
    if !same_month {
        scan.eat("同年");
    }
    let whole = scan.rest();
    let end = whole.split("まで").next().unwrap_or_default();
    point.month = from.month.filter(|_| same_month || !end.contains('月'));
    if !eat_month_and_day(scan, &mut point, false) {
        return None;
    }
    eat_marks(scan, &mut point);
    Some(point)
}

/// Whether an era or a western year comes next, perhaps after 推定.
fn says_year(scan: &Scan) -> bool {
    let mut ahead = scan.ahead();
    ahead.eat("推定");
    !matches!(ahead.count(), Count::Unsaid) || ahead.number().is_some_and(|year| year.digits == 4)
}

fn eat_estimated(scan: &mut Scan, point: &mut Point) {
    if scan.eat("推定") {
        point.kind = Some(DateKind::Estimated);
        point.text.push_str("推定");
    }
}

/// `[month] [推定] [day]`; false when numbers are left over or too long. `short`: 3.2 without 月 and 日.
fn eat_month_and_day(scan: &mut Scan, point: &mut Point, short: bool) -> bool {
    for _ in 0..2 {
        eat_estimated(scan, point);
        let Some(number) = scan.number() else { return true };
        if number.digits > 2 {
            return false;
        }
        let value = small(number.value);
        let parted = short && point.month.is_none() && scan.eat_any(&[".", "/", "-"]).is_some();
        let is_month = parted || (point.month.is_none() && scan.eat("月"));
        // 「20年3頃」: a bare number is the next part in turn.
        let bare = !is_month && !scan.eat("日");
        if bare && !short {
            return false;
        }
        if is_month || (bare && point.month.is_none()) {
            point.month = Some(value);
            point.text.push_str(&format!("{value}月"));
        } else if point.month.is_some() {
            point.day = Some(value);
            point.text.push_str(&format!("{value}日"));
            return true;
        } else {
            return false;
        }
    }
    true
}

/// 春, 上旬, 月日不詳, 日不詳, then 頃 and 推定.
fn eat_marks(scan: &mut Scan, point: &mut Point) {
    let (words, kind): (&[_], _) = match (point.month, point.day) {
        (None, _) => (&SEASONS, DateKind::Season),
        (Some(_), None) => (&TENS, DateKind::TenDays),
        (Some(_), Some(_)) => (&[], DateKind::Exact),
    };
    if let Some((word, part)) = words.iter().find(|(word, _)| scan.eat(word)) {
        point.part = Some(*part);
        point.kind = Some(kind);
        point.text.push_str(word);
    } else if point.month.is_some() && point.day.is_none() && scan.eat("初旬") {
        point.part = Some(TENS[0].1);
        point.kind = Some(kind);
        point.text.push_str(TENS[0].0);
    } else if point.month.is_none() && scan.eat_any(&MONTH_UNKNOWN).is_some() {
        point.kind = Some(DateKind::MonthUnknown);
        point.text.push_str(" 月日不詳");
    } else if point.month.is_some() && point.day.is_none() && scan.eat_any(&DAY_UNKNOWN).is_some() {
        point.kind = Some(DateKind::DayUnknown);
        point.text.push_str(" 日不詳");
    }
    if scan.eat_any(&["頃", "ごろ", "ころ"]).is_some() {
        point.kind = point.kind.or(Some(DateKind::About));
        point.text.push('頃');
    }
    if scan.eat("推定") && !point.text.contains("推定") {
        point.kind = point.kind.filter(|kind| *kind != DateKind::About).or(Some(DateKind::Estimated));
        point.text.insert_str(0, "推定");
    }
}

const MONTH_UNKNOWN: [&str; 8] =
    ["月日不詳", "月日不明", "不詳月不詳日", "月不詳日不詳", "月不詳", "月不明", "不詳", "不明"];
const DAY_UNKNOWN: [&str; 5] = ["日不詳", "日不明", "不詳日", "不詳", "不明"];

impl Point {
    /// First and last day that it can be, as far as its era reaches.
    fn span(&self) -> Result<(Date, Date), DateDoubt> {
        let no_month = || DateDoubt::Impossible(format!("{}月はありません", self.month.unwrap_or_default()));
        let span = match (self.month, self.part) {
            (None, None) => (date(self.year, 1, 1), date(self.year, 12, 31)),
            (None, Some((first, last))) => {
                (date(self.year, first, 1), date(self.year, last, 1).last_of_month())
            }
            (Some(month), part) => {
                let start = Date::new(self.year, month, 1).map_err(|_| no_month())?;
                let end = start.last_of_month();
                match (self.day, part) {
                    (Some(day), _) => self.day_span(start, day)?,
                    (None, Some((first, last))) => {
                        (date(self.year, month, first), date(self.year, month, last.min(end.day())))
                    }
                    (None, None) => (start, end),
                }
            }
        };
        within(self.era, span).ok_or_else(|| {
            if span.1 < FIRST_DAY {
                return before_calendar();
            }
            let era = self.era.map_or("この暦", |era| era.name);
            let right = crate::wareki_year(span.0);
            DateDoubt::Impossible(format!(
                "{}は{era}にありません。西暦{}年は{right}です",
                self.text, self.year
            ))
        })
    }
    /// A day that its month lacks lies around the end of the month.
    fn day_span(&self, start: Date, day: i8) -> Result<(Date, Date), DateDoubt> {
        let end = start.last_of_month();
        if let Ok(day) = Date::new(start.year(), start.month(), day) {
            return Ok((day, day));
        }
        if (29..=31).contains(&day) {
            return Ok((end, end.tomorrow().unwrap_or(end)));
        }
        Err(DateDoubt::Impossible(format!("{}月{day}日はありません", start.month())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TODAY: Date = date(2026, 11, 24);

    /// Text typed, text kept, kind, earliest, latest.
    type Case = (&'static str, &'static str, &'static str, (i16, i8, i8), (i16, i8, i8));

    fn check(cases: &[Case]) {
        for (typed, text, kind, earliest, latest) in cases {
            let read = PartialDate::parse(typed, TODAY).unwrap_or_else(|doubt| panic!("{typed}: {doubt}"));
            let days = [earliest, latest].map(|(year, month, day)| date(*year, *month, *day));
            assert_eq!((read.text(), read.kind().code()), (*text, *kind), "{typed}");
            assert_eq!([read.earliest(), read.latest()], days, "{typed}");
            let again =
                PartialDate::from_stored(read.text(), read.kind().code(), read.earliest(), read.latest());
            assert_eq!(again.as_ref(), Some(&read));
            assert_eq!(PartialDate::parse(read.text(), TODAY).as_ref(), Ok(&read), "its own text");
            let json = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<PartialDate>(&json).unwrap(), read);
        }
    }

    #[test]
    fn exact_and_impossible_days() {
        check(&[
            ("S40.3.2", "昭和40年3月2日", "exact", (1965, 3, 2), (1965, 3, 2)),
            ("1965-03-02", "昭和40年3月2日", "exact", (1965, 3, 2), (1965, 3, 2)),
            ("大正15.12.25", "大正15年12月25日", "exact", (1926, 12, 25), (1926, 12, 25)),
            ("明治45.7.30", "明治45年7月30日", "exact", (1912, 7, 30), (1912, 7, 30)),
            ("平成15年2月29日", "平成15年2月29日", "impossible", (2003, 2, 28), (2003, 3, 1)),
            ("4150229", "平成15年2月29日", "impossible", (2003, 2, 28), (2003, 3, 1)),
            ("昭和20年2月30日", "昭和20年2月30日", "impossible", (1945, 2, 28), (1945, 3, 1)),
            ("H15.4.31", "平成15年4月31日", "impossible", (2003, 4, 30), (2003, 5, 1)),
            ("1990年2月29日", "1990年2月29日", "impossible", (1990, 2, 28), (1990, 3, 1)),
        ]);
    }

    #[test]
    fn forms_of_the_standard() {
        check(&[
            ("令和2年頃", "令和2年頃", "about", (2020, 1, 1), (2020, 12, 31)),
            ("令和２年２月頃", "令和2年2月頃", "about", (2020, 2, 1), (2020, 2, 29)),
            ("令和2年2月3日頃", "令和2年2月3日頃", "about", (2020, 2, 3), (2020, 2, 3)),
            ("推定令和2年2月3日", "推定令和2年2月3日", "estimated", (2020, 2, 3), (2020, 2, 3)),
            ("推定令和2年2月", "推定令和2年2月", "estimated", (2020, 2, 1), (2020, 2, 29)),
            ("令和2年春", "令和2年春", "season", (2020, 3, 1), (2020, 5, 31)),
            ("令和2年2月上旬", "令和2年2月上旬", "ten_days", (2020, 2, 1), (2020, 2, 10)),
            ("令和2年2月中旬頃", "令和2年2月中旬頃", "ten_days", (2020, 2, 11), (2020, 2, 20)),
            ("令和2年2月下旬", "令和2年2月下旬", "ten_days", (2020, 2, 21), (2020, 2, 29)),
            ("年月日不詳", "年月日不詳", "unknown", (1873, 1, 1), (2026, 11, 24)),
            ("生年月日不詳", "年月日不詳", "unknown", (1873, 1, 1), (2026, 11, 24)),
            ("昭和20年 月日不詳", "昭和20年 月日不詳", "month_unknown", (1945, 1, 1), (1945, 12, 31)),
            ("昭和20年3月　日不詳", "昭和20年3月 日不詳", "day_unknown", (1945, 3, 1), (1945, 3, 31)),
            (
                "令和2年2月3日から3月4日頃までの間",
                "令和2年2月3日から3月4日頃までの間",
                "between",
                (2020, 2, 3),
                (2020, 3, 4),
            ),
            (
                "令和2年2月推定3日から5日までの間",
                "令和2年2月推定3日から5日までの間",
                "between",
                (2020, 2, 3),
                (2020, 2, 5),
            ),
            (
                "令和2年2月3日頃から5日頃までの間",
                "令和2年2月3日頃から5日頃までの間",
                "between",
                (2020, 2, 3),
                (2020, 2, 5),
            ),
            (
                "令和2年2月3日から推定令和2年3月4日までの間",
                "令和2年2月3日から推定令和2年3月4日までの間",
                "between",
                (2020, 2, 3),
                (2020, 3, 4),
            ),
            (
                "平成31年4月1日から令和元年6月2日頃までの間",
                "平成31年4月1日から令和元年6月2日頃までの間",
                "between",
                (2019, 4, 1),
                (2019, 6, 2),
            ),
        ]);
    }

    #[test]
    fn typed_in_other_ways() {
        check(&[
            ("S20頃", "昭和20年頃", "about", (1945, 1, 1), (1945, 12, 31)),
            ("S20.3頃", "昭和20年3月頃", "about", (1945, 3, 1), (1945, 3, 31)),
            ("Ｓ２０．３．４ごろ", "昭和20年3月4日頃", "about", (1945, 3, 4), (1945, 3, 4)),
            ("昭和二十年三月頃", "昭和20年3月頃", "about", (1945, 3, 1), (1945, 3, 31)),
            ("1990年頃", "1990年頃", "about", (1990, 1, 1), (1990, 12, 31)),
            ("2020年2月初旬", "2020年2月上旬", "ten_days", (2020, 2, 1), (2020, 2, 10)),
            ("令和2年2月3日（推定）", "推定令和2年2月3日", "estimated", (2020, 2, 3), (2020, 2, 3)),
            ("令和2年2月頃推定", "推定令和2年2月頃", "estimated", (2020, 2, 1), (2020, 2, 29)),
            ("昭和20年不詳", "昭和20年 月日不詳", "month_unknown", (1945, 1, 1), (1945, 12, 31)),
            ("昭和20年(月日不明)", "昭和20年 月日不詳", "month_unknown", (1945, 1, 1), (1945, 12, 31)),
            ("昭和二十年不詳月不詳日", "昭和20年 月日不詳", "month_unknown", (1945, 1, 1), (1945, 12, 31)),
            ("S20.3.不詳", "昭和20年3月 日不詳", "day_unknown", (1945, 3, 1), (1945, 3, 31)),
            ("昭和20年3月不詳日", "昭和20年3月 日不詳", "day_unknown", (1945, 3, 1), (1945, 3, 31)),
            ("㍼年月日不詳", "昭和年月日不詳", "unknown", (1926, 12, 25), (1989, 1, 7)),
            ("令和不詳", "令和年月日不詳", "unknown", (2019, 5, 1), (2026, 11, 24)),
            ("不明", "年月日不詳", "unknown", (1873, 1, 1), (2026, 11, 24)),
            (
                "令和2年2月3日頃から同月5日頃までの間",
                "令和2年2月3日頃から5日頃までの間",
                "between",
                (2020, 2, 3),
                (2020, 2, 5),
            ),
            (
                "R2.2.3から同年3月4日まで",
                "令和2年2月3日から3月4日までの間",
                "between",
                (2020, 2, 3),
                (2020, 3, 4),
            ),
            (
                "H31.4.1〜R1.6.2",
                "平成31年4月1日から令和元年6月2日までの間",
                "between",
                (2019, 4, 1),
                (2019, 6, 2),
            ),
            (
                "2020-02-03～2020-02-05",
                "2020年2月3日から2020年2月5日までの間",
                "between",
                (2020, 2, 3),
                (2020, 2, 5),
            ),
            ("令和元年 月日不詳", "令和元年 月日不詳", "month_unknown", (2019, 5, 1), (2019, 12, 31)),
            ("昭和64年 月日不詳", "昭和64年 月日不詳", "month_unknown", (1989, 1, 1), (1989, 1, 7)),
            ("大正15年12月 日不詳", "大正15年12月 日不詳", "day_unknown", (1926, 12, 1), (1926, 12, 25)),
        ]);
    }

    #[test]
    fn doubts() {
        for (text, sentence) in [
            ("", "日付を入力してください"),
            ("昭和20年", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
            ("昭和20年3月", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
            ("昭和20年から", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
            ("昭和20年3月4日頃の朝", "例：昭和40年3月2日、S40.3.2、1965/3/2"),
            ("昭和20年13月頃", "13月はありません"),
            ("昭和20年3月32日頃", "3月32日はありません"),
            ("20年頃", "「20年」の前に年号が要ります。例：昭和20年頃"),
            ("平成35年頃", "平成35年頃は平成にありません。西暦2023年は令和5年です"),
            ("明治3年頃", "明治5年までは旧暦です。明治6年1月1日から入力できます"),
            ("昭和64年2月30日", "2月30日はありません"),
            ("平成15年2月32日", "2月32日はありません"),
            ("平成31年5月1日", "この日は令和元年5月1日です。令和で続けますか"),
            ("令和2年3月3日から2月4日までの間", "令和2年3月3日より2月4日が前の日です"),
        ] {
            let doubt = PartialDate::parse(text, TODAY).expect_err(text);
            assert_eq!(doubt.to_string(), sentence, "{text}");
        }
    }

    #[test]
    fn stored_columns_must_agree() {
        let (one, two) = (date(2020, 1, 1), date(2020, 1, 2));
        for (text, kind, earliest, latest, good) in [
            ("令和2年1月1日", "exact", one, one, true),
            ("令和2年1月1日", "exact", one, two, false),
            ("令和2年1月上旬", "ten_days", two, one, false),
            ("", "exact", one, one, false),
            ("令和2年1月1日", "sometime", one, one, false),
        ] {
            assert_eq!(
                PartialDate::from_stored(text, kind, earliest, latest).is_some(),
                good,
                "{text} {kind}"
            );
        }
    }

    #[test]
    fn order_and_exactness() {
        let exact = PartialDate::exact(date(1945, 1, 1));
        let unknown = PartialDate::parse("昭和20年 月日不詳", TODAY).unwrap();
        assert_eq!((exact.as_exact(), unknown.as_exact()), (Some(date(1945, 1, 1)), None));
        assert_eq!(unknown.sort_date(), date(1945, 1, 1));
        assert_eq!(exact.text(), "昭和20年1月1日");
    }

    proptest! {
        #[test]
        fn any_text(text in any::<String>()) {
            let _ = PartialDate::parse(&text, TODAY);
        }

        #[test]
        fn what_is_read_is_read_again_from_its_text(
            text in "(推定)?(昭和|令和|平成|S|R|1|19)?[元0-9]{1,4}[年.]?([0-9]{1,2}[月.]?)?(推定)?([0-9]{1,2}日?)?(頃|春|上旬|日不詳|月日不詳)?(から[0-9月日年推定頃]{1,8}まで(の間)?)?"
        ) {
            for today in [TODAY, Date::MIN, Date::MAX] {
                if let Ok(read) = PartialDate::parse(&text, today) {
                    prop_assert!(read.earliest() <= read.latest());
                    prop_assert_eq!(PartialDate::parse(read.text(), today), Ok(read));
                }
            }
        }
    }
}
