//! Shifts of the level: the days from some moment on are all higher or lower than those before.
//!
//! The level of a day is the middle, over its hours, of the log of the load over what that hour usually has on days
//! of its kind, so that neither the shape of the day nor the weekend is taken for a shift.

use std::ops::Range;

use super::days::{Days, deviation, median};
use super::{Finding, Kind};
use crate::prepared::Prepared;

/// A shift is at least by this factor, either way.
const LEAST: f64 = 1.35;

/// And by this one, when few days have followed it.
const LEAST_WHEN_FRESH: f64 = 1.7;

/// Days that must have followed a shift, and those from which on it is no longer fresh.
const FEWEST_AFTER: usize = 2;
const FRESH: usize = 4;

/// Days before a shift, at least.
const FEWEST_BEFORE: usize = 3;

/// How many days on each side are compared: the widest view that shows a shift counts.
const VIEWS: [usize; 3] = [14, 7, 4];

/// Days of a level that are compared with the next one.
const LOCAL: usize = 28;

/// A shift is this many standard deviations of the days' levels, which are at least `STEADIEST`.
const CLEAR: f64 = 4.0;
const CLEAR_WHEN_FRESH: f64 = 6.0;
const STEADIEST: f64 = 0.04;

/// One day in so many may lie on the wrong side of the middle between both levels.
const STRAYS: usize = 7;

/// So much of a shift happens from one three days to the next: growth is no shift.
const SUDDEN: f64 = 0.6;

/// Hours that usually carry less than this share of the typical load say nothing about the level.
const IDLE: f64 = 0.02;

/// A level below this share of what is usual cannot be told from none.
const NOTHING: f64 = 0.01;

/// What days before a lasting shift count in training.
pub(super) const BEFORE: f64 = 0.3;

/// A level that holds for some steps, in logs over what is usual in the whole history.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Level {
    /// Where it holds.
    pub steps: Range<usize>,
    /// Its middle.
    pub log: f64,
    /// In its first and last weeks.
    first: f64,
    last: f64,
}

impl Level {
    /// Whether the level that follows is another one.
    fn is_left_by(&self, next: &Self) -> bool {
        (self.last - next.first).abs() >= LEAST.ln()
    }

    /// Whether a load at this level can be compared with the newest one at the other.
    fn is_near(&self, now: &Self) -> bool {
        (self.log - now.last).abs() < LEAST.ln()
    }
}

/// The shifts of a history, and the levels between them; there is always one level.
pub(super) fn shifts(p: &Prepared, days: &Days) -> (Vec<Finding>, Vec<Level>) {
    let usual = [usual_hours(days, false), usual_hours(days, true)];
    let mut residuals: Vec<Vec<f64>> = (0..days.len())
        .map(|day| residuals(days.loads(day), &usual[usize::from(days.free[day])]))
        .collect();
    let kinds = difference_of_kinds(days, &residuals);
    let free = residuals.iter_mut().zip(&days.free).filter(|(_, free)| **free);
    free.flat_map(|(hours, _)| hours).for_each(|residual| *residual -= kinds);
    let logs: Vec<f64> = residuals.iter().map(|hours| level_of(hours)).collect();
    let mut starts: Vec<usize> =
        breaks(&logs).into_iter().map(|day| first_step(days, &residuals, &logs, day)).collect();
    let mut levels = levels_between(p, days, &logs, &starts);
    // A level that came back to the old one bit by bit was no lasting shift.
    while let Some(at) = levels.windows(2).position(|pair| !pair[0].is_left_by(&pair[1])) {
        starts.remove(at);
        levels = levels_between(p, days, &logs, &starts);
    }
    let now = levels.last().expect("there is always one level");
    let shifts = levels.windows(2).map(|pair| finding(p, &pair[0], &pair[1], now));
    (shifts.collect(), levels.clone())
}

/// The middle load of each hour on days of one kind; none where these are too few.
fn usual_hours(days: &Days, free: bool) -> Vec<Option<f64>> {
    let kind: Vec<usize> = (0..days.len()).filter(|day| days.free[*day] == free).collect();
    let least = IDLE * days.typical();
    let usual = |slot| days.middle(&kind, slot).filter(|usual| *usual > least);
    (0..days.slots).map(|slot| (kind.len() >= FEWEST_BEFORE).then(|| usual(slot))?).collect()
}

