//! Scores of forecasts against what came.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_core::metrics::pinball;
use serde::{Deserialize, Serialize};

/// The quantiles a score is made of: nine for WQL, two for the upper tail, two for the 95 % interval.
const LEVELS: [f64; 13] = [0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99];
const CENTRAL: std::ops::Range<usize> = 1..10;
const MEDIAN: usize = 5;
const TAIL: [usize; 2] = [10, 12];

/// Collects forecasts and what came, step by step; gaps are left out.
#[derive(Debug, Clone)]
pub struct Scorer {
    curve: Interpolation,
    row: Vec<f64>,
    loss: [f64; LEVELS.len()],
    load: f64,
    within_80: usize,
    within_95: usize,
    steps: usize,
}

/// How good a set of forecasts was.
///
/// # Source
/// WQL: the mean pinball loss at 0.1 to 0.9, doubled, over the mean load (Park et al., *Learning quantile functions
/// without quantile crossing*, 2022). MASE: Hyndman & Koehler 2006.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Steps that were scored.
    pub steps: usize,
    /// Weighted quantile loss; 0 is perfect.
    pub wql: f64,
    /// Mean absolute error of the median, over that of repeating the last day within the history.
    pub mase: f64,
    /// The same loss at 0.95 and 0.99: the tail that headroom is made of.
    pub upper: f64,
    /// Share of steps within the 80 % interval.
    pub coverage_80: f64,
    /// Share of steps within the 95 % interval.
    pub coverage_95: f64,
}

impl Scorer {
    /// The quantiles that a score reads; a forecast of just these is scored without interpolation.
    pub fn quantiles() -> Quantiles {
        Quantiles::new(LEVELS).expect("every level lies between 0 and 1")
    }

    /// For forecasts that carry `quantiles`.
    pub fn new(quantiles: &Quantiles) -> Self {
        Self {
            curve: Interpolation::new(quantiles.as_slice(), &LEVELS),
            row: Vec::with_capacity(LEVELS.len()),
            loss: [0.0; LEVELS.len()],
            load: 0.0,
            within_80: 0,
            within_95: 0,
            steps: 0,
        }
    }

    /// Adds a step: what came, and the quantiles that were forecast for it.
    pub fn add(&mut self, actual: f64, forecast: &[f64]) {
        if actual.is_nan() {
            return;
        }
        self.row.clear();
        self.curve.extend(forecast, &mut self.row);
        for ((loss, q), level) in self.loss.iter_mut().zip(&self.row).zip(LEVELS) {
            *loss += pinball(actual, *q, level);
        }
        let within = |low: usize, high: usize| {
            usize::from(actual >= self.row[low] - 1e-9 && actual <= self.row[high] + 1e-9)
        };
        self.within_80 += within(1, 9);
        self.within_95 += within(0, 11);
        self.load += actual.abs();
        self.steps += 1;
    }

    /// Adds all that another scorer of the same quantiles has collected.
    pub fn merge(&mut self, other: &Self) {
        self.loss.iter_mut().zip(other.loss).for_each(|(mine, theirs)| *mine += theirs);
        self.load += other.load;
        self.within_80 += other.within_80;
        self.within_95 += other.within_95;
        self.steps += other.steps;
    }

    /// The scores, with `scale` for MASE in load units; `None` without a step.
    pub fn scores(&self, scale: f64) -> Option<Scores> {
        if self.steps == 0 {
            return None;
        }
        let steps = self.steps as f64;
        // A service without any load has no relative error; its loss then counts as it is.
        let load = if self.load > 0.0 { self.load } else { 1.0 };
        let central: f64 = self.loss[CENTRAL].iter().sum();
        let tail: f64 = TAIL.iter().map(|level| self.loss[*level]).sum();
        Some(Scores {
            steps: self.steps,
            wql: 2.0 * central / CENTRAL.len() as f64 / load,
            mase: 2.0 * self.loss[MEDIAN] / steps / scale.max(1e-12),
            upper: tail / load,
            coverage_80: self.within_80 as f64 / steps,
            coverage_95: self.within_95 as f64 / steps,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_match_a_hand_count() {
        let mut scorer = Scorer::new(&Scorer::quantiles());
        // Every quantile says 8 and 10 came: the loss at each level is twice the level.
        scorer.add(10.0, &[8.0; 13]);
        scorer.add(f64::NAN, &[8.0; 13]);
        let scores = scorer.scores(4.0).unwrap();
        assert_eq!(scores.steps, 1);
        assert!((scores.wql - 2.0 * 1.0 / 10.0).abs() < 1e-12);
        assert!((scores.mase - 0.5).abs() < 1e-12);
        assert!((scores.upper - (1.9 + 1.98) / 10.0).abs() < 1e-12);
        assert_eq!((scores.coverage_80, scores.coverage_95), (0.0, 0.0));
    }

    #[test]
    fn nothing_scored_is_no_score() {
        assert!(Scorer::new(&Quantiles::standard()).scores(1.0).is_none());
    }
}
