//! 学校給食費 (measure 3-1-3): so far the roster of pupils, which follows the register by itself.
mod follow;
mod pupil;
mod roster_page;

use db::{Migration, Zone};
use identity::Action::{List, Read};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

pub(crate) const ROSTER: &str = "lunch_roster";

pub const APP: App = App {
    name: "lunch",
    title: "学校給食費の収納",
    measure: Some("3-1-3"),
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "lunch/0001",
        sql: include_str!("../migrations/0001_lunch.sql"),
    }],
    resources: &[Resource { key: ROSTER, title: "給食の名簿" }],
    grants: &[
        Grant { role: "lunch_clerk", resource: ROSTER, actions: &[List, Read] },
        Grant { role: "resident_clerk", resource: ROSTER, actions: &[List] },
    ],
    routes: |routes: Routes| routes.get("/lunch", Need::Right(List, ROSTER), roster_page::roster),
    follow_ups: &[follow::ROSTER],
    menu: &[MenuItem {
        label: "給食の名簿",
        href: "/lunch",
        reading: "きゅうしょく めいぼ kyuushoku meibo",
        keys: None,
        need: (Read, ROSTER),
    }],
    commands: &[roster_page::COMMAND],
};
