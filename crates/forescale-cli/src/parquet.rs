//! Rows as Parquet.

use forescale_sources::{TableColumn, Values, write_parquet};

use crate::failure::Failure;
use crate::input::source_failure;
use crate::output::frame::{Cells, Frame, tidy};

/// The bytes of a Parquet file with the rows of `frame`.
///
/// # Errors
/// When two columns have one name.
pub fn bytes(frame: &Frame) -> Result<Vec<u8>, Failure> {
    let columns: Vec<TableColumn> = frame
        .columns()
        .iter()
        .map(|(name, cells)| TableColumn { name: name.clone(), values: values(cells) })
        .collect();
    write_parquet(&columns).map_err(source_failure)
}

fn values(cells: &Cells) -> Values {
    match cells {
        Cells::Time(cells) => Values::Moments(cells.clone()),
        Cells::Number(cells) => Values::Numbers(cells.iter().map(|number| tidy(*number)).collect()),
        Cells::Whole(cells) => Values::Integers(cells.clone()),
        Cells::Text(cells) => Values::Text(cells.iter().cloned().map(Some).collect()),
    }
}
