//! The steps of a break-glass right (緊急時の権限), each with its event beside the row of the log.
use base::At;
use db::Tx;
use events::facts::Fact;
use events::{Source, append};
use identity::Action::{List, Read};
use identity::break_glass::{self, Ask};
use identity::{AccountId, Actor, BreakGlass, BreakGlassId, Caller, Policy, Role};
use serde::{Deserialize, Serialize};

use crate::LOG;
use crate::refusal::Refusal;

/// What happened to a break-glass right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Deed {
    Asked,
    Approved,
    Ended,
    Acknowledged,
}

/// A step of a break-glass right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct EmergencyRight {
    #[serde(rename = "use")]
    pub id: BreakGlassId,
    /// Whose right it is.
    pub account: AccountId,
    pub role: String,
    pub minutes: i64,
    pub deed: Deed,
}

impl Fact for EmergencyRight {
    const KIND: &'static str = "identity.emergency_right";
    const VERSION: i64 = 1;
    fn stream(&self) -> i64 {
        self.id.get()
    }
}

/// Roles that may be had in an emergency: those that show something, but neither the log nor where the shielded live
/// (支援措置), which stay with their own people.
pub(crate) fn offered(policy: &Policy) -> Vec<Role> {
    let shown = |role: &&Role| {
        let actor = Actor { roles: vec![role.key.to_owned()], ..Actor::system(base::MunicipalityId(0)) };
        !policy.allows(&actor, List, LOG) && !policy.allows(&actor, Read, register::PROTECTION)
    };
    policy.roles().iter().filter(shown).copied().collect()
}

pub(crate) fn ask(tx: &mut Tx<'_>, caller: &Caller, asked: &Ask) -> Result<BreakGlassId, Refusal> {
    if !offered(&caller.policy).iter().any(|role| role.key == asked.role) {
        return Err(Refusal::of("役割を選んでください"));
    }
    let id = break_glass::ask(tx, caller, asked)?;
    tell(tx, caller, id, Deed::Asked)?;
    Ok(id)
}

pub(crate) fn approve(tx: &mut Tx<'_>, caller: &Caller, id: BreakGlassId) -> Result<(), Refusal> {
    break_glass::approve(tx, caller, id)?;
    tell(tx, caller, id, Deed::Approved)
}

/// Whose it is ends it, or who may approve.
pub(crate) fn end(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: BreakGlassId,
    may_approve: bool,
) -> Result<(), Refusal> {
    let found = break_glass::find(tx, id)?.ok_or(Refusal::Unknown)?;
    if found.account != caller.actor.account && !may_approve {
        return Err(Refusal::Unknown);
    }
    break_glass::end(tx, caller, id)?;
    tell(tx, caller, id, Deed::Ended)
}

pub(crate) fn acknowledge(
    tx: &mut Tx<'_>,
    caller: &Caller,
    id: BreakGlassId,
    finding: &str,
) -> Result<(), Refusal> {
    if finding.trim().is_empty() {
        return Err(Refusal::of("確かめたことを入力してください"));
    }
    break_glass::acknowledge(tx, caller, id, finding)?;
    tell(tx, caller, id, Deed::Acknowledged)
}

fn tell(tx: &mut Tx<'_>, caller: &Caller, id: BreakGlassId, deed: Deed) -> Result<(), Refusal> {
    let BreakGlass { account, role, minutes, .. } = break_glass::find(tx, id)?.ok_or(Refusal::Unknown)?;
    let fact = EmergencyRight { id, account, role, minutes, deed };
    append(tx, &fact, Source { account: caller.actor.account.get(), reason: "緊急時の権限" })?;
    Ok(())
}

/// The uses of the last days that somebody may still act on, or wants to see.
pub(crate) fn lately(tx: &mut Tx<'_>, days: i64) -> Result<Vec<BreakGlass>, db::DbError> {
    let now: At = tx.started_at();
    break_glass::asked_between(tx, now.plus_seconds(-days * 24 * 3600), now.plus_seconds(1))
}

#[cfg(test)]
mod tests {
    use base::Id;

    use super::*;

    /// A stored fact must stay readable: a change is a new version.
    #[test]
    fn a_stored_fact_stays_readable() {
        let golden = r#"{"use":"0000000000007","account":"0000000000003","role":"resident_clerk","minutes":30,"deed":"approved"}"#;
        let fact = EmergencyRight {
            id: Id::new(7),
            account: Id::new(3),
            role: "resident_clerk".to_owned(),
            minutes: 30,
            deed: Deed::Approved,
        };
        assert_eq!(serde_json::to_string(&fact).expect("plain data"), golden);
        assert_eq!(serde_json::from_str::<EmergencyRight>(golden).expect("readable"), fact);
    }
}
