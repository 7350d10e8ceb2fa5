//! Parquet files.

mod sizes;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::io::mmap::MmapBytesReader;
use polars::prelude::*;

use crate::cells::Cells;
use crate::columns::Profile;
use crate::content::{Body, Content};
use crate::error::SourceError;
use crate::load::Load;
use crate::samples::Cell;
use crate::text::recent;

/// Rows that show what a column holds.
const PROFILE_ROWS: usize = 50;

/// Rows that are worth the start of a read, and little memory.
const BLOCK_ROWS: usize = 1 << 20;

/// A row group of more rows is read in pieces of so many, though each piece unpacks it from its beginning: time is cheaper
/// than the memory of all of it.
const MOST_ROWS: usize = 4 * BLOCK_ROWS;

/// What the columns of a Parquet file hold, by their types and first rows.
///
/// # Errors
/// A file that is not whole, or without a row.
pub(crate) fn profiles(content: &Content) -> Result<Vec<Profile>, SourceError> {
    guarded(content, |mut reader| sizes::check(reader.get_metadata()?, &content.body))?;
    let fields = schema(content)?;
    let known: Vec<usize> = (0..fields.len()).filter(|&at| is_known(&fields[at].dtype)).collect();
    let cells = columns(content, &known, Some((0, PROFILE_ROWS)))?;
    if cells.first().is_some_and(|cells| cells.len() == 0) {
        return Err(SourceError::NoRows { name: content.name.clone() });
    }
    let mut profiles: Vec<Profile> = fields
        .iter()
        .map(|field| Profile { name: field.name.to_string(), ..Profile::default() })
        .collect();
    for (at, cells) in known.into_iter().zip(&cells) {
        profile(&mut profiles[at], cells);
    }
    Ok(profiles)
}

fn profile(profile: &mut Profile, cells: &Cells) {
    let mut stamps = cells.stamps().filter(|cell| !matches!(cell, Cell::Blank)).peekable();
    let some = stamps.peek().is_some();
    let stamps: Vec<_> =
        stamps.map(|cell| if let Cell::Value(stamp) = cell { Some(stamp) } else { None }).collect();
    profile.numbers = cells.loads().all(|cell| !matches!(cell, Cell::Unreadable));
    let number = |cell| matches!(cell, Cell::Value(load) if load != Load::Missing);
    profile.words = !profile.numbers && !cells.loads().any(number);
    profile.dates = some && !profile.numbers && stamps.iter().all(Option::is_some);
    profile.unix = some && profile.numbers && stamps.into_iter().all(recent);
}

/// Reads the columns at `positions` and hands them over block by block, each with the number of rows before it and the share
/// of all rows that is read with it.
///
/// # Errors
/// A column of a type that holds neither times, loads nor names, a file that is not whole, or what `take` says.
pub(crate) fn each_block(
    content: &Content,
    positions: &[usize],
    mut take: impl FnMut(&[Cells], usize, f64) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let fields = schema(content)?;
    for &at in positions {
        let ArrowField { name, dtype, .. } = &fields[at];
        if !is_known(dtype) {
            let kind = format!("{dtype:?}");
            let kind = kind.split('(').next().unwrap_or_default();
            let what = format!(
                "has column {:?} of type {kind}, but a float, a timestamp or text is expected",
                name.as_str()
            );
            return Err(SourceError::malformed(&content.name, what));
        }
    }
    let groups = guarded(content, |mut reader| {
        let groups = &reader.get_metadata()?.row_groups;
        Ok(groups.iter().map(|group| group.num_rows()).collect::<Vec<_>>())
    })?;
    let all = groups.iter().sum::<usize>().max(1);
    for (offset, rows) in blocks(&groups) {
        let share = (offset + rows) as f64 / all as f64;
        take(&columns(content, positions, Some((offset, rows)))?, offset, share)?;
    }
    Ok(())
}

/// Row groups taken together until there are [`BLOCK_ROWS`], or the pieces of one with more than [`MOST_ROWS`]: where each
/// block begins, and its rows.
fn blocks(groups: &[usize]) -> Vec<(usize, usize)> {
    let mut blocks = Vec::new();
    let (mut offset, mut rows) = (0, 0);
    for (at, group) in groups.iter().enumerate() {
        rows += group;
        if rows >= BLOCK_ROWS || at + 1 == groups.len() {
            let end = offset + rows;
            blocks.extend((offset..end).step_by(MOST_ROWS).map(|at| (at, MOST_ROWS.min(end - at))));
            (offset, rows) = (end, 0);
        }
    }
    blocks
}

/// The types that are read; polars was built without the others and would panic on them.
fn is_known(dtype: &ArrowDataType) -> bool {
    use ArrowDataType as T;
    matches!(
        dtype,
        T::Int32 | T::Int64 | T::UInt32 | T::UInt64 | T::Float32 | T::Float64 | T::Boolean
    ) || matches!(dtype, T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Date32 | T::Timestamp(..))
}

