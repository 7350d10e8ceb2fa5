//! HTTP: the API, its description, health and metrics.

mod api;
mod guard;
mod health;
mod problem;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::middleware;

use crate::service::Service;
pub use guard::Token;

/// Everything that is served over HTTP; `token` guards all but health and metrics.
pub fn router(service: Arc<Service>, token: Option<Token>) -> Router {
    let guarded = api::routes().layer(middleware::from_fn_with_state(token, guard::demand));
    let open = health::routes();
    let limits = guard::Limits::of(&service.config.server);
    let router = guarded.merge(open).fallback(problem::no_such_page).with_state(service);
    guard::limited(router, limits)
}
