//! The plan's register on both engines, through its commands.
use std::collections::HashMap;
use std::sync::Arc;

use db::{Migration, Store};
use identity::{AccountId, Actor, Policy, Role, Section};
use serde_json::{Value, json};
use testkit::{FUJIOKA, MORNING};
use web::{App, Call, City, Parts, Refused, Site};

const APPS: &[App] = &[plan::APP];
const ROLES: &[Role] = &[
    Role { key: "plan_officer", title: "計画" },
    Role { key: "plan_committee", title: "委員会" },
    Role { key: "mayor", title: "市長" },
    Role { key: "operator", title: "運用" },
    Role { key: "resident_clerk", title: "窓口" },
    Role { key: "lunch_clerk", title: "給食センター" },
    Role { key: "care_clerk", title: "介護高齢課" },
    Role { key: "health_clerk", title: "健康づくり課" },
];

fn migrations() -> Vec<Migration> {
    let crates = [audit::MIGRATIONS, identity::MIGRATIONS, web::MIGRATIONS, plan::APP.migrations];
    crates.into_iter().flatten().copied().collect()
}

fn site(store: &Store) -> Site {
    Site::new(Parts {
        version: "0",
        city: City {
            id: FUJIOKA,
            name: "藤岡市".to_owned(),
            prefecture: "群馬県".to_owned(),
            mayor: "見本　市長".to_owned(),
        },
        inside: store.clone(),
        portal: store.clone(),
        keys: vault::Keys::open(&std::env::temp_dir().join("fujidana-test-keys")).expect("keys"),
        apps: APPS,
        policy: Arc::new(Policy::new(ROLES, plan::APP.resources, plan::APP.grants)),
        sample_sign_ins: &[],
        assets: HashMap::new(),
    })
}

/// (account, section, role)
type Who = (i64, &'static str, &'static str);
const OFFICER: Who = (1, "総務課", "plan_officer");
const CLERK: Who = (2, "市民課", "resident_clerk");
const COLLEAGUE: Who = (3, "市民課", "resident_clerk");
const LUNCH: Who = (4, "給食センター", "lunch_clerk");
const COMMITTEE: Who = (5, "情報化推進委員会", "plan_committee");
const HEAD: Who = (6, "市長", "mayor");

fn act(site: &Site, (account, section, role): Who, name: &str, input: &Value) -> Result<Value, Refused> {
    let command = plan::APP.commands.iter().find(|one| one.name == name).expect("a command");
    let actor = Actor {
        municipality: FUJIOKA,
        account: AccountId::new(account),
        name: "職員".to_owned(),
        section: Section { code: "0100".to_owned(), name: section.to_owned() },
        roles: vec![role.to_owned()],
    };
    // As `fujidana act` does before it runs a command.
    if !site.policy().allows(&actor, command.need.0, command.need.1) {
        return Err(Refused::Forbidden);
    }
    let call = Call { site: site.clone(), actor, command: command.name, input: input.clone() };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on((command.run)(call))
}

#[track_caller]
fn check(site: &Site, who: Who, name: &str, input: &Value, expect: Option<&str>) {
    match (act(site, who, name, input), expect) {
        (Ok(_), None) => {}
        (Err(refused), Some(part)) => {
            let told = format!("{refused} {refused:?}");
            assert!(told.contains(part), "{name} {input}: {told}");
        }
        (outcome, _) => panic!("{who:?} {name} {input}: {outcome:?}"),
    }
}

fn rows(site: &Site, plan: &str) -> Vec<Value> {
    let answer = act(site, HEAD, "plan.list", &json!({ "plan": plan })).expect("a list");
    answer["rows"].as_array().expect("rows").clone()
}

fn one(site: &Site, plan: &str, code: &str) -> Value {
    rows(site, plan).into_iter().find(|row| row["code"] == code).expect("is there")
}

fn loaded(store: &Store) -> Site {
    let site = site(store);
    check(&site, CLERK, "plan.load", &json!({}), Some("担当の職員"));
    check(&site, OFFICER, "plan.load", &json!({}), None);
    site
}

