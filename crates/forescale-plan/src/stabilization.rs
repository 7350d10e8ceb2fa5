//! The stabilization window: the most that was wanted not long ago.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Replicas;

/// The counts wanted in the window, the largest first, each with the last moment it was wanted.
#[derive(Debug)]
pub(crate) struct Stabilization {
    window: TimeDelta,
    wanted: VecDeque<(DateTime<Utc>, u32)>,
}

impl Stabilization {
    /// A window that already knows what earlier plans wanted.
    pub(crate) fn new(window: TimeDelta, recommended: &[(DateTime<Utc>, Replicas)]) -> Self {
        let mut known = recommended.to_vec();
        known.sort_by_key(|(time, _)| *time);
        let mut stabilization = Self { window, wanted: VecDeque::new() };
        for (time, count) in known {
            stabilization.push(time, count.0);
        }
        stabilization
    }

    /// Takes in that `count` is wanted at `time` and gives the most that was wanted in the window up to it.
    pub(crate) fn most_wanted(&mut self, time: DateTime<Utc>, count: u32) -> u32 {
        self.push(time, count);
        while self.wanted.len() > 1
            && self.wanted.front().is_some_and(|(wanted, _)| time - *wanted >= self.window)
        {
            self.wanted.pop_front();
        }
        self.wanted.front().map_or(count, |(_, most)| *most)
    }

    fn push(&mut self, time: DateTime<Utc>, count: u32) {
        while self.wanted.back().is_some_and(|(_, wanted)| *wanted <= count) {
            self.wanted.pop_back();
        }
        self.wanted.push_back((time, count));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_of_the_window_counts_and_older_ones_do_not() {
        let start: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
        let minute = |m: i64| start + TimeDelta::minutes(m);
        let mut window = Stabilization::new(TimeDelta::minutes(10), &[(minute(-4), Replicas(7))]);
        assert_eq!(window.most_wanted(minute(0), 3), 7);
        assert_eq!(window.most_wanted(minute(5), 5), 7);
        assert_eq!(window.most_wanted(minute(6), 2), 5);
        assert_eq!(window.most_wanted(minute(14), 1), 5);
        assert_eq!(window.most_wanted(minute(15), 1), 2);
        assert_eq!(window.most_wanted(minute(30), 1), 1);
    }

    #[test]
    fn no_window_remembers_nothing() {
        let start: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
        let mut window = Stabilization::new(TimeDelta::zero(), &[]);
        assert_eq!(window.most_wanted(start, 9), 9);
        assert_eq!(window.most_wanted(start + TimeDelta::minutes(1), 1), 1);
    }
}
