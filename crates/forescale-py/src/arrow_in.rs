//! A long frame as Arrow gives it: names, times and loads, without a copy where the types fit.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchReader};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_cast::cast;
use arrow_schema::{DataType, Schema, TimeUnit};
use chrono_tz::Tz;

use crate::failure::Refusal;
use crate::histories::{Chunk, Groups, Run};
use crate::times::{Times, Unit};

/// A frame that was read.
#[derive(Debug)]
pub struct Long {
    /// The series and their rows.
    pub groups: Groups,
    /// How times are written.
    pub times: Times,
    /// Whether the names are whole numbers.
    pub numbered: bool,
    at: Vec<ScalarBuffer<i64>>,
    load: Vec<(ScalarBuffer<f64>, Option<NullBuffer>)>,
}

impl Long {
    /// The times and loads.
    pub fn chunks(&self) -> Vec<Chunk<'_>> {
        self.at
            .iter()
            .zip(&self.load)
            .map(|(at, (load, present))| Chunk { at, load, present: present.as_ref() })
            .collect()
    }
}

/// Reads the columns of a frame; without a column of names there is one series.
pub fn read(
    reader: Box<dyn RecordBatchReader + Send>,
    unique_id: Option<&str>,
    ds: &str,
    y: &str,
    zone: Tz,
) -> Result<Long, Refusal> {
    let schema = reader.schema();
    let (ds_at, y_at) = (column(&schema, ds)?, column(&schema, y)?);
    let id_at = unique_id.map(|name| column(&schema, name)).transpose()?;
    let mut groups = Groups::default();
    let (mut at, mut load, mut times, mut empty) = (Vec::new(), Vec::new(), None, None);
    for (chunk, batch) in reader.enumerate() {
        let batch =
            batch.map_err(|error| Refusal::new(format!("the frame cannot be read: {error}")))?;
        group(&batch, id_at, chunk, &mut groups)?;
        let (stamps, kind) = stamps(batch.column(ds_at), ds, zone)?;
        let known = if stamps.is_empty() { &mut empty } else { &mut times };
        if *known.get_or_insert_with(|| kind.clone()) != kind {
            return Err(mixed(ds));
        }
        at.push(stamps);
        load.push(loads(batch.column(y_at), y)?);
    }
    let no_rows = || Refusal::new("the frame has no rows").hint("pass at least one row");
    let times = times.or(empty).ok_or_else(no_rows)?;
    let numbered = id_at.is_some_and(|at| schema.field(at).data_type().is_integer());
    Ok(Long { groups, times, numbered, at, load })
}

fn column(schema: &Schema, name: &str) -> Result<usize, Refusal> {
    schema.index_of(name).map_err(|_| {
        let have: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        Refusal::new(format!("the frame has no column {name:?}, only {}", have.join(", ")))
            .hint("rename it, or pass id_col, time_col and target_col")
    })
}

fn group(
    batch: &RecordBatch,
    id_at: Option<usize>,
    chunk: usize,
    groups: &mut Groups,
) -> Result<(), Refusal> {
    let rows = batch.num_rows();
    if rows == 0 {
        return Ok(());
    }
    let Some(id_at) = id_at else {
        let number = groups.number("");
        groups.runs[number].push(Run { chunk, start: 0, len: rows });
        return Ok(());
    };
    let ids = batch.column(id_at);
    if ids.null_count() > 0 {
        return Err(Refusal::new("a row has no unique_id").hint("name the series of every row"));
    }
    match ids.data_type() {
        DataType::Utf8 => runs(|row| ids.as_string::<i32>().value(row), rows, chunk, groups),
        DataType::LargeUtf8 => runs(|row| ids.as_string::<i64>().value(row), rows, chunk, groups),
        DataType::Utf8View => runs(|row| ids.as_string_view().value(row), rows, chunk, groups),
        other => {
            let text = cast(ids, &DataType::Utf8).map_err(|_| {
                Refusal::new(format!("unique_id should be text or whole numbers, but is {other}"))
                    .hint("turn it into text")
            })?;
            runs(|row| text.as_string::<i32>().value(row), rows, chunk, groups);
        }
    }
    Ok(())
}

