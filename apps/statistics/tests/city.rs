//! Counting, publishing and the public files, on both engines.
use std::collections::HashMap;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode};
use base::{Date, HouseholdNo, PartialDate, PersonNo, Sex, day};
use db::{DbError, Migration, Store};
use identity::{AccountId, Action, Actor, Caller, Grant, Policy, Resource, Role, Section};
use register::{Name, Place, Relationship, TakeoverHousehold, TakeoverPerson};
use serde_json::{Value, json};
use testkit::{FUJIOKA, MORNING, both};
use tower::ServiceExt;
use web::{App, Call, City, Parts, Refused, Site};

const APPS: &[App] = &[statistics::APP];
const ROLES: &[Role] = &[
    Role { key: "resident_clerk", title: "市民課 窓口" },
    Role { key: "operator", title: "総務課 運用" },
    Role { key: "plan_officer", title: "企画" },
    Role { key: "protection_officer", title: "支援措置責任者" },
];

fn migrations() -> Vec<Migration> {
    let crates =
        [audit::MIGRATIONS, events::MIGRATIONS, identity::MIGRATIONS, web::MIGRATIONS, register::MIGRATIONS];
    crates.into_iter().flatten().copied().chain(statistics::APP.migrations.iter().copied()).collect()
}

fn policy() -> Policy {
    let filing = Resource { key: register::PROTECTION, title: "支援措置" };
    let officer =
        Grant { role: "protection_officer", resource: register::PROTECTION, actions: &[Action::Create] };
    let resources = [statistics::APP.resources, &[filing]].concat();
    Policy::new(ROLES, &resources, &[statistics::APP.grants, &[officer]].concat())
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
        policy: Arc::new(policy()),
        sample_sign_ins: &[],
        assets: HashMap::new(),
    })
}

fn actor(role: &str) -> Actor {
    Actor {
        municipality: FUJIOKA,
        account: AccountId::new(7),
        name: "七海".to_owned(),
        section: Section { code: "0100".to_owned(), name: "総務課".to_owned() },
        roles: vec![role.to_owned()],
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn act(site: &Site, name: &str, input: &Value) -> Result<Value, Refused> {
    let command = statistics::APP.commands.iter().find(|command| command.name == name).expect("a command");
    let call =
        Call { site: site.clone(), actor: actor("operator"), command: command.name, input: input.clone() };
    run((command.run)(call))
}

fn get(site: &Site, way: &str, asked: &[(&str, &str)]) -> (StatusCode, HeaderMap, String) {
    let (router, _) = web::serve_routes(site.clone());
    let mut request = Request::get(way);
    for (name, value) in asked {
        request = request.header(*name, *value);
    }
    run(async move {
        let answer = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers");
        let (head, body) = answer.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.expect("a body");
        (head.status, head.headers, String::from_utf8(bytes.to_vec()).expect("UTF-8"))
    })
}

/// Serials whose check digit would be ten are never issued.
fn person_no(number: u32) -> PersonNo {
    (20 * number..).find_map(PersonNo::from_serial).expect("a serial number")
}

/// Town, since when, and the members: sex and birth date.
type Home<'a> = (&'a str, Date, &'a [(Sex, &'a str)]);

