//! 住民情報 (measure 3-1-7): the resident desk. Searches, opens households, takes move-ins to 本登録, and
//! shows the 住民票の写し.
mod board;
mod certificate;
mod check_page;
mod commands;
mod desk_page;
mod draft;
mod echo;
mod form_page;
mod household_page;
mod issue;
mod letters;
mod move_in;
mod number_page;
mod papers;
mod person;
mod search_page;

use db::{Migration, Zone};
use identity::Action::{Administer, Approve, Change, Create, List, Read};
use identity::{Grant, Resource};
use register::PERSONAL_NUMBER;
use web::{App, MenuItem, Need, Routes};

pub use letters::start as start_letters;

pub(crate) const RECORD: &str = "resident_record";
pub(crate) const MOVE_IN: &str = "move_in";
pub(crate) const CERTIFICATE: &str = "resident_certificate";
/// The part of the product in page titles.
pub(crate) const PART: &str = "住民情報";

pub const APP: App = App {
    name: "residents",
    title: "住民情報システムの機能改善",
    measure: Some("3-1-7"),
    zone: Zone::Inside,
    migrations: &[
        Migration {
            zone: Zone::Inside,
            name: "residents/0001",
            sql: include_str!("../migrations/0001_residents.sql"),
        },
        Migration {
            zone: Zone::Inside,
            name: "residents/0002_issue",
            sql: include_str!("../migrations/0002_issue.sql"),
        },
        Migration {
            zone: Zone::Inside,
            name: "residents/0003_letters",
            sql: include_str!("../migrations/0003_letters.sql"),
        },
    ],
    resources: &[
        Resource { key: RECORD, title: "住民票" },
        Resource { key: MOVE_IN, title: "転入届" },
        Resource { key: CERTIFICATE, title: "住民票の写し" },
        Resource { key: PERSONAL_NUMBER, title: "個人番号" },
        Resource { key: issue::TILL, title: "証明手数料のレジ" },
        Resource { key: letters::LETTERS, title: "お知らせの手紙" },
    ],
    grants: &[
        Grant { role: "resident_clerk", resource: RECORD, actions: &[List, Read] },
        Grant { role: "resident_clerk", resource: MOVE_IN, actions: &[List, Read, Create, Change, Approve] },
        Grant { role: "resident_clerk", resource: CERTIFICATE, actions: &[List, Read, Create, Change] },
        Grant { role: "resident_clerk", resource: issue::TILL, actions: &[List, Approve] },
        Grant { role: "resident_clerk", resource: letters::LETTERS, actions: &[List, Read, Create] },
        Grant { role: "resident_clerk", resource: PERSONAL_NUMBER, actions: &[Read] },
        // 支援措置責任者: what the desk leaves to her, she does herself.
        Grant { role: "protection_officer", resource: RECORD, actions: &[List, Read] },
        Grant {
            role: "protection_officer",
            resource: MOVE_IN,
            actions: &[List, Read, Create, Change, Approve],
        },
        Grant {
            role: "protection_officer",
            resource: CERTIFICATE,
            actions: &[List, Read, Create, Change, Administer],
        },
        Grant { role: "protection_officer", resource: issue::TILL, actions: &[List, Approve] },
        Grant { role: "protection_officer", resource: letters::LETTERS, actions: &[List, Read, Create] },
        Grant { role: "protection_officer", resource: PERSONAL_NUMBER, actions: &[Read] },
    ],
    routes,
    follow_ups: &[],
    menu: &[
        MenuItem {
            label: "受付の机",
            href: "/desk",
            reading: "うけつけ つくえ uketsuke tsukue",
            keys: None,
            need: (List, MOVE_IN),
        },
        MenuItem {
            label: "住民をさがす",
            href: "/residents",
            reading: "じゅうみん けんさく juumin kensaku",
            keys: None,
            need: (List, RECORD),
        },
        MenuItem {
            label: "転入届",
            href: "/move-ins/new",
            reading: "てんにゅう tennyuu tennyu",
            keys: Some("Alt N"),
            need: (Create, MOVE_IN),
        },
        MenuItem {
            label: "交付簿",
            href: "/copies",
            reading: "こうふぼ koufubo しょうめいしょ shoumeisho",
            keys: None,
            need: (List, CERTIFICATE),
        },
        MenuItem {
            label: "レジの締め",
            href: "/till",
            reading: "れじ しめ reji shime",
            keys: None,
            need: (List, issue::TILL),
        },
        MenuItem {
            label: "お知らせの手紙",
            href: "/letters",
            reading: "おしらせ てがみ oshirase tegami",
            keys: None,
            need: (List, letters::LETTERS),
        },
    ],
    commands: commands::COMMANDS,
};

fn routes(routes: Routes) -> Routes {
    letters::routes(issue::routes(routes))
        .get("/desk", Need::SignedIn, desk_page::desk)
        .get("/residents", Need::Right(List, RECORD), search_page::search)
        .get("/residents/{person}", Need::Right(Read, RECORD), household_page::person)
        .get("/residents/{person}/number", Need::Fresh(Read, PERSONAL_NUMBER), number_page::asked)
        .post("/residents/{person}/number", Need::Fresh(Read, PERSONAL_NUMBER), number_page::sent)
        .get("/households/{household}", Need::Right(Read, RECORD), household_page::household)
        .get("/households/{household}/certificate", Need::Right(Read, CERTIFICATE), certificate::certificate)
        .post("/households/{household}/certificate", Need::Right(Read, CERTIFICATE), certificate::asked)
        .get("/move-ins/new", Need::Right(Create, MOVE_IN), form_page::empty)
        .post("/move-ins", Need::Right(Create, MOVE_IN), form_page::sent)
        .post("/move-ins/draft", Need::Right(Create, MOVE_IN), form_page::keep_draft)
        .post("/move-ins/draft/discard", Need::Right(Create, MOVE_IN), form_page::discard_draft)
        .get("/move-ins/{notice}", Need::Right(Read, MOVE_IN), check_page::show)
        .get("/move-ins/{notice}/stream", Need::Right(Read, MOVE_IN), board::stream)
        .post("/move-ins/{notice}/registration", Need::Right(Approve, MOVE_IN), check_page::register)
        .post("/move-ins/{notice}/withdrawal", Need::Right(Change, MOVE_IN), check_page::withdraw)
        .get("/address/complete", Need::SignedIn, echo::complete)
        .get("/echo/date", Need::SignedIn, echo::date)
}
