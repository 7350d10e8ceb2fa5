//! Where forecasts are made from in a backtest.

/// `count` origins spread evenly over `from ..= to`, ascending and without repeats.
///
/// An origin is the index of the first step that is not known. The newest origin is always `to`, and the distance
/// between origins is not a whole day where that can be helped, so that every hour of the day is seen.
///
/// ```
/// use forescale_backtest::rolling_origins;
/// assert_eq!(rolling_origins(10, 20, 3, 24), [10, 15, 20]);
/// assert_eq!(rolling_origins(10, 10, 3, 24), [10]);
/// ```
pub fn rolling_origins(from: usize, to: usize, count: usize, day: usize) -> Vec<usize> {
    if count <= 1 || to <= from {
        return vec![to.max(from)];
    }
    let mut spacing = ((to - from) as f64 / (count - 1) as f64).floor().max(1.0) as usize;
    // Whole days apart, every forecast would begin at the same hour.
    if spacing > 6 && spacing.is_multiple_of(day) {
        spacing -= (day / 5).clamp(1, spacing / 2);
    }
    let mut origins: Vec<usize> =
        (0..count).map_while(|k| to.checked_sub(k * spacing)).filter(|o| *o >= from).collect();
    origins.reverse();
    origins
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_stay_in_range_and_end_at_the_newest() {
        for (from, to, count, day) in [(5, 500, 7, 24), (0, 3, 10, 24), (100, 2_116, 8, 288)] {
            let origins = rolling_origins(from, to, count, day);
            assert!(origins.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(origins.len() <= count && origins[0] >= from);
            assert_eq!(*origins.last().unwrap(), to);
        }
    }

    #[test]
    fn hours_of_the_day_differ() {
        let origins = rolling_origins(0, 288 * 7, 8, 288);
        let hours: std::collections::BTreeSet<usize> = origins.iter().map(|o| o % 288).collect();
        assert!(hours.len() > 4, "{hours:?}");
    }
}
