//! The trellis of a move-in: buds before the act, florets after it, and the stream that opens them.
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::Path;
use axum::response::sse::{Event as Message, Sse};
use events::{EventId, Floret, State};
use maud::{Markup, html};
use register::Notice;
use tokio::sync::mpsc;
use web::{Desk, PageError, Site};

use crate::check_page::{id, load};

/// The page after the act waits this long for the followers, so that most boards arrive in bloom.
const WAIT: Duration = Duration::from_millis(250);
/// A stream that has nothing more to tell ends after this many looks.
const LOOKS: u32 = 300;

/// What the followers would do, asked of the same functions that will do it.
pub(crate) fn buds(desk: &Desk, notice: &Notice) -> Markup {
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

pub(crate) fn is_open(floret: &Floret) -> bool {
    matches!(floret.state, State::Waiting)
}

async fn board(site: &Site, event: EventId) -> Result<Vec<Floret>, db::DbError> {
    site.inside().read(site.city().id, move |tx| events::board(tx, event)).await
}

/// The board, once every follower has answered or [`WAIT`] is over.
pub(crate) async fn settled(site: &Site, event: EventId) -> Result<Vec<Floret>, db::DbError> {
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
                    State::Late { .. } => {
                        ("", None, ui::FollowerState::Late { retry_at: Some(retry.as_str()) })
                    }
                    State::Stopped { .. } => ("", None, ui::FollowerState::Stopped),
                    State::NoConcern => ("", None, ui::FollowerState::None),
                };
                ui::Follower { id: &floret.follower, office, fact, state, href }
            })
            .collect()
    }
}

/// Who followed, in how many milliseconds.
pub(crate) fn bloom(desk: &Desk, notice: &Notice, event: EventId, florets: &[Floret]) -> Markup {
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
            drop(sender.send(Ok(Message::default().event("done").data("done"))).await);
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
