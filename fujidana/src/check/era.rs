//! `check era`: a date a line, in 和暦 or western years (residents.md §5.1, §5.2): `date` is the day, `wareki` its text;
//! 頃, 不詳, 春 and the like are `inexact` and have `earliest` and `latest` instead of a day.
use std::io;

use base::{Clock, Date, DateDoubt, PartialDate, wareki, wareki_year};
use serde::Serialize;

use super::Report;
use super::line::{self, Verdict};

#[derive(Serialize, Default)]
struct Answer {
    date: Option<String>,
    wareki: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inexact: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    earliest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    latest: Option<String>,
}

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    // 年月日不詳 reaches to today.
    let today = Clock::system().today();
    let columns = ["日付", "年月日", "生年月日", "date"];
    line::each(content, &columns, report, |text| judge(text, today))
}

fn judge(text: &str, today: Date) -> Verdict<Answer> {
    let read = PartialDate::parse_record(text, today).map(|read| answer(&read));
    read.map_err(|doubt| reason(&doubt, text, today)).into()
}

fn answer(read: &PartialDate) -> Answer {
    let wareki = Some(read.text().to_owned());
    match read.as_exact() {
        Some(day) => Answer { date: Some(day.to_string()), wareki, ..Answer::default() },
        None => Answer {
            date: None,
            wareki,
            inexact: Some(true),
            earliest: Some(read.earliest().to_string()),
            latest: Some(read.latest().to_string()),
        },
    }
}

fn reason(doubt: &DateDoubt, text: &str, today: Date) -> String {
    match doubt {
        DateDoubt::OtherEra { understood } => {
            let right = wareki(*understood);
            format!("その年号は終わっています。この日は{right}です。{right}と書き直してください")
        }
        DateDoubt::WhichEra(days) => {
            let choices: Vec<String> = days.iter().map(|day| wareki(*day)).collect();
            format!("1文字目に年号がありません。{}のどれかを書いてください", choices.join("、"))
        }
        DateDoubt::Impossible(sentence) => {
            ended_year(text.trim(), today).unwrap_or_else(|| format!("{sentence}。書き直してください"))
        }
        DateDoubt::Empty | DateDoubt::Unreadable => unreadable(text, today),
    }
}

/// Eras of the old calendar that living registers still name.
const OLD: [&str; 6] = ["慶応", "元治", "文久", "万延", "安政", "嘉永"];

fn unreadable(text: &str, today: Date) -> String {
    let value = text.trim();
    if OLD.iter().any(|era| value.starts_with(era)) {
        return "明治5年までは旧暦です。明治6年1月1日から読めます。西暦の日に直してから書いてください"
            .to_owned();
    }
    let place = PartialDate::unread_from(text, today);
    if place > text.trim_end().chars().count() {
        return format!(
            "{place}文字目で途切れています。年、月、日をすべて書いてください。わからないところは「昭和20年 月日不詳」「昭和20年3月 日不詳」のように書きます"
        );
    }
    format!(
        "{place}文字目からが日付として読めません。令和8年11月24日、R8.11.24、2026-11-24 のように書いてください"
    )
}

/// A year whose era had ended, without month and day: 平成35年.
fn ended_year(value: &str, today: Date) -> Option<String> {
    let year = value.strip_suffix('年').unwrap_or(value);
    match PartialDate::parse_record(&format!("{year}年1月1日"), today) {
        Err(DateDoubt::OtherEra { understood }) => {
            let right = wareki_year(understood);
            Some(format!("その年号は終わっています。この年は{right}です。{right}の月と日まで書いてください"))
        }
        _ => None,
    }
}
