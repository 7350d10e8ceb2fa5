//! What a fleet did under a policy, step by step.

use forescale_plan::policies::Cause;

use crate::fleet::Fleet;

/// A change of the number of instances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Action {
    /// At the start of which step.
    pub step: usize,
    /// Instances added, or removed when below 0.
    pub change: i64,
    /// Instances the policy wanted, before the limits of the fleet.
    pub wanted: u32,
    /// Why.
    pub cause: Cause,
}

/// Load that a policy moved in time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Moved {
    /// What is served at every step.
    pub loads: Vec<f64>,
    /// Instances that it needs.
    pub demand: Vec<u32>,
}

/// Instances that ended by themselves at the start of a step. As many are launched in their place at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// Which step.
    pub step: usize,
    /// Launches that never served.
    pub failed: u32,
    /// Instances that broke while they served.
    pub broken: u32,
    /// Instances that were taken away while they served.
    pub taken: u32,
}

/// A replayed fleet.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// Instances that ran before step 0.
    pub initial: u32,
    /// Instances that served, step by step.
    pub serving: Vec<u32>,
    /// Instances billed, step by step: serving, starting, draining, and the share of a warm pool.
    pub billed: Vec<f64>,
    /// Every change, in order.
    pub actions: Vec<Action>,
    /// What ended by itself and was launched again, in order.
    pub lost: Vec<Lost>,
    /// The load that was served and the instances it needs, step by step, where the policy moved load in time.
    pub moved: Option<Moved>,
    /// Instance-seconds owed on top because instances ended before their minimum billing.
    pub owed_s: f64,
}

impl Run {
    /// A run of `steps` steps that has not begun, with so many instances before it.
    pub(crate) fn starting_with(initial: u32, steps: usize) -> Self {
        Self {
            initial,
            serving: Vec::with_capacity(steps),
            billed: Vec::with_capacity(steps),
            // Few policies act more often. Room that is not used costs nothing, and a list that grows is copied.
            actions: Vec::with_capacity(steps / 4),
            ..Self::default()
        }
    }

    /// Takes down that `fleet` was as it is now in every step before `until` that is not recorded yet.
    pub(crate) fn record(&mut self, until: usize, fleet: &impl Fleet) {
        self.serving.resize(until, fleet.counts().healthy());
        self.billed.resize(until, fleet.billed());
    }

    /// Instances asked for at every step, serving and starting together: a plan of kind target, which makes the same run
    /// unless [`Self::beyond_a_plan`] says what it lacks.
    pub fn targets(&self) -> Vec<u32> {
        let mut actions = self.actions.iter().peekable();
        let mut total = i64::from(self.initial);
        let target = |step: usize| {
            while let Some(action) = actions.next_if(|action| action.step <= step) {
                total += action.change;
            }
            total as u32
        };
        (0..self.serving.len()).map(target).collect()
    }

    /// What the policy did that no plan of instances does, in a sentence; none where [`Self::targets`] as a plan makes the
    /// same run.
    pub fn beyond_a_plan(&self) -> Option<&'static str> {
        if self.moved.is_some() {
            Some("load was moved in time, and a plan serves it when it arrives")
        } else if self.lost.iter().any(|lost| lost.taken > 0) {
            Some("instances were taken away, and a plan loses none")
        } else {
            None
        }
    }
}
