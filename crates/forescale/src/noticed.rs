//! What was noticed in a history: breaks, odd days, days off and events, and what was made of them.

use chrono::{DateTime, SecondsFormat, Utc};
use forescale_core::time::format_span;
use forescale_core::{Event, History};
use forescale_features::unusual::{Finding, Kind};
use forescale_features::{EventEffects, Unusual};
use serde::{Deserialize, Serialize};

/// What kind of thing was noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoticedKind {
    /// The load went to another level, and stayed there.
    LevelShift,
    /// The load fell to nearly nothing where other days have some.
    Outage,
    /// Nothing was measured for an hour or longer.
    Hole,
    /// A day unlike every other day of its kind.
    OddDay,
    /// A working day that looks like a day off.
    LikeDayOff,
    /// A day off of the calendar.
    DayOff,
    /// A known event, past or to come.
    Event,
}

/// Something that was noticed in a history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noticed {
    /// What.
    pub kind: NoticedKind,
    /// Its first moment.
    pub from: DateTime<Utc>,
    /// The first moment after it; for a level shift, of the level.
    pub to: DateTime<Utc>,
    /// The name of a day off, the kind of an event.
    pub name: Option<String>,
    /// The load over what is usual; for an event to come, what is expected.
    pub factor: Option<f64>,
    /// What a day of it counts in training, 0 to 1; a day before it, for a level shift.
    pub weight: f64,
    /// When, as people write it.
    pub when: String,
    /// What it was, in words.
    pub what: String,
    /// What was made of it, in words.
    pub treated: String,
}

/// The most of each kind that a model keeps, the newest: a history of years has many holes.
const KEPT: usize = 20;

/// What was noticed in `history`, by time.
pub(crate) fn noticed(history: &History) -> Vec<Noticed> {
    let effects = EventEffects::learn(history);
    let calm = effects.calm(history);
    let calm = calm.as_ref().unwrap_or(history);
    let unusual = Unusual::of(calm);
    let findings = unusual.findings();
    let newest = |at: usize| {
        let later = findings[at + 1..].iter().filter(|later| later.kind == findings[at].kind);
        later.count() < KEPT
    };
    let kept = (0..findings.len()).filter(|at| newest(*at));
    let leveled = unusual.fresh_shift(calm).is_some();
    let mut all: Vec<Noticed> = kept.map(|at| of(&findings[at], calm, leveled)).collect();
    let begin = history.series().start();
    let events = effects.factors().iter().filter(|(event, _)| event.end > begin);
    all.extend(events.map(|(event, factor)| of_event(event, *factor, history.origin())));
    all.sort_by_key(|noticed| noticed.from);
    all
}

/// A finding in words; `leveled` says whether what was before a fresh shift is brought to its level.
fn of(found: &Finding, history: &History, leveled: bool) -> Noticed {
    let series = history.series();
    let (from, to) = (found.from(series), found.to(series));
    let date = from.with_timezone(&history.calendar().zone).date_naive();
    let name = history.calendar().holiday(date).map(|holiday| holiday.name.clone());
    let times = found.factor.map(times);
    let whole_day = matches!(found.kind, Kind::OddDay | Kind::LikeDayOff | Kind::DayOff);
    let newest = found.steps.end == series.len();
    let leveled = leveled && found.kind == Kind::LevelShift;
    Noticed {
        kind: kind(found.kind),
        from,
        to,
        when: match found.kind {
            _ if whole_day => date.to_string(),
            Kind::LevelShift => moment(from),
            _ => format!("{} for {}", moment(from), format_span(to - from)),
        },
        what: what(found, times.as_deref(), name.as_deref(), newest),
        treated: treated(found, newest, leveled),
        name: name.filter(|_| found.kind == Kind::DayOff),
        factor: found.factor,
        weight: if leveled { 1.0 } else { found.weight },
    }
}

fn kind(kind: Kind) -> NoticedKind {
    match kind {
        Kind::LevelShift => NoticedKind::LevelShift,
        Kind::Outage => NoticedKind::Outage,
        Kind::Hole => NoticedKind::Hole,
        Kind::OddDay => NoticedKind::OddDay,
        Kind::LikeDayOff => NoticedKind::LikeDayOff,
        Kind::DayOff => NoticedKind::DayOff,
    }
}

fn what(found: &Finding, times: Option<&str>, name: Option<&str>, newest: bool) -> String {
    let usual = times.map_or(String::new(), |times| format!(" with {times} the usual load"));
    match found.kind {
        Kind::LevelShift => {
            let rose = found.factor.is_none_or(|factor| factor >= 1.0);
            let way = if rose { "rose" } else { "fell" };
            let stayed = if newest { "and stayed" } else { "until the next shift" };
            format!("the level {way} to {} the one before {stayed}", times.unwrap_or("many times"))
        }
        Kind::Outage if newest => format!("an outage{usual} that goes on"),
        Kind::Outage => format!("an outage{usual}"),
        Kind::Hole => "nothing was measured".to_owned(),
        Kind::OddDay => format!("a day{usual}, unlike every other"),
        Kind::LikeDayOff => format!("a working day{usual}, like a day off"),
        Kind::DayOff => {
            let name = name.unwrap_or("a day off");
            times.map_or(name.to_owned(), |times| format!("{name}, {times} a working day"))
        }
    }
}

