//! One load as it stands in a source: a number, or a reason why it is a gap.

use forescale_core::grid::LARGEST_LOAD;

/// A load, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Load {
    /// A usable load, 0 or more.
    Value(f64),
    /// No value: an empty field or one of the words for it.
    Missing,
    /// Not a number.
    Nan,
    /// Infinite, or so large that sums of it would be.
    Infinite,
    /// Below zero.
    Negative,
}

/// What exporters write where there is no value.
const MISSING: &[&str] =
    &["na", "n/a", "#n/a", "null", "none", "nil", "nul", "-", "--", "?", "missing", "\\n", "<na>"];

impl Load {
    /// Sorts a number into usable loads and gaps.
    pub fn of(value: f64) -> Self {
        match value {
            _ if value.is_nan() => Self::Nan,
            _ if value.abs() > LARGEST_LOAD => Self::Infinite,
            _ if value < 0.0 => Self::Negative,
            _ => Self::Value(value.abs()), // Zero without its sign.
        }
    }

    /// Reads a field; `None` when it is neither a number nor a word for a missing one.
    pub fn parse(text: &str) -> Option<Self> {
        match fast_float2::parse::<f64, _>(text) {
            Ok(value) => Some(Self::of(value)),
            Err(_) => unusual(text.trim()),
        }
    }
}

fn unusual(text: &str) -> Option<Load> {
    if text.is_empty() || MISSING.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return Some(Load::Missing);
    }
    fast_float2::parse::<f64, _>(text).ok().map(Load::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_for_a_missing_one_are_read() {
        for (text, load) in [
            ("0", Load::Value(0.0)),
            ("-0.0", Load::Value(0.0)),
            (" 12.5 ", Load::Value(12.5)),
            ("+3", Load::Value(3.0)),
            ("1.67899e+06", Load::Value(1_678_990.0)),
            ("", Load::Missing),
            (" ", Load::Missing),
            ("null", Load::Missing),
            ("N/A", Load::Missing),
            ("NaN", Load::Nan),
            ("-inf", Load::Infinite),
            ("Infinity", Load::Infinite),
            ("1e400", Load::Infinite),
            ("1e101", Load::Infinite),
            ("-3", Load::Negative),
        ] {
            assert_eq!(Load::parse(text), Some(load), "{text:?}");
        }
    }

    #[test]
    fn anything_else_is_no_load() {
        for text in ["abc", "1,5", "12%", "0x10", "1_000", "5 rps", "1.2.3"] {
            assert_eq!(Load::parse(text), None, "{text:?}");
        }
    }
}
