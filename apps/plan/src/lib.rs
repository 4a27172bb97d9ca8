//! 計画の進行管理 (office §3): the city's plan for its information systems, kept in its own register. Measures with
//! state, reason and date; yearly reports with what they cost and what they saved (費用対効果); a round that confirms
//! them; what goes on in the next plan; and a page for everybody.
//!
//! Invariants: nothing here knows a resident; a state, a report and a decision are never changed, a later one counts;
//! who reported does not approve; the public sees reports that went through every step, and no name of anybody.
mod carry_page;
mod catalogue;
mod charts;
mod commands;
mod list_page;
mod measure_page;
mod public_page;
mod refusal;
mod register;
mod report;
mod report_page;

use db::{Migration, Zone};
use identity::Action::{Administer, Approve, Change, Create, List};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

pub use catalogue::{Measure, Runs, measures, measures_json, measures_table, runs};
pub use register::load;

/// Reading the plan.
pub(crate) const VIEW: &str = "plan";
/// Setting it up, and changing states.
pub(crate) const PLAN: &str = "plan_setup";
/// Reporting on one's own measures, and confirming a colleague's report.
pub(crate) const REPORT: &str = "plan_report";
pub(crate) const OFFICE: &str = "plan_office_review";
pub(crate) const COMMITTEE: &str = "plan_committee_review";
pub(crate) const MAYOR: &str = "plan_mayor_review";
/// The part of the product in page titles.
pub(crate) const PART: &str = "計画の進行管理";

const fn sees(role: &'static str) -> Grant {
    Grant { role, resource: VIEW, actions: &[List, Approve] }
}

const fn reports(role: &'static str) -> Grant {
    Grant { role, resource: REPORT, actions: &[Create, Approve] }
}

pub const APP: App = App {
    name: "plan",
    title: PART,
    measure: None,
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "plan/0001",
        sql: include_str!("../migrations/0001_plan.sql"),
    }],
    resources: &[
        Resource { key: VIEW, title: "計画" },
        Resource { key: PLAN, title: "計画の設定" },
        Resource { key: REPORT, title: "計画の年次報告" },
        Resource { key: OFFICE, title: "年次報告の総務課の確認" },
        Resource { key: COMMITTEE, title: "年次報告の委員会の確認" },
        Resource { key: MAYOR, title: "年次報告の市長の承認" },
    ],
    grants: &[
        sees("plan_officer"),
        sees("plan_committee"),
        sees("mayor"),
        sees("operator"),
        sees("resident_clerk"),
        sees("lunch_clerk"),
        sees("care_clerk"),
        sees("health_clerk"),
        reports("plan_officer"),
        reports("operator"),
        reports("resident_clerk"),
        reports("lunch_clerk"),
        reports("care_clerk"),
        reports("health_clerk"),
        Grant { role: "plan_officer", resource: PLAN, actions: &[Change, Administer] },
        Grant { role: "plan_officer", resource: OFFICE, actions: &[Approve] },
        Grant { role: "plan_committee", resource: COMMITTEE, actions: &[Approve] },
        Grant { role: "mayor", resource: MAYOR, actions: &[Approve] },
    ],
    routes,
    follow_ups: &[],
    menu: &[MenuItem {
        label: PART,
        href: "/plan",
        reading: "けいかく しんこう かんり keikaku shinkou kanri plan",
        keys: None,
        need: (List, VIEW),
    }],
    commands: commands::COMMANDS,
};

fn routes(routes: Routes) -> Routes {
    let (view, setup) = (Need::Right(List, VIEW), Need::Right(Change, PLAN));
    routes
        .get("/plan", view, list_page::list)
        .post("/plan/loading", Need::Right(Administer, PLAN), list_page::load)
        .get("/plan/carry-over", view, carry_page::show)
        .get("/plan/{plan}/{code}", view, measure_page::show)
        .post("/plan/{plan}/{code}/status", setup, measure_page::status_sent)
        .post("/plan/{plan}/{code}/schedule", setup, measure_page::schedule_sent)
        .get("/plan/{plan}/{code}/reports/{year}", view, report_page::show)
        .post("/plan/{plan}/{code}/reports/{year}", Need::Right(Create, REPORT), report_page::sent)
        .post(
            "/plan/{plan}/{code}/reports/{year}/section",
            Need::Right(Approve, REPORT),
            report_page::review_sent,
        )
        .post(
            "/plan/{plan}/{code}/reports/{year}/office",
            Need::Right(Approve, OFFICE),
            report_page::review_sent,
        )
        .post(
            "/plan/{plan}/{code}/reports/{year}/committee",
            Need::Right(Approve, COMMITTEE),
            report_page::review_sent,
        )
        .post(
            "/plan/{plan}/{code}/reports/{year}/mayor",
            Need::Right(Approve, MAYOR),
            report_page::review_sent,
        )
        .get("/public/plan", Need::Public, public_page::show)
        .get("/public/plan.csv", Need::Public, public_page::csv)
}
