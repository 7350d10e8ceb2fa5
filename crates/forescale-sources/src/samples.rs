//! Samples in order, each moment once, with what had to be mended counted.

use chrono_tz::Tz;
use forescale_core::Mends;
use forescale_core::clock::Clock;

use crate::error::Role;
use crate::load::Load;
use crate::timestamp::Stamp;

/// What a cell says.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cell<T> {
    Blank,
    Unreadable,
    Value(T),
}

/// A load (NaN for a gap) and its moment, in microseconds since the Unix epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub at: i64,
    pub load: f64,
}

/// The samples of one series.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    /// Ascending, each moment once.
    pub samples: Vec<Sample>,
    pub mends: Mends,
    /// Rows that were read, duplicates included.
    pub rows: usize,
    /// Rows whose time has no zone.
    pub local: usize,
}

/// Makes samples of the rows of one series, in the order of the source, and counts what it mends.
#[derive(Debug)]
pub(crate) struct Rules {
    clock: Clock,
    mends: Mends,
    latest: i64,
}

impl Rules {
    /// Reads times without a zone in `zone`.
    pub fn new(zone: Tz) -> Self {
        Self { clock: Clock::new(zone), mends: Mends::default(), latest: i64::MIN }
    }

    /// The sample of a row; none for a row without time and load.
    ///
    /// # Errors
    /// The role of the cell that cannot be read.
    pub fn sample(&mut self, stamp: Cell<Stamp>, load: Cell<Load>) -> Result<Option<Sample>, Role> {
        let stamp = match (stamp, load) {
            (Cell::Value(stamp), _) => stamp,
            (Cell::Blank, Cell::Blank | Cell::Value(Load::Missing)) => return Ok(None),
            _ => return Err(Role::Time),
        };
        let load = match load {
            Cell::Value(load) => load,
            Cell::Blank => Load::Missing,
            Cell::Unreadable => return Err(Role::Load),
        };
        let at = stamp.moment(&mut self.clock);
        self.mends.out_of_order += usize::from(at < self.latest);
        self.latest = self.latest.max(at);
        Ok(Some(Sample { at, load: counted(&mut self.mends, load) }))
    }

    /// What was mended so far.
    pub fn mends(&self) -> Mends {
        let Clock { skipped, repeated, .. } = self.clock;
        Mends { skipped_hour: skipped, repeated_hour: repeated, ..self.mends }
    }

    /// The latest moment so far, in microseconds since the Unix epoch.
    pub fn latest(&self) -> i64 {
        self.latest
    }

    /// Rows so far whose time has no zone.
    pub fn local(&self) -> usize {
        self.clock.local
    }
}

/// Takes the rows of one series in the order of the source.
#[derive(Debug)]
pub(crate) struct Collector {
    rules: Rules,
    samples: Vec<Sample>,
}

impl Collector {
    /// Reads times without a zone in `zone`.
    pub fn new(zone: Tz) -> Self {
        Self { rules: Rules::new(zone), samples: Vec::new() }
    }

    /// Takes a row; one without time and load is passed over.
    ///
    /// # Errors
    /// The role of the cell that cannot be read.
    pub fn push(&mut self, stamp: Cell<Stamp>, load: Cell<Load>) -> Result<(), Role> {
        if let Some(sample) = self.rules.sample(stamp, load)? {
            self.samples.push(sample);
        }
        Ok(())
    }

    /// The samples in order, each moment once.
    pub fn finish(self) -> Samples {
        let Self { rules, mut samples } = self;
        let rows = samples.len();
        let mut mends = rules.mends();
        mends.duplicated = tidy(&mut samples, mends.out_of_order > 0);
        Samples { samples, mends, rows, local: rules.local() }
    }
}

/// The load, or a gap that is counted.
fn counted(mends: &mut Mends, load: Load) -> f64 {
    let counter = match load {
        Load::Value(value) => return value,
        Load::Missing => &mut mends.missing,
        Load::Nan => &mut mends.nan,
        Load::Infinite => &mut mends.infinite,
        Load::Negative => &mut mends.negative,
    };
    *counter += 1;
    f64::NAN
}

/// Sorts by time and keeps the last sample of every moment; returns how many went.
pub(crate) fn tidy(samples: &mut Vec<Sample>, sort: bool) -> usize {
    if sort {
        // Stable, so that the last row of a moment stays the last.
        samples.sort_by_key(|sample| sample.at);
    }
    let before = samples.len();
    samples.dedup_by(|later, kept| {
        let same = later.at == kept.at;
        if same {
            kept.load = later.load;
        }
        same
    });
    before - samples.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rows: &[(i64, f64)]) -> Samples {
        let mut collector = Collector::new(Tz::UTC);
        for &(second, load) in rows {
            let load = if load == 999.0 { Cell::Blank } else { Cell::Value(Load::of(load)) };
            collector.push(Cell::Value(Stamp::Utc(second * 1_000_000)), load).unwrap();
        }
        collector.finish()
    }

    #[test]
    fn the_last_of_a_moment_wins_and_rows_are_sorted() {
        let read = read(&[(60, 1.0), (0, 2.0), (60, 3.0), (120, 4.0)]);
        let pairs: Vec<_> = read.samples.iter().map(|s| (s.at / 1_000_000, s.load)).collect();
        assert_eq!(pairs, [(0, 2.0), (60, 3.0), (120, 4.0)]);
        assert_eq!((read.mends.duplicated, read.mends.out_of_order, read.rows), (1, 1, 4));
        assert_eq!(read.mends.words(), ["1 duplicated (last kept)", "1 out of order (sorted)"]);
    }

    #[test]
    fn what_is_no_load_is_a_gap_of_its_own_kind() {
        let read = read(&[(0, 999.0), (1, f64::NAN), (2, f64::INFINITY), (3, -1.0), (4, 0.0)]);
        let Mends { missing, nan, infinite, negative, .. } = read.mends;
        assert_eq!((missing, nan, infinite, negative), (1, 1, 1, 1));
        assert_eq!(read.samples.iter().filter(|s| s.load.is_nan()).count(), 4);
        assert_eq!(read.samples[4].load, 0.0);
    }

    #[test]
    fn a_row_without_anything_is_passed_over_and_a_load_without_a_time_is_not() {
        let mut collector = Collector::new(Tz::UTC);
        assert_eq!(collector.push(Cell::Blank, Cell::Blank), Ok(()));
        assert_eq!(collector.push(Cell::Blank, Cell::Value(Load::Value(1.0))), Err(Role::Time));
        assert!(collector.finish().samples.is_empty());
    }
}
