//! `backtest`: how good the forecasts would have been.

use forescale::{BacktestOptions, backtest};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::answers;
use crate::failure::Refusal;
use crate::given::Given;
use crate::histories::{Histories, History};
use crate::progress::Told;
use crate::settings::Learning;
use crate::values::Span;

#[derive(Debug, Deserialize)]
struct Course {
    horizon: Span,
    origins: usize,
    fits: usize,
}

/// Scores of the engine and of each predictor on rolling origins of a series. One text of JSON.
#[pyfunction]
#[pyo3(name = "backtest", signature = (settings, histories, series=None, progress=None))]
pub fn backtest_of(
    py: Python<'_>,
    settings: &str,
    histories: &Histories,
    series: Option<&str>,
    progress: Option<Py<PyAny>>,
) -> PyResult<String> {
    let given = Given::new(settings)?;
    let (learning, course): (Learning, Course) = (given.part()?, given.part()?);
    learning.check()?;
    let history = histories.one(series)?;
    let History { name, series, .. } = history;
    let of = |error: Refusal| error.of(name);
    let engine = learning.engine(series, course.horizon.0).map_err(of)?;
    let Course { horizon, origins, fits } = course;
    let options = BacktestOptions { horizon: horizon.0, origins, fits };
    let told = Told::new(progress);
    let made =
        py.detach(|| backtest(series, &engine, &options, &|done, total| told.tell(done, total)));
    told.check()?;
    let made = made.map_err(|error| of(error.into()))?;
    let warnings = [history.warnings(), made.notes.clone()].concat();
    let parts = vec![("backtest", json!(made)), ("warnings", json!(warnings))];
    answers::object(settings, history.data(), parts)
}
