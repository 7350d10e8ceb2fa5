//! The fleet in a few figures.

use serde::{Deserialize, Serialize};

use super::together::Sum;
use super::{Answer, Answered, Together};

/// Failures that are listed; all of them are counted.
const LISTED: usize = 100;

/// The answers of a fleet in a few figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FleetSummary {
    /// Series there were.
    pub series: usize,
    /// Series without an answer.
    pub failed: usize,
    /// The first hundred of them, with the reason.
    pub failures: Vec<(String, String)>,
    /// Series whose forecast is not what it could be.
    pub degraded: usize,
    /// Series whose skill was measured.
    pub measured: usize,
    /// Their mean skill: 1 less the quantile loss over that of the yardstick.
    pub mean_skill: f64,
    /// Those among them that beat the yardstick.
    pub better_than_yardstick: usize,
    /// Series that were planned.
    pub planned: usize,
    /// Instances of all plans together.
    pub instances: Together,
    /// The most of them at a moment that nine tenths of the plans cover; none where there is no such moment.
    pub peak_of_sum: Option<u64>,
    /// The most instances of each series, added up: what a fleet without a forecast in common would keep.
    pub sum_of_peaks: u64,
}

impl FleetSummary {
    /// The summary of this fleet and `other` together: what was worked on in parts.
    ///
    /// ```
    /// use forescale::fleet::FleetSummary;
    /// let part = |series, measured, mean_skill| FleetSummary { series, measured, mean_skill, ..Default::default() };
    /// let both = part(10, 4, 0.2).and(part(5, 1, 0.7));
    /// assert_eq!((both.series, both.measured), (15, 5));
    /// assert!((both.mean_skill - 0.3).abs() < 1e-12);
    /// ```
    pub fn and(mut self, other: Self) -> Self {
        let mut total = Sum::default();
        [&self.instances, &other.instances].into_iter().for_each(|part| total.add(part));
        let instances = total.finish();
        self.failures.extend(other.failures);
        self.failures.truncate(LISTED);
        let measured = self.measured + other.measured;
        let sum = self.mean_skill * self.measured as f64 + other.mean_skill * other.measured as f64;
        Self {
            series: self.series + other.series,
            failed: self.failed + other.failed,
            failures: self.failures,
            degraded: self.degraded + other.degraded,
            measured,
            mean_skill: if measured > 0 { sum / measured as f64 } else { 0.0 },
            better_than_yardstick: self.better_than_yardstick + other.better_than_yardstick,
            planned: instances.plans(),
            peak_of_sum: instances.peak(),
            instances,
            sum_of_peaks: self.sum_of_peaks + other.sum_of_peaks,
        }
    }

    /// What the reader should know where plans cover other moments.
    pub fn warnings(&self) -> Vec<String> {
        if !self.instances.uneven() {
            return Vec::new();
        }
        let (planned, left_out) = (self.planned, self.instances.left_out());
        let peak = match (self.peak_of_sum, left_out) {
            (None, _) => {
                "no moment is in nine tenths of them, so that their sum has no peak".to_owned()
            }
            (_, 0) => {
                "the peak of the sum is that of the moments that all of them cover".to_owned()
            }
            _ => format!(
                "the peak of the sum is that of the moments that nine tenths of them cover, and {left_out} of {planned} are \
                 no part of it"
            ),
        };
        vec![format!("not all plans begin and end at the same moments: {peak}")]
    }
}

/// A summary in the making.
#[derive(Debug, Default)]
pub(super) struct Tally {
    summary: FleetSummary,
    total: Sum,
}

impl Tally {
    /// Counts one answer in.
    pub fn add(&mut self, answered: &Answered) {
        let summary = &mut self.summary;
        summary.series += 1;
        match &answered.answer {
            Ok(answer) => self.add_answer(answer),
            Err(reason) => {
                summary.failed += 1;
                if summary.failures.len() < LISTED {
                    summary.failures.push((answered.name.clone(), reason.clone()));
                }
            }
        }
    }

    /// The summary of all that was counted in.
    pub fn finish(self) -> FleetSummary {
        let instances = self.total.finish();
        let (planned, peak_of_sum) = (instances.plans(), instances.peak());
        FleetSummary { planned, peak_of_sum, instances, ..self.summary }
    }

    fn add_answer(&mut self, answer: &Answer) {
        let summary = &mut self.summary;
        summary.degraded += usize::from(!answer.degraded.is_empty());
        if let Some(skill) = answer.skill {
            summary.measured += 1;
            summary.mean_skill += (skill - summary.mean_skill) / summary.measured as f64;
            summary.better_than_yardstick += usize::from(skill > 0.0);
        }
        let Some(planned) = Together::of(answer) else { return };
        self.summary.sum_of_peaks += planned.peak().unwrap_or_default();
        self.total.add(&planned);
    }
}
