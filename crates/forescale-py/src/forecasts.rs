//! Forecasts as rows, named as the field names them.

use forescale::{Forecast, Level, Quantiles};
use pyo3::prelude::*;

use crate::failure::Refusal;
use crate::histories::Histories;
use crate::table::{Column, Table};
use crate::values;

/// The column of the median, and what the names of the bounds begin with.
pub const MODEL: &str = "forescale";

/// The intervals that are asked for, widest last.
#[derive(Debug, Clone)]
pub struct Levels {
    levels: Vec<Level>,
    quantiles: Quantiles,
}

impl Levels {
    /// Reads levels in percent.
    pub fn new(percents: &[f64]) -> Result<Self, Refusal> {
        let mut percents = percents.to_vec();
        percents.sort_by(f64::total_cmp);
        percents.dedup();
        let levels: Vec<Level> =
            percents.into_iter().map(values::level).collect::<Result<_, _>>()?;
        let quantiles = Quantiles::of_levels(levels.iter().copied());
        Ok(Self { levels, quantiles })
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.levels.len()
    }

    /// The bounds in their order, and whether each is an upper one: lower ones from the widest in, upper ones from the
    /// narrowest out.
    pub fn bounds(&self) -> impl Iterator<Item = (Level, bool)> + '_ {
        let lower = self.levels.iter().rev().map(|level| (*level, false));
        lower.chain(self.levels.iter().map(|level| (*level, true)))
    }

    /// Their columns, in the same order.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        let side = |upper: bool| if upper { "hi" } else { "lo" };
        self.bounds()
            .map(move |(level, upper)| format!("{MODEL}-{}-{}", side(upper), level.percent()))
    }

    /// The quantiles behind them, the median among them.
    pub fn quantiles(&self) -> &Quantiles {
        &self.quantiles
    }
}

/// The columns of the bounds of intervals at `level` percent, in their order.
#[pyfunction]
pub fn bound_names(level: Vec<f64>) -> PyResult<Vec<String>> {
    Ok(Levels::new(&level)?.names().collect())
}

/// The names and the times to come.
pub fn when(histories: &Histories, forecasts: &[(usize, Forecast)]) -> Table {
    let counts = forecasts.iter().map(|(series, forecast)| (*series, forecast.steps()));
    let times = forecasts
        .iter()
        .flat_map(|(_, forecast)| (0..forecast.steps()).map(move |h| forecast.time_at(h)));
    Table::like(histories).with_series(counts.collect()).with_times(times)
}

/// The columns of the median and of the bounds.
pub fn columns(table: Table, forecasts: &[(usize, Forecast)], levels: &Levels) -> Table {
    let median = numbers(forecasts, |forecast, h| forecast.point(h));
    let bounds = levels.names().zip(levels.bounds());
    bounds.fold(table.with(MODEL, median), |table, (name, (level, upper))| {
        let bound = |forecast: &Forecast, h: usize| {
            let (low, high) = forecast.interval(h, level);
            if upper { high } else { low }
        };
        table.with(name, numbers(forecasts, bound))
    })
}

fn numbers(forecasts: &[(usize, Forecast)], of: impl Fn(&Forecast, usize) -> f64) -> Column {
    let of = &of;
    let steps = forecasts
        .iter()
        .flat_map(|(_, forecast)| (0..forecast.steps()).map(move |h| of(forecast, h)));
    Column::Number(steps.collect())
}
