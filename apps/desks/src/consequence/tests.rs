//! Every office as a table: birth, day of moving, day of filing → sentence, last day.
use super::*;
use crate::office::by_key;

fn date(text: &str) -> Date {
    text.parse().expect("a day")
}

fn foresight(births: &[&str], foreign: bool, moved_on: &str, filed_on: &str) -> Foresight {
    let (on, filed_on) = (date(moved_on), date(filed_on));
    let member = |birth: &&str| Member {
        person: None,
        birth: PartialDate::parse(birth, filed_on).expect("a birth date"),
        head: false,
        foreign,
        resident_since: on,
    };
    Foresight { kind: "register.moved_in", on, filed_on, members: births.iter().map(member).collect() }
}

type Line<'a> = (&'a str, &'a str, &'a str, Option<(&'a str, Option<&'a str>)>);

#[track_caller]
fn check(office: &str, table: &[Line<'_>]) {
    let consequence = by_key(office).expect("an office").consequence;
    for (birth, moved_on, filed_on, expect) in table {
        let found = consequence(&foresight(&[birth], false, moved_on, filed_on));
        let about = format!("{office}: born {birth}, moved {moved_on}, filed {filed_on}: {found:?}");
        let due = found.as_ref().map(|found| found.due);
        assert_eq!(due, expect.map(|(_, due)| due.map(date)), "{about}");
        let part = expect.map_or("", |(part, _)| part);
        assert!(found.is_none_or(|found| found.sentence.contains(part) && found.persons == 1), "{about}");
    }
}

#[test]
fn tax_asks_where_one_lives_on_the_first_of_january() {
    check(
        "tax",
        &[
            (
                "1990-05-05",
                "2026-11-20",
                "2026-11-24",
                Some(("令和8年1月1日の住所の対象ではありません", None)),
            ),
            (
                "1990-05-05",
                "2026-11-20",
                "2026-11-24",
                Some(("次の1月1日（令和9年1月1日）から対象です", None)),
            ),
            (
                "1990-05-05",
                "2026-12-20",
                "2027-01-08",
                Some(("令和9年1月1日の住所の対象です。令和9年度の住民税から", None)),
            ),
            ("1990-05-05", "2027-01-01", "2027-01-08", Some(("令和9年1月1日の住所の対象です", None))),
            ("1990-05-05", "2027-01-02", "2027-01-08", Some(("次の1月1日（令和10年1月1日）から", None))),
            // Two years late: the first of the years counts.
            (
                "1990-05-05",
                "2024-11-20",
                "2026-11-24",
                Some(("令和7年1月1日の住所の対象です。令和7年度", None)),
            ),
        ],
    );
}

#[test]
fn health_insurance_ends_at_the_seventy_fifth_birthday() {
    check(
        "health_insurance",
        &[
            (
                "1990-05-05",
                "2026-11-20",
                "2026-11-24",
                Some(("1人がほかの医療保険に入っていなければ", Some("2026-12-04"))),
            ),
            (
                "1951-11-21",
                "2026-11-20",
                "2026-11-24",
                Some(("届出は令和8年12月4日まで", Some("2026-12-04"))),
            ),
            ("1951-11-20", "2026-11-20", "2026-11-24", None),
            (
                "昭和26年月日不詳",
                "2026-11-20",
                "2026-11-24",
                Some(("1人（うち1人は要確認）が", Some("2026-12-04"))),
            ),
        ],
    );
}

#[test]
fn late_elderly_begins_on_the_seventy_fifth_birthday_itself() {
    check(
        "late_elderly",
        &[
            ("1951-11-25", "2026-11-20", "2026-11-24", None),
            (
                "1951-11-24",
                "2026-11-20",
                "2026-11-24",
                Some(("75歳以上の1人を後期高齢者医療", Some("2026-12-04"))),
            ),
            ("昭和26年月日不詳", "2026-11-20", "2026-11-24", Some(("うち1人は要確認", Some("2026-12-04")))),
        ],
    );
}

#[test]
fn pension_goes_from_the_day_before_twenty_to_the_day_before_sixty() {
    check(
        "pension",
        &[
            (
                "2006-11-25",
                "2026-11-20",
                "2026-11-24",
                Some(("20歳から59歳の1人の国民年金", Some("2026-12-04"))),
            ),
            ("2006-11-26", "2026-11-20", "2026-11-24", None),
            ("1966-11-22", "2026-11-20", "2026-11-24", Some(("12月4日まで", Some("2026-12-04")))),
            ("1966-11-21", "2026-11-20", "2026-11-24", None),
        ],
    );
}

#[test]
fn child_allowance_ends_in_the_march_after_eighteen() {
    check(
        "child_allowance",
        &[
            (
                "2008-04-01",
                "2026-03-31",
                "2026-04-06",
                Some(("15日特例は令和8年4月15日まで（要確認の目安）", Some("2026-04-15"))),
            ),
            ("2008-04-01", "2026-04-01", "2026-04-06", None),
            ("2008-04-02", "2026-11-20", "2026-11-24", Some(("児童1人の児童手当", Some("2026-12-05")))),
            ("1990-05-05", "2026-11-20", "2026-11-24", None),
        ],
    );
}

#[test]
fn the_school_register_holds_compulsory_ages() {
    check(
        "school",
        &[
            ("2018-04-01", "2026-11-20", "2026-11-24", Some(("小学3年の1人を学齢簿に載せ", None))),
            ("2020-04-02", "2027-03-28", "2027-03-31", None),
            // Filed after the school year began: the child is a pupil now.
            ("2020-04-02", "2027-03-28", "2027-04-05", Some(("小学1年の1人", None))),
            ("2011-04-01", "2026-11-20", "2026-11-24", None),
            ("平成30年月日不詳", "2026-11-20", "2026-11-24", Some(("小学2年（要確認）の1人", None))),
        ],
    );
}

#[test]
fn health_takes_over_children_until_the_last_vaccination() {
    check(
        "health",
        &[
            (
                "2023-06-01",
                "2026-11-20",
                "2026-11-24",
                Some(("1人の予防接種の記録を引き継ぎます。就学前の1人は健診も", None)),
            ),
            ("2015-06-01", "2026-11-20", "2026-11-24", Some(("予防接種の記録を引き継ぎます", None))),
            ("2010-04-02", "2026-11-20", "2026-11-24", Some(("1人の予防接種", None))),
            ("2010-04-01", "2026-11-20", "2026-11-24", None),
        ],
    );
}

#[test]
fn voters_are_listed_three_months_after_the_notice() {
    check(
        "election",
        &[
            (
                "1990-05-05",
                "2026-11-20",
                "2026-11-24",
                Some(("令和9年2月24日から選挙人名簿に", Some("2027-02-24"))),
            ),
            ("1990-05-05", "2026-11-20", "2026-11-30", Some(("届出から3か月", Some("2027-02-28")))),
            // 18 is reached on the day before the birthday, and in time for the list.
            ("2009-02-25", "2026-11-20", "2026-11-24", Some(("1人は", Some("2027-02-24")))),
            ("2009-02-26", "2026-11-20", "2026-11-24", None),
        ],
    );
    let foreign = foresight(&["1990-05-05"], true, "2026-11-20", "2026-11-24");
    assert_eq!(election(&foreign), None, "nationals only");
}

#[test]
fn every_household_is_told_how_to_sort_waste() {
    check(
        "environment",
        &[("1990-05-05", "2026-11-20", "2026-11-24", Some(("1人の世帯にごみの分け方", None)))],
    );
}

#[test]
fn a_family_is_counted_in_one_sentence() {
    let family = foresight(
        &["1984-02-03", "1986-07-10", "2016-05-05", "2018-09-09"],
        false,
        "2026-11-20",
        "2026-11-24",
    );
    let told: Vec<(&str, usize)> = crate::office::OFFICES
        .iter()
        .filter_map(|office| (office.consequence)(&family).map(|found| (office.key, found.persons)))
        .collect();
    let expect = [
        ("tax", 4),
        ("health_insurance", 4),
        ("pension", 2),
        ("child_allowance", 2),
        ("school", 2),
        ("health", 2),
        ("election", 2),
        ("environment", 4),
    ];
    assert_eq!(told, expect);
    assert!(school(&family).is_some_and(|found| found.sentence.starts_with("小学4年、小学2年の2人を")));
}
