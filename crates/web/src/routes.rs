//! Declaring routes. Each says who may use it; there is no other way to add one.
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{MethodFilter, MethodRouter, get, on};
use axum::{Extension, Router, extract::DefaultBodyLimit};
use db::Zone;
use identity::Action;

use crate::{
    Site, account, accounts, asset, directory, error, guard, health, own_account, passkey, reach, setup,
    sign_in, step_up,
};

/// A form or a page's parameters are never larger than this.
pub(crate) const MOST_BYTES: usize = 1 << 20;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Everybody on the network.
    Public,
    /// Every signed-in member of staff.
    SignedIn,
    /// Whom the policy allows the action on the resource.
    Right(Action, &'static str),
    /// The same, and a second factor was shown within the last minutes (再確認).
    Fresh(Action, &'static str),
    /// Every signed-in member of staff who showed a second factor within the last minutes.
    FreshSignIn,
}

impl Need {
    /// The right that the policy must grant.
    pub fn right(self) -> Option<(Action, &'static str)> {
        match self {
            Self::Right(action, resource) | Self::Fresh(action, resource) => Some((action, resource)),
            Self::Public | Self::SignedIn | Self::FreshSignIn => None,
        }
    }
    pub fn is_fresh(self) -> bool {
        matches!(self, Self::Fresh(..) | Self::FreshSignIn)
    }
}

/// A declared route, for the tests that walk all of them.
#[derive(Debug, Clone)]
pub struct Listed {
    pub method: Method,
    pub path: &'static str,
    pub zone: Zone,
    pub need: Need,
}

/// Routes under construction.
pub struct Routes {
    router: Router,
    zone: Zone,
    listed: Vec<Listed>,
}

impl Routes {
    pub fn get<H, T>(self, path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.add(Method::GET, MethodFilter::GET, path, need, handler)
    }

    pub fn post<H, T>(self, path: &'static str, need: Need, handler: H) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        self.add(Method::POST, MethodFilter::POST, path, need, handler)
    }

    fn add<H, T>(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        need: Need,
        handler: H,
    ) -> Self
    where
        H: Handler<T, ()>,
        T: 'static,
    {
        let guarded: MethodRouter = on(filter, handler).layer(from_fn_with_state(need, guard::guard));
        self.router = self.router.route(path, guarded);
        self.listed.push(Listed { method, path, zone: self.zone, need });
        self
    }
}

/// The whole site's router, and the list of its routes.
pub fn serve_routes(site: Site) -> (Router, Vec<Listed>) {
    let mut routes = Routes { router: Router::new(), zone: Zone::Inside, listed: Vec::new() };
    for own in [
        sign_in::routes,
        step_up::routes,
        passkey::routes,
        directory::routes,
        account::routes,
        own_account::routes,
        accounts::routes,
        setup::routes,
    ] {
        routes = own(routes);
    }
    for app in site.apps() {
        routes.zone = app.zone;
        routes = (app.routes)(routes);
    }
    routes.zone = Zone::Portal;
    routes = routes.get("/healthz", Need::Public, health::healthz).get("/", Need::Public, sign_in::front);
    let router = routes
        .router
        .route("/assets/{name}", get(asset::asset))
        .fallback(error::not_found)
        .method_not_allowed_fallback(error::not_found)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn(guard::finish))
        .layer(from_fn(reach::see_client))
        .layer(Extension(site));
    (router, routes.listed)
}
