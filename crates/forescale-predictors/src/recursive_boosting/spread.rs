//! How far a walk is off, by horizon: quantiles of its errors where it had not learned.

use forescale_core::Quantiles;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

use crate::sound::{Flaw, Sound, ensure, is_row};

/// Horizons are grouped: the last of a group is farther than the first by no more than this.
const GROWTH: f64 = 1.4;

/// A group has at least so many errors: fewer say too little of a tail.
const ENOUGH: usize = 20;

/// An error at horizon `h`, from 1.
pub(super) struct Miss {
    pub h: usize,
    pub value: f64,
}

/// Quantiles of the errors, at the standard levels about a median of 0, by horizon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Spread {
    groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Group {
    /// Mean logarithm of the horizons.
    middle: f64,
    quantiles: Vec<f64>,
}

impl Spread {
    /// Of `misses`, in any order; never narrower farther ahead. `None` when there are none.
    pub fn of(mut misses: Vec<Miss>) -> Option<Self> {
        misses.sort_by_key(|miss| miss.h);
        let mut groups: Vec<Group> = Vec::new();
        let mut rest = misses.as_slice();
        while let Some(nearest) = rest.first() {
            let last = (nearest.h as f64 * GROWTH) as usize;
            let within = rest.partition_point(|miss| miss.h <= last);
            let (group, farther) = rest.split_at(within.max(ENOUGH).min(rest.len()));
            rest = farther;
            if group.len() < ENOUGH && !groups.is_empty() {
                break;
            }
            groups.push(Group::of(group, groups.last()));
        }
        (!groups.is_empty()).then_some(Self { groups })
    }

    /// The quantiles at horizon `h`, between the two groups beside it by the logarithm of the horizon.
    pub fn at(&self, h: usize) -> impl Iterator<Item = f64> {
        let x = (h as f64).ln();
        let above = self.groups.partition_point(|group| group.middle < x);
        let near = &self.groups[above.saturating_sub(1)];
        let far = &self.groups[above.min(self.groups.len() - 1)];
        let apart = far.middle - near.middle;
        let share = if apart > 0.0 { (x - near.middle) / apart } else { 0.0 };
        near.quantiles
            .iter()
            .zip(&far.quantiles)
            .map(move |(near, far)| near + share * (far - near))
    }
}

impl Sound for Spread {
    fn check(&self) -> Result<(), Flaw> {
        let rows = self.groups.iter().all(|group| is_row(&group.quantiles));
        ensure(
            rows && !self.groups.is_empty(),
            "its errors are not those of the standard quantiles",
        )
    }
}

impl Group {
    /// Each quantile at least as far from the median as it is in `nearer`.
    fn of(misses: &[Miss], nearer: Option<&Self>) -> Self {
        let logarithms = misses.iter().map(|miss| (miss.h as f64).ln());
        let middle = logarithms.sum::<f64>() / misses.len() as f64;
        let mut quantiles = centered_quantiles(misses);
        let median = Quantiles::standard().median_index();
        for (k, near) in nearer.iter().flat_map(|group| group.quantiles.iter().enumerate()) {
            let value = &mut quantiles[k];
            *value = if k < median { value.min(*near) } else { value.max(*near) };
        }
        Self { middle, quantiles }
    }
}

fn centered_quantiles(misses: &[Miss]) -> Vec<f64> {
    let mut errors: Vec<f64> = misses.iter().map(|miss| miss.value).collect();
    errors.sort_unstable_by(f64::total_cmp);
    let middle = sorted_quantile(&errors, 0.5);
    let standard = Quantiles::standard();
    standard.as_slice().iter().map(|p| sorted_quantile(&errors, *p) - middle).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Errors of -`width` to `width` at horizon `h`.
    fn misses(h: usize, width: f64) -> impl Iterator<Item = Miss> {
        (0..=100).map(move |i| Miss { h, value: width * (f64::from(i) - 50.0) / 50.0 })
    }

    fn upper(spread: &Spread, h: usize) -> f64 {
        let place = Quantiles::standard().index_of(0.9).unwrap();
        spread.at(h).nth(place).unwrap()
    }

    #[test]
    fn between_horizons_it_is_interpolated_and_beyond_them_it_stays() {
        let spread = Spread::of(misses(1, 1.0).chain(misses(16, 2.0)).collect()).unwrap();
        let found = [1, 4, 16, 99].map(|h| upper(&spread, h));
        for (found, expected) in found.into_iter().zip([0.8, 1.2, 1.6, 1.6]) {
            assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        }
    }

    #[test]
    fn it_never_narrows_and_a_few_errors_say_nothing() {
        let few = (0..5).map(|_| Miss { h: 90, value: 1e6 });
        let spread = Spread::of(misses(9, 1.0).chain(misses(3, 3.0)).chain(few).collect()).unwrap();
        assert!([3, 9, 90].into_iter().all(|h| (upper(&spread, h) - 2.4).abs() < 1e-9));
    }

    #[test]
    fn no_error_is_no_spread() {
        assert_eq!(Spread::of(Vec::new()), None);
    }
}
