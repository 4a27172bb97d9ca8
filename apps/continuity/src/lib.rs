//! クラウド・BCP (measure 2-4-1): so far 「装置のようす」, whether the city's data is safe and proved to be.
mod health_page;

use db::Zone;
use identity::Action::{Administer, Read};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

pub(crate) const INSTALLATION: &str = "installation";

pub const APP: App = App {
    name: "continuity",
    title: "クラウド・BCP",
    measure: Some("2-4-1"),
    zone: Zone::Inside,
    migrations: &[],
    resources: &[Resource { key: INSTALLATION, title: "この装置" }],
    grants: &[Grant { role: "operator", resource: INSTALLATION, actions: &[Read, Administer] }],
    routes: |routes: Routes| {
        routes.get(health_page::PATH, Need::Right(Read, INSTALLATION), health_page::show).post(
            "/health/drill",
            Need::Right(Administer, INSTALLATION),
            health_page::drill,
        )
    },
    follow_ups: &[],
    menu: &[MenuItem {
        label: "装置のようす",
        href: health_page::PATH,
        reading: "そうち ようす souchi yousu health",
        keys: None,
        need: (Read, INSTALLATION),
    }],
    commands: &[health_page::COMMAND],
};
