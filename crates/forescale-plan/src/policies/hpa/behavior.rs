//! How fast a wanted number may become the number: stabilisation windows, rate policies, bounds.
//!
//! Source: Kubernetes `pkg/controller/podautoscaler/horizontal.go`, `behavior` of autoscaling/v2 (facts restated).

use std::collections::VecDeque;

use crate::policies::cause::Cause;

/// Which of several rate policies holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Select {
    /// The one that allows most.
    Max,
    /// The one that allows least.
    Min,
    /// Nothing moves in this direction.
    Disabled,
}

/// How fast one direction may go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// How long earlier recommendations hold back.
    pub stabilization_s: f64,
    /// Pods in a period; none when absent.
    pub pods: Option<u32>,
    /// Percent in a period; none when absent.
    pub percent: Option<u32>,
    /// The period.
    pub period_s: f64,
    /// Which of the two holds.
    pub select: Select,
}

impl Rules {
    /// The most pods that `current` may become when `added` and `deleted` pods changed within the period.
    pub fn up_limit(&self, current: u32, added: u32, deleted: u32) -> u32 {
        let start = f64::from(current) - f64::from(added) + f64::from(deleted);
        let pods = self.pods.map(|pods| start + f64::from(pods));
        let percent =
            self.percent.map(|percent| (start * (1.0 + f64::from(percent) / 100.0)).ceil());
        let limits = pods.into_iter().chain(percent);
        let limit = match self.select {
            Select::Max => limits.fold(f64::NEG_INFINITY, f64::max),
            Select::Min => limits.fold(f64::INFINITY, f64::min),
            Select::Disabled => return current,
        };
        // A float that is cast stops at the bounds of the integer.
        (limit as u32).max(current)
    }

    /// The fewest pods that `current` may become.
    pub fn down_limit(&self, current: u32, added: u32, deleted: u32) -> u32 {
        let start = f64::from(current) - f64::from(added) + f64::from(deleted);
        let pods = self.pods.map(|pods| start - f64::from(pods));
        let percent =
            self.percent.map(|percent| (start * (1.0 - f64::from(percent) / 100.0)).trunc());
        let limits = pods.into_iter().chain(percent);
        let limit = match self.select {
            Select::Max => limits.fold(f64::INFINITY, f64::min),
            Select::Min => limits.fold(f64::NEG_INFINITY, f64::max),
            Select::Disabled => return current,
        };
        (limit as u32).min(current)
    }
}

/// Both directions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Behavior {
    /// To more pods.
    pub up: Rules,
    /// To fewer pods.
    pub down: Rules,
}

/// What happened lately, as far as a behaviour looks back. Times are seconds from any moment on, in order.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// Recommendations that may be the largest within the window of the way down.
    most: VecDeque<(f64, u32)>,
    /// Recommendations that may be the smallest within the window of the way up.
    least: VecDeque<(f64, u32)>,
    /// Changes made.
    changes: VecDeque<(f64, i64)>,
    /// The pods that the last recommendation left as they were, whatever was changed within the periods.
    rests_at: Option<u32>,
}

impl Memory {
    /// Whether `current` pods stay through the syncs up to `last` while the same is wanted as at the last one. If so, it
    /// has been wanted at `last`.
    #[inline]
    pub fn rests(&mut self, current: u32, last: f64, behavior: &Behavior) -> bool {
        self.rests_at == Some(current)
            && lasts(&self.most, last, behavior.down.stabilization_s)
            && lasts(&self.least, last, behavior.up.stabilization_s)
            && {
                let newest = self.most.back_mut().into_iter().chain(self.least.back_mut());
                newest.for_each(|(time, _)| *time = last);
                true
            }
    }

    /// The pods that `current` becomes at `now` when `wanted` are wanted, and what held them back.
    #[inline]
    pub fn settle(
        &mut self,
        now: f64,
        current: u32,
        wanted: u32,
        behavior: &Behavior,
    ) -> (u32, Option<Cause>) {
        let stable = self.stabilized(now, current, wanted, behavior);
        let held = (stable != wanted).then_some(Cause::Stabilized { newest: wanted });
        self.rests_at = (stable == current).then_some(current);
        let allowed = self.allowed(now, current, stable, behavior);
        if allowed != current {
            self.changes.push_back((now, i64::from(allowed) - i64::from(current)));
        }
        let limited = (allowed != stable).then_some(Cause::RateLimited { newest: wanted });
        (allowed, limited.or(held))
    }

    /// `wanted`, no lower than the most wanted in the window down and no higher than the least wanted in the one up.
    fn stabilized(&mut self, now: f64, current: u32, wanted: u32, behavior: &Behavior) -> u32 {
        remember(&mut self.most, now, wanted, behavior.down.stabilization_s, |a, b| a <= b);
        remember(&mut self.least, now, wanted, behavior.up.stabilization_s, |a, b| a >= b);
        let least = self.least.front().map_or(wanted, |(_, count)| *count);
        let most = self.most.front().map_or(wanted, |(_, count)| *count);
        current.max(least).min(most)
    }

    fn allowed(&mut self, now: f64, current: u32, wanted: u32, behavior: &Behavior) -> u32 {
        let longest = behavior.up.period_s.max(behavior.down.period_s);
        while self.changes.front().is_some_and(|(time, _)| *time <= now - longest) {
            self.changes.pop_front();
        }
        if wanted > current {
            let (added, deleted) = self.changed(now - behavior.up.period_s);
            wanted.min(behavior.up.up_limit(current, added, deleted))
        } else if wanted < current {
            let (added, deleted) = self.changed(now - behavior.down.period_s);
            wanted.max(behavior.down.down_limit(current, added, deleted))
        } else {
            current
        }
    }

