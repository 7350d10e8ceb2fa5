//! `/api/v1`: targets, forecasts, plans, and how good they were.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::{Json, Router};
use chrono::{DateTime, Utc};
use forescale::Quantile;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::Problem;
use super::views::{
    BacktestView, DateView, ForecastView, PlanView, ReasonView, ReplayView, TargetDetail,
    TargetView,
};
use crate::accuracy::Accuracy;
use crate::board::Entry;
use crate::config::TargetName;
use crate::service::Service;
use crate::standing::{History, Standing};
use crate::store::{PlanRow, Store};

/// Rows of a list when nobody says how many.
const ROWS: u32 = 100;

/// The most rows of a list.
const MOST_ROWS: u32 = 1_000;

type Shared = State<Arc<Service>>;
type Answer<T> = Result<Json<T>, Problem>;

/// The routes of the API, and their description.
pub fn routes(about: OpenApi) -> (Router<Arc<Service>>, OpenApi) {
    OpenApiRouter::with_openapi(about)
        .routes(routes!(targets))
        .routes(routes!(target))
        .routes(routes!(history))
        .routes(routes!(forecast))
        .routes(routes!(plan, plan_now))
        .routes(routes!(plans))
        .routes(routes!(reasons))
        .routes(routes!(accuracy))
        .routes(routes!(backtest))
        .routes(routes!(replay))
        .split_for_parts()
}

/// Which target is asked about.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct NamePath {
    /// The name of a target.
    #[param(min_length = 1, max_length = 128, pattern = "^[a-z0-9._-]+$")]
    name: String,
}

impl<S: Send + Sync> FromRequestParts<S> for NamePath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        // What is no text is no name.
        let name = Path::<String>::from_request_parts(parts, state).await;
        name.map(|Path(name)| Self { name }).map_err(|_| Problem::no_target())
    }
}

/// All targets at a glance
#[utoipa::path(get, path = "/api/v1/targets", responses((status = 200, body = Vec<TargetView>)))]
async fn targets(State(service): Shared) -> Json<Vec<TargetView>> {
    let now = service.now();
    Json(service.board.entries().iter().map(|entry| TargetView::new(entry, now)).collect())
}

/// A target, and how its jobs last ran
#[utoipa::path(get, path = "/api/v1/targets/{name}", params(NamePath), responses((status = 200, body = TargetDetail), (status = 404, body = Problem)))]
async fn target(State(service): Shared, NamePath { name }: NamePath) -> Answer<TargetDetail> {
    let entry = find(&service, &name)?;
    let runs = from_store(&service, &entry, |store, name| store.runs(name)).await?;
    let now = service.now();
    let counted = entry.standing().map(|standing| standing.counted.clone()).unwrap_or_default();
    // What is wrong with a calendar is the affair of the run that needs it.
    let calendar = entry.calendar(now).map(|calendar| DateView::around(&calendar, now));
    let (target, calendar) = (TargetView::new(&entry, now), calendar.unwrap_or_default());
    Ok(Json(TargetDetail { target, runs, counted, calendar }))
}

/// The newest load, as the last forecast saw it
#[utoipa::path(get, path = "/api/v1/targets/{name}/history", params(NamePath), responses((status = 200, body = History), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn history(State(service): Shared, NamePath { name }: NamePath) -> Answer<History> {
    let entry = find(&service, &name)?;
    let standing = standing(&entry)?;
    Ok(Json(standing.history.clone()))
}

/// What a forecast is asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ForecastQuery {
    /// At most 32 quantiles between commas, such as `0.5,0.98`; those the forecast carries when absent.
    #[param(pattern = "^[^,]+(,[^,]+){0,31}$")]
    quantiles: Option<String>,
}

