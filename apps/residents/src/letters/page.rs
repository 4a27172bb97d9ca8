//! お知らせをまとめて作る: the form, the progress, the files for the printer.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use identity::Action::{Create, Read};
use identity::Purpose;
use maud::{Markup, html};
use register::PROTECTION;
use web::{Desk, PageError, Submission, View, first_result, keep_result};

use super::batch::{self, Batch, NotMade, Part, Progress, RawBatch, Wrong};
use super::{BatchId, LETTERS};
use crate::{PART, person};

const HEADING: &str = "お知らせの手紙";

pub(crate) async fn list(desk: Desk) -> Result<Markup, PageError> {
    list_page(&desk, &RawBatch::default(), &[], &Submission::fresh()).await
}

async fn list_page(
    desk: &Desk,
    raw: &RawBatch,
    wrong: &[Wrong],
    submission: &Submission,
) -> Result<Markup, PageError> {
    let batches: Vec<Batch> = desk.site.inside().read(desk.site.city().id, batch::latest).await?;
    let items: Vec<ui::ErrorItem> = wrong
        .iter()
        .map(|(field, message)| ui::ErrorItem { id: (*field).to_owned(), message: message.clone() })
        .collect();
    let view = View { title: HEADING, part: PART, has_errors: !items.is_empty(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: HEADING,
            filter: html! { (ui::error_summary(&items)) },
            list: html! {
                @if desk.may(Create, LETTERS) { (ui::panel("新しく作る", form(desk, raw, wrong, submission))) }
                (ui::panel("これまでのお知らせ", made(&batches)))
            },
            ..Default::default()
        })
    }))
}

fn made(batches: &[Batch]) -> Markup {
    html! {
        @if batches.is_empty() { p { "まだありません" } }
        ul {
            @for one in batches {
                li { (ui::link(&format!("/letters/{}", one.id), &one.title)) "　" (state(one)) "　" (one.by) }
            }
        }
    }
}

fn state(batch: &Batch) -> &'static str {
    match batch.state.as_str() {
        "done" => "できました",
        "stopped" => "止まっています",
        _ => "作っています",
    }
}

fn form(desk: &Desk, raw: &RawBatch, wrong: &[Wrong], submission: &Submission) -> Markup {
    let input = |name: &str, text: &str| match wrong.iter().find(|(field, _)| *field == name) {
        Some((_, message)) => ui::Input::wrong(text, message.clone()),
        None => ui::Input::of(text),
    };
    let field =
        |name: &'static str, label: &'static str, hint: Option<&'static str>, text: &str, width: u8| {
            let input = input(name, text);
            ui::text_field(ui::TextField { name, label, hint, input: &input, width, ..Default::default() })
        };
    let area = |name: &'static str, label: &'static str, hint: &'static str, text: &str| {
        let error = wrong.iter().find(|(field, _)| *field == name).map(|(_, message)| message);
        html! {
            div.fd-field data-error[error.is_some()] {
                label.fd-field__label for=(name) { (label) }
                p.fd-field__hint id={ (name) "-hint" } { (hint) }
                @if let Some(error) = error {
                    p.fd-field__error id={ (name) "-error" } { span.fd-hidden { "エラー：" } (error) }
                }
                div.fd-field__control {
                    textarea.fd-input id=(name) name=(name) rows="5" aria-describedby={ (name) "-hint" } { (text) }
                }
            }
        }
    };
    let frame = ui::Form {
        action: "/letters",
        csrf: desk.csrf(),
        submission_id: Some(submission.as_str()),
        label: Some(HEADING),
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            (field("title", "件名", None, &raw.title, 24))
            (area("body", "本文", "1行が1つの段落になります", &raw.body))
            (field("contact", "問い合わせ先", Some("例：市民課　0274-00-0000"), &raw.contact, 24))
            (area("persons", "宛先の宛名番号", "空白か改行で区切ります。空けておくと、下の生年月日の範囲の人になります", &raw.persons))
            div.fd-columns {
                (field("born_from", "生年月日（から）", Some("例：2000-04-01"), &raw.born_from, 8))
                (field("born_to", "生年月日（まで）", None, &raw.born_to, 8))
            }
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "作りはじめる", keys: Some("Ctrl Enter"), ..Default::default() },
                ..Default::default()
            }))
        },
    )
}

pub(crate) async fn make(
    desk: Desk,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let text = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let raw = RawBatch {
        title: text("title"),
        body: text("body"),
        contact: text("contact"),
        persons: text("persons"),
        born_from: text("born_from"),
        born_to: text("born_to"),
    };
    let submission = Submission::sent(&text("submission_id"));
    let whom = match raw.understand() {
        Ok(whom) => whom,
        Err(wrong) => return again(&desk, &raw, &wrong, &submission).await,
    };
    let (actor, once, kept) = (desk.actor().clone(), submission.clone(), raw.clone());
    let done = desk.site.inside().write(actor.municipality, move |tx| {
        if let Some(location) = first_result(tx, &actor, &once)? {
            return Ok(location);
        }
        let id = batch::make(tx, &actor, &kept, &whom)?;
        let (location, at) = (format!("/letters/{id}"), tx.started_at());
        keep_result(tx, &actor, &once, &location, at)?;
        Ok::<_, NotMade>(location)
    });
    match done.await {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(NotMade::Db(error)) => Err(error.into()),
        Err(other) => again(&desk, &raw, &[("persons", other.to_string())], &submission).await,
    }
}

