//! The rules of a surrogate tree: when how many instances are wanted, in words.
//!
//! Every node asks its samples one question, the best single split (linfa-trees) between those above and those
//! at or below the node's median. Two classes keep it deterministic: linfa adds up classes in the order of a
//! hash map, and only a sum of two does not depend on it.

use chrono::{DateTime, Utc};
use forescale_core::{Calendar, Frequency};
use linfa::Dataset;
use linfa::traits::Fit;
use linfa_trees::{DecisionTree, SplitQuality};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

use super::condition::{Bounds, FEATURES, features};

/// Questions from the root to a rule: more would not be read.
const DEPTH: usize = 3;

/// No rule covers less than this share of the time.
const SMALLEST_SHARE: f64 = 0.04;

/// Values closer together than this share of the whole range need no further question.
const CLOSE: f64 = 0.12;

/// The weight of the upper class, so that no two classes weigh the same.
const UPPER_WEIGHT: f32 = 1.000_731;

/// A rule: under which conditions the wanted value lies in which range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rule {
    /// Conditions in words, all of which hold; empty for always.
    pub conditions: Vec<String>,
    /// The value below which a tenth of these times lie.
    pub low: f64,
    /// The middle value.
    pub median: f64,
    /// The value above which a tenth of these times lie.
    pub high: f64,
    /// Share of the time it covers, 0 to 1.
    pub share: f64,
}

/// The rules that say when `values` are high and low, largest first, and how much each question explains.
///
/// `values` holds one value for each moment, in any unit; moments are one `step` apart.
pub fn rules(
    values: &[(DateTime<Utc>, f64)],
    step: Frequency,
    calendar: &Calendar,
) -> (Vec<Rule>, Vec<(String, f64)>) {
    let samples: Vec<Sample> =
        values.iter().map(|(time, y)| (features(&calendar.local(*time)), *y)).collect();
    if samples.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let whole = quantiles(&samples);
    let mut growth = Growth {
        total: samples.len(),
        close: CLOSE * (whole.2 - whole.0),
        step,
        rules: Vec::new(),
        gains: [0.0; FEATURES.len()],
    };
    growth.grow(samples, Bounds::default(), 0);
    growth.rules.sort_by(|a, b| b.median.total_cmp(&a.median).then(b.share.total_cmp(&a.share)));
    let shares = shares(&growth.gains);
    (growth.rules, shares)
}

type Sample = ([f64; FEATURES.len()], f64);

struct Growth {
    total: usize,
    close: f64,
    step: Frequency,
    rules: Vec<Rule>,
    gains: [f64; FEATURES.len()],
}

impl Growth {
    fn grow(&mut self, samples: Vec<Sample>, bounds: Bounds, depth: usize) {
        let (low, median, high) = quantiles(&samples);
        let question = (depth < DEPTH && high - low > self.close)
            .then(|| self.question(&samples, median))
            .flatten();
        let Some((feature, at, gain)) = question else {
            let share = samples.len() as f64 / self.total as f64;
            let conditions = bounds.in_words(self.step);
            return self.rules.push(Rule { conditions, low, median, high, share });
        };
        self.gains[feature] += gain * samples.len() as f64;
        let (below, above): (Vec<Sample>, Vec<Sample>) =
            samples.into_iter().partition(|(x, _)| x[feature] <= at);
        self.grow(above, bounds.above(feature, at), depth + 1);
        self.grow(below, bounds.below(feature, at), depth + 1);
    }

