//! Passkeys (パスキー): what a browser answers to a challenge, judged as WebAuthn Level 3 §7.1 and §7.2 say.
//!
//! webauthn-rs 0.6 brings 231 crates (this one 30), mostly for attestation, which a city that lets its staff use any
//! key does not ask for. What remains are some twenty comparisons and one signature, each with a test here; `ring`,
//! which our TLS client needs anyway, judges the signatures of ES256, EdDSA and (Windows Hello) RS256.
//!
//! Pure: knows neither clock nor database. The caller draws challenges, gives each out once, and keeps keys.
mod ceremony;
mod key;
mod signed;

pub use ceremony::{
    Asserted, Assertion, Known, Party, Registered, Registration, assert, challenge_of, register,
};
pub use key::ALGORITHMS;
use key::Key;

/// Why an answer counts for nothing. For the log: the page says one sentence for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("a field is not base64url")]
    Encoding,
    #[error("the client data are no JSON of the browser")]
    ClientData,
    #[error("the answer belongs to another ceremony")]
    Type,
    #[error("another challenge was asked")]
    Challenge,
    #[error("the answer was made for another origin")]
    Origin,
    #[error("the page was framed by another site")]
    CrossOrigin,
    #[error("the authenticator data are cut or too long")]
    AuthenticatorData,
    #[error("the key belongs to another site")]
    RpId,
    #[error("nobody was present")]
    NotPresent,
    #[error("the person was not verified")]
    NotVerified,
    #[error("the key is said to be copied and not copyable")]
    Backup,
    #[error("the attestation object cannot be read")]
    Attestation,
    #[error("the credential's name has more than 1023 bytes or none")]
    CredentialId,
    #[error("the public key is of no kind that was asked for")]
    Key,
    #[error("another credential answered")]
    Credential,
    #[error("the credential belongs to another account")]
    UserHandle,
    #[error("the signature does not fit")]
    Signature,
    #[error("the counter ran backwards: there may be a copy of the key")]
    Counter,
}
