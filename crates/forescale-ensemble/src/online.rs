//! Weights and intervals that move with what comes, without fitting the members again.
//!
//! What the members forecast for the time since the fit is compared with what came; weights move from what they were
//! by the same descent as in the fit, held back as strongly as there is little to learn from, and the widths of the
//! intervals move by the days that they are judged on.
//!
//! # Source
//! Kivinen & Warmuth, *Exponentiated gradient versus gradient descent for linear predictors*, 1997; Gibbs & Candès,
//! *Adaptive conformal inference under distribution shift*, 2021.

use std::sync::Arc;

use forescale_core::{History, Horizon};

use crate::calm::Calm;
use crate::evidence::{self, Evidence, Origin, Rows};
use crate::fitted::{FittedEnsemble, Judged};
use crate::guarded::{self, Job};
use crate::mixing::{self, Known};

/// Older actuals than these days tell less than the fit does.
const DAYS: usize = 7;

/// The days of evidence that the pull of the weights was measured at, for the next hour and beyond.
const NEAR_DAYS: f64 = 1.5;
const FAR_DAYS: f64 = 7.0;

impl FittedEnsemble {
    /// The same ensemble after it compared its forecasts with what came since it was fitted, or since it last did so:
    /// `history` holds it, up to now.
    ///
    /// None where less than an hour (or a step) is new, where `history` has another step or is too short for a
    /// member, or where a member cannot predict.
    pub fn observe(&self, history: &History) -> Option<Self> {
        let judged = self.judged();
        if history.series().frequency() != judged.frequency {
            return None;
        }
        let horizon = Horizon::new(judged.buckets.as_slice().last()?.to).ok()?;
        let calm = Calm::of(history).history;
        let from = first_new(&calm, judged)?;
        let origins = Arc::new(evidence::origins(&calm, from, horizon));
        let rows = self.rows(&origins)?;
        let evidence = Evidence::new(&calm, &origins, rows, horizon);
        let judged = judged.clone().moved(&evidence, history);
        Some(self.with(judged))
    }

    /// What every member forecast from `origins`; none if one of them could not.
    fn rows(&self, origins: &Arc<Vec<Origin>>) -> Option<Vec<Option<Rows>>> {
        let jobs = self.members().iter().map(|(_, member)| -> Job<Rows> {
            let (member, origins) = (Arc::clone(member), Arc::clone(origins));
            Box::new(move || evidence::rows(member.as_ref(), &origins))
        });
        let rows = guarded::run(jobs.collect(), *guarded::CORES, Self::TIME_LIMIT, |_| {});
        rows.into_iter().map(|rows| rows.ok().map(Some)).collect()
    }
}

/// The first step whose forecast can be compared with what came; none where too little is new.
fn first_new(history: &History, judged: &Judged) -> Option<usize> {
    let series = history.series();
    let day = series.frequency().steps_per_day();
    let known = usize::try_from(series.index_at(judged.known_until)).unwrap_or(0);
    // Members need a day and a half behind an origin.
    let from = known.max(series.len().saturating_sub(DAYS * day)).max((3 * day).div_ceil(2));
    let near = judged.buckets.as_slice()[0].to;
    (from + near <= series.len()).then_some(from)
}

impl Judged {
    fn moved(mut self, evidence: &Evidence, history: &History) -> Self {
        let usable = vec![true; self.weights.first().map_or(0, Vec::len)];
        for (bucket, weights) in self.weights.iter_mut().enumerate() {
            let days = evidence.days(bucket);
            if days > 0.0 {
                let full = if bucket == 0 { NEAR_DAYS } else { FAR_DAYS };
                let pull = mixing::pull(bucket) * (full / days).max(1.0);
                let known = Known { usable: &usable, before: weights, pull };
                *weights = mixing::weights(evidence, bucket, known, |_| true);
            }
        }
        self.calibration = self.calibration.updated(evidence, &self.weights, 1.0);
        self.known_until = history.origin();
        self
    }
}
