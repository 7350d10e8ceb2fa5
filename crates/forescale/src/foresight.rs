//! What policies may ask about the load to come: worked out when the first of them asks, once for all.

mod refits;

use std::sync::{Arc, OnceLock};

use chrono::TimeDelta;
use forescale_core::{
    FitError, Forecast, Forecasts, Foresight, Frequency, History, LoadSeries, Outlook,
    PredictError, Quantiles, SharedForecasts,
};
use forescale_predictors::MinuteOutlook;
use forescale_replay::World;

use crate::{EngineOptions, horizon};
use refits::Refits;

/// How far the shared forecasts reach.
const REACH: TimeDelta = TimeDelta::hours(2);

/// How far the outlook reaches beyond start-up for policies that look farther.
const FAR: TimeDelta = TimeDelta::minutes(30);

/// Newest days that a forecast looks at.
const SEEN_DAYS: usize = 29;

/// The foresight of policies that are replayed in `world`, whose load is `series`.
///
/// The ensemble of `options` learns from the time before scoring, and again every week; for the time before it has no
/// forecast. Nothing is computed until a policy asks, and nothing twice.
///
/// Where the steps of the series and the decisions do not fit, or start-up takes longer than the outlook reaches, there is
/// no outlook.
pub fn foresight(series: &LoadSeries, world: &World, options: &EngineOptions) -> Foresight {
    let step = world.service().step;
    let averaged = (series.frequency() < step).then(|| series.averaged(step).ok()).flatten();
    let series = averaged.as_ref().unwrap_or(series);
    let history = History::new(series.clone(), Arc::clone(&world.service().calendar));
    let history = Arc::new(history);
    let outlook = LazyOutlook::new(&history, world);
    let forecasts = StepForecasts::new(&history, world, options);
    Foresight {
        forecasts: forecasts.map(|forecasts| Arc::new(forecasts) as Arc<dyn Forecasts>),
        outlook: outlook.map(|outlook| Arc::new(outlook) as Arc<dyn Outlook>),
    }
}

/// An outlook that is worked out when it is asked for the first time, and one that reaches farther, when that is asked for.
#[derive(Debug)]
struct LazyOutlook {
    history: Arc<History>,
    step: Frequency,
    steps_ahead: usize,
    near: OnceLock<Result<MinuteOutlook, FitError>>,
    far: OnceLock<Result<MinuteOutlook, FitError>>,
}

impl LazyOutlook {
    /// None where it could not be worked out: that depends on the steps alone, so a single one shows it.
    fn new(history: &Arc<History>, world: &World) -> Option<Self> {
        let step = world.service().step;
        let late = (world.fleet().metric_latency_s / step.seconds() as f64).ceil() as usize;
        let steps_ahead = world.service().startup_steps + 1 + late;
        let series = history.series();
        let single = LoadSeries::new(series.start(), series.frequency(), vec![1.0]).ok()?;
        let single = History::new(single, Arc::clone(history.calendar()));
        MinuteOutlook::new(&single, step, steps_ahead).ok()?;
        let (near, far) = (OnceLock::new(), OnceLock::new());
        Some(Self { history: Arc::clone(history), step, steps_ahead, near, far })
    }

    /// The outlook for steps up to `h` ahead.
    fn made(&self, h: usize) -> Result<&MinuteOutlook, PredictError> {
        let farthest = self.steps_ahead + (FAR.num_seconds() / self.step.seconds()) as usize;
        let (slot, steps_ahead) = match h {
            _ if h <= self.steps_ahead => (&self.near, self.steps_ahead),
            _ => (&self.far, farthest),
        };
        let make = || MinuteOutlook::new(&self.history, self.step, steps_ahead);
        slot.get_or_init(make).as_ref().map_err(|error| PredictError::Unsuitable {
            predictor: "minute-outlook",
            reason: error.to_string(),
        })
    }
}

impl Outlook for LazyOutlook {
    fn quantile(&self, known: usize, h: usize, exceeded: f64) -> Result<f64, PredictError> {
        self.made(h)?.quantile(known, h, exceeded)
    }

    fn expected_error(&self, known: usize, h: usize) -> Result<f64, PredictError> {
        self.made(h)?.expected_error(known, h)
    }
}

/// Forecasts on the steps of the series, asked for on the steps of decisions.
#[derive(Debug)]
struct StepForecasts {
    shared: SharedForecasts<Refits>,
    /// Decisions in a step of the series.
    decisions: usize,
}

impl StepForecasts {
    fn new(history: &Arc<History>, world: &World, options: &EngineOptions) -> Option<Self> {
        let series = history.series();
        let (own, step) = (series.frequency().seconds(), world.service().step.seconds());
        let decisions = usize::try_from(own / step).ok().filter(|_| own % step == 0)?;
        let first = world.score_from().div_ceil(decisions);
        let steps = horizon(REACH, series.frequency()).ok()?;
        let fits = Refits::new(Arc::clone(history), first, steps, options.clone());
        let memory = SEEN_DAYS * series.frequency().steps_per_day();
        let history = History::new(series.clone(), Arc::clone(history.calendar()));
        let quantiles = Quantiles::standard();
        let shared = SharedForecasts::new(fits, history, steps, quantiles, Some(memory));
        Some(Self { shared, decisions })
    }
}

impl Forecasts for StepForecasts {
    /// A step of the series is known as soon as the first decision after its beginning knows it.
    fn after(&self, known: usize) -> Result<Arc<Forecast>, PredictError> {
        self.shared.after(known.div_ceil(self.decisions))
    }
}
