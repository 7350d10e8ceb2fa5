//! The description of the API.

use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Content, ContentBuilder, Ref, RefOr, ResponseBuilder};

use crate::service::Service;

/// Everything the API has; every answer but those of health and metrics needs the token, if there is one.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "forescale",
        description = "Scheduled forecasts and scale plans. Loads are in the unit of the series, spans in seconds, times in UTC."
    ),
    security((), ("token" = []))
)]
struct Api;

/// How any request may be refused: not a 405, as an operation that is described takes its method.
const REFUSALS: [(&str, &str); 5] = [
    ("401", "Without the token, where there is one"),
    ("413", "With a body that is larger than the service takes"),
    ("429", "After too many wrong tokens from the same address"),
    ("500", "With a mistake of the service or its store"),
    ("503", "Without an answer in time"),
];

/// What is said of the API as a whole.
pub fn about() -> utoipa::openapi::OpenApi {
    Api::openapi()
}

/// `/api/openapi.json`: `api` with what holds for all of it.
pub fn routes(mut api: utoipa::openapi::OpenApi) -> Router<Arc<Service>> {
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let operations = api.paths.paths.values_mut();
    operations.flat_map(|path| [&mut path.get, &mut path.post]).flatten().for_each(may_refuse);
    let document = || async move { Json(api) };
    Router::new().route("/api/openapi.json", get(document))
}

/// Adds what every operation may answer; each refusal is a problem.
fn may_refuse(operation: &mut Operation) {
    let responses = &mut operation.responses.responses;
    for (status, when) in REFUSALS {
        let refused = || ResponseBuilder::new().description(when).build().into();
        responses.entry(status.to_owned()).or_insert_with(refused);
    }
    for (_, response) in responses.iter_mut().filter(|(status, _)| status.as_str() >= "400") {
        let RefOr::T(response) = response else { continue };
        response.content = [("application/problem+json".to_owned(), problem())].into();
    }
}

fn problem() -> Content {
    ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build()
}
