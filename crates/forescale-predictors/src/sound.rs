//! What is checked of a fit that was read from bytes.
//!
//! A checksum tells damage, not intent: a file may be whole and its fit absurd. So every fit says what its forecasts
//! rely on, such as that trees have an end, that what is looked up is there and that nothing is divided by zero, and a fit
//! of which that does not hold is refused before it forecasts. A number that merely makes a forecast infinite or NaN is no
//! flaw: such a forecast is refused when it is made.

use forescale_core::Quantiles;
use forescale_core::grid::LARGEST_LOAD;

/// Twice as much is a number as well.
const MOST_UNITS: f64 = 1e300;

/// What is wrong with a fit, in words.
pub(crate) type Flaw = &'static str;

/// Something that is learned, and can be read from bytes that somebody else wrote.
pub(crate) trait Sound {
    /// Whether forecasts may rely on it.
    ///
    /// # Errors
    /// The first flaw.
    fn check(&self) -> Result<(), Flaw>;
}

/// `flaw` unless it `holds`.
pub(crate) fn ensure(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(flaw) }
}

/// Above 0 and finite, as what is divided by has to be.
pub(crate) fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

/// A load that others are counted in: the largest of them is a number then.
pub(crate) fn is_unit(load: f64) -> bool {
    is_positive(load) && LARGEST_LOAD / load < MOST_UNITS
}

/// One value for each of the standard quantiles.
pub(crate) fn is_row(row: &[f64]) -> bool {
    row.len() == Quantiles::standard().len()
}

/// Each larger than the one before.
pub(crate) fn ascends<T: PartialOrd>(values: impl IntoIterator<Item = T>) -> bool {
    values.into_iter().is_sorted_by(|a, b| a < b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_do_not_ascend() {
        assert!(ascends([1, 2, 4]) && ascends([0; 0]) && !ascends([1, 1]));
    }

    #[test]
    fn only_what_can_be_divided_by_is_positive() {
        assert!(is_positive(1e-300) && !is_unit(1e-300) && is_unit(1e-12));
        assert!(![0.0, -1.0, f64::NAN, f64::INFINITY].into_iter().any(is_positive));
    }
}
