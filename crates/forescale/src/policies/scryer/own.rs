//! Scryer's own predictors: waves and a linear trend, averaged.

use std::sync::Arc;

use forescale_core::{
    FitOptions, FittedPredictor, Frequency, History, Horizon, LoadSeries, Predictor, Quantiles,
};
use forescale_plan::policies::{Observation, Service};
use forescale_predictors::{FftSeasonality, LinearTrend};

use super::Timed;

/// Means of this many seconds are forecast, when steps are not longer.
const SLOT_S: i64 = 300;

/// Newest days that are learned from, and that a forecast looks at.
const LEARNED_DAYS: usize = 28;
const SEEN_DAYS: usize = 2;

const SEED: u64 = 1;

/// The predictors, and what they have learned from the loads so far.
#[derive(Debug)]
pub(super) struct OwnEnsemble {
    slot: Frequency,
    steps: usize,
    means: Vec<f64>,
    fitted: Vec<Box<dyn FittedPredictor>>,
    /// Slots from which on they learn again.
    learn_at: usize,
}

impl OwnEnsemble {
    pub(super) fn new(service: &Service) -> Self {
        let step = service.step.seconds();
        let steps = (SLOT_S / step).max(1);
        let slot = Frequency::from_seconds(steps * step).unwrap_or(service.step);
        let (means, fitted) = (Vec::new(), Vec::new());
        Self { slot, steps: steps as usize, means, fitted, learn_at: 0 }
    }

    /// The load of the next `seconds`; none while no predictor has enough to go by.
    pub(super) fn forecast(&mut self, seen: &Observation<'_>, seconds: f64) -> Option<Timed> {
        let slots = seen.loads.chunks_exact(self.steps).skip(self.means.len());
        let steps = self.steps as f64;
        self.means.extend(slots.map(|slot| slot.iter().sum::<f64>() / steps));
        let ahead = (seconds / self.slot.seconds() as f64).ceil() as usize + 1;
        let horizon = Horizon::new(ahead).ok()?;
        if self.means.len() >= self.learn_at {
            self.learn(seen.service, horizon);
        }
        let history = self.newest(seen.service, SEEN_DAYS)?;
        let forecasts = self.fitted.iter().filter_map(|fitted| {
            let forecast = fitted.predict(&history, horizon, &median()).ok()?;
            Some(Timed::of(&forecast))
        });
        mean(forecasts)
    }

    /// Fits every predictor anew; one that fails is left out.
    fn learn(&mut self, service: &Service, horizon: Horizon) {
        let Some(history) = self.newest(service, LEARNED_DAYS) else { return };
        let predictors: [&dyn Predictor; 2] = [&FftSeasonality::default(), &LinearTrend::default()];
        let options = FitOptions::new(horizon, SEED);
        let fits = predictors.iter().filter_map(|predictor| predictor.fit(&history, &options).ok());
        self.fitted = fits.collect();
        self.learn_at = self.means.len() + self.slot.steps_per_day();
    }

    fn newest(&self, service: &Service, days: usize) -> Option<History> {
        let from = self.means.len().saturating_sub(days * self.slot.steps_per_day());
        let start = service.time_at(from * self.steps);
        let series = LoadSeries::new(start, self.slot, self.means[from..].to_vec()).ok()?;
        Some(History::new(series, Arc::clone(&service.calendar)))
    }
}

fn median() -> Quantiles {
    Quantiles::new([0.5]).expect("the median is a quantile")
}

fn mean(forecasts: impl Iterator<Item = Timed>) -> Option<Timed> {
    let mut count = 1.0;
    let mut mean = forecasts.reduce(|mut sum, next| {
        count += 1.0;
        sum.loads.iter_mut().zip(next.loads).for_each(|(sum, load)| *sum += load);
        sum
    })?;
    mean.loads.iter_mut().for_each(|load| *load /= count);
    Some(mean)
}
