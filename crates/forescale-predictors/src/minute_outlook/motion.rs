//! How lively a load has been until each moment.

use std::collections::VecDeque;

use forescale_core::History;

use crate::minute_regression::inputs::Inputs;

/// Half-lives of the mean change from step to step, and windows of the largest, in minutes.
const HALF_LIVES: [i64; 2] = [180, 1_440];
const WINDOWS: [i64; 2] = [120, 1_440];

/// Windows and half-lives are this many steps at least.
const FEWEST_STEPS: usize = 4;

/// The level is at least this share of the last value.
const LEAST_LEVEL: f64 = 0.25;

/// A history with what the walk along it asks for; everything at an origin rests on the steps before it.
#[derive(Debug)]
pub(super) struct Seen {
    pub inputs: Inputs,
    /// By origin: the changes from step to step, averaged and at their largest.
    means: [Vec<f32>; 2],
    largest: [Vec<f32>; 2],
}

impl Seen {
    pub fn new(history: &History) -> Self {
        let inputs = Inputs::whole(history);
        let y = &inputs.p.y;
        let changes: Vec<f64> =
            (0..y.len()).map(|i| if i == 0 { 0.0 } else { (y[i] - y[i - 1]).abs() }).collect();
        let steps = |minutes: i64| inputs.steps_in(minutes, FEWEST_STEPS);
        let means = HALF_LIVES.map(|minutes| faded_means(&changes, steps(minutes)));
        let largest = WINDOWS.map(|minutes| largest_of(&changes, steps(minutes)));
        Self { means, largest, inputs }
    }

    /// Steps of the history.
    pub fn len(&self) -> usize {
        self.inputs.p.len()
    }

    /// The load of a step.
    pub fn load(&self, index: usize) -> f64 {
        self.inputs.p.y[index]
    }

    /// The level that errors are measured against; above 0. In the first minutes of a service its hour is still
    /// nearly empty, and without the bound each of them would count as much as a whole hour.
    pub fn level(&self, origin: usize) -> f64 {
        self.inputs.level(origin).max(LEAST_LEVEL * self.inputs.last(origin).abs())
    }

    /// What the load has been lately on average; above 0.
    pub fn usual_load(&self, origin: usize) -> f64 {
        let mean = self.inputs.mean(origin).abs();
        if mean > 0.0 { mean } else { 1.0 }
    }

    /// The mean change by both half-lives, then the largest change in both windows.
    pub fn motion(&self, origin: usize) -> [f64; 4] {
        let [slow, slower] = &self.means;
        let [near, far] = &self.largest;
        [slow, slower, near, far].map(|values| f64::from(values[origin]))
    }
}

/// Means of the values before each index, in which a value counts half as much `half_life` steps later.
fn faded_means(values: &[f64], half_life: usize) -> Vec<f32> {
    let fade = 0.5_f64.powf(1.0 / half_life as f64);
    let (mut sum, mut count) = (0.0, 0.0);
    let next = |value: &f64| {
        sum = sum * fade + value;
        count = count * fade + 1.0;
        (sum / count) as f32
    };
    std::iter::once(0.0).chain(values.iter().map(next)).collect()
}

/// The largest of the `window` values before each index.
fn largest_of(values: &[f64], window: usize) -> Vec<f32> {
    let mut candidates: VecDeque<usize> = VecDeque::new();
    let mut largest = vec![0.0];
    for (i, value) in values.iter().enumerate() {
        while candidates.back().is_some_and(|back| values[*back] <= *value) {
            candidates.pop_back();
        }
        candidates.push_back(i);
        while candidates.front().is_some_and(|front| *front + window <= i) {
            candidates.pop_front();
        }
        largest.push(values[candidates[0]] as f32);
    }
    largest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_and_maxima_end_before_their_index() {
        let values = [4.0, 0.0, 0.0, 8.0];
        assert_eq!(largest_of(&values, 2), [0.0, 4.0, 4.0, 0.0, 8.0]);
        let means = faded_means(&values, 1);
        assert_eq!(means[..3], [0.0, 4.0, 4.0 / 3.0]);
    }
}
