//! A city's own directory (OpenID Connect): authorization code with PKCE, and the judging of ID tokens.
//!
//! openidconnect 4 brings 186 crates without an HTTP client (this one 48 with it), for flows, claims and formats
//! that a sign-in does not use. Here are discovery, one redirect, one exchange and the judging of OpenID Connect
//! Core §3.1.3.7, each step with a test.
//!
//! Invariants: what binds the answer to the browser (state, nonce, PKCE) is derived from one secret in its cookie;
//! a token's own header never chooses what it is trusted for; nothing secret reaches a `Debug` text or an error.
mod directory;
mod http;
mod jwk;
mod token;

pub use directory::{Answer, Asked, Directory, OidcError, Settings};
pub use jwk::Jwks;
pub use token::{Expected, Person, Wrong, judge};
