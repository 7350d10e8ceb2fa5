//! Who may ask, and how much.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use tower_http::catch_panic::CatchPanicLayer;

use super::failures::Failures;
use super::problem::Problem;
use crate::config::Server;
use crate::error::ServerError;
use crate::listen::Peer;

/// A secret that requests have to bring. Only its hash is kept, and nothing prints it.
#[derive(Clone)]
pub struct Token(Arc<[u8; 32]>);

impl Token {
    /// The first line of `file`.
    ///
    /// # Errors
    /// [`ServerError::File`] when it cannot be read or the line is shorter than 16 bytes.
    pub fn read(file: &Path) -> Result<Self, ServerError> {
        let secret = crate::secret::read("the token file", file)?;
        Ok(Self::new(&secret))
    }

    /// The token `secret`.
    pub fn new(secret: &[u8]) -> Self {
        Self(Arc::new(Sha256::digest(secret).into()))
    }

    /// Whether `offered` is it, in a time that does not depend on how much of it is right.
    pub fn is(&self, offered: &[u8]) -> bool {
        let offered: [u8; 32] = Sha256::digest(offered).into();
        self.0.ct_eq(&offered).into()
    }
}

/// Who has to bring a token, and who has lately brought a wrong one, over HTTP or gRPC.
#[derive(Clone, Default)]
pub struct Door {
    token: Option<Token>,
    failures: Arc<Failures>,
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It does not bring the token.
    NoToken,
    /// Nor did too many others from its address.
    TooMany,
}

impl Door {
    /// A door that `token` opens, or an open one.
    pub fn new(token: Option<Token>) -> Self {
        Self { token, failures: Arc::default() }
    }

    /// Lets a request of `peer` in that offers the token at `now`, if there is one. The right one always opens, since
    /// those who guess and those who know it may share an address.
    ///
    /// # Errors
    /// [`Refused`] when none of what is `offered` is the token.
    pub fn admit(
        &self,
        peer: Option<&Peer>,
        offered: &[&[u8]],
        now: Instant,
    ) -> Result<(), Refused> {
        let Some(token) = &self.token else { return Ok(()) };
        if offered.iter().any(|offered| token.is(offered)) {
            return Ok(());
        }
        // Who brings nothing does not guess: a page that asks for the token begins so.
        let Some(Peer(peer)) = peer.filter(|_| !offered.is_empty()) else {
            return Err(Refused::NoToken);
        };
        let refused = match self.failures.too_many(*peer, now) {
            true => Refused::TooMany,
            false => Refused::NoToken,
        };
        self.failures.count(*peer, now);
        Err(refused)
    }
}

/// Lets a request through that brings the token, if there is one.
pub async fn demand(State(door): State<Door>, request: Request, next: Next) -> Response {
    let offered = request.headers().get(header::AUTHORIZATION).and_then(bearer);
    let offered: Vec<&[u8]> = offered.into_iter().collect();
    match door.admit(request.extensions().get(), &offered, Instant::now()) {
        Ok(()) => next.run(request).await,
        Err(Refused::NoToken) => unauthorized(),
        Err(Refused::TooMany) => too_many(),
    }
}

fn too_many() -> Response {
    let detail = "there were too many wrong tokens from this address; wait a minute";
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

fn bearer(value: &HeaderValue) -> Option<&[u8]> {
    let (scheme, token) = value.as_bytes().split_at_checked(7)?;
    scheme.eq_ignore_ascii_case(b"bearer ").then_some(token)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_itself_is_the_token() {
        let token = Token::new(b"a long enough secret");
        assert!(token.is(b"a long enough secret"));
        for wrong in [&b""[..], b"a long enough secre", b"a long enough secret "] {
            assert!(!token.is(wrong));
        }
    }

    #[test]
    fn a_bearer_is_named_in_any_case() {
        let of = |text| bearer(&HeaderValue::from_static(text)).map(<[u8]>::to_vec);
        assert_eq!(of("bearer x"), Some(b"x".to_vec()));
        assert_eq!((of("Basic x"), of("Bearer")), (None, None));
    }
}