fn runs<'a>(name: impl Fn(usize) -> &'a str, rows: usize, chunk: usize, groups: &mut Groups) {
    let mut start = 0;
    while start < rows {
        let own = name(start);
        let mut end = start + 1;
        while end < rows && name(end) == own {
            end += 1;
        }
        let number = groups.number(own);
        groups.runs[number].push(Run { chunk, start, len: end - start });
        start = end;
    }
}

/// The times of a column as they are counted, and how they are written.
fn stamps(column: &ArrayRef, name: &str, zone: Tz) -> Result<(ScalarBuffer<i64>, Times), Refusal> {
    if column.null_count() > 0 {
        return Err(Refusal::new(format!("column {name:?} has rows without a time"))
            .hint("drop them: a sample without a time says nothing"));
    }
    let (unit, tz, column) = match column.data_type() {
        DataType::Timestamp(unit, tz) => (*unit, tz.clone(), column.clone()),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => {
            // What is cast is UTC where the text says its zone, and what the clock shows where it does not.
            let utc = says_its_zone(column, name)?.then(|| Arc::from("UTC"));
            (TimeUnit::Microsecond, utc, micros(column, name)?)
        }
        DataType::Date32 | DataType::Date64 => (TimeUnit::Microsecond, None, micros(column, name)?),
        _ => return Err(no_times(name, column)),
    };
    let counted = cast(&column, &DataType::Int64).map_err(|_| no_times(name, &column))?;
    let unit = match unit {
        TimeUnit::Second => Unit::Second,
        TimeUnit::Millisecond => Unit::Millisecond,
        TimeUnit::Microsecond => Unit::Microsecond,
        TimeUnit::Nanosecond => Unit::Nanosecond,
    };
    let times = Times { unit, tz: tz.map(|tz| tz.to_string()), zone };
    Ok((counted.as_primitive::<Int64Type>().values().clone(), times))
}

/// Days or text as microseconds.
fn micros(column: &ArrayRef, name: &str) -> Result<ArrayRef, Refusal> {
    let wanted = DataType::Timestamp(TimeUnit::Microsecond, None);
    let read = cast(column, &wanted).ok().filter(|read| read.null_count() == 0);
    read.ok_or_else(|| no_times(name, column))
}

/// Letters of a date, and the one between it and the time of day.
const DATE: usize = 11;

/// Whether times that are text say their zone, as `2026-01-05T10:00:00Z` and `2026-01-05T12:00:00+02:00` do; all of them or
/// none.
fn says_its_zone(column: &ArrayRef, name: &str) -> Result<bool, Refusal> {
    let text = cast(column, &DataType::Utf8View).map_err(|_| no_times(name, column))?;
    let clock = |letter: u8| letter.is_ascii_digit() || matches!(letter, b':' | b'.' | b' ');
    let zoned = |text: &str| text.bytes().skip(DATE).any(|letter| !clock(letter));
    let mut zoned = text.as_string_view().iter().flatten().map(zoned);
    let first = zoned.next().unwrap_or_default();
    if zoned.all(|other| other == first) { Ok(first) } else { Err(mixed(name)) }
}

fn mixed(name: &str) -> Refusal {
    Refusal::new(format!("column {name:?} holds times with a zone and times without one"))
        .hint("write all of them alike, as 2026-01-05T10:00:00Z say, or turn them into timestamps")
}

fn no_times(name: &str, column: &ArrayRef) -> Refusal {
    Refusal::new(format!("column {name:?} should hold times, but holds {}", column.data_type()))
        .hint("turn it into timestamps, with pandas.to_datetime say")
}

fn loads(
    column: &ArrayRef,
    name: &str,
) -> Result<(ScalarBuffer<f64>, Option<NullBuffer>), Refusal> {
    let unfit = || {
        Refusal::new(format!(
            "column {name:?} should hold numbers, but holds {}",
            column.data_type()
        ))
        .hint("turn it into numbers; a missing load is null or NaN")
    };
    if !column.data_type().is_numeric() {
        return Err(unfit());
    }
    let numbers = cast(column, &DataType::Float64).map_err(|_| unfit())?;
    let numbers = numbers.as_primitive::<Float64Type>();
    Ok((numbers.values().clone(), numbers.nulls().cloned()))
}
