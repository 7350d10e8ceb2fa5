//! Compare past forecasts with what came.

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{Forecast, Level, LoadSeries};

use super::work::Work;
use crate::accuracy::Accuracy;
use crate::board::Entry;
use crate::store::Store;

/// How far back forecasts are compared.
pub const COMPARED: TimeDelta = TimeDelta::days(7);

/// Evaluations that are looked at for two bad ones in a row: more than there are between two trainings.
pub const JUDGED: u32 = 200;

/// Fewer steps than this say nothing about drift.
const FEWEST_STEPS: usize = 60;

/// An 80 % interval that holds fewer than this share has lost touch with the load.
const LEAST_COVERAGE: f64 = 0.5;

/// How good the kept forecasts of the target of `entry` were; none while nothing can be compared.
///
/// # Errors
/// What was wrong, in words.
pub fn evaluate(
    work: &Work,
    entry: &Entry,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Option<Accuracy>, String> {
    let loaded = work.load(entry, now)?;
    let name = &entry.target.name;
    let kept = store.forecasts(name, now - COMPARED).map_err(|error| error.to_string())?;
    let Some(accuracy) = compare(&kept, &loaded.series, now) else { return Ok(None) };
    // What a model did before it was replaced says nothing about the new one.
    let trained = store.trained_at(name).map_err(|error| error.to_string())?;
    let since = kept.partition_point(|forecast| Some(forecast.origin()) < trained);
    let newest = compare(&kept[since..], &loaded.series, now);
    Ok(Some(Accuracy { drift: newest.as_ref().and_then(drift), ..accuracy }))
}

/// What is wrong with a model that did like this, if it should be replaced.
fn drift(accuracy: &Accuracy) -> Option<String> {
    if accuracy.steps < FEWEST_STEPS {
        return None;
    }
    if accuracy.coverage_80 < LEAST_COVERAGE {
        let share = accuracy.coverage_80 * 100.0;
        return Some(format!("{share:.0} % of the load within the 80 % interval"));
    }
    let skill = accuracy.skill.filter(|skill| *skill < 0.0)?;
    Some(format!("an error {:.0} % above that of repeating the season", -skill * 100.0))
}

/// The scores of `forecasts` against `actual`; none without a step in common.
fn compare(forecasts: &[Forecast], actual: &LoadSeries, now: DateTime<Utc>) -> Option<Accuracy> {
    let mut tally = Tally::default();
    let same_step = |forecast: &&Forecast| forecast.frequency() == actual.frequency();
    for forecast in forecasts.iter().filter(same_step) {
        let season = season(forecast, actual);
        for h in 0..forecast.steps() {
            if let Some(load) = value_at(actual, forecast.time_at(h)) {
                let naive = season.and_then(|span| value_at(actual, forecast.time_at(h) - span));
                tally.add(forecast, h, load, naive);
            }
        }
    }
    tally.accuracy(now)
}

/// What repeats: the week if the load is known for one before the forecast, else the day; always a whole number of
/// steps and long enough that nothing after the origin is looked at.
fn season(forecast: &Forecast, actual: &LoadSeries) -> Option<TimeDelta> {
    let span = forecast.frequency().span() * forecast.steps() as i32;
    let fits = |season: &TimeDelta| {
        *season >= span
            && season.num_seconds() % forecast.frequency().seconds() == 0
            && forecast.origin() - *season >= actual.start()
    };
    [TimeDelta::days(7), TimeDelta::days(1)].into_iter().find(fits)
}

fn value_at(series: &LoadSeries, at: DateTime<Utc>) -> Option<f64> {
    let index = usize::try_from(series.index_at(at)).ok()?;
    series.values().get(index).copied().filter(|value| !value.is_nan())
}

#[derive(Default)]
struct Tally {
    steps: usize,
    error: f64,
    within_80: usize,
    within_95: usize,
    with_naive: usize,
    error_with_naive: f64,
    naive_error: f64,
}

impl Tally {
    fn add(&mut self, forecast: &Forecast, h: usize, load: f64, naive: Option<f64>) {
        let error = (forecast.point(h) - load).abs();
        let within = |percent: f64| {
            let level = Level::new(percent).expect("80 and 95 are levels");
            let (low, high) = forecast.interval(h, level);
            usize::from((low..=high).contains(&load))
        };
        self.steps += 1;
        self.error += error;
        self.within_80 += within(80.0);
        self.within_95 += within(95.0);
        if let Some(naive) = naive {
            self.with_naive += 1;
            self.error_with_naive += error;
            self.naive_error += (naive - load).abs();
        }
    }

    fn accuracy(&self, made_at: DateTime<Utc>) -> Option<Accuracy> {
        let share = |count: usize| count as f64 / self.steps as f64;
        let naive = (self.with_naive > 0).then(|| self.naive_error / self.with_naive as f64);
        let skill =
            (self.naive_error > 0.0).then(|| 1.0 - self.error_with_naive / self.naive_error);
        (self.steps > 0).then(|| Accuracy {
            made_at,
            steps: self.steps,
            absolute_error: self.error / self.steps as f64,
            naive_error: naive,
            skill,
            coverage_80: share(self.within_80),
            coverage_95: share(self.within_95),
            drift: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use forescale::{Frequency, Quantiles};

    use super::*;

    fn hours(values: Vec<f64>) -> LoadSeries {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        LoadSeries::new(start, Frequency::from_seconds(3_600).unwrap(), values).unwrap()
    }

    /// A forecast of 4 steps from hour 24 on: a median of 10 between 8 and 12 at 10 % and 90 %.
    fn forecast() -> Forecast {
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        let origin = "2026-01-06T00:00:00Z".parse().unwrap();
        let hour = Frequency::from_seconds(3_600).unwrap();
        Forecast::new(origin, hour, quantiles, [8.0, 10.0, 12.0].repeat(4)).unwrap()
    }

    #[test]
    fn errors_coverage_and_skill_are_those_of_the_steps_that_came() {
        // The day before stood at 14; then came 10, 11, a gap and 14.
        let mut load = vec![14.0; 24];
        load.extend([10.0, 11.0, f64::NAN, 14.0]);
        let accuracy = compare(&[forecast()], &hours(load), DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(accuracy.steps, 3);
        assert!((accuracy.absolute_error - 5.0 / 3.0).abs() < 1e-12);
        assert!((accuracy.coverage_80 - 2.0 / 3.0).abs() < 1e-12);
        // The naive errors are 4, 3 and 0.
        assert!((accuracy.skill.unwrap() - (1.0 - 5.0 / 7.0)).abs() < 1e-12);
    }

    #[test]
    fn nothing_in_common_is_no_score() {
        assert_eq!(compare(&[forecast()], &hours(vec![1.0; 24]), DateTime::UNIX_EPOCH), None);
        assert_eq!(compare(&[], &hours(vec![1.0; 48]), DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn few_steps_or_a_good_forecast_are_no_drift() {
        let good = Accuracy {
            made_at: DateTime::UNIX_EPOCH,
            steps: 60,
            absolute_error: 1.0,
            naive_error: Some(2.0),
            skill: Some(0.5),
            coverage_80: 0.8,
            coverage_95: 0.95,
            drift: None,
        };
        assert_eq!(drift(&good), None);
        let worse = drift(&Accuracy { skill: Some(-0.1), ..good.clone() });
        assert_eq!(worse.unwrap(), "an error 10 % above that of repeating the season");
        let lost = drift(&Accuracy { coverage_80: 0.4, skill: None, ..good.clone() });
        assert_eq!(lost.unwrap(), "40 % of the load within the 80 % interval");
        assert_eq!(drift(&Accuracy { coverage_80: 0.4, steps: 59, ..good }), None);
    }
}
