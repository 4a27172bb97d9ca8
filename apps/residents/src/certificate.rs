//! 住民票の写し as a page with print styles; the numbered paper comes with the typesetter. Whether it may be issued is
//! the register's answer at that moment, and every answer is recorded.
use axum::extract::{Form, Path};
use base::{HouseholdId, PersonId, wareki};
use db::DbError;
use identity::Caller;
use maud::{Markup, html};
use register::{Applicant, Channel, IssueRefused, IssueRequest, Paper, RESIDENT_COPY, Resident, Subject};
use serde::Deserialize;
use web::{Desk, PageError, Site};

use crate::{PART, person};

/// Who asks for a copy, as the counter writes it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    /// Id of the only member on the paper; empty: the whole household.
    pub person: String,
    pub requester: String,
    pub relation: String,
    pub agent: String,
    /// The clerk has answered the locks that ask for an answer.
    pub acknowledged: String,
}

impl Asked {
    pub(crate) fn request(&self, subject: Subject) -> IssueRequest {
        let named = |name: &str, relation: &str| {
            let name = name.trim().to_owned();
            (!name.is_empty()).then(|| Applicant { person: None, name, relation: relation.to_owned() })
        };
        IssueRequest {
            document: RESIDENT_COPY,
            channel: Channel::Counter,
            subjects: vec![subject],
            requester: named(&self.requester, &self.relation),
            agent: named(&self.agent, "代理人"),
            acknowledged: !self.acknowledged.is_empty(),
        }
    }
}

/// Decides and makes the paper in one transaction.
pub(crate) async fn issue(
    site: &Site,
    caller: Caller,
    request: IssueRequest,
) -> Result<Result<Paper, IssueRefused>, DbError> {
    let issued = site.inside().write(caller.actor.municipality, move |tx| {
        Ok::<_, DbError>(match register::may_issue(tx, &caller, &request)? {
            Ok(permit) => Ok(register::issued(tx, permit)?),
            // The refusal is recorded, so the transaction is kept.
            Err(refused) => Err(refused),
        })
    });
    issued.await
}

/// For a household that nothing is held against; nobody is asked who wants it.
pub(crate) async fn certificate(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    give(&desk, &id, &Asked::default()).await
}

pub(crate) async fn asked(
    desk: Desk,
    Path(id): Path<String>,
    Form(asked): Form<Asked>,
) -> Result<Markup, PageError> {
    give(&desk, &id, &asked).await
}

async fn give(desk: &Desk, id: &str, asked: &Asked) -> Result<Markup, PageError> {
    let household: HouseholdId = id.parse().map_err(|_| PageError::NotFound)?;
    let subject = match asked.person.as_str() {
        "" => Subject::Household(household),
        person => Subject::Person(person.parse::<PersonId>().map_err(|_| PageError::NotFound)?),
    };
    match issue(&desk.site, desk.caller(), asked.request(subject)).await? {
        Ok(paper) => Ok(sheet(desk, household, &paper)),
        Err(IssueRefused::Absent) => Err(PageError::NotFound),
        // A lock that asks for an answer is answered where the paper is asked for.
        Err(IssueRefused::Shut | IssueRefused::Unanswered) => Err(PageError::Shut),
    }
}

fn sheet(desk: &Desk, household: HouseholdId, paper: &Paper) -> Markup {
    let (city, now) = (desk.site.city(), desk.site.inside().clock().now());
    let whole = format!("{}{}", city.prefecture, city.name);
    let as_of = format!("{} 現在", wareki(now.date()));
    let user = format!("{}　{}", desk.actor().section.name, desk.actor().name);
    let (hour, minute) = now.hour_minute();
    let printed = format!("{}　{hour}時{minute:02}分", wareki(now.date()));
    let address =
        paper.residents.first().and_then(|one| one.home.open()).map(|home| home.place.written(&whole));
    let head = paper.residents.iter().find(|m| m.relationship.is_head());
    ui::print_page(ui::PrintPage {
        page: ui::Page {
            title: "住民票の写し",
            part: PART,
            city: &city.name,
            bands: desk.site.bands(),
            ..Default::default()
        },
        heading: "住民票の写し",
        head: &[&city.name, &as_of],
        body: html! {
            table.fd-paper {
                caption.fd-hidden { "世帯" }
                tbody {
                    tr { th scope="row" { "住所" } td colspan="3" { @if let Some(address) = &address { (address) } } }
                    tr {
                        th scope="row" { "世帯主" }
                        td { @match head { Some(head) => (person::name(head)), None => "未設定" } }
                        th scope="row" { "世帯番号" } td { (paper.household_no) }
                    }
                }
            }
            @for (i, member) in paper.residents.iter().enumerate() { (entry(i + 1, member)) }
            p.fd-paper__statement { "この写しは、世帯全員の住民票の原本と相違ないことを証明する。" }
            p.fd-paper__date { (wareki(now.date())) }
            p.fd-paper__authority { (whole) "長　" (city.mayor) }
        },
        foot: &[&user, &printed, "画面からの印刷です。証明書としては使えません。"],
        bar: html! {
            (ui::back_link(&format!("/households/{}", household), "世帯に戻る"))
            button.dads-button type="button" data-type="solid-fill" data-print hidden { "この用紙を印刷する" }
        },
    })
}

/// The standard layout's items; numbers, 本籍 and 続柄 follow the request once papers are issued.
fn entry(number: usize, member: &Resident) -> Markup {
    let Some(home) = member.home.open() else { return html! {} };
    html! {
        table.fd-paper {
            caption.fd-hidden { "世帯員 " (number) }
            tbody {
                tr {
                    th scope="row" { (number) "　氏名" }
                    td colspan="3" { (ui::kana(&member.name.whole_kana())) br; span.fd-paper__name { (person::name(member)) } }
                }
                tr {
                    th scope="row" { "生年月日" } td { (person::birth(member)) }
                    th scope="row" { "性別" } td { (member.sex) }
                }
                tr {
                    th scope="row" { "続柄" } td { (member.relationship) }
                    th scope="row" { "住民となった年月日" } td { (wareki(member.resident_since)) }
                }
                tr {
                    th scope="row" { "住所を定めた年月日" } td { (wareki(member.address_since)) }
                    th scope="row" { "届出の年月日" }
                    td { @match member.filed_on { Some(day) => (wareki(day)), None => "" } }
                }
                @if member.nationality.is_empty() {
                    tr { th scope="row" { "本籍" } td { (home.domicile) } th scope="row" { "筆頭者" } td { (home.domicile_head) } }
                } @else {
                    tr { th scope="row" { "国籍・地域" } td { (member.nationality) } th scope="row" { "通称" } td { (member.name.common) } }
                }
                tr { th scope="row" { "転入前住所" } td colspan="3" { (home.previous_address) } }
            }
        }
    }
}
