//! Rows of an answer: Arrow for whoever speaks it, numpy arrays for everyone else.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray,
    TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
};
use arrow_schema::{Field, Schema};
use chrono::{DateTime, Utc};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pyo3_arrow::PyTable;

use crate::failure::Refusal;
use crate::histories::Histories;
use crate::times::{Times, Unit};

/// How numpy counts a time that is none.
const NOT_A_TIME: i64 = i64::MIN;

/// A column of an answer.
#[derive(Debug, Clone)]
pub enum Column {
    /// Names of series by their number, each so many times.
    Series(Vec<(usize, usize)>),
    /// Moments, as they are counted in the caller's frame.
    Time(Vec<Option<i64>>),
    /// Numbers.
    Number(Vec<f64>),
    /// Whole numbers, if known.
    Whole(Vec<Option<i64>>),
    /// Text, if there is some.
    Text(Vec<Option<String>>),
}

/// The rows of an answer.
#[pyclass(frozen, module = "forescale._forescale")]
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

    /// The same with times that may be missing.
    pub fn with_times_if_known(self, times: Vec<Option<DateTime<Utc>>>) -> Self {
        let counted = times.into_iter().map(|at| at.map(|at| self.times.written(at))).collect();
        let name = self.heads.1.clone();
        self.with(name, Column::Time(counted))
    }

    /// A column of moments.
    pub fn moments(&self, times: impl Iterator<Item = DateTime<Utc>>) -> Column {
        Column::Time(times.map(|at| Some(self.times.written(at))).collect())
    }

    fn arrow(&self, column: &Column) -> Result<ArrayRef, Refusal> {
        Ok(match column {
            Column::Series(counts) => self.names_array(counts)?,
            Column::Time(at) => self.times_array(at.clone()),
            Column::Number(numbers) => Arc::new(Float64Array::from(numbers.clone())),
            Column::Whole(numbers) => Arc::new(Int64Array::from(numbers.clone())),
            Column::Text(texts) => Arc::new(StringArray::from_iter(texts)),
        })
    }

    fn names_array(&self, counts: &[(usize, usize)]) -> Result<ArrayRef, Refusal> {
        let rows = || counts.iter().flat_map(|(name, count)| std::iter::repeat_n(*name, *count));
        if self.numbered {
            let number = |name: &String| name.parse::<i64>();
            let numbers: Vec<i64> =
                self.names.iter().map(number).collect::<Result<_, _>>().map_err(|_| {
                    Refusal::new("a unique_id is larger than a whole number of 64 bits")
                        .hint("turn unique_id into text")
                })?;
            return Ok(Arc::new(rows().map(|name| numbers[name]).collect::<Int64Array>()));
        }
        let mut builder = StringBuilder::new();
        rows().for_each(|name| builder.append_value(&self.names[name]));
        Ok(Arc::new(builder.finish()))
    }

    fn times_array(&self, at: Vec<Option<i64>>) -> ArrayRef {
        let tz = self.times.tz.as_deref().map(Arc::<str>::from);
        match self.times.unit {
            Unit::Second => Arc::new(TimestampSecondArray::from(at).with_timezone_opt(tz)),
            Unit::Millisecond => {
                Arc::new(TimestampMillisecondArray::from(at).with_timezone_opt(tz))
            }
            Unit::Microsecond => {
                Arc::new(TimestampMicrosecondArray::from(at).with_timezone_opt(tz))
            }
            Unit::Nanosecond => Arc::new(TimestampNanosecondArray::from(at).with_timezone_opt(tz)),
        }
    }

    fn batch(&self) -> Result<RecordBatch, Refusal> {
        let arrays: Vec<ArrayRef> =
            self.columns.iter().map(|(_, column)| self.arrow(column)).collect::<Result<_, _>>()?;
        let fields = self.columns.iter().zip(&arrays);
        let fields: Vec<Field> = fields
            .map(|((name, _), array)| Field::new(name, array.data_type().clone(), true))
            .collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|error| Refusal::new(format!("the rows fit no table: {error}")))
    }
}

#[pymethods]
impl Table {
    /// The rows as an Arrow table.
    fn arrow_table(&self) -> PyResult<PyTable> {
        let batch = self.batch()?;
        let schema = batch.schema();
        PyTable::try_new(vec![batch], schema)
    }

    /// The rows as arrays by name: times are whole numbers of `unit`, names of series are numbers into `names`.
    fn arrays<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let arrays = PyDict::new(py);
        for (name, column) in &self.columns {
            match column {
                Column::Series(counts) => {
                    let rows = counts
                        .iter()
                        .flat_map(|(name, count)| std::iter::repeat_n(*name as i64, *count));
                    arrays.set_item(name, PyArray1::from_iter(py, rows))?;
                }
                Column::Time(at) => {
                    let counts = at.iter().map(|at| at.unwrap_or(NOT_A_TIME));
                    arrays.set_item(name, PyArray1::from_iter(py, counts))?;
                }
                Column::Number(numbers) => {
                    arrays.set_item(name, PyArray1::from_slice(py, numbers))?
                }
                Column::Whole(numbers) => {
                    let numbers = numbers.iter().map(|n| n.map_or(f64::NAN, |n| n as f64));
                    arrays.set_item(name, PyArray1::from_iter(py, numbers))?;
                }
                Column::Text(texts) => arrays.set_item(name, texts)?,
            }
        }
        Ok(arrays)
    }

    /// Which columns hold what: `series`, `time`, `number`, `whole` or `text`.
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
