//! A household: members, address, history.
use axum::extract::Path;
use base::{HouseholdId, PersonId, wareki};
use identity::Action::{Create, Read};
use identity::Purpose;
use maud::{Markup, html};
use register::{HouseholdRecord, Resident, Version};
use web::{Desk, PageError, View};

use crate::{CERTIFICATE, MOVE_IN, PART, person};

/// What the page shows.
struct Opened {
    household: HouseholdRecord,
    /// The member whose record is open.
    open: Option<PersonId>,
    versions: Vec<Version>,
}

pub(crate) async fn person(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: PersonId = id.parse().map_err(|_| PageError::NotFound)?;
    open(&desk, None, Some(id)).await
}

pub(crate) async fn household(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: HouseholdId = id.parse().map_err(|_| PageError::NotFound)?;
    open(&desk, Some(id), None).await
}

async fn open(
    desk: &Desk,
    household: Option<HouseholdId>,
    person: Option<PersonId>,
) -> Result<Markup, PageError> {
    let opened = desk.look(Purpose("住民票の照会"), move |looking| {
        let household = match (household, person) {
            (Some(household), _) => register::household_record(looking, household)?,
            (None, Some(person)) => register::household_of(looking, person)?,
            (None, None) => None,
        };
        let Some(household) = household else { return Ok(None) };
        let open = person.or_else(|| household.members.first().map(|m| m.person));
        let versions = match open {
            Some(open) => register::versions(looking, open)?,
            None => Vec::new(),
        };
        Ok::<_, db::DbError>(Some(Opened { household, open, versions }))
    })
    .await?;
    Ok(page(desk, &opened.ok_or(PageError::NotFound)?))
}

fn page(desk: &Desk, opened: &Opened) -> Markup {
    let open = opened.household.members.iter().find(|m| Some(m.person) == opened.open);
    let title = open.map_or_else(|| "世帯".to_owned(), |m| m.name.whole());
    desk.framed(View { title: &title, part: PART, ..View::default() }, |frame| {
        ui::desk_page(ui::DeskPage {
            frame,
            queue: members(desk, opened),
            main: html! {
                @match open {
                    Some(resident) => (record(desk, opened, resident)),
                    None => { h1 { "世帯 " (opened.household.household_no) } (ui::empty_state("いまの世帯員はいません", None)) }
                }
            },
            context: ui::panel("履歴", history(&opened.versions)),
            paper: None,
        })
    })
}

fn members(desk: &Desk, opened: &Opened) -> Markup {
    let today = desk.site.inside().clock().today();
    let items: Vec<(String, String, &Resident)> = opened
        .household
        .members
        .iter()
        .map(|m| (person::path(m), format!("{}　{}", m.relationship, person::age(m, today)), m))
        .collect();
    let queue: Vec<ui::QueueItem> = items
        .iter()
        .map(|(href, what, member)| ui::QueueItem {
            href,
            name: person::name(member),
            what,
            when: "",
            state: "",
            current: Some(member.person) == opened.open,
        })
        .collect();
    ui::queue("世帯員", &format!("{}人", queue.len()), &queue, "いまの世帯員はいません")
}

fn record(desk: &Desk, opened: &Opened, resident: &Resident) -> Markup {
    let today = desk.site.inside().clock().today();
    let facts = [
        html! { (person::birth(resident)) "（" (person::age(resident, today)) "）" },
        html! { (resident.sex) },
        html! { (resident.relationship) },
        html! { "宛名番号 " (ui::number(&resident.person_no.to_string())) },
    ];
    html! {
        (ui::record_header(ui::RecordHeader {
            name: person::name(resident),
            kana: &resident.name.whole_kana(),
            facts: &facts,
            ..Default::default()
        }))
        (acts(desk, opened))
        (ui::panel("住民票", ui::summary_list(&items(desk, opened, resident))))
    }
}

fn acts(desk: &Desk, opened: &Opened) -> Markup {
    let id = opened.household.id;
    html! {
        p.fd-acts {
            @if desk.may(Read, CERTIFICATE) {
                (ui::key_link(&format!("/households/{id}/certificate"), "住民票の写しを開く", "Alt P"))
            }
            @if desk.may(Create, MOVE_IN) {
                (ui::link(&format!("/move-ins/new?household={id}"), "この世帯に転入する人を入力する"))
            }
        }
    }
}

fn items<'a>(desk: &Desk, opened: &Opened, resident: &'a Resident) -> Vec<ui::Fact<'a>> {
    let city = desk.site.city();
    let address = resident.place.written(&format!("{}{}", city.prefecture, city.name));
    let postal = resident.place.postal_code(city.id).map(|code| format!("〒{code}　")).unwrap_or_default();
    let fact = |label, value: Markup| ui::Fact { label, value, act: None };
    let mut facts = vec![
        fact("世帯番号", ui::number(&opened.household.household_no)),
        fact("住所", html! { (postal) (address) }),
        fact("住所を定めた日", html! { (wareki(resident.address_since)) }),
        fact("住民となった日", html! { (wareki(resident.resident_since)) }),
        fact("届出の日", html! { @match resident.filed_on { Some(day) => (wareki(day)), None => "—" } }),
        fact("転入前住所", html! { (resident.previous_address) }),
    ];
    if resident.nationality.is_empty() {
        facts.push(fact("本籍", html! { (resident.domicile) }));
        facts.push(fact("筆頭者", html! { (resident.domicile_head) }));
    } else {
        facts.push(fact("国籍・地域", html! { (resident.nationality) }));
        facts.push(fact("通称", html! { (resident.name.common) }));
    }
    facts
}

fn history(versions: &[Version]) -> Markup {
    let details: Vec<Markup> = versions
        .iter()
        .map(|v| html! { (v.resident.place.written("")) "　" (v.resident.relationship) })
        .collect();
    let moments: Vec<ui::Moment> = versions
        .iter()
        .zip(details)
        .map(|(version, detail)| ui::Moment {
            when: html! { (wareki(version.effective_on)) },
            what: &version.reason,
            detail,
            who: &version.recorded_by,
            href: None,
        })
        .collect();
    ui::timeline(&moments)
}
