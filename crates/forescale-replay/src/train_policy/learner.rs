//! Double Q-learning from remembered steps.
//!
//! # Source
//! Mnih et al., *Human-level control through deep reinforcement learning*, 2015; van Hasselt et al., *Deep reinforcement
//! learning with double Q-learning*, 2016. A step is followed by several rewards before what comes is estimated (Hessel
//! et al., *Rainbow*, 2018), because an instance that is launched serves minutes later.

use forescale_core::Foresight;
use forescale_plan::policies::dqn::{ACTIONS, INPUTS, Layer, Net, Watch};
use forescale_plan::policies::{
    Cause, Decision, Observation, Past, Policy, PolicyError, Settings, Strategy,
};

use crate::error::ReplayError;
use crate::run::Run;
use crate::simulate::simulate;
use crate::train_policy::gradient::{Adam, Lesson, Trainee, zeros};
use crate::train_policy::histories::Dice;
use crate::world::World;

/// What a reward a step later is worth.
const DISCOUNT: f32 = 0.95;

/// Rewards that follow a step before the rest is estimated.
const AHEAD: usize = 8;

/// Steps that are remembered.
const REMEMBERED: usize = 200_000;

/// Lessons of a gradient step, gradient steps after an episode, and after how many the target is renewed.
const BATCH: usize = 64;
pub(crate) const STEPS: usize = 400;
const RENEWED: usize = 500;

/// Rewards are scaled to keep what actions are worth within a few units.
const SCALE: f32 = 0.1;

/// More than this many times the instances needed is as bad as this.
const MOST_WASTE: f32 = 4.0;

/// A remembered step.
#[derive(Debug, Clone)]
struct Memory {
    inputs: [f32; INPUTS.len()],
    action: u8,
    /// The rewards that follow, later ones worth less.
    reward: f32,
    /// What was seen after them.
    then: [f32; INPUTS.len()],
}

/// A net that learns, with what it remembers.
#[derive(Debug)]
pub(crate) struct Learner {
    trainee: Trainee,
    target: Net,
    adam: Adam,
    gradient: Vec<Layer>,
    memory: Vec<Memory>,
    /// Where the next memory goes once there are as many as are kept.
    next: usize,
    steps: usize,
    violation_price: f32,
}

impl Learner {
    pub(crate) fn new(violation_price: f64, dice: &mut Dice) -> Self {
        let trainee = Trainee::new(dice);
        Self {
            target: trainee.net(),
            adam: Adam::new(&trainee.layers),
            gradient: zeros(&trainee.layers),
            trainee,
            memory: Vec::new(),
            next: 0,
            steps: 0,
            violation_price: violation_price as f32,
        }
    }

    /// The net as it is now.
    pub(crate) fn net(&self) -> Net {
        self.trainee.net()
    }

    /// Takes the net through `world`, where it does something else with the probability `curious`, and remembers.
    pub(crate) fn live(
        &mut self,
        world: &World,
        curious: f64,
        dice: &mut Dice,
    ) -> Result<(), ReplayError> {
        let mut explorer = Explorer::new(self.net(), curious, dice);
        let run = simulate(world, &mut explorer, &Foresight::default())?;
        let taken = explorer.taken;
        let rewards = rewards(world, &run, self.violation_price);
        for k in 0..taken.len().saturating_sub(AHEAD) {
            if let (Some(now), Some(then)) = (&taken[k], &taken[k + AHEAD]) {
                let following = rewards[k..k + AHEAD].iter().rev();
                let reward = following.fold(0.0, |later, reward| reward + DISCOUNT * later);
                let (inputs, action) = (now.inputs, now.action);
                self.remember(Memory { inputs, action, reward, then: then.inputs });
            }
        }
        Ok(())
    }

    fn remember(&mut self, memory: Memory) {
        if self.memory.len() < REMEMBERED {
            self.memory.push(memory);
        } else {
            self.memory[self.next] = memory;
            self.next = (self.next + 1) % REMEMBERED;
        }
    }

