//! 本人開示 as a form, a sheet of paper and a command.
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{PersonId, wareki};
use db::DbError;
use identity::Action::Create;
use identity::Purpose;
use maud::{Markup, html};
use register::Resident;
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused, Submission, first_result, keep_result};

use crate::disclosure::{DOCUMENTS, Disclosure, DisclosureId, Request, hand_out, sheet};
use crate::layout::{Listing, PART, listed, main_act, moment, refusal};
use crate::period::Period;
use crate::person_page::{Asked, candidates_page};
use crate::refusal::Refusal;
use crate::{DISCLOSURE, line};

const PURPOSE: Purpose = Purpose("閲覧の記録の本人開示");

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    submission_id: String,
    from: String,
    to: String,
    document: String,
    is_the_person: String,
}

/// Whose log is asked for: the counter's own way in, without the log itself.
pub(crate) async fn search(desk: Desk, Query(asked): Query<Asked>) -> Result<Markup, PageError> {
    let to = |person: PersonId| format!("/oversight/persons/{person}/disclosures");
    candidates_page(&desk, &asked.q, "閲覧の記録の本人開示", "/oversight/disclosures", to).await
}

pub(crate) async fn form(
    desk: Desk,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let sent = Sent { from: asked.from, to: asked.to, ..Sent::default() };
    form_page(&desk, person, &sent, None).await
}

async fn form_page(desk: &Desk, id: PersonId, sent: &Sent, wrong: Option<&str>) -> Result<Markup, PageError> {
    let found: Result<Vec<Resident>, DbError> =
        desk.look(PURPOSE, move |looking| register::present(looking, &[id])).await;
    let resident = found?.pop().ok_or(PageError::NotFound)?;
    let once = Submission::sent(&sent.submission_id);
    let action = format!("/oversight/persons/{id}/disclosures");
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        submission_id: Some(once.as_str()),
        label: Some("本人開示"),
        ..Default::default()
    };
    let choices = DOCUMENTS.map(|one| ui::Choice { value: one, label: one, hint: None });
    let date = |name, label, text: &str| {
        let input = ui::Input::of(text);
        ui::date_field(ui::DateField { name, label, input: &input, ..Default::default() })
    };
    let heading = format!("{}さんの閲覧の記録をご本人に渡す", resident.name.whole());
    Ok(listed(
        desk,
        Listing {
            heading: &heading,
            acts: ui::back_link("/oversight/disclosures", "ほかの人をさがす"),
            filter: html! {
                (refusal(wrong))
                p { (ui::kana(&resident.name.whole_kana())) "　" (resident.birth.text()) "生まれ" }
                p { "日時・課・操作・目的だけの用紙です。職員の名前はのりません。ご本人だけにお渡しします。" }
            },
            list: ui::form(
                frame,
                html! {
                    (date("from", "はじめの日（空なら先月）", &sent.from))
                    (date("to", "おわりの日", &sent.to))
                    (ui::select_field(ui::SelectField {
                        name: "document", label: "本人確認に使った書類", choices: &choices,
                        placeholder: Some("選んでください"), input: &ui::Input::of(sent.document.as_str()),
                        ..Default::default()
                    }))
                    div.fd-option {
                        input type="checkbox" id="is_the_person" name="is_the_person" value="1" checked[sent.is_the_person == "1"];
                        label for="is_the_person" { "窓口に来た人が、ご本人であることを確かめました" }
                    }
                    (main_act("用紙を作る"))
                },
            ),
            pages: html! {},
        },
    ))
}

