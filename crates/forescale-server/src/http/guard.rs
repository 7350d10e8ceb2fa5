//! Who may ask, and how much.

use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tower_http::catch_panic::CatchPanicLayer;

use super::problem::Problem;
use crate::config::Server;
use crate::door::{Door, Refusal, bearer};
use crate::listen::Peer;

/// Lets a request through that brings the token, if there is one.
pub async fn demand(State(door): State<Door>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<Peer>().map(|peer| peer.0);
    let header = request.headers().get(header::AUTHORIZATION);
    let offered = header.and_then(|value| bearer(value.as_bytes()));
    match door.admit(peer, offered) {
        Ok(()) => next.run(request).await,
        Err(Refusal::TooMany) => too_many(),
        Err(Refusal::NoToken) => unauthorized(),
    }
}

fn too_many() -> Response {
    let detail = "there were too many wrong tokens from this address; wait a minute";
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

fn unauthorized() -> Response {
    let detail = "send the token of the service as Authorization: Bearer TOKEN";
    let mut response = Problem::new(StatusCode::UNAUTHORIZED, detail).into_response();
    response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// How much a request may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    body: usize,
    time: Duration,
}

impl Limits {
    /// Those of the configuration.
    pub fn of(server: &Server) -> Self {
        let time = server.request_timeout.to_std().unwrap_or(Duration::from_secs(30));
        Self { body: server.max_body, time }
    }
}

/// What browsers are told about every answer.
const HEADERS: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
];

/// The policy of answers that are no page: nothing in them runs or loads.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";

/// `router` within `limits`.
pub fn limited(router: Router, limits: Limits) -> Router {
    router
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(middleware::from_fn_with_state(limits.body, refuse_large))
        .layer(CatchPanicLayer::custom(|_| {
            let detail = "the service has a mistake here; its log says more";
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
        }))
        .layer(middleware::from_fn_with_state(limits.time, in_time))
        .layer(middleware::from_fn(with_headers))
}

/// Refuses a body that says it is too large before any of it is read.
async fn refuse_large(State(most): State<usize>, request: Request, next: Next) -> Response {
    let length = request.headers().get(header::CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > most as u64) {
        let detail = format!("the body should have at most {most} bytes");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    }
    next.run(request).await
}

async fn in_time(State(most): State<Duration>, request: Request, next: Next) -> Response {
    tokio::time::timeout(most, next.run(request)).await.unwrap_or_else(|_| {
        let detail = format!("there was no answer within {} s; ask again later", most.as_secs());
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).into_response()
    })
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        headers.entry(HeaderName::from_static(name)).or_insert(value);
    }
    let policy = HeaderValue::from_static(NOTHING);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(policy);
    response
}
