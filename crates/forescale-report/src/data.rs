//! What a report shows, as plain data.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::{Forecast, Level, LoadSeries};
use forescale_plan::ScalePlan;
use serde::Serialize;

/// Everything a report shows; whatever is empty is left out of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReportData {
    /// What the report is about: the name of the service or of its history.
    pub title: String,
    /// The moment the report was made for, never read from a clock.
    pub now: DateTime<Utc>,
    /// The zone the service's users live in.
    pub zone: Tz,
    /// What the load is counted in, as `requests/s`.
    pub load_unit: String,
    /// The load seen so far, ascending in time.
    pub history: Vec<HistoryPoint>,
    /// The forecast.
    pub forecast: ForecastBand,
    /// The plan.
    pub plan: Option<ScalePlan>,
    /// The backtest, one row for each predictor and horizon.
    pub backtest: Vec<BacktestRow>,
    /// The ensemble's members, and the predictors it left out.
    pub members: Vec<MemberView>,
    /// What a reader should know.
    pub notes: Vec<String>,
    /// What a reader should worry about, beside the plan's own warnings.
    pub warnings: Vec<String>,
    /// Everything needed to repeat the run.
    pub settings: serde_json::Value,
}

impl ReportData {
    /// A report that shows nothing yet but its title.
    pub fn new(title: impl Into<String>, now: DateTime<Utc>, zone: Tz) -> Self {
        Self {
            title: title.into(),
            now,
            zone,
            load_unit: "load".to_owned(),
            history: Vec::new(),
            forecast: ForecastBand::default(),
            plan: None,
            backtest: Vec::new(),
            members: Vec::new(),
            notes: Vec::new(),
            warnings: Vec::new(),
            settings: serde_json::Value::Null,
        }
    }
}

/// One step of history.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HistoryPoint {
    /// When the step begins, in milliseconds since 1970.
    pub time_ms: i64,
    /// The load; `None` in a gap.
    pub load: Option<f64>,
}

impl HistoryPoint {
    /// All steps of `series`.
    pub fn of_series(series: &LoadSeries) -> Vec<Self> {
        let at = |i: usize| series.time_at(i).timestamp_millis();
        let values = series.values().iter().enumerate();
        values
            .map(|(i, v)| Self { time_ms: at(i), load: Some(*v).filter(|v| !v.is_nan()) })
            .collect()
    }
}

/// The forecast: its median and one interval for each level.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ForecastBand {
    /// Length of a step in milliseconds.
    pub step_ms: i64,
    /// Levels of the intervals in percent, ascending.
    pub levels: Vec<f64>,
    /// The steps, ascending in time.
    pub rows: Vec<ForecastRow>,
}

/// One step of the forecast.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastRow {
    /// When the step begins, in milliseconds since 1970.
    pub time_ms: i64,
    /// The median load.
    pub median: f64,
    /// Lower and upper bound for each of the levels.
    pub intervals: Vec<(f64, f64)>,
}

impl ForecastBand {
    /// The median of `forecast` and its intervals at `levels`.
    pub fn of_forecast(forecast: &Forecast, levels: &[Level]) -> Self {
        let mut levels = levels.to_vec();
        levels.sort_by(|a, b| a.percent().total_cmp(&b.percent()));
        let row = |h: usize| ForecastRow {
            time_ms: forecast.time_at(h).timestamp_millis(),
            median: forecast.point(h),
            intervals: levels.iter().map(|level| forecast.interval(h, *level)).collect(),
        };
        Self {
            step_ms: forecast.frequency().seconds() * 1_000,
            levels: levels.iter().map(|level| level.percent()).collect(),
            rows: (0..forecast.steps()).map(row).collect(),
        }
    }

    /// When the forecast ends, in milliseconds since 1970.
    pub fn end_ms(&self) -> Option<i64> {
        self.rows.last().map(|row| row.time_ms + self.step_ms)
    }
}

/// How one predictor did over one horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BacktestRow {
    /// The predictor's name.
    pub predictor: String,
    /// How far ahead, as `0-1h`.
    pub horizon: String,
    /// Weighted quantile loss; lower is better.
    pub wql: f64,
    /// Mean absolute scaled error; lower is better.
    pub mase: f64,
    /// How often the truth lay within each interval.
    pub coverage: Vec<Coverage>,
    /// Weighted quantile loss as a share of seasonal naive's; below 1 is better than it.
    pub relative_wql: Option<f64>,
}

/// How often the truth lay within the interval of a level.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Coverage {
    /// The level in percent.
    pub level: f64,
    /// The share seen, 0 to 1.
    pub share: f64,
}

/// A predictor and its part in the ensemble.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberView {
    /// The predictor's name.
    pub name: String,
    /// Its weight by horizon; empty when it was left out.
    pub weights: Vec<WeightAt>,
    /// Why it was left out.
    pub left_out: Option<String>,
}

/// A member's weight over one stretch of the horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeightAt {
    /// How far ahead, as `0-1h`.
    pub horizon: String,
    /// The weight, 0 to 1.
    pub weight: f64,
}