/// The newest forecast
#[utoipa::path(get, path = "/api/v1/targets/{name}/forecast", params(NamePath, ForecastQuery), responses((status = 200, body = ForecastView), (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn forecast(
    State(service): Shared,
    NamePath { name }: NamePath,
    query: Result<Query<ForecastQuery>, QueryRejection>,
) -> Answer<ForecastView> {
    let entry = find(&service, &name)?;
    let asked = query.map_err(|error| unprocessable(error.body_text()))?.0.quantiles;
    let quantiles = asked.as_deref().map(quantiles).transpose()?.unwrap_or_default();
    let standing = standing(&entry)?;
    Ok(Json(ForecastView::new(&entry, &standing.forecast, &quantiles)))
}

/// The most quantiles of a forecast.
const MOST_QUANTILES: usize = 32;

fn quantiles(text: &str) -> Result<Vec<Quantile>, Problem> {
    let one = |text: &str| {
        let number = text.trim().parse::<f64>().ok();
        number.and_then(|number| Quantile::new(number).ok()).ok_or_else(|| {
            unprocessable(format!("a quantile should be above 0 and below 1, but is {text:?}"))
        })
    };
    if text.split(',').count() > MOST_QUANTILES {
        return Err(unprocessable(format!("ask for at most {MOST_QUANTILES} quantiles")));
    }
    text.split(',').map(one).collect()
}

/// What a plan is asked about.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct PlanQuery {
    /// The moment, as `2026-01-05T10:00:00Z`; now when absent. One to come is answered as the plan of now has it, up
    /// to the end of the plan.
    at: Option<DateTime<Utc>>,
}

/// The newest plan, and what it says at a moment
#[utoipa::path(get, path = "/api/v1/targets/{name}/plan", params(NamePath, PlanQuery), responses((status = 200, body = PlanView), (status = 404, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)))]
async fn plan(
    State(service): Shared,
    NamePath { name }: NamePath,
    query: Result<Query<PlanQuery>, QueryRejection>,
) -> Answer<PlanView> {
    let entry = find(&service, &name)?;
    let asked = query.map_err(|error| unprocessable(error.body_text()))?.0.at;
    let standing = standing(&entry)?;
    let (now, end) = (service.now(), standing.end());
    if let Some(at) = asked.filter(|at| *at > now && *at >= end) {
        return Err(unprocessable(format!("the plan ends at {end}, but is asked about {at}")));
    }
    Ok(Json(PlanView::new(&entry, &standing, asked.unwrap_or(now), now)))
}

/// A new plan, now
#[utoipa::path(post, path = "/api/v1/targets/{name}/plan", params(NamePath), responses((status = 200, body = PlanView), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn plan_now(State(service): Shared, NamePath { name }: NamePath) -> Answer<PlanView> {
    let entry = find(&service, &name)?;
    let mut runs = entry.runs();
    runs.mark_unchanged();
    let asked_at = service.now();
    service.ask(&entry);
    let unavailable = |detail: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
    loop {
        let over = runs.changed().await;
        over.map_err(|_| unavailable("the service is stopping".to_owned()))?;
        let Some(ran) = runs.borrow_and_update().clone() else { continue };
        // A run that was under way when this was asked, however it ended, knew only older load.
        if ran.started_at < asked_at {
            continue;
        }
        // A plan that the store refused is a plan all the same.
        let standing = entry
            .standing()
            .filter(|standing| standing.failing.is_none() && standing.made_at >= ran.started_at);
        let Some(standing) = standing else {
            return Err(unavailable(format!("no newer plan could be made: {}", ran.detail)));
        };
        let now = service.now();
        return Ok(Json(PlanView::new(&entry, &standing, now, now)));
    }
}

/// How long a list may be.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ListQuery {
    /// Rows, the newest first; 100 when absent, at most 1000.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
}

type Limited = Result<Query<ListQuery>, QueryRejection>;

fn limit(query: Limited) -> Result<u32, Problem> {
    let asked = query.map_err(|error| unprocessable(error.body_text()))?.0.limit.unwrap_or(ROWS);
    match (1..=MOST_ROWS).contains(&asked) {
        true => Ok(asked),
        false => Err(unprocessable(format!("limit should be 1 to {MOST_ROWS}, but is {asked}"))),
    }
}

