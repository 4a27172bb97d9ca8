//! 住民票の写しを発行する: one page, by keyboard alone. What cannot be done comes back here with everything typed.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::HouseholdId;
use identity::{Action, Purpose};
use maud::{Markup, html};
use register::{Found, HouseholdRecord, IssueRefused, PERSONAL_NUMBER, Resident};
use web::{Desk, PageError, Submission, View};

use super::asked::{CAPACITIES, FORMS, ITEMS, RawRequest, Wrong};
use super::giving::{NotGiven, give};
use super::settings::{fee, identity_documents};
use crate::{PART, person};

const HEADING: &str = "住民票の写しを発行する";

/// What the page shows beside what was typed.
struct Open {
    household: HouseholdRecord,
    fee: Option<i64>,
}

/// What came of the last try.
#[derive(Default)]
struct Told {
    wrong: Vec<Wrong>,
    /// A sentence about the whole request.
    trouble: Option<String>,
    asks: bool,
}

pub(crate) async fn empty(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let open = open(&desk, &id).await?;
    let raw = RawRequest {
        members: open.household.members.iter().map(|one| one.person.to_string()).collect(),
        form: "joint".to_owned(),
        copies: "1".to_owned(),
        capacity: "self".to_owned(),
        ..RawRequest::default()
    };
    Ok(page(&desk, &open, &raw, &Told::default(), &Submission::fresh()))
}

async fn open(desk: &Desk, id: &str) -> Result<Open, PageError> {
    let id: HouseholdId = id.parse().map_err(|_| PageError::NotFound)?;
    let found = desk.look(Purpose("住民票の写しの請求"), move |looking| {
        let household = register::household_record(looking, id)?;
        let today = looking.tx().started_at().date();
        let fee = fee(looking.tx(), register::RESIDENT_COPY.key, today)?;
        Ok::<_, db::DbError>(household.map(|household| Open { household, fee }))
    });
    match found.await? {
        Found::Open(open) if !open.household.members.is_empty() => Ok(open),
        Found::Open(_) | Found::Absent => Err(PageError::NotFound),
        Found::Refused => Err(PageError::Shut),
    }
}

pub(crate) async fn sent(
    desk: Desk,
    Path(id): Path<String>,
    Form(fields): Form<Vec<(String, String)>>,
) -> Result<Response, PageError> {
    let raw = RawRequest::of_fields(&fields);
    let typed =
        fields.iter().find(|(name, _)| name == "submission_id").map_or("", |(_, value)| value.as_str());
    let submission = Submission::sent(typed);
    let today = desk.site.inside().clock().today();
    let told = match raw.clone().understand(today) {
        Err(wrong) => Told { wrong, ..Told::default() },
        Ok(request) => match give(&desk.site, &desk.caller(), &request, &submission).await {
            Ok(given) => return Ok(Redirect::to(&given.location).into_response()),
            Err(NotGiven::Refused(IssueRefused::Unanswered)) => Told { asks: true, ..Told::default() },
            Err(NotGiven::Refused(IssueRefused::Shut | IssueRefused::Absent)) => return Err(PageError::Shut),
            Err(NotGiven::Db(error)) => return Err(error.into()),
            Err(other) => Told { trouble: Some(other.to_string()), ..Told::default() },
        },
    };
    let open = open(&desk, &id).await?;
    let page = page(&desk, &open, &raw, &told, &submission);
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

fn page(desk: &Desk, open: &Open, raw: &RawRequest, told: &Told, submission: &Submission) -> Markup {
    let items: Vec<ui::ErrorItem> = told
        .wrong
        .iter()
        .map(|(field, message)| ui::ErrorItem { id: (*field).to_owned(), message: message.clone() })
        .collect();
    let view = View {
        title: HEADING,
        part: PART,
        has_errors: !items.is_empty() || told.trouble.is_some(),
        ..View::default()
    };
    desk.framed(view, |frame| {
        ui::wizard_page(ui::WizardPage {
            frame,
            heading: HEADING,
            steps: &["請求の入力", "発行と印刷"].map(|label| ui::Step { label, href: None }),
            current: 0,
            errors: html! {
                (ui::error_summary(&items))
                @if let Some(trouble) = &told.trouble {
                    (ui::notice(ui::Notice {
                        tone: ui::Tone::Error, heading: "まだ発行していません", body: html! { p { (trouble) } },
                    }))
                }
            },
            form: form(desk, open, raw, told, submission),
            register: beside(desk, open),
            preview: None,
        })
    })
}

/// The household as it is now, and the fee of the day.
fn beside(desk: &Desk, open: &Open) -> Markup {
    let city = desk.site.city();
    let address = open.household.place.written(&format!("{}{}", city.prefecture, city.name));
    let fact = |label, value: Markup| ui::Fact { label, value, act: None };
    let facts = [
        fact("世帯番号", ui::number(&open.household.household_no)),
        fact("住所", html! { (address) }),
        fact(
            "手数料",
            html! {
                @match open.fee { Some(yen) => { "1通 " (yen) "円（公用は無料）" }, None => "まだ決まっていません" }
            },
        ),
    ];
    html! {
        (ui::panel("いまの世帯", ui::summary_list(&facts)))
        (ui::panel("発行のまえに", html! {
            p { "印字できない字がないかは、発行番号をとる前に確かめます。" }
            p { "出してよいかは、発行するときに台帳で確かめます。" }
        }))
    }
}

/// A choice that may be ticked beside others.
struct Tick<'a> {
    value: &'a str,
    label: String,
    hint: Option<&'a str>,
}

