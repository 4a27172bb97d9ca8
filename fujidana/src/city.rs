//! What a city is set up with: sections, roles, and the sign-ins of the sample city.
use base::At;
use db::{DbError, Tx, params, sql, sql_across};
use identity::{NewAccount, NewPost, Role, Section, create_account, create_section, give_post, totp};
use vault::Keys;
use web::{City, SampleSignIn};

/// Every role that a post may give. Apps say what a role may do.
pub const ROLES: &[Role] = &[
    Role { key: "resident_clerk", title: "市民課 窓口" },
    Role { key: "protection_officer", title: "支援措置責任者" },
    Role { key: "lunch_clerk", title: "給食センター" },
    Role { key: "care_clerk", title: "介護高齢課" },
    Role { key: "tax_clerk", title: "税務課" },
    Role { key: "insurance_clerk", title: "保険年金課" },
    Role { key: "election_clerk", title: "選挙管理委員会" },
    Role { key: "child_clerk", title: "子ども課" },
    Role { key: "school_clerk", title: "学校教育課" },
    Role { key: "environment_clerk", title: "環境課" },
    Role { key: "health_clerk", title: "健康づくり課" },
    Role { key: "operator", title: "総務課 運用" },
    Role { key: "plan_officer", title: "総務課 計画" },
    Role { key: "plan_committee", title: "情報化推進委員会" },
    Role { key: "mayor", title: "市長" },
    Role { key: "auditor", title: "監査委員事務局" },
];

/// The password of every sample account: it is printed on the sign-in page.
const SAMPLE_PASSWORD: &str = "fujidana-mihon";

const fn sign_in(name: &'static str, section: &'static str, does: &'static str) -> SampleSignIn {
    SampleSignIn { name, password: SAMPLE_PASSWORD, section, does }
}

pub const SAMPLE_SIGN_INS: &[SampleSignIn] = &[
    sign_in("shimin1", "市民課", "転入の仮登録・本登録"),
    sign_in("shimin2", "市民課", "転入の仮登録・本登録"),
    sign_in("kyushoku", "給食センター", "給食の名簿"),
    sign_in("kaigo", "介護高齢課", "介護保険の被保険者"),
    sign_in("zeimu", "税務課", "机の仕事"),
    sign_in("hoken", "保険年金課", "机の仕事"),
    sign_in("somu", "総務課", "届いていない課をみる"),
    sign_in("kansa", "監査委員事務局", "だれが見たか、監査の報告"),
    sign_in("kikaku", "総務課", "計画の進行管理"),
    sign_in("iinkai", "情報化推進委員会", "計画の年次報告の確認"),
    sign_in("shicho", "市長", "計画の年次報告の承認"),
    sign_in("sekinin", "市民課", "支援措置・抑止・一時解除"),
];

/// Who sits behind each sample sign-in: display name, section code, role.
const SAMPLE_STAFF: [(&str, &str, &str, &str); 12] = [
    ("shimin1", "髙橋 一子", "0120", "resident_clerk"),
    ("shimin2", "佐藤 次郎", "0120", "resident_clerk"),
    ("kyushoku", "小林 三枝", "0510", "lunch_clerk"),
    ("kaigo", "新井 四郎", "0320", "care_clerk"),
    ("zeimu", "田村 五月", "0130", "tax_clerk"),
    ("hoken", "関口 六花", "0140", "insurance_clerk"),
    ("somu", "黒澤 七海", "0100", "operator"),
    ("kansa", "茂木 九子", "0900", "auditor"),
    ("kikaku", "松本 十和", "0100", "plan_officer"),
    ("iinkai", "飯塚 千秋", "0910", "plan_committee"),
    ("shicho", "見本 市長", "0001", "mayor"),
    ("sekinin", "中島 八重", "0120", "protection_officer"),
];

pub fn fujioka() -> City {
    City {
        id: base::MunicipalityId(102_091),
        name: "藤岡市".to_owned(),
        prefecture: "群馬県".to_owned(),
        mayor: "見本　市長".to_owned(),
    }
}

/// The city of this installation, and whether it is a sample. The first slice serves one city.
pub fn read(tx: &mut Tx<'_>) -> Result<Option<(City, bool)>, DbError> {
    let find = sql_across!(
        "the tenant list",
        "SELECT municipality_id, name, prefecture, mayor, sample FROM municipality ORDER BY municipality_id LIMIT 1"
    );
    tx.opt(find, params![], |r| {
        let city = City { id: r.take()?, name: r.take()?, prefecture: r.take()?, mayor: r.take()? };
        Ok((city, r.take()?))
    })
}

/// Writes the city with the sample's sections and accounts. `password_hash` is made outside the transaction.
pub fn create_sample(
    tx: &mut Tx<'_>,
    keys: &Keys,
    city: &City,
    password_hash: &str,
    at: At,
) -> Result<(), DbError> {
    let insert = sql!(
        "INSERT INTO municipality (municipality_id, name, prefecture, mayor, sample) VALUES ($1, $2, $3, $4, $5)"
    );
    tx.run(insert, params![city.name, city.prefecture, city.mayor, true])?;
    let mut sections: Vec<&str> = Vec::new();
    for (name, display_name, code, role) in SAMPLE_STAFF {
        let listed =
            SAMPLE_SIGN_INS.iter().find(|one| one.name == name).expect("staff and sign-ins are one list");
        if !sections.contains(&code) {
            sections.push(code);
            create_section(tx, &Section { code: code.to_owned(), name: listed.section.to_owned() })?;
        }
        let account = NewAccount {
            sign_in_name: name.to_owned(),
            display_name: display_name.to_owned(),
            password_hash: password_hash.to_owned(),
            totp_secret: totp::sample_secret(name),
            sample: true,
        };
        let account = create_account(tx, keys, &account, at)?;
        give_post(
            tx,
            &NewPost { account, section: code.to_owned(), role: role.to_owned(), from: at.date(), to: None },
        )?;
    }
    Ok(())
}

pub fn sample_password() -> &'static str {
    SAMPLE_PASSWORD
}
