//! Odd days: days whose load is far from that of every other day of their kind.

use super::days::{Days, deviation, median};
use super::outages::LOW;
use super::shifts::Level;
use super::{Finding, Kind};
use crate::prepared::Prepared;

/// Other days of its kind that a day is held against, at least.
const FEWEST_OTHERS: usize = 4;

/// Days farther apart than this are not compared.
const FARTHEST_DAYS: usize = 28;

/// The distance of an odd day to the nearest other day, at least: a share of the load.
const LEAST: f64 = 0.3;

/// And this many times the distance that days usually have,
const FARTHER: f64 = 2.5;

/// and this many standard deviations beyond it.
const CLEAR: f64 = 6.0;

/// Days closer than this are alike in any service.
const ALIKE: f64 = 0.15;

/// Share of its hours that must be known of a day before it is called odd.
const KNOWN: f64 = 0.25;

/// What an odd day counts in training.
const ODD: f64 = 0.2;

/// The newest days may be the first of something new: they count in full.
const NEW_DAYS: usize = 2;

/// The odd days of a history, by time; what the calendar explains is left out.
pub(super) fn odd_days(p: &Prepared, days: &Days, levels: &[Level]) -> Vec<Finding> {
    let table = Table::new(days, levels);
    let near: Vec<Option<f64>> =
        (0..days.len()).map(|day| table.nearest(day, days.free[day])).collect();
    let mut known: Vec<f64> = near.iter().copied().flatten().collect();
    let Some(usual) = median(&mut known) else { return Vec::new() };
    let far = LEAST.max(FARTHER * usual).max(usual + CLEAR * deviation(&known));
    let odd = (0..days.len()).filter(|day| near[*day].is_some_and(|distance| distance > far));
    let unknown = odd.filter(|day| !is_explained(p, days, *day));
    unknown.filter_map(|day| finding(&table, day, usual)).collect()
}

/// Whether a day has a known event, or is a day off by its name: those need not be like a weekend.
fn is_explained(p: &Prepared, days: &Days, day: usize) -> bool {
    if p.is_holiday(days.steps[day].start as i64) {
        return true;
    }
    let (from, to) = (p.time(days.steps[day].start), p.time(days.steps[day].end));
    p.calendar().events.iter().any(|event| event.start < to && event.end > from)
}

fn finding(table: &Table, day: usize, usual: f64) -> Option<Finding> {
    let days = table.days;
    let steps = days.steps[day].clone();
    let (expected, came) = days.mean_loads(day, &days.alike(day))?;
    // A day of nearly nothing is an outage, or a load that stopped.
    if came <= LOW * expected {
        return None;
    }
    let like_free = !days.free[day]
        && table.nearest(day, true).is_some_and(|distance| distance < ALIKE.max(FARTHER * usual));
    Some(Finding {
        kind: if like_free { Kind::LikeDayOff } else { Kind::OddDay },
        steps,
        loads: Some((expected, came)),
        factor: (expected > 0.0).then_some(came / expected),
        weight: if day + NEW_DAYS < days.len() { ODD } else { 1.0 },
    })
}

/// The loads of the days, each over the level it was on.
struct Table<'a> {
    days: &'a Days,
    scale: Vec<f64>,
}

impl<'a> Table<'a> {
    fn new(days: &'a Days, levels: &[Level]) -> Self {
        let scale = |day: usize| {
            let middle = (days.steps[day].start + days.steps[day].end) / 2;
            let level = levels.iter().find(|level| level.steps.contains(&middle));
            level.map_or(1.0, |level| level.log.exp())
        };
        Self { days, scale: (0..days.len()).map(scale).collect() }
    }

    /// The days of a kind near `day`; the days of both kinds where there are some of that kind, but too few.
    fn others(&self, day: usize, free: bool) -> Vec<usize> {
        let near = day.saturating_sub(FARTHEST_DAYS)..self.days.len().min(day + FARTHEST_DAYS + 1);
        let near: Vec<usize> = near.filter(|other| *other != day).collect();
        let kind: Vec<usize> =
            near.iter().copied().filter(|other| self.days.free[*other] == free).collect();
        if kind.is_empty() || kind.len() >= FEWEST_OTHERS { kind } else { near }
    }

    /// The hours that are known of both days, in the load of `day`.
    fn pairs(&self, day: usize, other: usize) -> impl Iterator<Item = (f64, f64)> + '_ {
        let ratio = self.scale[day] / self.scale[other];
        let hours = self.days.loads(day).iter().zip(self.days.loads(other));
        hours.filter(|(a, b)| !a.is_nan() && !b.is_nan()).map(move |(a, b)| (*a, b * ratio))
    }

    /// Sum of the differences of two days over their mean load: 0 for twins, 2 for days with nothing in common.
    ///
    /// The hour that differs most is left out: one spike makes no odd day.
    fn distance(&self, day: usize, other: usize) -> Option<f64> {
        let (mut difference, mut largest, mut load, mut hours) = (0.0, 0.0_f64, 0.0, 0);
        for (a, b) in self.pairs(day, other) {
            difference += (a - b).abs();
            largest = largest.max((a - b).abs());
            load += 0.5 * (a + b);
            hours += 1;
        }
        let enough = hours as f64 >= KNOWN * self.days.slots as f64;
        let differs = if hours > 1 { difference - largest } else { difference };
        (enough && load > 0.0).then(|| differs / load)
    }

    /// The distance to the nearest other day of a kind; `None` where there are too few of them.
    fn nearest(&self, day: usize, free: bool) -> Option<f64> {
        if (self.days.known(day) as f64) < KNOWN * self.days.slots as f64 {
            return None;
        }
        let distances: Vec<f64> = self
            .others(day, free)
            .into_iter()
            .filter_map(|other| self.distance(day, other))
            .collect();
        let enough = distances.len() >= FEWEST_OTHERS;
        enough.then(|| distances.into_iter().fold(f64::INFINITY, f64::min))
    }
}
