//! 各課の机: for every office whose own app is not here, what a move-in means for it arrives as a work item
//! with its deadline. "Told" (届いた) is a row of a follower, "done" (済み) is an act of a clerk; the two are
//! kept in two tables, so that reading the log again never loses an act.
mod commands;
mod completion;
mod consequence;
mod follow;
mod list_page;
mod office;
mod paper;
mod paper_page;
mod trouble_page;
mod work_item;

use db::{Migration, Zone};
use identity::Action::{Administer, Change, Create, List, Read};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

use crate::follow::follow_up;
use crate::office::OFFICES;

/// The list over all of one's offices; each office has a resource of its own besides.
pub(crate) const WORK_ITEM: &str = "work_item";
/// The papers of one's own offices.
pub(crate) const PAPER: &str = "office_paper";
pub(crate) const TROUBLE: &str = "follower_trouble";
/// The part of the product in page titles.
pub(crate) const PART: &str = "各課の机";

pub const APP: App = App {
    name: "desks",
    title: "各課の机",
    measure: None,
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "desks/0001",
        sql: include_str!("../migrations/0001_desks.sql"),
    }],
    resources: &resources(),
    grants: &grants(),
    routes,
    follow_ups: &[
        follow_up(&OFFICES[0]),
        follow_up(&OFFICES[1]),
        follow_up(&OFFICES[2]),
        follow_up(&OFFICES[3]),
        follow_up(&OFFICES[4]),
        follow_up(&OFFICES[5]),
        follow_up(&OFFICES[6]),
        follow_up(&OFFICES[7]),
        follow_up(&OFFICES[8]),
    ],
    menu: &[
        MenuItem {
            label: "机の仕事",
            href: "/desks",
            reading: "つくえ しごと tsukue shigoto",
            keys: None,
            need: (Read, WORK_ITEM),
        },
        MenuItem {
            label: "証明書を出す",
            href: "/papers",
            reading: "しょうめいしょ shoumeisho",
            keys: None,
            need: (Create, PAPER),
        },
        MenuItem {
            label: "届いていない課",
            href: "/followers",
            reading: "とどいていない todoiteinai",
            keys: None,
            need: (Administer, TROUBLE),
        },
    ],
    commands: commands::COMMANDS,
};

const fn resources() -> [Resource; OFFICES.len() + 3] {
    let all = Resource { key: WORK_ITEM, title: "机の仕事" };
    let mut resources = [all; OFFICES.len() + 3];
    resources[1] = Resource { key: TROUBLE, title: "届いていない課" };
    resources[OFFICES.len() + 2] = Resource { key: PAPER, title: "各課の証明書" };
    let mut i = 0;
    while i < OFFICES.len() {
        resources[i + 2] = OFFICES[i].resource;
        i += 1;
    }
    resources
}

/// An office's clerks work off its items; the resident desk, which caused them, may read along.
const fn grants() -> [Grant; OFFICES.len() * 4 + 2] {
    let desk = Grant { role: "resident_clerk", resource: WORK_ITEM, actions: &[List] };
    let mut grants = [desk; OFFICES.len() * 4 + 2];
    grants[1] = Grant { role: "operator", resource: TROUBLE, actions: &[Administer] };
    let mut i = 0;
    while i < OFFICES.len() {
        let (role, resource) = (OFFICES[i].role, OFFICES[i].resource.key);
        grants[i * 4 + 2] = Grant { role, resource, actions: &[List, Read, Change] };
        grants[i * 4 + 3] = Grant { role, resource: WORK_ITEM, actions: &[List, Read, Change] };
        grants[i * 4 + 4] = Grant { role, resource: PAPER, actions: &[Create] };
        grants[i * 4 + 5] = Grant { role: "resident_clerk", resource, actions: &[List] };
        i += 1;
    }
    grants
}

/// Each office has routes of its own, so that the guard knows whose right a request needs.
fn routes(routes: Routes) -> Routes {
    let administer = Need::Right(Administer, TROUBLE);
    let shared = routes
        .get("/desks", Need::Right(List, WORK_ITEM), list_page::all)
        .get("/papers", Need::Right(Create, PAPER), paper_page::empty)
        .post("/papers", Need::Right(Create, PAPER), paper_page::sent)
        .get("/followers", administer, trouble_page::show)
        .post("/followers/retry", administer, trouble_page::retry)
        .post("/followers/replay", administer, trouble_page::replay);
    OFFICES.iter().fold(shared, |routes, office| {
        let key = office.resource.key;
        routes
            .get(office.path, Need::Right(List, key), move |desk, asked| list_page::one(desk, asked, office))
            .post(office.completion, Need::Right(Change, key), move |desk, event, form| {
                completion::complete(desk, event, form, office)
            })
    })
}
