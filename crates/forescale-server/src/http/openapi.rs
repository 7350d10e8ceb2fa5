//! The description of the API, and the page to try it.

use axum::Json;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};

use super::api;

/// Everything the API has; every answer but those of health and metrics needs the token, if there is one.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "forescale",
        description = "Scheduled forecasts and scale plans. Loads are in the unit of the series, spans in seconds, times in UTC."
    ),
    paths(
        api::targets,
        api::target,
        api::history,
        api::forecast,
        api::plan,
        api::plan_now,
        api::plans,
        api::reasons,
        api::accuracy,
        api::backtest,
        api::replay
    ),
    security((), ("token" = []))
)]
struct Api;

/// `/api/openapi.json`.
pub async fn document() -> Json<utoipa::openapi::OpenApi> {
    let mut api = Api::openapi();
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
    let components = api.components.get_or_insert_default();
    components.add_security_scheme("token", SecurityScheme::Http(bearer));
    let operations = api.paths.paths.values_mut();
    operations.flat_map(|path| [&mut path.get, &mut path.post]).flatten().for_each(may_refuse);
    Json(api)
}

/// Every operation may ask for the token.
fn may_refuse(operation: &mut Operation) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let refused = ResponseBuilder::new().description("Without the token, where there is one");
    let refused = refused.content("application/problem+json", content).build();
    operation.responses.responses.insert("401".to_owned(), refused.into());
}