fn ticks(
    name: &str,
    legend: &str,
    hint: Option<&str>,
    chosen: &[String],
    wrong: Option<&str>,
    all: &[Tick<'_>],
) -> Markup {
    html! {
        fieldset.fd-field.fd-options data-inline data-error[wrong.is_some()] {
            legend.fd-field__label { (legend) }
            @if let Some(hint) = hint { p.fd-field__hint { (hint) } }
            @if let Some(wrong) = wrong {
                p.fd-field__error id={ (name) "-error" } { span.fd-hidden { "エラー：" } (wrong) }
            }
            div.fd-options__list {
                @for (at, tick) in all.iter().enumerate() {
                    @let id = if at == 0 { name.to_owned() } else { format!("{name}-{at}") };
                    div.fd-option {
                        input type="checkbox" id=(id) name=(name) value=(tick.value)
                            checked[chosen.iter().any(|one| one == tick.value)];
                        label for=(id) {
                            (tick.label)
                            @if let Some(hint) = tick.hint { span.fd-option__hint { (hint) } }
                        }
                    }
                }
            }
        }
    }
}

fn form(desk: &Desk, open: &Open, raw: &RawRequest, told: &Told, submission: &Submission) -> Markup {
    let action = format!("/households/{}/copies", open.household.id);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        submission_id: Some(submission.as_str()),
        label: Some(HEADING),
        ..Default::default()
    };
    let back = format!("/households/{}", open.household.id);
    ui::form(
        frame,
        html! {
            (what(desk, open, raw, told))
            (who(desk, raw, told))
            @if told.asks {
                (ui::notice(ui::Notice {
                    tone: ui::Tone::Info, heading: "この記録には発行の注意がついています",
                    body: html! { p { label { input type="checkbox" name="acknowledged" value="1"; " 注意を確かめました" } } },
                }))
            }
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "発行する", keys: Some("Ctrl Enter"), ..Default::default() },
                leave: Some((&back, "やめて世帯に戻る")),
                ..Default::default()
            }))
        },
    )
}

fn wrong<'a>(told: &'a Told, name: &str) -> Option<&'a str> {
    told.wrong.iter().find(|(field, _)| *field == name).map(|(_, message)| message.as_str())
}

