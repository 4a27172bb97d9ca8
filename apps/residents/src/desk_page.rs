//! 受付の机: what waits, what was done today, what was searched lately.
use axum::response::{IntoResponse, Redirect, Response};
use base::At;
use db::DbError;
use identity::Action::{Create, List};
use identity::Purpose;
use maud::{Markup, html};
use register::{NoticeState, Shown, Waiting, waiting};
use web::{Desk, PageError, View};

use crate::{MOVE_IN, PART, draft};

pub(crate) async fn desk(desk: Desk) -> Result<Response, PageError> {
    if !desk.may(List, MOVE_IN) {
        return Ok(own_office(&desk)?.into_response());
    }
    let since = start_of_day(desk.site.inside().clock().now());
    let notices = desk.look(Purpose("受付の一覧"), move |looking| waiting(looking, since));
    let notices: Vec<Waiting> = notices.await.map_err(|e: DbError| PageError::from(e))?;
    let actor = desk.actor().clone();
    let searches =
        desk.site.inside().read(actor.municipality, move |tx| draft::recent_searches(tx, &actor)).await;
    Ok(page(&desk, &notices, &searches.map_err(|e: DbError| PageError::from(e))?).into_response())
}

/// Other offices begin at their own page.
fn own_office(desk: &Desk) -> Result<Redirect, PageError> {
    let items = desk.site.apps().iter().flat_map(|app| app.menu);
    let first = items.filter(|item| item.href != "/desk").find(|item| desk.may(item.need.0, item.need.1));
    first.map(|item| Redirect::to(item.href)).ok_or(PageError::Forbidden)
}

/// Midnight in Japan.
fn start_of_day(at: At) -> At {
    let (hour, minute) = at.hour_minute();
    at.plus_seconds(-(hour * 3600 + minute * 60))
}

/// What a line of the queue says.
struct Line<'a> {
    href: String,
    name: Markup,
    what: String,
    when: String,
    notice: &'a Waiting,
}

fn lines(notices: &[Waiting]) -> Vec<Line<'_>> {
    notices
        .iter()
        .map(|notice| {
            let (hour, minute) = notice.entered_at.hour_minute();
            Line {
                href: format!("/move-ins/{}", notice.id),
                name: notice
                    .first
                    .as_ref()
                    .map_or_else(|| html! {}, |(family, given)| ui::name(family, given)),
                what: match notice.members {
                    Shown::Open(count) => format!("転入 {count}人"),
                    Shown::Withheld => "窓口責任者へ".to_owned(),
                },
                when: format!("{hour}:{minute:02}"),
                notice,
            }
        })
        .collect()
}

fn queue(heading: &str, lines: &[&Line<'_>], empty: &str) -> Markup {
    let items: Vec<ui::QueueItem> = lines
        .iter()
        .map(|line| ui::QueueItem {
            href: &line.href,
            name: html! { (line.name) },
            what: &line.what,
            when: &line.when,
            state: line.notice.state.title(),
            current: false,
        })
        .collect();
    ui::queue(heading, &format!("{}件", items.len()), &items, empty)
}

fn page(desk: &Desk, notices: &[Waiting], searches: &[String]) -> Markup {
    let lines = lines(notices);
    let (open, done): (Vec<&Line>, Vec<&Line>) =
        lines.iter().partition(|line| line.notice.state == NoticeState::Provisional);
    let own = desk.actor().account.get();
    let (mine, others): (Vec<&Line>, Vec<&Line>) =
        open.iter().partition(|line| line.notice.entered_by == own);
    desk.framed(View { title: "受付の机", part: PART, ..View::default() }, |frame| {
        ui::desk_page(ui::DeskPage {
            frame,
            queue: queue("本登録を待つ届け", &others, "本登録を待つ届けはありません"),
            main: html! {
                h1 { "受付の机" }
                @if desk.may(Create, MOVE_IN) {
                    p.fd-acts { (ui::key_link("/move-ins/new", "転入届を入力する", "Alt N")) }
                }
                div.fd-sections {
                    (queue("きょうの受付", &done, "きょうの本登録はまだありません"))
                    (queue("自分が仮登録した届け", &mine, "別の職員を待つ届けはありません"))
                }
            },
            context: ui::panel("最近の検索", recent(searches)),
            paper: None,
        })
    })
}

fn recent(searches: &[String]) -> Markup {
    html! {
        @if searches.is_empty() { (ui::empty_state("まだ検索していません", Some(("/residents", "住民をさがす", Some("/"))))) }
        ul.fd-links {
            @for typed in searches {
                @let query = serde_urlencoded::to_string([("q", typed)]).unwrap_or_default();
                li { (ui::link(&format!("/residents?{query}"), typed)) }
            }
        }
    }
}
