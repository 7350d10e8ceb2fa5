//! A model and the history it forecasts from: trained here and now, or given.

use std::ops::Deref;

use chrono::TimeDelta;
use forescale::{Forecast, LoadSeries, Model, Quantiles, as_of, horizon, train};

use crate::failure::Refusal;
use crate::fits::Fits;
use crate::histories::Histories;
use crate::settings::Learning;
use crate::values;

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
        let (name, whole, given) = match source {
            Source::History(histories) => {
                let (name, series) = histories.one(name)?;
                (name, series, None)
            }
            Source::Fits(fits) => {
                let (name, model, series) = fits.one(name)?;
                (name, series, Some(model))
            }
        };
        let made = || {
            let series = match now {
                Some(now) => as_of(whole, values::moment(now, values::zone(&learning.timezone)?)?)?,
                None => whole.clone(),
            };
            let model = match given {
                Some(model) => Learnt::Given(model),
                None => Learnt::Own(Box::new(train(&series, &learning.engine(&series, span)?)?)),
            };
            let steps = horizon(span, series.frequency())?;
            let predicted = model.forecast_with_notes(&series, steps, &Quantiles::standard())?;
            let degraded = model.card().degraded.iter().map(|why| format!("degraded: {why}"));
            let warnings = degraded.chain(predicted.notes).collect();
            Ok(Self { name, series, forecast: predicted.forecast, warnings, model })
        };
        made().map_err(|error: Refusal| error.of(name))
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }
}
