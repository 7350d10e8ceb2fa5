//! Stretches of a history that a forecast may stumble over: flat lines, lone spikes, and what the engine recognises:
//! shifts of the level, outages, odd days.
//!
//! The rules for flat lines and spikes are simple on purpose; they point a person to a place, they mend nothing.

use std::ops::Range;
use std::sync::Arc;

use forescale_core::{Calendar, History, LoadSeries};
use forescale_features::Unusual;
use forescale_features::unusual::{Finding, Kind};
use serde::Serialize;

use super::{Stretch, quantile, runs, stretch};

/// What is suspicious about a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Suspicion {
    /// The same load over and over, longer than elsewhere: a stuck exporter or a cap.
    FlatLine {
        /// That load.
        load: f64,
    },
    /// The load goes to another level and stays there.
    LevelShift {
        /// The median before.
        before: f64,
        /// The median after.
        after: f64,
    },
    /// Nearly no load where the same time of other days has some.
    Outage {
        /// The mean load.
        load: f64,
        /// What is usual.
        usual: f64,
    },
    /// A day unlike every other day of its kind.
    OddDay {
        /// The mean load.
        load: f64,
        /// What is usual.
        usual: f64,
    },
    /// A step or two far above their neighbours.
    Spike {
        /// The load.
        load: f64,
        /// The median of its neighbours.
        around: f64,
    },
}

/// A stretch and what is suspicious about it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SuspiciousStretch {
    /// When.
    #[serde(flatten)]
    pub stretch: Stretch,
    /// What.
    #[serde(flatten)]
    pub suspicion: Suspicion,
}

/// At most this many of each kind are listed.
const LISTED: usize = 5;

/// The most suspicious stretches of each kind, by time.
pub(super) fn suspicious(series: &LoadSeries, calendar: &Arc<Calendar>) -> Vec<SuspiciousStretch> {
    let mut all = flat_lines(series);
    all.extend(recognised(series, calendar));
    all.extend(spikes(series));
    all.sort_by_key(|suspicious| suspicious.stretch.from);
    all
}

fn flat_lines(series: &LoadSeries) -> Vec<SuspiciousStretch> {
    /// Shorter runs are common wherever loads are small whole numbers.
    const SHORTEST: f64 = 12.0;
    /// A flat line is this much longer than nearly all other runs of equal loads.
    const LONGER: f64 = 4.0;
    /// A service that often rests has long runs of zero that mean nothing.
    const RESTS: f64 = 0.2;
    let values = series.values();
    let equal: Vec<Range<usize>> =
        runs(values, |a, b| a == b).filter(|run| !values[run.start].is_nan()).collect();
    let zeros = series.present().filter(|&load| load == 0.0).count() as f64;
    let rests = zeros > RESTS * series.present().count() as f64;
    let mut lengths: Vec<f64> = equal.iter().map(|run| run.len() as f64).collect();
    lengths.sort_unstable_by(f64::total_cmp);
    let usual = if lengths.len() > 1 { quantile(&lengths, 0.95) } else { 1.0 };
    let least = (LONGER * usual).max(SHORTEST);
    let flat = equal
        .into_iter()
        .filter(|run| run.len() as f64 >= least && !(rests && values[run.start] == 0.0));
    let found = flat.map(|run| {
        let suspicion = Suspicion::FlatLine { load: values[run.start] };
        (run.len() as f64, SuspiciousStretch { stretch: stretch(series, run), suspicion })
    });
    most(found.collect())
}

/// What the engine recognises when it learns from the series.
fn recognised(series: &LoadSeries, calendar: &Arc<Calendar>) -> Vec<SuspiciousStretch> {
    let unusual = Unusual::of(&History::new(series.clone(), Arc::clone(calendar)));
    let kinds = [&[Kind::LevelShift][..], &[Kind::Outage], &[Kind::OddDay, Kind::LikeDayOff]];
    let of_kind = |kinds: &[Kind]| {
        let found = unusual.findings().iter().filter(|finding| kinds.contains(&finding.kind));
        most(found.filter_map(|finding| suspicion(series, finding)).collect())
    };
    kinds.into_iter().flat_map(of_kind).collect()
}

/// A finding and how strong it is.
fn suspicion(series: &LoadSeries, finding: &Finding) -> Option<(f64, SuspiciousStretch)> {
    let (usual, load) = finding.loads?;
    let (steps, suspicion) = match finding.kind {
        Kind::LevelShift => {
            let at = finding.steps.start;
            (at..at + 1, Suspicion::LevelShift { before: usual, after: load })
        }
        Kind::Outage => (finding.steps.clone(), Suspicion::Outage { load, usual }),
        _ => (finding.steps.clone(), Suspicion::OddDay { load, usual }),
    };
    let strength = finding.factor.map_or(0.0, |factor| factor.max(1e-9).ln().abs());
    Some((
        strength * steps.len() as f64,
        SuspiciousStretch { stretch: stretch(series, steps), suspicion },
    ))
}

