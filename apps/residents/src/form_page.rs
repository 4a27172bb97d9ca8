//! 転入届: one form for the whole family, by keyboard alone.
use axum::extract::{Form, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{At, PartialDate, parse_date, wareki, weekday};
use db::DbError;
use identity::Purpose;
use maud::{Markup, html};
use register::{Alert, Found, HouseholdRecord, RawMember, RawMoveIn, Refusal, Wrong};
use serde::Deserialize;
use web::{Desk, PageError, Submission, View, first_result, keep_result};

use crate::move_in::{ALERT, GO_ON, Sent, input, rows};
use crate::{PART, draft};

type Fields = Vec<(String, String)>;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Into {
    /// Household that they join.
    household: String,
}

/// Everything that the page shows again.
#[derive(Default)]
struct Shown {
    raw: RawMoveIn,
    wrong: Vec<Wrong>,
    alerts: Vec<Alert>,
    acknowledged: Vec<String>,
    choices: Vec<address::Suggestion>,
    joined: Option<HouseholdRecord>,
    add_member: bool,
    draft_at: Option<At>,
}

pub(crate) async fn empty(desk: Desk, Query(into): Query<Into>) -> Result<Markup, PageError> {
    // A draft that tells of somebody shielded since it was saved stays shut.
    let kept = desk.look(Purpose("転入届の下書き"), |looking| {
        let actor = looking.actor().clone();
        let Some((raw, at)) = draft::kept(looking.tx(), &actor)? else { return Ok(None) };
        let tells = register::draft_tells(looking, &raw, at)?;
        Ok::<_, DbError>((!tells).then_some((raw, at)))
    });
    let kept = kept.await?;
    let mut shown = Shown::default();
    if let Some((raw, at)) = kept.filter(|(raw, _)| raw.household == into.household) {
        (shown.raw, shown.draft_at) = (raw, Some(at));
    } else {
        let head = if into.household.is_empty() { "世帯主" } else { "" };
        shown.raw.filed_on = wareki(desk.site.inside().clock().today());
        shown.raw.members = vec![RawMember { relationship: head.to_owned(), ..RawMember::default() }];
        shown.raw.household = into.household;
    }
    shown.joined = joined(&desk, &shown.raw.household).await?;
    Ok(page(&desk, &shown, &Submission::fresh()))
}

/// The household that they join, for the column beside the form.
async fn joined(desk: &Desk, household: &str) -> Result<Option<HouseholdRecord>, PageError> {
    if household.is_empty() {
        return Ok(None);
    }
    let id = household.parse().map_err(|_| PageError::NotFound)?;
    let found =
        desk.look(Purpose("転入届の入力"), move |looking| register::household_record(looking, id));
    match found.await.map_err(|e: DbError| PageError::from(e))? {
        Found::Open(household) => Ok(Some(household)),
        Found::Absent => Ok(None),
        Found::Refused => Err(PageError::Shut),
    }
}

pub(crate) async fn keep_draft(desk: Desk, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let (raw, actor) = (Sent::read(&fields).raw, desk.actor().clone());
    let at = desk.site.inside().clock().now();
    let kept = desk.site.inside().write(actor.municipality, move |tx| draft::keep(tx, &actor, &raw, at));
    kept.await.map_err(|e: DbError| PageError::from(e))?;
    let (hour, minute) = at.hour_minute();
    Ok(format!("{hour}:{minute:02}").into_response())
}

pub(crate) async fn discard_draft(desk: Desk) -> Result<Redirect, PageError> {
    let actor = desk.actor().clone();
    let done = desk.site.inside().write(actor.municipality, move |tx| draft::discard(tx, &actor));
    done.await.map_err(|e: DbError| PageError::from(e))?;
    Ok(Redirect::to("/move-ins/new"))
}

pub(crate) async fn sent(desk: Desk, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let sent = Sent::read(&fields);
    let submission = Submission::sent(&sent.submission);
    if sent.find_town || sent.add_member {
        return again(&desk, sent, Vec::new(), Vec::new(), &submission, StatusCode::OK).await;
    }
    let (actor, raw, acknowledged) = (desk.actor().clone(), sent.raw.clone(), sent.acknowledged.clone());
    let (at, once) = (desk.site.inside().clock().now(), submission.clone());
    let stored = desk
        .site
        .inside()
        .write(actor.municipality, move |tx| {
            if let Some(location) = first_result(tx, &actor, &once)? {
                return Ok(location);
            }
            let id = register::provisional(tx, &actor, at, &raw, &acknowledged)?;
            let location = format!("/move-ins/{id}");
            draft::discard(tx, &actor)?;
            keep_result(tx, &actor, &once, &location, at)?;
            Ok::<_, Refusal>(location)
        })
        .await;
    match stored {
        Ok(location) => Ok(Redirect::to(&location).into_response()),
        Err(Refusal::Wrong(wrong)) => {
            again(&desk, sent, wrong, Vec::new(), &submission, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(Refusal::Unanswered(alerts)) => {
            again(&desk, sent, Vec::new(), alerts, &submission, StatusCode::UNPROCESSABLE_ENTITY).await
        }
        Err(Refusal::Db(error)) => Err(error.into()),
        Err(other) => {
            let wrong = vec![Wrong { field: "household".to_owned(), message: other.to_string() }];
            again(&desk, sent, wrong, Vec::new(), &submission, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn again(
    desk: &Desk,
    sent: Sent,
    wrong: Vec<Wrong>,
    alerts: Vec<Alert>,
    submission: &Submission,
    status: StatusCode,
) -> Result<Response, PageError> {
    let town_wrong = sent.find_town || wrong.iter().any(|one| one.field == "address");
    let choices =
        if town_wrong { address::complete(desk.site.city().id, &sent.raw.address, 8) } else { Vec::new() };
    let joined = joined(desk, &sent.raw.household).await?;
    let shown = Shown {
        wrong,
        alerts,
        choices,
        joined,
        acknowledged: sent.acknowledged,
        add_member: sent.add_member,
        raw: sent.raw,
        draft_at: None,
    };
    Ok((status, page(desk, &shown, submission)).into_response())
}

fn page(desk: &Desk, shown: &Shown, submission: &Submission) -> Markup {
    let items: Vec<ui::ErrorItem> = shown
        .wrong
        .iter()
        .map(|one| ui::ErrorItem { id: one.field.clone(), message: one.message.clone() })
        .chain(shown.alerts.iter().map(|alert| ui::ErrorItem {
            id: format!("{ALERT}{}", alert.code),
            message: alert.sentence.clone(),
        }))
        .collect();
    let steps = steps();
    desk.framed(
        View { title: "転入届", part: PART, has_errors: !items.is_empty(), ..View::default() },
        |frame| {
            ui::wizard_page(ui::WizardPage {
                frame,
                heading: "転入届",
                steps: &steps,
                current: 0,
                errors: ui::error_summary(&items),
                form: form(desk, shown, submission),
                register: beside(desk, shown),
                preview: None,
            })
        },
    )
}

/// The steps of the act, the same on its three pages.
pub(crate) fn steps() -> [ui::Step<'static>; 3] {
    ["入力", "確かめる（仮登録）", "本登録"].map(|label| ui::Step { label, href: None })
}

fn form(desk: &Desk, shown: &Shown, submission: &Submission) -> Markup {
    let raw = &shown.raw;
    let draft_at =
        shown.draft_at.map(|at| at.hour_minute()).map(|(hour, minute)| format!("{hour}:{minute:02}"));
    let frame = ui::Form {
        action: "/move-ins",
        csrf: desk.csrf(),
        submission_id: Some(submission.as_str()),
        draft: Some("/move-ins/draft"),
        label: Some("転入届"),
        enter_moves: true,
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            input type="hidden" name="household" value=(raw.household);
            @for alert in &shown.alerts { (alert_item(alert, &shown.acknowledged)) }
            (days(desk, shown))
            (place(shown))
            (text("previous_address", "転入前の住所", "例：群馬県高崎市高松町35番地1。わからないときは「不明」", &raw.previous_address, &shown.wrong, 0))
            h2 { "転入する人" }
            @for i in 0..rows(raw, shown.add_member) { (member(desk, shown, i)) }
            p.fd-member__more {
                (ui::button(ui::Button { kind: ui::Kind::Outline, label: "もう1人入力する", name: Some("add_member"), value: Some("1"), ..Default::default() }))
            }
            (text("filed_by", "届出人", "転入する人のほかの人が届け出たときだけ", &raw.filed_by, &shown.wrong, 12))
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "仮登録する", keys: Some("Ctrl Enter"), ..Default::default() },
                second: shown.draft_at.map(|_| ui::Button {
                    kind: ui::Kind::Text, label: "この下書きを捨てる", action: Some("/move-ins/draft/discard"), ..Default::default()
                }),
                leave: Some(("/desk", "やめて机に戻る")),
                draft_saved_at: draft_at.as_deref(),
            }))
        },
    )
}

fn alert_item(alert: &Alert, acknowledged: &[String]) -> Markup {
    let answered = if acknowledged.contains(&alert.code) { GO_ON } else { "" };
    ui::alert_item(ui::AlertItem {
        name: &format!("{ALERT}{}", alert.code),
        sentence: &alert.sentence,
        reason: &alert.reason,
        law: Some(alert.source),
        choices: &[
            ui::Choice { value: GO_ON, label: "確かめました。このまま進めます", hint: None },
            ui::Choice { value: "stop", label: "入力を直します", hint: None },
        ],
        input: &ui::Input::of(answered),
        answered: None,
    })
}

fn text(name: &str, label: &str, hint: &str, value: &str, wrong: &[Wrong], width: u8) -> Markup {
    ui::text_field(ui::TextField {
        name,
        label,
        hint: (!hint.is_empty()).then_some(hint),
        input: &input(name, value, wrong),
        width,
        ..Default::default()
    })
}

fn days(desk: &Desk, shown: &Shown) -> Markup {
    let today = desk.site.inside().clock().today();
    let one = |name: &str, label: &str, value: &str| {
        let echo = parse_date(value, today).ok().map(|day| format!("{}（{}）", wareki(day), weekday(day)));
        ui::date_field(ui::DateField {
            name,
            label,
            input: &input(name, value, &shown.wrong),
            echo: echo.as_deref(),
            ..Default::default()
        })
    };
    html! {
        div.fd-columns {
            (one("moved_on", "異動日（引っ越した日）", &shown.raw.moved_on))
            (one("filed_on", "届出日", &shown.raw.filed_on))
        }
    }
}

fn place(shown: &Shown) -> Markup {
    if !shown.raw.household.is_empty() {
        return html! {};
    }
    let codes: Vec<(String, String)> = shown
        .choices
        .iter()
        .map(|c| {
            let code = c.town.map(|town| format!("{:07}", town.number())).unwrap_or_default();
            (code, c.postal_code.map(|p| p.to_string()).unwrap_or_default())
        })
        .collect();
    let choices: Vec<ui::AddressChoice> = shown
        .choices
        .iter()
        .zip(&codes)
        .map(|(c, (code, note))| ui::AddressChoice { code, label: &c.name, kana: &c.kana, note })
        .collect();
    ui::address_field(ui::AddressField {
        name: "address",
        legend: "新しい住所",
        hint: Some("町は漢字・よみ・よみの頭（ナク）・郵便番号で入ります"),
        town: &input("address", &shown.raw.address, &shown.wrong),
        code: &shown.raw.address_code,
        lot: &input("address_lot", &shown.raw.address_lot, &shown.wrong),
        building: &input("address_building", &shown.raw.address_building, &shown.wrong),
        echo: None,
        choices: &choices,
        scope: "city",
        required: false,
    })
}

const SEXES: [ui::Choice<'static>; 2] =
    [ui::Choice { value: "M", label: "男", hint: None }, ui::Choice { value: "F", label: "女", hint: None }];

fn member(desk: &Desk, shown: &Shown, i: usize) -> Markup {
    let blank = RawMember::default();
    let raw = shown.raw.members.get(i).unwrap_or(&blank);
    let name = |field: &str| format!("m{i}_{field}");
    let input = |field: &str, text: &str| input(&name(field), text, &shown.wrong);
    let today = desk.site.inside().clock().today();
    let birth =
        PartialDate::parse(&raw.birth, today).ok().map(|birth| crate::echo::birth_text(&birth, today));
    // `inherit` takes these from the first member.
    let same = (i > 0).then_some("1人目と同じ");
    let kana = |field: &str, label: &str, text: &str, reads: &str| {
        ui::kana_field(ui::KanaField {
            name: &name(field),
            label,
            input: &input(field, text),
            reads: Some(&name(reads)),
            empty_means: same.filter(|_| field == "family_kana"),
            ..Default::default()
        })
    };
    let plain = |field: &str, label: &str, empty_means: Option<&str>, text: &str| {
        ui::text_field(ui::TextField {
            name: &name(field),
            label,
            input: &input(field, text),
            empty_means,
            ..Default::default()
        })
    };
    html! {
        fieldset.fd-member {
            legend.fd-member__no { (i + 1) "人目" }
            div.fd-member__fields {
                (ui::name_fields(ui::NameFields {
                    name: &format!("m{i}"), legend: "氏名", family: &input("family", &raw.family),
                    given: &input("given", &raw.given), empty_means: same, ..Default::default()
                }))
                (kana("family_kana", "氏のフリガナ", &raw.family_kana, "family"))
                (kana("given_kana", "名のフリガナ", &raw.given_kana, "given"))
                (ui::date_field(ui::DateField {
                    name: &name("birth"), label: "生年月日", input: &input("birth", &raw.birth), echo: birth.as_deref(),
                    birth: true, ..Default::default()
                }))
                (ui::radio_group(ui::RadioGroup {
                    name: &name("sex"), legend: "性別", input: &input("sex", &raw.sex), choices: &SEXES, inline: true,
                    ..Default::default()
                }))
                (plain("relationship", "続柄", None, &raw.relationship))
                (plain("nationality", "国籍・地域", Some("日本"), &raw.nationality))
                (plain("domicile", "本籍", same, &raw.domicile))
                (plain("domicile_head", "筆頭者", same, &raw.domicile_head))
            }
        }
    }
}

/// What the register says beside the form.
fn beside(desk: &Desk, shown: &Shown) -> Markup {
    match &shown.joined {
        Some(household) => ui::panel(
            "入る世帯",
            html! {
                p { (household.place.written(&desk.site.city().name)) }
                ul { @for member in &household.members { li { (member.relationship) "　" (crate::person::name(member)) } } }
            },
        ),
        None => ui::panel(
            "新しい世帯をつくります",
            html! {
                p { "いまある世帯に入るときは、先にその世帯を開きます。" }
                p { (ui::link("/residents", "世帯をさがす")) }
            },
        ),
    }
}
