//! The questions of one read: they share its deadline, its cap of bytes and its word on partial answers.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use chrono::{DateTime, Utc};

use crate::answer::{Found, QueryData};
use crate::caller::{Budget, Caller};
use crate::error::{PrometheusError, Retry, quoted};
use crate::settings::Settings;

/// How often a failed request is repeated, and the wait before the first repetition.
const RETRIES: usize = 3;
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How many warnings of one answer are kept.
const MAX_WARNINGS: usize = 8;

/// A read that is under way.
pub(crate) struct Asking<'a> {
    pub caller: &'a Caller,
    pub budget: Budget,
    /// What the server warned of, where that is allowed.
    pub warnings: Vec<String>,
    seed: u64,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(caller: &'a Caller, seed: u64) -> Self {
        Self { caller, budget: Budget::new(caller.settings()), warnings: Vec::new(), seed }
    }

    pub(crate) fn settings(&self) -> &'a Settings {
        self.caller.settings()
    }

    pub(crate) fn name(&self) -> String {
        self.caller.name().to_owned()
    }

    /// Asks, and asks again while that may help and the deadline allows it.
    pub(crate) fn query(
        &mut self,
        path: &str,
        form: &[(&str, String)],
    ) -> Result<Found, PrometheusError> {
        let mut waits = waits(self.seed.wrapping_add(self.budget.requests as u64));
        loop {
            let answer = self.caller.query::<QueryData>(path, form, &mut self.budget);
            let error = match answer {
                Ok(answer) => {
                    self.warned(&answer.warnings)?;
                    let missing = || self.caller.malformed("it has no data");
                    return answer.data.map(|data| data.result).ok_or_else(missing);
                }
                Err(error) => error,
            };
            match waits.next() {
                Some(wait) if error.retry() != Retry::Never => {
                    if wait >= self.budget.left() {
                        return Err(self.caller.deadline(Some(&error)));
                    }
                    std::thread::sleep(wait);
                }
                _ => return Err(error),
            }
        }
    }

    /// The value of the one series that `query` gives at `now`.
    pub(crate) fn instant(
        &mut self,
        query: &str,
        now: DateTime<Utc>,
    ) -> Result<f64, PrometheusError> {
        let form = [("query", query.to_owned()), ("time", now.timestamp().to_string())];
        let found = self.query("/api/v1/query", &form)?;
        let (name, query) = (self.name(), query.to_owned());
        match (found.count, found.samples.last()) {
            (0 | 1, None) => Err(PrometheusError::NoSeries { name, query }),
            (1, Some(sample)) => Ok(sample.value),
            (count, _) => {
                let series = found.shown();
                Err(PrometheusError::SeveralSeries { name, query, count, series })
            }
        }
    }

    /// Refuses an answer with warnings, or keeps them where that is allowed.
    pub(crate) fn warned(&mut self, warnings: &[String]) -> Result<(), PrometheusError> {
        let warnings: Vec<_> =
            warnings.iter().take(MAX_WARNINGS).map(|warning| quoted(warning)).collect();
        if warnings.is_empty() {
            return Ok(());
        }
        if !self.settings().allow_partial {
            return Err(PrometheusError::Partial { name: self.name(), warnings });
        }
        for warning in warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        Ok(())
    }
}

/// The waits before the repetitions of a request: each seed has its own, so that clients do not come back together.
fn waits(seed: u64) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(FIRST_WAIT)
        .with_max_times(RETRIES)
        .with_jitter()
        .with_jitter_seed(seed)
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_seeds_wait_differently_and_one_seed_alike() {
        let of = |seed| waits(seed).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        assert!(of(1).iter().zip(of(2)).all(|(one, other)| *one != other), "{:?}", of(1));
        for seed in 0..100 {
            let waits = of(seed);
            assert_eq!(waits.len(), RETRIES);
            let total: Duration = waits.iter().sum();
            // 250, 500 and 1 000 ms, each up to twice as long.
            assert!((1_750..=3_500).contains(&total.as_millis()), "{seed}: {waits:?}");
        }
    }
}
