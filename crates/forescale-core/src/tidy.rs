//! Numbers as every machine-readable result writes them.

/// A number cut to what it can mean: six decimals, or six digits below 1. The order of numbers stays.
///
/// ```
/// assert_eq!(forescale_core::tidy(12.345_678_912), 12.345_679);
/// ```
pub fn tidy(number: f64) -> f64 {
    let magnitude = number.abs();
    if magnitude == 0.0 || !magnitude.is_finite() || magnitude >= 1e9 {
        return number;
    }
    let digits = if magnitude >= 1.0 { 6 } else { (5.0 - magnitude.log10().floor()) as i32 };
    format!("{number:.*}", digits.clamp(0, 300) as usize).parse().unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_cut_and_keep_their_order() {
        assert_eq!(tidy(12.345_678_912), 12.345_679);
        assert_eq!(tidy(0.000_012_345_678_9), 0.000_012_345_7);
        assert_eq!(tidy(0.3), 0.3);
        assert_eq!(tidy(-2.0), -2.0);
        assert!(tidy(0.999_999_9) <= tidy(1.000_000_1));
    }
}
