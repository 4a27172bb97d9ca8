//! 住民票の写し (世帯連記式) as a page with print styles; the numbered paper comes with the typesetter.
use axum::extract::Path;
use base::{HouseholdId, wareki};
use identity::Purpose;
use maud::{Markup, html};
use register::{HouseholdRecord, Resident};
use web::{Desk, PageError};

use crate::{PART, person};

pub(crate) async fn certificate(desk: Desk, Path(id): Path<String>) -> Result<Markup, PageError> {
    let id: HouseholdId = id.parse().map_err(|_| PageError::NotFound)?;
    let household =
        desk.look(Purpose("住民票の写しの表示"), move |looking| {
            register::household_record(looking, id)
        })
        .await?;
    let household = household.filter(|h| !h.members.is_empty()).ok_or(PageError::NotFound)?;
    Ok(sheet(&desk, &household))
}

fn sheet(desk: &Desk, household: &HouseholdRecord) -> Markup {
    let (city, now) = (desk.site.city(), desk.site.inside().clock().now());
    let whole = format!("{}{}", city.prefecture, city.name);
    let as_of = format!("{} 現在", wareki(now.date()));
    let user = format!("{}　{}", desk.actor().section.name, desk.actor().name);
    let (hour, minute) = now.hour_minute();
    let printed = format!("{}　{hour}時{minute:02}分", wareki(now.date()));
    let head = household.members.iter().find(|m| m.relationship.is_head());
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
                    tr { th scope="row" { "住所" } td colspan="3" { (household.place.written(&whole)) } }
                    tr {
                        th scope="row" { "世帯主" }
                        td { @match head { Some(head) => (person::name(head)), None => "未設定" } }
                        th scope="row" { "世帯番号" } td { (household.household_no) }
                    }
                }
            }
            @for (i, member) in household.members.iter().enumerate() { (entry(i + 1, member)) }
            p.fd-paper__statement { "この写しは、世帯全員の住民票の原本と相違ないことを証明する。" }
            p.fd-paper__date { (wareki(now.date())) }
            p.fd-paper__authority { (whole) "長　" (city.mayor) }
        },
        foot: &[&user, &printed, "画面からの印刷です。証明書としては使えません。"],
        bar: html! {
            (ui::back_link(&format!("/households/{}", household.id), "世帯に戻る"))
            button.dads-button type="button" data-type="solid-fill" data-print hidden { "この用紙を印刷する" }
        },
    })
}

/// The standard layout's items; numbers, 本籍 and 続柄 follow the request once papers are issued.
fn entry(number: usize, member: &Resident) -> Markup {
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
                    tr { th scope="row" { "本籍" } td { (member.domicile) } th scope="row" { "筆頭者" } td { (member.domicile_head) } }
                } @else {
                    tr { th scope="row" { "国籍・地域" } td { (member.nationality) } th scope="row" { "通称" } td { (member.name.common) } }
                }
                tr { th scope="row" { "転入前住所" } td colspan="3" { (member.previous_address) } }
            }
        }
    }
}
