//! Pages for what went wrong: in words, with who helps, never a code alone.
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use db::DbError;

use crate::Site;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    #[error("not found")]
    NotFound,
    /// No right, or a request from elsewhere: told alike.
    #[error("forbidden")]
    Forbidden,
    /// A record that is not for this screen, whatever the reason is: a restriction, a lock, a state not known.
    #[error("shut")]
    Shut,
    /// The session ended while a form was filled.
    #[error("signed out")]
    SignedOut,
    #[error("too large")]
    TooLarge,
    #[error("overloaded")]
    Busy,
    #[error("unexpected")]
    Unexpected(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl From<DbError> for PageError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Overloaded => Self::Busy,
            other => Self::Unexpected(Box::new(other)),
        }
    }
}

/// What [`dress`] makes a page of.
#[derive(Debug, Clone)]
struct Note {
    heading: &'static str,
    sentence: &'static str,
    reference: Option<String>,
    way: (&'static str, &'static str),
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        let to_desk = ("/desk", "机に戻る");
        let (status, heading, sentence, way) = match &self {
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "お探しのページはありません",
                "番地が変わったか、書き間違いがあります。",
                to_desk,
            ),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "このページは担当の職員が開けます",
                "必要なときは、所属の課の管理者が権限を足せます。",
                to_desk,
            ),
            // The sentence is that of `register::REFUSED`.
            Self::Shut => (
                StatusCode::FORBIDDEN,
                "この記録は、この画面では扱えません",
                "窓口責任者に声をかけてください。",
                to_desk,
            ),
            Self::SignedOut => (
                StatusCode::UNAUTHORIZED,
                "30分たったので閉じました",
                "サインインし直すと、続きから入力できます。",
                ("/sign-in", "サインインする"),
            ),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, "入力が大きすぎます", "1MBまで受けとれます。", to_desk)
            }
            Self::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "ただいま混み合っています",
                "1分ほど待ってから、もう一度送れます。入力は残っています。",
                to_desk,
            ),
            Self::Unexpected(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "こちらの不具合です",
                "記録は変わっていません。総務課が番号から原因を調べられます。",
                to_desk,
            ),
        };
        let reference = if let Self::Unexpected(cause) = &self {
            let reference = reference();
            tracing::error!(reference, error = chain(cause.as_ref()), "unexpected");
            Some(reference)
        } else {
            None
        };
        let mut response = status.into_response();
        response.extensions_mut().insert(Note { heading, sentence, reference, way });
        response
    }
}

/// Four letters that a person can read out; the log line carries the same.
fn reference() -> String {
    let mut bytes = [0u8; 4];
    getrandom::fill(&mut bytes).expect("the system gives randomness");
    bytes.iter().map(|byte| char::from(b"23456789ABCDEFGHJKMNPQRSTVWXYZ34"[usize::from(byte & 31)])).collect()
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}

pub(crate) async fn not_found() -> PageError {
    PageError::NotFound
}

/// Puts the page around a refused request; the city's name is known here.
pub(crate) fn dress(site: &Site, response: Response) -> Response {
    let Some(note) = response.extensions().get::<Note>() else { return response };
    let page = ui::error_page(ui::ErrorPage {
        page: ui::Page {
            title: note.heading,
            city: &site.city().name,
            bands: site.bands(),
            ..Default::default()
        },
        heading: note.heading,
        sentences: &[note.sentence],
        reference: note.reference.as_deref(),
        way: Some(note.way),
    });
    (response.status(), page).into_response()
}
