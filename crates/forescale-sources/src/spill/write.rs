//! Sources into parts.

use std::fs;
use std::path::Path;

use chrono::TimeDelta;
use forescale_core::ReadNotes;
use forescale_core::native::STEP_OF_ONE;
use serde::{Deserialize, Serialize};

use super::Listed;
use super::buckets::{Buckets, MOST_OPEN};
use super::cut::{Weighed, cut};
use super::sorter::{Entry, Sorted, Sorter};
use crate::content::Source;
use crate::error::SourceError;
use crate::history::ReadOptions;
use crate::timestamp::SECOND;

/// Bytes of sources for each bucket; how many there are changes the order of the series, and nothing else.
const BUCKET_BYTES: u64 = 4 << 20;

/// How histories are sorted into parts.
#[derive(Debug, Clone)]
pub struct SpillOptions {
    /// The columns, the zone, the step, and the series to take, if it is not every one.
    pub read: ReadOptions,
    /// The share of the series to keep: those whose hash leaves `shard.0` when divided by `shard.1`.
    pub shard: (u64, u64),
    /// The span of the rows that each series will be given: a part is small enough for those, too.
    pub horizon: TimeDelta,
}

/// What was sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spilled {
    /// Parts there are.
    pub parts: usize,
    /// Series there are, those that failed included.
    pub series: usize,
    /// Rows that were kept.
    pub rows: u64,
    /// What was seen of the series so far; [`Part`](super::Part) adds what comes to light on their grids.
    pub notes: ReadNotes,
}

/// Sorts the rows of `sources` into parts in `folder`; [`read_part`](super::read_part) reads them.
///
/// A long file names its series; of another one, each load column is a series. With the sources come the names that
/// files without a column of names give to theirs. Rows of one name may stand in several files. A row that cannot be read
/// fails its series, and a file that cannot be read to its end fails every series it has rows of.
///
/// # Errors
/// [`SourceError::Write`] when a part cannot be written, [`SourceError::UnknownSeries`] when the series to take is not
/// there, and what is wrong with the only source, if there is one.
pub fn spill(
    sources: &[(String, Source)],
    options: &SpillOptions,
    folder: &Path,
) -> Result<Spilled, SourceError> {
    spill_with_progress(sources, options, folder, &|_| ())
}

/// The same as [`spill`]; `told` hears now and then how far the sorting is.
///
/// # Errors
/// As [`spill`].
pub fn spill_with_progress(
    sources: &[(String, Source)],
    options: &SpillOptions,
    folder: &Path,
    told: &dyn Fn(Sorted),
) -> Result<Spilled, SourceError> {
    fs::create_dir_all(folder).map_err(|error| SourceError::write(folder, &error))?;
    let paths = (0..buckets(sources)).map(|bucket| folder.join(format!("{bucket:04}.bucket")));
    let mut sorter = Sorter::new(options, Buckets::create(paths)?, told);
    let mut broken = None;
    for (name, source) in sources {
        match sorter.take(name, source, sources.len() > 1) {
            Err(error @ SourceError::Write { .. }) => return Err(error),
            Err(error) if sources.len() == 1 => return Err(error),
            taken => broken = broken.or(taken.err()),
        }
    }
    let name = match sources {
        [(_, source)] => source.name(),
        _ => "the fleet".to_owned(),
    };
    // A series that is not there may stand in what could not be read.
    sorter.roster.check(&name).map_err(|unknown| broken.unwrap_or(unknown))?;
    cut_all(sorter, options, folder)
}

/// Buckets for these sources, by their bytes as they are.
fn buckets(sources: &[(String, Source)]) -> usize {
    let bytes: u64 = sources.iter().map(|(_, source)| source.bytes()).sum();
    bytes.div_ceil(BUCKET_BYTES).clamp(1, MOST_OPEN as u64) as usize
}

fn cut_all(
    sorter: Sorter<'_>,
    options: &SpillOptions,
    folder: &Path,
) -> Result<Spilled, SourceError> {
    let Sorter { roster, entries, buckets, .. } = sorter;
    let mut of_bucket: Vec<Vec<usize>> = vec![Vec::new(); buckets.len()];
    for (place, entry) in entries.iter().enumerate() {
        of_bucket[entry.bucket].push(place);
    }
    let mut spilled = Spilled { series: entries.len(), ..Spilled::default() };
    for (path, places) in buckets.finish()?.into_iter().zip(of_bucket) {
        // Without a series at all, empty parts still give the rows their header.
        if places.is_empty() && !entries.is_empty() {
            fs::remove_file(&path).map_err(|error| SourceError::write(&path, &error))?;
            continue;
        }
        let series =
            places.iter().map(|&place| weighed(&roster.names()[place], &entries[place], options));
        spilled.parts += cut(&path, series.collect(), folder, spilled.parts)?;
    }
    for entry in &entries {
        spilled.rows += entry.samples;
        spilled.notes = spilled.notes.and(ReadNotes {
            mended: entry.rules.mends(),
            local: usize::from(options.read.zone.is_none() && entry.rules.local() > 0),
            ..ReadNotes::default()
        });
    }
    Ok(spilled)
}

fn weighed(name: &str, entry: &Entry, options: &SpillOptions) -> Weighed {
    let span = entry.rules.latest().saturating_sub(entry.first);
    let own = match entry.samples {
        0 | 1 => STEP_OF_ONE * SECOND,
        samples => span / (samples - 1) as i64,
    };
    let step = options.read.step.map_or(own, |step| step.seconds() * SECOND).max(SECOND);
    let horizon = options.horizon.num_microseconds().unwrap_or(i64::MAX);
    let (name, failed) = (name.to_owned(), entry.failed.clone());
    Weighed {
        listed: Listed { name, samples: entry.samples, failed },
        output_rows: (horizon / step).max(1) as u64,
    }
}
