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

/// Stands in for the hash of an account that does not exist; its password is in the test below.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$fIWPavWE6uAJhSbe5OQOmQ$\
    ioCBDIZshInxejXDDy4acsNqwR2gSYylDaCWnqI1WJU";

/// Whether `password` has this PHC hash. Without a hash (no such account) it computes all the same and says no,
/// so that the time taken does not tell which names exist.
pub fn verify(password: &str, hash: Option<&str>) -> bool {
    let matches = argon2id().verify_password(password.as_bytes(), hash.unwrap_or(NOBODY)).is_ok();
    matches && hash.is_some()
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

/// [`hash`] on a thread of its own.
pub(crate) async fn hash_aside(turn: SemaphorePermit<'static>, password: String) -> Option<String> {
    let make = move || {
        let hash = hash(&password);
        drop(turn);
        hash
    };
    tokio::task::spawn_blocking(make).await.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_its_own_hashes() {
        let stored = hash("正しい馬の電池");
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

    /// The stand-in is a whole hash of the same cost, so that it takes the same time.
    #[test]
    fn an_unknown_account_costs_as_much_as_a_known_one() {
        for hash in [NOBODY, &hash("password")] {
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        }
        assert!(verify("だれでもない", Some(NOBODY)));
        assert!(!verify("だれでもない", None));
    }
}
