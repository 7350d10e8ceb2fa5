use super::*;
use forescale_core::{Calendar, Event, Frequency};

/// Steps of a day; 2026-01-05 is a Monday.
const DAY: usize = 96;

fn history_of(values: Vec<f64>, calendar: Calendar) -> History {
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(900).unwrap();
    History::new(LoadSeries::new(start, step, values).unwrap(), Arc::new(calendar))
}

fn history(values: Vec<f64>) -> History {
    history_of(values, Calendar::default())
}

/// Days with a peak at noon, quiet weekends, and noise of a tenth.
fn days(count: usize) -> Vec<f64> {
    let at = |step: usize| {
        let day = 100.0 - 60.0 * (std::f64::consts::TAU * step as f64 / DAY as f64).cos();
        let week = if step / DAY % 7 < 5 { 1.0 } else { 0.6 };
        // The fractional parts of multiples of an irrational number look like noise and need no generator.
        day * week * (0.9 + 0.2 * (step as f64 * 0.754_877_666).fract())
    };
    (0..count * DAY).map(at).collect()
}

fn found(history: &History) -> Vec<Finding> {
    Unusual::of(history).findings().to_vec()
}

fn only(history: &History) -> Finding {
    let found = found(history);
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

#[test]
fn ordinary_days_are_not_unusual() {
    for count in [1, 2, 3, 5, 7, 14, 28, 100] {
        let history = history(days(count));
        assert_eq!(found(&history), [], "{count} days");
        assert!(Unusual::of(&history).weights().iter().all(|weight| *weight == 1.0));
    }
}

#[test]
fn growth_is_no_shift() {
    let mut values = days(28);
    values.iter_mut().enumerate().for_each(|(i, y)| *y *= 1.02_f64.powf(i as f64 / DAY as f64));
    assert_eq!(found(&history(values)), []);
}

#[test]
fn a_shift_is_found_at_its_hour_with_its_factor() {
    for (factor, at) in [(1.8, 15 * DAY + 56), (0.5, 20 * DAY), (5.0, 26 * DAY)] {
        let mut values = days(28);
        values[at..].iter_mut().for_each(|y| *y *= factor);
        let history = history(values);
        let shift = only(&history);
        assert_eq!(shift.kind, Kind::LevelShift);
        assert!((shift.factor.unwrap() / factor - 1.0).abs() < 0.05, "{shift:?}");
        assert!(shift.steps.start.abs_diff(at) <= 4 && shift.steps.end == 28 * DAY, "{shift:?}");
        let unusual = Unusual::of(&history);
        assert_eq!((unusual.weights()[at - 8], unusual.weights()[at + 8]), (0.3, 1.0));
    }
}

#[test]
fn a_shift_on_the_newest_weekend_is_no_matter_of_the_weekend() {
    for factor in [5.0, 0.2] {
        let mut values = days(14);
        values[12 * DAY..].iter_mut().for_each(|y| *y *= factor);
        let shift = only(&history(values));
        assert!((shift.factor.unwrap() / factor - 1.0).abs() < 0.05, "{shift:?}");
        assert_eq!(shift.steps.start, 12 * DAY);
    }
}

#[test]
fn days_before_a_shift_count_again_when_the_level_returns() {
    let mut values = days(28);
    values[10 * DAY..18 * DAY].iter_mut().for_each(|y| *y *= 2.0);
    let history = history(values);
    let kinds: Vec<Kind> = found(&history).iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::LevelShift, Kind::LevelShift]);
    let unusual = Unusual::of(&history);
    let counts = [5, 14, 24].map(|day| unusual.weights()[day * DAY]);
    assert_eq!(counts, [1.0, 0.3, 1.0]);
}

#[test]
fn days_before_a_fresh_shift_are_brought_to_its_level() {
    for factor in [5.0, 0.2] {
        let mut values = days(14);
        values[12 * DAY..].iter_mut().for_each(|y| *y *= factor);
        let history = history(values);
        let leveled = Unusual::of(&history).leveled(&history).unwrap();
        let apart = leveled.series().values().iter().zip(days(14));
        assert!(apart.into_iter().all(|(y, day)| (y / (day * factor) - 1.0).abs() < 0.1));
        assert_eq!(found(&leveled), []);
    }
}

