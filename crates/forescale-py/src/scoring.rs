//! `backtest`: how good the forecasts would have been.

use forescale::{BacktestOptions, backtest};
use pyo3::prelude::*;
use serde::Deserialize;
use serde_json::json;

use crate::answers;
use crate::failure::Refusal;
use crate::histories::Histories;
use crate::progress::Told;
use crate::settings::{self, Learning};
use crate::values::Span;

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(flatten)]
    learning: Learning,
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
    let call: Call = settings::read(settings)?;
    let (name, series) = histories.one(series)?;
    let of = |error: Refusal| error.of(name);
    let engine = call.learning.engine(series, call.horizon.0).map_err(of)?;
    let options =
        BacktestOptions { horizon: call.horizon.0, origins: call.origins, fits: call.fits };
    let told = Told::new(progress);
    let made =
        py.detach(|| backtest(series, &engine, &options, &|done, total| told.tell(done, total)));
    told.check()?;
    let made = made.map_err(|error| of(error.into()))?;
    let parts = vec![("backtest", json!(made)), ("warnings", json!(made.notes))];
    answers::object(settings, (name, series), parts)
}
