//! Short and odd histories: each gets a sensible answer, and says when there is little to go by.

use chrono::{DateTime, Utc};
use forescale::{EngineOptions, Forecast, Frequency, LoadSeries, Quantiles, horizon, train};

/// Steps of a day, 15 minutes each.
const DAY: usize = 96;

const HOUR: usize = 4;

/// A day ahead: the quantiles 0.025, 0.1, 0.5, 0.9 and 0.975 of each step, and what was said on the way.
struct Answer {
    rows: Vec<[f64; 5]>,
    notes: Vec<String>,
}

impl Answer {
    fn of(load: Vec<f64>) -> Self {
        let signed = load.iter().any(|y| *y < 0.0);
        let series = series(load);
        let options = EngineOptions::default();
        let model = train(&series, &options).unwrap();
        let quantiles = Quantiles::new([0.025, 0.1, 0.5, 0.9, 0.975]).unwrap();
        let steps = horizon(options.horizon, series.frequency()).unwrap();
        let predicted = model.forecast_with_notes(&series, steps, &quantiles).unwrap();
        let rows = rows(&predicted.forecast);
        for row in &rows {
            assert!(row.iter().all(|y| y.is_finite()) && row.is_sorted(), "{row:?}");
            assert!(signed || row[0] >= 0.0, "no load is below zero: {row:?}");
        }
        let notes = [model.card().degraded.clone(), predicted.notes].concat();
        Self { rows, notes }
    }

    fn mean(&self, quantile: usize) -> f64 {
        self.rows.iter().map(|row| row[quantile]).sum::<f64>() / self.rows.len() as f64
    }

    fn median(&self) -> f64 {
        self.mean(2)
    }

    fn width(&self) -> f64 {
        self.mean(3) - self.mean(1)
    }

    fn largest(&self, quantile: usize) -> f64 {
        self.rows.iter().map(|row| row[quantile]).fold(0.0, f64::max)
    }

    fn says(&self, text: &str) -> bool {
        self.notes.iter().any(|note| note.contains(text))
    }
}

fn rows(forecast: &Forecast) -> Vec<[f64; 5]> {
    let row = |h| forecast.row(h).try_into().expect("five quantiles were asked for");
    (0..forecast.steps()).map(row).collect()
}

fn series(load: Vec<f64>) -> LoadSeries {
    let monday: DateTime<Utc> = "2026-01-05T00:00:00Z".parse().unwrap();
    LoadSeries::new(monday, Frequency::from_seconds(900).unwrap(), load).unwrap()
}

/// A number in [0, 1) that looks like chance and is the same every time.
fn noise(step: usize) -> f64 {
    chance(step as u64)
}

/// Another one.
fn other_noise(step: usize) -> f64 {
    chance(step as u64 + 1_000_000)
}

