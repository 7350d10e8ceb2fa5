//! Whether the sizes that a Parquet file states can be.
//!
//! The reader allocates by them before it reads a value, and an allocation that fails ends the process: neither an error
//! nor a panic would come of a damaged byte.

use std::fs::File;
use std::io::{Cursor, Read, Seek, SeekFrom};

use polars::prelude::{PolarsResult, polars_err};
use polars_io::parquet::read::FileMetadata;
use polars_parquet::parquet::page::CompressedPage;
use polars_parquet::read::{ColumnChunkMetadata, PageReader};

use crate::content::Body;

/// A file with more rows than this for each of its bytes holds no history: the times of the rows differ.
const MOST_ROWS_A_BYTE: u64 = 20_000;

/// Refuses a file whose sizes contradict each other or its length.
pub(crate) fn check(metadata: &FileMetadata, body: &Body) -> PolarsResult<()> {
    let length = match body {
        Body::File(file) => file.metadata()?.len(),
        Body::Bytes(bytes) => bytes.len() as u64,
    };
    let mut rows = 0_u64;
    for group in &metadata.row_groups {
        rows = rows.saturating_add(group.num_rows() as u64);
        for column in group.parquet_columns() {
            check_column(column, group.num_rows(), length, body)?;
        }
    }
    let sound = rows == metadata.num_rows as u64 && rows <= length.saturating_mul(MOST_ROWS_A_BYTE);
    if sound { Ok(()) } else { Err(polars_err!(ComputeError: "it states {rows} rows")) }
}

/// The pages of a column hold its values, one for each row where columns are not nested.
fn check_column(
    column: &ColumnChunkMetadata,
    rows: usize,
    length: u64,
    body: &Body,
) -> PolarsResult<()> {
    let range = column.byte_range();
    let stated = usize::try_from(column.num_values());
    let nested = column.descriptor().descriptor.max_rep_level > 0;
    if range.end > length || !stated.is_ok_and(|values| values == rows || nested) {
        return Err(polars_err!(ComputeError: "a column of other sizes than its rows"));
    }
    let bytes = bytes_of(body, range.start, (range.end - range.start) as usize)?;
    let mut values = 0_usize;
    for page in PageReader::new(Cursor::new(bytes.into()), column, Vec::new(), usize::MAX) {
        if let CompressedPage::Data(page) = page? {
            values = values.saturating_add(page.num_values());
        }
    }
    if Ok(values) == stated { Ok(()) } else { Err(polars_err!(ComputeError: "{values} values")) }
}

fn bytes_of(body: &Body, start: u64, length: usize) -> PolarsResult<Vec<u8>> {
    match body {
        Body::Bytes(bytes) => Ok(bytes[start as usize..start as usize + length].to_vec()),
        Body::File(file) => {
            let mut bytes = vec![0; length];
            let mut file: &File = file;
            file.seek(SeekFrom::Start(start))?;
            file.read_exact(&mut bytes)?;
            Ok(bytes)
        }
    }
}
