//! One measure: who, until when, what was done, and everything that the officer can do with it.
use axum::extract::Path;
use base::wareki;
use db::DbError;
use identity::{Looking, Purpose};
use maud::{Markup, html};
use register::{
    Channel, DOCUMENTS, Deed, Found, Party, Protection, ProtectionId, ProtectionState, RELEASE_MINUTES,
    Resident,
};
use web::{Desk, PageError, Submission, View};

use crate::PART;
use crate::list_page::opened;

/// What the page shows.
pub(crate) struct Opened {
    pub measure: Protection,
    pub deeds: Vec<Deed>,
    /// Who may be one of those named.
    pub unsure: Vec<Resident>,
}

pub(crate) fn id(text: &str) -> Result<ProtectionId, PageError> {
    text.parse().map_err(|_| PageError::NotFound)
}

pub(crate) async fn show(desk: Desk, Path(text): Path<String>) -> Result<Markup, PageError> {
    let opened = load(&desk, id(&text)?).await?;
    Ok(page(&desk, &opened, None))
}

pub(crate) async fn load(desk: &Desk, id: ProtectionId) -> Result<Opened, PageError> {
    let found = desk.look(Purpose("支援措置の照会"), move |looking| read(looking, id));
    opened(found.await.map_err(|e: DbError| PageError::from(e))?)
}

fn read(looking: &mut Looking<'_, '_>, id: ProtectionId) -> Result<Found<Opened>, DbError> {
    let measure = match register::protection(looking, id)? {
        Found::Open(measure) => measure,
        Found::Absent => return Ok(Found::Absent),
        Found::Refused => return Ok(Found::Refused),
    };
    let deeds = register::deeds(looking, id)?.open().unwrap_or_default();
    let unsure = register::unsure(looking, id)?.open().unwrap_or_default();
    let unsure = register::present(looking, &unsure)?;
    Ok(Found::Open(Opened { measure, deeds, unsure }))
}

/// With the sentence of an act that was not done.
pub(crate) fn page(desk: &Desk, opened: &Opened, refused: Option<&str>) -> Markup {
    let measure = &opened.measure;
    let name = measure.applicant().map(|party| party.told.name()).unwrap_or_default();
    let title = format!("支援措置　{name}");
    let open = measure.state != ProtectionState::Ended;
    let view = View { title: &title, part: PART, has_errors: refused.is_some(), ..View::default() };
    desk.framed(view, |frame| {
        ui::desk_page(ui::DeskPage {
            frame,
            queue: persons(measure),
            main: html! {
                @if let Some(sentence) = refused {
                    (ui::notice(ui::Notice { tone: ui::Tone::Error, heading: sentence, body: html! {} }))
                }
                h1 { (title) }
                p.fd-acts { (ui::link("/protections", "一覧に戻る")) }
                (ui::summary_list(&facts(desk, measure)))
                h2 { "人" }
                @for party in &measure.parties { (person(party)) }
                @if open { (links(desk, opened)) }
                @if open { (release(desk, measure)) }
            },
            context: html! {
                @if open { (ui::panel("すること", acts(desk, measure))) }
                (ui::panel("履歴", history(&opened.deeds)))
            },
            paper: None,
        })
    })
}

/// The way to the records of those named.
fn persons(measure: &Protection) -> Markup {
    let known: Vec<(String, &Party)> = measure
        .parties
        .iter()
        .filter_map(|party| party.person.map(|person| (format!("/residents/{person}"), party)))
        .collect();
    let items: Vec<ui::QueueItem> = known
        .iter()
        .map(|(href, party)| ui::QueueItem {
            href,
            name: ui::name(&party.told.family, &party.told.given),
            what: party.part.title(),
            ..Default::default()
        })
        .collect();
    let count = format!("{}人", items.len());
    ui::queue("住民票の人", &count, &items, "住民票の人とまだ結びついていません")
}

fn facts<'a>(desk: &Desk, measure: &'a Protection) -> Vec<ui::Fact<'a>> {
    let today = desk.site.inside().clock().today();
    let fact = |label, value: Markup| ui::Fact { label, value, act: None };
    let mut facts = vec![
        fact("状態", html! { (measure.standing(today)) }),
        fact("期間", html! { (wareki(measure.starts_on)) "から" (wareki(measure.ends_on)) "まで" }),
        fact("支援を求める事務", html! { @for act in &measure.acts { (act.title()) br; } }),
    ];
    if let Some(due) = register::due(measure, today) {
        facts.push(fact("お知らせ", html! { (ui::tag(ui::Tag::Warn, due.title())) }));
    }
    if !measure.forwarded_from.is_empty() {
        let day = measure.forwarded_on.map(wareki).unwrap_or_default();
        facts.push(fact("転送元", html! { (measure.forwarded_from) "　" (day) }));
    }
    if !measure.forwarded_to.is_empty() {
        let day = measure.forwarded_to_on.map(wareki).unwrap_or_default();
        facts.push(fact("転送先", html! { (measure.forwarded_to) "　" (day) }));
    }
    facts
}

