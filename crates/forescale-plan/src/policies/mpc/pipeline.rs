//! When instances that start will serve: as long after the launch as start-up takes.

use std::collections::VecDeque;

use crate::policies::observation::Observation;

/// What ran at the newest steps, as far as what was launched then may still start.
#[derive(Debug, Default)]
pub(super) struct Pipeline {
    totals: VecDeque<u32>,
}

impl Pipeline {
    /// Instances that serve each step of the start-up when nothing changes; called once a step.
    ///
    /// An instance that was there at every step since `k` serves `k` plus the start-up. When the past is not known what
    /// starts is taken to be new.
    pub(super) fn ready(&mut self, seen: &Observation<'_>) -> Vec<u32> {
        let startup = seen.service.startup_steps;
        if self.totals.is_empty() {
            self.totals.extend(std::iter::repeat_n(seen.serving, startup));
        }
        self.totals.push_back(seen.total());
        while self.totals.len() > startup {
            self.totals.pop_front();
        }
        let mut ready: Vec<u32> = self.totals.iter().copied().collect();
        let mut least = u32::MAX;
        for total in ready.iter_mut().rev() {
            least = least.min(*total);
            *total = least.max(seen.serving);
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    #[test]
    fn what_was_launched_serves_when_its_start_up_is_over() {
        let service = service();
        let mut pipeline = Pipeline::default();
        let mut ready = |serving, starting| pipeline.ready(&seen(&[], serving, starting, &service));
        assert_eq!(ready(2, 3), [2, 2, 2, 2, 5]);
        assert_eq!(ready(2, 3), [2, 2, 2, 5, 5]);
        assert_eq!(ready(2, 7), [2, 2, 5, 5, 9]);
        assert_eq!(ready(2, 4), [2, 5, 5, 6, 6]);
        // What was launched is cancelled, and begins anew.
        assert_eq!(ready(2, 0), [2, 2, 2, 2, 2]);
        assert_eq!(ready(2, 5), [2, 2, 2, 2, 7]);
    }
}
