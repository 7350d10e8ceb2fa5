//! The largest value of the last steps, in constant time a step.

use std::collections::VecDeque;

/// Windows up to this are gone through anew: that has no branch that noise could mislead, and so is faster.
const SHORT: usize = 32;

/// The largest of `values`, four at a time; none when there are none.
#[inline]
fn largest(values: &[f64]) -> Option<f64> {
    let max = |a: f64, b: f64| if a > b { a } else { b };
    let (fours, rest) = values.as_chunks::<4>();
    let mut lanes = [f64::NEG_INFINITY; 4];
    for four in fours {
        for (lane, value) in lanes.iter_mut().zip(four) {
            *lane = max(*lane, *value);
        }
    }
    let least = *values.first()?;
    Some(lanes.iter().chain(rest).copied().fold(least, max))
}

/// The largest of the newest `steps` values of a list that grows.
#[derive(Debug, Clone)]
pub(crate) struct Largest {
    steps: usize,
    seen: usize,
    /// Values that may become the largest, with their places: the largest first.
    candidates: VecDeque<(usize, f64)>,
}

impl Largest {
    pub(crate) fn new(steps: usize) -> Self {
        Self { steps, seen: 0, candidates: VecDeque::new() }
    }

    /// Takes in what was added to `values` since it was last asked, and gives the largest; none when it is empty.
    #[inline]
    pub(crate) fn of(&mut self, values: &[f64]) -> Option<f64> {
        if self.steps <= SHORT {
            return largest(&values[values.len().saturating_sub(self.steps)..]);
        }
        let from = self.seen.max(values.len().saturating_sub(self.steps));
        for (place, value) in values.iter().enumerate().skip(from) {
            self.push(place, *value);
        }
        self.seen = values.len();
        let oldest = self.seen.saturating_sub(self.steps);
        while self.candidates.front().is_some_and(|(place, _)| *place < oldest) {
            self.candidates.pop_front();
        }
        self.candidates.front().map(|(_, value)| *value)
    }

    /// Takes in one value and gives the largest.
    pub(crate) fn add(&mut self, value: f64) -> f64 {
        self.push(self.seen, value);
        self.seen += 1;
        let oldest = self.seen.saturating_sub(self.steps);
        while self.candidates.front().is_some_and(|(place, _)| *place < oldest) {
            self.candidates.pop_front();
        }
        self.candidates.front().map_or(value, |(_, largest)| *largest)
    }

    fn push(&mut self, place: usize, value: f64) {
        while self.candidates.back().is_some_and(|(_, back)| *back <= value) {
            self.candidates.pop_back();
        }
        self.candidates.push_back((place, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_may_come_one_by_one() {
        let mut largest = Largest::new(2);
        assert_eq!([3.0, 1.0, 2.0, 0.0].map(|value| largest.add(value)), [3.0, 3.0, 2.0, 2.0]);
    }

    #[test]
    fn it_equals_the_maximum_of_the_newest_values() {
        let values: Vec<f64> = (0..60).map(|i| f64::from(i * 37 % 11)).collect();
        for steps in [1, 3, 10, 33, 40] {
            let mut largest = Largest::new(steps);
            // Some steps add nothing and some add several, as with metrics that arrive late.
            for known in [0, 1, 2, 2, 5, 6, 7, 30, 31, 60] {
                let newest = &values[usize::saturating_sub(known, steps)..known];
                let expected = newest.iter().copied().reduce(f64::max);
                assert_eq!(largest.of(&values[..known]), expected);
            }
        }
    }
}
