//! One plan over many load paths, sampled from the forecast with their correlation in time.

mod budgeted;
mod paths;

use std::fmt::{Display, Formatter};

use chrono::{DateTime, Utc};
use forescale_core::{Forecast, Replicas};

use super::error::{ObjectiveError, share};
use super::stage::{Stage, most_needed};
use crate::capacity::Capacity;
use crate::fleet::FleetState;
use crate::limits::Limits;
use crate::reason::counted;
use crate::timeline::Timeline;

use budgeted::Question;
pub use paths::{MOST_PATHS, PathSettings, Paths, correlation, sample_paths};

/// Instances that serve at a step, and on how many paths they are too few.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScenarioStep {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Instances that serve.
    pub serving: Replicas,
    /// Share of the paths on which they are too few.
    pub short: f64,
    /// Why.
    pub reason: ScenarioReason,
}

/// Why a count is right for many paths. It renders to one plain sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScenarioReason {
    serving: u32,
    paths: usize,
    short: usize,
    /// On how many paths one instance fewer would be too few.
    short_with_fewer: usize,
    /// Instances that the path in the middle needs.
    middle: u32,
}

impl Display for ScenarioReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let Self { serving, paths, short, short_with_fewer, middle } = *self;
        write!(f, "{} suffice on {} of {paths} load paths", counted(serving), paths - short)?;
        match serving.checked_sub(1) {
            Some(fewer) if short_with_fewer > short => {
                write!(f, ", {fewer} on {}", paths - short_with_fewer)?;
            }
            Some(_) => {
                f.write_str(", and stay for the minimum, a limit or a need that comes soon")?
            }
            None => {}
        }
        write!(f, "; the middle path needs {middle}")
    }
}

/// One plan for all paths.
#[derive(Debug, Clone, PartialEq)]
pub struct ScenarioPlan {
    /// Every step from now to the end of the forecast.
    pub steps: Vec<ScenarioStep>,
    /// Instance-minutes that serve and start.
    pub instance_minutes: f64,
    /// Share of the pairs of path and step with too few instances.
    pub short: f64,
    /// The same of what nothing that is decided now can change: before a launch can serve, or beyond the maximum.
    pub unavoidable: f64,
    /// Share of the paths without any step with too few.
    pub paths_never_short: f64,
    /// Share of the steps with too few on the path with the most of them.
    pub worst_path: f64,
    /// Whether what can be avoided is within the budget; limits on changes may stand against it.
    pub within_budget: bool,
    /// Whether no plan within the budget costs less. Beyond a size the plan is the best that a price on every pair with
    /// too few finds.
    pub exact: bool,
}

