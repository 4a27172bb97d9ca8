//! Letters and certificates on paper (様式): what an app says about its papers, and who sets them.
//!
//! An app owns a [`Template`] and hands the program's [`Typesetter`] its data as JSON; the typesetter alone knows how
//! a page comes about. Here are the data only: nothing in this crate draws.
mod electronic;
mod issue_number;
mod qr;
mod template;
mod typesetter;
mod verification_code;
mod window_address;

pub use electronic::{Certificate, Fault, Issued, NotACertificate, NotCertifiable, sha256};
pub use issue_number::IssueNumber;
pub use linkme;
pub use qr::{Qr, QrTooLong};
pub use template::{TEMPLATES, Template};
pub use typesetter::{Blank, MissingGlyph, PaperError, Pdf, Typesetter};
pub use verification_code::{NotACode, VerificationCode};
pub use window_address::WindowAddress;
