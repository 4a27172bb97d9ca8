//! 支援措置: filing, following and releasing measures, the attempts on shielded records, and other locks (抑止). The
//! measure itself and the block are the register's; here are the pages of who is responsible for them.
mod attempt_page;
mod commands;
mod deed;
mod detail_page;
mod form;
mod form_page;
mod list_page;
mod lock_page;

use db::Zone;
use identity::Action::{Approve, Change, Create, List, Read};
use identity::{Grant, Resource};
use register::PROTECTION;
use web::{App, MenuItem, Need, Routes};

pub(crate) const LOCK: &str = "record_lock";
/// The part of the product in page titles.
pub(crate) const PART: &str = "支援措置";

pub const APP: App = App {
    name: "protection",
    title: "支援措置",
    measure: None,
    zone: Zone::Inside,
    migrations: &[],
    resources: &[Resource { key: PROTECTION, title: "支援措置" }, Resource { key: LOCK, title: "抑止" }],
    grants: &[
        Grant {
            role: "protection_officer",
            resource: PROTECTION,
            actions: &[List, Read, Create, Change, Approve],
        },
        Grant { role: "protection_officer", resource: LOCK, actions: &[List, Change] },
        // Whoever stands at the counter takes the application; the block begins with it.
        Grant { role: "resident_clerk", resource: PROTECTION, actions: &[List, Create] },
    ],
    routes,
    follow_ups: &[],
    menu: &[
        MenuItem {
            label: "支援措置",
            href: "/protections",
            reading: "しえんそち shiensochi",
            keys: None,
            need: (Read, PROTECTION),
        },
        MenuItem {
            label: "支援措置の申出",
            href: "/protections/new",
            reading: "しえんそち もうしで shiensochi moushide",
            keys: None,
            need: (Create, PROTECTION),
        },
        MenuItem {
            label: "試みの一覧",
            href: "/protections/attempts",
            reading: "こころみ kokoromi",
            keys: None,
            need: (Read, PROTECTION),
        },
        MenuItem {
            label: "抑止", href: "/locks", reading: "よくし yokushi", keys: None, need: (List, LOCK)
        },
    ],
    commands: commands::COMMANDS,
};

fn routes(routes: Routes) -> Routes {
    let change = Need::Right(Change, PROTECTION);
    routes
        .get("/protections", Need::Right(Read, PROTECTION), list_page::list)
        .post("/protections", Need::Right(Create, PROTECTION), form_page::sent)
        .get("/protections/new", Need::Right(Create, PROTECTION), form_page::empty)
        .get("/protections/filed", Need::Right(Create, PROTECTION), form_page::filed)
        .get("/protections/notices", Need::Right(Read, PROTECTION), list_page::notices)
        .get("/protections/attempts", Need::Right(Read, PROTECTION), attempt_page::attempts)
        .get("/protections/{protection}", Need::Right(Read, PROTECTION), detail_page::show)
        .post("/protections/{protection}/extension", change, deed::extend)
        .post("/protections/{protection}/confirmation", change, deed::confirm)
        .post("/protections/{protection}/forwarding", change, deed::forward)
        .post("/protections/{protection}/link", change, deed::link)
        .post("/protections/{protection}/end", Need::Fresh(Change, PROTECTION), deed::end)
        .post("/protections/{protection}/release", Need::Fresh(Approve, PROTECTION), deed::release)
        .get("/locks", Need::Right(List, LOCK), lock_page::list)
        .post("/locks", Need::Right(Change, LOCK), lock_page::put)
        .post("/locks/{lock}/end", Need::Right(Change, LOCK), lock_page::end)
}