fn input(told: &Told, name: &str, text: &str) -> ui::Input {
    match wrong(told, name) {
        Some(message) => ui::Input::wrong(text, message),
        None => ui::Input::of(text),
    }
}

fn choices(pairs: &'static [(&'static str, &'static str)]) -> Vec<ui::Choice<'static>> {
    pairs.iter().map(|(value, label)| ui::Choice { value, label, hint: None }).collect()
}

/// The paper: who is on it, how, and what it shows.
fn what(desk: &Desk, open: &Open, raw: &RawRequest, told: &Told) -> Markup {
    let today = desk.site.inside().clock().today();
    let ids: Vec<String> = open.household.members.iter().map(|one| one.person.to_string()).collect();
    let label =
        |one: &Resident| format!("{}（{}　{}）", one.name.whole(), one.relationship, person::age(one, today));
    let members: Vec<Tick<'_>> = open
        .household
        .members
        .iter()
        .zip(&ids)
        .map(|(one, id)| Tick { value: id, label: label(one), hint: None })
        .collect();
    let numbers = desk.may(Action::Read, PERSONAL_NUMBER);
    let shown = ITEMS.iter().filter(|(key, _)| numbers || !matches!(*key, "my_number" | "resident_code"));
    let items: Vec<Tick<'_>> =
        shown.map(|(key, title)| Tick { value: key, label: (*title).to_owned(), hint: None }).collect();
    let official = [Tick { value: "1", label: "公用（手数料なし）".to_owned(), hint: None }];
    let chosen: Vec<String> = raw.official_use.then(|| "1".to_owned()).into_iter().collect();
    html! {
        (ticks("members", "写しにのせる人", None, &raw.members, wrong(told, "members"), &members))
        (ui::radio_group(ui::RadioGroup {
            name: "form", legend: "様式", input: &input(told, "form", &raw.form), choices: &choices(&FORMS),
            inline: true, ..Default::default()
        }))
        (ticks(
            "show", "表示する項目", Some("選ばない項目は【省略】と印字します"), &raw.show, wrong(told, "show"), &items,
        ))
        div.fd-columns {
            (ui::text_field(ui::TextField {
                name: "copies", label: "部数", input: &input(told, "copies", &raw.copies), inputmode: Some("numeric"),
                width: 4, ..Default::default()
            }))
            (ticks("official_use", "公用", None, &chosen, None, &official))
        }
    }
}

/// The request: who asks, with what right, and how it was confirmed.
fn who(desk: &Desk, raw: &RawRequest, told: &Told) -> Markup {
    let today = desk.site.inside().clock().today();
    let documents = identity_documents(today);
    let documents: Vec<Tick<'_>> = documents
        .iter()
        .map(|one| Tick {
            value: one.key,
            label: one.title.to_owned(),
            hint: Some(if one.counts >= 2 { "1点でよい" } else { "2点必要" }),
        })
        .collect();
    let field =
        |name: &'static str, label: &'static str, hint: Option<&'static str>, text: &str, width: u8| {
            let input = input(told, name, text);
            ui::text_field(ui::TextField { name, label, hint, input: &input, width, ..Default::default() })
        };
    html! {
        (ui::radio_group(ui::RadioGroup {
            name: "capacity", legend: "だれの請求か", input: &input(told, "capacity", &raw.capacity),
            choices: &choices(&CAPACITIES), inline: true, ..Default::default()
        }))
        div.fd-columns {
            (field("name", "請求者の氏名", None, &raw.name, 12))
            (field("agent", "代理人の氏名（いるとき）", None, &raw.agent, 12))
        }
        (field("purpose", "使いみち", None, &raw.purpose, 24))
        (field(
            "evidence", "確かめた書類", Some("代理人は委任状、第三者は理由のわかる書類、職務上請求は請求書の番号"), &raw.evidence, 24,
        ))
        (ticks(
            "identity", "本人確認書類（窓口に来た人）", None, &raw.identity, wrong(told, "identity"), &documents,
        ))
    }
}
