//! The ready reports (residents §11), all with the same question: which days.
use base::Date;
use db::DbError;
use identity::log::{Choice, Line, SignIns};
use identity::{Looking, Operation, log};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::kin::{self, NearLook};
use crate::line::{self, Names, PAGE, json_of};
use crate::period::Period;
use crate::setting::Settings;
use crate::unusual::{self, Often};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Report {
    Outside,
    FailedSignIns,
    SignIns,
    ManyPersons,
    Exports,
    Refusals,
    RepeatedRefusals,
    Near,
    Numbers,
}

impl Report {
    pub(crate) const ALL: [Self; 9] = [
        Self::Outside,
        Self::ManyPersons,
        Self::Near,
        Self::Refusals,
        Self::RepeatedRefusals,
        Self::Exports,
        Self::Numbers,
        Self::FailedSignIns,
        Self::SignIns,
    ];

    /// As the address and the command name it.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Outside => "outside",
            Self::FailedSignIns => "failed_sign_ins",
            Self::SignIns => "sign_ins",
            Self::ManyPersons => "many_persons",
            Self::Exports => "exports",
            Self::Refusals => "refusals",
            Self::RepeatedRefusals => "repeated_refusals",
            Self::Near => "near",
            Self::Numbers => "numbers",
        }
    }

    pub(crate) fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|report| report.key() == key)
    }

    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Outside => "夜間・休日の利用",
            Self::FailedSignIns => "サインインの失敗",
            Self::SignIns => "職員ごとのサインイン",
            Self::ManyPersons => "多くの人を見た職員",
            Self::Exports => "人数の多い抽出",
            Self::Refusals => "お断りの記録",
            Self::RepeatedRefusals => "お断りが続いた職員",
            Self::Near => "本人・家族・近所の閲覧",
            Self::Numbers => "個人番号・住民票コードの利用",
        }
    }

    /// What stands in it, with the figures that hold now.
    pub(crate) fn rule(self, settings: &Settings) -> String {
        let Settings { office_from, office_to, persons_in_hour, persons_in_day, exported, refusals } =
            *settings;
        match self {
            Self::Outside => format!(
                "{}から{}までのほか、土曜・日曜・祝日・年末年始に行われた操作です",
                clock(office_from),
                clock(office_to)
            ),
            Self::FailedSignIns => "サインインと再確認の失敗です。入力された文字は残していません".to_owned(),
            Self::SignIns => "職員ごとの回数です".to_owned(),
            Self::ManyPersons => {
                format!("続く60分に{persons_in_hour}人、または1日に{persons_in_day}人をこえる人を見た職員です")
            }
            Self::Exports => format!("一度に{exported}人をこえる抽出です"),
            Self::Refusals => "担当外の操作や、制限のある記録を開こうとしてお断りしたものです".to_owned(),
            Self::RepeatedRefusals => format!("1日に{refusals}回以上お断りした職員です"),
            Self::Near => {
                "職員が、自分・同じ世帯・同じ住所・近所の番地の人を見たものです。住民票と結びつけた職員だけが対象です"
                    .to_owned()
            }
            Self::Numbers => "個人番号か住民票コードを読んだ、または照らし合わせた操作です".to_owned(),
        }
    }
}

fn clock(minutes: i64) -> String {
    format!("{}時{:02}分", minutes / 60, minutes % 60)
}

/// The rows of a report.
#[derive(Debug)]
pub(crate) enum Rows {
    Lines(Vec<Line>),
    Often(Vec<Often>),
    SignIns(Vec<SignIns>),
    Near(Vec<NearLook>),
}

/// A page of a report.
#[derive(Debug)]
pub(crate) struct Found {
    pub report: Report,
    pub period: Period,
    pub settings: Settings,
    pub total: i64,
    pub rows: Rows,
    pub names: Names,
    /// Days of which it is not known whether they are holidays.
    pub unknown_days: Vec<Date>,
}

