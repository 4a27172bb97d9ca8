//! A move-in after 仮登録: what will follow (buds), the 本登録, and who followed (the trellis in bloom).
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Redirect, Response};
use events::{EventId, Floret, State};
use identity::Action::{Approve, Change};
use identity::{Purpose, record_access};
use maud::{Markup, html};
use register::{MoveInId, Notice, NoticeState, Refusal};
use serde::Deserialize;
use tokio::sync::mpsc;
use web::{Desk, PageError, Site, Submission, View, first_result, keep_result};

use crate::form_page::steps;
use crate::{MOVE_IN, PART};

/// The page after the act waits this long for the followers, so that most boards arrive in bloom.
const WAIT: Duration = Duration::from_millis(250);
/// A stream that has nothing more to tell ends after this many looks.
const LOOKS: u32 = 300;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Decision {
    version: i64,
    submission_id: String,
}

fn id(text: &str) -> Result<MoveInId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

async fn load(desk: &Desk, id: MoveInId) -> Result<Notice, PageError> {
    let found = desk.site.inside().read(desk.site.city().id, move |tx| register::notice(tx, id));
    let found: Result<Option<Notice>, db::DbError> = found.await;
    found?.ok_or(PageError::NotFound)
}

pub(crate) async fn show(desk: Desk, Path(text): Path<String>) -> Result<Markup, PageError> {
    let notice = load(&desk, id(&text)?).await?;
    see(&desk, &notice).await?;
    render(&desk, &notice, &[]).await
}

/// The page shows persons: those of a final act are in the register, so the look is recorded.
async fn see(desk: &Desk, notice: &Notice) -> Result<(), PageError> {
    let Some(event) = notice.event else { return Ok(()) };
    let (actor, at) = (desk.actor().clone(), desk.site.inside().clock().now());
    let seen = desk.site.inside().write(actor.municipality, move |tx| {
        let fact = events::event(tx, event)?.and_then(|e| e.fact::<events::facts::MovedIn>().ok());
        let persons = fact.map(|fact| fact.persons).unwrap_or_default();
        record_access(tx, &actor, Purpose("転入届の照会"), &persons, at)
    });
    Ok(seen.await?)
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
    let view = View { title: &title, part: PART, refresh: pending.then_some(path.as_str()), ..View::default() };
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
            form: html! {
                (summary(notice))
                @match &board {
                    Some((event, florets)) => (bloom(desk, notice, *event, florets)),
                    None => (buds(desk, notice)),
                }
                @if notice.state == NoticeState::Provisional { (decide(desk, notice)) }
            },
            register: beside(notice),
            preview: None,
        })
    }))
}

fn summary(notice: &Notice) -> Markup {
    let raw = &notice.answers;
    let place = if raw.household.is_empty() {
        html! { (raw.address) (raw.address_lot) "　" (raw.address_building) }
    } else {
        html! { (ui::link(&format!("/households/{}", raw.household), "入る世帯を開く")) }
    };
    let mut answers = vec![
        ui::Answer { question: "異動日", answer: html! { (raw.moved_on) }, change: None },
        ui::Answer { question: "届出日", answer: html! { (raw.filed_on) }, change: None },
        ui::Answer { question: "新しい住所", answer: place, change: None },
        ui::Answer { question: "転入前の住所", answer: html! { (raw.previous_address) }, change: None },
    ];
    for member in raw.members.iter().filter(|member| !member.is_blank()) {
        let sex = if member.sex == "M" { "男" } else { "女" };
        answers.push(ui::Answer {
            question: "転入する人",
            answer: html! {
                (ui::name(&member.family, &member.given)) " "
                (ui::kana(&format!("{}　{}", member.family_kana, member.given_kana)))
                "　" (member.birth) "　" (sex) "　" (member.relationship)
            },
            change: None,
        });
    }
    ui::check_answers(&answers)
}

/// What the followers would do, asked of the same functions that will do it.
fn buds(desk: &Desk, notice: &Notice) -> Markup {
    let site = &desk.site;
    let today = site.inside().clock().today();
    let Ok(move_in) = register::check(&notice.answers, today, site.city().id) else { return html! {} };
    let foresight = register::foresight(&move_in);
    let told: Vec<(&str, &str, Option<String>)> = site
        .follow_ups()
        .iter()
        .filter(|f| f.kinds.contains(&foresight.kind))
        .map(|f| (f.name, f.office, (f.foresee)(f, &foresight)))
        .collect();
    let list: Vec<ui::Follower> = told
        .iter()
        .map(|(name, office, fact)| ui::Follower {
            id: name,
            office,
            fact: fact.as_deref().unwrap_or_default(),
            state: if fact.is_some() { ui::FollowerState::Bud } else { ui::FollowerState::None },
            href: None,
        })
        .collect();
    ui::followers(ui::Followers {
        id: "followers",
        heading: "本登録すると届く課",
        list: &list,
        stream: None,
        latest: None,
        show_time: true,
        fresh: false,
    })
}

fn is_open(floret: &Floret) -> bool {
    matches!(floret.state, State::Waiting)
}

async fn board(site: &Site, event: EventId) -> Result<Vec<Floret>, db::DbError> {
    site.inside().read(site.city().id, move |tx| events::board(tx, event)).await
}

