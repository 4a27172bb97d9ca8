//! 届いていない課: followers that fail, for the section that runs the program. No personal data stands here.
use axum::extract::Form;
use axum::response::Redirect;
use base::At;
use db::{DbError, Tx};
use events::facts::{Fact, MovedIn, TakenOver};
use events::{EventId, FollowUp, Trouble};
use maud::{Markup, html};
use serde::Deserialize;
use web::{Desk, PageError, Submission, View, first_result, keep_result};

use crate::PART;

const PATH: &str = "/followers";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    submission_id: String,
    follower: String,
    /// Id of the event; only for a retry.
    event: String,
}

pub(crate) async fn show(desk: Desk) -> Result<Markup, PageError> {
    let found = desk.site.inside().read(desk.site.city().id, events::troubles);
    let troubles: Result<Vec<Trouble>, DbError> = found.await;
    Ok(markup(&desk, &troubles?))
}

/// 「いま実行する」: all tries lie before the job again.
pub(crate) async fn retry(desk: Desk, Form(sent): Form<Sent>) -> Result<Redirect, PageError> {
    let event: EventId = sent.event.parse().map_err(|_| PageError::NotFound)?;
    let follow_up = follow_up(&desk, &sent.follower)?;
    // A job that succeeded meanwhile is gone: the list then shows it no more, which is the answer.
    once(&desk, &sent, move |tx| events::retry(tx, follow_up.name, event).map(drop)).await
}

/// 「最初から読み直す」: empties what the follower wrote and lets it follow every event again.
pub(crate) async fn replay(desk: Desk, Form(sent): Form<Sent>) -> Result<Redirect, PageError> {
    let follow_up = follow_up(&desk, &sent.follower)?;
    once(&desk, &sent, move |tx| events::replay(tx, follow_up)).await
}

fn follow_up(desk: &Desk, name: &str) -> Result<&'static FollowUp, PageError> {
    desk.site.follow_up(name).ok_or(PageError::NotFound)
}

async fn once(
    desk: &Desk,
    sent: &Sent,
    act: impl Fn(&mut Tx<'_>) -> Result<(), DbError> + Send + 'static,
) -> Result<Redirect, PageError> {
    let (actor, at) = (desk.actor().clone(), desk.site.inside().clock().now());
    let once = Submission::sent(&sent.submission_id);
    let done = desk.site.inside().write(actor.municipality, move |tx| {
        if first_result(tx, &actor, &once)?.is_none() {
            act(tx)?;
            keep_result(tx, &actor, &once, PATH, at)?;
        }
        Ok::<_, DbError>(())
    });
    done.await?;
    Ok(Redirect::to(PATH))
}

const TROUBLES: [ui::Column<'static>; 6] = [
    ui::Column { label: "課", width: ui::Width::Name, sort: None },
    ui::Column { label: "できごと", width: ui::Width::Date, sort: None },
    ui::Column { label: "理由", width: ui::Width::Address, sort: None },
    ui::Column { label: "試した回数", width: ui::Width::Figure, sort: None },
    ui::Column { label: "次に試す", width: ui::Width::Date, sort: None },
    ui::Column { label: "いま", width: ui::Width::Date, sort: None },
];

const FOLLOWERS: [ui::Column<'static>; 4] = [
    ui::Column { label: "課", width: ui::Width::Name, sort: None },
    ui::Column { label: "表", width: ui::Width::Address, sort: None },
    ui::Column { label: "残り（件）", width: ui::Width::Figure, sort: None },
    ui::Column { label: "読み直し", width: ui::Width::Name, sort: None },
];

fn markup(desk: &Desk, troubles: &[Trouble]) -> Markup {
    let failing: Vec<ui::Row> = troubles.iter().map(|trouble| failing(desk, trouble)).collect();
    let every: Vec<ui::Row> =
        desk.site.follow_ups().iter().map(|one| follower(desk, one, troubles)).collect();
    let heading = "届いていない課";
    desk.framed(View { title: heading, part: PART, ..View::default() }, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading,
            acts: html! { p role="status" { (troubles.len()) "件" } },
            filter: html! {},
            list: html! {
                (ui::table(ui::Table {
                    caption: heading,
                    columns: &TROUBLES,
                    rows: &failing,
                    empty: "どの課にも届いています",
                    keys: false,
                }))
                h2 { "課の表を最初から読み直す" }
                p { "表を空にして、記録のはじめから読みます。済みの記録は残り、ほかの課は止まりません。" }
                (ui::table(ui::Table {
                    caption: "課の表",
                    columns: &FOLLOWERS,
                    rows: &every,
                    empty: "届ける課はありません",
                    keys: false,
                }))
            },
            detail: None,
            pages: html! {},
        })
    })
}

fn failing(desk: &Desk, trouble: &Trouble) -> ui::Row {
    let office = desk.site.follow_up(&trouble.follower).map_or(trouble.follower.as_str(), |one| one.office);
    let cells = vec![
        html! { (office) },
        html! { (kind(&trouble.kind)) " " (moment(trouble.recorded_at)) },
        html! { (trouble.trouble) },
        html! { (trouble.attempts) },
        html! {
            @match trouble.again_at {
                Some(at) => (moment(at)),
                None => (ui::tag(ui::Tag::Error, "止まりました")),
            }
        },
        act(desk, "/followers/retry", &trouble.follower, Some(trouble.event), "いま実行する"),
    ];
    ui::Row { cells, selected: false }
}

fn follower(desk: &Desk, follow_up: &FollowUp, troubles: &[Trouble]) -> ui::Row {
    let failing = troubles.iter().filter(|trouble| trouble.follower == follow_up.name).count();
    let cells = vec![
        html! { (follow_up.office) },
        html! { (follow_up.name) },
        html! { (failing) },
        act(desk, "/followers/replay", follow_up.name, None, "最初から読み直す"),
    ];
    ui::Row { cells, selected: false }
}

/// A kind of fact as clerks call it.
fn kind(kind: &str) -> &str {
    match kind {
        MovedIn::KIND => "転入",
        TakenOver::KIND => "初期移行",
        other => other,
    }
}

fn moment(at: At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{} {hour}:{minute:02}", base::wareki_short(at.date()))
}

fn act(desk: &Desk, action: &str, follower: &str, event: Option<EventId>, label: &str) -> Markup {
    let once = Submission::fresh();
    let frame = ui::Form {
        action,
        csrf: desk.csrf(),
        submission_id: Some(once.as_str()),
        label: Some(follower),
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            input type="hidden" name="follower" value=(follower);
            @if let Some(event) = event { input type="hidden" name="event" value=(event); }
            (ui::button(ui::Button { kind: ui::Kind::Outline, label, ..Default::default() }))
        },
    )
}
