//! Files that samples are written to in the order in which they are met.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use super::encoded;
use crate::error::SourceError;
use crate::samples::Sample;

/// Most files that are open at a time.
pub(super) const MOST_OPEN: usize = 256;

/// Bytes that wait for a file, for each of those that are open.
const WAITING_BYTES: usize = 1 << 16;

/// Files of samples in the making.
pub(super) struct Buckets(Vec<(BufWriter<File>, PathBuf)>);

impl Buckets {
    /// Makes the files at `paths`.
    pub fn create(paths: impl IntoIterator<Item = PathBuf>) -> Result<Self, SourceError> {
        let create = |path: PathBuf| {
            let file = File::create(&path).map_err(|error| SourceError::write(&path, &error))?;
            Ok((BufWriter::with_capacity(WAITING_BYTES, file), path))
        };
        paths.into_iter().map(create).collect::<Result<_, _>>().map(Self)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Writes a sample of the series called `number` to the file at `at`.
    pub fn push(&mut self, at: usize, number: u32, sample: Sample) -> Result<(), SourceError> {
        let (file, path) = &mut self.0[at];
        file.write_all(&encoded(number, sample)).map_err(|error| SourceError::write(path, &error))
    }

    /// Writes what still waits; the paths of the files.
    pub fn finish(self) -> Result<Vec<PathBuf>, SourceError> {
        let finish = |(mut file, path): (BufWriter<File>, PathBuf)| {
            file.flush().map_err(|error| SourceError::write(&path, &error))?;
            Ok(path)
        };
        self.0.into_iter().map(finish).collect()
    }
}
