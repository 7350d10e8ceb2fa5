//! HTTP: the API, its description, health and metrics.

mod api;
mod failures;
mod guard;
mod health;
mod openapi;
mod pages;
mod problem;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;

use crate::service::Service;
pub use guard::{Door, Refused, Token};

/// Everything that is served over HTTP; `door` guards all but health, metrics and pages without data.
pub fn router(service: Arc<Service>, door: Door) -> Router {
    let guarded = api::routes().layer(middleware::from_fn_with_state(door, guard::demand));
    let open =
        health::routes().merge(pages::routes()).route("/api/openapi.json", get(openapi::document));
    let limits = guard::Limits::of(&service.config.server);
    let router = guarded.merge(open).fallback(problem::no_such_page).with_state(service);
    guard::limited(router, limits)
}