/// The log of each hour over what is usual; `NaN` where that is not known.
fn residuals(loads: &[f64], usual: &[Option<f64>]) -> Vec<f64> {
    let log = |(load, usual): (&f64, &Option<f64>)| match usual {
        Some(usual) if !load.is_nan() => (load / usual).max(NOTHING).ln(),
        _ => f64::NAN,
    };
    loads.iter().zip(usual).map(log).collect()
}

fn level_of(residuals: &[f64]) -> f64 {
    let mut known: Vec<f64> = residuals.iter().copied().filter(|r| !r.is_nan()).collect();
    if known.len() * 4 < residuals.len() {
        return f64::NAN;
    }
    median(&mut known).unwrap_or(f64::NAN)
}

/// By how much days off are above the working days around them, in logs.
///
/// Half of the days off may be behind a shift that most working days are before, so that each kind has its own idea of
/// what is usual. Days off with working days on both sides know best. Where those are at different levels, nobody knows
/// which of them a day off between belongs to; only in a load that always moves does that cancel out.
fn difference_of_kinds(days: &Days, residuals: &[Vec<f64>]) -> f64 {
    let level = |day: usize| Some(level_of(&residuals[day])).filter(|log| !log.is_nan());
    let middle = |near: &[usize], wanted: &dyn Fn(usize) -> bool| {
        let levels = near.iter().copied().filter(|day| wanted(*day)).filter_map(level);
        median(&mut levels.collect::<Vec<f64>>())
    };
    let (mut inside, mut between, mut any) = (Vec::new(), Vec::new(), Vec::new());
    for day in (0..days.len()).filter(|day| days.free[*day]) {
        let Some(own) = level(day) else { continue };
        let near: Vec<usize> =
            days.others(day).into_iter().filter(|other| other.abs_diff(day) <= FRESH).collect();
        match (middle(&near, &|other| other < day), middle(&near, &|other| other > day)) {
            (Some(before), Some(after)) => {
                let kept = (before - after).abs() < LEAST.ln();
                let of = if kept { &mut inside } else { &mut between };
                of.push(own - 0.5 * (before + after));
            }
            (Some(side), None) | (None, Some(side)) => any.push(own - side),
            (None, None) => {}
        }
    }
    if between.len() > inside.len() {
        inside.append(&mut between);
    }
    median(&mut inside).or(median(&mut any)).unwrap_or(0.0)
}

/// The days at which a new level begins.
fn breaks(logs: &[f64]) -> Vec<usize> {
    let mut found: Vec<(usize, f64)> = Vec::new();
    for day in 1..logs.len() {
        let Some(gain) = VIEWS.iter().find_map(|view| gain(logs, day, *view)) else { continue };
        // Neighbouring days see the same shift: the one that parts the days best stands for all.
        match found.last_mut() {
            Some(last) if day - last.0 < FRESH => {
                if gain > last.1 {
                    *last = (day, gain);
                }
            }
            _ => found.push((day, gain)),
        }
    }
    found.into_iter().map(|(day, _)| day).collect()
}

