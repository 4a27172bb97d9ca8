//! 支援措置の申出: one screen; the block begins when it is sent.
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{parse_date, wareki, weekday};
use db::DbError;
use identity::Action::Read;
use identity::Purpose;
use maud::{Markup, html};
use register::{PROTECTION, ProtectedAct, ProtectionRefusal, RawParty, Resident, Wrong};
use serde::Deserialize;
use web::{Desk, PageError, Submission, View, first_result, keep_result};

use crate::PART;
use crate::form::{JOINED, OTHERS, Sent};

const HEADING: &str = "支援措置の申出";
type Fields = Vec<(String, String)>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// 宛名番号 or id of the applicant, from her record.
    person: String,
}

/// Everything that the page shows again.
#[derive(Default)]
struct Shown {
    sent: Sent,
    wrong: Vec<Wrong>,
    /// Who answers to the name in the person box.
    found: Option<Vec<Resident>>,
}

pub(crate) async fn empty(desk: Desk, Query(asked): Query<Asked>) -> Markup {
    let mut shown = Shown::default();
    shown.sent.raw.applicant.person = asked.person;
    page(&desk, &shown, &Submission::fresh())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FiledAs {
    /// The applicant was told by name, not by number.
    by_name: bool,
}

/// What the desk sees after it filed: who is responsible goes on from there.
pub(crate) async fn filed(desk: Desk, Query(filed): Query<FiledAs>) -> Markup {
    let view = View { title: "申出を受け付けました", part: PART, ..View::default() };
    desk.framed(view, |frame| {
        ui::desk_page(ui::DeskPage {
            frame,
            queue: html! {},
            main: html! {
                h1 { "申出を受け付けました" }
                @if filed.by_name {
                    p { "氏名と生年月日が同じ人の発行と照会が、すべての課で止まっています。住民票の人かどうかは、責任者が確かめます。" }
                } @else {
                    p { "いまから、すべての課の発行と照会が止まっています。" }
                }
                p { "つづきは支援措置責任者が行います。" }
                p { (ui::link("/desk", "机に戻る")) }
            },
            context: html! {},
            paper: None,
        })
    })
}

pub(crate) async fn sent(desk: Desk, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let sent = Sent::read(&fields);
    let submission = Submission::sent(&sent.submission);
    if sent.find {
        let found = find(&desk, &sent.raw.applicant.person).await?;
        let shown = Shown { sent, found: Some(found), ..Shown::default() };
        return Ok(page(&desk, &shown, &submission).into_response());
    }
    let (caller, raw, once) = (desk.caller(), sent.raw.clone(), submission.clone());
    let reads = desk.may(Read, PROTECTION);
    let by_name = raw.applicant.person.trim().is_empty();
    let stored = desk.site.inside().write(caller.actor.municipality, move |tx| {
        if let Some(location) = first_result(tx, &caller.actor, &once)? {
            return Ok(location);
        }
        let id = register::file_protection(tx, &caller, &raw)?;
        let location = if reads {
            format!("/protections/{id}")
        } else {
            format!("/protections/filed?by_name={by_name}")
        };
        let at = tx.started_at();
        keep_result(tx, &caller.actor, &once, &location, at)?;
        Ok::<_, ProtectionRefusal>(location)
    });
    match stored.await {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(ProtectionRefusal::Wrong(wrong)) => {
            let shown = Shown { sent, wrong, ..Shown::default() };
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page(&desk, &shown, &submission)).into_response())
        }
        Err(ProtectionRefusal::Db(error)) => Err(error.into()),
        Err(_) => Err(PageError::Forbidden),
    }
}

async fn find(desk: &Desk, typed: &str) -> Result<Vec<Resident>, PageError> {
    let today = desk.site.inside().clock().today();
    let Some(query) = register::Query::parse(typed, desk.site.city().id, today) else {
        return Ok(Vec::new());
    };
    let typed = typed.to_owned();
    let hits = desk
        .look(Purpose("支援措置の申出"), move |looking| register::search(looking, &typed, &query, 0));
    Ok(hits.await.map_err(|e: DbError| PageError::from(e))?.rows)
}

