//! The trellis (screens §8): one beam, and from it hangs a raceme; each office that must follow is one
//! floret. Before the act the same rows hang there as buds. Nothing moves; only hollow becomes full.
//!
//! A stream (`data-stream`) sends HTML: each element with an id replaces the element of that id
//! ([`follower_row`], [`follower_count`], and at the very end [`follower_status`]); the event `done` closes it.
use crate::text::{ms, things};
use maud::{Markup, html};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FollowerState<'a> {
    /// Will follow when the act is done.
    Bud,
    /// Has followed; microseconds from the act's commit to the follower's own.
    Open { micros: i64 },
    /// Over a second or waiting for another try; the time of that try, 「9:15」.
    Late { retry_at: Option<&'a str> },
    /// Twelve tries failed; the section in charge knows.
    Stopped,
    /// This act does not concern the office; folded into one line.
    None,
}

#[derive(Debug, Clone, Copy)]
pub struct Follower<'a> {
    /// Id of the row in the page, unique and stable: the stream replaces by it.
    pub id: &'a str,
    pub office: &'a str,
    /// What will happen or has happened, in one sentence.
    pub fact: &'a str,
    pub state: FollowerState<'a>,
    /// That office's own page, or the reason page of a late one; only if the right allows.
    pub href: Option<&'a str>,
}

#[derive(Debug, Clone, Copy)]
pub struct Followers<'a> {
    /// Prefix of the ids of head and status.
    pub id: &'a str,
    /// 「つぎの課に届きます」 for screen readers when there is no better h2 above.
    pub heading: &'a str,
    /// In the order of the offices; never sorted by state.
    pub list: &'a [Follower<'a>],
    /// Address of the event stream while something is still to come.
    pub stream: Option<&'a str>,
    /// Address of this very page, for 「最新の状態を見る」 without script.
    pub latest: Option<&'a str>,
    /// Staff see milliseconds, residents do not.
    pub show_time: bool,
    /// First view after the act: florets open once, in list order.
    pub fresh: bool,
}

pub fn followers(f: Followers) -> Markup {
    html! {
        section.fd-trellis aria-labelledby={ (f.id) "-heading" } data-stream=[f.stream] data-fresh[f.fresh]
            data-times[f.show_time] {
            h2.fd-hidden id={ (f.id) "-heading" } { (f.heading) }
            div.fd-trellis__beam {}
            (follower_count(f.id, f.list, f.show_time))
            (follower_status(f.id, f.list))
            ol.fd-trellis__list {
                @for follower in f.list.iter().filter(|one| one.state != FollowerState::None) {
                    (follower_row(follower, f.show_time))
                }
            }
            (unrelated(f.list))
            @if let (Some(latest), Some(_)) = (f.latest, f.stream) {
                noscript { p.fd-trellis__latest { (crate::link(latest, "最新の状態を見る")) } }
            }
        }
    }
}

/// The visible count. Not a live region: rows may come by the dozen.
pub fn follower_count(id: &str, list: &[Follower], show_time: bool) -> Markup {
    html! {
        p.fd-trellis__head id={ (id) "-count" } {
            strong { (count_sentence(list)) }
            @if show_time { span.fd-trellis__last { (last_sentence(list)) } }
        }
    }
}

/// The one live region: said on load, and once more when everything has arrived.
pub fn follower_status(id: &str, list: &[Follower]) -> Markup {
    html! { p.fd-hidden id={ (id) "-status" } role="status" { (count_sentence(list)) } }
}

fn counts(list: &[Follower]) -> (usize, usize, bool) {
    let concerned = list.iter().filter(|one| one.state != FollowerState::None);
    let all = concerned.clone().count();
    let open = concerned.clone().filter(|one| matches!(one.state, FollowerState::Open { .. })).count();
    let buds = all > 0 && concerned.clone().all(|one| one.state == FollowerState::Bud);
    (all, open, buds)
}

