//! The signed-in request: who asks, and the frame of the page that answers.
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use db::DbError;
use identity::{Action, Actor, Caller, Looking, Purpose, session::Session};
use maud::Markup;

use crate::directory::ACCOUNT;
use crate::{PageError, Site, accounts};

/// Given to handlers by the guard.
#[derive(Clone)]
pub struct Desk {
    pub site: Site,
    pub(crate) session: Arc<Session>,
    /// Path of the request, for the access record.
    pub path: String,
    /// The terminal's network address.
    pub(crate) terminal: String,
}

/// What a page adds to the common frame.
#[derive(Debug, Clone, Copy, Default)]
pub struct View<'a> {
    pub title: &'a str,
    pub part: &'a str,
    /// Text in the search box.
    pub search: &'a str,
    pub has_errors: bool,
    pub refresh: Option<&'a str>,
    pub next: Option<&'a str>,
    pub previous: Option<&'a str>,
}

impl Desk {
    pub fn actor(&self) -> &Actor {
        &self.session.actor
    }
    /// Who asks, with rights and terminal: what the access record holds.
    pub fn caller(&self) -> Caller {
        Caller {
            actor: self.actor().clone(),
            policy: Arc::clone(self.site.policy()),
            terminal: self.terminal.clone(),
            path: self.path.clone(),
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
    /// Goes into every form.
    pub fn csrf(&self) -> &str {
        &self.session.csrf
    }
    pub fn may(&self, action: Action, resource: &str) -> bool {
        self.site.policy().allows(self.actor(), action, resource)
    }

    /// Renders a page inside the desk's frame: header, menu and palette as the rights allow.
    pub fn framed(&self, view: View<'_>, render: impl FnOnce(ui::DeskFrame<'_>) -> Markup) -> Markup {
        let items: Vec<&crate::MenuItem> = self
            .site
            .apps()
            .iter()
            .flat_map(|app| app.menu)
            .filter(|item| self.may(item.need.0, item.need.1))
            .collect();
        let menu: Vec<ui::MenuItem> = items
            .iter()
            .map(|item| ui::MenuItem { label: item.label, href: item.href, current: self.path == item.href })
            .collect();
        let commands: Vec<ui::Command> = items
            .iter()
            .map(|item| ui::Command {
                label: item.label,
                href: item.href,
                reading: item.reading,
                keys: item.keys,
            })
            .collect();
        let unseen = self.session.unseen_news;
        let own = if unseen > 0 {
            format!("アカウント（お知らせ{unseen}件）")
        } else {
            "アカウント".to_owned()
        };
        let link = |label, href| ui::MenuItem { label, href, current: false };
        let mut links = vec![link(own.as_str(), "/account")];
        if self.may(Action::Administer, ACCOUNT) {
            links.push(link("職員の利用者", accounts::HERE));
        }
        if self.may(Action::Approve, ACCOUNT) {
            links.push(link("設定コードの承認", accounts::APPROVALS));
        }
        render(ui::DeskFrame {
            page: ui::Page {
                title: view.title,
                part: view.part,
                city: &self.site.city().name,
                bands: self.site.bands(),
                has_errors: view.has_errors,
                refresh: view.refresh,
            },
            user: ui::UserMenu {
                name: &self.actor().name,
                section: &self.actor().section.name,
                csrf: self.csrf(),
                links: &links,
            },
            menu: &menu,
            // Who has no way into the register needs no box that leads there.
            search: items.iter().any(|item| item.href == "/residents").then_some(view.search),
            commands: &commands,
            next: view.next,
            previous: view.previous,
            help: None,
        })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Desk {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::Forbidden)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Site {
    type Rejection = PageError;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, PageError> {
        parts.extensions.get::<Self>().cloned().ok_or(PageError::NotFound)
    }
}
