//! 人口統計とオープンデータ: how many people live in the city, by age, sex, town and day, and the city's catalogue of
//! recommended data sets. One app, because what is published of the population is one of the data sets.
//!
//! Invariants: no page walks the register (it is counted once a day); below city level nothing small is told, and
//! nothing that gives it away (`suppress`); what was published never changes; the public sees published days alone;
//! whether somebody is shielded changes no figure (`register::head_count`).
mod catalogue;
mod commands;
mod count;
mod csv;
mod daily;
mod figures;
mod import_page;
mod keep;
mod open_page;
mod overview;
mod page;
mod public_page;
mod record;
mod refusal;
mod suppress;
mod tables;
mod threshold;

use db::{Migration, Zone};
use identity::Action::{Administer, Approve, Change, Create, Export, List};
use identity::{Action, Grant, Resource};
use web::{App, MenuItem, Need, Routes};

pub use daily::start;

pub(crate) const STATISTICS: &str = "statistics";
pub(crate) const OPEN_DATA: &str = "open_data";
/// The parts of the product in page titles.
pub(crate) const PART: &str = "人口統計";
pub(crate) const OPEN_PART: &str = "オープンデータ";

/// What the statistics office (統計主管課) may do.
const OFFICE: &[Action] = &[List, Create, Export, Approve, Administer];

pub const APP: App = App {
    name: "statistics",
    title: "人口統計とオープンデータ",
    measure: None,
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "statistics/0001",
        sql: include_str!("../migrations/0001_statistics.sql"),
    }],
    resources: &[
        Resource { key: STATISTICS, title: "人口統計" },
        Resource { key: OPEN_DATA, title: "オープンデータ" },
    ],
    grants: &[
        Grant { role: "resident_clerk", resource: STATISTICS, actions: &[List, Create, Export] },
        Grant { role: "operator", resource: OPEN_DATA, actions: &[List, Change] },
        Grant { role: "plan_officer", resource: STATISTICS, actions: OFFICE },
        Grant { role: "plan_officer", resource: OPEN_DATA, actions: &[List, Change] },
    ],
    routes,
    follow_ups: &[],
    menu: &[
        MenuItem {
            label: PART,
            href: page::HERE,
            reading: "じんこう とうけい jinkou toukei",
            keys: None,
            need: (List, STATISTICS),
        },
        MenuItem {
            label: OPEN_PART,
            href: import_page::HERE,
            reading: "おーぷんでーた こうきょう しせつ ひなん open data",
            keys: None,
            need: (List, OPEN_DATA),
        },
    ],
    commands: commands::COMMANDS,
};

fn routes(routes: Routes) -> Routes {
    let (view, export) = (Need::Right(List, STATISTICS), Need::Right(Export, STATISTICS));
    routes
        .get("/statistics", view, page::show)
        .get("/statistics/towns/{town}", view, page::town)
        .get("/statistics/ages.csv", export, page::ages_csv)
        .get("/statistics/towns.csv", export, page::towns_csv)
        .post("/statistics/counts", Need::Right(Create, STATISTICS), page::counted)
        .post("/statistics/publications", Need::Right(Approve, STATISTICS), page::published)
        .get("/open-data", Need::Right(List, OPEN_DATA), import_page::list)
        .get("/open-data/{dataset}", Need::Right(List, OPEN_DATA), import_page::show)
        .post("/open-data/{dataset}", Need::Right(Change, OPEN_DATA), import_page::sent)
        .get("/public/statistics", Need::Public, public_page::show)
        .get("/public/statistics/ages.csv", Need::Public, public_page::ages_csv)
        .get("/public/open-data", Need::Public, open_page::show)
        .get("/public/open-data/{file}", Need::Public, open_page::file)
}
