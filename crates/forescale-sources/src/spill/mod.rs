//! Histories of any size, sorted into parts that each fit into memory: every series is whole in one of them.
//!
//! A long file may hold its rows in any order, by time or by series. They are read once, block by block, and go to the
//! bucket that the hash of their series' name says; a bucket is then cut into parts, and later each part is read alone.
//! In memory stay the names of the series, with a few figures for each, and never more of the rows than a part has.

mod buckets;
mod cut;
mod part;
mod sorter;
mod write;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

pub use part::{Part, PartSeries, read_part};
pub use sorter::Sorted;
pub use write::{SpillOptions, Spilled, spill, spill_with_progress};

use crate::samples::Sample;

/// A series of a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    name: String,
    /// How many samples of it the part has.
    samples: u64,
    /// Why it cannot be read.
    failed: Option<String>,
}

/// The file of the samples of a part, and that of its series.
fn files(folder: &Path, part: usize) -> [PathBuf; 2] {
    [folder.join(format!("{part:04}.samples")), folder.join(format!("{part:04}.names"))]
}

/// Bytes of a sample: the number of its series, microseconds since the Unix epoch, and the load.
const SAMPLE_BYTES: usize = 20;

fn encoded(number: u32, sample: Sample) -> [u8; SAMPLE_BYTES] {
    let mut record = [0; SAMPLE_BYTES];
    record[..4].copy_from_slice(&number.to_le_bytes());
    record[4..12].copy_from_slice(&sample.at.to_le_bytes());
    record[12..].copy_from_slice(&sample.load.to_le_bytes());
    record
}

fn decoded(record: [u8; SAMPLE_BYTES]) -> (u32, Sample) {
    let (number, rest) = record.split_at(4);
    let (at, load) = rest.split_at(8);
    let number = u32::from_le_bytes(number.try_into().unwrap_or_default());
    let at = i64::from_le_bytes(at.try_into().unwrap_or_default());
    let load = f64::from_le_bytes(load.try_into().unwrap_or_default());
    (number, Sample { at, load })
}