fn count_sentence(list: &[Follower]) -> String {
    match counts(list) {
        (0, ..) => "届ける課はありません".to_owned(),
        (all, _, true) => format!("{}の課に届きます", things(all)),
        (all, open, _) if all == open => format!("{}の課に届きました", things(all)),
        (all, open, _) => format!("{}の課のうち{}に届きました", things(all), things(open)),
    }
}

fn last_sentence(list: &[Follower]) -> String {
    let times = list.iter().filter_map(|one| match one.state {
        FollowerState::Open { micros } => Some(micros),
        _ => None,
    });
    match (counts(list), times.max()) {
        ((all, open, _), Some(micros)) if all == open => format!("最後は {}", ms(micros)),
        ((_, open @ ..10, _), Some(micros)) => format!("{open}つ目まで {}", ms(micros)),
        ((_, open, _), Some(micros)) => format!("{open}番目まで {}", ms(micros)),
        (_, None) => String::new(),
    }
}

/// One row. Only its shape, its words and its link change with the state, never its place.
pub fn follower_row(f: &Follower, show_time: bool) -> Markup {
    html! {
        li.fd-floret id=(f.id) data-state=(mark(f.state)) {
            span.fd-floret__shape { (shape(f.state)) }
            span.fd-floret__office { (f.office) }
            span.fd-floret__fact { (fact(f)) }
            @if show_time { span.fd-floret__ms { (time(f.state)) } }
            span.fd-floret__act { (act(f)) }
        }
    }
}

fn mark(state: FollowerState) -> &'static str {
    match state {
        FollowerState::Bud => "bud",
        FollowerState::Open { .. } => "open",
        FollowerState::Late { .. } => "late",
        FollowerState::Stopped => "stopped",
        FollowerState::None => "none",
    }
}

/// Drawn with strokes and fills in `currentColor`, because backgrounds vanish in forced colours.
fn shape(state: FollowerState) -> Markup {
    html! {
        svg viewBox="0 0 18 18" width="18" height="18" aria-hidden="true" focusable="false" {
            @match state {
                FollowerState::Open { .. } => circle.fd-floret__full cx="9" cy="9" r="9" {},
                FollowerState::Late { .. } => rect.fd-floret__late x="2" y="2" width="14" height="14" rx="1" {},
                FollowerState::Stopped => {
                    rect.fd-floret__stopped x="2" y="2" width="14" height="14" rx="1" {}
                    path.fd-floret__stopped d="M6 6l6 6M12 6l-6 6" {}
                },
                FollowerState::Bud | FollowerState::None => circle.fd-floret__bud cx="9" cy="9" r="8" {},
            }
        }
    }
}

fn fact(f: &Follower) -> Markup {
    html! {
        @match f.state {
            FollowerState::Late { retry_at: Some(at) } => { "まだ届いていません。" (at) "にもう一度送ります" },
            FollowerState::Late { retry_at: None } => "まだ届いていません。もう一度送ります",
            FollowerState::Stopped => "まだ届いていません。係に知らせました",
            _ => (f.fact),
        }
    }
}

fn time(state: FollowerState) -> String {
    match state {
        FollowerState::Open { micros } => ms(micros),
        FollowerState::Late { .. } | FollowerState::Stopped => "—".to_owned(),
        FollowerState::Bud | FollowerState::None => String::new(),
    }
}

fn act(f: &Follower) -> Markup {
    let word = match f.state {
        FollowerState::Late { .. } | FollowerState::Stopped => "理由",
        _ => "開く",
    };
    html! {
        @if let Some(href) = f.href {
            a.fd-link href=(href) { (word) span.fd-hidden { "（" (f.office) "）" } }
        }
    }
}

fn unrelated(list: &[Follower]) -> Markup {
    let count = list.iter().filter(|one| one.state == FollowerState::None).count();
    html! { @if count > 0 { p.fd-trellis__none { "ほかの" (things(count)) "の課は関係ありません" } } }
}