async fn settled(site: &Site, event: EventId) -> Result<Vec<Floret>, db::DbError> {
    let until = tokio::time::Instant::now() + WAIT;
    loop {
        let florets = board(site, event).await?;
        if !florets.iter().any(is_open) || tokio::time::Instant::now() >= until {
            return Ok(florets);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The rows of the board; `retry` holds the times that late rows point into.
struct Rows<'a> {
    florets: &'a [Floret],
    retry: Vec<String>,
}

impl<'a> Rows<'a> {
    fn of(florets: &'a [Floret]) -> Self {
        let time = |floret: &Floret| match floret.state {
            State::Late { again_at, .. } => {
                let (hour, minute) = again_at.hour_minute();
                format!("{hour}:{minute:02}")
            }
            _ => String::new(),
        };
        Self { florets, retry: florets.iter().map(time).collect() }
    }

    fn list(&'a self, site: &'a Site) -> Vec<ui::Follower<'a>> {
        self.florets
            .iter()
            .zip(&self.retry)
            .map(|(floret, retry)| {
                let office = site.follow_up(&floret.follower).map_or("", |f| f.office);
                let (fact, href, state) = match &floret.state {
                    State::Waiting => ("", None, ui::FollowerState::Bud),
                    State::Done { fact, path, micros } => {
                        (fact.as_str(), Some(path.as_str()), ui::FollowerState::Open { micros: *micros })
                    }
                    State::Late { .. } => ("", None, ui::FollowerState::Late { retry_at: Some(retry.as_str()) }),
                    State::Stopped { .. } => ("", None, ui::FollowerState::Stopped),
                    State::NoConcern => ("", None, ui::FollowerState::None),
                };
                ui::Follower { id: &floret.follower, office, fact, state, href }
            })
            .collect()
    }
}

fn bloom(desk: &Desk, notice: &Notice, event: EventId, florets: &[Floret]) -> Markup {
    let rows = Rows::of(florets);
    let stream = format!("/move-ins/{}/stream", notice.id);
    let latest = format!("/move-ins/{}", notice.id);
    let pending = florets.iter().any(is_open);
    let fresh = desk.site.inside().clock().now().micros_since(event.at()) < 10_000_000;
    ui::followers(ui::Followers {
        id: "followers",
        heading: "届いた課",
        list: &rows.list(&desk.site),
        stream: pending.then_some(stream.as_str()),
        latest: pending.then_some(latest.as_str()),
        show_time: true,
        fresh,
    })
}

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
    html! {
        @if own {
            (ui::notice(ui::Notice {
                tone: ui::Tone::Info, heading: "本登録は別の職員が行います",
                body: html! { p { "仮登録しました。窓口の別の職員の列に並んでいます。" } },
            }))
        }
        (ui::form(frame, html! {
            @if own {
                @if desk.may(Change, MOVE_IN) { (ui::button(withdraw)) }
            } @else {
                p { (count) "人を転入で本登録します。" }
                (ui::submit_row(ui::SubmitRow {
                    main: ui::Button { label: "本登録する", keys: Some("Ctrl Enter"), ..Default::default() },
                    second: (desk.may(Change, MOVE_IN) && desk.may(Approve, MOVE_IN)).then_some(withdraw),
                    leave: Some(("/desk", "机に戻る")),
                    draft_saved_at: None,
                }))
            }
        }))
    }
}

fn beside(notice: &Notice) -> Markup {
    let (hour, minute) = notice.entered_at.hour_minute();
    let mut facts = vec![ui::Fact {
        label: "仮登録",
        value: html! { (notice.entered_by_name) "　" (hour) ":" (format!("{minute:02}")) },
        act: None,
    }];
    if let Some(name) = &notice.decided_by_name {
        facts.push(ui::Fact { label: notice.state.title(), value: html! { (name) }, act: None });
    }
    html! {
        (ui::panel("この届け", ui::summary_list(&facts)))
        @if let Some(household) = notice.household {
            (ui::panel("次にすること", html! {
                p { a.fd-link href={ "/households/" (household) } { "世帯を開く" } }
                p { a.fd-link href={ "/households/" (household) "/certificate" } data-key="KeyP" { "住民票の写しを開く" (ui::kbd("Alt P")) } }
            }))
        }
    }
}

/// Sends each floret once it has opened, and the end.
pub(crate) async fn stream(
    desk: Desk,
    Path(text): Path<String>,
) -> Result<Sse<impl futures_core::Stream<Item = Result<Message, Infallible>>>, PageError> {
    let event = load(&desk, id(&text)?).await?.event.ok_or(PageError::NotFound)?;
    let (sender, receiver) = mpsc::channel(16);
    tokio::spawn(watch(desk.site.clone(), event, sender));
    Ok(Sse::new(Receiving(receiver)))
}

async fn watch(site: Site, event: EventId, sender: mpsc::Sender<Result<Message, Infallible>>) {
    let mut sent: Vec<Floret> = Vec::new();
    for _ in 0..LOOKS {
        let Ok(florets) = board(&site, event).await else { return };
        let rows = Rows::of(&florets);
        let list = rows.list(&site);
        for (floret, row) in florets.iter().zip(&list).filter(|(floret, _)| !sent.contains(floret)) {
            let html = if is_open(floret) { continue } else { ui::follower_row(row, true) };
            if sender.send(Ok(Message::default().data(html.into_string()))).await.is_err() {
                return;
            }
        }
        let count = ui::follower_count("followers", &list, true).into_string();
        drop(sender.send(Ok(Message::default().data(count))).await);
        if !florets.iter().any(is_open) {
            let status = ui::follower_status("followers", &list).into_string();
            drop(sender.send(Ok(Message::default().data(status))).await);
            drop(sender.send(Ok(Message::default().event("done").data(""))).await);
            return;
        }
        sent = florets;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The receiving end of a channel as a stream.
struct Receiving(mpsc::Receiver<Result<Message, Infallible>>);

impl futures_core::Stream for Receiving {
    type Item = Result<Message, Infallible>;
    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        context: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
