use base::PersonId;
use db::{params, sql};
use identity::Operation;
use serde_json::{Value, json};
use testkit::both;

use super::{Office, add_account, clerks, instant, migrations, moments};

const FAMILIES: &[(&str, &str, &[&str])] = &[("327番地3", "", &["花", "一郎"]), ("900番地", "", &["次郎"])];

fn opened(store: &db::Store) -> (Office, Vec<Vec<PersonId>>) {
    store.clock().set(instant("2026-10-01 00:00:00"));
    let office = Office::open(store);
    let families = office.families(FAMILIES);
    (office, families)
}

#[test]
fn the_log_of_a_person_lists_her_looks_and_no_others() {
    both(&migrations(), |store| {
        let (office, families) = opened(&store);
        let (hana, jiro) = (families[0][0], families[1][0]);
        office.at("2026-10-31 23:59:59");
        office.look("shimin", &[hana]);
        office.seal();
        office.at("2026-11-01 00:00:00");
        office.look("zeimu", &[hana, families[0][1]]);
        office.look("zeimu", &[jiro]);
        office.seal();
        office.at("2026-11-15 12:00:00");
        office.record("shimin", Operation::Refused, "住民票の写し", &[hana]);
        office.at("2026-11-30 23:59:59");
        // Not sealed yet.
        office.look("shimin", &[jiro, hana]);
        office.at("2026-12-01 00:00:00");
        office.look("shimin", &[hana]);

        // Last month, as nothing else is asked.
        let found = office.done("kansa", "oversight.who_looked", &json!({ "q": hana }));
        let expected = ["2026-11-30 23:59:59", "2026-11-15 12:00:00", "2026-11-01 00:00:00"];
        assert_eq!(moments(&found), expected);
        assert_eq!(clerks(&found), ["髙橋 一子", "髙橋 一子", "田村 五月"]);
        let row = &found["rows"][2];
        assert_eq!(
            (&row["others"], &row["operation"], &row["section"]),
            (&json!(1), &json!("照会"), &json!("zeimu課"))
        );
        assert_eq!(found["rows"][1]["operation"], "お断り");

        // The question was a look at her, and names the auditor from now on.
        let day = json!({ "q": hana, "from": "2026-12-01", "to": "2026-12-01" });
        let found = office.done("kansa", "oversight.who_looked", &day);
        assert_eq!(clerks(&found), ["茂木 九子", "髙橋 一子"]);

        let several = office.done("kansa", "oversight.who_looked", &json!({ "q": "見本0" }));
        assert_eq!(several["persons"].as_array().map(Vec::len), Some(2), "{several}");
        assert!(!several.to_string().contains("327"), "no address");
        let nobody = office.done("kansa", "oversight.who_looked", &json!({ "q": "ンゴロ" }));
        assert_eq!(nobody["persons"], json!([]));
    });
}

#[test]
fn a_proof_waits_for_a_signature() {
    both(&migrations(), |store| {
        let (office, families) = opened(&store);
        office.at("2026-11-01 09:00:00");
        office.look("shimin", &[families[0][0]]);
        let question = json!({ "q": families[0][0], "from": "2026-11-01", "to": "2026-11-01" });
        office.refused("kansa", "oversight.proof", &question, "まだ署名した記録がありません");
        office.seal();
        let signing = super::keys();
        office.write(move |tx| audit::checkpoint(tx, signing.signing()));
        office.at("2026-11-01 09:00:01");
        office.look("shimin", &[families[0][0]]);
        let made = office.done("kansa", "oversight.proof", &question);
        // The first look and the auditor's first question; the second look is newer than the checkpoint.
        assert_eq!((&made["records"], &made["left_out"]), (&json!(2), &json!(1)), "{made}");
        let lines = made["lines"].as_array().expect("lines");
        assert_eq!(lines.iter().filter(|line| !line["record"].is_null()).count(), 2, "{made}");
        office.refused("sekinin", "oversight.proof", &question, "担当の職員");
    });
}