fn treated(found: &Finding, newest: bool, leveled: bool) -> String {
    let in_full = found.weight >= 1.0;
    match found.kind {
        Kind::LevelShift if in_full => {
            "days before it count in full: the level came back".to_owned()
        }
        _ if leveled => "days before it are brought to the new level".to_owned(),
        Kind::LevelShift => format!("days before it count {}", found.weight),
        Kind::Outage if newest => "kept, and named in the forecast".to_owned(),
        Kind::Outage | Kind::Hole => "left out of training".to_owned(),
        Kind::DayOff => "counts as a weekend".to_owned(),
        _ if in_full => "counts in full: it may be the first of something new".to_owned(),
        Kind::LikeDayOff => format!("counts {}; name it as a holiday if it was one", found.weight),
        Kind::OddDay => format!("counts {}", found.weight),
    }
}

fn of_event(event: &Event, factor: f64, origin: DateTime<Utc>) -> Noticed {
    let past = event.end <= origin;
    let (load, treated) = match past {
        true => ("the usual load", "taken out for training; the next of its kind is expected so"),
        false => ("the usual load expected", "the forecast is multiplied by it"),
    };
    Noticed {
        kind: NoticedKind::Event,
        from: event.start,
        to: event.end,
        name: Some(event.kind.clone()),
        factor: Some(factor),
        weight: 1.0,
        when: format!("{} for {}", moment(event.start), format_span(event.end - event.start)),
        what: format!("{} with {} {load}", event.kind, times(factor)),
        treated: treated.to_owned(),
    }
}

/// `1.8 times`, `0.02 times`.
fn times(factor: f64) -> String {
    if factor >= 0.1 { format!("{factor:.1} times") } else { format!("{factor:.2} times") }
}

fn moment(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forescale_core::{Calendar, Frequency, Holiday, LoadSeries};

    use super::*;

    /// Three weeks of hours with a shift on the third Monday, an outage, a day off and two events.
    fn history() -> History {
        let hour = |step: usize| 10.0 + (step % 24) as f64 + (step as f64 * 0.754_877_666).fract();
        let mut load: Vec<f64> = (0..21 * 24).map(hour).collect();
        load[14 * 24..].iter_mut().for_each(|y| *y *= 1.8);
        load[8 * 24 + 10..8 * 24 + 14].fill(0.0);
        load[3 * 24..4 * 24].iter_mut().for_each(|y| *y *= 0.5);
        load[10 * 24 + 8..10 * 24 + 12].iter_mut().for_each(|y| *y *= 3.0);
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series = LoadSeries::new(start, Frequency::from_seconds(3_600).unwrap(), load).unwrap();
        let event = |start: &str, end: &str| {
            let (start, end) = (start.parse().unwrap(), end.parse().unwrap());
            Event { start, end, kind: "campaign".to_owned(), factor: None }
        };
        let date = "2026-01-08".parse().unwrap();
        let calendar = Calendar {
            holidays: vec![Holiday { date, name: "Founders' Day".to_owned() }],
            events: vec![
                event("2026-01-15T08:00:00Z", "2026-01-15T12:00:00Z"),
                event("2026-01-26T08:00:00Z", "2026-01-26T12:00:00Z"),
            ],
            ..Calendar::default()
        };
        History::new(series, Arc::new(calendar))
    }

    #[test]
    fn all_is_named_with_when_what_and_what_was_made_of_it() {
        let lines: Vec<String> = noticed(&history())
            .iter()
            .map(|n| format!("{}: {}; {}", n.when, n.what, n.treated))
            .collect();
        let campaign = "taken out for training; the next of its kind is expected so";
        assert_eq!(
            lines,
            [
                "2026-01-08: Founders' Day, 0.5 times a working day; counts as a weekend".to_owned(),
                "2026-01-13T10:00:00Z for 4h: an outage with 0.00 times the usual load; left out of training".to_owned(),
                format!("2026-01-15T08:00:00Z for 4h: campaign with 3.0 times the usual load; {campaign}"),
                "2026-01-19T00:00:00Z: the level rose to 1.8 times the one before and stayed; days before it count 0.3".to_owned(),
                "2026-01-26T08:00:00Z for 4h: campaign with 3.0 times the usual load expected; the forecast is multiplied by it".to_owned(),
            ]
        );
    }

    #[test]
    fn days_before_a_fresh_shift_are_brought_to_its_level() {
        let plain = history();
        let series = plain.series();
        let mut load = series.values()[..18 * 24].to_vec();
        load[14 * 24..].iter_mut().for_each(|y| *y *= 1.5);
        let series = LoadSeries::new(series.start(), series.frequency(), load).unwrap();
        let all = noticed(&History::new(series, Arc::clone(plain.calendar())));
        let shift = all.iter().find(|noticed| noticed.kind == NoticedKind::LevelShift).unwrap();
        assert_eq!(shift.treated, "days before it are brought to the new level");
        assert_eq!(shift.weight, 1.0);
    }
}