fn page(desk: &Desk, shown: &Shown, submission: &Submission) -> Markup {
    let items: Vec<ui::ErrorItem> = shown
        .wrong
        .iter()
        .map(|one| ui::ErrorItem { id: one.field.clone(), message: one.message.clone() })
        .collect();
    let view = View { title: HEADING, part: PART, has_errors: !items.is_empty(), ..View::default() };
    desk.framed(view, |frame| {
        ui::wizard_page(ui::WizardPage {
            frame,
            heading: HEADING,
            steps: &["申出の入力", "受け付け"].map(|label| ui::Step { label, href: None }),
            current: 0,
            errors: ui::error_summary(&items),
            form: form(desk, shown, submission),
            register: ui::panel(
                "送るとすぐに",
                html! {
                    p { "申出者と併せて支援を求める人、同じ世帯と同じ住所の人について、すべての課の発行と照会が止まります。" }
                    p { "期間は1年です。期間が過ぎても、責任者が終了するまで止まったままです。" }
                },
            ),
            preview: None,
        })
    })
}

fn form(desk: &Desk, shown: &Shown, submission: &Submission) -> Markup {
    let raw = &shown.sent.raw;
    let frame = ui::Form {
        action: "/protections",
        csrf: desk.csrf(),
        submission_id: Some(submission.as_str()),
        label: Some(HEADING),
        enter_moves: true,
        ..Default::default()
    };
    let blank = RawParty::default();
    let row = |rows: &'_ [RawParty], i: usize| rows.get(i).cloned().unwrap_or_else(|| blank.clone());
    ui::form(
        frame,
        html! {
            (applicant(shown))
            h2 { "併せて支援を求める人" }
            @for i in 0..JOINED.max(raw.joined.len()) {
                (party(&format!("joined{i}"), &format!("{}人目", i + 1), &row(&raw.joined, i), &shown.wrong, false))
            }
            h2 { "相手方" }
            @for i in 0..OTHERS.max(raw.others.len()) {
                (party(&format!("other{i}"), &format!("{}人目", i + 1), &row(&raw.others, i), &shown.wrong, true))
            }
            h2 { "申出の内容" }
            (content(desk, shown))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "申出を受け付ける", keys: Some("Ctrl Enter"), ..Default::default() },
                leave: Some(("/desk", "やめて机に戻る")),
                ..Default::default()
            }))
        },
    )
}

fn input(field: &str, text: &str, wrong: &[Wrong]) -> ui::Input {
    match wrong.iter().find(|one| one.field == field) {
        Some(one) => ui::Input::wrong(text, one.message.clone()),
        None => ui::Input::of(text),
    }
}

fn text(name: &str, label: &str, value: &str, wrong: &[Wrong], width: u8) -> Markup {
    ui::text_field(ui::TextField {
        name,
        label,
        input: &input(name, value, wrong),
        width,
        ..Default::default()
    })
}

