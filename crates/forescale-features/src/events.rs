//! What known events do to the load: how much it is multiplied by while one of a kind goes on.
//!
//! Predictors learn from a calm history, in which each past event is divided by what it did; forecasts are multiplied
//! by what is expected of the events to come.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale_core::{Event, History, LoadSeries};

use crate::prepared::Prepared;
use crate::unusual::median;

/// No event is believed to do more than this, either way.
const MOST: f64 = 20.0;

/// Days before an event that show what the load would have been without it.
const COMPARED_DAYS: usize = 7;

/// What events did and are expected to do.
#[derive(Debug, Clone, PartialEq)]
pub struct EventEffects {
    /// `(event, factor)`: observed for past events, expected for the others.
    factors: Vec<(Event, f64)>,
}

impl EventEffects {
    /// Learns from the events of the calendar that lie in `history`.
    ///
    /// A past event has the factor that was observed: its load over that of the same time on up to seven days before,
    /// other events left out. An event to come has its expected factor, else the geometric mean of what past events of
    /// its kind did, else 1.
    pub fn learn(history: &History) -> Self {
        let events = &history.calendar().events;
        if events.is_empty() {
            return Self { factors: Vec::new() };
        }
        let prepared = Prepared::of(history);
        let mut kinds: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        let mut factors = Vec::with_capacity(events.len());
        for event in events {
            let seen = observed(&prepared, history, event);
            if let Some(factor) = seen {
                kinds.entry(&event.kind).or_default().push(factor.ln());
            }
            factors.push((event.clone(), seen));
        }
        let expected = |event: &Event| {
            let learned = kinds.get(event.kind.as_str());
            let learned = learned.map(|logs| (logs.iter().sum::<f64>() / logs.len() as f64).exp());
            event.factor.or(learned).unwrap_or(1.0).clamp(1.0 / MOST, MOST)
        };
        let ended = |event: &Event| event.end <= history.origin();
        let factors = factors
            .into_iter()
            .map(|(event, seen)| {
                let factor = match seen {
                    Some(factor) if ended(&event) => factor,
                    _ => expected(&event),
                };
                (event, factor)
            })
            .collect();
        Self { factors }
    }

    /// What the load at `time` is multiplied by; 1 without an event.
    pub fn at(&self, time: DateTime<Utc>) -> f64 {
        let covering = self.factors.iter().filter(|(event, _)| event.covers(time));
        covering.map(|(_, factor)| factor).product::<f64>().clamp(1.0 / MOST, MOST)
    }

    /// The events with what they did or are expected to do.
    pub fn factors(&self) -> &[(Event, f64)] {
        &self.factors
    }

    /// The history as it would have been without its events; `None` when there are none in it.
    pub fn calm(&self, history: &History) -> Option<History> {
        let series = history.series();
        let inside =
            |(event, _): &(Event, f64)| event.start < series.end() && event.end > series.start();
        if !self.factors.iter().any(inside) {
            return None;
        }
        let values = series.values().iter().enumerate();
        let values = values.map(|(i, value)| value / self.at(series.time_at(i))).collect();
        let calm = LoadSeries::new(series.start(), series.frequency(), values).ok()?;
        Some(History::new(calm, Arc::clone(history.calendar())))
    }
}

/// Load during a past event over the load at the same time on earlier days without an event.
fn observed(p: &Prepared, history: &History, event: &Event) -> Option<f64> {
    let series = history.series();
    let from = series.index_at(event.start).max(0) as usize;
    let to = (series.index_at(event.end).max(0) as usize).min(p.len());
    let (mut during, mut without) = (0.0, 0.0);
    for i in from..to {
        let usual = usual(p, history, i);
        if let (true, Some(usual)) = (p.present[i], usual) {
            during += p.y[i];
            without += usual;
        }
    }
    (during > 0.0 && without > 0.0).then(|| (during / without).clamp(1.0 / MOST, MOST))
}

/// Middle load at the same local time on earlier days without an event, days of the same kind where there are any.
///
/// The middle, since an outage or a day of another level among seven would draw a mean away.
fn usual(p: &Prepared, history: &History, index: usize) -> Option<f64> {
    let free = p.is_free_day(index as i64);
    let (mut alike, mut any) = (Loads::default(), Loads::default());
    for days in 1..=COMPARED_DAYS {
        let at = p.same_time(index, days);
        if at < 0 || !p.present[at as usize] {
            continue;
        }
        if history.calendar().events_at(p.time(at as usize)).next().is_some() {
            continue;
        }
        any.push(p.y[at as usize]);
        if p.is_free_day(at) == free {
            alike.push(p.y[at as usize]);
        }
    }
    alike.middle().or(any.middle())
}

/// Loads of the compared days; an event of days has thousands of steps, and none of them allocates.
#[derive(Default)]
struct Loads {
    loads: [f64; COMPARED_DAYS],
    count: usize,
}

impl Loads {
    fn push(&mut self, load: f64) {
        self.loads[self.count] = load;
        self.count += 1;
    }

    fn middle(&mut self) -> Option<f64> {
        median(&mut self.loads[..self.count])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::{Calendar, Frequency};

    fn event(start: &str, end: &str, factor: Option<f64>) -> Event {
        let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
        Event { start, end, kind: "campaign".to_owned(), factor }
    }

    /// Ten days of hours at 10, tripled from 10 to 12 on the ninth day.
    fn history(coming: Option<f64>) -> History {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let mut values = vec![10.0; 240];
        values[8 * 24 + 10] = 30.0;
        values[8 * 24 + 11] = 30.0;
        let series =
            LoadSeries::new(start, Frequency::from_seconds(3_600).unwrap(), values).unwrap();
        let events = vec![
            event("2026-01-13T10:00:00Z", "2026-01-13T12:00:00Z", Some(9.0)),
            event("2026-01-16T10:00:00Z", "2026-01-16T12:00:00Z", coming),
        ];
        History::new(series, Arc::new(Calendar { events, ..Calendar::default() }))
    }

    #[test]
    fn a_past_event_is_taken_out_and_expected_again() {
        let history = history(None);
        let effects = EventEffects::learn(&history);
        assert!((effects.at("2026-01-16T11:00:00Z".parse().unwrap()) - 3.0).abs() < 1e-9);
        assert_eq!(effects.at("2026-01-16T12:00:00Z".parse().unwrap()), 1.0);
        let calm = effects.calm(&history).unwrap();
        assert!(calm.series().present().all(|value| (value - 10.0).abs() < 1e-9));
    }

    #[test]
    fn an_outage_among_the_days_before_does_not_make_an_event_larger() {
        let plain = history(None);
        let mut values = plain.series().values().to_vec();
        values[7 * 24..8 * 24].fill(0.0);
        let (start, step) = (plain.series().start(), plain.series().frequency());
        let series = LoadSeries::new(start, step, values).unwrap();
        let effects = EventEffects::learn(&History::new(series, Arc::clone(plain.calendar())));
        assert!((effects.at("2026-01-13T11:00:00Z".parse().unwrap()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_user_expects_of_a_coming_event_counts() {
        let effects = EventEffects::learn(&history(Some(5.0)));
        assert_eq!(effects.at("2026-01-16T11:00:00Z".parse().unwrap()), 5.0);
        assert!((effects.at("2026-01-13T11:00:00Z".parse().unwrap()) - 3.0).abs() < 1e-9);
    }

    #[test]
    fn without_events_nothing_is_changed() {
        let plain = History::new(history(None).series().clone(), Arc::default());
        let effects = EventEffects::learn(&plain);
        assert!(effects.calm(&plain).is_none());
    }
}
