//! What the walk should say on loads whose law is known, and what it must not know.

use forescale_core::{Frequency, Outlook};

use super::MinuteOutlook;
use crate::testing::{Noise, history};

const DAY: usize = 1_440;
const AHEAD: usize = 6;

fn minute() -> Frequency {
    Frequency::from_seconds(60).unwrap()
}

fn outlook(step_seconds: i64, values: &[f64]) -> MinuteOutlook {
    MinuteOutlook::new(&history(step_seconds, values), minute(), AHEAD).unwrap()
}

/// A wave a day with noise in proportion to it.
fn noisy_wave(steps: usize, steps_per_day: usize) -> Vec<f64> {
    let mut noise = Noise::new(7);
    let load = |i: usize| {
        let angle = std::f64::consts::TAU * (i % steps_per_day) as f64 / steps_per_day as f64;
        (100.0 - 50.0 * angle.cos()) * (1.0 + 0.1 * noise.next())
    };
    (0..steps).map(load).collect()
}

/// Everything that is said after `known` steps.
fn said(outlook: &MinuteOutlook, known: usize) -> Vec<f64> {
    let of = |h: usize| {
        let quantiles = [0.5, 0.01, 1e-4].map(|p| outlook.quantile(known, h, p).unwrap());
        quantiles.into_iter().chain([outlook.expected_error(known, h).unwrap()])
    };
    (1..=AHEAD).flat_map(of).collect()
}

#[test]
fn what_comes_later_changes_nothing_that_was_said() {
    for (step_seconds, steps_per_day) in [(60, DAY), (300, 288)] {
        let values = noisy_wave(4 * steps_per_day, steps_per_day);
        let before = outlook(step_seconds, &values);
        let known = 3 * steps_per_day + 77;
        let mut other = values.clone();
        other[known..].iter_mut().for_each(|y| *y = 1e4 - *y);
        let after = outlook(step_seconds, &other);
        let minutes = |steps: usize| steps * step_seconds as usize / 60;
        for moment in minutes(known) - 200..=minutes(known) {
            assert_eq!(said(&before, moment), said(&after, moment), "{moment}");
        }
        let later = minutes(known + 1);
        assert_ne!(said(&before, later), said(&after, later));
    }
}

#[test]
fn a_walk_in_pieces_says_the_same() {
    let values = noisy_wave(3 * DAY, DAY);
    let whole = outlook(60, &values);
    let mut pieces = outlook(60, &values[..DAY]);
    for end in [DAY + 1, DAY + 2, 2 * DAY + 5, 3 * DAY] {
        pieces.advance(&history(60, &values[..end]));
        assert_eq!(said(&pieces, end), said(&whole, end));
    }
    assert_eq!(said(&pieces, DAY), said(&whole, DAY));
}

#[test]
fn a_quantile_is_exceeded_as_often_as_it_says() {
    let values = noisy_wave(12 * DAY, DAY);
    let outlook = outlook(60, &values);
    for exceeded in [0.1, 0.01] {
        let over =
            |known: &usize| values[known + 2] > outlook.quantile(*known, 3, exceeded).unwrap();
        let all = 4 * DAY..values.len() - 2;
        let share = all.clone().filter(over).count() as f64 / all.len() as f64;
        assert!((share / exceeded - 1.0).abs() < 0.3, "{share} of {exceeded}");
    }
}

#[test]
fn less_probable_is_never_lower() {
    let outlook = outlook(60, &noisy_wave(3 * DAY, DAY));
    for known in (1..3 * DAY).step_by(97) {
        let at = [0.9, 0.5, 0.1, 1e-2, 1e-3, 1e-4, 1e-6];
        let values = at.map(|p| outlook.quantile(known, 2, p).unwrap());
        assert!(values.is_sorted() && values[0] >= 0.0, "{known}: {values:?}");
    }
}

#[test]
fn a_job_that_recurs_is_expected_in_its_minutes() {
    let mut noise = Noise::new(5);
    let job = |i: usize| if i % 60 < 5 { 200.0 } else { 0.0 };
    let values: Vec<f64> = (0..6 * DAY).map(|i| 20.0 + job(i) + noise.next().abs()).collect();
    let outlook = outlook(60, &values);
    // Minute 54 is the last one known: the sixth step ahead is the first of the job.
    let known = 5 * DAY + 55;
    let high = |h: usize| outlook.quantile(known, h, 0.001).unwrap();
    assert!(high(1) < 60.0 && high(3) < 60.0 && high(6) > 150.0, "{:?}", [1, 3, 6].map(high));
}

#[test]
fn a_longer_step_is_known_once_it_has_begun_to_be_seen() {
    let values = noisy_wave(4 * 288, 288);
    let outlook = outlook(300, &values);
    let (low, high) = (
        |known, h| outlook.quantile(known, h, 0.5).unwrap(),
        |known, h| outlook.quantile(known, h, 0.001).unwrap(),
    );
    // Five minutes of step 600 are the minutes 3000 to 3004.
    for known in 3_001..=3_005 {
        for minute in known..3_005 {
            assert_eq!(high(known, minute + 1 - known), values[600]);
        }
        let next = 3_005 + 1 - known;
        assert!(high(known, next) > low(known, next));
        assert_eq!(high(known, next), high(3_001, 5));
    }
    assert!(high(3_000, 1) > low(3_000, 1));
}

#[test]
fn gaps_and_standstill_leave_numbers() {
    let mut values = noisy_wave(4 * DAY, DAY);
    values[DAY..DAY + 300].fill(f64::NAN);
    values[2 * DAY..2 * DAY + 400].fill(0.0);
    let gaps = outlook(60, &values);
    let still = outlook(60, &[0.0; 3 * DAY]);
    let numbers = |outlook: &MinuteOutlook| {
        (1..3 * DAY).step_by(31).all(|known| said(outlook, known).iter().all(|x| x.is_finite()))
    };
    assert!(numbers(&gaps) && numbers(&still));
}

#[test]
fn a_service_that_begins_late_is_not_taken_for_a_still_one() {
    let mut values = vec![0.0; 6 * DAY];
    values.extend(noisy_wave(2 * DAY, DAY));
    let outlook = outlook(60, &values);
    let known = 6 * DAY + 90..values.len();
    let over = known.clone().filter(|k| values[*k] > outlook.quantile(*k, 1, 0.01).unwrap());
    let share = over.count() as f64 / known.len() as f64;
    assert!(share < 0.02, "{share}");
}

#[test]
fn what_it_cannot_do_is_named() {
    let history = history(90, &[1.0; 100]);
    let error = MinuteOutlook::new(&history, minute(), AHEAD).unwrap_err();
    assert!(error.to_string().ends_with("steps of 90 seconds are not whole steps of 60"));
    let outlook = outlook(60, &[1.0; 100]);
    let message = |known, h| outlook.quantile(known, h, 0.1).unwrap_err().to_string();
    assert!(message(0, 1).ends_with("it knows 1 to 100 steps"));
    assert!(message(101, 1).ends_with("it knows 1 to 100 steps"));
    assert!(message(50, 7).ends_with("7 steps are too far ahead"));
}
