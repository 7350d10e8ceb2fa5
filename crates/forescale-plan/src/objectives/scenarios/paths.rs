//! Load paths from a forecast, correlated in time.

use forescale_core::quantile::{normal_probability, normal_quantile};
use forescale_core::{Forecast, Quantile};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::objectives::error::{ObjectiveError, within};

/// Most paths.
pub const MOST_PATHS: usize = 100_000;

/// Numbers that all paths together may have.
const MOST_LOADS: usize = 50_000_000;

/// The probabilities between which a path runs: no forecast knows more of its tails.
const EDGE: f64 = 1e-6;

/// How paths are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathSettings {
    /// How many.
    pub paths: usize,
    /// Where the random numbers start: the same seed draws the same paths, and more paths begin with the fewer.
    pub seed: u64,
    /// Correlation of the normal scores of neighbouring steps, above -1 and below 1; [`correlation`] estimates it.
    pub correlation: f64,
}

/// Loads of every path at every step of a forecast.
#[derive(Debug, Clone, PartialEq)]
pub struct Paths {
    steps: usize,
    /// One path after the other.
    loads: Vec<f64>,
}

impl Paths {
    /// Paths that are known already, each with a load for every step.
    ///
    /// # Errors
    /// [`ObjectiveError::Empty`] without a path or a step, [`ObjectiveError::OutOfRange`] when their lengths differ or
    /// a load is not finite.
    pub fn new(paths: &[Vec<f64>]) -> Result<Self, ObjectiveError> {
        let steps = paths.first().map_or(0, Vec::len);
        if steps == 0 {
            return Err(ObjectiveError::Empty { what: "load paths" });
        }
        if let Some(other) = paths.iter().find(|path| path.len() != steps) {
            return Err(wrong_length(other.len()));
        }
        let loads: Vec<f64> = paths.concat();
        match loads.iter().find(|load| !load.is_finite()) {
            Some(load) => {
                let (name, range) = ("a load of a path", "a finite number");
                Err(ObjectiveError::OutOfRange { name, range, value: *load })
            }
            None => Ok(Self { steps, loads }),
        }
    }

    /// How many paths there are; at least 1.
    #[allow(clippy::len_without_is_empty)] // None cannot be built.
    pub fn len(&self) -> usize {
        self.loads.len() / self.steps
    }

    /// The loads of path `number`.
    ///
    /// # Panics
    /// When there are no so many paths.
    pub fn path(&self, number: usize) -> &[f64] {
        &self.loads[number * self.steps..(number + 1) * self.steps]
    }

    /// The loads of all paths at step `h`.
    pub fn at_step(&self, h: usize) -> impl Iterator<Item = f64> + '_ {
        self.loads.iter().skip(h).step_by(self.steps).copied()
    }

    /// Checks that the paths have as many steps as a forecast.
    pub(super) fn check_steps(&self, steps: usize) -> Result<(), ObjectiveError> {
        if self.steps == steps { Ok(()) } else { Err(wrong_length(self.steps)) }
    }
}

fn wrong_length(steps: usize) -> ObjectiveError {
    let (name, range) = ("the length of a path", "that of the other paths and the forecast");
    ObjectiveError::OutOfRange { name, range, value: steps as f64 }
}

/// Draws load paths whose every step is distributed as the forecast says.
///
/// Normal scores follow `z_h = r z_(h-1) + sqrt(1 - r^2) e_h`, and each becomes the load at its probability (a Gaussian
/// copula with the correlation `r` between neighbours). No load is below 0.
///
/// # Errors
/// [`ObjectiveError::OutOfRange`] for a correlation that is not between -1 and 1, or no path or more than 100 000,
/// [`ObjectiveError::TooLarge`] for more than fifty million loads.
///
/// # Source
/// Pinson et al., *From probabilistic forecasts to statistical scenarios of short-term wind power production*, 2009.
pub fn sample_paths(forecast: &Forecast, settings: &PathSettings) -> Result<Paths, ObjectiveError> {
    let most = MOST_PATHS as f64;
    within("the number of paths", settings.paths as f64, (1.0, most), "from 1 to 100000")?;
    let r = settings.correlation;
    within("the correlation", r, (-1.0 + EDGE, 1.0 - EDGE), "above -1 and below 1")?;
    let steps = forecast.steps();
    let cases = settings.paths.saturating_mul(steps);
    if cases > MOST_LOADS {
        return Err(ObjectiveError::TooLarge { what: "sampling", most: MOST_LOADS, cases });
    }
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
    let mut normal = || normal_quantile(rng.random::<f64>().clamp(1e-12, 1.0 - 1e-12));
    let fresh = (1.0 - r * r).sqrt();
    let mut loads = Vec::with_capacity(cases);
    for _ in 0..settings.paths {
        let mut score = normal();
        for h in 0..steps {
            if h > 0 {
                score = r * score + fresh * normal();
            }
            let p = normal_probability(score).clamp(EDGE, 1.0 - EDGE);
            let p = Quantile::new(p).expect("it is between 0 and 1");
            loads.push(forecast.quantile(h, p).max(0.0));
        }
    }
    Ok(Paths { steps, loads })
}

/// The correlation of neighbouring steps, from residuals in order; gaps are NaN, and no pair goes over them.
///
/// Residuals are exchanged for the normal scores of their ranks first, so that a few large ones do not decide. It is 0
/// for fewer than ten pairs or residuals that are all alike, and at most 0.999 either way.
///
/// ```
/// use forescale_plan::objectives::correlation;
/// let slow: Vec<f64> = (0..400).map(|i| (f64::from(i) / 20.0).sin()).collect();
/// assert!(correlation(&slow) > 0.99);
/// assert_eq!(correlation(&[1.0, -1.0]), 0.0);
/// ```
pub fn correlation(residuals: &[f64]) -> f64 {
    let scores = scores(residuals);
    let pairs = || scores.windows(2).filter(|pair| pair.iter().all(|score| score.is_finite()));
    let sum = |of: &dyn Fn(&[f64]) -> f64| pairs().map(of).sum::<f64>();
    let (products, squares) = (sum(&|p| p[0] * p[1]), sum(&|p| 0.5 * (p[0] * p[0] + p[1] * p[1])));
    if pairs().count() < 10 || squares <= 0.0 {
        return 0.0;
    }
    (products / squares).clamp(-0.999, 0.999)
}

/// The normal scores of the ranks; equal residuals have the middle of theirs.
fn scores(residuals: &[f64]) -> Vec<f64> {
    let mut sorted: Vec<f64> = residuals.iter().copied().filter(|r| r.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let score = |residual: &f64| {
        if !residual.is_finite() {
            return f64::NAN;
        }
        let below = sorted.partition_point(|known| known < residual);
        let up_to = sorted.partition_point(|known| known <= residual);
        normal_quantile(0.5 * (below + up_to) as f64 / sorted.len() as f64)
    };
    residuals.iter().map(score).collect()
}
