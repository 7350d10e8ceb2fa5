//! What drives the load and the plan.

use chrono::{DateTime, Utc};
use forescale_core::time::format_span;
use forescale_core::{Forecast, Importance, LoadSeries};
use forescale_plan::ScalePlan;
use forescale_predictors::find_seasonality;
use serde::Serialize;

use crate::{Model, Noticed};

mod condition;
mod surrogate;

pub use surrogate::{Rule, rules};

/// What drives a load and its plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// What carries the forecast, and why.
    pub carried_by: String,
    /// Members by mean weight, heaviest first.
    pub members: Vec<MemberWeight>,
    /// Inputs of the predictors by their share, largest first.
    pub importances: Vec<Importance>,
    /// Seasons of the load, strongest first.
    pub seasons: Vec<SeasonFound>,
    /// Breaks, odd days, days off and events, by time, and what was made of them.
    pub noticed: Vec<Noticed>,
    /// What the rules are about: `instances` or `load`.
    pub rules_of: &'static str,
    /// When how much is wanted, highest first.
    pub rules: Vec<Rule>,
    /// What the rules ask, by the share of differences it explains.
    pub questions: Vec<Importance>,
}

/// A member and its weight.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberWeight {
    /// The predictor.
    pub predictor: String,
    /// Its mean weight over the horizon, 0 to 1.
    pub weight: f64,
}

/// A season that was found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SeasonFound {
    /// Its length, as `1d`.
    pub period: String,
    /// Share of the load's variation it explains, 0 to 1.
    pub strength: f64,
}

/// Explains `model`, the seasons of `series`, and when `forecast` asks for how much: in instances where there is
/// a `plan` with a row for every step, in load otherwise.
pub fn explain(
    model: &Model,
    series: &LoadSeries,
    forecast: &Forecast,
    plan: Option<&ScalePlan>,
) -> Explanation {
    let card = model.card();
    let (rules_of, values) = match plan {
        Some(plan) => ("instances", instances(plan)),
        None => ("load", medians(forecast)),
    };
    let (rules, questions) = surrogate::rules(&values, forecast.frequency(), model.calendar());
    let seasons = find_seasonality(series).into_iter();
    Explanation {
        carried_by: card.report.as_ref().map_or_else(
            || card.carried_by.clone(),
            |report| format!("{}: {}", report.gate.carried_by, report.gate.reason),
        ),
        members: card
            .weights()
            .into_iter()
            .map(|(predictor, weight)| MemberWeight { predictor, weight })
            .collect(),
        importances: model.importances(),
        seasons: seasons
            .map(|season| SeasonFound {
                period: format_span(season.period),
                strength: season.strength,
            })
            .collect(),
        noticed: card.noticed.clone(),
        rules_of,
        rules,
        questions: questions
            .into_iter()
            .map(|(feature, share)| Importance { feature, share })
            .collect(),
    }
}

fn instances(plan: &ScalePlan) -> Vec<(DateTime<Utc>, f64)> {
    let rows = plan.recommendations.iter();
    rows.map(|row| (row.effective_at, f64::from(row.instances.0))).collect()
}

fn medians(forecast: &Forecast) -> Vec<(DateTime<Utc>, f64)> {
    (0..forecast.steps()).map(|h| (forecast.time_at(h), forecast.point(h))).collect()
}
