//! What reading a source should do, from the outside.

mod broken;
mod data;
mod large;
mod parquet;
mod properties;
mod reading;
mod spills;

use forescale_sources::{HistoryRead, ReadOptions, Source, SourceError, read_history};

/// Reads `text` as the file `load.csv`.
fn read_with(text: impl AsRef<[u8]>, options: &ReadOptions) -> Result<HistoryRead, SourceError> {
    let bytes = text.as_ref().to_vec();
    read_history(&Source::Bytes { name: "load.csv".to_owned(), bytes }, options)
}

fn read(text: impl AsRef<[u8]>) -> Result<HistoryRead, SourceError> {
    read_with(text, &ReadOptions::default())
}
