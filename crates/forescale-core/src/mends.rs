//! What had to be mended in samples that were read.

use serde::{Deserialize, Serialize};

/// How many samples needed a rule. The rules are in the words of [`Mends::words`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mends {
    /// Samples of a moment that a later row gives again: the last row is kept.
    pub duplicated: usize,
    /// Rows before whose time a row above them lies: sorted by time.
    pub out_of_order: usize,
    /// Rows without a load: a gap.
    pub missing: usize,
    /// Loads that are not a number: a gap.
    pub nan: usize,
    /// Loads that are infinite or above 1e100: a gap.
    pub infinite: usize,
    /// Loads below zero: a gap.
    pub negative: usize,
    /// Samples that share their step with another: averaged.
    pub irregular: usize,
    /// Local times that the clock skips in spring: read with the offset before the change.
    pub skipped_hour: usize,
    /// Local times that occur twice in autumn: in the order of the rows.
    pub repeated_hour: usize,
}

impl Mends {
    /// The mends of two series together.
    pub fn and(self, other: Self) -> Self {
        Self {
            duplicated: self.duplicated + other.duplicated,
            out_of_order: self.out_of_order + other.out_of_order,
            missing: self.missing + other.missing,
            nan: self.nan + other.nan,
            infinite: self.infinite + other.infinite,
            negative: self.negative + other.negative,
            irregular: self.irregular + other.irregular,
            skipped_hour: self.skipped_hour + other.skipped_hour,
            repeated_hour: self.repeated_hour + other.repeated_hour,
        }
    }

    /// Each count above zero with its rule: `3 duplicated (last kept)`.
    pub fn words(&self) -> Vec<String> {
        let words = [
            (self.duplicated, "duplicated (last kept)"),
            (self.out_of_order, "out of order (sorted)"),
            (self.missing, "missing (gap)"),
            (self.nan, "NaN (gap)"),
            (self.infinite, "infinite (gap)"),
            (self.negative, "negative (gap)"),
            (self.irregular, "irregular (averaged)"),
            (self.skipped_hour, "in the hour the clock skips (moved on)"),
            (self.repeated_hour, "in the hour the clock repeats (in order of rows)"),
        ];
        let counted = words.into_iter().filter(|(count, _)| *count > 0);
        counted.map(|(count, rule)| format!("{count} {rule}")).collect()
    }
}