/// The cheapest plan with which too few instances serve at no more than `budget` of all pairs of path and step.
///
/// It minimises the instance-minutes that serve and start, from what serves and starts now and within the limits on
/// counts and changes (sample average approximation). Pairs that nothing can change any more are not counted against
/// the budget. Exact by a dynamic programme over the count and the pairs used up while steps times counts times pairs
/// allowed are at most eight million; beyond that a price on each pair is searched for with which the budget is kept.
///
/// The correlation of the paths does not move the budget, which counts pairs; it shows in `paths_never_short` and
/// `worst_path`: loads that are correlated are short on fewer paths, and for longer.
///
/// # Errors
/// [`ObjectiveError::Plan`] for limits or a moment out of range, [`ObjectiveError::OutOfRange`] for a budget outside
/// [0, 1) or paths that do not cover the forecast, [`ObjectiveError::TooLarge`] for too many counts.
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
/// use forescale_plan::objectives::{PathSettings, plan_over_paths, sample_paths};
/// use forescale_plan::{Capacity, FleetState, Limits};
///
/// let now = "2026-01-05T10:00:00Z".parse()?;
/// let (step, quantiles) = (Frequency::from_seconds(300)?, Quantiles::new([0.1, 0.9])?);
/// let forecast = Forecast::new(now, step, quantiles, vec![30.0, 40.0, 60.0, 60.0, 80.0, 120.0])?;
/// let paths = sample_paths(&forecast, &PathSettings { paths: 200, seed: 1, correlation: 0.8 })?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let fleet = FleetState::new(now, Replicas(9), TimeDelta::minutes(5));
/// let plan = plan_over_paths(&paths, &forecast, &fleet, &capacity, &Limits::default(), 0.02)?;
/// assert!(plan.exact && plan.short - plan.unavoidable <= 0.02);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// Luedtke & Ahmed, *A sample approximation approach for optimization with probabilistic constraints*, 2008; compared
/// with all curves in `tests/it/scenarios.rs`.
pub fn plan_over_paths(
    paths: &Paths,
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    limits: &Limits,
    budget: f64,
) -> Result<ScenarioPlan, ObjectiveError> {
    share("the budget", budget)?;
    paths.check_steps(forecast.steps())?;
    let timeline = Timeline::new(forecast, fleet)?;
    let steps = || (0..timeline.len()).map(|i| timeline.in_forecast(i));
    let useful = most_needed(capacity, steps().flat_map(|h| paths.at_step(h)))?;
    let stage = Stage::new(&timeline, fleet, limits, useful)?;
    let needs = steps().map(|h| needs(paths, h, capacity)).collect::<Result<Vec<_>, _>>()?;
    let short: Vec<Vec<usize>> = needs.iter().map(|needs| short(needs, stage.most)).collect();
    let pairs = paths.len() * timeline.len();
    // The tolerance lets a budget of exactly some pairs count as that many.
    let allowed = (budget * pairs as f64 + 1e-9).floor() as usize;
    let best = Question { stage: &stage, short: &short, allowed }.cheapest();
    let step = |(i, n): (usize, &u32)| described(i, *n, &needs[i], &short[i], &timeline);
    let unavoidable: usize = (0..timeline.len()).map(|i| short[i][stage.ceiling(i) as usize]).sum();
    let missed = |needs: &[Vec<u32>], path: usize| {
        needs.iter().zip(&best.serving).filter(|(needs, n)| needs[path] > **n).count()
    };
    let missed: Vec<usize> = (0..paths.len()).map(|path| missed(&needs, path)).collect();
    let never = missed.iter().filter(|missed| **missed == 0).count();
    Ok(ScenarioPlan {
        steps: best.serving.iter().enumerate().map(step).collect(),
        instance_minutes: best.cost * timeline.step_minutes(),
        short: missed.iter().sum::<usize>() as f64 / pairs as f64,
        unavoidable: unavoidable as f64 / pairs as f64,
        paths_never_short: never as f64 / paths.len() as f64,
        worst_path: missed.iter().max().map_or(0.0, |most| *most as f64 / timeline.len() as f64),
        within_budget: best.used <= allowed,
        exact: best.exact,
    })
}

fn described(
    i: usize,
    n: u32,
    needs: &[u32],
    short: &[usize],
    timeline: &Timeline,
) -> ScenarioStep {
    let mut sorted = needs.to_vec();
    sorted.sort_unstable();
    let reason = ScenarioReason {
        serving: n,
        paths: needs.len(),
        short: short[n as usize],
        short_with_fewer: n.checked_sub(1).map_or(needs.len(), |fewer| short[fewer as usize]),
        middle: sorted[sorted.len() / 2],
    };
    let share = short[n as usize] as f64 / needs.len() as f64;
    ScenarioStep { at: timeline.begins(i), serving: Replicas(n), short: share, reason }
}

/// Instances that every path needs at step `h` of the forecast.
fn needs(paths: &Paths, h: usize, capacity: &Capacity) -> Result<Vec<u32>, ObjectiveError> {
    paths.at_step(h).map(|load| Ok(capacity.needed(load)?.0)).collect()
}

/// On how many paths each count up to `most` is too few.
fn short(needs: &[u32], most: u32) -> Vec<usize> {
    let mut exactly = vec![0; most as usize + 1];
    let mut beyond = 0;
    for need in needs {
        match exactly.get_mut(*need as usize) {
            Some(count) => *count += 1,
            None => beyond += 1,
        }
    }
    let mut short = vec![0; exactly.len()];
    for (short, count) in short.iter_mut().zip(&exactly).rev() {
        *short = beyond;
        beyond += count;
    }
    short
}