#[test]
fn the_plans_are_taken_over_once_and_counted_as_published() {
    testkit::both(&migrations(), |store| {
        let site = loaded(&store);
        let again = act(&site, OFFICER, "plan.load", &json!({})).expect("loads");
        assert_eq!(again["measures"], 0);
        let former = rows(&site, "2014");
        let count = |status: &str| former.iter().filter(|row| row["status"] == status).count();
        let counts = ["ongoing", "under_study", "abolished", "achieved"].map(count);
        assert_eq!((former.len(), counts), (31, [13, 9, 4, 5]));
        let merged = |code: &str| {
            former.iter().find(|row| row["code"] == code).expect("is there")["merged_into"].clone()
        };
        assert_eq!((merged("2-1-3"), merged("3-1-1")), (json!("2-1-2"), json!("1-2-1")));
        let now = rows(&site, "2019");
        let codes: Vec<&str> = now.iter().filter_map(|row| row["code"].as_str()).collect();
        assert_eq!((codes.len(), codes[15], codes[22]), (25, "3-1-3", "3-1-10"));
    });
}

#[test]
fn a_change_of_state_needs_reason_and_date() {
    testkit::both(&migrations(), |store| {
        let site = loaded(&store);
        let change = |status: &str, into: &str, reason: &str, on: &str| json!({ "plan": "2019", "code": "3-1-7", "status": status, "merged_into": into, "reason": reason, "decided_on": on });
        for (input, expect) in [
            (change("achieved", "", "", "R6.3.31"), Some("reason")),
            (change("achieved", "", "済んだ", ""), Some("decided_on")),
            (change("achieved", "", "済んだ", "R20.1.1"), Some("decided_on")),
            (change("done", "", "済んだ", "R6.3.31"), Some("status")),
            (change("merged", "9-9-9", "まとめる", "R6.3.31"), Some("merged_into")),
            (change("merged", "3-1-7", "まとめる", "R6.3.31"), Some("merged_into")),
            (change("merged", "3-1-8", "まとめる", "R6.3.31"), None),
            (change("achieved", "", "済んだ", "R6.3.31"), None),
        ] {
            check(&site, OFFICER, "plan.status", &input, expect);
        }
        check(&site, CLERK, "plan.status", &change("achieved", "", "済んだ", "R6.3.31"), Some("担当の職員"));
        let row = one(&site, "2019", "3-1-7");
        assert_eq!((&row["status"], &row["decided_on"]), (&json!("achieved"), &json!("2024-03-31")));
    });
}

#[test]
fn a_report_goes_through_every_step_and_not_by_its_own_hand() {
    testkit::both(&migrations(), |store| {
        let site = loaded(&store);
        let report = |year: i64, cost: &str, users: &str| json!({ "plan": "2019", "code": "2-2-1", "year": year, "done": "カードの普及", "cost": cost, "hours": "１２０時間", "users": users });
        let review = |approve: bool, note: &str| json!({ "plan": "2019", "code": "2-2-1", "year": 2020, "approve": approve, "note": note });
        let good = report(2020, "1,200,000円", "800");
        for (who, input, expect) in [
            (LUNCH, good.clone(), Some("施策の担当課が出します")),
            (CLERK, report(2018, "1", ""), Some("期間")),
            (CLERK, report(2020, "", ""), Some("cost")),
            (CLERK, report(2020, "△5", "x"), Some("users")),
            (CLERK, good.clone(), None),
            (CLERK, good.clone(), Some("確認の途中")),
        ] {
            check(&site, who, "plan.report", &input, expect);
        }
        for (who, approve, note, expect) in [
            (CLERK, true, "", Some("報告した本人")),
            (LUNCH, true, "", Some("担当の職員")),
            (HEAD, true, "", Some("担当の職員")),
            (COLLEAGUE, false, "", Some("note")),
            (COLLEAGUE, true, "", None),
            (OFFICER, false, "金額を確かめてください", None),
            (OFFICER, true, "", Some("差し戻されています")),
        ] {
            check(&site, who, "plan.review", &review(approve, note), expect);
        }
        check(&site, CLERK, "plan.report", &report(2020, "1,000,001", "800"), None);
        for who in [COLLEAGUE, OFFICER, COMMITTEE, HEAD] {
            check(&site, who, "plan.review", &review(true, ""), None);
        }
        check(&site, HEAD, "plan.review", &review(true, ""), Some("承認が済んで"));
        let shown = &one(&site, "2019", "2-2-1")["reports"][0];
        assert_eq!(
            (&shown["version"], &shown["yen_per_user"], &shown["yen_per_hour"], &shown["stage"]),
            (&json!(2), &json!(1250), &json!(8333), &json!("承認済み"))
        );
        assert_eq!(store.clock().now(), MORNING);
    });
}
