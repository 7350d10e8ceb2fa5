//! How likely each step of the horizon has too few instances: by the outlook, or by the newest load where there is none.

use forescale_core::Outlook;

use super::need::Need;
use super::programme::Risk;
use crate::policies::observation::Observation;

/// The odds that a price is set for, over the budget: whole instances, and those that are kept because launching them
/// again costs as much, leave fewer violations than the odds alone. That holds for a budget of [`ANCHOR`];
/// over 13 traces the mean under-provisioned time is 0.9 to 1.15 of budgets of 0.1 to 3 %.
const ODDS_OVER_BUDGET: f64 = 1.4;
const ANCHOR: f64 = 0.01;

/// The factor falls with this power of the budget: the rarer an event, the fewer like it were seen, and the more the odds
/// lack of the next one.
const RARITY: f64 = 0.1;

/// By a budget, an instance that lacks to what is needed half the time costs as much as so many: a large fleet is never
/// given up because its failing costs less than it does.
const MISSING: f64 = 2.0;

/// An expected error that gets exactly its budget, as a share of the usual load; the policy `forescale` has the same.
const USUAL_ERROR: f64 = 0.25;
const EXPONENT: f64 = 0.4;
const MOST_UNEVEN: f64 = 4.0;

/// Odds at which loads are asked for, as multiples of the odds that the price is set for.
const MULTIPLES: [f64; 9] = [16.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25, 0.125, 0.0625];

/// The place of the odds themselves among the multiples.
const USUAL: usize = 4;

/// Larger odds are taken for certainty.
const EVEN: f64 = 0.5;

/// What an instance costs, and what a step with too few of them does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Price {
    /// So many instance-steps.
    Steps(f64),
    /// Whatever keeps this share of the time.
    Budget(f64),
}

/// The load of a step that is exceeded with a probability.
pub(super) trait Tail {
    /// The load, and how far the middle of what is expected may be off, as a share of the usual load; none when nothing
    /// is known of a step so far ahead.
    fn exceeded(&self, h: usize, exceeded: f64) -> Option<f64>;

    /// See [`Outlook::expected_error`].
    fn expected_error(&self, h: usize) -> Option<f64>;
}

/// An outlook after so many steps.
pub(super) struct Foreseen<'a> {
    pub(super) outlook: &'a dyn Outlook,
    pub(super) known: usize,
}

impl Tail for Foreseen<'_> {
    fn exceeded(&self, h: usize, exceeded: f64) -> Option<f64> {
        self.outlook.quantile(self.known, h, exceeded).ok()
    }

    fn expected_error(&self, h: usize) -> Option<f64> {
        self.outlook.expected_error(self.known, h).ok()
    }
}

/// The newest load with a tail like that of its past changes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Persistence {
    /// The largest of the last loads.
    pub(super) load: f64,
    /// The mean change over a start-up, at least the share that is asked for.
    pub(super) change: f64,
}

impl Tail for Persistence {
    /// The tail of a Laplace distribution, in which the mean absolute change is its scale.
    fn exceeded(&self, _: usize, exceeded: f64) -> Option<f64> {
        Some(self.load + self.change * (0.5 / exceeded).max(1.0).ln())
    }

    fn expected_error(&self, _: usize) -> Option<f64> {
        Some(USUAL_ERROR)
    }
}

/// How far ahead a programme looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Steps in all, and how many of them lie within the start-up, the first after it included.
    pub(super) steps: usize,
    pub(super) startup: usize,
    /// Whether steps that are alike have to stay apart, as steps to climb in.
    pub(super) apart: bool,
}

/// The risks of every step within reach; empty when nothing is known. Steps beyond what is known are like the last one
/// that is, and without change limits all those are that nothing launched now is late for.
pub(super) fn risks(
    tail: &impl Tail,
    seen: &Observation<'_>,
    need: &Need,
    price: Price,
    reach: Reach,
) -> Vec<Risk> {
    let first = seen.step + 1 - seen.loads.len();
    let asked = if reach.apart { reach.steps } else { reach.startup };
    let known = (first..first + asked).map_while(|h| risk(tail, h, need, price));
    let mut risks: Vec<Risk> = known.collect();
    let Some(last) = risks.last().cloned() else {
        return risks;
    };
    risks.resize(asked, last);
    risks.last_mut().expect("there is one at least").steps += reach.steps - asked;
    risks
}

fn risk(tail: &impl Tail, h: usize, need: &Need, price: Price) -> Option<Risk> {
    let usual = match price {
        Price::Budget(budget) => exceeded(budget, tail.expected_error(h)?),
        Price::Steps(price) => (1.0 / price).clamp(1e-6, EVEN),
    };
    let mut odds = Vec::with_capacity(MULTIPLES.len() + 1);
    let mut loads = [0.0; MULTIPLES.len()];
    for (load, multiple) in loads.iter_mut().zip(MULTIPLES) {
        let share = (multiple * usual).min(EVEN);
        *load = tail.exceeded(h, share)?;
        add(&mut odds, need.of(*load), share);
    }
    // What exceeds the farthest load is too seldom to be counted.
    if let Some(last) = odds.last_mut() {
        last.1 = 0.0;
    }
    let (price, missing) = match price {
        Price::Steps(price) => (price, 0.0),
        Price::Budget(_) => {
            let scale = (loads[USUAL + 1] - loads[USUAL - 1]) / 4.0_f64.ln() / need.per_instance();
            (scale.max(1.0) / usual, MISSING)
        }
    };
    Some(Risk { odds, price, missing, steps: 1, load: loads[USUAL] })
}

/// Puts `count` behind the counts there are; at the same count the smaller odds hold.
fn add(odds: &mut Vec<(u32, f64)>, count: u32, share: f64) {
    match odds.last_mut() {
        Some((last, odds)) if *last >= count => *odds = share,
        _ => odds.push((count, share)),
    }
}

/// The odds that a budget stands for, in a step whose forecast is expected to be off by this share of the usual load.
fn exceeded(budget: f64, expected_error: f64) -> f64 {
    let usual = ODDS_OVER_BUDGET * budget * (budget / ANCHOR).powf(RARITY);
    let uneven = (expected_error / USUAL_ERROR).clamp(1.0 / MOST_UNEVEN, MOST_UNEVEN);
    (usual * uneven.powf(EXPONENT)).min(EVEN)
}