fn take_over(store: &Store, homes: &[Home<'_>]) {
    let (mut persons, mut taken) = (0, Vec::new());
    for ((town, since, members), number) in homes.iter().zip(1..) {
        let members = members.iter().map(|(sex, birth)| {
            persons += 1;
            TakeoverPerson {
                number: person_no(persons),
                name: Name {
                    family: "新井".to_owned(),
                    given: "一".to_owned(),
                    family_kana: "アライ".to_owned(),
                    given_kana: "ハジメ".to_owned(),
                    common: String::new(),
                },
                nationality: String::new(),
                birth: PartialDate::parse(birth, MORNING.date()).expect("a birth date"),
                sex: *sex,
                relationship: Relationship::head(),
                domicile: String::new(),
                domicile_head: String::new(),
                resident_since: *since,
                address_since: *since,
                previous_address: String::new(),
            }
        });
        let town = town.parse().ok();
        taken.push(TakeoverHousehold {
            number: (20 * number..).find_map(HouseholdNo::from_serial).expect("a serial number"),
            place: Place {
                town,
                town_text: "町".to_owned(),
                lot: address::Lot::as_written("1番地"),
                detail: String::new(),
            },
            members: members.collect(),
        });
    }
    let done: Result<(), DbError> =
        store.write_blocking(FUJIOKA, move |tx| register::take_over(tx, MORNING.date(), &taken));
    done.expect("takes over");
}

const MANY: &[(Sex, &str)] = &[
    (Sex::Male, "1986-01-01"),
    (Sex::Male, "1987-01-01"),
    (Sex::Male, "1950-11-24"),
    (Sex::Male, "1950-11-25"),
    (Sex::Female, "1986-05-05"),
    (Sex::Female, "1987-05-05"),
    (Sex::Female, "1988-05-05"),
    (Sex::Female, "1930-01-01"),
];

/// 中栗須 with twelve persons, and two towns with so few that they are told together.
fn city(store: &Store) {
    let since = day(2000, 4, 1);
    take_over(
        store,
        &[
            ("0029000", since, MANY),
            ("0029000", since, &MANY[..2]),
            ("0029000", day(2026, 11, 20), &MANY[4..6]),
            ("0030000", since, &[(Sex::Female, "2020-12-31")]),
            (
                "0001000",
                since,
                &[(Sex::Male, "昭和36年月日不詳"), (Sex::Male, "年月日不詳"), (Sex::Male, "2026-11-24")],
            ),
            ("0001000", since, &[(Sex::Female, "2000-01-01"), (Sex::Female, "2000-01-02")]),
            ("", since, &[(Sex::Male, "1999-09-09")]),
        ],
    );
}

#[test]
fn residents_are_counted_as_of_a_day() {
    both(&migrations(), |store| {
        city(&store);
        let count = |on: Date| {
            let read: Result<_, DbError> =
                store.read_blocking(FUJIOKA, move |tx| register::head_count(tx, on));
            let read = read.expect("counts");
            let persons = read.persons.iter().map(|one| one.persons).sum::<i64>();
            (persons, read.households.iter().map(|(_, count)| count).sum::<i64>(), read.persons)
        };
        let (persons, households, today) = count(day(2026, 11, 24));
        assert_eq!((persons, households), (19, 7));
        let of = |sex: Sex, age: Option<i32>| -> i64 {
            today.iter().filter(|one| one.sex == sex && one.age == age).map(|one| one.persons).sum()
        };
        // 76 on the birthday, 75 the day before it; the last day of 昭和36年 counts where the day is not known.
        assert_eq!((of(Sex::Male, Some(76)), of(Sex::Male, Some(75)), of(Sex::Male, Some(64))), (1, 1, 1));
        assert_eq!((of(Sex::Male, None), of(Sex::Male, Some(0)), of(Sex::Female, Some(5))), (1, 1, 1));
        assert_eq!(count(day(2026, 11, 19)).0, 17, "who moved in on the 20th is not there yet");
        assert_eq!(count(day(2000, 3, 31)).0, 0);
    });
}

#[test]
fn a_day_is_counted_shown_and_published_and_then_stays() {
    both(&migrations(), |store| {
        let site = site(&store);
        let refused = act(&site, "statistics.count", &json!({})).expect_err("nobody lives here yet");
        assert!(refused.to_string().contains("住民票がまだありません"), "{refused}");
        city(&store);
        for (on, part) in [("2026-11-23", "令和8年11月24日"), ("2026-11-25", "きょうまで")] {
            let refused = act(&site, "statistics.count", &json!({ "on": on })).expect_err("not that day");
            assert!(refused.to_string().contains(part), "{refused}");
        }
        let counted = act(&site, "statistics.count", &json!({})).expect("counts");
        let expected = json!({ "on": "2026-11-24", "persons": 19, "households": 7, "published": false });
        assert_eq!(counted, expected);
        let shown = act(&site, "statistics.show", &json!({})).expect("shows");
        assert_eq!(
            (&shown["men"], &shown["women"], &shown["smallest_shown"]),
            (&json!(10), &json!(9), &json!(3))
        );
        let towns = &shown["towns"];
        let told: Vec<(&str, &Value)> = towns
            .as_array()
            .expect("towns")
            .iter()
            .map(|town| (town["name"].as_str().expect("a name"), &town["persons"]))
            .collect();
        assert_eq!(told.len(), 5, "{told:?}");
        assert!(told[..4].iter().filter(|(_, persons)| persons.is_null()).count() >= 2, "{told:?}");
        assert!(told[4].0.starts_with("その他") && told[4].1.as_i64() >= Some(6), "{told:?}");

        let (status, _, page) = get(&site, "/public/statistics", &[]);
        assert!(status == StatusCode::OK && page.contains("公開している人口はまだありません"), "{page}");
        assert_eq!(get(&site, "/public/statistics?on=2026-11-24", &[]).0, StatusCode::NOT_FOUND);
        assert_eq!(get(&site, "/public/open-data/population.csv", &[]).0, StatusCode::NOT_FOUND);
        act(&site, "statistics.publish", &json!({ "on": "2026-11-24" })).expect("publishes");
        let (_, _, before) = get(&site, "/public/open-data/population.csv", &[]);
        act(
            &site,
            "statistics.threshold",
            &json!({ "from": "2026-01-01", "smallest_shown": 10, "reason": "試し" }),
        )
        .expect("sets");
        let refused = act(&site, "statistics.count", &json!({})).expect_err("published");
        assert!(refused.to_string().contains("公開した日"), "{refused}");
        assert_eq!(get(&site, "/public/open-data/population.csv", &[]).2, before, "published figures stay");
        let (status, _, page) = get(&site, "/public/statistics", &[]);
        assert!(
            status == StatusCode::OK && page.contains("<svg") && page.contains("令和8年11月24日"),
            "{page}"
        );
        let (_, _, ages) = get(&site, "/public/statistics/ages.csv", &[]);
        assert!(
            ages.starts_with("\u{feff}調査年月日,年齢,男性,女性,総人口\r\n2026-11-24,0,1,0,1\r\n"),
            "{ages}"
        );
        assert!(ages.ends_with("2026-11-24,不詳,1,0,1\r\n"), "{ages}");
    });
}

#[test]
fn whether_somebody_is_shielded_changes_no_figure() {
    both(&migrations(), |store| {
        let site = site(&store);
        city(&store);
        act(&site, "statistics.count", &json!({})).expect("counts");
        let before = act(&site, "statistics.show", &json!({})).expect("shows");
        let policy = Arc::new(policy());
        let filed: Result<_, register::ProtectionRefusal> = store.write_blocking(FUJIOKA, move |tx| {
            let caller = Caller {
                actor: actor("protection_officer"),
                policy: policy.clone(),
                terminal: String::new(),
                path: String::new(),
            };
            let number = person_no(12);
            let applicant = register::RawParty { person: number.to_string(), ..Default::default() };
            register::file_protection(
                tx,
                &caller,
                &register::RawProtection { applicant, ..Default::default() },
            )
        });
        filed.expect("files");
        act(&site, "statistics.count", &json!({})).expect("counts");
        assert_eq!(act(&site, "statistics.show", &json!({})).expect("shows"), before);
    });
}

#[test]
fn the_population_file_has_the_official_columns_and_hides_what_is_small() {
    both(&migrations(), |store| {
        let site = site(&store);
        city(&store);
        act(&site, "statistics.count", &json!({})).expect("counts");
        act(&site, "statistics.publish", &json!({ "on": "2026-11-24" })).expect("publishes");
        let (_, head, text) = get(&site, "/public/open-data/population-2026-11-24.csv", &[]);
        assert_eq!(head["content-type"], "text/csv; charset=utf-8");
        let mut lines = text.trim_start_matches('\u{feff}').split("\r\n");
        let columns = lines.next().expect("a head");
        assert!(
            columns.starts_with(
                "都道府県コード又は市区町村コード,地域コード,都道府県名,市区町村名,調査年月日,地域名,総人口,男性,女性,\
                 0-4歳の男性,0-4歳の女性,5-9歳の男性"
            ) && columns.ends_with("80-84歳の女性,85歳以上の男性,85歳以上の女性,世帯数,備考"),
            "{columns}"
        );
        let count = columns.split(',').count();
        assert_eq!(count, 9 + 36 + 2);
        let rows: Vec<Vec<&str>> =
            lines.filter(|line| !line.is_empty()).map(|line| line.split(',').collect()).collect();
        assert!(rows.iter().all(|row| row.len() == count), "{text}");
        assert_eq!(rows[0][..9], ["102091", "", "群馬県", "藤岡市", "2026-11-24", "藤岡市", "19", "10", "9"]);
        for row in &rows[1..] {
            let small = row[6..count - 1]
                .iter()
                .filter_map(|cell| cell.parse::<i64>().ok())
                .find(|n| (1..3).contains(n));
            assert_eq!(small, None, "{row:?}");
        }
    });
}

const SHELTERS: &str = "全国地方公共団体コード,ID,都道府県名,地方公共団体名,名称,所在地_連結表記,緯度,経度,災害種別_洪水\n\
                        102091,1,群馬県,藤岡市,北中学校,下栗須283-2,36.258555,139.0824,1\n";

#[test]
fn records_are_imported_whole_or_not_at_all_and_public_at_once() {
    both(&migrations(), |store| {
        let site = site(&store);
        assert_eq!(get(&site, "/public/open-data/shelters.csv", &[]).0, StatusCode::NOT_FOUND);
        let import = |text: &str| {
            let input = json!({ "dataset": "shelters", "csv": text, "source": "国土地理院" });
            act(&site, "open_data.import", &input)
        };
        assert_eq!(import(SHELTERS).expect("imports"), json!({ "records": 1 }));
        let (status, head, text) = get(&site, "/public/open-data/shelters.csv", &[]);
        assert_eq!(status, StatusCode::OK);
        assert!(text.starts_with(
            "\u{feff}都道府県コード又は市区町村コード,NO,都道府県名,市区町村名,名称,名称_カナ,住所,"
        ));
        assert!(
            text.contains("\r\n102091,1,群馬県,藤岡市,北中学校,,下栗須283-2,,36.258555,139.0824,"),
            "{text}"
        );
        assert_eq!(head["last-modified"], "Tue, 24 Nov 2026 00:14:00 GMT");
        let etag = head["etag"].to_str().expect("a fingerprint").to_owned();
        for (name, value, expected) in [
            ("if-none-match", etag.as_str(), StatusCode::NOT_MODIFIED),
            ("if-none-match", "\"other\"", StatusCode::OK),
            ("if-modified-since", "Tue, 24 Nov 2026 00:14:00 GMT", StatusCode::NOT_MODIFIED),
            ("if-modified-since", "Mon, 23 Nov 2026 00:14:00 GMT", StatusCode::OK),
            ("if-modified-since", "gestern", StatusCode::OK),
        ] {
            let (status, _, body) = get(&site, "/public/open-data/shelters.csv", &[(name, value)]);
            assert_eq!(
                (status, body.is_empty()),
                (expected, expected == StatusCode::NOT_MODIFIED),
                "{name}: {value}"
            );
        }
        let wrong = SHELTERS.replace("139.0824", "39.0824").replace("36.258555", "136.258555");
        let Refused::Rule { detail, .. } = import(&wrong).expect_err("is wrong") else {
            panic!("a rule refuses")
        };
        let places: Vec<(&Value, &Value)> =
            detail.as_array().expect("a list").iter().map(|one| (&one["row"], &one["column"])).collect();
        assert_eq!(places, [(&json!(2), &json!("緯度")), (&json!(2), &json!("経度"))]);
        assert_eq!(get(&site, "/public/open-data/shelters.csv", &[]).2, text, "nothing changed");
    });
}

#[test]
fn the_catalogue_lists_what_is_public_and_nothing_else() {
    both(&migrations(), |store| {
        let site = site(&store);
        let titles = |text: &str| -> Vec<String> {
            let catalogue: Value = serde_json::from_str(text).expect("JSON");
            assert_eq!(catalogue["@type"], "dcat:Catalog");
            let sets = catalogue["dcat:dataset"].as_array().expect("data sets").clone();
            sets.iter()
                .map(|set| {
                    let file =
                        set["dcat:distribution"][0]["dcat:downloadURL"]["@id"].as_str().expect("an address");
                    assert_eq!(get(&site, file, &[]).0, StatusCode::OK, "{file}");
                    set["dct:title"].as_str().expect("a title").to_owned()
                })
                .collect()
        };
        let (status, head, text) = get(&site, "/public/open-data/catalog.jsonld", &[]);
        assert_eq!(
            (status, &head["content-type"]),
            (StatusCode::OK, &HeaderValue::from_static("application/ld+json"))
        );
        assert_eq!(titles(&text), [""; 0]);
        city(&store);
        act(&site, "statistics.count", &json!({})).expect("counts");
        act(&site, "open_data.import", &json!({ "dataset": "shelters", "csv": SHELTERS })).expect("imports");
        let list = |site: &Site| get(site, "/public/open-data/catalog.jsonld", &[]).2;
        assert_eq!(titles(&list(&site)), ["指定緊急避難場所一覧"]);
        act(&site, "statistics.publish", &json!({ "on": "2026-11-24" })).expect("publishes");
        assert_eq!(titles(&list(&site)), ["地域・年齢別人口", "指定緊急避難場所一覧"]);
        assert_eq!(get(&site, "/public/open-data/population-2026-11-23.csv", &[]).0, StatusCode::NOT_FOUND);
        assert_eq!(get(&site, "/public/open-data/secret.csv", &[]).0, StatusCode::NOT_FOUND);
    });
}
