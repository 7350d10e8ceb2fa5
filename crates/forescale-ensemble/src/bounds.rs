//! No forecast leaves the engine that history and its growth cannot justify.

use forescale_core::{Forecast, ForecastError, History};

/// How far above the largest load seen a quantile may stand, by probability.
const REACH: [(f64, f64); 4] = [(0.5, 1.2), (0.9, 1.5), (0.975, 2.0), (1.0, 3.0)];

/// No more growth than this, week over week, is carried on.
const MOST_GROWTH: f64 = 2.0;

/// Holds a forecast within what `history` can justify; says how many steps had to be held back.
///
/// A quantile may stand above the largest load seen by a factor that grows from 1.2 (the median) to 3 (beyond
/// 0.975), times the growth of the last week over the one before. Load that never was negative is never forecast
/// negative.
pub(crate) fn justified(
    history: &History,
    forecast: Forecast,
) -> Result<(Forecast, usize), ForecastError> {
    let (low, high) = history
        .series()
        .present()
        .fold((f64::INFINITY, 0.0_f64), |(low, high), y| (low.min(y), high.max(y.abs())));
    let growth = growth(history);
    let levels = forecast.quantiles().as_slice().to_vec();
    let caps: Vec<f64> = levels.iter().map(|p| high * reach(*p) * growth).collect();
    let mut held = 0;
    let forecast = forecast.map_rows(|_, row| {
        let before = row[row.len() - 1];
        for (value, cap) in row.iter_mut().zip(&caps) {
            let floor = if low >= 0.0 { 0.0 } else { -cap };
            *value = value.clamp(floor, *cap);
        }
        held += usize::from(row[row.len() - 1] < before);
    })?;
    Ok((forecast, held))
}

fn reach(p: f64) -> f64 {
    let above = REACH.partition_point(|(level, _)| *level < p);
    if above == 0 {
        return REACH[0].1;
    }
    let ((p0, r0), (p1, r1)) = (REACH[above - 1], REACH[above.min(REACH.len() - 1)]);
    if p1 > p0 { r0 + (r1 - r0) * (p - p0) / (p1 - p0) } else { r1 }
}

/// Mean of the last week over the mean of the week before, between 1 and [`MOST_GROWTH`].
fn growth(history: &History) -> f64 {
    let values = history.series().values();
    let week = 7 * history.series().frequency().steps_per_day();
    if values.len() < 2 * week {
        return 1.0;
    }
    let mean = |part: &[f64]| {
        forescale_core::metrics::mean(part.iter().copied().filter(|value| !value.is_nan()))
    };
    let newest = mean(&values[values.len() - week..]);
    let before = mean(&values[values.len() - 2 * week..values.len() - week]);
    match (newest, before) {
        (Some(newest), Some(before)) if before > 0.0 => (newest / before).clamp(1.0, MOST_GROWTH),
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use forescale_core::{Frequency, LoadSeries, Quantiles};

    #[test]
    fn a_quantile_far_above_all_that_was_seen_is_held_back() {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let step = Frequency::from_seconds(3_600).unwrap();
        let series = LoadSeries::new(start, step, vec![1.0, 10.0]).unwrap();
        let history = History::new(series, Arc::default());
        let quantiles = Quantiles::new([0.1, 0.9, 0.975]).unwrap();
        let values = vec![-3.0, 5.0, 40.0, 900.0, 1.0, 5.0, 8.0, 9.0];
        let forecast = Forecast::new(history.origin(), step, quantiles, values).unwrap();
        let (forecast, held) = justified(&history, forecast).unwrap();
        assert_eq!(forecast.row(0), [0.0, 5.0, 15.0, 20.0]);
        assert_eq!(forecast.row(1), [1.0, 5.0, 8.0, 9.0]);
        assert_eq!(held, 1);
    }

    #[test]
    fn the_reach_grows_with_the_probability() {
        assert_eq!((reach(0.1), reach(0.5), reach(0.9)), (1.2, 1.2, 1.5));
        assert!((reach(0.7) - 1.35).abs() < 1e-12 && reach(0.999) > 2.9);
    }
}
