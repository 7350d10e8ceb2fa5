//! A model and the history it forecasts from: trained here and now, or given.

use std::ops::Deref;

use chrono::TimeDelta;
use forescale::{Forecast, LoadSeries, Model, Quantiles, as_of, horizon, train};
use forescale_core::time::format_span;
use serde_json::{Value, json};

use crate::failure::Refusal;
use crate::fits::Fits;
use crate::histories::{Histories, History};
use crate::settings::Learning;
use crate::values;

/// Missing steps before the first moment to forecast that are nothing to speak of.
const STALE_STEPS: i32 = 3;

/// Where a forecast comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// A history to learn from.
    History(&'a Histories),
    /// Models that have learnt.
    Fits(&'a Fits),
}

impl<'a> Source<'a> {
    /// The one that was given.
    pub fn new(histories: Option<&'a Histories>, fits: Option<&'a Fits>) -> Result<Self, Refusal> {
        let neither =
            || Refusal::new("there is neither a history nor a model").hint("pass a frame");
        let history = histories.map(Self::History);
        fits.map(Self::Fits).or(history).ok_or_else(neither)
    }
}

/// A model that was trained for this call, or is the caller's.
#[derive(Debug)]
enum Learnt<'a> {
    Own(Box<Model>),
    Given(&'a Model),
}

impl Deref for Learnt<'_> {
    type Target = Model;

    fn deref(&self) -> &Model {
        match self {
            Self::Own(model) => model,
            Self::Given(model) => model,
        }
    }
}

/// A model, and the history up to the first moment to forecast.
#[derive(Debug)]
pub struct Prepared<'a> {
    /// The name of the series.
    pub name: &'a str,
    /// The history.
    pub series: LoadSeries,
    /// What was read.
    pub data: Value,
    /// The forecast.
    pub forecast: Forecast,
    /// What the reader should know.
    pub warnings: Vec<String>,
    model: Learnt<'a>,
}

impl<'a> Prepared<'a> {
    /// Trains where there is no model, and forecasts `span` from `now`, or from the end of the history.
    pub fn new(
        source: Source<'a>,
        name: Option<&str>,
        learning: &Learning,
        span: TimeDelta,
        now: Option<&str>,
    ) -> Result<Self, Refusal> {
        let (history, given) = match source {
            Source::History(histories) => (histories.one(name)?, None),
            Source::Fits(fits) => {
                let (history, model) = fits.one(name)?;
                (history, Some(model))
            }
        };
        let History { name, series: whole, .. } = history;
        let made = || {
            let series = match now {
                Some(now) => as_of(whole, moment(now, learning)?)?,
                None => whole.clone(),
            };
            let model = match given {
                Some(model) => Learnt::Given(model),
                None => Learnt::Own(Box::new(train(&series, &learning.engine(&series, span)?)?)),
            };
            let steps = horizon(span, series.frequency())?;
            let predicted = model.forecast_with_notes(&series, steps, &Quantiles::standard())?;
            let mut warnings = history.warnings();
            warnings.extend(stale(whole, &series));
            warnings.extend(given.and_then(|model| farther(model, span)));
            warnings.extend(model.card().degraded.iter().map(|why| format!("degraded: {why}")));
            warnings.extend(predicted.notes);
            let kept = || json!({ "source": "the model", "model": model.card().data });
            let data = history.reading.map_or_else(kept, |read| read.data(name, whole));
            Ok(Self { name, series, data, forecast: predicted.forecast, warnings, model })
        };
        made().map_err(|error: Refusal| error.of(name))
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }
}

fn moment(now: &str, learning: &Learning) -> Result<chrono::DateTime<chrono::Utc>, Refusal> {
    values::moment(now, learning.zone()?).map_err(|error| error.setting("now"))
}

/// What to say when the history ends well before the first moment to forecast.
fn stale(read: &LoadSeries, known: &LoadSeries) -> Option<String> {
    let gap = known.end() - read.end();
    let usual = (read.frequency().span() * STALE_STEPS).max(TimeDelta::hours(1));
    (gap > usual).then(|| format!("the history ends {} before now", format_span(gap)))
}

/// What to say when a model is asked for more than it was trained for.
fn farther(model: &Model, horizon: TimeDelta) -> Option<String> {
    let trained = model.frequency().span() * i32::try_from(model.card().horizon_steps).ok()?;
    (horizon > trained).then(|| {
        let (asked, trained) = (format_span(horizon), format_span(trained));
        format!("the horizon of {asked} is longer than the {trained} the model was trained for")
    })
}
