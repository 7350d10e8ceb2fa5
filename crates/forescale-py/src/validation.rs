//! Forecasts of a past that is known: rolling windows, each with its cutoff.

use forescale::{EngineOptions, Forecast, LoadSeries, Model, train};
use pyo3::prelude::*;

use crate::failure::Refusal;
use crate::fits::{forecast, span_of};
use crate::forecasts::{self, Levels};
use crate::given;
use crate::histories::Histories;
use crate::settings::Learning;
use crate::table::{Column, Table};
use crate::work;

/// The windows of a validation.
#[derive(Debug, Clone, Copy)]
struct Windows {
    h: usize,
    count: usize,
    step: usize,
    refit: bool,
}

impl Windows {
    /// Where each begins in a series of `steps`, ascending.
    fn origins(self, steps: usize) -> Result<Vec<usize>, Refusal> {
        let needed =
            self.h.saturating_add(self.step.saturating_mul(self.count - 1)).saturating_add(1);
        if steps < needed {
            return Err(Refusal::new(format!(
                "{} windows of {} steps, {} apart, need {needed} steps of history, but it has {steps}",
                self.count, self.h, self.step
            ))
            .hint("pass fewer windows, a smaller h, or a longer history"));
        }
        let last = steps - self.h;
        Ok((0..self.count).rev().map(|back| last - back * self.step).collect())
    }
}

/// Forecasts `h` steps in each of `n_windows`, `step_size` apart, the last of which ends with the history.
#[pyfunction]
#[pyo3(signature = (histories, settings, h, n_windows, step_size, level, refit, progress=None))]
#[allow(clippy::too_many_arguments)] // They are those that the field gives this function.
pub fn cross_validation(
    py: Python<'_>,
    histories: &Histories,
    settings: &str,
    h: usize,
    n_windows: usize,
    step_size: usize,
    level: Vec<f64>,
    refit: bool,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Table> {
    let learning: Learning = given::read(settings)?;
    learning.check()?;
    let levels = Levels::new(&level)?;
    if n_windows == 0 || step_size == 0 || h == 0 {
        return Err(Refusal::new("h, n_windows and step_size should be at least 1")
            .hint("pass h=24, n_windows=3, step_size=24 say")
            .into());
    }
    let windows = Windows { h, count: n_windows, step: step_size, refit };
    let threads = work::threads_for_each(histories.names.len(), learning.threads);
    let made = work::each(py, histories.names.len(), learning.threads, progress, |at| {
        let one = of_series(&histories.series[at], &learning, threads, windows);
        one.map_err(|error| error.of(&histories.names[at]))
    })?;
    let forecasts: Vec<(usize, Forecast)> = made
        .into_iter()
        .enumerate()
        .flat_map(|(at, forecasts)| forecasts.into_iter().map(move |forecast| (at, forecast)))
        .map(|(at, forecast)| (at, forecast.at_quantiles(levels.quantiles())))
        .collect();
    Ok(table(histories, &forecasts, &levels))
}

fn of_series(
    series: &LoadSeries,
    learning: &Learning,
    threads: Option<usize>,
    windows: Windows,
) -> Result<Vec<Forecast>, Refusal> {
    let engine = EngineOptions {
        threads,
        ..learning.engine(series, span_of(series.frequency(), windows.h)?)?
    };
    let mut fitted: Option<Model> = None;
    let mut forecasts = Vec::new();
    for origin in windows.origins(series.len())? {
        let known = series.slice(0, origin).map_err(|error| {
            Refusal::new(format!("before the window at {}: {error}", series.time_at(origin)))
                .hint("pass fewer windows: there is nothing to learn from before this one")
        })?;
        let model = match fitted.take().filter(|_| !windows.refit) {
            Some(model) => model,
            None => train(&known, &engine)?,
        };
        forecasts.push(forecast(&model, &known, windows.h)?);
        fitted = Some(model);
    }
    Ok(forecasts)
}

fn table(histories: &Histories, forecasts: &[(usize, Forecast)], levels: &Levels) -> Table {
    let when = forecasts::when(histories, forecasts);
    let cutoffs = forecasts.iter().flat_map(|(_, forecast)| {
        // The cutoff is the last moment that was known.
        let cutoff = forecast.origin() - forecast.frequency().span();
        std::iter::repeat_n(cutoff, forecast.steps())
    });
    let cutoffs = when.moments(cutoffs);
    let actual = forecasts.iter().flat_map(|(at, forecast)| {
        let series = &histories.series[*at];
        let from = usize::try_from(series.index_at(forecast.origin())).unwrap_or_default();
        series.values()[from..from + forecast.steps()].iter().copied()
    });
    let actual = Column::Number(actual.collect());
    forecasts::columns(when.with("cutoff", cutoffs).with("y", actual), forecasts, levels)
}
