//! The fleet that things happen to: every instance on its own, chance from a seed.
//!
//! Launch failures, lifecycle hooks, warm-up, a warm pool and health checks follow EC2 Auto Scaling (user guide:
//! lifecycle hooks, warm pools, default instance warm-up, health checks). What ends by itself is replaced at the start of
//! the next step, so that the number of instances stays what was asked for.

use forescale_plan::policies::Counts;

use crate::chance::{Chance, Fate};
use crate::fleet::{Bounds, Fleet};
use crate::pool::Pool;
use crate::run::Lost;
use crate::settings::{Health, Lifecycle, steps};
use crate::world::World;

/// One instance.
#[derive(Debug, Clone, Copy)]
struct Instance {
    launched: i64,
    /// When it serves, or is given up.
    ready: usize,
    /// Whether it is given up then.
    fails: bool,
    /// When it breaks.
    breaks: usize,
}

/// A fleet of single instances.
#[derive(Debug)]
pub(crate) struct DetailedFleet {
    bounds: Bounds,
    step_s: f64,
    startup: usize,
    drain: usize,
    min_billing_s: f64,
    warmup: usize,
    detect: usize,
    chance: Chance,
    pool: Pool,
    /// In the order of their launches.
    starting: Vec<Instance>,
    /// Oldest first.
    serving: Vec<Instance>,
    /// When the drains end.
    draining: Vec<usize>,
    now: usize,
    lost: Vec<Lost>,
    owed_s: f64,
}

impl DetailedFleet {
    /// The fleet of `world`, with `lifecycle`.
    pub(crate) fn new(world: &World, lifecycle: &Lifecycle) -> Self {
        let step = world.trace.step();
        let detect_s = lifecycle.health.map_or(0.0, |Health { detect_s, .. }| detect_s);
        let mut chance = Chance::new(lifecycle, step);
        let initial = (0..world.initial()).map(|_| Instance {
            launched: i64::MIN / 4,
            ready: 0,
            fails: false,
            breaks: chance.lifetime(),
        });
        Self {
            serving: initial.collect(),
            bounds: Bounds::of(world),
            step_s: step.seconds() as f64,
            startup: world.service.startup_steps,
            drain: steps(world.fleet.drain_s, step),
            min_billing_s: world.fleet.min_billing_s,
            warmup: steps(lifecycle.warmup_s, step),
            detect: steps(detect_s, step),
            chance,
            pool: Pool::new(lifecycle.warm_pool, world.service.startup_steps, step),
            starting: Vec::new(),
            draining: Vec::new(),
            now: 0,
            lost: Vec::new(),
            owed_s: 0.0,
        }
    }

    fn launch(&mut self, k: usize, count: u32) {
        for _ in 0..count {
            let boot = self.pool.take().unwrap_or(self.startup);
            let Fate { delay, fails, lifetime } = self.chance.fate();
            let ready = k + boot + delay;
            let breaks = ready.saturating_add(lifetime);
            let instance = Instance { launched: k as i64, ready, fails, breaks };
            if ready == k && !fails {
                self.serving.push(instance);
            } else {
                self.starting.push(instance);
            }
        }
    }

    /// Cancels the newest starting instances, then broken ones, then the oldest serving ones.
    fn remove(&mut self, k: usize, count: u32) {
        for _ in 0..count {
            if let Some(newest) = self.starting.pop() {
                self.owe(newest, k);
                continue;
            }
            let first = self.serving.iter().position(|instance| instance.breaks <= k).unwrap_or(0);
            if first < self.serving.len() {
                let instance = self.serving.remove(first);
                self.retire(instance, k);
            }
        }
    }

    fn retire(&mut self, instance: Instance, k: usize) {
        if instance.breaks > k && self.pool.put_back() {
            self.owe(instance, k);
            return;
        }
        self.owe(instance, k + self.drain);
        if self.drain > 0 {
            self.draining.push(k + self.drain);
        }
    }

    fn owe(&mut self, instance: Instance, end: usize) {
        let lived = (end as i64 - instance.launched) as f64 * self.step_s;
        self.owed_s += (self.min_billing_s - lived).max(0.0);
    }

    /// Takes out what was given up or found broken.
    fn give_up(&mut self, k: usize) -> Lost {
        let (starting, serving) = (self.starting.len(), self.serving.len());
        let mut ended = Vec::new();
        self.starting.retain(|instance| {
            let given_up = instance.fails && instance.ready <= k;
            ended.extend(given_up.then_some(*instance));
            !given_up
        });
        let detect = self.detect;
        self.serving.retain(|instance| {
            let found = instance.breaks.saturating_add(detect) <= k;
            ended.extend(found.then_some(*instance));
            !found
        });
        for instance in ended {
            self.owe(instance, k);
        }
        let failed = (starting - self.starting.len()) as u32;
        let broken = (serving - self.serving.len()) as u32;
        Lost { step: k, failed, broken, taken: 0 }
    }

    /// Launches as many as were lost.
    fn launch_again(&mut self, lost: Lost) {
        let count = lost.failed + lost.broken + lost.taken;
        if count > 0 {
            self.lost.push(lost);
            self.launch(lost.step, count);
        }
    }
}

impl Fleet for DetailedFleet {
    fn advance(&mut self, k: usize) {
        self.now = k;
        self.draining.retain(|end| *end > k);
        self.pool.advance(k);
        let lost = self.give_up(k);
        let serving = &mut self.serving;
        self.starting.retain(|instance| {
            let ready = instance.ready <= k;
            serving.extend(ready.then_some(*instance));
            !ready
        });
        self.launch_again(lost);
    }

    fn apply(&mut self, k: usize, wanted: u32) -> i64 {
        let total = (self.serving.len() + self.starting.len()) as u32;
        let target = self.bounds.reach(total, wanted);
        if target > total {
            self.launch(k, target - total);
        } else {
            self.remove(k, total - target);
        }
        self.pool.fill(k);
        i64::from(target) - i64::from(total)
    }

    fn replace(&mut self, k: usize, count: u32) {
        let taken = self.serving.len().min(count as usize);
        self.serving.drain(..taken);
        self.launch_again(Lost { step: k, failed: 0, broken: 0, taken: taken as u32 });
    }

    fn steady_until(&self, k: usize) -> usize {
        k + 1
    }

    fn counts(&self) -> Counts {
        let now = self.now;
        let broken = self.serving.iter().filter(|instance| instance.breaks <= now).count();
        let warming = |i: &&Instance| i.launched >= 0 && i.ready + self.warmup > now;
        let warming = self.serving.iter().filter(warming).count();
        Counts {
            serving: self.serving.len() as u32,
            starting: self.starting.len() as u32,
            warming: warming as u32,
            broken: broken as u32,
        }
    }

    fn lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.lost)
    }

    fn billed(&self) -> f64 {
        let running = self.serving.len() + self.starting.len() + self.draining.len();
        running as f64 + self.pool.billed()
    }

    fn owed_s(&self) -> f64 {
        self.owed_s
    }
}
