//! Fewer points for a page: long histories keep their extremes, long forecasts their widest interval.

use crate::data::{ForecastRow, HistoryPoint};

/// At most about `budget` points: the newest half as they are, the older ones as the least and the largest of
/// each bucket, in the order in which they came. A bucket without a value is a gap.
pub(crate) fn thin_history(points: &[HistoryPoint], budget: usize) -> Vec<HistoryPoint> {
    if points.len() <= budget {
        return points.to_vec();
    }
    let (old, recent) = points.split_at(points.len() - budget / 2);
    let width = old.len().div_ceil((budget / 4).max(1));
    let mut thin: Vec<_> = old.chunks(width).flat_map(extremes).collect();
    thin.extend_from_slice(recent);
    thin
}

fn extremes(bucket: &[HistoryPoint]) -> Vec<HistoryPoint> {
    let present = || bucket.iter().filter_map(|point| Some((point, point.load?)));
    let least = present().min_by(|a, b| a.1.total_cmp(&b.1));
    let largest = present().max_by(|a, b| a.1.total_cmp(&b.1));
    let mut kept = match (least, largest) {
        (Some((least, _)), Some((largest, _))) => vec![*least, *largest],
        _ => vec![bucket[0]],
    };
    kept.sort_by_key(|point| point.time_ms);
    kept.dedup_by_key(|point| point.time_ms);
    kept
}

/// At most `budget` rows: those of a bucket become one, with the mean of their medians and the widest of
/// their intervals.
pub(crate) fn thin_forecast(rows: &[ForecastRow], budget: usize) -> Vec<ForecastRow> {
    let width = rows.len().div_ceil(budget).max(1);
    rows.chunks(width).map(widest).collect()
}

fn widest(bucket: &[ForecastRow]) -> ForecastRow {
    let mut row = bucket[0].clone();
    row.median = bucket.iter().map(|row| row.median).sum::<f64>() / bucket.len() as f64;
    for other in &bucket[1..] {
        for (bound, more) in row.intervals.iter_mut().zip(&other.intervals) {
            *bound = (bound.0.min(more.0), bound.1.max(more.1));
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(loads: impl IntoIterator<Item = Option<f64>>) -> Vec<HistoryPoint> {
        let numbered = loads.into_iter().enumerate();
        numbered.map(|(i, load)| HistoryPoint { time_ms: i as i64, load }).collect()
    }

    #[test]
    fn a_short_history_stays_as_it_is() {
        let short = points([Some(1.0), None, Some(3.0)]);
        assert_eq!(thin_history(&short, 10), short);
    }

    #[test]
    fn a_long_history_keeps_its_spike_and_its_gap() {
        let load = |i: usize| match i {
            400 => Some(99.0),
            200..300 => None,
            _ => Some(1.0 + (i % 7) as f64),
        };
        let thin = thin_history(&points((0..1_000).map(load)), 100);
        assert!(thin.len() <= 101, "{}", thin.len());
        assert!(thin.iter().any(|point| point.load == Some(99.0)));
        assert!(thin.iter().any(|point| point.load.is_none()));
        assert!(thin.is_sorted_by_key(|point| point.time_ms));
        assert_eq!(thin.last().map(|point| point.time_ms), Some(999));
    }

    #[test]
    fn rows_of_a_long_forecast_are_merged_into_the_widest() {
        let row =
            |time_ms, median, interval| ForecastRow { time_ms, median, intervals: vec![interval] };
        let rows = [row(0, 2.0, (1.0, 3.0)), row(1, 4.0, (2.0, 6.0)), row(2, 5.0, (4.0, 6.0))];
        let thin = thin_forecast(&rows, 2);
        assert_eq!(thin, [row(0, 3.0, (1.0, 6.0)), row(2, 5.0, (4.0, 6.0))]);
        assert!(thin_forecast(&[], 2).is_empty());
    }
}