    /// Learns from what it remembers, in so many steps of `rate`.
    pub(crate) fn learn(&mut self, steps: usize, rate: f32, dice: &mut Dice) {
        let beyond = (0..AHEAD).fold(1.0, |product, _| product * DISCOUNT);
        for _ in 0..steps {
            if self.memory.is_empty() {
                return;
            }
            let online = Net::new(self.trainee.layers.clone()).expect("sizes stay");
            for _ in 0..BATCH {
                let memory = &self.memory[dice.below(self.memory.len())];
                // One net chooses and the other values, so that luck in both is needed to overrate an action.
                let best = online.best(&memory.then);
                let worth = memory.reward + beyond * self.target.values(&memory.then)[best];
                let action = usize::from(memory.action);
                let lesson = Lesson { inputs: &memory.inputs, action, worth };
                self.trainee.add_slope(&lesson, &mut self.gradient);
            }
            self.adam.step(&mut self.trainee, &mut self.gradient, rate);
            self.steps += 1;
            if self.steps.is_multiple_of(RENEWED) {
                self.target = online;
            }
        }
    }
}

/// What each step is worth: less for every instance beyond need, much less when too few serve.
fn rewards(world: &World, run: &Run, violation_price: f32) -> Vec<f32> {
    let reward = |k: usize| {
        let (needed, serving) = (world.demand()[k].max(1) as f32, run.serving[k] as f32);
        let waste = (run.billed[k] as f32 / needed - 1.0).min(MOST_WASTE);
        let short = ((needed - serving) / needed).max(0.0);
        let violated = if short > 0.0 { 1.0 + short } else { 0.0 };
        SCALE * -(waste + violation_price * violated)
    };
    (0..run.serving.len()).map(reward).collect()
}

/// The policy of the net, which now and then does something else, and writes down what it did.
#[derive(Debug)]
struct Explorer {
    net: Net,
    curious: f64,
    dice: Dice,
    watch: Watch,
    taken: Vec<Option<Taken>>,
}

/// What was done in a state.
#[derive(Debug)]
struct Taken {
    inputs: [f32; INPUTS.len()],
    action: u8,
}

impl Explorer {
    fn new(net: Net, curious: f64, dice: &mut Dice) -> Self {
        let dice = dice.split();
        Self { net, curious, dice, watch: Watch::default(), taken: Vec::new() }
    }
}

impl Policy for Explorer {
    fn name(&self) -> &'static str {
        "dqn"
    }

    fn strategy(&self) -> Strategy {
        Strategy::Proactive
    }

    fn settings(&self) -> Settings {
        Settings::new()
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let Some(state) = self.watch.look(seen) else {
            self.taken.push(None);
            return Decision::new(seen.total(), Cause::NoData);
        };
        let is_curious = self.dice.unit() < self.curious;
        let other = self.dice.below(ACTIONS.len());
        let action = if is_curious { other } else { self.net.best(&state.inputs) };
        self.taken.push(Some(Taken { inputs: state.inputs, action: action as u8 }));
        state.decision(ACTIONS[action], 0.0, seen)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forescale_core::{Frequency, LoadSeries, Utilization};
    use forescale_plan::Capacity;

    use super::*;
    use crate::settings::FleetSettings;
    use crate::trace::Trace;
    use crate::train_policy::curve::measured;

    /// A load of 200 that doubles in every second hour; an instance carries 8 and starts in a minute.
    fn simple() -> World {
        let loads = (0..600).map(|k| if k / 60 % 2 == 0 { 200.0 } else { 400.0 }).collect();
        let minute = Frequency::from_seconds(60).unwrap();
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series = LoadSeries::new(start, minute, loads).unwrap();
        let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
        let fleet = FleetSettings { startup_s: 60.0, ..FleetSettings::default() };
        World::new(Trace::new(&series, minute).unwrap(), capacity, fleet, Arc::default(), 0)
            .unwrap()
    }

    #[test]
    fn a_few_episodes_are_better_than_none() {
        let world = simple();
        let mut dice = Dice::new(1);
        let mut learner = Learner::new(10.0, &mut dice);
        let price = |learner: &Learner| {
            measured(&learner.net(), std::slice::from_ref(&world), 0).unwrap().price(10.0)
        };
        let before = price(&learner);
        for _ in 0..5 {
            learner.live(&world, 0.5, &mut dice).unwrap();
            learner.learn(150, 2e-3, &mut dice);
        }
        let after = price(&learner);
        assert!(2.0 * after < before, "{before} {after}");
    }

    #[test]
    fn waste_and_shortage_are_what_a_reward_takes_off() {
        let world = simple().part(0..4).unwrap();
        let run = Run {
            serving: vec![25, 25, 20, 50],
            billed: vec![25.0, 30.0, 25.0, 1e6],
            ..Run::default()
        };
        let got = rewards(&world, &run, 10.0);
        for (expected, got) in [0.0, -0.02, -1.2, -0.4].iter().zip(got) {
            assert!((expected - got).abs() < 1e-6, "{expected} {got}");
        }
    }
}
