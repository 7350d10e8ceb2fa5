//! HTTP: the API, its description, health and metrics.

mod api;
mod guard;
mod health;
mod openapi;
mod pages;
mod problem;
mod views;

use std::sync::Arc;

use axum::Router;
use axum::middleware;

use crate::door::Door;
use crate::service::Service;

/// Everything that is served over HTTP; `door` guards all but health, metrics and pages without data.
pub fn router(service: Arc<Service>, door: Door) -> Router {
    let (api, about) = api::routes(openapi::about());
    // The method is judged behind the door, too.
    let guarded = api
        .method_not_allowed_fallback(problem::no_such_method)
        .layer(middleware::from_fn_with_state(door, guard::demand));
    let open = health::routes().merge(pages::routes()).merge(openapi::routes(about));
    let open = open.method_not_allowed_fallback(problem::no_such_method);
    let limits = guard::Limits::of(&service.config.server);
    let router = guarded.merge(open).fallback(problem::no_such_page).with_state(service);
    guard::limited(router, limits)
}
