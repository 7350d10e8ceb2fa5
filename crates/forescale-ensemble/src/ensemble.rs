//! The ensemble before it is fitted: its members, and how they are judged.

use std::sync::Arc;
use std::time::Duration;

use forescale_core::{FitError, FitOptions, FittedPredictor, History, Horizon, Predictor};
use forescale_features::Prepared;

use crate::calm::Calm;
use crate::evidence::{self, Evidence, Origin, Rows};
use crate::fitted::FittedEnsemble;
use crate::guarded::{self, Job};
use crate::judgement::{Candidate, judge};

/// The name of the ensemble.
pub(crate) const NAME: &str = "ensemble";

/// A fit that takes longer than this is left out.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A predictor in an ensemble.
#[derive(Debug, Clone)]
pub struct Member {
    /// The predictor.
    pub predictor: Arc<dyn Predictor>,
    /// What it weighs before there is evidence, in the first hour and beyond; any unit, not negative.
    pub prior: (f64, f64),
}

/// How far a fit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Members that are done.
    pub done: usize,
    /// Members in all.
    pub total: usize,
}

/// Combines predictors by what they did on rolling origins of the history.
///
/// The fit goes through five stages: every member is fitted on all but the newest part and predicts from rolling
/// origins there; weights are found for each range of horizons; the averaged quantiles are calibrated on what
/// came; a skill gate compares the result with the yardstick on origins that the weights were not fitted on; every
/// member is fitted on the whole history. A member that fails, hangs or predicts NaN is left out and named.
#[derive(Debug, Clone)]
pub struct Ensemble {
    members: Vec<Member>,
    yardstick: &'static str,
    fallback: Option<&'static str>,
    time_limit: Duration,
    threads: usize,
}

impl Ensemble {
    /// An ensemble of `members`, judged against the member called `yardstick` where it is one.
    pub fn new(members: Vec<Member>, yardstick: &'static str) -> Self {
        let threads = *guarded::CORES;
        Self { members, yardstick, fallback: None, time_limit: TIME_LIMIT, threads }
    }

    /// The same with the member called `name` for a load that never changes.
    pub fn with_fallback(mut self, name: &'static str) -> Self {
        self.fallback = Some(name);
        self
    }

    /// The same with another limit for the fit of a member.
    pub fn with_time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// The same with that many members fitted at a time; it changes the speed only.
    pub fn with_threads(mut self, threads: usize) -> Self {
        self.threads = threads.max(1);
        self
    }

    /// Fits, and tells `progress` whenever a member is done.
    ///
    /// # Errors
    /// [`FitError::Failed`] when no member could be fitted; it names the reason of each.
    pub fn fit_with_progress(
        &self,
        history: &History,
        options: &FitOptions,
        progress: &dyn Fn(Progress),
    ) -> Result<FittedEnsemble, FitError> {
        let whole = Calm::of(history).history;
        let day = whole.series().frequency().steps_per_day();
        let backtest = evidence::cut(whole.series().len(), day)
            .and_then(|cut| Backtest::new(&whole, cut, options.horizon).map(Arc::new));
        let jobs = self.members.iter().map(|m| job(m, &whole, backtest.as_ref(), *options));
        let total = self.members.len();
        let tell = |done| progress(Progress { done, total });
        let done = guarded::run(jobs.collect(), self.threads, self.time_limit, tell);

        let mut candidates = Vec::with_capacity(total);
        let mut rows = Vec::with_capacity(total);
        for (member, result) in self.members.iter().zip(done) {
            let name = member.predictor.name();
            let (fitted, member_rows, left_out) = match result {
                Ok(work) => (Some(work.fitted), work.rows, work.silent),
                Err(failure) => (None, None, Some(failure.to_string())),
            };
            candidates.push(Candidate { name, prior: member.prior, fitted, left_out });
            rows.push(member_rows);
        }
        if candidates.iter().all(|candidate| candidate.fitted.is_none()) {
            return Err(FitError::Failed { predictor: NAME, reason: reasons(&candidates) });
        }
        let evidence = backtest
            .map(|b| Evidence::new(&whole, &b.origins, rows, options.horizon))
            .filter(|evidence| evidence.steps().next().is_some());
        Ok(judge(
            &whole,
            candidates,
            evidence.as_ref(),
            (self.yardstick, self.fallback),
            options.horizon,
        ))
    }
}

impl Predictor for Ensemble {
    fn name(&self) -> &'static str {
        NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        Ok(Box::new(self.fit_with_progress(history, options, &|_| {})?))
    }
}

/// The part of the history that members may learn from in the backtest, and the origins behind it.
struct Backtest {
    past: History,
    origins: Vec<Origin>,
}

impl Backtest {
    fn new(history: &History, cut: usize, horizon: Horizon) -> Option<Self> {
        let past = Prepared::as_of(history, cut).ok()?;
        Some(Self { past, origins: evidence::origins(history, cut, horizon) })
    }
}

/// What one member brings.
struct Work {
    fitted: Arc<dyn FittedPredictor>,
    rows: Option<Rows>,
    /// Why it has no rows, if it should have.
    silent: Option<String>,
}

fn job(
    member: &Member,
    whole: &Arc<History>,
    backtest: Option<&Arc<Backtest>>,
    options: FitOptions,
) -> Job<Work> {
    let predictor = Arc::clone(&member.predictor);
    let (whole, backtest) = (Arc::clone(whole), backtest.map(Arc::clone));
    Box::new(move || {
        let tested = backtest.map(|backtest| {
            let fitted =
                predictor.fit(&backtest.past, &options.draft()).map_err(|e| e.to_string())?;
            evidence::rows(fitted.as_ref(), &backtest.origins)
        });
        let fitted = predictor.fit(&whole, &options).map_err(|error| error.to_string())?;
        let (rows, silent) = match tested {
            Some(Ok(rows)) => (Some(rows), None),
            Some(Err(reason)) => (None, Some(reason)),
            None => (None, None),
        };
        Ok(Work { fitted: Arc::from(fitted), rows, silent })
    })
}

fn reasons(candidates: &[Candidate]) -> String {
    let reasons = candidates.iter().filter_map(|candidate| {
        candidate.left_out.as_ref().map(|reason| format!("{}: {reason}", candidate.name))
    });
    let reasons: Vec<String> = reasons.collect();
    if reasons.is_empty() { "it has no members".to_owned() } else { reasons.join("; ") }
}