fn schema(content: &Content) -> Result<Vec<ArrowField>, SourceError> {
    guarded(content, |mut reader| {
        let schema = reader.schema()?;
        Ok(schema.iter_values().cloned().collect())
    })
}

fn columns(
    content: &Content,
    positions: &[usize],
    slice: Option<(usize, usize)>,
) -> Result<Vec<Cells>, SourceError> {
    let mut projection = positions.to_vec();
    projection.sort_unstable();
    projection.dedup();
    guarded(content, |reader| {
        let reader = reader.with_projection(Some(projection.clone()));
        let frame = reader.with_slice(slice).finish()?;
        let column = |at| {
            let order = projection.binary_search(at).unwrap_or_default();
            cells(&frame.columns()[order])
        };
        positions.iter().map(column).collect()
    })
}

fn cells(column: &Column) -> PolarsResult<Cells> {
    Ok(match column.dtype() {
        DataType::String => Cells::Text(column.str()?.clone()),
        DataType::Datetime(unit, zone) => Cells::Moments {
            micros: micros(column.datetime()?.physical(), *unit),
            local: zone.is_none(),
        },
        DataType::Date => {
            let days = column.to_physical_repr().cast(&DataType::Int64)?;
            let micros = days.i64()?.apply_values(|day| day.saturating_mul(DAY_MICROS));
            Cells::Moments { micros, local: true }
        }
        DataType::Int32 | DataType::Int64 | DataType::UInt32 => {
            Cells::Integers(column.cast(&DataType::Int64)?.i64()?.clone())
        }
        _ => Cells::Numbers(column.cast(&DataType::Float64)?.f64()?.clone()),
    })
}

const DAY_MICROS: i64 = 86_400_000_000;

fn micros(values: &Int64Chunked, unit: TimeUnit) -> Int64Chunked {
    match unit {
        TimeUnit::Nanoseconds => values.apply_values(|value| value.div_euclid(1_000)),
        TimeUnit::Microseconds => values.clone(),
        TimeUnit::Milliseconds => values.apply_values(|value| value.saturating_mul(1_000)),
    }
}

/// Runs `read` on the file; whatever it does not bear, a panic too, says that the file is not whole.
fn guarded<R>(
    content: &Content,
    read: impl FnOnce(ParquetReader<Box<dyn MmapBytesReader + '_>>) -> PolarsResult<R>,
) -> Result<R, SourceError> {
    let read = AssertUnwindSafe(|| {
        let bytes: Box<dyn MmapBytesReader + '_> = match &content.body {
            Body::File(file) => Box::new(file.try_clone()?),
            Body::Bytes(bytes) => Box::new(Cursor::new(bytes.as_slice())),
        };
        read(ParquetReader::new(bytes))
    });
    match catch_unwind(read) {
        Ok(Ok(read)) => Ok(read),
        _ => Err(SourceError::malformed(
            &content.name,
            "is a Parquet file that is broken, cut short, or of a kind that is not read",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::Source;

    #[test]
    fn blocks_are_whole_row_groups_or_pieces_of_a_large_one() {
        let most = BLOCK_ROWS;
        assert_eq!(blocks(&[10, 20]), [(0, 30)]);
        assert_eq!(blocks(&[most, 5, 6]), [(0, most), (most, 11)]);
        assert_eq!(blocks(&[5, most, 7]), [(0, most + 5), (most + 5, 7)]);
        assert!(blocks(&[]).is_empty());
        let large = 2 * MOST_ROWS + 3;
        let pieces = [(0, MOST_ROWS), (MOST_ROWS, MOST_ROWS), (2 * MOST_ROWS, 3)];
        assert_eq!(blocks(&[large]), pieces);
        assert_eq!(blocks(&[large, 1]), [&pieces[..], &[(large, 1)]].concat());
    }

    #[test]
    fn the_pieces_of_a_large_row_group_are_all_of_its_rows_in_order() {
        let rows = MOST_ROWS as i64 + 2;
        let at = Int64Chunked::from_vec("at".into(), (0..rows).collect()).into_column();
        let mut frame = DataFrame::new(rows as usize, vec![at]).unwrap();
        let mut bytes = Vec::new();
        let writer = ParquetWriter::new(&mut bytes).with_row_group_size(Some(rows as usize));
        writer.finish(&mut frame).unwrap();
        let content = Content::open(&Source::Bytes { name: "large".to_owned(), bytes }).unwrap();
        let (mut next, mut shares) = (0, Vec::new());
        each_block(&content, &[0], |cells, before, share| {
            assert_eq!(before, next);
            let Cells::Integers(cells) = &cells[0] else { panic!("whole numbers are") };
            for cell in cells.iter() {
                assert_eq!(cell, Some(next as i64));
                next += 1;
            }
            shares.push(share);
            Ok(())
        })
        .unwrap();
        assert_eq!(next as i64, rows);
        assert_eq!(shares, [MOST_ROWS as f64 / rows as f64, 1.0]);
    }
}
