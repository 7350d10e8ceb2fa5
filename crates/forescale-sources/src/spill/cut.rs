//! Buckets into parts that fit into memory.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::buckets::{Buckets, MOST_OPEN};
use super::{Listed, SAMPLE_BYTES, decoded, files};
use crate::atomic::write_atomically;
use crate::error::SourceError;

/// Rows of a part, samples and rows of output together: little memory, and little that a kill costs.
const PART_ROWS: u64 = 200_000;

/// A series of a bucket.
pub(super) struct Weighed {
    pub listed: Listed,
    /// Rows of output that are to be expected.
    pub output_rows: u64,
}

/// Cuts the bucket at `path`, whose series stand in the order of their numbers, into parts in `folder`: the first one is
/// `first`. Returns how many there are.
pub(super) fn cut(
    path: &Path,
    series: Vec<Weighed>,
    folder: &Path,
    first: usize,
) -> Result<usize, SourceError> {
    let ranges = ranges(&series);
    let samples = |at: usize| files(folder, first + at)[0].clone();
    match ranges.len() {
        1 => fs::rename(path, samples(0)).map_err(|error| SourceError::write(path, &error))?,
        parts => {
            for begin in (0..parts).step_by(MOST_OPEN) {
                let some = begin..parts.min(begin + MOST_OPEN);
                scatter(path, &ranges[some.clone()], some.map(samples))?;
            }
            fs::remove_file(path).map_err(|error| SourceError::write(path, &error))?;
        }
    }
    let mut series = series.into_iter().map(|one| one.listed);
    for (at, range) in ranges.iter().enumerate() {
        let [samples, names] = files(folder, first + at);
        let synced = File::open(&samples).and_then(|file| file.sync_all());
        synced.map_err(|error| SourceError::write(&samples, &error))?;
        let listed: Vec<Listed> = series.by_ref().take(range.len()).collect();
        let text = serde_json::to_vec(&listed)
            .map_err(|error| SourceError::write(&names, &error.into()))?;
        write_atomically(&names, &text)?;
    }
    Ok(ranges.len())
}

/// The numbers of the series of each part: as many as [`PART_ROWS`] allow, and at least one.
fn ranges(series: &[Weighed]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let (mut begin, mut rows) = (0, 0);
    for (at, one) in series.iter().enumerate() {
        let own = one.listed.samples.saturating_add(one.output_rows);
        if at > begin && own.saturating_add(rows) > PART_ROWS {
            ranges.push(begin..at);
            (begin, rows) = (at, 0);
        }
        rows = own.saturating_add(rows);
    }
    ranges.push(begin..series.len());
    ranges
}

/// Writes the samples of the series in each of `ranges` to a file of its own, with their numbers counted from 0.
fn scatter(
    path: &Path,
    ranges: &[Range<usize>],
    paths: impl Iterator<Item = PathBuf>,
) -> Result<(), SourceError> {
    let unreadable = |error| SourceError::unavailable(&path.display().to_string(), &error);
    let mut bucket = BufReader::new(File::open(path).map_err(unreadable)?);
    let mut parts = Buckets::create(paths)?;
    let mut record = [0; SAMPLE_BYTES];
    loop {
        match bucket.read_exact(&mut record) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => break,
            read => read.map_err(unreadable)?,
        }
        let (number, sample) = decoded(record);
        let at = ranges.partition_point(|range| range.end <= number as usize);
        match ranges.get(at) {
            Some(range) if range.contains(&(number as usize)) => {
                parts.push(at, number - range.start as u32, sample)?;
            }
            _ => {}
        }
    }
    parts.finish().map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(rows: &[(u64, u64)]) -> Vec<Weighed> {
        let weighed = |&(samples, output_rows): &(u64, u64)| Weighed {
            listed: Listed { name: String::new(), samples, failed: None },
            output_rows,
        };
        rows.iter().map(weighed).collect()
    }

    #[test]
    fn a_part_has_so_many_rows_at_most_or_one_series() {
        let most = PART_ROWS;
        let parts = |rows: &[(u64, u64)]| {
            let ranges = ranges(&series(rows));
            ranges.into_iter().map(|range| (range.start, range.end)).collect::<Vec<_>>()
        };
        assert_eq!(parts(&[(most / 2, 0); 5]), [(0, 2), (2, 4), (4, 5)]);
        assert_eq!(parts(&[(10, most / 2); 3]), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(parts(&[(1, 1), (5 * most, 1), (1, 1)]), [(0, 1), (1, 2), (2, 3)]);
        assert_eq!(parts(&[(0, u64::MAX), (u64::MAX, 1)]), [(0, 1), (1, 2)]);
        assert_eq!(parts(&[]), [(0, 0)]);
    }
}
