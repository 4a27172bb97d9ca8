//! 監査 (day 3 of the platform): who looked at whom, and whether it was right. The audit office reads the operation
//! log by ready reports, proves it to outsiders, hands a person her own log, looks into every use of a break-glass
//! right, and reviews the accounts. Spec: residents §11, office §5–§5.1.
//!
//! Invariants: reading the log of a person is a look at the person; no page here shows an address; nothing here
//! changes a row of the log.
mod alert;
mod desk_page;
mod disclosure;
mod disclosure_page;
mod emergency;
mod emergency_commands;
mod emergency_page;
mod emergency_report;
mod kin;
mod layout;
mod line;
mod period;
mod person;
mod person_page;
mod refusal;
mod report;
mod report_page;
mod review;
mod review_page;
mod row_page;
mod setting;
mod unusual;

use db::{Migration, Zone};
use identity::Action::{Administer, Approve, Change, Create, Export, List, Read};
use identity::{Grant, Resource};
use web::{App, MenuItem, Need, Routes};

/// The operation log and its reports.
pub(crate) const LOG: &str = "access_log";
/// Handing a person her own log.
pub(crate) const DISCLOSURE: &str = "log_disclosure";
/// Which resident a member of staff is.
pub(crate) const STAFF_RESIDENT: &str = "staff_resident";
/// The review of accounts.
pub(crate) const ACCOUNTS: &str = "account_review";
/// Break-glass rights: asking, and approving for somebody else.
pub(crate) const BREAK_GLASS: &str = "break_glass";

const fn may_ask(role: &'static str) -> Grant {
    Grant { role, resource: BREAK_GLASS, actions: &[List, Create] }
}

pub const APP: App = App {
    name: "oversight",
    title: "監査",
    measure: None,
    zone: Zone::Inside,
    migrations: &[Migration {
        zone: Zone::Inside,
        name: "oversight/0001",
        sql: include_str!("../migrations/0001_oversight.sql"),
    }],
    resources: &[
        Resource { key: LOG, title: "操作ログ" },
        Resource { key: DISCLOSURE, title: "閲覧の記録の本人開示" },
        Resource { key: STAFF_RESIDENT, title: "職員本人の住民票" },
        Resource { key: ACCOUNTS, title: "利用者の棚卸し" },
        Resource { key: BREAK_GLASS, title: "緊急時の権限" },
    ],
    grants: &[
        Grant { role: "auditor", resource: LOG, actions: &[List, Read, Approve, Export, Administer] },
        Grant { role: "auditor", resource: DISCLOSURE, actions: &[Create] },
        Grant { role: "auditor", resource: STAFF_RESIDENT, actions: &[Change] },
        Grant { role: "auditor", resource: ACCOUNTS, actions: &[List, Approve] },
        Grant { role: "protection_officer", resource: DISCLOSURE, actions: &[Create] },
        // The one who answers for the register says yes; who looks into it afterwards is a third person.
        Grant { role: "protection_officer", resource: BREAK_GLASS, actions: &[List, Create, Approve] },
        may_ask("resident_clerk"),
        may_ask("lunch_clerk"),
        may_ask("care_clerk"),
        may_ask("tax_clerk"),
        may_ask("insurance_clerk"),
        may_ask("election_clerk"),
        may_ask("child_clerk"),
        may_ask("school_clerk"),
        may_ask("environment_clerk"),
        may_ask("health_clerk"),
        may_ask("operator"),
    ],
    routes,
    follow_ups: &[],
    menu: &[
        MenuItem {
            label: "監査",
            href: "/oversight",
            reading: "かんさ kansa",
            keys: None,
            need: (List, LOG),
        },
        MenuItem {
            label: "だれが見たか",
            href: "/oversight/persons",
            reading: "えつらん きろく etsuran kiroku",
            keys: None,
            need: (List, LOG),
        },
        MenuItem {
            label: "本人開示",
            href: "/oversight/disclosures",
            reading: "ほんにん かいじ honnin kaiji",
            keys: None,
            need: (Create, DISCLOSURE),
        },
        MenuItem {
            label: "緊急時の権限",
            href: "/break-glass",
            reading: "きんきゅう けんげん kinkyuu kengen",
            keys: None,
            need: (List, BREAK_GLASS),
        },
    ],
    commands: &[
        report_page::COMMAND,
        person_page::WHO_LOOKED,
        person_page::MAKE_PROOF,
        disclosure_page::COMMAND,
        review_page::LIST,
        review_page::CONFIRM,
        review_page::LINK,
        emergency_commands::ASK,
        emergency_commands::APPROVE,
        emergency_commands::END,
        emergency_report::LIST_COMMAND,
        emergency_report::ACKNOWLEDGE,
        desk_page::ALERTS,
        desk_page::SET,
    ],
};

fn routes(routes: Routes) -> Routes {
    routes
        .get("/oversight", Need::Right(List, LOG), desk_page::desk_page)
        .get("/oversight/reports/{report}", Need::Right(List, LOG), report_page::report)
        .get("/oversight/rows/{access}", Need::Right(Read, LOG), row_page::row)
        .get("/oversight/persons", Need::Right(List, LOG), person_page::search)
        .get("/oversight/persons/{person}", Need::Right(List, LOG), person_page::person_log)
        .get("/oversight/persons/{person}/proof", Need::Right(Export, LOG), person_page::proof_file)
        .get("/oversight/disclosures", Need::Right(Create, DISCLOSURE), disclosure_page::search)
        .get(
            "/oversight/persons/{person}/disclosures",
            Need::Right(Create, DISCLOSURE),
            disclosure_page::form,
        )
        .post(
            "/oversight/persons/{person}/disclosures",
            Need::Right(Create, DISCLOSURE),
            disclosure_page::hand_out_sent,
        )
        .get("/oversight/disclosures/{disclosure}", Need::Right(Create, DISCLOSURE), disclosure_page::show)
        .get("/oversight/accounts", Need::Right(List, ACCOUNTS), review_page::list)
        .get("/oversight/accounts/{account}", Need::Right(List, ACCOUNTS), review_page::account)
        .post(
            "/oversight/accounts/{account}/review",
            Need::Right(Approve, ACCOUNTS),
            review_page::review_sent,
        )
        .post(
            "/oversight/accounts/{account}/person",
            Need::Right(Change, STAFF_RESIDENT),
            review_page::link_sent,
        )
        .get("/oversight/break-glass", Need::Right(List, LOG), emergency_report::list)
        .get("/oversight/break-glass/{use}", Need::Right(List, LOG), emergency_report::show)
        .post(
            "/oversight/break-glass/{use}/acknowledgement",
            Need::Right(Approve, LOG),
            emergency_report::acknowledgement_sent,
        )
        .get("/oversight/settings", Need::Right(Administer, LOG), desk_page::settings)
        .post("/oversight/settings", Need::Fresh(Administer, LOG), desk_page::settings_sent)
        .get("/break-glass", Need::Right(List, BREAK_GLASS), emergency_page::show)
        .post("/break-glass", Need::Fresh(Create, BREAK_GLASS), emergency_page::ask_sent)
        .post("/break-glass/{use}/approval", Need::Fresh(Approve, BREAK_GLASS), emergency_page::approval_sent)
        .post("/break-glass/{use}/end", Need::Right(List, BREAK_GLASS), emergency_page::end_sent)
}
