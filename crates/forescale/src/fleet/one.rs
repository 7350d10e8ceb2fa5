//! One series of a fleet.

use forescale_core::{Forecast, LoadSeries, Quantiles};
use forescale_plan::{FleetState, ScalePlan, plan};

use super::{FleetOptions, FleetPlan};
use crate::{EngineOptions, Model, horizon, instances_for_last_load, train};

/// What came of one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The load to come, at the quantiles that were asked for.
    pub forecast: Forecast,
    /// Mean load of each step of the forecast.
    pub means: Vec<f64>,
    /// The plan, if one was asked for.
    pub plan: Option<ScalePlan>,
    /// 1 less the forecast's quantile loss over that of the yardstick on held-out days; none where it was not measured.
    pub skill: Option<f64>,
    /// Why the forecast is not what it could be.
    pub degraded: Vec<String>,
}

/// The answer for a series, or why there is none.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The series.
    pub name: String,
    /// The answer.
    pub answer: Result<Answer, String>,
}

impl Answer {
    /// Instances at each step of the forecast by the plan, if there is one.
    pub fn instances(&self) -> Option<Vec<u64>> {
        let rows = &self.plan.as_ref()?.recommendations;
        let step = self.forecast.frequency().span();
        let count = |h: usize| {
            let end = self.forecast.time_at(h) + step;
            let row = rows.iter().rev().find(|row| row.effective_at < end);
            row.map_or(0, |row| u64::from(row.instances.0))
        };
        Some((0..self.forecast.steps()).map(count).collect())
    }
}

/// Works on one series.
pub(super) fn of_series(series: &LoadSeries, options: &FleetOptions) -> Result<Answer, String> {
    let model = model(series, options)?;
    let engine = &options.engine;
    let steps = horizon(engine.horizon, series.frequency()).map_err(|error| error.to_string())?;
    let predicted = model
        .forecast_with_notes(series, steps, &Quantiles::standard())
        .map_err(|error| error.to_string())?;
    let forecast = predicted.forecast;
    let plan = match &options.plan {
        Some(fleet) => Some(planned(series, &model, &forecast, fleet)?),
        None => None,
    };
    Ok(Answer {
        means: (0..forecast.steps()).map(|h| forecast.mean(h)).collect(),
        forecast: forecast.at_quantiles(&options.quantiles),
        plan,
        skill: skill(&model),
        degraded: [model.card().degraded.clone(), predicted.notes].concat(),
    })
}

/// The model of one series, learned by one thread.
///
/// # Errors
/// Why it cannot be learned.
pub fn model(series: &LoadSeries, options: &FleetOptions) -> Result<Model, String> {
    let engine = EngineOptions { threads: Some(1), ..options.engine.clone() };
    train(series, &engine).map_err(|error| error.to_string())
}

fn planned(
    series: &LoadSeries,
    model: &Model,
    forecast: &Forecast,
    fleet: &FleetPlan,
) -> Result<ScalePlan, String> {
    let FleetPlan { capacity, startup, current, options } = fleet;
    let made = || {
        let current = match current {
            Some(current) => *current,
            None => instances_for_last_load(series, capacity, &options.limits)?,
        };
        let state = FleetState::new(series.end(), current, *startup);
        plan(forecast, &state, capacity, options, &model.notes())
    };
    made().map_err(|error| error.to_string())
}

/// 1 less the forecast's quantile loss over that of the yardstick on held-out days; none where it was not measured.
pub fn skill(model: &Model) -> Option<f64> {
    let report = model.card().report.as_ref()?;
    let ours = report.overall?.wql;
    let yardstick = report.member(&report.yardstick)?.overall?.wql;
    (yardstick > 0.0).then(|| 1.0 - ours / yardstick)
}