#[test]
fn a_load_that_goes_flat_at_another_level_is_another_load() {
    let mut values = days(14);
    values[12 * DAY..].iter_mut().for_each(|y| *y = 300.0 + 0.01 * *y);
    let history = history(values);
    assert_eq!(only(&history).kind, Kind::LevelShift);
    assert!(Unusual::of(&history).leveled(&history).is_none());
}

#[test]
fn a_level_that_came_back_stays_as_it_was() {
    let mut values = days(28);
    values[15 * DAY..25 * DAY].iter_mut().for_each(|y| *y *= 3.0);
    let history = history(values);
    let leveled = Unusual::of(&history).leveled(&history).unwrap();
    let apart = leveled.series().values().iter().zip(days(28));
    assert!(apart.into_iter().all(|(y, day)| (y / day - 1.0).abs() < 0.1));
    let now = |days: usize| history.as_of(days * DAY).unwrap();
    assert!(Unusual::of(&now(23)).leveled(&now(23)).is_none(), "a week after the shift");
}

#[test]
fn an_outage_is_left_out_and_the_rest_of_its_day_is_not() {
    let outage = 16 * DAY + 40..16 * DAY + 60;
    let mut values = days(28);
    values[outage.clone()].fill(0.0);
    let history = history(values);
    let finding = only(&history);
    assert_eq!((finding.kind, finding.steps.clone()), (Kind::Outage, outage.clone()));
    assert_eq!(finding.factor, Some(0.0));
    let unusual = Unusual::of(&history);
    let counts = [16 * DAY, outage.start, 17 * DAY].map(|step| unusual.weights()[step]);
    assert_eq!(counts, [1.0, 0.0, 1.0]);
    let without = unusual.without_outages(&history).unwrap();
    assert_eq!(without.series().gaps(), outage.len());
    assert_eq!(unusual.outage_now(), None);
}

#[test]
fn a_whole_day_without_load_is_an_outage_too() {
    let mut values = days(9);
    values[8 * DAY - 2 * DAY..8 * DAY - DAY].fill(0.0);
    assert_eq!(only(&history(values)).kind, Kind::Outage);
}

#[test]
fn the_newest_hours_of_a_short_history_are_looked_at_too() {
    let mut values = days(14);
    values[13 * DAY..].iter_mut().for_each(|y| *y *= 2.5);
    assert!(Unusual::of(&history(values)).newest_day().is_some());
    let mut values = days(14);
    values[14 * DAY - 12..].fill(0.0);
    assert!(Unusual::of(&history(values)).outage_now().is_some());
}

#[test]
fn an_outage_that_goes_on_is_said_and_kept() {
    let mut values = days(15);
    values[15 * DAY - 50..].fill(1.0);
    let history = history(values);
    let unusual = Unusual::of(&history);
    assert_eq!(unusual.outage_now().map(|outage| outage.steps.start), Some(15 * DAY - 50));
    assert!(unusual.without_outages(&history).is_none());
}

#[test]
fn a_service_that_often_rests_has_no_outages() {
    let burst = |step: usize| if step.is_multiple_of(5) { 20.0 } else { 0.0 };
    assert_eq!(found(&history((0..14 * DAY).map(burst).collect())), []);
    let nights = |step: usize| if step % DAY < 40 { 0.0 } else { 10.0 };
    assert_eq!(found(&history((0..14 * DAY).map(nights).collect())), []);
    // About one step in eight is zero, by chance.
    let few = |step: usize| (step as f64 * 0.754_877_666).fract() * 4.0;
    assert_eq!(found(&history((0..14 * DAY).map(|step| few(step).floor()).collect())), []);
}

#[test]
fn an_odd_day_is_named_and_counts_little() {
    let mut values = days(28);
    values[16 * DAY..17 * DAY].iter_mut().for_each(|y| *y *= 1.9);
    let history = history(values);
    let odd = only(&history);
    assert_eq!((odd.kind, odd.steps.clone()), (Kind::OddDay, 16 * DAY..17 * DAY));
    assert!((odd.factor.unwrap() - 1.9).abs() < 0.1);
    assert_eq!(Unusual::of(&history).weights()[16 * DAY], 0.2);
    assert_eq!(Unusual::of(&history).newest_day(), None);
}

#[test]
fn one_spike_makes_no_odd_day() {
    let mut values = days(28);
    values[16 * DAY + 30] *= 300.0;
    assert_eq!(found(&history(values)), []);
}

