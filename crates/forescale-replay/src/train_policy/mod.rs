//! Trains the net of the policy `dqn` in the replay.

mod curve;
mod gradient;
mod histories;
mod learner;

use forescale_plan::policies::dqn::Net;
use serde::Serialize;

use crate::error::ReplayError;
use crate::train_policy::curve::measured;
use crate::train_policy::histories::{Dice, generated};
use crate::train_policy::learner::Learner;
use crate::world::World;

pub use curve::CurvePoint;

/// Days of a generated history that is learned from, and of one that is held out; the first of them is not scored.
const DAYS: usize = 3;
const HELD_OUT_DAYS: usize = 4;

/// Steps of a given history that one episode takes, and the fewest that can be learned from.
const EPISODE: usize = 4_320;
const LEAST: usize = 100;

/// Times that the curve is measured.
const MEASURED: usize = 25;

/// Where the seeds begin of histories that are learned from and how many there are, of those that the net is chosen by,
/// and of those that nothing is chosen by.
const LEARNED_FROM: u64 = 1_000_000;
const SEEDS: u64 = 900_000;
const CHOSEN_BY: u64 = 2_000_000;
const FINAL: u64 = 3_000_000;

/// Histories that the net is chosen by, and histories that nothing is chosen by.
const CHOOSING: u64 = 32;
const FINALS: u64 = 48;

/// How a net is trained.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PolicyTraining {
    /// Where all chance comes from.
    pub seed: u64,
    /// Histories, or parts of one, that it lives through.
    pub episodes: usize,
    /// What a step with too few instances costs, in instance-steps for each instance that is needed.
    pub violation_price: f64,
}

impl Default for PolicyTraining {
    /// What the shipped net was trained with.
    fn default() -> Self {
        Self { seed: 1, episodes: 500, violation_price: 30.0 }
    }
}

/// A trained net and how it came about.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainedPolicy {
    /// The net at the cheapest point of the curve, violations counted in.
    pub net: Net,
    /// The episode after which it was taken.
    pub episode: usize,
    /// The learning curve, from before the first episode to after the last.
    pub curve: Vec<CurvePoint>,
}

/// Trains a net for [`Dqn`](forescale_plan::policies::dqn::Dqn) and says how it went.
///
/// It learns from the steps of `worlds` before the scored ones, and the curve is measured on the scored ones. Without a
/// world it learns from generated histories of services of many kinds and sizes, and the curve is measured on others.
/// `progress` is called for each point of the curve as soon as it is there. The same worlds and options give the same
/// bytes.
///
/// # Errors
/// [`ReplayError::NothingToLearn`] when a world has fewer than 100 steps before the scored ones;
/// [`ReplayError::Rate`] when the price is no number from 0 on.
///
/// ```
/// use forescale_replay::{PolicyTraining, train_policy};
/// let options = PolicyTraining { episodes: 1, ..PolicyTraining::default() };
/// let trained = train_policy(&[], &options, |point| println!("{}", point.episode))?;
/// assert_eq!(trained.curve.len(), 2);
/// assert!(trained.net.to_json().contains("largest-rise"));
/// # Ok::<(), forescale_replay::ReplayError>(())
/// ```
pub fn train_policy(
    worlds: &[World],
    options: &PolicyTraining,
    mut progress: impl FnMut(&CurvePoint),
) -> Result<TrainedPolicy, ReplayError> {
    let PolicyTraining { seed, episodes, violation_price } = *options;
    check(worlds, violation_price)?;
    let held_out = if worlds.is_empty() { histories(CHOSEN_BY, CHOOSING) } else { worlds.to_vec() };
    let mut dice = Dice::new(seed);
    let mut learner = Learner::new(violation_price, &mut dice);
    let mut chosen = Chosen { price: f64::INFINITY, net: learner.net(), episode: 0 };
    let mut curve = Vec::new();
    let every = episodes.div_ceil(MEASURED).max(1);
    for episode in 0..=episodes {
        if episode % every == 0 || episode == episodes {
            let net = learner.net();
            let point = measured(&net, &held_out, episode)?;
            progress(&point);
            chosen.consider(point.price(violation_price), net, episode);
            curve.push(point);
        }
        if episode < episodes {
            let done = episode as f64 / episodes as f64;
            let world = lived(worlds, &mut dice)?;
            learner.live(&world, curiosity(done), &mut dice)?;
            learner.learn(learner::STEPS, rate(done), &mut dice);
        }
    }
    Ok(TrainedPolicy { net: chosen.net, episode: chosen.episode, curve })
}