pub(crate) async fn hand_out_sent(
    desk: Desk,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let once = Submission::sent(&sent.submission_id);
    let period = Period::read(&sent.from, &sent.to, desk.site.inside().clock().today());
    let (caller, at) = (desk.caller(), desk.site.inside().clock().now());
    let request = period.map(|period| Request {
        person,
        period,
        document: sent.document.clone(),
        is_the_person: sent.is_the_person == "1",
    });
    let done = match request {
        Err(refusal) => Err(refusal),
        Ok(request) => {
            let act = move |tx: &mut db::Tx<'_>| {
                if let Some(location) = first_result(tx, &caller.actor, &once)? {
                    return Ok(location);
                }
                let location = format!("/oversight/disclosures/{}", hand_out(tx, &caller, &request)?);
                keep_result(tx, &caller.actor, &once, &location, at)?;
                Ok::<_, Refusal>(location)
            };
            desk.site.inside().write(desk.site.city().id, act).await
        }
    };
    match done {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(wrong) => {
            let page = form_page(&desk, person, &sent, Some(&wrong.sentence()?)).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

pub(crate) async fn show(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: DisclosureId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = desk.look(PURPOSE, move |looking| sheet(looking, id));
    match found.await {
        Ok(found) => Ok(paper(&desk, &found)),
        Err(Refusal::Db(error)) => Err(error.into()),
        Err(_) => Err(PageError::NotFound),
    }
}

fn paper(desk: &Desk, found: &Disclosure) -> Markup {
    let city = desk.site.city();
    let handed = format!("{} 現在", moment(found.handed_at));
    let period = found.period.to_string();
    let number = format!("番号 {}", found.id);
    let heading = "あなたの記録を見た課のお知らせ";
    ui::print_page(ui::PrintPage {
        page: ui::Page {
            title: heading,
            part: PART,
            city: &city.name,
            bands: desk.site.bands(),
            ..Default::default()
        },
        heading,
        head: &[&city.name, &handed],
        body: html! {
            table.fd-paper {
                caption.fd-hidden { "ご本人" }
                tbody {
                    tr { th scope="row" { "氏名" } td { (ui::name(&found.resident.name.family, &found.resident.name.given)) } }
                    tr { th scope="row" { "期間" } td { (period) } }
                    tr { th scope="row" { "件数" } td { (found.lines.len()) "件" } }
                }
            }
            table.fd-paper {
                caption.fd-hidden { "見た記録" }
                thead { tr { th scope="col" { "日時" } th scope="col" { "課" } th scope="col" { "操作" } th scope="col" { "目的" } } }
                tbody {
                    @for line in &found.lines {
                        tr {
                            td { (wareki(line.at.date())) "　" (clock(line.at)) }
                            td { (found.names.section(&line.section)) }
                            td { (line::operation_title(line)) }
                            td { (line.purpose) }
                        }
                    }
                }
            }
            p.fd-paper__statement { "市の記録のうち、あなたの住民票などを見た操作のすべてです。わからないことは、監査委員事務局におたずねください。" }
            p.fd-paper__authority { (city.prefecture) (city.name) "長　" (city.mayor) }
        },
        foot: &[&format!("{}で本人を確認", found.document), &number],
        bar: html! {
            (ui::back_link("/oversight/disclosures", "本人開示に戻る"))
            button.dads-button type="button" data-type="solid-fill" data-print hidden { "この用紙を印刷する" }
        },
    })
}

fn clock(at: base::At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{hour}時{minute:02}分")
}

/// A request at the counter.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The person's id.
    person: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
    /// 本人確認書類: マイナンバーカード, 運転免許証, パスポート, 在留カード, そのほかの2点.
    document: String,
    /// The clerk made sure that the one who asks is the person.
    #[serde(default)]
    is_the_person: bool,
}

pub(crate) const COMMAND: Command = Command {
    name: "oversight.disclose",
    title: "閲覧の記録を本人に開示する",
    need: (Create, DISCLOSURE),
    schema: || schema_for!(Input),
    run: |call| Box::pin(command(call)) as Answer,
};

async fn command(call: Call) -> Result<Value, Refused> {
    let input: Input = call.read()?;
    let period = Period::read(&input.from, &input.to, call.site.inside().clock().today())?;
    let person: PersonId =
        input.person.parse().map_err(|_| Refused::Input("person の形が違います".to_owned()))?;
    let request = Request { person, period, document: input.document, is_the_person: input.is_the_person };
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| hand_out(tx, &caller, &request);
    let id = call.site.inside().write(call.site.city().id, act).await?;
    let found = call.look(PURPOSE, move |looking| sheet(looking, id)).await?;
    let rows: Vec<Value> = found
        .lines
        .iter()
        .map(|one| {
            json!({
                "at": line::moment_with_seconds(one.at), "section": found.names.section(&one.section),
                "operation": line::operation_title(one), "purpose": one.purpose,
            })
        })
        .collect();
    Ok(json!({ "disclosure": found.id, "name": found.resident.name.whole(), "rows": rows }))
}
