//! What becomes of an instance, drawn from a seed in the order of launches.

use forescale_core::Frequency;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::settings::{Hook, Lifecycle, OnTimeout, steps};

/// What becomes of a launched instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Steps after its start-up until it serves or is given up.
    pub(crate) delay: usize,
    /// Whether it is given up.
    pub(crate) fails: bool,
    /// Steps that it serves until it breaks.
    pub(crate) lifetime: usize,
}

/// Draws fates.
#[derive(Debug)]
pub(crate) struct Chance {
    rng: ChaCha8Rng,
    launch_failures: f64,
    hook: Option<Hook>,
    failures_per_step: f64,
    step: Frequency,
}

impl Chance {
    pub(crate) fn new(lifecycle: &Lifecycle, step: Frequency) -> Self {
        let failures_per_hour = lifecycle.health.map_or(0.0, |health| health.failures_per_hour);
        Self {
            rng: ChaCha8Rng::seed_from_u64(lifecycle.seed),
            launch_failures: lifecycle.launch_failures,
            hook: lifecycle.hook,
            failures_per_step: failures_per_hour * step.seconds() as f64 / 3_600.0,
            step,
        }
    }

    /// The fate of the next launch. It always takes three draws, so that one setting does not shift another's chance.
    pub(crate) fn fate(&mut self) -> Fate {
        let (launch, answer) = (self.rng.random::<f64>(), self.rng.random::<f64>());
        let lifetime = self.lifetime();
        if launch < self.launch_failures {
            return Fate { delay: 0, fails: true, lifetime };
        }
        let (delay, fails) = self.hook.map_or((0, false), |hook| self.hooked(hook, answer));
        Fate { delay, fails, lifetime }
    }

    /// Steps until a serving instance breaks: exponential, at least one.
    pub(crate) fn lifetime(&mut self) -> usize {
        let draw: f64 = self.rng.random();
        if self.failures_per_step == 0.0 {
            return usize::MAX;
        }
        (-(1.0 - draw).ln() / self.failures_per_step).ceil().max(1.0) as usize
    }

    fn hooked(&self, hook: Hook, answer: f64) -> (usize, bool) {
        if answer >= hook.unanswered && hook.takes_s <= hook.heartbeat_s {
            (steps(hook.takes_s, self.step), false)
        } else {
            (steps(hook.heartbeat_s, self.step), hook.on_timeout == OnTimeout::Abandon)
        }
    }
}
