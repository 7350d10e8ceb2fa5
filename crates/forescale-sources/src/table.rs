//! Tables out: CSV and Parquet.

use std::io::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use polars::io::parquet::write::KeyValueMetadata;
use polars::prelude::*;
use polars_parquet::write::schema_to_metadata_key;

use crate::error::SourceError;

/// The values of a column of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Words.
    Text(Vec<Option<String>>),
    /// Numbers; NaN where there is none.
    Numbers(Vec<f64>),
    /// Whole numbers.
    Integers(Vec<i64>),
    /// Moments.
    Moments(Vec<DateTime<Utc>>),
    /// Whole numbers, where there are any.
    SomeIntegers(Vec<Option<i64>>),
    /// Moments, where there are any.
    SomeMoments(Vec<Option<DateTime<Utc>>>),
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// Its values.
    pub values: Values,
}

impl Values {
    fn len(&self) -> usize {
        match self {
            Self::Text(values) => values.len(),
            Self::Numbers(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Moments(values) => values.len(),
            Self::SomeIntegers(values) => values.len(),
            Self::SomeMoments(values) => values.len(),
        }
    }

    /// The value at `row` as a CSV field; a missing one is empty.
    fn field(&self, row: usize) -> String {
        match self {
            Self::Text(values) => values[row].as_deref().map_or_else(String::new, quoted),
            Self::Numbers(values) if values[row].is_nan() => String::new(),
            Self::Numbers(values) => values[row].to_string(),
            Self::Integers(values) => values[row].to_string(),
            Self::Moments(values) => written(values[row]),
            Self::SomeIntegers(values) => values[row].map_or_else(String::new, |n| n.to_string()),
            Self::SomeMoments(values) => values[row].map_or_else(String::new, written),
        }
    }
}

fn written(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

/// A table as CSV: a header, and times as ISO 8601 in UTC.
///
/// # Panics
/// When the columns differ in length.
pub fn write_csv(columns: &[TableColumn]) -> Vec<u8> {
    let rows = height(columns);
    let header = columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(",");
    let mut text = header + "\n";
    for row in 0..rows {
        let fields: Vec<String> = columns.iter().map(|column| column.values.field(row)).collect();
        text.push_str(&fields.join(","));
        text.push('\n');
    }
    text.into_bytes()
}

fn quoted(field: &str) -> String {
    if field.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

/// A table as Parquet; times are timestamps in milliseconds, in UTC.
///
/// # Errors
/// [`SourceError::Write`] when two columns have one name.
///
/// # Panics
/// When the columns differ in length.
pub fn write_parquet(columns: &[TableColumn]) -> Result<Vec<u8>, SourceError> {
    let failed = |error: PolarsError| SourceError::Write {
        path: "the Parquet table".to_owned(),
        reason: error.to_string(),
    };
    let cells = columns.iter().map(column).collect::<PolarsResult<Vec<_>>>().map_err(failed)?;
    let mut frame = DataFrame::new(height(columns), cells).map_err(failed)?;
    let mut bytes = Vec::new();
    let schema = frame.schema().clone();
    parquet_writer(&mut bytes, &schema).finish(&mut frame).map_err(failed)?;
    Ok(bytes)
}

/// What writes a frame of `schema` to `to`, so that its text is plain text to every reader: as polars has it, a view,
/// many a tool can neither sort nor group it.
pub(crate) fn parquet_writer<W: Write>(to: W, schema: &Schema) -> ParquetWriter<W> {
    let plain = schema_to_metadata_key(&schema.to_arrow(CompatLevel::oldest()));
    ParquetWriter::new(to)
        .with_compression(ParquetCompression::Uncompressed)
        .with_key_value_metadata(Some(KeyValueMetadata::Static(vec![plain])))
}

fn column(column: &TableColumn) -> PolarsResult<Column> {
    let name = PlSmallStr::from_str(&column.name);
    Ok(match &column.values {
        Values::Text(values) => {
            StringChunked::from_iter_options(name, values.iter().map(|value| value.as_deref()))
                .into_column()
        }
        Values::Numbers(values) => {
            let present = values.iter().map(|value| (!value.is_nan()).then_some(*value));
            Float64Chunked::from_iter_options(name, present).into_column()
        }
        Values::Integers(values) => Int64Chunked::from_vec(name, values.clone()).into_column(),
        Values::Moments(values) => moments(name, values.iter().map(|value| Some(*value))),
        Values::SomeMoments(values) => moments(name, values.iter().copied()),
        Values::SomeIntegers(values) => {
            Int64Chunked::from_iter_options(name, values.iter().copied()).into_column()
        }
    })
}

fn moments(name: PlSmallStr, values: impl Iterator<Item = Option<DateTime<Utc>>>) -> Column {
    let milliseconds = values.map(|value| value.map(|value| value.timestamp_millis()));
    Int64Chunked::from_iter_options(name, milliseconds)
        .into_datetime(TimeUnit::Milliseconds, Some(TimeZone::UTC))
        .into_column()
}

fn height(columns: &[TableColumn]) -> usize {
    let rows = columns.first().map_or(0, |column| column.values.len());
    assert!(
        columns.iter().all(|column| column.values.len() == rows),
        "every column of a table has the same length"
    );
    rows
}