fn chance(seed: u64) -> f64 {
    let mut z = (seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Days about 100, from 40 at midnight to 160 at noon, with a tenth of noise.
fn days(steps: usize) -> Vec<f64> {
    let day = |step| 100.0 - 60.0 * (std::f64::consts::TAU * step as f64 / DAY as f64).cos();
    (0..steps).map(|step| day(step) * (0.95 + 0.1 * noise(step))).collect()
}

/// The mean over the next day of how far the median is from what would be usual, over the mean load.
fn miss(answer: &Answer, usual: &[f64]) -> f64 {
    let apart = |(row, usual): (&[f64; 5], &f64)| (row[2] - usual).abs();
    let total: f64 = answer.rows.iter().zip(usual).map(apart).sum();
    total / usual.iter().sum::<f64>()
}

/// The day after `steps` steps of [`days`].
fn day_after(steps: usize) -> Vec<f64> {
    days(steps + DAY).split_off(steps)
}

#[test]
fn three_hours_say_the_level_and_little_else() {
    let answer = Answer::of((0..3 * HOUR).map(|step| 50.0 + 10.0 * noise(step)).collect());
    assert!((45.0..=65.0).contains(&answer.median()), "{}", answer.median());
    assert!(answer.largest(3) <= 120.0, "{}", answer.largest(3));
    assert!(answer.says("3h only"), "{:?}", answer.notes);
    assert!(answer.says("too short for a backtest"), "{:?}", answer.notes);
}

#[test]
fn half_a_day_is_not_taken_for_a_trend_without_end() {
    let answer = Answer::of(days(12 * HOUR));
    assert!(answer.says("12h only"), "{:?}", answer.notes);
    assert!((40.0..=170.0).contains(&answer.median()), "{}", answer.median());
    assert!(answer.largest(3) <= 2.0 * 168.0, "{}", answer.largest(3));
    assert!(answer.width() >= 20.0, "nobody knows the night: {}", answer.width());
}

#[test]
fn one_day_is_expected_again() {
    let answer = Answer::of(days(DAY));
    assert!(answer.says("1d only"), "{:?}", answer.notes);
    assert!(miss(&answer, &day_after(DAY)) < 0.25, "{}", miss(&answer, &day_after(DAY)));
}

#[test]
fn three_days_are_known_well() {
    let answer = Answer::of(days(3 * DAY));
    assert!(miss(&answer, &day_after(3 * DAY)) < 0.1, "{}", miss(&answer, &day_after(3 * DAY)));
    assert!(answer.width() < 60.0, "{}", answer.width());
}

#[test]
fn intervals_widen_with_less_history() {
    let [weeks, days, day] = [14 * DAY, 3 * DAY, DAY].map(|steps| Answer::of(days(steps)).width());
    // Where every day is alike, three of them show how far the load strays nearly as well as fourteen.
    assert!(days > 0.8 * weeks, "three days {days}, two weeks {weeks}");
    assert!(day > 2.0 * days, "a day {day}, three days {days}");
}

#[test]
fn a_service_that_sleeps_most_of_the_time_keeps_room_for_its_bursts() {
    let burst = |step| if other_noise(step) < 0.05 { 100.0 + 50.0 * noise(step) } else { 0.0 };
    let answer = Answer::of((0..14 * DAY).map(burst).collect());
    assert!(answer.largest(2) <= 5.0, "the median of 95 % zeros: {}", answer.largest(2));
    assert!(answer.mean(4) > 5.0, "bursts come one time in twenty: {}", answer.mean(4));
    assert!(answer.largest(4) <= 300.0, "{}", answer.largest(4));
}

#[test]
fn nothing_stays_nothing() {
    for steps in [3 * HOUR, DAY, 14 * DAY] {
        let answer = Answer::of(vec![0.0; steps]);
        assert!(answer.largest(2) == 0.0, "{}", answer.largest(2));
        assert!(answer.says("zero"), "{:?}", answer.notes);
    }
}

#[test]
fn a_constant_stays_constant() {
    for steps in [3 * HOUR, DAY, 14 * DAY] {
        let answer = Answer::of(vec![42.0; steps]);
        for row in &answer.rows {
            assert!((row[2] - 42.0).abs() <= 0.5 && row[3] <= 1.5 * 42.0, "{steps} {row:?}");
        }
        assert!(answer.says("42 throughout"), "{:?}", answer.notes);
    }
}

#[test]
fn small_counts_are_forecast_between_the_counts() {
    // Poisson with a mean of 1.5, by its cumulative probabilities.
    let cumulative = [0.223, 0.558, 0.809, 0.934, 0.981];
    let count = |step| cumulative.iter().filter(|p| noise(step) > **p).count() as f64;
    let answer = Answer::of((0..14 * DAY).map(count).collect());
    assert!((0.8..=2.0).contains(&answer.median()), "{}", answer.median());
    assert!((2.0..=4.5).contains(&answer.mean(3)), "9 of 10 are at most 3: {}", answer.mean(3));
    assert!(answer.mean(1) <= 0.7, "1 of 5 is zero: {}", answer.mean(1));
}

#[test]
fn rare_bursts_do_not_lift_the_usual_load() {
    let mut load: Vec<f64> = (0..14 * DAY).map(|step| 20.0 + 4.0 * noise(step)).collect();
    [200, 467, 701, 940, 1_180].iter().for_each(|step| load[*step] = 1_000.0);
    let answer = Answer::of(load);
    assert!(answer.largest(2) <= 30.0, "{}", answer.largest(2));
    assert!(answer.mean(3) <= 60.0, "{}", answer.mean(3));
}

#[test]
fn a_service_that_wakes_up_is_expected_to_stay_awake() {
    let mut load: Vec<f64> = (0..8 * DAY).map(|step| 0.02 * noise(step)).collect();
    load.extend(days(10 * DAY).split_off(8 * DAY));
    let answer = Answer::of(load);
    assert!((50.0..=150.0).contains(&answer.median()), "{}", answer.median());
    assert!(answer.largest(4) <= 3.0 * 168.0, "{}", answer.largest(4));
}

#[test]
fn the_new_level_holds_after_a_shift() {
    for factor in [5.0, 0.2] {
        let mut load = days(14 * DAY);
        load[12 * DAY..].iter_mut().for_each(|y| *y *= factor);
        let answer = Answer::of(load);
        let usual: Vec<f64> = day_after(14 * DAY).iter().map(|y| y * factor).collect();
        assert!(miss(&answer, &usual) < 0.25, "{factor}: {}", miss(&answer, &usual));
    }
}

#[test]
fn a_day_without_service_is_not_expected_again() {
    let mut load = days(14 * DAY);
    load[12 * DAY + 50..13 * DAY + 50].fill(0.0);
    let answer = Answer::of(load);
    assert!(miss(&answer, &day_after(14 * DAY)) < 0.15, "{}", miss(&answer, &day_after(14 * DAY)));
    let mut load = days(14 * DAY);
    load[13 * DAY..14 * DAY - HOUR].fill(0.0);
    let answer = Answer::of(load);
    assert!(miss(&answer, &day_after(14 * DAY)) < 0.25, "{}", miss(&answer, &day_after(14 * DAY)));
}

#[test]
fn an_outage_that_goes_on_is_said() {
    let mut load = days(14 * DAY);
    load[14 * DAY - 3 * HOUR..].fill(0.0);
    let answer = Answer::of(load);
    assert!(answer.says("near nothing since 2026-01-18T21:00:00Z"), "{:?}", answer.notes);
    assert!(answer.median() > 30.0, "it will end: {}", answer.median());
}

#[test]
fn a_day_unlike_any_before_is_said() {
    let mut load = days(14 * DAY);
    load[13 * DAY..].iter_mut().for_each(|y| *y *= 2.5);
    let answer = Answer::of(load);
    assert!(answer.says("2026-01-18 is unlike any day before"), "{:?}", answer.notes);
    assert!((80.0..=275.0).contains(&answer.median()), "{}", answer.median());
}

#[test]
fn a_short_history_that_rises_is_not_carried_to_the_sky() {
    let answer = Answer::of((0..DAY).map(|step| 50.0 + step as f64).collect());
    assert!((90.0..=260.0).contains(&answer.median()), "{}", answer.median());
    assert!(answer.largest(4) <= 3.0 * 145.0, "{}", answer.largest(4));
}

#[test]
fn a_ceiling_that_load_stood_at_every_day_is_kept_to() {
    let load: Vec<f64> = days(14 * DAY).iter().map(|y| y.min(120.0)).collect();
    let answer = Answer::of(load);
    assert!(answer.largest(2) <= 125.0, "{}", answer.largest(2));
    assert!(answer.largest(4) <= 170.0, "{}", answer.largest(4));
}

#[test]
fn a_load_below_zero_is_forecast_below_zero() {
    let answer = Answer::of(days(14 * DAY).iter().map(|y| y - 100.0).collect());
    let usual: Vec<f64> = day_after(14 * DAY).iter().map(|y| y - 100.0).collect();
    let apart = answer.rows.iter().zip(&usual).map(|(row, usual)| (row[2] - usual).abs());
    assert!(apart.sum::<f64>() / (DAY as f64) < 10.0);
}

#[test]
fn half_of_the_history_missing_is_said_and_survived() {
    let mut load = days(14 * DAY);
    load[4 * DAY..12 * DAY].fill(f64::NAN);
    let answer = Answer::of(load);
    assert!(answer.says("57 % of the history is missing"), "{:?}", answer.notes);
    assert!(miss(&answer, &day_after(14 * DAY)) < 0.2, "{}", miss(&answer, &day_after(14 * DAY)));
}
