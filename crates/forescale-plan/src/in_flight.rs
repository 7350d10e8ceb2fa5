//! Which of the instances asked for do not serve yet.

use std::collections::VecDeque;

use chrono::{DateTime, Utc};

use crate::fleet::FleetState;

/// Instances that are starting, oldest first: when they serve, and how many.
#[derive(Debug)]
pub(crate) struct InFlight(VecDeque<(DateTime<Utc>, u32)>);

impl InFlight {
    /// Those of the fleet, in the order in which they will serve.
    pub(crate) fn new(fleet: &FleetState) -> Self {
        let mut starting = fleet.starting.clone();
        starting.sort_by_key(|(ready, _)| *ready);
        Self(starting.into())
    }

    /// Launches instances, or cancels the newest that do not serve yet before any that does.
    ///
    /// Those that serve at `time` are forgotten, and launched ones serve from `ready` on.
    pub(crate) fn change(
        &mut self,
        before: u32,
        after: u32,
        time: DateTime<Utc>,
        ready: DateTime<Utc>,
    ) {
        while self.0.front().is_some_and(|(ready, _)| *ready <= time) {
            self.0.pop_front();
        }
        if after > before {
            self.0.push_back((ready, after - before));
        }
        let mut left = before.saturating_sub(after);
        while left > 0 {
            let Some((_, count)) = self.0.back_mut() else { break };
            let taken = left.min(*count);
            *count -= taken;
            left -= taken;
            if *count == 0 {
                self.0.pop_back();
            }
        }
    }

    /// How many of `total` instances serve at `time`.
    pub(crate) fn serving(&self, total: u32, time: DateTime<Utc>) -> u32 {
        let starting = self.0.iter().filter(|(ready, _)| *ready > time).map(|(_, count)| count);
        starting.fold(total, |serving, count| serving.saturating_sub(*count))
    }
}
