//! What every member forecast from rolling origins of the user's own history, and what came.

use forescale_backtest::{Bucket, Buckets, Scorer, rolling_origins};
use forescale_core::{FittedPredictor, History, Horizon, Quantiles};
use forescale_features::Prepared;

use crate::conditions::{Condition, Conditions};

/// Origins with the whole horizon, and further ones with the nearest bucket only: an hour says little by itself.
const FULL_ORIGINS: usize = 12;
const NEAR_ORIGINS: usize = 36;

/// Most steps of a bucket that are predicted from an origin: neighbours say nearly the same.
const STEPS_OF_BUCKET: usize = 32;

/// Where the backtest begins: the newest quarter of the history, a day at least and a week at most.
pub(crate) fn cut(steps: usize, day: usize) -> Option<usize> {
    let held_out = (steps / 4).clamp(day.min(steps), 7 * day);
    let cut = steps.checked_sub(held_out)?;
    (cut >= (3 * day).div_ceil(2)).then_some(cut)
}

/// An origin of the backtest: what was known there, how far it reaches, and the steps that are predicted.
pub(crate) struct Origin {
    history: History,
    steps: usize,
    horizons: Vec<Horizon>,
}

/// The rolling origins behind `cut`, the same for all members.
pub(crate) fn origins(history: &History, cut: usize, horizon: Horizon) -> Vec<Origin> {
    let series = history.series();
    let (n, day) = (series.len(), series.frequency().steps_per_day());
    let buckets = Buckets::new(series.frequency(), horizon);
    let near = buckets.as_slice()[0].to;
    // An origin is worth the whole horizon only where most of it can be checked.
    let newest = n.saturating_sub(horizon.steps().min(day)).max(cut);
    let full = rolling_origins(cut, newest, FULL_ORIGINS, day);
    let near_newest = n.saturating_sub(near).max(cut);
    let near_only = rolling_origins(cut, near_newest, NEAR_ORIGINS, day);
    let mut wanted: Vec<(usize, usize)> = full.iter().map(|o| (*o, horizon.steps())).collect();
    wanted.extend(near_only.iter().filter(|o| !full.contains(o)).map(|o| (*o, near)));
    wanted.sort_unstable();
    let origin = |(number, (index, steps)): (usize, (usize, usize))| {
        let steps = steps.min(n.saturating_sub(index));
        let history = Prepared::as_of(history, index).ok()?;
        let horizons = horizons(&buckets, steps, number);
        (steps > 0).then_some(Origin { history, steps, horizons })
    };
    wanted.into_iter().enumerate().filter_map(origin).collect()
}

/// The steps up to `steps` that are predicted from origin `number`; each origin begins with another, so that together
/// they cover all.
fn horizons(buckets: &Buckets, steps: usize, number: usize) -> Vec<Horizon> {
    let of_bucket = |bucket: &Bucket| {
        let every = (bucket.to - bucket.from + 1).div_ceil(STEPS_OF_BUCKET);
        (bucket.from + number % every..=bucket.to.min(steps)).step_by(every)
    };
    let steps = buckets.as_slice().iter().flat_map(of_bucket);
    steps.filter_map(|step| Horizon::new(step).ok()).collect()
}

/// What a member forecast: for each origin the quantile rows, step after step.
pub(crate) type Rows = Vec<Vec<f64>>;

/// Has a fitted member predict from every origin.
///
/// # Errors
/// What went wrong at the first origin where it could not.
pub(crate) fn rows(fitted: &dyn FittedPredictor, origins: &[Origin]) -> Result<Rows, String> {
    let quantiles = Quantiles::standard();
    let predict = |origin: &Origin| {
        let rows = fitted
            .predict_at(&origin.history, &origin.horizons, &quantiles)
            .map_err(|error| error.to_string())?;
        if rows.len() != origin.horizons.len() * quantiles.len() {
            return Err("it did not give the steps and quantiles it was asked for".to_owned());
        }
        Ok(rows)
    };
    origins.iter().map(predict).collect()
}

/// Forecasts of all members from rolling origins.
pub(crate) struct Evidence {
    buckets: Buckets,
    quantiles: Quantiles,
    origins: Vec<Seen>,
    /// What tells calm hours from busy ones behind each origin.
    conditions: Vec<Conditions>,
    /// `rows[member]`; none for a member that could not predict.
    rows: Vec<Option<Rows>>,
    actual: Vec<f64>,
    day: usize,
}

/// An origin, how far it reaches, and the horizons that were predicted.
struct Seen {
    index: usize,
    steps: usize,
    horizons: Vec<usize>,
}