    /// The feature and value that best part the samples above the median from the others.
    fn question(&self, samples: &[Sample], median: f64) -> Option<(usize, f64, f64)> {
        // Where more than half of the values are the largest one, the median is no middle.
        let above = samples.iter().any(|(_, y)| *y > median);
        let upper = |y: f64| usize::from(if above { y > median } else { y >= median });
        let count = samples.iter().filter(|(_, y)| upper(*y) == 1).count();
        let smallest = (self.total as f64 * SMALLEST_SHARE).max(2.0);
        if count == 0 || count == samples.len() || (samples.len() as f64) < 2.0 * smallest {
            return None;
        }
        let flat: Vec<f64> = samples.iter().flat_map(|(x, _)| *x).collect();
        let records = Array2::from_shape_vec((samples.len(), FEATURES.len()), flat).ok()?;
        let targets: Array1<usize> = samples.iter().map(|(_, y)| upper(*y)).collect();
        let weights = targets.mapv(|class| if class == 1 { UPPER_WEIGHT } else { 1.0 });
        let tree = DecisionTree::params()
            .split_quality(SplitQuality::Gini)
            .max_depth(Some(1))
            .min_weight_leaf(smallest as f32)
            .fit(&Dataset::new(records, targets).with_weights(weights))
            .ok()?;
        let root = tree.root_node();
        let (feature, at, gain) = root.split();
        let parts = samples.iter().any(|(x, _)| x[feature] > at)
            && samples.iter().any(|(x, _)| x[feature] <= at);
        (!root.is_leaf() && parts).then_some((feature, at, gain))
    }
}

/// The tenth, the middle and the ninetieth percentile of the values, each one of them.
fn quantiles(samples: &[Sample]) -> (f64, f64, f64) {
    let mut sorted: Vec<f64> = samples.iter().map(|(_, y)| *y).collect();
    sorted.sort_by(f64::total_cmp);
    let at = |p: f64| sorted[((sorted.len() - 1) as f64 * p).round() as usize];
    (at(0.1), at(0.5), at(0.9))
}

fn shares(gains: &[f64]) -> Vec<(String, f64)> {
    let sum: f64 = gains.iter().sum();
    let mut shares: Vec<(String, f64)> = FEATURES
        .iter()
        .zip(gains)
        .filter(|(_, gain)| **gain > 0.0)
        .map(|(name, gain)| ((*name).to_owned(), gain / sum))
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(value: impl Fn(u32, u32) -> f64) -> Vec<(DateTime<Utc>, f64)> {
        let monday: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
        (0..7 * 24)
            .map(|h| (monday + chrono::TimeDelta::hours(i64::from(h)), value(h / 24, h % 24)))
            .collect()
    }

    fn rules_of(values: &[(DateTime<Utc>, f64)]) -> Vec<Rule> {
        rules(values, Frequency::from_seconds(3_600).unwrap(), &Calendar::default()).0
    }

    #[test]
    fn office_hours_become_two_rules() {
        let busy = |day, hour| if day < 5 && (9..17).contains(&hour) { 10.0 } else { 2.0 };
        let rules = rules_of(&hours(busy));
        assert_eq!(rules.len(), 2);
        assert_eq!(
            (rules[0].conditions.as_slice(), rules[0].median),
            (&["in business hours".to_owned()][..], 10.0)
        );
        assert_eq!(
            (rules[1].conditions.as_slice(), rules[1].median),
            (&["outside business hours".to_owned()][..], 2.0)
        );
        assert!((rules[0].share - 40.0 / 168.0).abs() < 1e-12);
    }

    #[test]
    fn an_hour_is_named_as_the_clock_shows_it() {
        let rules = rules_of(&hours(|_, hour| if hour >= 20 { 9.0 } else { 1.0 }));
        assert_eq!(rules[0].conditions, ["from 20:00"]);
        assert_eq!(rules[1].conditions, ["before 20:00"]);
    }

    #[test]
    fn a_load_that_is_mostly_at_its_top_is_parted_too() {
        let rules = rules_of(&hours(|_, hour| if hour < 6 { 1.0 } else { 9.0 }));
        assert_eq!(rules[0].conditions, ["from 06:00"]);
        assert_eq!((rules[0].low, rules[1].high), (9.0, 1.0));
    }

    #[test]
    fn what_never_changes_is_one_rule() {
        let rules = rules_of(&hours(|_, _| 3.0));
        assert_eq!(rules.len(), 1);
        assert!(rules[0].conditions.is_empty() && rules[0].share == 1.0);
    }
}
