//! Members made by hand: one that repeats the last day with a fixed error, and some that misbehave.

use std::time::Duration;

use forescale_core::quantile::normal_quantile;
use forescale_core::{
    FitError, FitOptions, FittedPredictor, Forecast, History, Horizon, PredictError, Predictor,
    Quantiles,
};
use serde::{Deserialize, Serialize};

/// Repeats the last day, `offset` too high from histories of `since` steps on, with normal quantiles of deviation
/// `width`.
#[derive(Debug, Clone, Copy)]
pub struct Daily {
    pub name: &'static str,
    pub offset: f64,
    pub since: usize,
    pub width: f64,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct FittedDaily {
    offset: f64,
    since: usize,
    width: f64,
}

impl Predictor for Daily {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fit(&self, _: &History, _: &FitOptions) -> Result<Box<dyn FittedPredictor>, FitError> {
        let Self { offset, since, width, .. } = *self;
        Ok(Box::new(FittedDaily { offset, since, width }))
    }
}

impl FittedPredictor for FittedDaily {
    fn name(&self) -> &'static str {
        "daily"
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        let y = history.series().values();
        let offset = if y.len() >= self.since { self.offset } else { 0.0 };
        let point = |h: usize| y[y.len().saturating_sub(24) + h % 24.min(y.len())] + offset;
        let values = (0..horizon.steps())
            .flat_map(|h| quantiles.as_slice().iter().map(move |p| (h, *p)))
            .map(|(h, p)| point(h) + self.width * normal_quantile(p))
            .collect();
        let frequency = history.series().frequency();
        Ok(Forecast::new(history.origin(), frequency, quantiles.clone(), values)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        postcard::to_stdvec(self).unwrap()
    }
}

/// Reads a [`Daily`] member back.
pub fn load(bytes: &[u8]) -> Result<Box<dyn FittedPredictor>, String> {
    let fitted: FittedDaily = postcard::from_bytes(bytes).map_err(|error| error.to_string())?;
    Ok(Box::new(fitted))
}

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub enum Trouble {
    Fails,
    Panics,
    Hangs,
    GivesNan,
}

/// A member that misbehaves.
#[derive(Debug, Clone, Copy)]
pub struct Faulty {
    pub name: &'static str,
    pub trouble: Trouble,
}

#[derive(Debug)]
struct Nan;

impl Predictor for Faulty {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fit(&self, _: &History, _: &FitOptions) -> Result<Box<dyn FittedPredictor>, FitError> {
        match self.trouble {
            Trouble::Fails => {
                let reason = "no such luck".to_owned();
                Err(FitError::Failed { predictor: self.name, reason })
            }
            Trouble::Panics => panic!("out of luck"),
            Trouble::Hangs => {
                std::thread::sleep(Duration::from_secs(30));
                Ok(Box::new(Nan))
            }
            Trouble::GivesNan => Ok(Box::new(Nan)),
        }
    }
}

impl FittedPredictor for Nan {
    fn name(&self) -> &'static str {
        "nan"
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        let values = vec![f64::NAN; horizon.steps() * quantiles.len()];
        let frequency = history.series().frequency();
        Ok(Forecast::new(history.origin(), frequency, quantiles.clone(), values)?)
    }

    fn to_bytes(&self) -> Vec<u8> {
        Vec::new()
    }
}