/// Decisions that changed something, newest first
#[utoipa::path(get, path = "/api/v1/targets/{name}/plans", params(NamePath, ListQuery), responses((status = 200, body = Vec<PlanRow>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn plans(
    State(service): Shared,
    NamePath { name }: NamePath,
    query: Limited,
) -> Answer<Vec<PlanRow>> {
    let (entry, most) = (find(&service, &name)?, limit(query)?);
    from_store(&service, &entry, move |store, name| store.plans(name, most)).await.map(Json)
}

/// Why, for every step of the newest plan
#[utoipa::path(get, path = "/api/v1/targets/{name}/reasons", params(NamePath), responses((status = 200, body = Vec<ReasonView>), (status = 404, body = Problem), (status = 503, body = Problem)))]
async fn reasons(State(service): Shared, NamePath { name }: NamePath) -> Answer<Vec<ReasonView>> {
    let entry = find(&service, &name)?;
    let standing = standing(&entry)?;
    Ok(Json(ReasonView::all(&standing)))
}

/// How good the forecasts were over time, newest first
#[utoipa::path(get, path = "/api/v1/targets/{name}/accuracy", params(NamePath, ListQuery), responses((status = 200, body = Vec<Accuracy>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn accuracy(
    State(service): Shared,
    NamePath { name }: NamePath,
    query: Limited,
) -> Answer<Vec<Accuracy>> {
    let (entry, most) = (find(&service, &name)?, limit(query)?);
    from_store(&service, &entry, move |store, name| store.accuracy(name, most)).await.map(Json)
}

/// How good forecasts would have been at moments of the past, by predictor
#[utoipa::path(get, path = "/api/v1/targets/{name}/backtest", params(NamePath), responses((status = 200, body = BacktestView), (status = 404, body = Problem)))]
async fn backtest(State(service): Shared, NamePath { name }: NamePath) -> Answer<BacktestView> {
    let entry = find(&service, &name)?;
    let looks = entry.target.looks_back();
    let read = move |store: &Store, name: &TargetName| BacktestView::read(store, name, looks);
    from_store(&service, &entry, read).await.map(Json)
}

/// What policies would have cost and missed in the newest week of the past
#[utoipa::path(get, path = "/api/v1/targets/{name}/replay", params(NamePath), responses((status = 200, body = ReplayView), (status = 404, body = Problem)))]
async fn replay(State(service): Shared, NamePath { name }: NamePath) -> Answer<ReplayView> {
    let entry = find(&service, &name)?;
    let looks = entry.target.looks_back();
    let read = move |store: &Store, name: &TargetName| ReplayView::read(store, name, looks);
    from_store(&service, &entry, read).await.map(Json)
}

fn find(service: &Service, name: &str) -> Result<Arc<Entry>, Problem> {
    service.board.find(name).cloned().ok_or_else(Problem::no_target)
}

fn standing(entry: &Entry) -> Result<Arc<Standing>, Problem> {
    entry.standing().ok_or_else(|| {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no plan was made yet; ask again in a minute")
    })
}

fn unprocessable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}

/// Reads from the store on a thread that may wait for the disk.
async fn from_store<T: Send + 'static>(
    service: &Arc<Service>,
    entry: &Arc<Entry>,
    read: impl FnOnce(&Store, &TargetName) -> rusqlite::Result<T> + Send + 'static,
) -> Result<T, Problem> {
    let (service, entry) = (Arc::clone(service), Arc::clone(entry));
    let read = tokio::task::spawn_blocking(move || read(&service.store, &entry.target.name));
    let failed = |detail: String| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail);
    let result = read.await.map_err(|error| failed(error.to_string()))?;
    result.map_err(|error| failed(format!("the store cannot be read: {error}")))
}
