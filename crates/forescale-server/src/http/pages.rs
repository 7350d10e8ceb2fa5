//! The page of the targets and the page to try the API: files from the binary, which load nothing from elsewhere.

use axum::Router;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use forescale_report::assets;

use super::problem::{Problem, no_such_page};

/// What may run, load and be asked: this service alone. Charts place their marks by style attributes of scripts, which
/// need no permission of their own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SVG: &str = "image/svg+xml";
const JS: &str = "text/javascript; charset=utf-8";

/// Files by name. Names are in this list or nowhere: none is looked up on a disk.
const FILES: [(&str, &str, &str); 10] = [
    ("uplot.css", CSS, assets::UPLOT_CSS),
    ("uplot.js", JS, assets::UPLOT_JS),
    ("report.css", CSS, assets::REPORT_CSS),
    ("charts.js", JS, assets::CHARTS_JS),
    ("service.css", CSS, include_str!("../../assets/service.css")),
    ("service.js", JS, include_str!("../../assets/service.js")),
    ("hindsight.js", JS, include_str!("../../assets/hindsight.js")),
    ("ask.js", JS, include_str!("../../assets/ask.js")),
    ("icon.svg", SVG, include_str!("../../assets/icon.svg")),
    ("api.js", JS, include_str!("../../assets/api.js")),
];

/// `/`, `/api` and what they are made of. They hold no data: scripts ask for it with the token.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(|| async { page(include_str!("../../assets/service.html")) }))
        .route("/api", get(|| async { page(include_str!("../../assets/api.html")) }))
        .route("/assets/{name}", get(file))
}

fn page(html: &'static str) -> Response {
    served(HTML, html)
}

async fn file(name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    // What is no text is no name.
    let name = name.map(|Path(name)| name).unwrap_or_default();
    match FILES.iter().find(|(known, ..)| *known == name) {
        Some((_, kind, text)) => Ok(served(kind, text)),
        None => Err(no_such_page().await),
    }
}

fn served(kind: &'static str, text: &'static str) -> Response {
    let policy = HeaderValue::from_static(POLICY);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    (headers, text).into_response()
}
