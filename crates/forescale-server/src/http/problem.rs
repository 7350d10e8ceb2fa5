//! Errors as RFC 9457 has them.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// What went wrong with a request, as `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The status code again.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What kind of problem it is.
    pub title: String,
    /// What was wrong with this request, and what to do.
    pub detail: String,
}

impl Problem {
    /// A problem with `status`.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error").to_owned();
        Self { status: status.as_u16(), title, detail: detail.into() }
    }

    /// There is no target of that name.
    pub fn no_target() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no target of that name; see /api/v1/targets")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let kind = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
        response
    }
}

/// The answer where nothing is.
pub async fn no_such_page() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such page; /api lists what there is")
}

/// The answer where something is, but for another method.
pub async fn no_such_method() -> Problem {
    let detail = "this takes another method; the header Allow and /api say which";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, detail)
}
