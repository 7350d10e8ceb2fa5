//! Load that waits.

use std::collections::VecDeque;

/// Flexible load that has arrived and is not done, the oldest first.
#[derive(Debug, Default)]
pub(super) struct Queue {
    deadline: usize,
    waiting: VecDeque<(usize, f64)>,
}

impl Queue {
    /// A queue in which nothing waits longer than `deadline` steps.
    pub(super) fn new(deadline: usize) -> Self {
        Self { deadline, waiting: VecDeque::new() }
    }

    pub(super) fn arrive(&mut self, step: usize, load: f64) {
        if load > 0.0 {
            self.waiting.push_back((step, load));
        }
    }

    /// Takes out what is due at `step`, and of the rest as much as there is `room` for; gives how much that is.
    pub(super) fn take(&mut self, step: usize, room: f64) -> f64 {
        let mut done = 0.0;
        while let Some((arrived, load)) = self.waiting.front_mut() {
            let due = *arrived + self.deadline <= step;
            let taken = if due { *load } else { load.min(room - done).max(0.0) };
            done += taken;
            *load -= taken;
            if *load > 0.0 {
                break;
            }
            self.waiting.pop_front();
        }
        done
    }

    /// What waits that arrived from step `from` to before `to`.
    pub(super) fn waiting(&self, from: usize, to: usize) -> f64 {
        let within = |(arrived, _): &&(usize, f64)| (from..to).contains(arrived);
        self.waiting.iter().filter(within).map(|(_, load)| load).sum()
    }

    /// Everything that waits.
    pub(super) fn all(&self) -> f64 {
        self.waiting.iter().map(|(_, load)| load).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_done_first_and_nothing_is_late_or_lost() {
        let mut queue = Queue::new(3);
        queue.arrive(0, 5.0);
        queue.arrive(1, 4.0);
        assert_eq!(queue.take(1, 6.0), 6.0);
        assert_eq!((queue.waiting(0, 1), queue.waiting(1, 2)), (0.0, 3.0));
        assert_eq!(queue.take(3, 0.0), 0.0);
        assert_eq!(queue.take(4, 0.0), 3.0, "it is due, whether there is room or not");
        assert_eq!(queue.all(), 0.0);
    }
}
