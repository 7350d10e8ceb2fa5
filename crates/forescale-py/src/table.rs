//! Rows of an answer: Arrow for whoever speaks it, numpy arrays for everyone else.
//!
//! Numbers and times go over as they are, without a copy: a table gives its rows away, once.

use std::sync::Arc;

use arrow_array::types::{
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType,
};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{Field, Schema};
use chrono::{DateTime, Utc};
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use crate::failure::Refusal;
use crate::histories::Histories;
use crate::texts::{self, Layout, Texts};
use crate::times::{Times, Unit};

/// How numpy counts a time that is none, and so a column of times.
pub const NOT_A_TIME: i64 = i64::MIN;

/// A column of an answer.
#[derive(Debug, Clone)]
pub enum Column {
    /// Names of series by their number, each so many times.
    Series(Vec<(usize, usize)>),
    /// Moments, as they are counted in the caller's frame.
    Time(Vec<i64>),
    /// Numbers; NaN where there is none.
    Number(Vec<f64>),
    /// Whole numbers, if known.
    Whole(Int64Array),
    /// Text, if there is some.
    Text(Texts),
}

/// The rows of an answer.
#[pyclass(module = "forescale._forescale")]
#[derive(Debug)]
pub struct Table {
    names: Vec<String>,
    numbered: bool,
    times: Times,
    heads: (String, String),
    columns: Vec<(String, Column)>,
}

impl Table {
    /// A table without columns, whose names and times are written like those of `histories`.
    pub fn like(histories: &Histories) -> Self {
        Self {
            names: histories.names.clone(),
            numbered: histories.numbered,
            times: histories.times.clone(),
            heads: histories.columns.clone(),
            columns: Vec::new(),
        }
    }

    /// The same with a column more.
    pub fn with(mut self, name: impl Into<String>, column: Column) -> Self {
        self.columns.push((name.into(), column));
        self
    }

    /// The same with the names of series, under the caller's name for them; not at all for a frame without names.
    pub fn with_series(self, counts: Vec<(usize, usize)>) -> Self {
        let name = self.heads.0.clone();
        if name.is_empty() { self } else { self.with(name, Column::Series(counts)) }
    }

    /// The same with the times to come, under the caller's name for them.
    pub fn with_times(self, times: impl Iterator<Item = DateTime<Utc>>) -> Self {
        let column = self.moments(times);
        let name = self.heads.1.clone();
        self.with(name, column)
    }

    /// The same with times as they are counted, some of which may be none.
    pub fn with_counted_times(self, at: Vec<i64>) -> Self {
        let name = self.heads.1.clone();
        self.with(name, Column::Time(at))
    }

    /// A column of moments.
    pub fn moments(&self, times: impl Iterator<Item = DateTime<Utc>>) -> Column {
        Column::Time(times.map(|at| self.times.written(at)).collect())
    }

    /// The columns, which are given away.
    fn taken(&mut self) -> Result<Vec<(String, Column)>, Refusal> {
        let columns = std::mem::take(&mut self.columns);
        if columns.is_empty() {
            return Err(Refusal::new("the rows have been given away already")
                .hint("keep the frame that was made of them"));
        }
        Ok(columns)
    }

    fn arrow(&self, column: Column, layout: Layout) -> Result<ArrayRef, Refusal> {
        Ok(match column {
            Column::Series(counts) => self.names_array(&counts, layout)?,
            Column::Time(at) => self.times_array(at),
            Column::Number(numbers) => Arc::new(numbers_array(numbers)),
            Column::Whole(numbers) => Arc::new(numbers),
            Column::Text(texts) => texts.array(layout),
        })
    }

    fn names_array(&self, counts: &[(usize, usize)], layout: Layout) -> Result<ArrayRef, Refusal> {
        if self.numbered {
            let rows = counts.iter().flat_map(|(name, count)| std::iter::repeat_n(*name, *count));
            let number = |name: &String| name.parse::<i64>();
            let numbers: Vec<i64> =
                self.names.iter().map(number).collect::<Result<_, _>>().map_err(|_| {
                    Refusal::new("a unique_id is larger than a whole number of 64 bits")
                        .hint("turn unique_id into text")
                })?;
            return Ok(Arc::new(rows.map(|name| numbers[name]).collect::<Int64Array>()));
        }
        Ok(texts::repeated(&self.names, counts, layout))
    }

