//! The auditor's desk: what to look at now, the ready reports, and the settings.
use axum::extract::Form;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use db::DbError;
use identity::Action::{Administer, List};
use identity::Purpose;
use maud::{Markup, html};
use schemars::{JsonSchema, schema_for};
use serde::Deserialize;
use serde_json::{Value, json};
use web::{Answer, Call, Command, Desk, PageError, Refused};

use crate::LOG;
use crate::alert::Alerts;
use crate::layout::{Listing, line_table, listed, main_act, moment, refusal};
use crate::line::{json_of, moment_with_seconds};
use crate::refusal::Refusal;
use crate::report::Report;
use crate::report_page::often_table;
use crate::review_page::role_title;
use crate::setting::Settings;

const PURPOSE: Purpose = Purpose("監査の気づき");

pub(crate) async fn desk_page(desk: Desk) -> Result<Markup, PageError> {
    let read = desk.look::<(Alerts, Settings), DbError, _>(PURPOSE, |looking| {
        looking.note("監査の机");
        Ok((Alerts::read(looking.tx())?, Settings::read(looking.tx())?))
    });
    let (alerts, settings) = read.await?;
    let count = format!("{}件", alerts.count());
    Ok(listed(
        &desk,
        Listing {
            heading: "監査",
            acts: html! {
                (ui::link("/oversight/persons", "だれが見たかを調べる"))
                (ui::link("/oversight/break-glass", "緊急時の権限の使用"))
                (ui::link("/oversight/accounts", "利用者の棚卸し"))
                @if desk.may(Administer, LOG) { (ui::link("/oversight/settings", "設定")) }
            },
            filter: html! { h2 { "きのうからの気づき " (count) } },
            list: html! {
                (alert_list(&desk, &alerts))
                h2 { "報告" }
                ul {
                    @for report in Report::ALL {
                        li {
                            (ui::link(&format!("/oversight/reports/{}", report.key()), report.title()))
                            "　" (report.rule(&settings))
                        }
                    }
                }
            },
            pages: html! {},
        },
    ))
}

fn alert_list(desk: &Desk, alerts: &Alerts) -> Markup {
    let names = &alerts.names;
    html! {
        @if alerts.count() == 0 { p { "気づきはありません" } }
        @for one in &alerts.emergencies {
            p {
                (ui::tag(ui::Tag::Warn, "緊急時の権限"))
                " " (ui::link(&format!("/oversight/break-glass/{}", one.id), names.clerk(one.account)))
                "　" (role_title(&desk.site, &one.role)) "　" (moment(one.asked_at))
            }
        }
        @for one in &alerts.sign_in {
            p {
                (ui::tag(ui::Tag::Warn, "サインイン"))
                " " (one.kind.title()) "（" (one.subject) "、" (one.count) "、" (moment(one.last_at)) "）"
            }
        }
        @if !alerts.many_persons.is_empty() {
            (often_table(Report::ManyPersons.title(), &alerts.many_persons, names))
        }
        @if !alerts.refusals.is_empty() {
            h3 { (Report::RepeatedRefusals.title()) }
            (often_table(Report::RepeatedRefusals.title(), &alerts.refusals, names))
        }
        @if !alerts.at_night.is_empty() {
            h3 { "深夜の閲覧" }
            (line_table("深夜の閲覧", &alerts.at_night, names, ""))
        }
        @if !alerts.exports.is_empty() {
            h3 { (Report::Exports.title()) }
            (line_table(Report::Exports.title(), &alerts.exports, names, ""))
        }
    }
}

/// Nothing is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(crate) const ALERTS: Command = Command {
    name: "oversight.alerts",
    title: "監査の気づきを見る",
    need: (List, LOG),
    schema: || schema_for!(Nothing),
    run: |call| Box::pin(alerts_command(call)) as Answer,
};

async fn alerts_command(call: Call) -> Result<Value, Refused> {
    let Nothing {} = call.read()?;
    let alerts = call
        .look::<Alerts, DbError, _>(PURPOSE, |looking| {
            looking.note("監査の机");
            Alerts::read(looking.tx())
        })
        .await?;
    let names = &alerts.names;
    let often = |rows: &[crate::unusual::Often]| -> Vec<Value> {
        let row = |one: &crate::unusual::Often| {
            json!({
                "clerk": names.clerk(one.account), "day": one.day.to_string(), "count": one.count,
                "in_hour": one.in_hour,
            })
        };
        rows.iter().map(row).collect()
    };
    let sign_in: Vec<Value> = alerts
        .sign_in
        .iter()
        .map(|one| {
            json!({
                "kind": one.kind.title(), "subject": one.subject, "count": one.count,
                "last": moment_with_seconds(one.last_at),
            })
        })
        .collect();
    let emergencies: Vec<Value> = alerts
        .emergencies
        .iter()
        .map(|one| json!({ "use": one.id, "clerk": names.clerk(one.account), "role": one.role }))
        .collect();
    Ok(json!({
        "count": alerts.count(),
        "many_persons": often(&alerts.many_persons),
        "refusals": often(&alerts.refusals),
        "at_night": alerts.at_night.iter().map(|line| json_of(line, names)).collect::<Vec<_>>(),
        "exports": alerts.exports.iter().map(|line| json_of(line, names)).collect::<Vec<_>>(),
        "sign_in": sign_in,
        "emergencies": emergencies,
    }))
}

