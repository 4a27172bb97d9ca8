//! 介護保険 (measure 3-1-10): so far the 第1号被保険者, who follow from the register by themselves.
mod follow;
mod insured;
mod insured_page;

use db::{Migration, Zone};
use identity::Action::{List, Read};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

pub(crate) const INSURED: &str = "insured_person";

pub const APP: App = App {
    name: "care",
    title: "介護保険システムの機能改善",
    measure: Some("3-1-10"),
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "care/0001",
        sql: include_str!("../migrations/0001_care.sql"),
    }],
    resources: &[Resource { key: INSURED, title: "介護保険の被保険者" }],
    grants: &[
        Grant { role: "care_clerk", resource: INSURED, actions: &[List, Read] },
        Grant { role: "resident_clerk", resource: INSURED, actions: &[List] },
    ],
    routes: |routes: Routes| routes.get("/care", Need::Right(List, INSURED), insured_page::insured),
    follow_ups: &[follow::INSURED],
    menu: &[MenuItem {
        label: "介護保険の被保険者",
        href: "/care",
        reading: "かいごほけん ひほけんしゃ kaigo hihokensha",
        keys: None,
        need: (Read, INSURED),
    }],
    commands: &[insured_page::COMMAND],
};
