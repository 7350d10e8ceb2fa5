//! The price of a violation against the price of instances, start-up included.

use std::fmt::{Display, Formatter};

use chrono::{DateTime, Utc};
use forescale_core::{Forecast, Quantile, Replicas};

use super::curve;
use super::error::ObjectiveError;
use super::stage::{Stage, carried, most_needed};
use crate::capacity::Capacity;
use crate::fleet::FleetState;
use crate::limits::Limits;
use crate::options::Objective;
use crate::reason::counted;
use crate::timeline::Timeline;

/// Instances that serve at a step, and what they are weighed against.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PricedStep {
    /// When the step begins.
    pub at: DateTime<Utc>,
    /// Instances that serve.
    pub serving: Replicas,
    /// Probability that they are too few.
    pub violation: f64,
    /// Why.
    pub reason: PriceReason,
}

/// Why a count is worth its price. It renders to one plain sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PriceReason {
    /// Instances that serve.
    pub serving: Replicas,
    /// Instances that one more would save in violations; it costs 1, and its launch.
    pub next_saves: f64,
    /// Instances that the last one saves in violations; none without an instance.
    pub last_saves: Option<f64>,
}

impl Display for PriceReason {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        let one_more = if self.next_saves > 1.0 {
            "which its launch or a limit outweighs"
        } else {
            "less than it costs"
        };
        let next = self.next_saves;
        write!(
            f,
            "{}: one more would save {next:.3} instances in violations, {one_more}",
            counted(self.serving.0)
        )?;
        match self.last_saves {
            Some(last) if last < 1.0 => write!(
                f,
                "; the last one saves {last:.3} and stays for the minimum or a need that comes sooner than a launch pays"
            ),
            Some(last) => write!(f, "; the last one saves {last:.3}"),
            None => Ok(()),
        }
    }
}

/// A curve of serving instances, and what it is expected to cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Priced {
    /// Every step from now to the end of the forecast.
    pub steps: Vec<PricedStep>,
    /// Instance-minutes that serve and start, and the price of the violations that are expected.
    pub expected_instance_minutes: f64,
}

/// The curve of serving instances that is expected to cost least, all steps at once.
///
/// It minimises `sum s_t + D * sum (s_t - s_(t-1))^+ + price * sum P(y_t > what s_t carry)` in instance-minutes, with
/// `D` the start-up time, billed; within the limits on counts and changes, from what serves and starts now. Exact, by
/// a dynamic programme over the count; cooldown and stabilization window play no part.
///
/// It takes the whole horizon as it is forecast now. A plan that is made anew every minute does better with
/// [`Objective::Price`], which weighs every step for itself: what is decided later knows more. Without a start-up time
/// both are the same.
///
/// # Errors
/// [`ObjectiveError::Plan`] for a price, limits or a moment out of range, [`ObjectiveError::TooLarge`] beyond twenty
/// million pairs of step and count.
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
/// use forescale_plan::objectives::cheapest_at_price;
/// use forescale_plan::{Capacity, FleetState, Limits};
///
/// // A peak of one minute: two instances more for it cost their start-up too.
/// let now = "2026-01-05T10:00:00Z".parse()?;
/// let (minute, median) = (Frequency::from_seconds(60)?, Quantiles::new([])?);
/// let forecast = Forecast::new(now, minute, median, vec![8.0, 8.0, 24.0, 8.0])?;
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let fleet = FleetState::new(now, Replicas(1), TimeDelta::minutes(2));
/// let serving = |price| {
///     let priced = cheapest_at_price(&forecast, &fleet, &capacity, &Limits::default(), price)?;
///     Ok::<_, forescale_plan::objectives::ObjectiveError>(priced.steps[2].serving)
/// };
/// assert_eq!(serving(5.0)?, Replicas(1));
/// assert_eq!(serving(7.0)?, Replicas(3));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Source
/// The newsvendor's critical ratio with a set-up cost; compared with all curves in `tests/it/price.rs`.
pub fn cheapest_at_price(
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    limits: &Limits,
    violated_minute: f64,
) -> Result<Priced, ObjectiveError> {
    Objective::Price { violated_minute }.quantile()?;
    let timeline = Timeline::new(forecast, fleet)?;
    let certain = Quantile::new(1.0 - 1e-6).expect("it is below 1");
    let steps = || (0..timeline.len()).map(|i| timeline.in_forecast(i));
    let useful = most_needed(capacity, steps().map(|h| forecast.quantile(h, certain)))?;
    let stage = Stage::new(&timeline, fleet, limits, useful)?;
    let carried = carried(capacity, stage.most.saturating_add(1));
    let violation = |i: usize, n: u32| {
        1.0 - forecast.probability_below(timeline.in_forecast(i), carried[n as usize])
    };
    let costs = stage.costs(|i, n| f64::from(n) + violated_minute * violation(i, n));
    let (serving, cost) = curve::cheapest(&costs, &stage.moves, stage.initial as usize)
        .expect("what there is can always be kept within the limits");
    let step = |(i, n): (usize, &u32)| {
        let saves = |from: u32| violated_minute * (violation(i, from) - violation(i, from + 1));
        let reason = PriceReason {
            serving: Replicas(*n),
            next_saves: saves(*n),
            last_saves: n.checked_sub(1).map(saves),
        };
        let (at, violation) = (timeline.begins(i), violation(i, *n));
        PricedStep { at, serving: Replicas(*n), violation, reason }
    };
    Ok(Priced {
        steps: serving.iter().enumerate().map(step).collect(),
        expected_instance_minutes: cost * timeline.step_minutes(),
    })
}
