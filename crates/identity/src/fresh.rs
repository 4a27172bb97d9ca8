//! Step-up (再確認): before an act that weighs much, the one who is signed in shows a second factor again.
//!
//! Spec: office §5, architecture §7. The session's cookie changes, as at sign-in; its forms stay valid.
use base::{At, MunicipalityId};
use db::{DbError, Store, Tx, params, sql};
use vault::Keys;

use crate::account::{actor_of, totp_secret};
use crate::operation::{Entry, Operation, record};
use crate::secret::{Token, stored};
use crate::session::{LIMITS, NewSession, Refusal, use_code};
use crate::{AccountId, Actor, throttle, totp};

/// The one-time code, once more. `token` is the session's cookie.
///
/// # Errors
/// [`Refusal`].
pub async fn by_code(
    store: &Store,
    keys: &Keys,
    municipality: MunicipalityId,
    token: &str,
    code: &str,
    client: &str,
    at: At,
) -> Result<NewSession, Refusal> {
    let (renewed, keys) = (Token::random(), keys.clone());
    let (old, new, code, client) =
        (stored(token), stored(renewed.reveal()), code.to_owned(), client.to_owned());
    let confirmed = store
        .write(municipality, move |tx| {
            let Some(holder) = holder_of(tx, old, at)? else { return Ok(false) };
            throttle::attempt_again(tx, holder.account, at)?;
            let Some(actor) = actor_of(tx, holder.account, at.date())? else { return Ok(false) };
            let secret = totp_secret(tx, &keys, holder.account, &holder.secret)?;
            let Some(step) = totp::matching_step(&secret, &code, at, holder.last_step) else {
                let failed = Entry::new(&actor, Operation::SignInFailed, "再確認の確認コード");
                record(tx, &Entry { terminal: &client, ..failed })?;
                return Ok(false);
            };
            use_code(tx, holder.account, step)?;
            renew(tx, &actor, old, new, &client, "確認コード", at)?;
            Ok::<_, Refusal>(true)
        })
        .await?;
    // A wrong code is Ok to the store: the failure must stay counted.
    if confirmed { Ok(NewSession { token: renewed }) } else { Err(Refusal::Wrong) }
}

struct Holder {
    account: AccountId,
    /// Sealed.
    secret: Vec<u8>,
    last_step: i64,
}

fn holder_of(tx: &mut Tx<'_>, token_hash: [u8; 32], at: At) -> Result<Option<Holder>, DbError> {
    tx.opt(
        sql!(
            "SELECT s.account_id, a.totp_secret, a.totp_step FROM session s
             JOIN account a ON a.municipality_id = s.municipality_id AND a.id = s.account_id
             WHERE s.municipality_id = $1 AND s.token_hash = $2 AND s.began_at > $3 AND s.seen_at > $4"
        ),
        params![token_hash, at.plus_seconds(-LIMITS.absolute), at.plus_seconds(-LIMITS.idle)],
        |row| Ok(Holder { account: row.take()?, secret: row.take()?, last_step: row.take()? }),
    )
}

/// The session is fresh, under a new cookie. `by`: what the person showed.
pub(crate) fn renew(
    tx: &mut Tx<'_>,
    actor: &Actor,
    old: [u8; 32],
    new: [u8; 32],
    client: &str,
    by: &str,
    at: At,
) -> Result<(), DbError> {
    throttle::clear_again(tx, actor.account)?;
    tx.announce_change();
    let renew = sql!(
        "UPDATE session SET token_hash = $4, fresh_at = $5, seen_at = $5
         WHERE municipality_id = $1 AND token_hash = $2 AND account_id = $3"
    );
    tx.run(renew, params![old, actor.account, new, at])?;
    record(tx, &Entry { terminal: client, ..Entry::new(actor, Operation::StepUp, by) })
}
