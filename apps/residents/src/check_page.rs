//! A move-in after 仮登録: what will follow (buds), the 本登録, and who followed (the trellis in bloom).
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{At, wareki, wareki_short, weekday};
use db::DbError;
use identity::Action::{Approve, Change};
use identity::Purpose;
use maud::{Markup, html};
use register::{Found, MoveInId, Notice, NoticeState, Refusal};
use serde::Deserialize;
use web::{Desk, PageError, Submission, View, first_result, keep_result};

use crate::board::{bloom, buds, is_open, settled};
use crate::form_page::steps;
use crate::{MOVE_IN, PART};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decision {
    version: i64,
    submission_id: String,
}

pub(crate) fn id(text: &str) -> Result<MoveInId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

/// The page shows persons, so the look is recorded. Those of a provisional act have no id yet: the row names none.
pub(crate) async fn load(desk: &Desk, id: MoveInId) -> Result<Notice, PageError> {
    let found = desk.look(Purpose("転入届の照会"), move |looking| register::notice(looking, id));
    match found.await.map_err(|e: DbError| PageError::from(e))? {
        Found::Open(notice) => Ok(notice),
        Found::Absent => Err(PageError::NotFound),
        Found::Refused => Err(PageError::Shut),
    }
}

pub(crate) async fn show(desk: Desk, Path(text): Path<String>) -> Result<Markup, PageError> {
    let notice = load(&desk, id(&text)?).await?;
    render(&desk, &notice, &[]).await
}

pub(crate) async fn register(
    desk: Desk,
    Path(text): Path<String>,
    Form(decision): Form<Decision>,
) -> Result<Response, PageError> {
    let id = id(&text)?;
    let (actor, at) = (desk.actor().clone(), desk.site.inside().clock().now());
    let once = Submission::sent(&decision.submission_id);
    let done = desk.site.inside().write(actor.municipality, move |tx| {
        if first_result(tx, &actor, &once)?.is_none() {
            register::finalize(tx, &actor, at, id, decision.version)?;
            keep_result(tx, &actor, &once, &format!("/move-ins/{id}"), at)?;
        }
        Ok::<_, Refusal>(())
    });
    answer(&desk, id, done.await).await
}

pub(crate) async fn withdraw(
    desk: Desk,
    Path(text): Path<String>,
    Form(decision): Form<Decision>,
) -> Result<Response, PageError> {
    let id = id(&text)?;
    let (actor, at) = (desk.actor().clone(), desk.site.inside().clock().now());
    let done = desk
        .site
        .inside()
        .write(actor.municipality, move |tx| register::discard(tx, &actor, at, id, decision.version));
    answer(&desk, id, done.await).await
}

async fn answer(desk: &Desk, id: MoveInId, done: Result<(), Refusal>) -> Result<Response, PageError> {
    let refusal = match done {
        Ok(()) => return Ok(Redirect::to(&format!("/move-ins/{id}")).into_response()),
        Err(Refusal::Db(error)) => return Err(error.into()),
        Err(Refusal::NotFound) => return Err(PageError::NotFound),
        Err(Refusal::Locked) => return Err(PageError::Shut),
        Err(refusal) => refusal,
    };
    let mut sentences = vec![refusal.to_string()];
    match refusal {
        Refusal::Wrong(wrong) => sentences.extend(wrong.into_iter().map(|one| one.message)),
        Refusal::Unanswered(alerts) => sentences.extend(alerts.into_iter().map(|alert| alert.sentence)),
        _ => {}
    }
    let notice = load(desk, id).await?;
    let page = render(desk, &notice, &sentences).await?;
    Ok((StatusCode::CONFLICT, page).into_response())
}

async fn render(desk: &Desk, notice: &Notice, refused: &[String]) -> Result<Markup, PageError> {
    let board = match notice.event {
        Some(event) => Some((event, settled(&desk.site, event).await?)),
        None => None,
    };
    let steps = steps();
    let current = if notice.state == NoticeState::Provisional { 1 } else { 2 };
    let title = format!("転入 {}", notice.state.title());
    let path = format!("/move-ins/{}", notice.id);
    let pending = board.as_ref().is_some_and(|(_, florets)| florets.iter().any(is_open));
    let view =
        View { title: &title, part: PART, refresh: pending.then_some(path.as_str()), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::wizard_page(ui::WizardPage {
            frame,
            heading: &title,
            steps: &steps,
            current,
            errors: html! {
                @if !refused.is_empty() {
                    (ui::notice(ui::Notice {
                        tone: ui::Tone::Error, heading: &refused[0],
                        body: html! { @for sentence in &refused[1..] { p { (sentence) } } },
                    }))
                }
            },
            form: match (&board, notice.state) {
                (Some((event, florets)), _) => html! {
                    div.fd-act {
                        (bloom(desk, notice, *event, florets))
                        h2 { "届けの内容" }
                        (summary(desk, notice))
                    }
                },
                (None, NoticeState::Provisional) => decide(desk, notice),
                (None, _) => summary(desk, notice),
            },
            register: beside(notice),
            preview: None,
        })
    }))
}