#[test]
fn the_person_alone_gets_her_own_log_without_names_of_clerks() {
    both(&migrations(), |store| {
        let (office, families) = opened(&store);
        let hana = families[0][0];
        office.at("2026-11-10 09:00:00");
        office.look("shimin", &[hana]);
        office.record("zeimu", Operation::Refused, "住民票の照会", &[hana]);
        office.at("2026-11-20 10:00:00");
        let ask = |document: &str, is_the_person: bool| {
            json!({
                "person": hana, "from": "2026-11-01", "to": "2026-11-30", "document": document,
                "is_the_person": is_the_person,
            })
        };
        office.refused("sekinin", "oversight.disclose", &ask("マイナンバーカード", false), "ご本人だけ");
        office.refused("sekinin", "oversight.disclose", &ask("名刺", true), "書類");
        office.refused("zeimu", "oversight.disclose", &ask("マイナンバーカード", true), "担当の職員");
        let sheet = office.done("sekinin", "oversight.disclose", &ask("マイナンバーカード", true));
        let rows = json!([
            { "at": "2026-11-10 09:00:00", "section": "zeimu課", "operation": "お断り", "purpose": "住民票の照会" },
            { "at": "2026-11-10 09:00:00", "section": "shimin課", "operation": "照会", "purpose": "住民票の照会" },
        ]);
        assert_eq!(sheet["rows"], rows);
        for (_, name, _) in super::STAFF {
            assert!(!sheet.to_string().contains(name), "{name}");
        }
        // Handing it out is on the record, with how she was recognised.
        let day = json!({ "q": hana, "from": "2026-11-20", "to": "2026-11-20" });
        let found = office.done("kansa", "oversight.who_looked", &day);
        let handed = |row: &&Value| row["operation"] == "発行";
        let row = found["rows"].as_array().expect("rows").iter().find(handed).expect("the disclosure");
        assert_eq!(row["purpose"], "閲覧の記録の本人開示（マイナンバーカードで本人を確認）");
    });
}

#[test]
fn the_review_tells_unused_accounts_and_posts_without_an_end() {
    both(&migrations(), |store| {
        store.clock().set(instant("2026-01-05 09:00:00"));
        let office = Office::open(&store);
        // 90 and 91 days before the review; and an account that is younger than that.
        office.at("2026-08-25 09:00:00");
        office.record("zeimu", Operation::SignIn, "パスワードと確認コード", &[]);
        office.at("2026-08-26 09:00:00");
        office.record("shimin", Operation::SignIn, "パスワードと確認コード", &[]);
        office.at("2026-11-01 09:00:00");
        office.write(|tx| add_account(tx, "shinnin", "新井 新", "tax_clerk"));
        office.at("2026-11-24 09:00:00");
        let remarks = |found: &Value, name: &str| {
            let rows = found["rows"].as_array().expect("rows").iter();
            let row = rows.into_iter().find(|row| row["sign_in_name"] == name).expect("the account");
            row["remarks"].clone()
        };
        let found = office.done("kansa", "oversight.accounts", &json!({}));
        let (unused, open) = ("90日をこえて未使用", "終わりのない配属");
        assert_eq!(remarks(&found, "zeimu"), json!([unused, open]));
        assert_eq!(remarks(&found, "shimin"), json!([open]));
        assert_eq!(remarks(&found, "shinnin"), json!([open]));
        assert_eq!(found["rows"][0]["posts"][0]["role"], "監査委員事務局");

        office.write(|tx| {
            let end = sql!("UPDATE post SET to_on = $2 WHERE municipality_id = $1 AND account_id > 0 AND section_code = $3");
            tx.run(end, params!["2026-11-23", "zeimu"]).map(drop)
        });
        office.done("kansa", "oversight.review", &json!({ "account": "ZEIMU" }));
        office.refused("kansa", "oversight.review", &json!({ "account": "nobody" }), "見つかりません");
        office.refused("sekinin", "oversight.review", &json!({ "account": "zeimu" }), "担当の職員");
        let found = office.done("kansa", "oversight.accounts", &json!({}));
        assert_eq!(remarks(&found, "zeimu"), json!([unused, "配属なし"]));
        let row = found["rows"].as_array().expect("rows").iter().find(|row| row["sign_in_name"] == "zeimu");
        assert_eq!(row.expect("the account")["reviewed"], "2026-11-24 09:00:00");
    });
}