#[test]
fn a_working_day_like_a_weekend_is_named_as_such() {
    let mut values = days(28);
    values[16 * DAY..17 * DAY].iter_mut().for_each(|y| *y *= 0.6);
    assert_eq!(only(&history(values)).kind, Kind::LikeDayOff);
}

#[test]
fn the_newest_day_unlike_any_other_is_named_and_counts() {
    let mut values = days(17);
    values.truncate(16 * DAY + 60);
    values[16 * DAY..].iter_mut().for_each(|y| *y *= 3.0);
    let history = history(values);
    let unusual = Unusual::of(&history);
    assert!((unusual.newest_day().unwrap().factor.unwrap() - 3.0).abs() < 0.3);
    assert_eq!(unusual.weights()[16 * DAY], 1.0);
    let warnings = unusual.warnings(&history);
    let expected = "2026-01-21 is unlike any day before, with 3.0 times the usual load";
    assert!(warnings[0].starts_with(expected), "{warnings:?}");
}

#[test]
fn a_day_with_a_known_event_is_not_odd() {
    let mut values = days(28);
    values[16 * DAY..17 * DAY].iter_mut().for_each(|y| *y *= 1.9);
    let (start, end) = ("2026-01-21T00:00:00Z", "2026-01-22T00:00:00Z");
    let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
    let event = Event { start, end, kind: "campaign".to_owned(), factor: None };
    let calendar = Calendar { events: vec![event], ..Calendar::default() };
    assert_eq!(found(&history_of(values, calendar)), []);
}

#[test]
fn a_day_off_is_named_with_what_it_did() {
    let mut values = days(28);
    values[16 * DAY..17 * DAY].iter_mut().for_each(|y| *y *= 0.3);
    let date = "2026-01-21".parse().unwrap();
    let holidays = vec![forescale_core::Holiday { date, name: "Founders' Day".to_owned() }];
    let calendar = Calendar { holidays, ..Calendar::default() };
    let found = found(&history_of(values, calendar));
    let day_off = found.iter().find(|finding| finding.kind == Kind::DayOff).unwrap();
    assert!((day_off.factor.unwrap() - 0.3).abs() < 0.02, "{day_off:?}");
}

#[test]
fn a_hole_is_named() {
    let mut values = days(14);
    values[300..310].fill(f64::NAN);
    values[500] = f64::NAN;
    let history = history(values);
    let hole = only(&history);
    assert_eq!((hole.kind, hole.steps), (Kind::Hole, 300..310));
    assert_eq!(gaps(history.series()), [300..310, 500..501]);
}

#[test]
fn loads_below_zero_and_odd_steps_are_survived() {
    assert_eq!(found(&history(days(9).iter().map(|y| y - 90.0).collect())), []);
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    for seconds in [1, 7_000, 86_400, 604_800] {
        let step = Frequency::from_seconds(seconds).unwrap();
        let series = LoadSeries::new(start, step, days(20)).unwrap();
        let weights = Unusual::of(&History::new(series, Arc::default())).weights().to_vec();
        assert!(weights.iter().all(|weight| (0.0..=1.0).contains(weight)), "{seconds} s");
    }
}

#[test]
fn a_load_that_stops_for_good_is_a_shift_and_no_outage() {
    let mut values = days(16);
    values[12 * DAY..].fill(0.0);
    let kinds: Vec<Kind> = found(&history(values)).iter().map(|finding| finding.kind).collect();
    assert_eq!(kinds, [Kind::LevelShift]);
}

#[test]
fn a_service_of_wild_hours_has_no_outages() {
    // Every third hour is idle, at another time each day.
    let wild = |step: usize| if (step / 4 * 7 + step / DAY * 5) % 11 < 4 { 0.0 } else { 10.0 };
    let found = found(&history((0..28 * DAY).map(wild).collect()));
    assert!(found.iter().all(|finding| finding.kind != Kind::Outage), "{found:?}");
}

#[test]
fn a_few_missing_requests_are_no_outage() {
    // About one request an hour: none for three hours is chance.
    let values = (0..14 * DAY).map(|step| f64::from(u8::from(step % 4 == 1)));
    let mut values: Vec<f64> = values.collect();
    values[10 * DAY + 40..10 * DAY + 52].fill(0.0);
    assert_eq!(found(&history(values)), []);
}