async fn again(
    desk: &Desk,
    raw: &RawBatch,
    wrong: &[Wrong],
    submission: &Submission,
) -> Result<Response, PageError> {
    let page = list_page(desk, raw, wrong, submission).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

pub(crate) async fn show(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: BatchId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = desk.site.inside().read(desk.site.city().id, move |tx| {
        let Some(batch) = batch::find(tx, id)? else { return Ok(None) };
        let failed = batch::failed(tx, id)?;
        Ok::<_, db::DbError>(Some((batch, batch::progress(tx, id)?, batch::parts(tx, id)?, failed)))
    });
    let (batch, progress, parts, failed) = found.await?.ok_or(PageError::NotFound)?;
    let here = format!("/letters/{id}");
    let refresh = (batch.state == "running").then_some(here.as_str());
    let view = View { title: &batch.title, part: PART, refresh, ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: &batch.title,
            list: html! {
                (ui::panel(state(&batch), how_far(&desk, &batch, &progress, &here)))
                (ui::panel("印刷するファイル", files(&parts, &here)))
                @if !failed.is_empty() {
                    (ui::panel("印刷できない手紙", html! {
                        ul { @for (no, trouble) in &failed { li { (no) "通目　" (trouble) } } }
                    }))
                }
                p { (ui::link("/letters", "お知らせの一覧に戻る")) }
            },
            ..Default::default()
        })
    }))
}

fn how_far(desk: &Desk, batch: &Batch, progress: &Progress, here: &str) -> Markup {
    let done = progress.total() - progress.waiting;
    html! {
        p {
            progress max=(progress.total()) value=(done) aria-label="進みぐあい" {}
            "　できた手紙 " strong { (progress.set) "通" }
            @if progress.waiting > 0 { "　のこり " (progress.waiting) "通" }
        }
        @if !batch.trouble.is_empty() { p { (batch.trouble) } }
        @if batch.state == "running" { p { (ui::link(here, "いまの進みぐあいを見る")) } }
        @if progress.shut > 0 && desk.may(Read, PROTECTION) {
            p { "この方法では送れない人が" (progress.shut) "人います。支援措置か抑止を確かめて、個別に連絡してください。" }
        }
    }
}

fn files(parts: &[Part], here: &str) -> Markup {
    html! {
        @if parts.is_empty() { p { "まだありません" } }
        ol {
            @for one in parts {
                li { (ui::link(&format!("{here}/parts/{}", one.part), &format!("その{}　{}通　{}枚", one.part, one.letters, one.pages))) }
            }
        }
    }
}

/// The file, as long as nobody in it has been shielded since.
pub(crate) async fn part(
    desk: Desk,
    Path((id, part)): Path<(String, String)>,
) -> Result<Response, PageError> {
    let (id, part) = which(&id, &part)?;
    let found = desk.look(Purpose("お知らせの印刷"), move |looking| {
        let Some(file) = batch::file(looking.tx(), id, part)? else { return Ok(None) };
        let open = person::all_open(looking, &file.persons)?;
        looking.prints();
        Ok::<_, db::DbError>(Some(open.then_some(file.pdf)))
    });
    let Some(pdf) = found.await?.ok_or(PageError::NotFound)? else {
        return Ok((StatusCode::CONFLICT, stale(&desk, id, part)).into_response());
    };
    let name = format!("inline; filename=\"letters-{id}-{part}.pdf\"");
    Ok(([(CONTENT_TYPE, "application/pdf".to_owned()), (CONTENT_DISPOSITION, name)], pdf).into_response())
}

fn which(id: &str, part: &str) -> Result<(BatchId, i64), PageError> {
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    Ok((id, part.parse().map_err(|_| PageError::NotFound)?))
}

/// Something has changed since the file was made; nothing is said about whom.
fn stale(desk: &Desk, id: BatchId, part: i64) -> Markup {
    let heading = "このファイルは作りなおしが必要です";
    let action = format!("/letters/{id}/parts/{part}/renewal");
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            list: html! {
                p { "作ったあとで台帳の内容が変わりました。作りなおすと、いま送ってよい人だけの手紙になります。" }
                @if desk.may(Create, LETTERS) {
                    (ui::form(
                        ui::Form { action: &action, csrf: desk.csrf(), label: Some(heading), ..Default::default() },
                        html! { p { (ui::button(ui::Button { label: "作りなおす", ..Default::default() })) } },
                    ))
                }
                p { (ui::link(&format!("/letters/{id}"), "お知らせに戻る")) }
            },
            ..Default::default()
        })
    })
}

pub(crate) async fn renew(
    desk: Desk,
    Path((id, part)): Path<(String, String)>,
) -> Result<Redirect, PageError> {
    let (id, part) = which(&id, &part)?;
    let done = desk.site.inside().write(desk.site.city().id, move |tx| {
        if batch::file(tx, id, part)?.is_some() { batch::renew(tx, id, part) } else { Ok(()) }
    });
    done.await.map_err(|e: db::DbError| PageError::from(e))?;
    Ok(Redirect::to(&format!("/letters/{id}")))
}
