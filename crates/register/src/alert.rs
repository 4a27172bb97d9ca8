//! What is possible but must be thought about (アラート, [STD] 11.1): it needs an answer, which is recorded.
use base::{Date, name_key, reaches_on};
use db::{DbError, Tx, params, sql};
use serde::Serialize;

use crate::lock::{self, LockAct};
use crate::notification::MoveIn;
use crate::shelter::Shelter;

/// Days within which a move-in is filed (住民基本台帳法 22条).
const FILING_DAYS: i32 = 14;

/// An alert. `code` names it in the stored answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Alert {
    pub code: String,
    pub sentence: String,
    pub reason: String,
    /// Law or clause.
    pub source: &'static str,
}

/// The alerts of a notification against the present register, always in the same order.
///
/// # Errors
/// What the engine says.
pub fn alerts(tx: &mut Tx<'_>, notice: &MoveIn) -> Result<Vec<Alert>, DbError> {
    let mut found = Vec::new();
    found.extend(late(notice));
    found.extend(headless(notice));
    found.extend(without_adult(notice));
    found.extend(inexact(notice));
    let shelter = Shelter::now(tx)?;
    for (i, _) in notice.members.iter().enumerate() {
        found.extend(known(tx, notice, i, &shelter)?);
    }
    found.extend(locked(tx, notice)?);
    Ok(found)
}

fn late(notice: &MoveIn) -> Option<Alert> {
    let days = (notice.filed_on - notice.moved_on).get_days();
    (days > FILING_DAYS).then(|| Alert {
        code: "late".to_owned(),
        sentence: format!("異動日から{days}日たっています。このまま受け付けますか"),
        reason: "14日を過ぎた届出です。届出期間経過通知書の対象になります".to_owned(),
        source: "住民基本台帳法22条・52条",
    })
}

fn headless(notice: &MoveIn) -> Option<Alert> {
    let headless = notice.household.is_none() && !notice.members.iter().any(|m| m.relationship.is_head());
    headless.then(|| Alert {
        code: "no_head".to_owned(),
        sentence: "世帯主がいません。未設定のまま進めますか".to_owned(),
        reason: "世帯主を未設定のまま登録すると、ほかの課にもそのまま届きます".to_owned(),
        source: "標準仕様書 1.1.10",
    })
}

fn without_adult(notice: &MoveIn) -> Option<Alert> {
    let adult = |birth: Date| reaches_on(birth, 18) <= notice.moved_on;
    let only_minors = notice.household.is_none() && !notice.members.iter().any(|m| adult(m.birth.earliest()));
    only_minors.then(|| Alert {
        code: "minors_only".to_owned(),
        sentence: "18歳以上の人がいない世帯です。このまま進めますか".to_owned(),
        reason: "届出人と世帯主を確かめます".to_owned(),
        source: "民法4条",
    })
}

fn inexact(notice: &MoveIn) -> Option<Alert> {
    let names: Vec<String> = notice
        .members
        .iter()
        .filter(|m| !m.birth.is_exact())
        .map(|m| format!("{}さん（{}）", m.given, m.birth.text()))
        .collect();
    (!names.is_empty()).then(|| Alert {
        code: "inexact_birth".to_owned(),
        sentence: format!("生年月日が暦の日ではありません：{}", names.join("、")),
        reason: "年齢で決まる手続きは各課で「要確認」になります".to_owned(),
        source: "標準仕様書 1.1.8",
    })
}

/// The household that they join has a lock on changes that asks for an answer (residents.md §8.2).
fn locked(tx: &mut Tx<'_>, notice: &MoveIn) -> Result<Option<Alert>, DbError> {
    let Some(household) = notice.household else { return Ok(None) };
    let today = tx.started_at().date();
    let locks = lock::on(tx, &[], &[household], today)?;
    Ok(locks.iter().find(|lock| lock.warns(LockAct::Change)).map(|_| Alert {
        code: "locked".to_owned(),
        sentence: "入る世帯の異動に注意がついています。このまま進めますか".to_owned(),
        reason: "窓口責任者に確かめます".to_owned(),
        source: "標準仕様書 3.1",
    }))
}

/// The same name, sex and birth date is in the register already, closed or not ([STD] 4.1.1.2). The alert tells
/// nothing of that person: who wants to know more searches, and that is recorded. Of a shielded person (支援措置)
/// it does not even tell that there is one: the new record is then shielded, too, until an officer has compared.
fn known(tx: &mut Tx<'_>, notice: &MoveIn, i: usize, shelter: &Shelter) -> Result<Option<Alert>, DbError> {
    let member = &notice.members[i];
    let key = format!("n{}", name_key(&format!("{}{}", member.family, member.given)));
    let find = sql!(
        "SELECT c.state FROM resident_key AS k
           JOIN resident_current AS c ON c.municipality_id = $1 AND c.person_id = k.person_id
          WHERE k.municipality_id = $1 AND k.search_key = $2 AND c.sex = $3
            AND c.birth_earliest_on = $4 AND c.birth_latest_on = $5
            AND NOT (c.person_id IN INTS($6)) AND NOT (c.household_id IN INTS($7))
          ORDER BY c.state LIMIT 1"
    );
    let (persons, homes) = shelter.lists();
    let (sex, birth) = (member.sex.code(), &member.birth);
    let params = params![key, sex, birth.earliest(), birth.latest(), persons, homes];
    let Some(state) = tx.opt(find, params, |r| r.take::<String>())? else { return Ok(None) };
    let whole = format!("{}{}", member.family, member.given);
    let (sentence, reason) = if state == "closed" {
        (
            format!("{whole}さんと同じ氏名・性別・生年月日の人が除票にいます。再転入ではありませんか"),
            "住民の検索で確かめ、別の人なら、このまま進めます".to_owned(),
        )
    } else {
        (
            format!("{whole}さんと同じ氏名・性別・生年月日の人が住民票にいます。別の人ですか"),
            "住民の検索で確かめます。同じ人なら、転入ではありません".to_owned(),
        )
    };
    Ok(Some(Alert { code: format!("known_{i}"), sentence, reason, source: "標準仕様書 4.1.1.2" }))
}
