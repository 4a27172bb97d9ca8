//! 個人番号を確認する: for a purpose of the list and a reason, once, on a page that nobody keeps (residents §2.3, §11).
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::PersonId;
use identity::{Action, Looking, Purpose};
use maud::{Markup, html};
use register::{Found, NumberPurpose, NumberRefused, PERSONAL_NUMBER, reveal_number};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use vault::{Keys, Number, NumberError, NumberKind};
use web::{Call, Desk, PageError, Refused, View};

use crate::PART;

const PURPOSE: Purpose = Purpose("個人番号の確認");
const REASON_CHARS: usize = 200;

/// The way here from a record, for whom the right allows.
pub(crate) fn way(desk: &Desk, person: PersonId) -> Markup {
    html! {
        @if desk.may(Action::Read, PERSONAL_NUMBER) {
            p { (ui::link(&format!("/residents/{person}/number"), "個人番号を確認する")) }
        }
    }
}

/// What is asked: for which person, for what, why.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawAsk {
    purpose: String,
    reason: String,
}

/// In `act`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Confirm {
    person: String,
    /// 利用目的, as the page lists it.
    purpose: String,
    reason: String,
}

fn purpose_of(title: &str) -> Option<NumberPurpose> {
    NumberPurpose::ALL.into_iter().find(|one| one.title() == title)
}

/// Reads the number, with purpose and reason in the row of the log.
fn revealed(
    looking: &mut Looking<'_, '_>,
    keys: &Keys,
    person: PersonId,
    purpose: NumberPurpose,
    reason: &str,
) -> Result<Option<Number>, NumberRefused> {
    let kind = NumberKind::MyNumber;
    let number = reveal_number(looking, keys, person, kind, purpose)?;
    looking.note(&format!("{}の閲覧 {purpose} 理由：{reason}", kind.title()));
    Ok(number)
}

/// A reason as the log keeps it; `None` when it says nothing or too much.
fn reason_of(typed: &str) -> Option<String> {
    let reason = typed.split_whitespace().collect::<Vec<_>>().join(" ");
    (!reason.is_empty() && reason.chars().count() <= REASON_CHARS).then_some(reason)
}

pub(crate) async fn asked(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    // Whose record is shut is said before anything is typed, and who was asked about is in the log.
    match desk.look(PURPOSE, move |looking| register::household_of(looking, person)).await? {
        Found::Open(_) => Ok(form_markup(&desk, person, &ui::Input::default(), &ui::Input::default())),
        Found::Absent => Err(PageError::NotFound),
        Found::Refused => Err(PageError::Shut),
    }
}

pub(crate) async fn sent(
    desk: Desk,
    Path(id): Path<String>,
    Form(raw): Form<RawAsk>,
) -> Result<Response, PageError> {
    let person: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    let (Some(purpose), Some(reason)) = (purpose_of(&raw.purpose), reason_of(&raw.reason)) else {
        let purpose = match purpose_of(&raw.purpose) {
            Some(_) => ui::Input::of(raw.purpose),
            None => ui::Input::wrong(raw.purpose, "利用目的を選んでください"),
        };
        let reason = match reason_of(&raw.reason) {
            Some(_) => ui::Input::of(raw.reason),
            None => ui::Input::wrong(raw.reason, "理由を1文字以上200文字までで入力してください"),
        };
        return Ok(refused(form_markup(&desk, person, &purpose, &reason)));
    };
    let keys = desk.site.keys().clone();
    let told = reason.clone();
    let number = desk.look(PURPOSE, move |looking| revealed(looking, &keys, person, purpose, &told)).await;
    match number {
        Ok(number) => Ok(number_markup(&desk, person, number.as_ref(), purpose, &reason).into_response()),
        Err(NumberRefused::Right) => Err(PageError::Forbidden),
        Err(NumberRefused::Restricted) => Err(PageError::Shut),
        Err(wrong @ NumberRefused::Purpose { .. }) => {
            let purpose = ui::Input::wrong(raw.purpose, wrong.to_string());
            Ok(refused(form_markup(&desk, person, &purpose, &ui::Input::of(reason))))
        }
        Err(NumberRefused::Vault(NumberError::Db(error))) => Err(error.into()),
        Err(NumberRefused::Vault(error)) => Err(PageError::Unexpected(Box::new(error))),
    }
}

