//! Forecasts that another library made from the origins of a backtest, scored as the engine's own are.

use forescale_backtest::{Buckets, Scorer};
use forescale_core::{Forecast, Horizon, LoadSeries, Quantiles, UnitError};

use crate::EngineError;
use crate::backtest::{Backtest, BacktestOptions, Course, Tally, scale};

/// Where a backtest forecasts from, for another library to do the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Origins {
    /// Steps each origin forecasts.
    pub horizon_steps: usize,
    /// The first step that is not known, for each origin, ascending.
    pub origins: Vec<usize>,
    /// The same for the fit that serves each origin.
    pub fits: Vec<usize>,
    /// The quantiles that are scored.
    pub quantiles: Quantiles,
}

/// What another library forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    /// Its name in the result.
    pub name: String,
    /// Its answers, in any order.
    pub answers: Vec<PeerAnswer>,
}

/// The answer of another library for one origin.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerAnswer {
    /// A forecast from one of [`Origins::origins`].
    Forecast {
        /// Which of them, from 0.
        origin: usize,
        /// For each step ahead, a load for each of [`Origins::quantiles`].
        rows: Vec<Vec<f64>>,
    },
    /// Why there is none.
    Failure(String),
}

/// The origins of the backtest that [`crate::backtest()`] runs with `options`.
///
/// # Errors
/// Those of [`crate::backtest()`] about the history and the horizon.
pub fn origins(series: &LoadSeries, options: &BacktestOptions) -> Result<Origins, EngineError> {
    let course = Course::new(series, options)?;
    let fits = course.groups.iter().flat_map(|group| group.iter().map(|_| group[0]));
    Ok(Origins {
        horizon_steps: course.horizon.steps(),
        fits: fits.collect(),
        origins: course.groups.concat(),
        quantiles: Scorer::quantiles(),
    })
}

impl Backtest {
    /// Scores a peer's forecasts of `series`, the history of this backtest, and adds them behind the predictors.
    ///
    /// Quantiles that cross are sorted, and a load below zero counts as zero where history has none: what every
    /// user of a library would do first.
    ///
    /// # Errors
    /// [`UnitError::Horizon`] for a backtest that was not made by [`crate::backtest()`].
    pub fn add_peer(&mut self, series: &LoadSeries, peer: &Peer) -> Result<(), UnitError> {
        let buckets = Buckets::new(series.frequency(), Horizon::new(self.horizon_steps)?);
        let quantiles = Scorer::quantiles();
        let mut tally = Tally::new(&peer.name, &buckets, &quantiles);
        let places = self.places(series);
        for answer in &peer.answers {
            let forecast = match answer {
                PeerAnswer::Failure(reason) => Err(reason.clone()),
                PeerAnswer::Forecast { origin, rows } => places
                    .get(*origin)
                    .ok_or_else(|| format!("there is no origin {origin}"))
                    .and_then(|at| Ok((*at, self.checked(series, *at, rows)?))),
            };
            match forecast {
                Ok((at, forecast)) => tally.add(&forecast, &series.values()[at..], &buckets),
                Err(reason) => tally.fails(reason),
            }
        }
        let first = places.first().copied().unwrap_or_default();
        self.predictors.push(tally.scores(scale(series, first)));
        Ok(())
    }

    /// The origins as places in the series.
    fn places(&self, series: &LoadSeries) -> Vec<usize> {
        let places = self.origins.iter().map(|origin| series.index_at(*origin));
        places.filter_map(|place| usize::try_from(place).ok()).collect()
    }

    fn checked(
        &self,
        series: &LoadSeries,
        origin: usize,
        rows: &[Vec<f64>],
    ) -> Result<Forecast, String> {
        let quantiles = Scorer::quantiles();
        let (steps, width) = (self.horizon_steps, quantiles.len());
        if rows.len() != steps || rows.iter().any(|row| row.len() != width) {
            let got = (rows.len(), rows.first().map_or(0, Vec::len));
            return Err(format!(
                "a forecast should have {steps} steps of {width} quantiles, but has {} of {}",
                got.0, got.1
            ));
        }
        let lowest = if series.present().any(|load| load < 0.0) { f64::NEG_INFINITY } else { 0.0 };
        // NaN stays, for the forecast to refuse it: `max` would hide it.
        let bounded = |load: &f64| if *load < lowest { lowest } else { *load };
        let values = rows.iter().flatten().map(bounded).collect();
        Forecast::new(series.time_at(origin), series.frequency(), quantiles, values)
            .map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use forescale_core::Frequency;

    use super::*;
    use crate::EngineOptions;

    /// Five days of hours that repeat, and their backtest by seasonal naive.
    fn backtested() -> (LoadSeries, Origins, Backtest) {
        let load = (0..120).map(|hour| 10.0 + f64::from(hour % 24)).collect();
        let hour = Frequency::from_seconds(3_600).unwrap();
        let series = LoadSeries::new("2026-01-05T00:00:00Z".parse().unwrap(), hour, load).unwrap();
        let options = BacktestOptions { horizon: TimeDelta::hours(2), origins: 3, fits: 2 };
        let predictors = vec!["seasonal-naive".to_owned()];
        let engine = EngineOptions { predictors, ..EngineOptions::default() };
        let backtest = crate::backtest(&series, &engine, &options, &|_, _| {}).unwrap();
        (series.clone(), origins(&series, &options).unwrap(), backtest)
    }

    #[test]
    fn a_peer_forecasts_from_the_origins_of_the_backtest() {
        let (series, origins, backtest) = backtested();
        let times: Vec<_> = origins.origins.iter().map(|at| series.time_at(*at)).collect();
        assert_eq!(times, backtest.origins);
        assert_eq!(origins.fits, [origins.origins[0], origins.origins[0], origins.origins[2]]);
        assert_eq!(origins.horizon_steps, backtest.horizon_steps);
    }

    #[test]
    fn a_perfect_peer_loses_nothing_and_a_failure_is_named() {
        let (series, origins, mut backtest) = backtested();
        let perfect = |origin: usize| {
            let at = origins.origins[origin];
            let rows = series.values()[at..at + 2].iter().map(|load| vec![*load; 13]).collect();
            PeerAnswer::Forecast { origin, rows }
        };
        let answers = vec![perfect(0), PeerAnswer::Failure("no license".to_owned()), perfect(2)];
        backtest.add_peer(&series, &Peer { name: "oracle".to_owned(), answers }).unwrap();
        let scores = backtest.predictors.last().unwrap();
        let overall = scores.overall.unwrap();
        assert_eq!((scores.predictor.as_str(), overall.wql, overall.steps), ("oracle", 0.0, 4));
        assert_eq!(scores.failures, ["no license"]);
    }

    #[test]
    fn what_is_no_forecast_is_a_failure() {
        let (series, _, mut backtest) = backtested();
        let answer = |origin, rows| PeerAnswer::Forecast { origin, rows };
        let answers = vec![
            answer(0, vec![vec![1.0; 13]]),
            answer(1, vec![vec![f64::NAN; 13]; 2]),
            answer(9, vec![vec![1.0; 13]; 2]),
        ];
        backtest.add_peer(&series, &Peer { name: "broken".to_owned(), answers }).unwrap();
        let scores = backtest.predictors.last().unwrap();
        assert!(scores.overall.is_none());
        assert_eq!(
            scores.failures[0],
            "a forecast should have 2 steps of 13 quantiles, but has 1 of 13"
        );
        assert!(scores.failures[1].contains("NaN"), "{:?}", scores.failures);
        assert_eq!(scores.failures[2], "there is no origin 9");
    }
}
