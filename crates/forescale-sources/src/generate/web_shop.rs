//! A web shop in Berlin: evenings, weekends, Easter, a campaign, two outages, summer time, a slow trend.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale_core::Event;

use super::shape::{Noise, at, grid, load, local, of_day};
use super::{Generated, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "web-shop",
    summary: "a shop in Berlin, 6 weeks at 15 minutes: weekdays and weekends, a campaign, outages, summer time",
    generate,
};

const ZONE: Tz = Tz::Europe__Berlin;

/// Requests per second of an ordinary working day in the first week, by the local hour.
const WORKING_DAY: [f64; 24] = [
    90.0, 60.0, 45.0, 40.0, 42.0, 60.0, 110.0, 190.0, 280.0, 340.0, 370.0, 390.0, 420.0, 400.0,
    380.0, 375.0, 385.0, 410.0, 450.0, 500.0, 520.0, 430.0, 290.0, 160.0,
];

/// People sleep longer and shop all afternoon.
const DAY_OFF: [f64; 24] = [
    130.0, 95.0, 65.0, 48.0, 42.0, 44.0, 60.0, 95.0, 160.0, 250.0, 340.0, 400.0, 430.0, 440.0,
    445.0, 440.0, 425.0, 410.0, 400.0, 405.0, 390.0, 330.0, 240.0, 170.0,
];

/// Growth a day, of the first day's load.
const TREND: f64 = 0.004;

fn generate(seed: u64) -> Generated {
    let mut noise = Noise::new(seed);
    let events = events();
    let start = at("2026-03-01T23:00:00Z"); // Monday, 2 March, midnight in Berlin.
    // What moves the load for hours (weather, news) is remembered from step to step.
    let mut mood = 0.0;
    let mut samples = Vec::new();
    for time in grid(start, 15, 42) {
        mood = 0.97 * mood + 0.010 * noise.normal();
        let wobble = 1.0 + mood + 0.025 * noise.normal();
        if is_outage(time) {
            continue;
        }
        let days = (time - start).num_minutes() as f64 / 1_440.0;
        let known = events.iter().filter(|event| event.covers(time));
        let factor: f64 = known.filter_map(|event| event.factor).product();
        samples.push((time, load(expected(time) * (1.0 + TREND * days) * factor * wobble)));
    }
    Generated { samples, events }
}

fn expected(time: DateTime<Utc>) -> f64 {
    let (hour, weekday) = local(time, ZONE);
    let date = time.with_timezone(&ZONE).date_naive();
    // Good Friday and Easter Monday.
    let holiday = matches!((date.year(), date.month(), date.day()), (2026, 4, 3) | (2026, 4, 6));
    match weekday {
        _ if holiday => 0.8 * of_day(&DAY_OFF, hour),
        5 => 0.9 * of_day(&DAY_OFF, hour),
        6 => of_day(&DAY_OFF, hour),
        4 => 0.95 * of_day(&WORKING_DAY, hour),
        _ => of_day(&WORKING_DAY, hour),
    }
}

/// Two spans of which the monitoring kept nothing: a night and a working afternoon.
fn is_outage(time: DateTime<Utc>) -> bool {
    let night = at("2026-03-10T02:00:00Z");
    let afternoon = at("2026-03-24T12:00:00Z");
    let within =
        |from: DateTime<Utc>, minutes| (from..from + TimeDelta::minutes(minutes)).contains(&time);
    within(night, 90) || within(afternoon, 180)
}

/// One campaign within the history and one on the day after its end.
fn events() -> Vec<Event> {
    let campaign = |start, end, factor| Event {
        start: at(start),
        end: at(end),
        kind: "campaign".to_owned(),
        factor: Some(factor),
    };
    vec![
        campaign("2026-03-18T17:00:00Z", "2026-03-19T22:00:00Z", 1.8),
        campaign("2026-04-13T16:00:00Z", "2026-04-14T21:00:00Z", 1.8),
    ]
}
