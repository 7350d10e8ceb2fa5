//! The ensemble after its fit.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use forescale_backtest::Buckets;
use forescale_core::{
    FittedPredictor, Forecast, Frequency, History, Horizon, Importance, PredictError, Quantiles,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::calibration::Calibration;
use crate::ensemble::NAME;
use crate::judgement::Candidate;
use crate::report::EnsembleReport;

/// Bytes that are no ensemble.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CorruptEnsemble {
    /// They do not decode.
    #[error("the ensemble cannot be read: {0}")]
    Unreadable(String),
    /// A member does not decode.
    #[error("the member {name} cannot be read: {reason}")]
    Member {
        /// The member.
        name: String,
        /// Why.
        reason: String,
    },
}

/// Whose forecast leaves the engine in a range of horizons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// The weighted members.
    Ensemble,
    /// One of them, since the ensemble does not help.
    Member(usize),
}

/// Reads a member back by its name and bytes, or says why it cannot.
pub type LoadMember<'a> = dyn Fn(&str, &[u8]) -> Result<Box<dyn FittedPredictor>, String> + 'a;

/// Fitted members with their weights and the calibration of their intervals.
#[derive(Debug, Clone)]
pub struct FittedEnsemble {
    members: Vec<(String, Arc<dyn FittedPredictor>)>,
    judged: Judged,
}

/// What is kept beside the members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub frequency: Frequency,
    pub buckets: Buckets,
    /// `weights[bucket][member]`, summing to 1 in each bucket.
    pub weights: Vec<Vec<f64>>,
    pub calibration: Calibration,
    /// The end of what weights and intervals were learned from.
    pub known_until: DateTime<Utc>,
    report: EnsembleReport,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    members: Vec<(String, Vec<u8>)>,
    judged: Judged,
}

impl Stored {
    /// Whether what is kept beside the members belongs to them and can be reckoned with.
    fn check(&self) -> Result<(), &'static str> {
        let Judged { frequency, buckets, weights, calibration, .. } = &self.judged;
        let farthest = buckets.as_slice().last().and_then(|last| Horizon::new(last.to).ok());
        if farthest.is_none_or(|farthest| *buckets != Buckets::new(*frequency, farthest)) {
            return Err("its ranges of horizons are not those of its step");
        }
        let ranges = buckets.as_slice().len();
        let whole =
            weights.len() == ranges && weights.iter().all(|w| w.len() == self.members.len());
        if !whole || !calibration.is_for(ranges) {
            return Err("weights, members and horizons do not belong together");
        }
        let weighed = weights.iter().flatten().all(|weight| *weight >= 0.0 && weight.is_finite());
        if weighed { Ok(()) } else { Err("a weight is no share") }
    }
}

impl FittedEnsemble {
    /// A prediction that takes longer than this is left out.
    pub(crate) const TIME_LIMIT: Duration = Duration::from_secs(20);

    pub(crate) fn new(
        history: &History,
        candidates: Vec<Candidate>,
        weights: Vec<Vec<f64>>,
        calibration: Calibration,
        report: EnsembleReport,
    ) -> Self {
        let keep: Vec<bool> = candidates
            .iter()
            .enumerate()
            .map(|(m, c)| c.fitted.is_some() && weights.iter().any(|bucket| bucket[m] > 0.0))
            .collect();
        let kept = |bucket: Vec<f64>| {
            bucket.into_iter().zip(&keep).filter(|(_, keep)| **keep).map(|(w, _)| w).collect()
        };
        let weights = weights.into_iter().map(kept).collect();
        let members = candidates
            .into_iter()
            .zip(&keep)
            .filter(|(_, keep)| **keep)
            .filter_map(|(c, _)| c.fitted.map(|fitted| (c.name.to_owned(), fitted)))
            .collect();
        let frequency = history.series().frequency();
        let horizon = report.buckets.last().map_or(1, |bucket| bucket.to);
        let horizon = Horizon::new(horizon).expect("the buckets of a horizon end where it ends");
        let buckets = Buckets::new(frequency, horizon);
        let known_until = history.origin();
        let judged = Judged { frequency, buckets, weights, calibration, known_until, report };
        Self { members, judged }
    }

    pub(crate) fn judged(&self) -> &Judged {
        &self.judged
    }

    /// The same members, judged otherwise; the report tells their weights.
    pub(crate) fn with(&self, mut judged: Judged) -> Self {
        for (m, (name, _)) in self.members.iter().enumerate() {
            let mut reported = judged.report.members.iter_mut();
            if let Some(member) = reported.find(|member| member.name == *name) {
                member.weights = judged.weights.iter().map(|bucket| bucket[m]).collect();
            }
        }
        Self { members: self.members.clone(), judged }
    }

    /// What it learned about its members and itself.
    pub fn report(&self) -> &EnsembleReport {
        &self.judged.report
    }

    /// The members that carry weight, by name.
    pub fn members(&self) -> &[(String, Arc<dyn FittedPredictor>)] {
        &self.members
    }

    /// Reads back what `to_bytes` wrote; `load` reads a member by its name.
    ///
    /// # Errors
    /// [`CorruptEnsemble`] says what cannot be read.
    pub fn from_bytes(bytes: &[u8], load: &LoadMember) -> Result<Self, CorruptEnsemble> {
        let stored: Stored = postcard::from_bytes(bytes)
            .map_err(|error| CorruptEnsemble::Unreadable(error.to_string()))?;
        stored.check().map_err(|flaw| CorruptEnsemble::Unreadable(flaw.to_owned()))?;
        let mut members = Vec::with_capacity(stored.members.len());
        for (name, bytes) in stored.members {
            let fitted = load(&name, &bytes)
                .map_err(|reason| CorruptEnsemble::Member { name: name.clone(), reason })?;
            members.push((name, Arc::from(fitted)));
        }
        Ok(Self { members, judged: stored.judged })
    }
}

impl FittedPredictor for FittedEnsemble {
    fn name(&self) -> &'static str {
        NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        Ok(self.predict_with_notes(history, horizon, quantiles)?.forecast)
    }

    fn observed(&self, history: &History) -> Option<Box<dyn FittedPredictor>> {
        Some(Box::new(self.observe(history)?))
    }

    fn to_bytes(&self) -> Vec<u8> {
        let members = self.members.iter().map(|(name, m)| (name.clone(), m.to_bytes())).collect();
        let stored = Stored { members, judged: self.judged.clone() };
        postcard::to_stdvec(&stored).expect("an ensemble is plain numbers and text")
    }

    /// The members' importances, each with the member's mean weight.
    fn importances(&self) -> Vec<Importance> {
        let buckets = self.judged.weights.len() as f64;
        let mut drives = std::collections::BTreeMap::<String, f64>::new();
        for (m, (_, member)) in self.members.iter().enumerate() {
            let weight = self.judged.weights.iter().map(|bucket| bucket[m]).sum::<f64>() / buckets;
            for importance in member.importances() {
                *drives.entry(importance.feature).or_default() += weight * importance.share;
            }
        }
        Importance::shares(drives)
    }
}
