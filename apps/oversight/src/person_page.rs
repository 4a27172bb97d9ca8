//! 「だれが見たか」: the rows about one person, and the file that proves them.
use axum::extract::{Path, Query};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use base::PersonId;
use db::DbError;
use identity::Action::{Create, Export, List};
use identity::Purpose;
use maud::{Markup, html};
use register::Resident;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused};

use crate::layout::{Listing, line_table, listed, pages, period_bar, refusal};
use crate::line::{PAGE, json_of};
use crate::period::Period;
use crate::person::person_log as read_log;
use crate::person::{PersonLog, file_name, find, proof};
use crate::refusal::Refusal;
use crate::{DISCLOSURE, LOG};

const PURPOSE: Purpose = Purpose("閲覧の記録の調べ");
const PROOF: Purpose = Purpose("閲覧の記録の証明");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    pub q: String,
    pub from: String,
    pub to: String,
    pub page: i64,
}

/// Who is it about: one box.
pub(crate) async fn search(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let to = |person: PersonId| format!("/oversight/persons/{person}");
    candidates_page(&desk, &asked.q, "だれが見たかを調べる", "/oversight/persons", to).await
}

/// The persons who fit what was typed, each leading to `to`.
pub(crate) async fn candidates_page(
    desk: &Desk,
    typed: &str,
    heading: &str,
    action: &str,
    to: impl Fn(PersonId) -> String,
) -> Result<Markup, PageError> {
    let typed = typed.trim().to_owned();
    let found = if typed.is_empty() {
        Vec::new()
    } else {
        let typed = typed.clone();
        desk.look::<_, DbError, _>(PURPOSE, move |looking| find(looking, &typed)).await?
    };
    let empty = if typed.is_empty() {
        "氏名・よみ・宛名番号でさがせます".to_owned()
    } else {
        format!("「{typed}」に合う人はいません。よみの一部でもさがせます")
    };
    let count = if typed.is_empty() { String::new() } else { format!("{}人", found.len()) };
    Ok(listed(
        desk,
        Listing {
            heading,
            acts: html! { @if desk.may(List, LOG) { (ui::back_link("/oversight", "監査に戻る")) } },
            filter: ui::filter_bar(ui::FilterBar {
                action,
                body: html! {
                    label for="q" { "氏名・よみ・宛名番号" }
                    input.fd-input #q type="text" name="q" value=(typed) autocomplete="off" spellcheck="false" data-width="24";
                },
                found: &count,
                label: "人",
            }),
            list: candidates(&found, &empty, to),
            pages: html! {},
        },
    ))
}

fn candidates(found: &[Resident], empty: &str, to: impl Fn(PersonId) -> String) -> Markup {
    let columns = [
        ui::Column { label: "氏名", width: ui::Width::Name, sort: None },
        ui::Column { label: "フリガナ", width: ui::Width::Kana, sort: None },
        ui::Column { label: "生年月日", width: ui::Width::Address, sort: None },
        ui::Column { label: "宛名番号", width: ui::Width::Number, sort: None },
    ];
    let row = |resident: &Resident| {
        let cells = vec![
            ui::name_link(&to(resident.person), &resident.name.family, &resident.name.given),
            ui::kana(&resident.name.whole_kana()),
            html! { (resident.birth.text()) },
            ui::number(&resident.person_no.to_string()),
        ];
        ui::Row { cells, selected: false }
    };
    let rows: Vec<ui::Row> = found.iter().map(row).collect();
    ui::table(ui::Table { caption: "見つかった人", columns: &columns, rows: &rows, empty, keys: true })
}

pub(crate) async fn person_log(
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let id: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    page(&desk, id, &asked, None).await
}

/// The page, with the sentence of a refused act.
pub(crate) async fn page(
    desk: &Desk,
    id: PersonId,
    asked: &Asked,
    wrong: Option<String>,
) -> Result<Markup, PageError> {
    let today = desk.site.inside().clock().today();
    let page = asked.page.clamp(1, 2000);
    let (period, wrong) = match Period::read(&asked.from, &asked.to, today) {
        Ok(period) => (period, wrong),
        Err(refusal) => (Period::last_month(today), Some(refusal.sentence()?)),
    };
    let found = desk.look(PURPOSE, move |looking| read_log(looking, id, &period, (page - 1, PAGE))).await;
    let found = found.map_err(page_error)?;
    Ok(markup(desk, &found, &period, page, wrong.as_deref()))
}

fn page_error(refusal: Refusal) -> PageError {
    match refusal {
        Refusal::Db(error) => error.into(),
        Refusal::Rule(_) | Refusal::Unknown => PageError::NotFound,
    }
}

