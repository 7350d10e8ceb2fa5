//! Numbers rounded as the library rounds them.
//!
//! Without SSE 4.1 the library's `ceil` and `round` are calls, and a policy rounds several times at each of the half
//! million steps of a year of minutes.

/// `value.ceil() as u32`.
#[inline]
pub(crate) fn ceil(value: f64) -> u32 {
    let below = value as u32;
    below.saturating_add(u32::from(f64::from(below) < value))
}

/// `value.round() as i64`.
#[inline]
pub(crate) fn round(value: f64) -> i64 {
    let whole = value as i64;
    // Exact: a value with a fraction is too small for its whole part to be rounded.
    let rest = value - whole as f64;
    whole.saturating_add(i64::from(rest >= 0.5)).saturating_sub(i64::from(rest <= -0.5))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EDGES: [f64; 16] = [
        0.0,
        -0.0,
        0.5,
        0.499_999_999_999_999_94,
        1.5,
        2.5,
        -0.5,
        -0.3,
        -2.5,
        4_294_967_294.5,
        4_294_967_295.5,
        4_503_599_627_370_495.5,
        1e300,
        -1e300,
        f64::INFINITY,
        f64::NAN,
    ];

    #[test]
    fn the_edges_are_those_of_the_library() {
        for value in EDGES {
            assert_eq!(ceil(value), value.ceil() as u32, "{value}");
            assert_eq!(round(value), value.round() as i64, "{value}");
        }
    }

    proptest! {
        #[test]
        fn every_number_is_rounded_as_by_the_library(
            value in prop_oneof![any::<f64>(), -1e4..1e4, (-20_000_i32..20_000).prop_map(|n| f64::from(n) / 2.0)]
        ) {
            prop_assert_eq!(ceil(value), value.ceil() as u32);
            prop_assert_eq!(round(value), value.round() as i64);
        }
    }
}