/// The settings as they are typed.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Sent {
    office_from: String,
    office_to: String,
    persons_in_hour: String,
    persons_in_day: String,
    exported: String,
    refusals: String,
}

impl Sent {
    fn of(settings: &Settings) -> Self {
        let clock = |minutes: i64| format!("{}:{:02}", minutes / 60, minutes % 60);
        Self {
            office_from: clock(settings.office_from),
            office_to: clock(settings.office_to),
            persons_in_hour: settings.persons_in_hour.to_string(),
            persons_in_day: settings.persons_in_day.to_string(),
            exported: settings.exported.to_string(),
            refusals: settings.refusals.to_string(),
        }
    }

    fn read(&self) -> Result<Settings, Refusal> {
        let number =
            |text: &str| base::half_width(text).trim().parse::<i64>().ok().filter(|number| *number >= 0);
        let clock = |text: &str| {
            let text = base::half_width(text);
            let (hour, minute) = text.trim().split_once(':')?;
            let (hour, minute) = (number(hour)?, number(minute)?);
            (hour <= 24 && minute < 60).then_some(hour * 60 + minute)
        };
        let count =
            |text: &str| number(text).ok_or_else(|| Refusal::of("人数と回数は数字で入力してください"));
        let time =
            |text: &str| clock(text).ok_or_else(|| Refusal::of("時刻は 8:30 のように入力してください"));
        Ok(Settings {
            office_from: time(&self.office_from)?,
            office_to: time(&self.office_to)?,
            persons_in_hour: count(&self.persons_in_hour)?,
            persons_in_day: count(&self.persons_in_day)?,
            exported: count(&self.exported)?,
            refusals: count(&self.refusals)?,
        })
    }
}

pub(crate) async fn settings(desk: Desk) -> Result<Markup, PageError> {
    let now: Result<Settings, DbError> = desk.site.inside().read(desk.site.city().id, Settings::read).await;
    Ok(settings_page(&desk, &Sent::of(&now?), None))
}

pub(crate) async fn settings_sent(desk: Desk, Form(sent): Form<Sent>) -> Result<Response, PageError> {
    let caller = desk.caller();
    let done = match sent.read() {
        Ok(settings) => {
            let act = move |tx: &mut db::Tx<'_>| settings.store(tx, &caller);
            desk.site.inside().write(desk.site.city().id, act).await
        }
        Err(refusal) => Err(refusal),
    };
    match done {
        Ok(()) => Ok(Redirect::to("/oversight").into_response()),
        Err(refusal) => {
            let page = settings_page(&desk, &sent, Some(&refusal.sentence()?));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

fn settings_page(desk: &Desk, sent: &Sent, wrong: Option<&str>) -> Markup {
    let frame = ui::Form {
        action: "/oversight/settings",
        csrf: desk.csrf(),
        label: Some("監査の設定"),
        ..Default::default()
    };
    let field = |name, label, text: &str| {
        let input = ui::Input::of(text);
        ui::text_field(ui::TextField { name, label, input: &input, width: 8, ..Default::default() })
    };
    listed(
        desk,
        Listing {
            heading: "監査の設定",
            acts: ui::back_link("/oversight", "監査に戻る"),
            filter: refusal(wrong),
            list: ui::form(
                frame,
                html! {
                    (field("office_from", "執務時間の始まり", &sent.office_from))
                    (field("office_to", "執務時間の終わり", &sent.office_to))
                    (field("persons_in_hour", "60分に見てよい人数", &sent.persons_in_hour))
                    (field("persons_in_day", "1日に見てよい人数", &sent.persons_in_day))
                    (field("exported", "一度に抽出してよい人数", &sent.exported))
                    (field("refusals", "1日のお断りを知らせる回数", &sent.refusals))
                    (main_act("設定を変える"))
                },
            ),
            pages: html! {},
        },
    )
}

pub(crate) const SET: Command = Command {
    name: "oversight.set",
    title: "監査の報告の基準を変える",
    need: (Administer, LOG),
    schema: || schema_for!(Settings),
    run: |call| Box::pin(set_command(call)) as Answer,
};

/// What is not named goes back to its usual value.
async fn set_command(call: Call) -> Result<Value, Refused> {
    let settings: Settings = call.read()?;
    let caller = call.caller();
    let act = move |tx: &mut db::Tx<'_>| settings.store(tx, &caller);
    call.site.inside().write(call.site.city().id, act).await?;
    Ok(json!(settings))
}
