//! `GET /healthz`: is it alive, which version, which schema.
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use db::{DbError, Engine, Store, params, sql_across};
use serde_json::{Value, json};

use crate::Site;

pub(crate) async fn healthz(site: Site) -> Response {
    let (inside, portal) = tokio::join!(zone(site.inside()), zone(site.portal()));
    let healthy = inside.is_ok() && portal.is_ok();
    let told = |state: Result<Value, DbError>| state.unwrap_or_else(|_| json!({ "migrations": "unknown" }));
    let body = json!({
        "status": if healthy { "ok" } else { "failing" },
        "version": site.version(),
        "engine": engine(site.inside()),
        "zones": { "inside": told(inside), "portal": told(portal) },
    });
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(body)).into_response()
}

fn engine(store: &Store) -> &'static str {
    match store.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

async fn zone(store: &Store) -> Result<Value, DbError> {
    let count = store.read_across(|tx| {
        let count = sql_across!("the schema belongs to no city", "SELECT COUNT(*) FROM schema_migration");
        tx.one(count, params![], |r| r.take::<i64>())
    });
    Ok(json!({ "engine": engine(store), "migrations": { "applied": count.await?, "pending": 0 } }))
}
