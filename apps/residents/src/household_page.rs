//! A household: members, address, history.
use axum::extract::Path;
use base::{HouseholdId, PersonId, wareki};
use identity::Action::{Create, Read};
use identity::Purpose;
use maud::{Markup, html};
use register::{Found, HouseholdRecord, LockAct, Resident, Version};
use web::{Desk, PageError, View};

use crate::{CERTIFICATE, MOVE_IN, PART, number_page, person};

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
            (None, None) => Found::Absent,
        };
        let household = match household {
            Found::Open(household) => household,
            Found::Absent => return Ok(Found::Absent),
            Found::Refused => return Ok(Found::Refused),
        };
        let open = person.or_else(|| household.members.first().map(|m| m.person));
        let versions = match open {
            Some(open) => register::versions(looking, open)?,
            None => Found::Open(Vec::new()),
        };
        Ok::<_, db::DbError>(versions.map(|versions| Opened { household, open, versions }))
    });
    match opened.await? {
        Found::Open(opened) => Ok(page(desk, &opened)),
        Found::Absent => Err(PageError::NotFound),
        Found::Refused => Err(PageError::Shut),
    }
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
    let sentences = warnings(opened);
    let alerts: Vec<ui::Alert> =
        sentences.iter().map(|sentence| ui::Alert { sentence, href: None }).collect();
    html! {
        (ui::record_header(ui::RecordHeader {
            name: person::name(resident),
            kana: &resident.name.whole_kana(),
            facts: &facts,
            strip: ui::AlertStrip { alerts: &alerts },
            ..Default::default()
        }))
        (acts(desk, opened))
        (number_page::way(desk, resident.person))
        @if desk.may(Read, CERTIFICATE) && must_ask(opened) { (copy_form(desk, opened, resident)) }
        (ui::panel("住民票", ui::summary_list(&items(desk, opened, resident))))
    }
}

/// What holds on this record: only who may know of a 支援措置 has the page open.
fn warnings(opened: &Opened) -> Vec<String> {
    let household = &opened.household;
    let shielded = household.shielded.then(|| "支援措置の対象です。発行は1回ごとに解除します".to_owned());
    let locks = household.locks.iter().map(|lock| format!("抑止　{}　{}", lock.title(), lock.reason));
    shielded.into_iter().chain(locks).collect()
}

fn acts(desk: &Desk, opened: &Opened) -> Markup {
    let id = opened.household.id;
    html! {
        p.fd-acts {
            @if desk.may(Read, CERTIFICATE) && !must_ask(opened) {
                (ui::key_link(&format!("/households/{id}/certificate"), "住民票の写しを開く", "Alt P"))
            }
            @if desk.may(Create, CERTIFICATE) { (ui::link(&format!("/households/{id}/copies"), "住民票の写しを発行する")) }
            @if desk.may(Create, MOVE_IN) {
                (ui::link(&format!("/move-ins/new?household={id}"), "この世帯に転入する人を入力する"))
            }
        }
    }
}

/// A paper of this household names who asks for it: the record is shielded or locked.
fn must_ask(opened: &Opened) -> bool {
    opened.household.shielded || opened.household.locks.iter().any(|lock| lock.warns(LockAct::Issue))
}

/// Who asks for the copy; the register decides by it.
fn copy_form(desk: &Desk, opened: &Opened, resident: &Resident) -> Markup {
    let action = format!("/households/{}/certificate", opened.household.id);
    let frame =
        ui::Form {
            action: &action, csrf: desk.csrf(), label: Some("住民票の写し"), ..Default::default()
        };
    let field = |name: &'static str, label: &'static str| {
        ui::text_field(ui::TextField { name, label, width: 12, ..Default::default() })
    };
    let person = resident.person.to_string();
    let choices = [
        ui::Choice { value: &person, label: "この人だけ", hint: None },
        ui::Choice { value: "", label: "世帯全員", hint: None },
    ];
    let asks = opened.household.locks.iter().any(|lock| lock.warns(LockAct::Issue));
    ui::panel(
        "住民票の写しを出す",
        ui::form(
            frame,
            html! {
                (ui::select_field(ui::SelectField {
                    name: "person", label: "写しにのせる人", input: &ui::Input::of(person.as_str()), choices: &choices,
                    ..Default::default()
                }))
                div.fd-columns { (field("requester", "請求者の氏名")) (field("relation", "本人との関係")) (field("agent", "代理人の氏名")) }
                @if asks {
                    p { label { input type="checkbox" name="acknowledged" value="1"; " 発行の注意を確かめました" } }
                }
                p { (ui::button(ui::Button { kind: ui::Kind::Outline, label: "住民票の写しを作る", ..Default::default() })) }
            },
        ),
    )
}

fn items<'a>(desk: &Desk, opened: &Opened, resident: &'a Resident) -> Vec<ui::Fact<'a>> {
    let city = desk.site.city();
    let Some(home) = resident.home.open() else { return Vec::new() };
    let address = home.place.written(&format!("{}{}", city.prefecture, city.name));
    let postal = home.place.postal_code(city.id).map(|code| format!("〒{code}　")).unwrap_or_default();
    let fact = |label, value: Markup| ui::Fact { label, value, act: None };
    let mut facts = vec![
        fact("世帯番号", ui::number(&opened.household.household_no)),
        fact("住所", html! { (postal) (address) }),
        fact("住所を定めた日", html! { (wareki(resident.address_since)) }),
        fact("住民となった日", html! { (wareki(resident.resident_since)) }),
        fact("届出の日", html! { @match resident.filed_on { Some(day) => (wareki(day)), None => "—" } }),
        fact("転入前住所", html! { (home.previous_address) }),
    ];
    if resident.nationality.is_empty() {
        facts.push(fact("本籍", html! { (home.domicile) }));
        facts.push(fact("筆頭者", html! { (home.domicile_head) }));
    } else {
        facts.push(fact("国籍・地域", html! { (resident.nationality) }));
        facts.push(fact("通称", html! { (resident.name.common) }));
    }
    facts
}

fn history(versions: &[Version]) -> Markup {
    let details: Vec<Markup> = versions
        .iter()
        .map(|v| html! { (person::address(&v.resident)) "　" (v.resident.relationship) })
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
