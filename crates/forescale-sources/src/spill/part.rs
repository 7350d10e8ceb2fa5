//! One part: its series, each on its grid.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;
use std::vec;

use forescale_core::grid_error::{GridError, native_step};
use forescale_core::{Frequency, LoadSeries, Mends, ReadNotes};

use super::{Listed, SAMPLE_BYTES, decoded, files};
use crate::error::SourceError;
use crate::grid::{self, Aggregate};
use crate::samples::{Sample, tidy};

/// A series by its name, or why it could not be read.
pub type PartSeries = (String, Result<LoadSeries, String>);

/// The series of a part in the order in which they were met, each put on its grid when it is asked for.
#[derive(Debug)]
pub struct Part {
    series: vec::IntoIter<(Listed, Vec<Sample>)>,
    step: Option<Frequency>,
    notes: ReadNotes,
}

/// A part of what [`spill`](super::spill) wrote to `folder`.
///
/// A coarser `step` takes the mean; without one each series has its own. A series that makes no history is no error: it
/// comes with the reason.
///
/// # Errors
/// [`SourceError::Unavailable`] when a file of the part cannot be read, and [`SourceError::Malformed`] when it does not
/// hold what was written.
pub fn read_part(folder: &Path, part: usize, step: Option<Frequency>) -> Result<Part, SourceError> {
    let [samples, names] = files(folder, part);
    let unavailable =
        |path: &Path, error| SourceError::unavailable(&path.display().to_string(), &error);
    let broken = |path: &Path| {
        SourceError::malformed(&path.display().to_string(), "does not hold what was written to it")
    };
    let text = fs::read(&names).map_err(|error| unavailable(&names, error))?;
    let listed: Vec<Listed> = serde_json::from_slice(&text).map_err(|_| broken(&names))?;
    let file = File::open(&samples).map_err(|error| unavailable(&samples, error))?;
    let length = file.metadata().map_err(|error| unavailable(&samples, error))?.len();
    let count = listed.iter().try_fold(0_u64, |count, one| count.checked_add(one.samples));
    if count.and_then(|count| count.checked_mul(SAMPLE_BYTES as u64)) != Some(length) {
        return Err(broken(&samples));
    }
    let mut rows: Vec<Vec<Sample>> = Vec::with_capacity(listed.len());
    rows.extend(listed.iter().map(|one| Vec::with_capacity(one.samples as usize)));
    let mut file = BufReader::new(file);
    let mut record = [0; SAMPLE_BYTES];
    for _ in 0..count.unwrap_or_default() {
        file.read_exact(&mut record).map_err(|error| unavailable(&samples, error))?;
        let (number, sample) = decoded(record);
        let own = rows.get_mut(number as usize).ok_or_else(|| broken(&samples))?;
        own.push(sample);
        if own.len() as u64 > listed[number as usize].samples {
            return Err(broken(&samples));
        }
    }
    let series = listed.into_iter().zip(rows).collect::<Vec<_>>().into_iter();
    Ok(Part { series, step, notes: ReadNotes::default() })
}

impl Part {
    /// What was seen of the series that were asked for so far, beyond [`Spilled::notes`](super::Spilled::notes).
    pub fn notes(&self) -> ReadNotes {
        self.notes
    }

    fn on_grid(&mut self, mut samples: Vec<Sample>) -> Result<LoadSeries, GridError> {
        let sort = !samples.is_sorted_by_key(|sample| sample.at);
        let duplicated = tidy(&mut samples, sort);
        let native = native_step(samples.iter().map(|sample| sample.at));
        let own = match (&native, self.step) {
            (Ok(native), _) => native.step,
            // The samples may be too far apart for a step of their own, and still be on one that was given.
            (Err(_), Some(given)) => given,
            (Err(error), None) => return Err(error.clone()),
        };
        let step = self.step.unwrap_or(own);
        let series = grid::regular(&samples, own, step, Aggregate::Mean)?;
        let native = native.ok();
        let irregular = native.map_or(0, |native| grid::irregular(&samples, native));
        let mended = Mends { duplicated, irregular, ..Mends::default() };
        let notes = ReadNotes::of_grid(mended, samples[0].at, native, self.step.is_some());
        self.notes = self.notes.and(notes);
        Ok(series)
    }
}

impl Iterator for Part {
    type Item = PartSeries;

    fn next(&mut self) -> Option<PartSeries> {
        let (Listed { name, failed, .. }, rows) = self.series.next()?;
        let series = match failed {
            Some(reason) => Err(reason),
            None => self.on_grid(rows).map_err(|error| error.to_string()),
        };
        Some((name, series))
    }
}