/// Makes a page of a report; asking is recorded, too.
pub(crate) fn make(
    looking: &mut Looking<'_, '_>,
    report: Report,
    period: Period,
    page: i64,
) -> Result<Found, DbError> {
    looking.note(&format!("{} {}～{}", report.title(), period.from, period.to));
    let settings = Settings::read(looking.tx())?;
    let (closed, unknown_days) = unusual::closed_days(&period);
    let tx = looking.tx();
    let mut chosen = |choice| log::chosen(tx, period.span(), choice, line::page(page)).map(lines);
    let (total, rows) = match report {
        Report::FailedSignIns => chosen(Choice::Of(Operation::SignInFailed))?,
        Report::Refusals => chosen(Choice::Of(Operation::Refused))?,
        Report::Exports => chosen(Choice::ExportsOf(settings.exported + 1))?,
        Report::Numbers => chosen(Choice::TouchingNumbers)?,
        Report::Outside => {
            let hours = (settings.office_from, settings.office_to);
            lines(log::outside_hours(tx, period.span(), hours, &closed, 0, line::page(page))?)
        }
        Report::ManyPersons => {
            let (total, rows) = slice(unusual::many_persons(tx, &period, &settings)?, page);
            (total, Rows::Often(rows))
        }
        Report::RepeatedRefusals => {
            let (total, rows) = slice(unusual::repeated_refusals(tx, &period, settings.refusals)?, page);
            (total, Rows::Often(rows))
        }
        Report::SignIns => {
            let (total, rows) = slice(log::sign_ins(tx, period.span())?, page);
            (total, Rows::SignIns(rows))
        }
        Report::Near => {
            let (total, rows) = slice(kin::looks(looking, &period)?, page);
            (total, Rows::Near(rows))
        }
    };
    let names = names(looking, &rows)?;
    let unknown_days = if report == Report::Outside { unknown_days } else { Vec::new() };
    Ok(Found { report, period, settings, total, rows, names, unknown_days })
}

fn lines((total, lines): (i64, Vec<Line>)) -> (i64, Rows) {
    (total, Rows::Lines(lines))
}

fn slice<T>(all: Vec<T>, page: i64) -> (i64, Vec<T>) {
    let total = i64::try_from(all.len()).expect("a list in memory is shorter than 2^63");
    let size = usize::try_from(PAGE).expect("a page is short");
    let skipped = size * usize::try_from(page).unwrap_or_default();
    (total, all.into_iter().skip(skipped).take(size).collect())
}

fn names(looking: &mut Looking<'_, '_>, rows: &Rows) -> Result<Names, DbError> {
    match rows {
        Rows::Lines(lines) => Names::of_lines(looking.tx(), lines),
        Rows::Often(rows) => Names::of(looking.tx(), rows.iter().map(|row| row.account)),
        Rows::SignIns(rows) => Names::of(looking.tx(), rows.iter().map(|row| row.account)),
        Rows::Near(looks) => {
            let lines: Vec<Line> = looks.iter().map(|look| look.line.clone()).collect();
            Names::of_lines(looking.tx(), &lines)
        }
    }
}

impl Found {
    pub(crate) fn json(&self) -> Value {
        let rows: Vec<Value> = match &self.rows {
            Rows::Lines(lines) => lines.iter().map(|line| json_of(line, &self.names)).collect(),
            Rows::Often(rows) => rows
                .iter()
                .map(|row| {
                    json!({
                        "clerk": self.names.clerk(row.account), "day": row.day.to_string(),
                        "count": row.count, "in_hour": row.in_hour,
                    })
                })
                .collect(),
            Rows::SignIns(rows) => rows
                .iter()
                .map(|row| {
                    json!({
                        "clerk": self.names.clerk(row.account), "sign_ins": row.done, "failures": row.failed,
                        "last": row.last_at.map(line::moment_with_seconds),
                    })
                })
                .collect(),
            Rows::Near(looks) => looks
                .iter()
                .map(|look| {
                    let mut row = json_of(&look.line, &self.names);
                    row["nearness"] = json!(look.nearness.title());
                    row["person"] = json!(look.resident.person);
                    row["name"] = json!(look.resident.name.whole());
                    row
                })
                .collect(),
        };
        let unknown: Vec<String> = self.unknown_days.iter().map(ToString::to_string).collect();
        json!({
            "report": self.report.key(), "title": self.report.title(), "rule": self.report.rule(&self.settings),
            "from": self.period.from.to_string(), "to": self.period.to.to_string(), "total": self.total, "rows": rows,
            "unknown_days": unknown,
        })
    }
}
