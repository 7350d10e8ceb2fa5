//! Fewer, larger scale-ups: merging them when each has a price.
//!
//! Exact dynamic programme over step and count, after the action plan of Scryer (Netflix technology blog, 2013),
//! which minimised scale-up events at a sensible batch size.

use crate::error::PlanError;

/// Pairs of step and count that are gone through at most.
const MOST_PAIRS: usize = 20_000_000;

/// The counts `a` that minimise `sum a_i + price * |{i: a_i > a_(i-1)}|` with `a_i >= wanted_i`, from `initial` on.
///
/// `wanted` covers the start-up window already, so that `sum a_i` is what is billed, start-up included. Only the
/// wanted counts and `initial` come into question: any other could be lowered to the next of them. Of equally
/// cheap plans the one with fewer scale-ups is taken.
pub(crate) fn merged(wanted: &[u32], initial: u32, price: f64) -> Result<Vec<u32>, PlanError> {
    let mut counts = wanted.to_vec();
    counts.push(initial);
    counts.sort_unstable();
    counts.dedup();
    let pairs = counts.len() * wanted.len();
    if pairs > MOST_PAIRS {
        return Err(PlanError::TooLarge { pairs, most: MOST_PAIRS });
    }
    let start = counts.partition_point(|count| *count < initial);
    let mut value = vec![f64::INFINITY; counts.len()];
    value[start] = 0.0;
    let mut back = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        let from = cheapest_before(&value, price);
        value = (0..counts.len())
            .map(|c| {
                let event = if from[c] < c as u32 { price } else { 0.0 };
                let feasible = if counts[c] < *wanted { f64::INFINITY } else { 0.0 };
                value[from[c] as usize] + event + f64::from(counts[c]) + feasible
            })
            .collect();
        back.push(from);
    }
    Ok(trace_back(&value, &back).into_iter().map(|c| counts[c]).collect())
}

/// For every count, the one before it that makes it cheapest: itself, a larger one, or for a price a smaller one.
fn cheapest_before(value: &[f64], price: f64) -> Vec<u32> {
    let mut from: Vec<u32> = vec![0; value.len()];
    let mut above = value.len() - 1;
    for c in (0..value.len()).rev() {
        if value[c] <= value[above] {
            above = c;
        }
        from[c] = above as u32;
    }
    let mut below = 0;
    for c in 1..value.len() {
        if value[c - 1] < value[below] {
            below = c - 1;
        }
        if value[below] + price < value[from[c] as usize] {
            from[c] = below as u32;
        }
    }
    from
}

fn trace_back(value: &[f64], back: &[Vec<u32>]) -> Vec<usize> {
    let last = (0..value.len()).min_by(|a, b| value[*a].total_cmp(&value[*b]));
    let mut c = last.expect("the initial count is always there");
    let mut path = vec![0; back.len()];
    for (count, from) in path.iter_mut().zip(back).rev() {
        *count = c;
        c = from[c] as usize;
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(counts: &[u32], initial: u32, price: f64) -> f64 {
        let before = std::iter::once(&initial).chain(counts);
        let events = before.zip(counts).filter(|(a, b)| a < b).count();
        counts.iter().map(|n| f64::from(*n)).sum::<f64>() + price * events as f64
    }

    /// The cheapest of all plans with counts up to 4, by trying each.
    fn exhaustive(wanted: &[u32], initial: u32, price: f64) -> f64 {
        let all = 5_u32.pow(wanted.len() as u32);
        (0..all)
            .map(|code| {
                (0..wanted.len() as u32).map(|i| code / 5_u32.pow(i) % 5).collect::<Vec<_>>()
            })
            .filter(|plan| plan.iter().zip(wanted).all(|(n, wanted)| n >= wanted))
            .map(|plan| cost(&plan, initial, price))
            .fold(f64::INFINITY, f64::min)
    }

    #[test]
    fn a_staircase_becomes_one_scale_up_when_that_is_cheaper() {
        // The third step's instance a step early costs 1 and saves an event; two a step earlier cost 2 and save one.
        let cheapest = |price| merged(&[2, 3, 4, 1], 1, price).unwrap();
        assert_eq!(cheapest(0.9), [2, 3, 4, 1]);
        assert_eq!(cheapest(1.1), [2, 4, 4, 1]);
        assert_eq!(cheapest(2.1), [4, 4, 4, 1]);
    }

    #[test]
    fn instances_that_run_are_kept_for_a_near_rise() {
        assert_eq!(merged(&[1, 1, 4], 4, 7.0).unwrap(), [4, 4, 4]);
        assert_eq!(merged(&[1, 1, 4], 4, 5.0).unwrap(), [1, 1, 4]);
    }

    proptest! {
        #[test]
        fn no_plan_is_cheaper(
            wanted in prop::collection::vec(0_u32..5, 1..6),
            initial in 0_u32..5,
            price in 0_u32..12,
        ) {
            let price = f64::from(price);
            let plan = merged(&wanted, initial, price).unwrap();
            prop_assert!(plan.iter().zip(&wanted).all(|(n, wanted)| n >= wanted));
            prop_assert_eq!(cost(&plan, initial, price), exhaustive(&wanted, initial, price));
        }
    }
}
