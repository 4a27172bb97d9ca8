//! Passwords under Argon2id.
//!
//! Parameters: OWASP Password Storage Cheat Sheet, the minimum of 19 MiB, two passes, one lane.
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// Checks that run at once: each takes 19 MiB, and the desk needs the processor as well.
const AT_ONCE: usize = 2;
static RUNNING: Semaphore = Semaphore::const_new(AT_ONCE);

fn argon2id() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the parameters lie within Argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// A PHC text with a random salt. Takes tens of milliseconds: not within a transaction, not on an async worker.
///
/// # Panics
/// When the system gives no randomness.
pub fn hash(password: &str) -> String {
    argon2id().hash_password(password.as_bytes()).expect("a password in memory can be hashed").to_string()
}

/// Whether `password` has this PHC hash. Without a hash (no such account) it computes all the same and says no,
/// so that the time taken does not tell which names exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    match hash {
        Some(hash) => argon2id().verify_password(password.as_bytes(), hash).is_ok(),
        None => {
            let mut out = [0u8; 32];
            let dummy = argon2id().hash_password_into(password.as_bytes(), b"no such account", &mut out);
            std::hint::black_box((dummy.is_ok(), out));
            false
        }
    }
}

/// The right to run one check. Taken before the attempt is counted, so that few are counted and not yet decided.
pub(crate) async fn turn() -> SemaphorePermit<'static> {
    RUNNING.acquire().await.expect("the semaphore is never closed")
}

/// [`verify`] on a thread of its own, so that no request waits behind it.
pub(crate) async fn verify_aside(
    turn: SemaphorePermit<'static>,
    password: String,
    hash: Option<String>,
) -> bool {
    let check = move || {
        let verdict = verify(&password, hash.as_deref());
        // The turn ends with the work: an asker who goes away must not let more checks run.
        drop(turn);
        verdict
    };
    tokio::task::spawn_blocking(check).await.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn knows_its_own_hashes() {
        let stored = hash("正しい馬の電池");
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert_ne!(stored, hash("正しい馬の電池"), "each hash has its own salt");
        for (password, stored, expected) in [
            ("正しい馬の電池", Some(stored.as_str()), true),
            ("正しい馬の電地", Some(stored.as_str()), false),
            ("", Some(stored.as_str()), false),
            ("正しい馬の電池", Some("not a hash"), false),
            ("正しい馬の電池", None, false),
        ] {
            assert_eq!(verify(password, stored), expected, "{password}");
        }
    }

    /// The quickest of several runs, as the machine may be busy.
    fn quickest(hash: Option<&str>) -> Duration {
        let run = || {
            let start = Instant::now();
            verify("wrong", hash);
            start.elapsed()
        };
        (0..5).map(|_| run()).min().expect("five runs")
    }

    #[test]
    fn an_unknown_account_takes_as_long_as_a_known_one() {
        let stored = hash("password");
        let (known, unknown) = (quickest(Some(&stored)), quickest(None));
        assert!(unknown * 4 > known, "known {known:?}, unknown {unknown:?}");
    }
}
