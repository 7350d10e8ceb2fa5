//! A model and the history it forecasts from: trained here and now, or given.

use std::ops::Deref;

use forescale::{Forecast, LoadSeries, Model, Quantiles, as_of, farther, horizon, stale, train};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::Refusal;
use crate::fits::Fits;
use crate::histories::{Histories, History};
use crate::settings::Learning;
use crate::values::{self, Span};

/// When a forecast begins, how far it reaches, and the step that was asked for.
#[derive(Debug, Deserialize)]
pub struct When {
    horizon: Span,
    now: Option<String>,
    freq: Option<String>,
}

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
    /// Trains where there is no model, and forecasts the horizon from `now`, or from the end of the history.
    pub fn new(
        source: Source<'a>,
        name: Option<&str>,
        learning: &Learning,
        when: &When,
    ) -> Result<Self, Refusal> {
        let (history, given) = match source {
            Source::History(histories) => (histories.one(name)?, None),
            Source::Fits(fits) => {
                let (history, model) = fits.one(name)?;
                (history, Some(model))
            }
        };
        let of = |error: Refusal| error.of(history.name);
        let given = given.map(|model| told(model, learning, when)).transpose().map_err(of)?;
        Self::of_model(history, given, learning, when).map_err(of)
    }

    fn of_model(
        history: History<'a>,
        given: Option<Learnt<'a>>,
        learning: &Learning,
        when: &When,
    ) -> Result<Self, Refusal> {
        let History { name, series: whole, .. } = history;
        let span = when.horizon.0;
        let series = match &when.now {
            Some(now) => {
                let zone = match &given {
                    Some(model) => model.calendar().zone,
                    None => learning.zone()?.of_times,
                };
                let now = values::moment(now, zone).map_err(|error| error.setting("now"))?;
                as_of(whole, now)?
            }
            None => whole.clone(),
        };
        let mut warnings = history.warnings();
        warnings.extend(stale(whole, &series, "now"));
        warnings.extend(given.as_ref().and_then(|model| farther(model, span)));
        let model = match given {
            Some(model) => model,
            None => Learnt::Own(Box::new(train(&series, &learning.engine(&series, span)?)?)),
        };
        let steps = horizon(span, series.frequency())?;
        let predicted = model.forecast_with_notes(&series, steps, &Quantiles::standard())?;
        warnings.extend(model.card().degraded.iter().map(|why| format!("degraded: {why}")));
        warnings.extend(predicted.notes);
        let kept = || json!({ "source": "the model", "model": model.card().data });
        let data = history.reading.map_or_else(kept, |read| read.data(name, whole));
        Ok(Self { name, series, data, forecast: predicted.forecast, warnings, model })
    }

    /// The model.
    pub fn model(&self) -> &Model {
        &self.model
    }
}

/// A model that has learnt, told the calendar that was given; refuses what it could only ignore.
fn told<'a>(model: &'a Model, learning: &Learning, when: &When) -> Result<Learnt<'a>, Refusal> {
    if !learning.predictors.is_empty() {
        let names = learning.predictors.join(", ");
        let what = format!("a model brings its own predictors, but predictors are {names}");
        return Err(Refusal::new(what).hint("leave out predictors, or fit again"));
    }
    if let Some(seed) = learning.seed {
        return Err(Refusal::new(format!("a model brings its own seed, but seed is {seed}"))
            .hint("leave out seed, or fit again"));
    }
    let trained = model.frequency();
    let asked = when.freq.as_deref().map(values::frequency).transpose()?;
    if let Some(asked) = asked.filter(|asked| *asked != trained) {
        let what = format!("the model was trained with a step of {trained}, but freq is {asked}");
        return Err(Refusal::new(what).hint("leave out freq, or fit again"));
    }
    Ok(match learning.calendar_over(model)? {
        Some(calendar) => {
            let copy = Model::from_bytes(&model.to_bytes())?;
            Learnt::Own(Box::new(copy.with_calendar(calendar)))
        }
        None => Learnt::Given(model),
    })
}
