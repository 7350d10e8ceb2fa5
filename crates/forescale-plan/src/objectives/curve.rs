//! The cheapest curve of serving instances through costs of every step: one dynamic programme for several objectives.

use std::collections::VecDeque;

/// How a count may change from one step to the next, and what that costs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moves {
    /// Cost of every instance more.
    pub(super) launch: f64,
    /// Counts up to this one can be risen to from any other.
    pub(super) floor: usize,
    /// Most instances more.
    pub(super) up: usize,
    /// Most instances fewer.
    pub(super) down: usize,
}

/// For every count, the cheapest cost of having come to it, and from which count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reached {
    pub(super) cost: Vec<f64>,
    pub(super) from: Vec<u32>,
}

impl Moves {
    /// From the cost of every count before the change. A count that costs as much without a change is kept.
    pub(super) fn reach(&self, value: &[f64]) -> Reached {
        let launched: Vec<f64> =
            value.iter().enumerate().map(|(m, v)| v - self.launch * m as f64).collect();
        let first_below = |n: usize| if n <= self.floor { 0 } else { n.saturating_sub(self.up) };
        let below = smallest_of_windows(&launched, first_below);
        let last = value.len() - 1;
        let mirrored: Vec<f64> = value.iter().rev().copied().collect();
        let above = smallest_of_windows(&mirrored, |n| n.saturating_sub(self.down));
        let mut reached = Reached { cost: vec![0.0; value.len()], from: vec![0; value.len()] };
        for n in 0..value.len() {
            let (down, up) = (last - above[last - n], below[n]);
            let ways = [
                (value[n], n),
                (value[down], down),
                (value[up] + self.launch * (n - up) as f64, up),
            ];
            let (cost, from) = ways
                .into_iter()
                .fold((f64::INFINITY, n), |best, way| if way.0 < best.0 { way } else { best });
            (reached.cost[n], reached.from[n]) = (cost, from as u32);
        }
        reached
    }
}

/// For every place, where the smallest value from `first(place)` to the place itself stands. `first` never falls.
fn smallest_of_windows(values: &[f64], first: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut candidates = VecDeque::<usize>::new();
    let window = |place: usize| {
        while candidates.back().is_some_and(|back| values[*back] >= values[place]) {
            candidates.pop_back();
        }
        candidates.push_back(place);
        while candidates.front().is_some_and(|front| *front < first(place)) {
            candidates.pop_front();
        }
        *candidates.front().expect("the place itself is a candidate")
    };
    (0..values.len()).map(window).collect()
}

/// The cheapest curve from `initial` on, and its cost; none when every curve costs infinitely much.
///
/// `costs` holds the cost of every count at every step, and `moves` how each step is come to.
pub(super) fn cheapest(
    costs: &[Vec<f64>],
    moves: &[Moves],
    initial: usize,
) -> Option<(Vec<u32>, f64)> {
    let width = costs.first().map_or(initial + 1, Vec::len);
    let mut value = vec![f64::INFINITY; width];
    value[initial] = 0.0;
    let mut back = Vec::with_capacity(costs.len());
    for (step, moves) in costs.iter().zip(moves) {
        let Reached { cost, from } = moves.reach(&value);
        value = cost.iter().zip(step).map(|(way, stay)| way + stay).collect();
        back.push(from);
    }
    let (mut n, cost) = (0..width).map(|n| (n, value[n])).min_by(|a, b| a.1.total_cmp(&b.1))?;
    if cost == f64::INFINITY {
        return None;
    }
    let mut curve = vec![0; costs.len()];
    for (place, from) in curve.iter_mut().zip(&back).rev() {
        *place = n as u32;
        n = from[n] as usize;
    }
    Some((curve, cost))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FREE: Moves = Moves { launch: 0.0, floor: 0, up: 9, down: 9 };

    #[test]
    fn every_count_is_reached_the_cheapest_way() {
        let moves = Moves { launch: 2.0, floor: 0, up: 2, down: 1 };
        let reached = moves.reach(&[0.0, 9.0, 9.0, 1.0]);
        assert_eq!(reached.cost, [0.0, 2.0, 1.0, 1.0]);
        assert_eq!(reached.from, [0, 0, 3, 3]);
        let floor = Moves { up: 1, floor: 2, ..moves };
        assert_eq!(floor.reach(&[0.0, 9.0, 9.0, 50.0]).cost, [0.0, 2.0, 4.0, 11.0]);
    }

    #[test]
    fn a_curve_without_an_allowed_count_is_none() {
        let nowhere = vec![vec![f64::INFINITY; 2]];
        assert_eq!(cheapest(&nowhere, &[FREE], 0), None);
        assert_eq!(cheapest(&[vec![3.0, 1.0]], &[FREE], 0), Some((vec![1], 1.0)));
    }
}
