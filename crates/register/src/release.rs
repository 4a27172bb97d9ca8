//! 一時解除: the one way past a block, for one person, one document, one way out and one who asks. It is used once,
//! ends by itself after some minutes, and opens nothing else.
use base::{At, Id, PersonId, name_key};
use db::{DbError, Tx, params, sql};
use events::facts::ProtectionDeed;
use identity::Action::Approve;
use identity::Caller;

use crate::document::{DOCUMENTS, Document};
use crate::issue::Channel;
use crate::lookup::shields;
use crate::other_party::{Asker, is_like};
use crate::protection::{Part, ProtectionId};
use crate::protection_act::{ProtectionRefusal, next_version, note, open};
use crate::protection_form::by_id;
use crate::shelter::{PROTECTION, Shelter};

/// Minutes after which a release has ended, unless the officer says fewer or more.
pub const RELEASE_MINUTES: i64 = 10;
/// The longest release.
const MOST_MINUTES: i64 = 60;

/// A release.
pub enum ReleaseKind {}

#[derive(Debug, Clone)]
pub struct NewRelease {
    pub protection: ProtectionId,
    pub person: PersonId,
    /// Key of the document.
    pub document: String,
    pub channel: Channel,
    /// Who asks for the paper, as the counter will write it.
    pub requester: String,
    pub reason: String,
    pub minutes: i64,
}

/// Releases one issue. Gives the moment at which it is blocked again.
///
/// # Errors
/// Without right, reason or requester, for somebody who is not shielded, or for the other party.
pub fn release(tx: &mut Tx<'_>, caller: &Caller, new: &NewRelease) -> Result<At, ProtectionRefusal> {
    if !caller.may(Approve, PROTECTION) {
        return Err(ProtectionRefusal::NotYours);
    }
    let of = open(tx, caller, new.protection)?;
    if new.reason.trim().is_empty() {
        return Err(ProtectionRefusal::NoReason);
    }
    let document = DOCUMENTS.iter().find(|one| one.key == new.document);
    let document = document.ok_or(ProtectionRefusal::NoDocument)?;
    let key = name_key(&new.requester);
    if key.is_empty() {
        return Err(ProtectionRefusal::NoRequester);
    }
    let resident = by_id(tx, new.person)?.ok_or(ProtectionRefusal::NoPerson)?;
    let shelter = Shelter::now(tx)?;
    if !shields(&shelter, &resident) {
        return Err(ProtectionRefusal::NotShielded);
    }
    let asker = Asker { person: None, name: &new.requester };
    if of.parties.iter().any(|party| party.part == Part::Other && is_like(party, &asker)) {
        return Err(ProtectionRefusal::OtherParty);
    }
    let id: Id<ReleaseKind> = tx.new_id();
    let until = tx.started_at().plus_seconds(new.minutes.clamp(1, MOST_MINUTES) * 60);
    let insert = sql!(
        "INSERT INTO protection_release (municipality_id, id, protection_id, person_id, document, channel, requester,
                                         requester_key, until_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
    );
    let (channel, requester) = (new.channel.code(), new.requester.trim());
    tx.run(insert, params![id, new.protection, new.person, document.key, channel, requester, key, until])?;
    let version = next_version(tx, &of)?;
    let (hour, minute) = until.hour_minute();
    let told = format!(
        "{}　{}　{}　請求者 {requester}　{hour}:{minute:02}まで",
        resident.person_no,
        document.title,
        new.channel.title()
    );
    note(tx, caller, &of, version, ProtectionDeed::Released, &told, &new.reason)?;
    Ok(until)
}

/// The release that fits, when there is one.
pub(crate) fn fitting(
    tx: &mut Tx<'_>,
    person: PersonId,
    document: Document,
    channel: Channel,
    requester: &str,
) -> Result<Option<Id<ReleaseKind>>, DbError> {
    let key = name_key(requester);
    if key.is_empty() {
        return Ok(None);
    }
    let find = sql!(
        "SELECT MIN(id) FROM protection_release
          WHERE municipality_id = $1 AND person_id = $2 AND document = $3 AND channel = $4 AND requester_key = $5
            AND used_at IS NULL AND until_at > $6"
    );
    let params = params![person, document.key, channel.code(), key, tx.started_at()];
    tx.one(find, params, |r| r.take())
}

/// Uses releases up, so that nobody takes them again.
pub(crate) fn use_up(tx: &mut Tx<'_>, releases: &[Id<ReleaseKind>]) -> Result<(), DbError> {
    let update = sql!(
        "UPDATE protection_release SET used_at = $3
          WHERE municipality_id = $1 AND id IN INTS($2) AND used_at IS NULL"
    );
    tx.run(update, params![releases, tx.started_at()]).map(drop)
}