fn refused(page: Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

fn form_markup(desk: &Desk, person: PersonId, purpose: &ui::Input, reason: &ui::Input) -> Markup {
    let heading = "個人番号を確認する";
    let errors = ui::errors(&[("purpose", purpose), ("reason", reason)]);
    let today = desk.site.inside().clock().today();
    let labels: Vec<String> = NumberPurpose::ALL.iter().map(ToString::to_string).collect();
    let choices: Vec<ui::Choice> = NumberPurpose::ALL
        .iter()
        .zip(&labels)
        .filter(|(one, _)| one.allows(NumberKind::MyNumber, today))
        .map(|(one, label)| ui::Choice { value: one.title(), label, hint: None })
        .collect();
    let (action, back) = (format!("/residents/{person}/number"), format!("/residents/{person}"));
    let view = View { title: heading, part: PART, has_errors: !errors.is_empty(), ..View::default() };
    desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            filter: html! {
                (ui::error_summary(&errors))
                p { "番号は次の画面に1回だけ出ます。だれが、どの目的で、なぜ見たかは記録され、本人にも開示されます。" }
            },
            list: ui::form(
                ui::Form { action: &action, csrf: desk.csrf(), label: Some(heading), ..Default::default() },
                html! {
                    (ui::select_field(ui::SelectField {
                        name: "purpose", label: "利用目的", input: purpose, choices: &choices,
                        placeholder: Some("選んでください"), ..Default::default()
                    }))
                    (ui::text_field(ui::TextField {
                        name: "reason", label: "理由", hint: Some("例：本人が窓口で通知カードの紛失を届け出たため"),
                        input: reason, autocomplete: Some("off"), width: 24, ..Default::default()
                    }))
                    (ui::submit_row(ui::SubmitRow {
                        main: ui::Button { label: "確認する", keys: Some("Ctrl Enter"), ..Default::default() },
                        leave: Some((&back, "やめて住民票に戻る")), ..Default::default()
                    }))
                },
            ),
            ..Default::default()
        })
    })
}

fn number_markup(
    desk: &Desk,
    person: PersonId,
    number: Option<&Number>,
    purpose: NumberPurpose,
    reason: &str,
) -> Markup {
    let heading = "個人番号";
    let digits = number.map(|number| {
        let digits: Vec<char> = number.reveal().chars().collect();
        digits.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join(" ")
    });
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            list: html! {
                @match &digits {
                    Some(digits) => p { strong.fd-number { (digits) } },
                    None => (ui::empty_state("個人番号の記録がありません", None)),
                }
                p { "利用目的　" (purpose) }
                p { "理由　" (reason) }
                p { "この画面は保存されません。もう一度見るときは、あらためて目的と理由を入力します。" }
                p { (ui::link(&format!("/residents/{person}"), "住民票に戻る")) }
            },
            ..Default::default()
        })
    })
}

/// `number.confirm`: the same rights and rows as the page.
pub(crate) async fn confirm(call: Call) -> Result<Value, Refused> {
    let input: Confirm = call.read()?;
    let person: PersonId =
        input.person.parse().map_err(|_| Refused::Input("person の形が違います".to_owned()))?;
    let purpose = purpose_of(&input.purpose).ok_or_else(|| {
        let all: Vec<&str> = NumberPurpose::ALL.iter().map(|one| one.title()).collect();
        Refused::Input(format!("purpose は {} のどれかです", all.join("、")))
    })?;
    let reason = reason_of(&input.reason)
        .ok_or_else(|| Refused::Input("reason を1文字以上200文字までで書いてください".to_owned()))?;
    let keys = call.site.keys().clone();
    let number = call.look(PURPOSE, move |looking| revealed(looking, &keys, person, purpose, &reason)).await;
    match number {
        Ok(number) => {
            Ok(json!({ "number": number.map(|number| number.reveal()), "purpose": purpose.to_string() }))
        }
        Err(NumberRefused::Right) => Err(Refused::Forbidden),
        Err(NumberRefused::Vault(NumberError::Db(error))) => Err(Refused::Db(error)),
        Err(other) => Err(Refused::Rule { message: other.to_string(), detail: Value::Null }),
    }
}