fn applicant(shown: &Shown) -> Markup {
    let (raw, wrong) = (&shown.sent.raw.applicant, &shown.wrong);
    html! {
        h2 { "申出者" }
        (text("applicant_person", "宛名番号、または氏名・よみ", &raw.person, wrong, 24))
        p {
            (ui::button(ui::Button {
                kind: ui::Kind::Outline, label: "この人をさがす", name: Some("find"), value: Some("1"), ..Default::default()
            }))
        }
        @if let Some(found) = &shown.found { (choices(found)) }
        details open[!raw.family.is_empty() || !raw.family_kana.is_empty()] {
            summary { "住民票にない人・ほかの氏名や住所" }
            div.fd-columns {
                (text("applicant_family", "氏", &raw.family, wrong, 8))
                (text("applicant_given", "名", &raw.given, wrong, 8))
                (text("applicant_family_kana", "氏のフリガナ", &raw.family_kana, wrong, 8))
                (text("applicant_given_kana", "名のフリガナ", &raw.given_kana, wrong, 8))
                (text("applicant_common", "通称", &raw.common, wrong, 8))
                (text("applicant_birth", "生年月日", &raw.birth, wrong, 12))
            }
            (text("applicant_addresses", "住所（いくつかあるときは「、」で区切る）", &raw.addresses.join("、"), wrong, 0))
            (text("applicant_domiciles", "本籍（いくつかあるときは「、」で区切る）", &raw.domiciles.join("、"), wrong, 0))
        }
        (text("applicant_contact", "連絡先", &raw.contact, wrong, 24))
    }
}

fn choices(found: &[Resident]) -> Markup {
    let labels: Vec<(String, String)> = found
        .iter()
        .map(|one| {
            let label = format!("{}（{}）{}", one.name.whole(), one.name.whole_kana(), one.birth.text());
            (one.person_no.to_string(), label)
        })
        .collect();
    let choices: Vec<ui::Choice> =
        labels.iter().map(|(value, label)| ui::Choice { value, label, hint: None }).collect();
    html! {
        @if choices.is_empty() {
            (ui::empty_state("見つかりません。番号か、ほかのよみでもさがせます", None))
        } @else {
            (ui::radio_group(ui::RadioGroup {
                name: "applicant_choice", legend: "申出者を選ぶ", choices: &choices, ..Default::default()
            }))
        }
    }
}

fn party(at: &str, legend: &str, raw: &RawParty, wrong: &[Wrong], note: bool) -> Markup {
    let field = |name: &str, label: &str, value: &str, width: u8| {
        text(&format!("{at}_{name}"), label, value, wrong, width)
    };
    html! {
        fieldset.fd-member {
            legend.fd-member__no { (legend) }
            div.fd-member__fields {
                (field("person", "宛名番号", &raw.person, 12))
                (field("family", "氏", &raw.family, 8))
                (field("given", "名", &raw.given, 8))
                (field("family_kana", "氏のフリガナ", &raw.family_kana, 8))
                (field("given_kana", "名のフリガナ", &raw.given_kana, 8))
                (field("birth", "生年月日", &raw.birth, 12))
                @if note { (field("note", "知っていること", &raw.note, 0)) }
            }
        }
    }
}

fn content(desk: &Desk, shown: &Shown) -> Markup {
    let (raw, wrong) = (&shown.sent.raw, &shown.wrong);
    let today = desk.site.inside().clock().today();
    let day = |name: &str, label: &str, hint: Option<&'static str>, value: &str| {
        let echo = parse_date(value, today).ok().map(|day| format!("{}（{}）", wareki(day), weekday(day)));
        ui::date_field(ui::DateField {
            name,
            label,
            hint,
            input: &input(name, value, wrong),
            echo: echo.as_deref(),
            ..Default::default()
        })
    };
    html! {
        (day("starts_on", "はじまりの日", Some("空けておくと、きょうからの1年です"), &raw.starts_on))
        fieldset {
            legend { "支援を求める事務" }
            @for act in ProtectedAct::ALL {
                @let on = raw.acts.is_empty() || raw.acts.contains(&act);
                p { label { input type="checkbox" name="acts" value=(act.code()) checked[on]; " " (act.title()) } }
            }
        }
        p { label { input type="checkbox" name="provisional" value="1" checked[raw.provisional]; " 仮支援措置（意見の確認はこれから。止まり方は同じです）" } }
        div.fd-columns {
            (text("forwarded_from", "転送元の市町村（よそから転送されたとき）", &raw.forwarded_from, wrong, 12))
            (day("forwarded_on", "転送を受けた日", None, &raw.forwarded_on))
        }
    }
}
