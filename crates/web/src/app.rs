//! What an app tells the platform: everything in one value.
use std::pin::Pin;
use std::sync::Arc;

use db::{DbError, Migration, Zone};
use events::FollowUp;
use identity::{Action, Actor, Caller, Grant, Looking, Purpose, Resource};

use crate::{Routes, Site};

/// An app: one folder, one measure.
#[derive(Debug)]
pub struct App {
    /// Folder name.
    pub name: &'static str,
    /// As the city's plan calls it.
    pub title: &'static str,
    /// Code of the measure in the plan, 「3-1-7」; `None` for the desks and other shared apps.
    pub measure: Option<&'static str>,
    /// Where its pages live.
    pub zone: Zone,
    pub migrations: &'static [Migration],
    pub resources: &'static [Resource],
    pub grants: &'static [Grant],
    pub routes: fn(Routes) -> Routes,
    pub follow_ups: &'static [FollowUp],
    pub menu: &'static [MenuItem],
    pub commands: &'static [Command],
}

/// A way into an app, shown to whom the right allows.
#[derive(Debug)]
pub struct MenuItem {
    pub label: &'static str,
    pub href: &'static str,
    /// Kana and rōmaji that find it in the palette.
    pub reading: &'static str,
    /// 「Alt N」.
    pub keys: Option<&'static str>,
    pub need: (Action, &'static str),
}

/// A domain command for `fujidana act`: the same rights and access records as the screens.
#[derive(Debug)]
pub struct Command {
    pub name: &'static str,
    pub title: &'static str,
    pub need: (Action, &'static str),
    /// JSON Schema of the input.
    pub schema: fn() -> schemars::Schema,
    pub run: fn(Call) -> Answer,
}

/// One run of a command.
pub struct Call {
    pub site: Site,
    pub actor: Actor,
    /// The command's name.
    pub command: &'static str,
    pub input: serde_json::Value,
}

impl Call {
    /// Who asks: the log names the command.
    pub fn caller(&self) -> Caller {
        Caller {
            actor: self.actor.clone(),
            policy: Arc::clone(self.site.policy()),
            terminal: String::new(),
            path: format!("act {}", self.command),
        }
    }

    /// Reads persons; see [`identity::look`].
    ///
    /// # Errors
    /// What `closure` returns, or the store's own failure: without a record there is no answer.
    pub async fn look<T, E, F>(&self, purpose: Purpose, closure: F) -> Result<T, E>
    where
        F: Fn(&mut Looking<'_, '_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
    {
        identity::look(self.site.inside(), &self.caller(), purpose, closure).await
    }

    /// The input as the command's own type.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read<T: serde::de::DeserializeOwned>(&self) -> Result<T, Refused> {
        serde_json::from_value(self.input.clone()).map_err(|e| Refused::Input(e.to_string()))
    }
}

pub type Answer = Pin<Box<dyn Future<Output = Result<serde_json::Value, Refused>> + Send>>;

/// Why a command gave no result.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The input does not fit the schema.
    #[error("入力の形が違います: {0}")]
    Input(String),
    /// A rule of the domain; `detail` holds the wrong fields or the open alerts.
    #[error("{message}")]
    Rule { message: String, detail: serde_json::Value },
    #[error("この命令は担当の職員が行います")]
    Forbidden,
    #[error("store")]
    Db(#[from] DbError),
}