/// Generated histories to compare policies on: neither the training nor the choice of a net sees them.
pub fn unseen_worlds() -> Vec<World> {
    histories(FINAL, FINALS)
}

fn check(worlds: &[World], violation_price: f64) -> Result<(), ReplayError> {
    if !(violation_price >= 0.0 && violation_price.is_finite()) {
        let name = "the price of a violation";
        return Err(ReplayError::Rate { name, value: violation_price });
    }
    match worlds.iter().find(|world| world.score_from() < LEAST) {
        Some(world) => Err(ReplayError::NothingToLearn { least: LEAST, got: world.score_from() }),
        None => Ok(()),
    }
}

/// The cheapest net until now.
struct Chosen {
    price: f64,
    net: Net,
    episode: usize,
}

impl Chosen {
    fn consider(&mut self, price: f64, net: Net, episode: usize) {
        if price < self.price {
            *self = Self { price, net, episode };
        }
    }
}

/// How often it tries something else: half of the time at first, and always a little.
fn curiosity(done: f64) -> f64 {
    (0.5 * (1.0 - 2.0 * done)).max(0.05)
}

fn rate(done: f64) -> f32 {
    (1e-3 * (1.0 - done) + 1e-5) as f32
}

/// What an episode lives through: a generated history, or a part of one of `worlds`.
fn lived(worlds: &[World], dice: &mut Dice) -> Result<World, ReplayError> {
    if worlds.is_empty() {
        return generated(LEARNED_FROM + dice.below(SEEDS as usize) as u64, DAYS);
    }
    let world = &worlds[dice.below(worlds.len())];
    let steps = world.score_from();
    let length = steps.min(EPISODE);
    let from = dice.below(steps - length + 1);
    world.part(from..from + length)
}

fn histories(first: u64, count: u64) -> Vec<World> {
    let history = |seed| generated(seed, HELD_OUT_DAYS).expect("generated loads are numbers");
    (first..first + count).map(history).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quick(seed: u64) -> PolicyTraining {
        PolicyTraining { seed, episodes: 2, ..PolicyTraining::default() }
    }

    /// Two days, of which the second one is held out.
    fn given() -> Vec<World> {
        vec![generated(7, 2).unwrap()]
    }

    #[test]
    fn the_same_seed_gives_the_same_bytes() {
        let train = |seed| train_policy(&given(), &quick(seed), |_| ()).unwrap();
        let (a, b) = (train(1), train(1));
        assert_eq!(a.net.to_json(), b.net.to_json());
        assert_eq!(a, b);
        assert_ne!(a.curve, train(2).curve);
    }

    #[test]
    fn the_curve_goes_from_the_start_to_the_end() {
        let mut seen = Vec::new();
        let trained = train_policy(&given(), &quick(3), |point| seen.push(*point)).unwrap();
        assert_eq!(seen, trained.curve);
        let episodes: Vec<usize> = seen.iter().map(|point| point.episode).collect();
        assert_eq!(episodes, [0, 1, 2]);
        assert!(episodes.contains(&trained.episode));
    }

    #[test]
    fn what_cannot_be_learned_from_is_refused() {
        let world = given().remove(0).part(0..50).unwrap();
        let error = train_policy(&[world], &quick(1), |_| ()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a history to learn from should have 100 steps before the scored ones, but has 0"
        );
        let options = PolicyTraining { violation_price: f64::NAN, ..quick(1) };
        assert!(train_policy(&[], &options, |_| ()).is_err());
    }

    #[test]
    fn what_is_held_out_is_neither_learned_from_nor_chosen_by() {
        const { assert!(LEARNED_FROM + SEEDS <= CHOSEN_BY && CHOSEN_BY + CHOOSING <= FINAL) };
        assert_eq!(unseen_worlds().len(), FINALS as usize);
    }
}