fn person(party: &Party) -> Markup {
    let told = &party.told;
    let fact = |label, value: Markup| ui::Fact { label, value, act: None };
    let mut facts = vec![
        fact("氏名", html! { (told.name()) "　" (told.family_kana) "　" (told.given_kana) }),
        fact(
            "住民票",
            match party.person {
                Some(person) => ui::link(&format!("/residents/{person}"), "記録を開く"),
                None => html! { "まだ確かめていません（" (party.position) "番）" },
            },
        ),
    ];
    for (label, text) in [
        ("通称", &told.common),
        ("生年月日", &told.birth),
        ("連絡先", &told.contact),
        ("知っていること", &told.note),
    ] {
        if !text.is_empty() {
            facts.push(fact(label, html! { (text) }));
        }
    }
    for (label, texts) in [("申し出た住所", &told.addresses), ("申し出た本籍", &told.domiciles)] {
        if !texts.is_empty() {
            facts.push(fact(label, html! { (texts.join("、")) }));
        }
    }
    ui::panel(party.part.title(), ui::summary_list(&facts))
}

/// A small form of one act.
fn act(desk: &Desk, measure: &Protection, to: &str, label: &str, fields: Markup) -> Markup {
    let action = format!("/protections/{}/{to}", measure.id);
    let once = Submission::fresh();
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        submission_id: Some(once.as_str()),
        label: Some(label),
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            (fields)
            p { (ui::button(ui::Button { kind: ui::Kind::Outline, label, ..Default::default() })) }
        },
    )
}

fn text(name: &str, label: &str) -> Markup {
    ui::text_field(ui::TextField { name, label, width: 12, ..Default::default() })
}

fn acts(desk: &Desk, measure: &Protection) -> Markup {
    html! {
        @if measure.state == ProtectionState::Provisional {
            (act(desk, measure, "confirmation", "支援措置にする", html! {}))
        }
        (act(desk, measure, "extension", "1年延長する", html! {}))
        (act(desk, measure, "forwarding", "転送を記録する", text("to", "転送先の市町村")))
        (act(desk, measure, "end", "終了する", text("reason", "終了の理由")))
    }
}

/// Who may be one of those named: until it is decided here, the record stays shut.
fn links(desk: &Desk, opened: &Opened) -> Markup {
    let places: Vec<(String, String)> = opened
        .measure
        .parties
        .iter()
        .map(|party| (party.position.to_string(), format!("{}　{}", party.part.title(), party.told.name())))
        .collect();
    let mut choices: Vec<ui::Choice> =
        places.iter().map(|(value, label)| ui::Choice { value, label, hint: None }).collect();
    choices.push(ui::Choice { value: "none", label: "別人です", hint: None });
    html! {
        h2 { "人を確かめる" }
        @if opened.unsure.is_empty() { p { "同じ氏名と生年月日の人は、ほかにいません。" } }
        ul {
            @for one in &opened.unsure {
                li { (ui::name(&one.name.family, &one.name.given)) "　" (one.birth.text()) "　宛名番号 " (ui::number(&one.person_no.to_string())) }
            }
        }
        (act(desk, &opened.measure, "link", "確かめた結果を記録する", html! {
            (text("person", "宛名番号"))
            (ui::select_field(ui::SelectField {
                name: "position", label: "この番号の人は", choices: &choices, ..Default::default()
            }))
        }))
    }
}

fn release(desk: &Desk, measure: &Protection) -> Markup {
    let channels: Vec<ui::Choice> = Channel::ALL
        .iter()
        .map(|channel| ui::Choice { value: channel.code(), label: channel.title(), hint: None })
        .collect();
    let documents: Vec<ui::Choice> =
        DOCUMENTS.iter().map(|one| ui::Choice { value: one.key, label: one.title, hint: None }).collect();
    let minutes = RELEASE_MINUTES.to_string();
    html! {
        h2 { "1回だけ解除する" }
        p { "1人の、1つの証明書を、1人の請求者に1回だけ出せます。時間が過ぎると元に戻ります。" }
        (act(desk, measure, "release", "1回だけ解除する", html! {
            div.fd-columns {
                (text("person", "だれの証明書（宛名番号）"))
                (text("requester", "請求者の氏名"))
                (text("reason", "解除の理由"))
                (ui::select_field(ui::SelectField {
                    name: "document", label: "証明書", choices: &documents, placeholder: Some("選ぶ"), ..Default::default()
                }))
                (ui::select_field(ui::SelectField {
                    name: "channel", label: "出し方", input: &ui::Input::of("counter"), choices: &channels, ..Default::default()
                }))
                (ui::text_field(ui::TextField {
                    name: "minutes", label: "何分で戻すか", input: &ui::Input::of(minutes.as_str()), inputmode: Some("numeric"),
                    width: 4, ..Default::default()
                }))
            }
        }))
    }
}

fn history(deeds: &[Deed]) -> Markup {
    let details: Vec<Markup> = deeds
        .iter()
        .map(|deed| html! { (deed.told) @if !deed.reason.is_empty() { "　理由：" (deed.reason) } })
        .collect();
    let moments: Vec<ui::Moment> = deeds
        .iter()
        .zip(details)
        .rev()
        .map(|(deed, detail)| {
            let (hour, minute) = deed.at.hour_minute();
            ui::Moment {
                when: html! { (wareki(deed.at.date())) " " (hour) ":" (format!("{minute:02}")) },
                what: &deed.act,
                detail,
                who: &deed.by,
                href: None,
            }
        })
        .collect();
    ui::timeline(&moments)
}
