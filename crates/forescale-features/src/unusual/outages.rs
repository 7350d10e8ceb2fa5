//! Outages: stretches of nearly no load where the same time of other days has some.

use std::ops::Range;

use super::days::Days;
use super::{Finding, Kind};
use crate::prepared::Prepared;

/// Nearly no load: at most this share of what is usual.
pub(super) const LOW: f64 = 0.15;

/// Hours that usually carry less than this share of the typical load cannot show an outage.
const IDLE: f64 = 0.1;

/// An outage lasts this long at least, and two steps where a step is shorter than an hour.
const SHORTEST_SECONDS: i64 = 1_800;

/// A service that is quiet for a while on many days is out only when it is quiet for this many times as long.
const LONGER: usize = 3;

/// Other days that say what is usual, at least.
const FEWEST: usize = 2;

/// Outages that are less than this apart are one that was interrupted.
const INTERRUPTED_SECONDS: i64 = 1_800;

/// In hours that show an outage three days of four carry this share of what is usual at least.
const STEADY: f64 = 0.4;

/// So many units are expected in an outage at least: where single requests are counted, none for a while may be chance.
const EXPECTED: f64 = 20.0;

/// The outages of a history, by time.
pub(super) fn outages(p: &Prepared, days: &Days) -> Vec<Finding> {
    let usual = usual(p, days);
    let low = |i: usize| p.present[i] && usual[i].is_some_and(|usual| p.y[i] <= LOW * usual.load);
    let runs = runs(p, &(0..p.len()).map(low).collect::<Vec<bool>>());
    let shortest = shortest(p).max(LONGER * quiet_on_many_days(p, days, &runs));
    let steady =
        |run: &Range<usize>| usual[run.clone()].iter().flatten().filter(|u| u.steady).count();
    let long = runs.into_iter().filter(|run| steady(run) >= shortest).collect();
    let unit = unit(p);
    let found = joined(p, long).into_iter().filter_map(|steps| finding(p, &usual, steps));
    let sure = |outage: &Finding| {
        let expected = outage.loads.map_or(0.0, |(usual, _)| usual * outage.steps.len() as f64);
        expected >= EXPECTED * unit
    };
    found.filter(sure).collect()
}

/// The smallest change from one step to the next: one request where requests are counted, next to nothing elsewhere.
fn unit(p: &Prepared) -> f64 {
    let changes = p.y.windows(2).map(|pair| (pair[1] - pair[0]).abs());
    changes.filter(|change| *change > 0.0).fold(f64::INFINITY, f64::min)
}

/// The outages that were over at the end of `len` steps.
pub(super) fn ended(outages: &[Finding], len: usize) -> Vec<Range<usize>> {
    outages.iter().map(|outage| outage.steps.clone()).filter(|steps| steps.end < len).collect()
}

/// What is usual at a step.
#[derive(Debug, Clone, Copy)]
struct Usual {
    load: f64,
    /// Whether nearly all days have about that much.
    steady: bool,
}

/// What is usual at each step; `None` where that is not known or next to nothing.
fn usual(p: &Prepared, days: &Days) -> Vec<Option<Usual>> {
    let least = IDLE * days.typical();
    let mut table = Vec::with_capacity(days.len() * days.slots);
    for day in 0..days.len() {
        let (alike, others) = (days.alike(day), days.others(day));
        let usual = |slot| {
            let own = days.middle(&alike, slot)?;
            let other = || days.middle(&others, slot).map(|other| own.min(other));
            // A single Saturday says little about a Sunday unless the working days agree with it.
            let load = if alike.len() >= FEWEST { own } else { other()? };
            let steady = days.lower(&alike, slot)? >= STEADY * own;
            (load > least && alike.len() + others.len() >= FEWEST).then_some(Usual { load, steady })
        };
        table.extend((0..days.slots).map(usual));
    }
    let at = |step| {
        let (day, slot) = days.place(p, step);
        table[day * days.slots + slot]
    };
    (0..p.len()).map(at).collect()
}

fn joined(p: &Prepared, runs: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let apart = (INTERRUPTED_SECONDS / p.step_seconds) as usize;
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(runs.len());
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start - last.end <= apart => last.end = run.end,
            _ => joined.push(run),
        }
    }
    joined
}

/// Runs of low steps; a gap inside does not end one.
fn runs(p: &Prepared, low: &[bool]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut joined = false;
    for (i, low) in low.iter().copied().enumerate() {
        match runs.last_mut() {
            Some(run) if low && joined => run.end = i + 1,
            _ if low => runs.push(i..i + 1),
            _ => {}
        }
        joined = low || (joined && !p.present[i]);
    }
    runs
}

fn shortest(p: &Prepared) -> usize {
    let steps = (SHORTEST_SECONDS as u64).div_ceil(p.step_seconds as u64) as usize;
    if p.step_seconds < 3_600 { steps.max(2) } else { 1 }
}

/// The longest low run that three of four days stay within.
fn quiet_on_many_days(p: &Prepared, days: &Days, runs: &[Range<usize>]) -> usize {
    let mut longest = vec![0; days.len()];
    for run in runs {
        let (day, _) = days.place(p, run.start);
        longest[day] = run.len().max(longest[day]);
    }
    longest.sort_unstable();
    longest[(longest.len() - 1) * 3 / 4]
}

fn finding(p: &Prepared, usual: &[Option<Usual>], steps: Range<usize>) -> Option<Finding> {
    let known =
        steps.clone().filter(|i| p.present[*i]).filter_map(|i| Some((usual[i]?.load, p.y[i])));
    let (mut expected, mut came, mut count) = (0.0, 0.0, 0.0);
    known.for_each(|(usual, load)| {
        (expected, came, count) = (expected + usual, came + load, count + 1.0);
    });
    (expected > 0.0).then(|| Finding {
        kind: Kind::Outage,
        loads: Some((expected / count, came / count)),
        factor: Some(came / expected),
        weight: if steps.end < p.len() { 0.0 } else { 1.0 },
        steps,
    })
}
