//! What had to be mended on the way from samples to a series.

use chrono::{DateTime, Utc};
use forescale_core::grid::LARGEST_LOAD;
use serde::Serialize;

/// Counts of what was not taken as it came. The rules are in the words of [`Notes::words`].
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Notes {
    /// Samples the server sent.
    pub samples: usize,
    /// Requests that were made, those that failed included.
    pub requests: usize,
    /// The newest sample with a load.
    pub last_sample: Option<DateTime<Utc>>,
    /// Steps that were asked for before the first load, when they are more than a hundredth of all.
    pub before: usize,
    /// Steps without a load, from the first load on.
    pub gaps: usize,
    /// Loads behind which series were missing, by the `series-query`.
    pub incomplete: usize,
    /// Values that are no number.
    pub nan: usize,
    /// Values that are infinite or above 1e100.
    pub infinite: usize,
    /// Values below zero.
    pub negative: usize,
    /// Samples of a moment that comes again.
    pub duplicated: usize,
    /// Samples before whose time another lies.
    pub out_of_order: usize,
    /// Points that only repeat an older sample, because the server looks back for one.
    pub repeated: usize,
    /// Samples outside of what was asked for.
    pub outside: usize,
    /// What the server warned of; only with `allow-partial`.
    pub warnings: Vec<String>,
    /// Whether repeated samples could not be told from new ones, because the query is in another dialect.
    pub repeats_unknown: bool,
}

impl Notes {
    /// Each count above zero with its rule: `3 NaN (gap)`, then what the server warned of, word for word.
    pub fn words(&self) -> Vec<String> {
        let words = [
            (self.before, "steps before the first load (the history begins later than asked)"),
            (self.incomplete, "without some of their series (gap)"),
            (self.duplicated, "duplicated (last kept)"),
            (self.out_of_order, "out of order (sorted)"),
            (self.nan, "NaN (gap)"),
            (self.infinite, "infinite (gap)"),
            (self.negative, "negative (gap)"),
            (self.repeated, "repeated by the server (gap)"),
            (self.outside, "outside of the range (left out)"),
        ];
        let counted = words.into_iter().filter(|(count, _)| *count > 0);
        let mut words: Vec<_> = counted.map(|(count, rule)| format!("{count} {rule}")).collect();
        if self.repeats_unknown {
            let dialect = "the query is in another dialect: repeated samples count as new ones";
            words.push(dialect.to_owned());
        }
        let warned = |warning: &String| format!("the server answers in part only: {warning}");
        words.extend(self.warnings.iter().map(warned));
        words
    }

    /// Sorts a value into loads and gaps; a gap is NaN.
    pub(crate) fn load(&mut self, value: f64) -> f64 {
        let gap = match value {
            _ if value.is_nan() => &mut self.nan,
            _ if value.abs() > LARGEST_LOAD => &mut self.infinite,
            _ if value < 0.0 => &mut self.negative,
            _ => return value.abs(), // Zero without its sign.
        };
        *gap += 1;
        f64::NAN
    }
}