/// One forecast step: what came, from which origin, and the row of each member (empty if it has none).
pub(crate) struct Step<'a> {
    pub actual: f64,
    pub origin: usize,
    /// Which of the origins it is, and how far ahead (from 1).
    place: (usize, usize),
    pub bucket: usize,
    pub rows: Vec<&'a [f64]>,
}

impl Evidence {
    /// What the members forecast from `origins` of `history`.
    pub fn new(
        history: &History,
        origins: &[Origin],
        rows: Vec<Option<Rows>>,
        horizon: Horizon,
    ) -> Self {
        let series = history.series();
        Self {
            buckets: Buckets::new(series.frequency(), horizon),
            quantiles: Quantiles::standard(),
            origins: origins.iter().map(Seen::of).collect(),
            conditions: origins.iter().map(|o| Conditions::of(&o.history)).collect(),
            rows,
            actual: series.values().to_vec(),
            day: series.frequency().steps_per_day(),
        }
    }

    /// The quantiles of every row.
    pub fn quantiles(&self) -> &Quantiles {
        &self.quantiles
    }

    /// How many origins there are.
    pub fn origins(&self) -> usize {
        self.origins.len()
    }

    /// Days of history behind the steps of `bucket`: hours that lie close together say the same thing twice.
    pub fn days(&self, bucket: usize) -> f64 {
        let range = self.buckets.as_slice()[bucket];
        let mut covered = vec![false; self.actual.len()];
        for Seen { index, steps, .. } in &self.origins {
            for horizon in range.from..=range.to.min(*steps) {
                covered[index + horizon - 1] = true;
            }
        }
        covered.iter().filter(|yes| **yes).count() as f64 / self.day as f64
    }

    /// When in its day `step` is, if the load is `expected` there.
    pub fn condition(&self, step: &Step, expected: f64) -> Condition {
        let (origin, horizon) = step.place;
        self.conditions[origin].at(horizon - 1, expected)
    }

    /// Whether `member` predicted from the origins.
    pub fn has(&self, member: usize) -> bool {
        self.rows[member].is_some()
    }

    /// Every predicted step whose actual value is known, origin after origin.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let width = self.quantiles.len();
        self.origins.iter().enumerate().flat_map(move |(o, seen)| {
            seen.horizons.iter().enumerate().filter_map(move |(place, horizon)| {
                let actual = self.actual[seen.index + horizon - 1];
                (!actual.is_nan()).then(|| Step {
                    actual,
                    origin: seen.index,
                    place: (o, *horizon),
                    bucket: self.buckets.of(*horizon),
                    rows: self.rows.iter().map(|rows| row_of(rows, o, place, width)).collect(),
                })
            })
        })
    }

    /// A scorer for each bucket, filled with what `row` gives for each step.
    pub fn score<'a>(&'a self, mut row: impl FnMut(&Step<'a>) -> Vec<f64>) -> Vec<Scorer> {
        let mut scorers = vec![Scorer::new(&self.quantiles); self.buckets.as_slice().len()];
        for step in self.steps() {
            scorers[step.bucket].add(step.actual, &row(&step));
        }
        scorers
    }
}

impl Seen {
    fn of(origin: &Origin) -> Self {
        Self {
            index: origin.history.series().len(),
            steps: origin.steps,
            horizons: origin.horizons.iter().map(|horizon| horizon.steps()).collect(),
        }
    }
}

/// The row at `place` of origin number `o`; empty for a member without rows.
fn row_of(rows: &Option<Rows>, o: usize, place: usize, width: usize) -> &[f64] {
    rows.as_ref().map_or(&[], |rows| &rows[o][place * width..][..width])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinned_steps_differ_between_origins_and_stay_within_reach() {
        let step = forescale_core::Frequency::from_seconds(300).unwrap();
        let buckets = Buckets::new(step, Horizon::new(288).unwrap());
        let steps = |steps, number| -> Vec<usize> {
            horizons(&buckets, steps, number).iter().map(|horizon| horizon.steps()).collect()
        };
        assert_eq!(steps(14, 0), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        assert_eq!(steps(16, 1)[12..], [14, 16]);
        assert_eq!(
            (steps(288, 0).len(), steps(288, 5)[42..44].to_vec()),
            (12 + 30 + 31, vec![78, 85])
        );
    }

    #[test]
    fn the_backtest_leaves_enough_to_learn_from() {
        assert_eq!(cut(28 * 24, 24), Some(21 * 24));
        assert_eq!(cut(3 * 24, 24), Some(48));
        assert_eq!(cut(2 * 24, 24), None);
        assert_eq!(cut(5, 24), None);
    }
}
