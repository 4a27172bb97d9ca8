//! 証明書を出す: one form, then the paper or one calm refusal.
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base::wareki;
use identity::Action::Change;
use maud::{Markup, html};
use register::{IssueRefused, Paper};
use web::{Desk, PageError, View};

use crate::PART;
use crate::office::by_key as office;
use crate::paper::{Asked, OfficePaper, PAPERS, Wrong, issue};

const HEADING: &str = "証明書を出す";

pub(crate) async fn empty(desk: Desk) -> Markup {
    form_page(&desk, &Asked::default(), &[], false)
}

type Fields = Vec<(String, String)>;

pub(crate) async fn sent(desk: Desk, Form(fields): Form<Fields>) -> Result<Response, PageError> {
    let asked = read(&fields);
    let again = |wrong: &[Wrong], asks: bool| {
        (StatusCode::UNPROCESSABLE_ENTITY, form_page(&desk, &asked, wrong, asks)).into_response()
    };
    let (paper, persons) = match asked.understand() {
        Ok(understood) => understood,
        Err(wrong) => return Ok(again(&wrong, false)),
    };
    if !may(&desk, paper) {
        return Err(PageError::Forbidden);
    }
    match issue(&desk.site, desk.caller(), asked.clone(), paper, persons).await? {
        Ok(made) => Ok(sheet(&desk, paper, &made, &asked).into_response()),
        Err(IssueRefused::Unanswered) => Ok(again(&[], true)),
        Err(IssueRefused::Shut | IssueRefused::Absent) => Err(PageError::Shut),
    }
}

fn read(fields: &Fields) -> Asked {
    let text = |name: &str| {
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    Asked {
        document: text("document"),
        person: text("person"),
        requester: text("requester"),
        relation: text("relation"),
        requester_person: text("requester_person"),
        agent: text("agent"),
        agent_person: text("agent_person"),
        channel: None,
        acknowledged: !text("acknowledged").is_empty(),
    }
}

fn may(desk: &Desk, paper: &OfficePaper) -> bool {
    office(paper.office).is_some_and(|office| desk.may(Change, office.resource.key))
}

fn form_page(desk: &Desk, asked: &Asked, wrong: &[Wrong], asks: bool) -> Markup {
    let items: Vec<ui::ErrorItem> = wrong
        .iter()
        .map(|(field, message)| ui::ErrorItem { id: (*field).to_owned(), message: (*message).to_owned() })
        .collect();
    let own: Vec<&OfficePaper> = PAPERS.iter().filter(|paper| may(desk, paper)).collect();
    let choices: Vec<ui::Choice> = own
        .iter()
        .map(|paper| ui::Choice { value: paper.document.key, label: paper.document.title, hint: None })
        .collect();
    let view = View { title: HEADING, part: PART, has_errors: !items.is_empty(), ..View::default() };
    desk.framed(view, |frame| {
        ui::wizard_page(ui::WizardPage {
            frame,
            heading: HEADING,
            steps: &["請求の入力", "証明書"].map(|label| ui::Step { label, href: None }),
            current: 0,
            errors: ui::error_summary(&items),
            form: form(desk, asked, wrong, &choices, asks),
            register: ui::panel("出す前に", html! { p { "出してよいかは、出すときに住民票で確かめます。" } }),
            preview: None,
        })
    })
}

fn form(desk: &Desk, asked: &Asked, wrong: &[Wrong], choices: &[ui::Choice<'_>], asks: bool) -> Markup {
    let input = |name: &str, text: &str| match wrong.iter().find(|(field, _)| *field == name) {
        Some((_, message)) => ui::Input::wrong(text, *message),
        None => ui::Input::of(text),
    };
    let field = |name: &'static str, label: &'static str, text: &str, width: u8| {
        ui::text_field(ui::TextField { name, label, input: &input(name, text), width, ..Default::default() })
    };
    let frame = ui::Form {
        action: "/papers",
        csrf: desk.csrf(),
        label: Some(HEADING),
        enter_moves: true,
        ..Default::default()
    };
    ui::form(
        frame,
        html! {
            (ui::select_field(ui::SelectField {
                name: "document", label: "証明書", input: &input("document", &asked.document), choices,
                placeholder: Some("選ぶ"), ..Default::default()
            }))
            (field("person", "だれの証明書（宛名番号）", &asked.person, 12))
            div.fd-columns {
                (field("requester", "請求者の氏名", &asked.requester, 12))
                (field("relation", "本人との関係", &asked.relation, 8))
                (field("requester_person", "請求者の宛名番号（わかるとき）", &asked.requester_person, 12))
            }
            div.fd-columns {
                (field("agent", "代理人の氏名（いるとき）", &asked.agent, 12))
                (field("agent_person", "代理人の宛名番号（わかるとき）", &asked.agent_person, 12))
            }
            @if asks {
                (ui::notice(ui::Notice {
                    tone: ui::Tone::Info, heading: "この記録には発行の注意がついています",
                    body: html! { p { label { input type="checkbox" name="acknowledged" value="1"; " 注意を確かめました" } } },
                }))
            }
            (ui::submit_row(ui::SubmitRow {
                main: ui::Button { label: "証明書を作る", keys: Some("Ctrl Enter"), ..Default::default() },
                leave: Some(("/desks", "やめて机に戻る")),
                ..Default::default()
            }))
        },
    )
}

fn sheet(desk: &Desk, paper: &OfficePaper, made: &Paper, asked: &Asked) -> Markup {
    let city = desk.site.city();
    let whole = format!("{}{}", city.prefecture, city.name);
    let as_of = format!("{} 現在", wareki(made.at.date()));
    let user = format!("{}　{}", desk.actor().section.name, desk.actor().name);
    ui::print_page(ui::PrintPage {
        page: ui::Page {
            title: paper.document.title,
            part: PART,
            city: &city.name,
            bands: desk.site.bands(),
            ..Default::default()
        },
        heading: paper.document.title,
        head: &[&city.name, &as_of],
        body: html! {
            table.fd-paper {
                caption.fd-hidden { (paper.document.title) }
                tbody {
                    @for one in &made.residents {
                        tr { th scope="row" { "氏名" } td { (ui::name(&one.name.family, &one.name.given)) } }
                        tr {
                            th scope="row" { "住所" }
                            td { @if let Some(home) = one.home.open() { (home.place.written(&whole)) } }
                        }
                    }
                    tr { th scope="row" { "請求者" } td { (asked.requester) } }
                }
            }
            p.fd-paper__statement { (paper.sample) }
            p.fd-paper__date { (wareki(made.at.date())) }
            p.fd-paper__authority { (whole) "長　" (city.mayor) }
        },
        foot: &[&user, "見本の用紙です。証明書としては使えません。"],
        bar: html! {
            (ui::back_link("/papers", "つぎの証明書"))
            button.dads-button type="button" data-type="solid-fill" data-print hidden { "この用紙を印刷する" }
        },
    })
}
