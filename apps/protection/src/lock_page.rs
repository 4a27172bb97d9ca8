//! 抑止: other locks on persons and households, with who put them and why.
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use base::{Date, HouseholdId, PersonId, parse_date, wareki};
use db::{DbError, Tx};
use identity::Purpose;
use maud::{Markup, html};
use register::{ListedLock, LockAct, LockLevel, LockRefusal, NewLock, Resident};
use serde::Deserialize;
use web::{Desk, PageError, View};

use crate::PART;
use crate::deed::person;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    /// 宛名番号, or id of the person.
    pub person: String,
    /// Id of the household.
    pub household: String,
    pub act: String,
    pub level: String,
    pub from: String,
    pub to: String,
    pub reason: String,
}

/// Why a form was not taken.
pub(crate) enum NotPut {
    Refused(LockRefusal),
    Sentence(&'static str),
}

impl From<DbError> for NotPut {
    fn from(error: DbError) -> Self {
        Self::Refused(error.into())
    }
}

impl Sent {
    /// The lock, read within the transaction that puts it.
    pub(crate) fn lock(&self, tx: &mut Tx<'_>, today: Date) -> Result<NewLock, NotPut> {
        let who = match self.person.trim() {
            "" => None,
            typed => Some(person(tx, typed).map_err(|_| NotPut::Sentence("この番号の人は見つかりません"))?),
        };
        let household: Option<HouseholdId> = match self.household.trim() {
            "" => None,
            typed => Some(typed.parse().map_err(|_| NotPut::Sentence("この世帯は見つかりません"))?),
        };
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => parse_date(text, today).map(Some).map_err(|_| NotPut::Sentence("日付を確かめてください")),
        };
        let act =
            [LockAct::Change, LockAct::Issue, LockAct::Inquiry].into_iter().find(|a| a.code() == self.act);
        let level = [LockLevel::Error, LockLevel::Alert].into_iter().find(|l| l.code() == self.level);
        Ok(NewLock {
            person: who,
            household,
            act: act.ok_or(NotPut::Sentence("なにを止めるかを選んでください"))?,
            level: level.ok_or(NotPut::Sentence("止め方を選んでください"))?,
            from: day(&self.from)?.unwrap_or(today),
            to: day(&self.to)?,
            reason: self.reason.trim().to_owned(),
        })
    }
}

pub(crate) async fn list(desk: Desk) -> Result<Markup, PageError> {
    page(&desk, None, &Sent::default()).await
}

pub(crate) async fn put(desk: Desk, Form(sent): Form<Sent>) -> Result<Response, PageError> {
    let (caller, asked) = (desk.caller(), sent.clone());
    let done = desk.site.inside().write(caller.actor.municipality, move |tx| {
        let today = tx.started_at().date();
        let lock = asked.lock(tx, today)?;
        register::put_lock(tx, &caller, &lock).map_err(NotPut::Refused)
    });
    match done.await {
        Ok(_) => Ok(Redirect::to("/locks").into_response()),
        Err(NotPut::Refused(LockRefusal::Db(error))) => Err(error.into()),
        Err(NotPut::Refused(refusal)) => again(&desk, &refusal.to_string(), &sent).await,
        Err(NotPut::Sentence(sentence)) => again(&desk, sentence, &sent).await,
    }
}

async fn again(desk: &Desk, sentence: &str, sent: &Sent) -> Result<Response, PageError> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page(desk, Some(sentence), sent).await?).into_response())
}

pub(crate) async fn end(
    desk: Desk,
    Path(id): Path<String>,
    Form(sent): Form<Sent>,
) -> Result<Response, PageError> {
    let id = id.parse().map_err(|_| PageError::NotFound)?;
    let (caller, reason) = (desk.caller(), sent.reason);
    let done = desk
        .site
        .inside()
        .write(caller.actor.municipality, move |tx| register::end_lock(tx, &caller, id, &reason));
    match done.await {
        Ok(()) => Ok(Redirect::to("/locks").into_response()),
        Err(LockRefusal::Db(error)) => Err(error.into()),
        Err(LockRefusal::NotFound) => Err(PageError::NotFound),
        Err(refusal) => again(&desk, &refusal.to_string(), &Sent::default()).await,
    }
}

const COLUMNS: [ui::Column<'static>; 6] = [
    ui::Column { label: "だれ・どの世帯", width: ui::Width::Name, sort: None },
    ui::Column { label: "抑止", width: ui::Width::Kana, sort: None },
    ui::Column { label: "いつから", width: ui::Width::Date, sort: None },
    ui::Column { label: "いつまで", width: ui::Width::Date, sort: None },
    ui::Column { label: "理由", width: ui::Width::Address, sort: None },
    ui::Column { label: "終了", width: ui::Width::Name, sort: None },
];

