//! One part: its series, each on its grid.

use std::fs;
use std::path::Path;

use forescale_core::{Frequency, LoadSeries};

use super::{SAMPLE_BYTES, files};
use crate::error::SourceError;
use crate::grid::{self, Aggregate};
use crate::native::native_step;
use crate::samples::{Sample, Samples, tidy};

/// A series by its name, or why it could not be read.
pub type PartSeries = (String, Result<LoadSeries, String>);

/// The series of a part of what [`spill`](super::spill) wrote to `folder`, in the order in which they were met.
///
/// A coarser `step` takes the mean; without one each series has its own.
///
/// # Errors
/// [`SourceError::Unavailable`] when a file of the part cannot be read, and [`SourceError::Malformed`] when it is cut.
/// A series that makes no history is no error: it is listed with the reason.
pub fn read_part(
    folder: &Path,
    part: usize,
    step: Option<Frequency>,
) -> Result<Vec<PartSeries>, SourceError> {
    let [samples, names] = files(folder, part);
    let unavailable =
        |path: &Path, error| SourceError::unavailable(&path.display().to_string(), &error);
    let text = fs::read_to_string(&names).map_err(|error| unavailable(&names, error))?;
    let bytes = fs::read(&samples).map_err(|error| unavailable(&samples, error))?;
    let cut = |path: &Path| SourceError::malformed(&path.display().to_string(), "is cut short");
    let names: Vec<(String, Option<String>)> =
        serde_json::from_str(&text).map_err(|_| cut(&names))?;
    let mut rows: Vec<Vec<Sample>> = vec![Vec::new(); names.len()];
    if bytes.len() % SAMPLE_BYTES != 0 {
        return Err(cut(&samples));
    }
    for record in bytes.chunks_exact(SAMPLE_BYTES) {
        let (series, sample) = sample(record);
        rows.get_mut(series).ok_or_else(|| cut(&samples))?.push(sample);
    }
    let series = names.into_iter().zip(rows).map(|((name, failure), rows)| {
        let series = match failure {
            Some(reason) => Err(reason),
            None => regular(&name, rows, step).map_err(|error| error.to_string()),
        };
        (name, series)
    });
    Ok(series.collect())
}

fn sample(record: &[u8]) -> (usize, Sample) {
    let (series, rest) = record.split_at(4);
    let (at, load) = rest.split_at(8);
    let series = u32::from_le_bytes(series.try_into().unwrap_or_default());
    let at = i64::from_le_bytes(at.try_into().unwrap_or_default());
    let load = f64::from_le_bytes(load.try_into().unwrap_or_default());
    (series as usize, Sample { at, load })
}

fn regular(
    name: &str,
    mut rows: Vec<Sample>,
    step: Option<Frequency>,
) -> Result<LoadSeries, SourceError> {
    if rows.is_empty() {
        return Err(SourceError::NoRows { name: name.to_owned() });
    }
    let sort = !rows.is_sorted_by_key(|sample| sample.at);
    tidy(&mut rows, sort);
    let native = native_step(&rows, name)?;
    let mut samples = Samples { samples: rows, ..Samples::default() };
    let step = step.unwrap_or(native.step);
    grid::regular(&mut samples, native, step, Aggregate::Mean, name, "load")
}
