//! Which predictors are taken when none are named, and what each weighs before there is evidence.

use forescale_predictors::Row;

/// The predictor that every other one has to beat.
pub const YARDSTICK: &str = "seasonal-naive";

/// The predictor that always has an answer.
pub(crate) const LAST_RESORT: &str = "last-value";

/// What a predictor outside the default ensemble weighs before there is evidence.
const ASKED_FOR: (f64, f64) = (0.02, 0.05);

/// Whether a predictor is taken when none are named.
///
/// The yardstick and the last resort are, without a weight of their own: the others are measured against the one, and
/// the other answers when none of them can.
pub(crate) fn is_default(row: &Row) -> bool {
    row.is_weighted() || [YARDSTICK, LAST_RESORT].contains(&row.name)
}

/// What a predictor weighs before there is evidence; one that was asked for by name has a say.
pub(crate) fn prior(row: &Row) -> (f64, f64) {
    if is_default(row) { row.prior } else { ASKED_FOR }
}
