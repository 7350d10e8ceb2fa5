//! The fleet that nothing happens to: start-up, drain, minimum billing and limits, by cohorts.
//!
//! A year of minutes goes through it in milliseconds, so that many settings can be compared.

use std::collections::VecDeque;

use forescale_plan::policies::Counts;

use crate::fleet::{Bounds, Fleet};
use crate::run::Lost;
use crate::settings::steps;
use crate::world::World;

/// Steps since the launch of instances that are older than the replay: their minimum billing is long over.
const LONG_AGO: i64 = i64::MIN / 4;

/// Instances that were launched together.
#[derive(Debug, Clone, Copy)]
struct Cohort {
    launched: i64,
    count: u32,
}

/// A fleet as cohorts by age.
#[derive(Debug)]
pub(crate) struct PlainFleet {
    bounds: Bounds,
    startup: usize,
    drain: usize,
    step_s: f64,
    min_billing_s: f64,
    /// Oldest first.
    starting: VecDeque<Cohort>,
    serving: VecDeque<Cohort>,
    /// When they end, and how many.
    draining: VecDeque<(usize, u32)>,
    /// The next step at which a start-up or a drain ends.
    next_end: usize,
    counts: Counts,
    lost: Vec<Lost>,
    billed: f64,
    owed_s: f64,
}

impl PlainFleet {
    /// The fleet of `world`.
    pub(crate) fn of(world: &World) -> Self {
        let step = world.trace.step();
        Self::new(
            Bounds::of(world),
            world.service.startup_steps,
            steps(world.fleet.drain_s, step),
            step.seconds() as f64,
            world.fleet.min_billing_s,
            world.initial(),
        )
    }

    /// A fleet of `initial` serving instances.
    pub(crate) fn new(
        bounds: Bounds,
        startup: usize,
        drain: usize,
        step_s: f64,
        min_billing_s: f64,
        initial: u32,
    ) -> Self {
        Self {
            bounds,
            startup,
            drain,
            step_s,
            min_billing_s,
            starting: VecDeque::new(),
            serving: VecDeque::from([Cohort { launched: LONG_AGO, count: initial }]),
            draining: VecDeque::new(),
            counts: Counts { serving: initial, ..Counts::default() },
            billed: f64::from(initial),
            next_end: usize::MAX,
            lost: Vec::new(),
            owed_s: 0.0,
        }
    }

    fn launch(&mut self, k: usize, count: u32) {
        let cohort = Cohort { launched: k as i64, count };
        self.billed += f64::from(count);
        if self.startup == 0 {
            self.serving.push_back(cohort);
            self.counts.serving += count;
        } else {
            self.starting.push_back(cohort);
            self.counts.starting += count;
            self.next_end = self.next_end.min(k + self.startup);
        }
    }

    /// Lets those serve whose start-up is over by step `k`, and forgets those whose drain is.
    fn end_what_is_over(&mut self, k: usize) {
        while let Some(oldest) = self.starting.front().copied()
            && oldest.launched + self.startup as i64 <= k as i64
        {
            self.starting.pop_front();
            self.serving.push_back(oldest);
            self.counts.starting -= oldest.count;
            self.counts.serving += oldest.count;
        }
        while let Some((end, count)) = self.draining.front().copied()
            && end <= k
        {
            self.draining.pop_front();
            self.billed -= f64::from(count);
        }
        let ready =
            self.starting.front().map(|next| (next.launched + self.startup as i64) as usize);
        let drained = self.draining.front().map(|(end, _)| *end);
        self.next_end = ready.into_iter().chain(drained).min().unwrap_or(usize::MAX);
    }

    /// Cancels the newest starting instances, then the oldest serving ones.
    fn remove(&mut self, k: usize, count: u32) {
        let mut left = count;
        while left > 0
            && let Some(mut newest) = self.starting.pop_back()
        {
            let taken = left.min(newest.count);
            self.owe(newest.launched, k, taken);
            self.counts.starting -= taken;
            self.billed -= f64::from(taken);
            left -= taken;
            newest.count -= taken;
            if newest.count > 0 {
                self.starting.push_back(newest);
            }
        }
        while left > 0
            && let Some(mut oldest) = self.serving.pop_front()
        {
            let taken = left.min(oldest.count);
            self.owe(oldest.launched, k + self.drain, taken);
            self.drain(k, taken);
            self.counts.serving -= taken;
            left -= taken;
            oldest.count -= taken;
            if oldest.count > 0 {
                self.serving.push_front(oldest);
            }
        }
    }

    fn drain(&mut self, k: usize, count: u32) {
        if self.drain > 0 {
            self.draining.push_back((k + self.drain, count));
            self.next_end = self.next_end.min(k + self.drain);
        } else {
            self.billed -= f64::from(count);
        }
    }

    fn owe(&mut self, launched: i64, end: usize, count: u32) {
        let lived = (end as i64 - launched) as f64 * self.step_s;
        self.owed_s += (self.min_billing_s - lived).max(0.0) * f64::from(count);
    }
}

impl Fleet for PlainFleet {
    fn advance(&mut self, k: usize) {
        if k >= self.next_end {
            self.end_what_is_over(k);
        }
    }

    fn apply(&mut self, k: usize, wanted: u32) -> i64 {
        let total = self.counts.serving + self.counts.starting;
        let target = self.bounds.reach(total, wanted);
        if target > total {
            self.launch(k, target - total);
        } else if target < total {
            self.remove(k, total - target);
        }
        i64::from(target) - i64::from(total)
    }

    fn replace(&mut self, k: usize, count: u32) {
        let mut left = count.min(self.counts.serving);
        if left > 0 {
            self.lost.push(Lost { step: k, failed: 0, broken: 0, taken: left });
        }
        self.counts.serving -= left;
        self.billed -= f64::from(left);
        self.launch(k, left);
        while left > 0
            && let Some(mut oldest) = self.serving.pop_front()
        {
            let taken = left.min(oldest.count);
            left -= taken;
            oldest.count -= taken;
            if oldest.count > 0 {
                self.serving.push_front(oldest);
            }
        }
    }

    fn steady_until(&self, k: usize) -> usize {
        let total = self.counts.serving + self.counts.starting;
        if self.bounds.reach(total, total) == total { self.next_end } else { k + 1 }
    }

    fn counts(&self) -> Counts {
        self.counts
    }

    fn lost(&mut self) -> Vec<Lost> {
        std::mem::take(&mut self.lost)
    }

    fn billed(&self) -> f64 {
        self.billed
    }

    fn owed_s(&self) -> f64 {
        self.owed_s
    }
}