    /// Pods added and deleted after `since`.
    fn changed(&self, since: f64) -> (u32, u32) {
        let recent = self.changes.iter().filter(|(time, _)| *time > since);
        recent.fold((0, 0), |(added, deleted), (_, change)| match change {
            0.. => (added + *change as u32, deleted),
            _ => (added, deleted + change.unsigned_abs() as u32),
        })
    }
}

/// Puts `count` into a queue whose front is the extreme of the last `window` seconds, their first moment included.
///
/// A recommendation as old as the window counts: at exact multiples of the sync period that is what the path without
/// `behavior` does (`!timestamp.Before(cutoff)`), and the one with it differs by nothing on a clock that is never exact.
pub(crate) fn remember(
    queue: &mut VecDeque<(f64, u32)>,
    now: f64,
    count: u32,
    window: f64,
    gives_way: impl Fn(u32, u32) -> bool,
) {
    while queue.back().is_some_and(|(_, back)| gives_way(*back, count)) {
        queue.pop_back();
    }
    queue.push_back((now, count));
    while queue.front().is_some_and(|(time, _)| is_over(*time, now, window)) {
        queue.pop_front();
    }
}

/// Whether the front of `queue` is still it at `now`, when the newest is wanted until then.
fn lasts(queue: &VecDeque<(f64, u32)>, now: f64, window: f64) -> bool {
    queue.len() == 1 || queue.front().is_some_and(|(time, _)| !is_over(*time, now, window))
}

/// Whether a recommendation of `time` counts no longer at `now`.
fn is_over(time: f64, now: f64, window: f64) -> bool {
    time < now - window - 1e-9
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(pods: Option<u32>, percent: Option<u32>, select: Select) -> Rules {
        Rules { stabilization_s: 0.0, pods, percent, period_s: 60.0, select }
    }

    #[test]
    fn limits_follow_the_table() {
        let percent = |percent| rules(None, Some(percent), Select::Max);
        assert_eq!(percent(50).down_limit(100, 0, 12), 56);
        assert_eq!(percent(10).down_limit(100, 0, 30), 100);
        assert_eq!(percent(1_000).down_limit(10, 0, 30), 0);
        let both = |select| rules(Some(4), Some(100), select);
        assert_eq!(both(Select::Max).up_limit(1, 0, 0), 5);
        assert_eq!(both(Select::Max).up_limit(10, 0, 0), 20);
        assert_eq!(both(Select::Min).up_limit(10, 0, 0), 14);
        assert_eq!(both(Select::Max).up_limit(20, 10, 0), 20);
        assert_eq!(both(Select::Disabled).up_limit(10, 0, 0), 10);
        assert_eq!(both(Select::Disabled).down_limit(10, 0, 0), 10);
        assert_eq!(both(Select::Min).down_limit(10, 0, 0), 6);
    }

    fn behavior(up_window: f64, down_window: f64) -> Behavior {
        let free = rules(None, Some(100_000), Select::Max);
        Behavior {
            up: Rules { stabilization_s: up_window, ..free },
            down: Rules { stabilization_s: down_window, ..free },
        }
    }

    #[test]
    fn earlier_recommendations_hold_back() {
        for (current, wanted, behavior, settled) in
            [(100, 3, behavior(0.0, 180.0), 5), (1, 7, behavior(300.0, 0.0), 4)]
        {
            let mut memory = Memory::default();
            for (time, count) in [(0.0, 4), (60.0, 5)] {
                memory.stabilized(time, current, count, &behavior);
            }
            let (found, cause) = memory.settle(120.0, current, wanted, &behavior);
            assert_eq!(found, settled);
            assert_eq!(cause, Some(Cause::Stabilized { newest: wanted }));
        }
    }

    #[test]
    fn a_rest_is_what_settling_at_every_sync_comes_to() {
        let behavior = Behavior {
            up: rules(Some(2), None, Select::Max),
            down: Rules { stabilization_s: 50.0, ..rules(Some(1), None, Select::Max) },
        };
        let (mut each, mut rested) = (Memory::default(), Memory::default());
        let (mut current, mut current_rested, mut rests) = (5, 5, 0);
        for minute in 0..400_u32 {
            let wanted = 3 + minute * 7 % 5 + minute / 9 % 2;
            let sync = |i: u32| f64::from(minute * 60 + i * 15);
            for i in 0..4 {
                current = each.settle(sync(i), current, wanted, &behavior).0;
            }
            for i in 0..4 {
                current_rested = rested.settle(sync(i), current_rested, wanted, &behavior).0;
                if rested.rests(current_rested, sync(3), &behavior) {
                    rests += usize::from(i < 3);
                    break;
                }
            }
            assert_eq!((current, &each.most), (current_rested, &rested.most));
            assert_eq!(each.least, rested.least);
        }
        assert!((50..400).contains(&rests), "{rests}");
    }

    #[test]
    fn a_rate_counts_what_was_added_within_the_period() {
        let up = rules(Some(4), None, Select::Max);
        let behavior = Behavior { up, ..behavior(0.0, 0.0) };
        let mut memory = Memory::default();
        let (first, cause) = memory.settle(0.0, 2, 20, &behavior);
        assert_eq!((first, cause), (6, Some(Cause::RateLimited { newest: 20 })));
        assert_eq!(memory.settle(30.0, 6, 20, &behavior).0, 6);
        assert_eq!(memory.settle(60.0, 6, 20, &behavior).0, 10);
    }
}
