//! The inexact forms of [STD] 1.1.8 (不詳日入力一覧), read and written back in the standard's own spelling.
//!
//! 頃 and 推定 do not widen the span: how far off they may be is nowhere defined, so it is not invented.
use jiff::civil::date;

use crate::date_scan::{Count, Scan, counted_year, small};
use crate::date_text::western_year;
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
    let mut scan = Scan::without_spaces(text);
    if ["年月日不詳", "生年月日不詳", "不詳"].contains(&scan.rest().as_str()) {
        return Ok(unknown(today));
    }
    let from = first_point(&mut scan)?;
    let (mut earliest, mut latest) = from.span()?;
    if scan.is_done() {
        let kind = from.kind.ok_or(DateDoubt::Unreadable)?;
        return Ok(PartialDate::new(from.text, kind, earliest, latest));
    }
    if !scan.eat("から") {
        return Err(DateDoubt::Unreadable);
    }
    let until = next_point(&mut scan, &from).ok_or(DateDoubt::Unreadable)?;
    if !(scan.eat("まで") && (scan.eat("の間") || scan.is_done()) && scan.is_done()) {
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
    let whole = scan.rest();
    let end = whole.split("まで").next().unwrap_or_default();
    if end.contains('年') {
        return first_point(scan).ok();
    }
    let month = from.month.filter(|_| !end.contains('月'));
    let mut point = Point { era: from.era, year: from.year, month, ..Point::default() };
    eat_estimated(scan, &mut point);
    if !eat_month_and_day(scan, &mut point, false) {
        return None;
    }
    eat_marks(scan, &mut point);
    Some(point)
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

/// 春, 上旬, 月日不詳, 日不詳, then 頃.
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
    } else if point.month.is_none() && scan.eat("月日不詳") {
        point.kind = Some(DateKind::MonthUnknown);
        point.text.push_str(" 月日不詳");
    } else if point.month.is_some() && point.day.is_none() && scan.eat("日不詳") {
        point.kind = Some(DateKind::DayUnknown);
        point.text.push_str(" 日不詳");
    }
    if scan.eat_any(&["頃", "ごろ", "ころ"]).is_some() {
        point.kind = point.kind.or(Some(DateKind::About));
        point.text.push('頃');
    }
}

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
            let era = self.era.map_or("この暦", |era| era.name);
            DateDoubt::Impossible(format!("{}は{era}にありません。年号を確かめると直せます", self.text))
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
            ("平成35年頃", "平成35年頃は平成にありません。年号を確かめると直せます"),
            ("明治3年頃", "明治3年頃は明治にありません。年号を確かめると直せます"),
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