async fn page(desk: &Desk, refused: Option<&str>, sent: &Sent) -> Result<Markup, PageError> {
    let found = desk.look(Purpose("抑止の一覧"), |looking| {
        let locks = register::locks(looking.tx())?;
        let persons: Vec<PersonId> = locks.iter().filter_map(|one| one.person).collect();
        let residents = register::present(looking, &persons)?;
        Ok::<_, DbError>((locks, residents))
    });
    let (locks, residents) = found.await?;
    let rows: Vec<ui::Row> = locks.iter().map(|one| row(desk, one, &residents)).collect();
    let view = View { title: "抑止", part: PART, has_errors: refused.is_some(), ..View::default() };
    Ok(desk.framed(view, |frame| {
        ui::list_page(ui::ListPage {
            frame,
            heading: "抑止",
            acts: html! {},
            filter: html! {
                @if let Some(sentence) = refused {
                    (ui::notice(ui::Notice { tone: ui::Tone::Error, heading: sentence, body: html! {} }))
                }
                (form(desk, sent))
            },
            list: ui::table(ui::Table {
                caption: "抑止",
                columns: &COLUMNS,
                rows: &rows,
                empty: "抑止はいまありません",
                keys: true,
            }),
            detail: None,
            pages: html! {},
        })
    }))
}

fn form(desk: &Desk, sent: &Sent) -> Markup {
    let frame =
        ui::Form {
            action: "/locks", csrf: desk.csrf(), label: Some("抑止を設定する"), ..Default::default()
        };
    let field = |name: &str, label: &str, value: &str| {
        ui::text_field(ui::TextField {
            name,
            label,
            input: &ui::Input::of(value),
            width: 12,
            ..Default::default()
        })
    };
    let select = |name: &str, label: &str, value: &str, choices: &[(&str, &str)]| {
        let choices: Vec<ui::Choice> =
            choices.iter().map(|(value, label)| ui::Choice { value, label, hint: None }).collect();
        ui::select_field(ui::SelectField {
            name,
            label,
            input: &ui::Input::of(value),
            choices: &choices,
            placeholder: Some("選ぶ"),
            ..Default::default()
        })
    };
    let acts = [LockAct::Change, LockAct::Issue, LockAct::Inquiry].map(|act| (act.code(), act.title()));
    let levels = [LockLevel::Error, LockLevel::Alert].map(|level| (level.code(), level.title()));
    ui::form(
        frame,
        html! {
            div.fd-columns {
                (field("person", "宛名番号", &sent.person))
                (field("household", "世帯（世帯のページの番号）", &sent.household))
                (select("act", "なにを", &sent.act, &acts))
                (select("level", "止め方", &sent.level, &levels))
                (field("from", "いつから（空けておくときょう）", &sent.from))
                (field("to", "いつまで", &sent.to))
                (field("reason", "理由", &sent.reason))
            }
            p { (ui::button(ui::Button { kind: ui::Kind::Outline, label: "抑止を設定する", ..Default::default() })) }
        },
    )
}

fn row(desk: &Desk, one: &ListedLock, residents: &[Resident]) -> ui::Row {
    let resident = one.person.and_then(|person| residents.iter().find(|r| r.person == person));
    let action = format!("/locks/{}/end", one.lock.id);
    let frame = ui::Form {
        action: &action,
        csrf: desk.csrf(),
        label: Some("この抑止を終了する"),
        ..Default::default()
    };
    let cells = vec![
        html! {
            @if let Some(resident) = resident { (ui::name(&resident.name.family, &resident.name.given)) }
            @if let Some(household) = one.household { (ui::link(&format!("/households/{household}"), "世帯を開く")) }
        },
        html! { (one.lock.title()) },
        html! { (wareki(one.lock.from)) },
        html! { @match one.lock.to { Some(day) => (wareki(day)), None => "期限なし" } },
        html! { (one.lock.reason) br; span.fd-kana { (one.lock.put_by) } },
        ui::form(
            frame,
            html! {
                input.fd-input type="text" name="reason" aria-label="終了の理由" autocomplete="off";
                (ui::button(ui::Button { kind: ui::Kind::Outline, label: "終了する", ..Default::default() }))
            },
        ),
    ];
    ui::Row { cells, selected: false }
}
