//! What a model says about itself.

use chrono::{DateTime, Utc};
use forescale_core::{Calendar, Frequency, LoadSeries};
use forescale_ensemble::EnsembleReport;
use serde::{Deserialize, Serialize};

use crate::{EngineOptions, Noticed};

/// The card of a model: what it learnt from, how, and how well it did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The version of forescale that trained it.
    pub version: String,
    /// The data it learnt from.
    pub data: DataCard,
    /// The seed.
    pub seed: u64,
    /// Steps ahead the fit is made for.
    pub horizon_steps: usize,
    /// The calendar.
    pub calendar: CalendarCard,
    /// What carries the forecast: `ensemble`, or the name of a predictor.
    pub carried_by: String,
    /// Why the forecast is not what it could be, if so.
    pub degraded: Vec<String>,
    /// Breaks, odd days, days off and events of the history, and what was made of them.
    pub noticed: Vec<Noticed>,
    /// The members, their weights and scores, and whether they beat the yardstick; absent for a last resort.
    pub report: Option<EnsembleReport>,
}

/// The span of data behind a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DataCard {
    /// First moment.
    pub start: DateTime<Utc>,
    /// First moment after the last sample; the model was trained at this moment.
    pub end: DateTime<Utc>,
    /// Step.
    pub step_seconds: Frequency,
    /// Steps, gaps included.
    pub steps: usize,
    /// Steps without a value.
    pub gaps: usize,
}

/// The calendar a model was told.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalendarCard {
    /// Time zone.
    pub timezone: String,
    /// Business hours, as `9-17`.
    pub business_hours: String,
    /// Holidays known.
    pub holidays: usize,
    /// Events known.
    pub events: usize,
}

impl DataCard {
    pub(crate) fn of(series: &LoadSeries) -> Self {
        Self {
            start: series.start(),
            end: series.end(),
            step_seconds: series.frequency(),
            steps: series.len(),
            gaps: series.gaps(),
        }
    }
}

impl CalendarCard {
    fn of(calendar: &Calendar) -> Self {
        let hours = calendar.business_hours;
        Self {
            timezone: calendar.zone.name().to_owned(),
            business_hours: format!("{}-{}", hours.start, hours.end),
            holidays: calendar.holidays.len(),
            events: calendar.events.len(),
        }
    }
}

impl ModelCard {
    /// One line for lists: the name of the series and the span of its history.
    pub fn title(&self, name: &str) -> String {
        format!("{name}, {} to {}", self.data.start.date_naive(), self.data.end.date_naive())
    }

    pub(crate) fn new(
        series: &LoadSeries,
        options: &EngineOptions,
        horizon_steps: usize,
        carried_by: String,
        degraded: Vec<String>,
        noticed: Vec<Noticed>,
        report: Option<EnsembleReport>,
    ) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            data: DataCard::of(series),
            seed: options.seed,
            horizon_steps,
            calendar: CalendarCard::of(&options.calendar),
            carried_by,
            degraded,
            noticed,
            report,
        }
    }
}