/// How much closer the days are to their own level when they are parted at `day`; `None` where that is no shift.
fn gain(logs: &[f64], day: usize, view: usize) -> Option<f64> {
    let known = |days: Range<usize>| -> Vec<f64> {
        logs[days].iter().copied().filter(|log| !log.is_nan()).collect()
    };
    let before = known(day.saturating_sub(view)..day);
    let after = known(day..(day + view).min(logs.len()));
    if before.len() < FEWEST_BEFORE || after.len() < FEWEST_AFTER || logs[day].is_nan() {
        return None;
    }
    let (low, high) = (median(&mut before.clone())?, median(&mut after.clone())?);
    let fresh = after.len() < FRESH;
    let (least, clear) = if fresh { (LEAST_WHEN_FRESH, CLEAR_WHEN_FRESH) } else { (LEAST, CLEAR) };
    let shift = (high - low).abs();
    let own: Vec<f64> =
        before.iter().map(|log| log - low).chain(after.iter().map(|log| log - high)).collect();
    let middle = 0.5 * (low + high);
    let strays = |side: &[f64], level: f64| {
        side.iter().filter(|log| (**log > middle) != (level > middle)).count() * STRAYS > side.len()
    };
    let last = median(&mut before[before.len().saturating_sub(3)..].to_vec())?;
    let first = median(&mut after[..after.len().min(3)].to_vec())?;
    let is_shift = shift >= least.ln()
        && shift >= clear * deviation(&own).max(STEADIEST)
        && (first - last) * (high - low).signum() >= SUDDEN * shift
        && !strays(&before, low)
        && !strays(&after, high);
    let distance = |logs: &mut dyn Iterator<Item = &f64>, to: f64| {
        logs.map(|log| (log - to).abs()).sum::<f64>()
    };
    let all = median(&mut [&before[..], &after[..]].concat())?;
    let together = distance(&mut before.iter().chain(&after), all);
    is_shift
        .then(|| together - distance(&mut before.iter(), low) - distance(&mut after.iter(), high))
}

/// The step at which the new level begins: where the hours around `day` part best between both levels.
fn first_step(days: &Days, residuals: &[Vec<f64>], logs: &[f64], day: usize) -> usize {
    let near = |days: Range<usize>| {
        let mut known: Vec<f64> = logs[days].iter().copied().filter(|log| !log.is_nan()).collect();
        median(&mut known).unwrap_or(0.0)
    };
    let before = near(day.saturating_sub(FRESH)..day);
    let after = near(day..(day + FRESH).min(logs.len()));
    let (from, to) = (day - 1, (day + 2).min(days.len()));
    let hours: Vec<f64> = residuals[from..to].concat();
    // What is lost by each hour when it is held to the old level rather than to the new one.
    let lost =
        hours.iter().map(|r| if r.is_nan() { 0.0 } else { (r - before).abs() - (r - after).abs() });
    let (mut sum, mut best, mut at) = (0.0, 0.0, 0);
    for (hour, lost) in lost.enumerate() {
        sum += lost;
        if sum < best {
            (best, at) = (sum, hour + 1);
        }
    }
    let (day, slot) = (from + at / days.slots, at % days.slots);
    let steps = &days.steps[day.min(days.len() - 1)];
    let into = steps.len() * slot / days.slots;
    steps.start + into
}

fn levels_between(p: &Prepared, days: &Days, logs: &[f64], starts: &[usize]) -> Vec<Level> {
    let ends = starts.iter().copied().chain([p.len()]);
    let mut from = 0;
    ends.map(|end| {
        let steps = from..end;
        from = end;
        // Days that are mostly inside: the day of a shift belongs to one side.
        let inside = |day: &usize| {
            let middle = (days.steps[*day].start + days.steps[*day].end) / 2;
            steps.contains(&middle) && !logs[*day].is_nan()
        };
        let logs: Vec<f64> = (0..days.len()).filter(inside).map(|day| logs[day]).collect();
        let middle = |logs: &[f64]| median(&mut logs.to_vec()).unwrap_or(0.0);
        let (first, last) = (LOCAL.min(logs.len()), logs.len().saturating_sub(LOCAL));
        Level {
            log: middle(&logs),
            first: middle(&logs[..first]),
            last: middle(&logs[last..]),
            steps,
        }
    })
    .collect()
}

fn finding(p: &Prepared, before: &Level, after: &Level, now: &Level) -> Finding {
    let span = VIEWS[0] * p.day;
    let old = before.steps.start.max(before.steps.end.saturating_sub(span))..before.steps.end;
    let new = after.steps.start..after.steps.end.min(after.steps.start + span);
    let middle = |steps: Range<usize>| {
        let known = steps.filter(|i| p.present[*i]).map(|i| p.y[i]);
        median(&mut known.collect::<Vec<f64>>()).unwrap_or(0.0)
    };
    Finding {
        kind: Kind::LevelShift,
        steps: after.steps.clone(),
        loads: Some((middle(old), middle(new))),
        factor: Some((after.first - before.last).exp()),
        weight: if before.is_near(now) { 1.0 } else { BEFORE },
    }
}