/// The answers as the register understood them; as typed while a field no longer fits.
fn summary(desk: &Desk, notice: &Notice) -> Markup {
    let (today, city) = (desk.site.inside().clock().today(), desk.site.city());
    let understood = register::check(&notice.answers, today, city.id).ok();
    let raw = &notice.answers;
    let day = |day: Option<base::Date>, typed: &str| match day {
        Some(day) => html! { (wareki(day)) "（" (weekday(day)) "）" },
        None => html! { (typed) },
    };
    let place = match understood.as_ref().and_then(|move_in| move_in.place.as_ref()) {
        Some(place) => html! { (place.written(&city.name)) },
        None if raw.household.is_empty() => {
            html! { (raw.address) (raw.address_lot) "　" (raw.address_building) }
        }
        None => html! { (ui::link(&format!("/households/{}", raw.household), "入る世帯を開く")) },
    };
    let mut answers = vec![
        told("異動日", day(understood.as_ref().map(|m| m.moved_on), &raw.moved_on)),
        told("届出日", day(understood.as_ref().map(|m| m.filed_on), &raw.filed_on)),
        told("新しい住所", place),
        told("転入前の住所", html! { (raw.previous_address) }),
    ];
    match &understood {
        Some(move_in) => {
            answers.extend(move_in.members.iter().map(|m| told(m.relationship.as_str(), member(m))))
        }
        None => answers.extend(raw.members.iter().filter(|m| !m.is_blank()).map(|m| {
            told("転入する人", html! { (ui::name(&m.family, &m.given)) "　" (m.birth) "　" (m.relationship) })
        })),
    }
    ui::check_answers(&answers)
}

fn told(question: &str, answer: Markup) -> ui::Answer<'_> {
    ui::Answer { question, answer, change: None }
}

fn member(member: &register::Member) -> Markup {
    html! {
        (ui::name(&member.family, &member.given)) "　"
        (ui::kana(&format!("{}　{}", member.family_kana, member.given_kana)))
        "　" (member.birth.text()) "　" (member.sex)
        @if !member.nationality.is_empty() { "　" (member.nationality) }
    }
}

/// What was answered, whom it will reach, and the decision.
fn decide(desk: &Desk, notice: &Notice) -> Markup {
    let own = notice.entered_by == desk.actor().account.get();
    let count = notice.answers.members.iter().filter(|m| !m.is_blank()).count();
    let submission = Submission::fresh();
    let action = format!("/move-ins/{}/registration", notice.id);
    let withdrawal = format!("/move-ins/{}/withdrawal", notice.id);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        submission_id: Some(submission.as_str()),
        version: Some(notice.version),
        label: Some("本登録"),
        ..Default::default()
    };
    let withdraw = ui::Button {
        kind: ui::Kind::Text,
        label: "この届けを取りやめる",
        action: Some(&withdrawal),
        ..Default::default()
    };
    let act = html! { div.fd-act { (summary(desk, notice)) (buds(desk, notice)) } };
    if own {
        return html! {
            (ui::notice(ui::Notice {
                tone: ui::Tone::Info, heading: "本登録は別の職員が行います",
                body: html! { p { "仮登録しました。窓口の別の職員の列に並んでいます。" } },
            }))
            (act)
            @if desk.may(Change, MOVE_IN) { (ui::form(frame, html! { p { (ui::button(withdraw)) } })) }
        };
    }
    ui::form(
        frame,
        html! {
            (act)
            p { (count) "人を転入で本登録します。" }
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "本登録する", keys: Some("Ctrl Enter"), ..Default::default() },
                second: (desk.may(Change, MOVE_IN) && desk.may(Approve, MOVE_IN)).then_some(withdraw),
                leave: Some(("/desk", "机に戻る")),
                draft_saved_at: None,
            }))
        },
    )
}

fn beside(notice: &Notice) -> Markup {
    let who = |name: &str, at: Option<At>| html! { (name) br; @if let Some(at) = at { (moment(at)) } };
    let mut facts = vec![ui::Fact {
        label: "仮登録",
        value: who(&notice.entered_by_name, Some(notice.entered_at)),
        act: None,
    }];
    if let Some(name) = &notice.decided_by_name {
        let decided_at = notice.event.map(|event| event.at());
        facts.push(ui::Fact { label: notice.state.title(), value: who(name, decided_at), act: None });
    }
    html! {
        (ui::panel("この届け", ui::summary_list(&facts)))
        @if let Some(household) = notice.household {
            (ui::panel("次にすること", html! {
                ul.fd-links {
                    li { (ui::key_link(&format!("/households/{household}/certificate"), "住民票の写しを開く", "Alt P")) }
                    li { (ui::link(&format!("/households/{household}"), "世帯を開く")) }
                }
            }))
        }
    }
}

/// 「R8.11.24（火）9:14」
fn moment(at: At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{}（{}）{hour}:{minute:02}", wareki_short(at.date()), weekday(at.date()))
}
