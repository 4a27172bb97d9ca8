//! Sessions that were looked up a moment ago.
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use base::{At, MunicipalityId};
use db::{DbError, Engine, Store};

use crate::break_glass;
use crate::secret::stored;
use crate::session::{self, LIMITS, Session};

/// On PostgreSQL other processes change accounts as well: a copy is good for this long.
const SHARED_SECONDS: i64 = 1;
/// More copies than a city has staff are somebody's attack.
const MOST: usize = 5000;

/// Copies of sessions: exact as long as no commit of this process touched accounts, posts or sessions.
#[derive(Debug, Default)]
pub struct KnownSessions {
    known: RwLock<HashMap<(MunicipalityId, [u8; 32]), Known>>,
}

#[derive(Debug, Clone)]
struct Known {
    session: Arc<Session>,
    read_at: At,
    changes: u64,
}

impl Known {
    fn holds(&self, store: &Store, at: At) -> bool {
        let alone = store.engine() == Engine::Sqlite;
        self.changes == store.changes()
            // Posts begin and end with days.
            && self.read_at.date() == at.date()
            && (alone || at < self.read_at.plus_seconds(SHARED_SECONDS))
            && at < self.session.began_at.plus_seconds(LIMITS.absolute)
            && at < self.session.seen_at.plus_seconds(LIMITS.seen_every)
            && break_glass::holds(&self.session.actor, at)
    }
}

impl KnownSessions {
    /// As [`session::current`].
    ///
    /// # Errors
    /// The store's own failure.
    pub async fn current(
        &self,
        store: &Store,
        municipality: MunicipalityId,
        token: &str,
        at: At,
    ) -> Result<Option<Arc<Session>>, DbError> {
        let key = (municipality, stored(token));
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some(known) = known.filter(|known| known.holds(store, at)) {
            return Ok(Some(known.session));
        }
        let changes = store.changes();
        let found = session::current(store, municipality, token, at).await?.map(Arc::new);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        match &found {
            Some(session) => {
                known.insert(key, Known { session: Arc::clone(session), read_at: at, changes });
            }
            None => {
                known.remove(&key);
            }
        }
        Ok(found)
    }
}