    fn times_array(&self, at: Vec<i64>) -> ArrayRef {
        let known = at.contains(&NOT_A_TIME);
        let known = known.then(|| at.iter().map(|at| *at != NOT_A_TIME).collect::<NullBuffer>());
        let at = Int64Array::new(at.into(), known);
        let tz = self.times.tz.as_deref().map(Arc::<str>::from);
        match self.times.unit {
            Unit::Second => {
                Arc::new(at.reinterpret_cast::<TimestampSecondType>().with_timezone_opt(tz))
            }
            Unit::Millisecond => {
                Arc::new(at.reinterpret_cast::<TimestampMillisecondType>().with_timezone_opt(tz))
            }
            Unit::Microsecond => {
                Arc::new(at.reinterpret_cast::<TimestampMicrosecondType>().with_timezone_opt(tz))
            }
            Unit::Nanosecond => {
                Arc::new(at.reinterpret_cast::<TimestampNanosecondType>().with_timezone_opt(tz))
            }
        }
    }

    fn batch(&mut self, layout: Layout) -> Result<RecordBatch, Refusal> {
        let (names, columns): (Vec<String>, Vec<Column>) = self.taken()?.into_iter().unzip();
        let arrays: Vec<ArrayRef> = columns
            .into_iter()
            .map(|column| self.arrow(column, layout))
            .collect::<Result<_, _>>()?;
        let fields = names.into_iter().zip(&arrays);
        let fields: Vec<Field> =
            fields.map(|(name, array)| Field::new(name, array.data_type().clone(), true)).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| Refusal::new(format!("the rows fit no table: {error}")))
    }
}

/// Numbers as the command's Parquet has them: one that is not there is null, which no sum takes for a number.
fn numbers_array(numbers: Vec<f64>) -> Float64Array {
    let missing = numbers.iter().any(|number| number.is_nan());
    let known = missing.then(|| numbers.iter().map(|n| !n.is_nan()).collect::<NullBuffer>());
    Float64Array::new(numbers.into(), known)
}

#[pymethods]
impl Table {
    /// The rows as an Arrow table, whose texts are views where the reader works with such.
    #[pyo3(signature = (views=false))]
    fn arrow_table(&mut self, py: Python<'_>, views: bool) -> PyResult<PyTable> {
        let layout = if views { Layout::Views } else { Layout::Offsets };
        let batch = py.detach(|| self.batch(layout))?;
        let schema = batch.schema();
        PyTable::try_new(vec![batch], schema)
    }

    /// The rows as arrays by name: times are whole numbers of `unit`, names of series are numbers into `names`.
    fn arrays<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let arrays = PyDict::new(py);
        for (name, column) in self.taken()? {
            match column {
                Column::Series(counts) => {
                    let rows = counts
                        .iter()
                        .flat_map(|(name, count)| std::iter::repeat_n(*name as i64, *count));
                    arrays.set_item(name, PyArray1::from_iter(py, rows))?;
                }
                Column::Time(at) => arrays.set_item(name, at.into_pyarray(py))?,
                Column::Number(numbers) => arrays.set_item(name, numbers.into_pyarray(py))?,
                Column::Whole(numbers) => {
                    let numbers = numbers.iter().map(|n| n.map_or(f64::NAN, |n| n as f64));
                    arrays.set_item(name, PyArray1::from_iter(py, numbers))?;
                }
                Column::Text(texts) => {
                    arrays.set_item(name, texts.iter().collect::<Vec<Option<&str>>>())?;
                }
            }
        }
        Ok(arrays)
    }

    /// Which columns hold what, before the rows are given away: `series`, `time`, `number`, `whole` or `text`.
    fn kinds(&self) -> Vec<(String, &'static str)> {
        let kind = |column: &Column| match column {
            Column::Series(_) => "series",
            Column::Time(_) => "time",
            Column::Number(_) => "number",
            Column::Whole(_) => "whole",
            Column::Text(_) => "text",
        };
        self.columns.iter().map(|(name, column)| (name.clone(), kind(column))).collect()
    }

    /// The names of the series.
    #[getter]
    fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// Whether the names of the series are whole numbers.
    #[getter]
    fn numbered(&self) -> bool {
        self.numbered
    }

    /// What times count: `s`, `ms`, `us` or `ns`.
    #[getter]
    fn unit(&self) -> &'static str {
        self.times.unit.name()
    }

    /// The zone that times carry.
    #[getter]
    fn tz(&self) -> Option<String> {
        self.times.tz.clone()
    }
}