fn spikes(series: &LoadSeries) -> Vec<SuspiciousStretch> {
    /// Neighbours on each side that a spike is held against.
    const AROUND: usize = 6;
    /// How far above them it stands.
    const FACTOR: f64 = 5.0;
    /// How far above nearly all loads it stands: what happens every day is no spike.
    const ABOVE_HIGH: f64 = 3.0;
    let mut sorted: Vec<f64> = series.present().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let high = quantile(&sorted, 0.95);
    let values = series.values();
    let mut found = Vec::new();
    for (at, &load) in values.iter().enumerate() {
        if load.is_nan() || load <= ABOVE_HIGH * high {
            continue;
        }
        let near = at.saturating_sub(AROUND)..(at + AROUND + 1).min(values.len());
        let Some(around) = median(series, near) else { continue };
        if load > FACTOR * around {
            let suspicion = Suspicion::Spike { load, around };
            let spike = SuspiciousStretch { stretch: stretch(series, at..at + 1), suspicion };
            found.push((load / around.max(f64::MIN_POSITIVE), spike));
        }
    }
    most(found)
}

/// The median of the loads in `steps`; `None` when most of them are gaps.
fn median(series: &LoadSeries, steps: Range<usize>) -> Option<f64> {
    let length = steps.len();
    let mut present: Vec<f64> =
        series.values()[steps].iter().copied().filter(|load| !load.is_nan()).collect();
    if 2 * present.len() < length {
        return None;
    }
    let middle = present.len() / 2;
    Some(*present.select_nth_unstable_by(middle, f64::total_cmp).1)
}

/// The strongest few, by time.
fn most(mut found: Vec<(f64, SuspiciousStretch)>) -> Vec<SuspiciousStretch> {
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.stretch.from.cmp(&b.1.stretch.from)));
    found.truncate(LISTED);
    found.into_iter().map(|(_, suspicious)| suspicious).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::Frequency;

    fn seen(values: Vec<f64>) -> Vec<(usize, Suspicion)> {
        let start = "2026-01-05T00:00:00Z".parse().unwrap();
        let series =
            LoadSeries::new(start, Frequency::from_seconds(3_600).unwrap(), values).unwrap();
        let found = suspicious(&series, &Arc::default());
        found.iter().map(|s| (series.index_at(s.stretch.from) as usize, s.suspicion)).collect()
    }

    fn wave(steps: usize) -> Vec<f64> {
        (0..steps).map(|step| 10.0 + (step % 24) as f64).collect()
    }

    #[test]
    fn a_plain_day_after_day_is_not_suspicious() {
        assert_eq!(seen(wave(24 * 28)), []);
    }

    #[test]
    fn a_stuck_exporter_is_a_flat_line() {
        let mut values = wave(24 * 28);
        values[100..130].fill(17.5);
        assert_eq!(seen(values), [(100, Suspicion::FlatLine { load: 17.5 })]);
    }

    #[test]
    fn a_lone_peak_is_a_spike() {
        let mut values = wave(24 * 28);
        values[100] = 500.0;
        assert!(matches!(seen(values)[..], [(100, Suspicion::Spike { load: 500.0, .. })]));
    }

    #[test]
    fn a_level_that_triples_is_a_shift_at_its_day() {
        let mut values = wave(24 * 28);
        values[24 * 14..].iter_mut().for_each(|load| *load *= 3.0);
        let [(at, Suspicion::LevelShift { before, after })] = seen(values)[..] else {
            panic!("one shift is seen")
        };
        assert_eq!((at, before, after), (24 * 14, 21.5, 64.5));
    }

    #[test]
    fn an_outage_and_an_odd_day_are_told_apart() {
        let mut values = wave(24 * 28);
        values[24 * 9 + 8..24 * 9 + 12].fill(0.5);
        values[24 * 16..24 * 17].iter_mut().for_each(|load| *load *= 2.0);
        let [(outage, Suspicion::Outage { .. }), (day, Suspicion::OddDay { .. })] =
            seen(values)[..]
        else {
            panic!("an outage and a day are seen")
        };
        assert_eq!((outage, day), (24 * 9 + 8, 24 * 16));
    }

    #[test]
    fn a_worker_that_rests_is_not_flat() {
        let values =
            (0..24 * 28).map(|step| if step % 24 < 4 { 5.0 + (step % 24) as f64 } else { 0.0 });
        assert_eq!(seen(values.collect()), []);
    }
}