fn markup(desk: &Desk, found: &PersonLog, period: &Period, page: i64, wrong: Option<&str>) -> Markup {
    let resident = &found.resident;
    let path = format!("/oversight/persons/{}", resident.person);
    let heading = format!("{}さんを見た記録", resident.name.whole());
    let count = format!("{}件", found.ids.len());
    let total = i64::try_from(found.ids.len()).unwrap_or(i64::MAX);
    listed(
        desk,
        Listing {
            heading: &heading,
            acts: html! {
                (ui::back_link("/oversight/persons", "ほかの人を調べる"))
                @if desk.may(Export, LOG) {
                    (ui::link(&format!("{path}/proof?{}", period.query()), "証明つきのファイル"))
                }
                @if desk.may(Create, DISCLOSURE) {
                    (ui::link(&format!("{path}/disclosures?{}", period.query()), "ご本人に渡す"))
                }
            },
            filter: html! {
                (refusal(wrong))
                p {
                    (ui::kana(&resident.name.whole_kana())) "　宛名番号 " (ui::number(&resident.person_no.to_string()))
                }
                (period_bar(&path, period, &count))
            },
            list: html! {
                (line_table("見た記録", &found.lines, &found.names, "この期間に見た記録はありません"))
                @if desk.may(Export, LOG) {
                    p {
                        "証明つきのファイルは、ふじだなを使わずに "
                        code { "tools/verify-log ファイル名" }
                        " で確かめられます。最後の1時間ほどの記録は、署名のあとで入ります。"
                    }
                }
            },
            pages: pages(total, page, &format!("{path}?{}&page=", period.query()), "件"),
        },
    )
}

/// The file: JSON Lines.
pub(crate) async fn proof_file(
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let id: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let today = desk.site.inside().clock().today();
    let period = Period::read(&asked.from, &asked.to, today).map_err(page_error)?;
    let city = desk.site.city().name.clone();
    let made = desk.look(PROOF, move |looking| proof(looking, &city, id, &period)).await;
    let made = match made {
        Ok(made) => made,
        Err(Refusal::Rule(sentence)) => {
            return Ok(page(&desk, id, &asked, Some(sentence)).await?.into_response());
        }
        Err(refusal) => return Err(page_error(refusal)),
    };
    let lines: Vec<String> = made.lines.iter().map(ToString::to_string).collect();
    let headers = [
        (CONTENT_TYPE, "application/jsonl; charset=utf-8".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file_name(id, today))),
    ];
    Ok((headers, lines.join("\n") + "\n").into_response())
}

/// Whose log, and which days.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Question {
    /// The person's id, 宛名番号, name or reading. When several persons fit, they are the answer.
    q: String,
    /// Days, in any form; both empty: last month.
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// From 1, 500 rows each.
    #[serde(default)]
    page: i64,
}

/// Rows of one answer of the command.
const ANSWER: i64 = 500;

pub(crate) const WHO_LOOKED: Command = Command {
    name: "oversight.who_looked",
    title: "ある人を見た記録を調べる",
    need: (List, LOG),
    schema: || schema_for!(Question),
    run: |call| Box::pin(who_looked(call)) as Answer,
};

pub(crate) const MAKE_PROOF: Command = Command {
    name: "oversight.proof",
    title: "ある人を見た記録の証明つきのファイルを作る",
    need: (Export, LOG),
    schema: || schema_for!(Question),
    run: |call| Box::pin(make_proof(call)) as Answer,
};

async fn who_looked(call: Call) -> Result<Value, Refused> {
    let question: Question = call.read()?;
    let period = Period::read(&question.from, &question.to, call.site.inside().clock().today())?;
    let page = question.page.max(1) - 1;
    let found = call.look(PURPOSE, move |looking| {
        let found = find(looking, &question.q)?;
        match found.as_slice() {
            [one] => read_log(looking, one.person, &period, (page, ANSWER)).map(Ok),
            _ => Ok(Err(several(&found))),
        }
    });
    let found = match found.await? {
        Ok(found) => found,
        Err(several) => return Ok(several),
    };
    let rows: Vec<Value> = found.lines.iter().map(|line| json_of(line, &found.names)).collect();
    Ok(json!({
        "person": found.resident.person, "name": found.resident.name.whole(),
        "from": period.from.to_string(), "to": period.to.to_string(),
        "total": found.ids.len(), "rows": rows,
    }))
}

fn several(found: &[Resident]) -> Value {
    let persons: Vec<Value> = found
        .iter()
        .map(|one| json!({ "person": one.person, "name": one.name.whole(), "birth": one.birth.text() }))
        .collect();
    json!({ "persons": persons })
}

async fn make_proof(call: Call) -> Result<Value, Refused> {
    let question: Question = call.read()?;
    let period = Period::read(&question.from, &question.to, call.site.inside().clock().today())?;
    let city = call.site.city().name.clone();
    let made = call.look(PROOF, move |looking| {
        let found = find(looking, &question.q)?;
        let [one] = found.as_slice() else {
            return Err(Refusal::of("1人に決まりません。宛名番号で指定できます"));
        };
        proof(looking, &city, one.person, &period)
    });
    let made = made.await?;
    Ok(json!({
        "records": made.records, "left_out": made.left_out, "lines": made.lines, "checked_by": "tools/verify-log FILE",
    }))
}
