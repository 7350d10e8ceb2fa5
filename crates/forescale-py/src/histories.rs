//! The series of a frame.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_buffer::NullBuffer;
use chrono_tz::Tz;
use forescale::LoadSeries;
use forescale::grid::{Sample, regular};
use forescale_core::{Frequency, Mends};
use numpy::PyReadonlyArray1;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arrow_in;
use crate::failure::Refusal;
use crate::reading::Reading;
use crate::times::{Times, Unit};
use crate::values;

/// Rows that follow one another and belong to one series.
#[derive(Debug, Clone, Copy)]
pub struct Run {
    /// The chunk they stand in.
    pub chunk: usize,
    /// The first of them in it.
    pub start: usize,
    /// How many.
    pub len: usize,
}

/// A part of a frame, borrowed from whoever holds it.
#[derive(Debug)]
pub struct Chunk<'a> {
    /// Times, in the unit of the frame.
    pub at: &'a [i64],
    /// Loads.
    pub load: &'a [f64],
    /// Which of them are there.
    pub present: Option<&'a NullBuffer>,
}

/// Names of series, and the rows of each.
#[derive(Debug, Default)]
pub struct Groups {
    /// The names, in the order in which they come.
    pub names: Vec<String>,
    /// The rows of each.
    pub runs: Vec<Vec<Run>>,
    known: HashMap<String, usize>,
}

impl Groups {
    /// The number of the series called `name`.
    pub fn number(&mut self, name: &str) -> usize {
        if let Some(number) = self.known.get(name) {
            return *number;
        }
        self.known.insert(name.to_owned(), self.names.len());
        self.names.push(name.to_owned());
        self.runs.push(Vec::new());
        self.names.len() - 1
    }
}

/// The series of a frame, in the order in which their names come.
#[pyclass(frozen, module = "forescale._forescale")]
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Histories {
    /// Their names; one empty name for a frame without any.
    #[pyo3(get)]
    pub names: Vec<String>,
    /// Their loads.
    pub series: Arc<Vec<LoadSeries>>,
    /// How their times are written.
    pub times: Times,
    /// Whether the names are whole numbers in the frame.
    pub numbered: bool,
    /// The column of the names, and that of the times.
    pub columns: (String, String),
    /// What was read of each; nothing for the histories that models keep.
    pub readings: Arc<Vec<Reading>>,
}

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct History<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its load.
    pub series: &'a LoadSeries,
    /// What was read, unless a model kept it.
    pub reading: Option<&'a Reading>,
    column: &'a str,
}

impl History<'_> {
    /// What the command calls `data`; nothing is said of what a model kept.
    pub fn data(&self) -> Value {
        self.reading.map_or(Value::Null, |reading| reading.data(self.name, self.series))
    }

    /// What the reader should know.
    pub fn warnings(&self) -> Vec<String> {
        self.reading.map(|reading| reading.warnings(self.column)).unwrap_or_default()
    }
}

#[pymethods]
impl Histories {
    /// The series of an Arrow table or stream.
    #[staticmethod]
    #[pyo3(signature = (table, unique_id, ds, y, freq, timezone))]
    fn from_arrow(
        py: Python<'_>,
        table: AnyRecordBatch,
        unique_id: Option<&str>,
        ds: &str,
        y: &str,
        freq: Option<&str>,
        timezone: Option<&str>,
    ) -> PyResult<Self> {
        let step = freq.map(values::frequency).transpose()?;
        let zone = Zone::given(timezone)?;
        let reader = table.into_reader()?;
        let read = py.detach(|| {
            let table = arrow_in::read(reader, unique_id, ds, y, zone.of_times)?;
            let frame = Frame { chunks: table.chunks(), times: &table.times, zone };
            let series = all_series(&table.groups, &frame, step)?;
            Ok::<_, Refusal>((table.groups.names, series, table.times, table.numbered))
        })?;
        let (names, series, times, numbered) = read;
        let (series, readings): (Vec<_>, Vec<_>) = series.into_iter().unzip();
        let columns = (unique_id.unwrap_or_default().to_owned(), ds.to_owned());
        let (series, readings) = (Arc::new(series), Arc::new(readings));
        Ok(Self { names, series, times, numbered, columns, readings })
    }

    /// The series of arrays: `codes` says for each row which of `names` it belongs to.
    #[staticmethod]
    #[pyo3(signature = (columns, names, numbered, codes, ds, unit, tz, y, freq, timezone))]
    #[allow(clippy::too_many_arguments)] // The arguments are the columns of a frame.
    fn from_numpy(
        py: Python<'_>,
        columns: (String, String),
        names: Vec<String>,
        numbered: bool,
        codes: Option<PyReadonlyArray1<'_, i64>>,
        ds: PyReadonlyArray1<'_, i64>,
        unit: &str,
        tz: Option<String>,
        y: PyReadonlyArray1<'_, f64>,
        freq: Option<&str>,
        timezone: Option<&str>,
    ) -> PyResult<Self> {
        let step = freq.map(values::frequency).transpose()?;
        let zone = Zone::given(timezone)?;
        let times = Times { unit: Unit::parse(unit)?, tz, zone: zone.of_times };
        let codes = codes.as_ref().map(|codes| codes.as_slice()).transpose()?;
        let (at, load) = (ds.as_slice()?, y.as_slice()?);
        let series = py.detach(|| {
            let groups = groups_of(&names, codes, at.len())?;
            let chunks = vec![Chunk { at, load, present: None }];
            all_series(&groups, &Frame { chunks, times: &times, zone }, step)
        })?;
        let kept = series.into_iter().map(|(series, reading)| (series, reading.without_nan()));
        let (series, readings): (Vec<_>, Vec<_>) = kept.unzip();
        let (series, readings) = (Arc::new(series), Arc::new(readings));
        Ok(Self { names, series, times, numbered, columns, readings })
    }

    fn __len__(&self) -> usize {
        self.names.len()
    }

    /// The step of the first series, as `5m`.
    fn step(&self) -> Option<String> {
        self.series.first().map(|series| series.frequency().to_string())
    }
}

impl Histories {
    /// The series called `name`, or the only one.
    pub fn one(&self, name: Option<&str>) -> Result<History<'_>, Refusal> {
        let at = match name {
            Some(name) => self.names.iter().position(|known| known == name).ok_or_else(|| {
                Refusal::new(format!("there is no series {name:?}")).hint(self.some_names())
            })?,
            None if self.names.len() == 1 => 0,
            None => {
                let count = self.names.len();
                return Err(Refusal::new(format!(
                    "the frame holds {count} series, but one is needed"
                ))
                .hint(format!("pass series=NAME; {}", self.some_names())));
            }
        };
        Ok(History {
            name: &self.names[at],
            series: &self.series[at],
            reading: self.readings.get(at),
            column: &self.columns.1,
        })
    }

    fn some_names(&self) -> String {
        const SHOWN: usize = 5;
        let more = if self.names.len() > SHOWN { ", ..." } else { "" };
        let names = &self.names[..self.names.len().min(SHOWN)];
        format!("the series are {}{more}", names.join(", "))
    }
}

fn groups_of(names: &[String], codes: Option<&[i64]>, rows: usize) -> Result<Groups, Refusal> {
    let mut groups =
        Groups { names: names.to_vec(), runs: vec![Vec::new(); names.len()], ..Groups::default() };
    let Some(codes) = codes else {
        groups.runs[0].push(Run { chunk: 0, start: 0, len: rows });
        return Ok(groups);
    };
    let mut start = 0;
    for same in codes.chunk_by(|a, b| a == b) {
        let group = usize::try_from(same[0]).ok().and_then(|code| groups.runs.get_mut(code));
        let group = group.ok_or_else(|| {
            Refusal::new(format!("row {start} has no unique_id"))
                .hint("name the series of every row")
        })?;
        group.push(Run { chunk: 0, start, len: same.len() });
        start += same.len();
    }
    Ok(groups)
}

fn all_series(
    groups: &Groups,
    frame: &Frame<'_>,
    step: Option<Frequency>,
) -> Result<Vec<(LoadSeries, Reading)>, Refusal> {
    if groups.names.is_empty() {
        return Err(Refusal::new("the frame has no rows").hint("pass at least one row"));
    }
    let one = |(name, runs): (&String, &Vec<Run>)| {
        let series = regular(frame.samples(runs).collect(), step);
        let series = series.map_err(|error| Refusal::from(error).of(name))?;
        Ok((series, frame.reading(runs)))
    };
    groups.names.par_iter().zip(&groups.runs).map(one).collect()
}

/// The zone of times without one.
#[derive(Debug, Clone, Copy)]
pub struct Zone {
    /// The zone.
    pub of_times: Tz,
    /// Whether somebody named it.
    pub named: bool,
}

impl Zone {
    /// The zone called `name`; UTC when nobody named one.
    pub fn given(name: Option<&str>) -> Result<Self, Refusal> {
        let of_times = name.map(values::zone).transpose()?.unwrap_or(Tz::UTC);
        Ok(Self { of_times, named: name.is_some() })
    }
}

/// A frame whose rows are known by their series.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Its parts.
    pub chunks: Vec<Chunk<'a>>,
    /// How its times are written.
    pub times: &'a Times,
    /// The zone of times without one.
    pub zone: Zone,
}

impl Frame<'_> {
    /// The samples of one series, in the order of its rows.
    pub fn samples<'a>(&'a self, runs: &'a [Run]) -> impl Iterator<Item = Sample> + Clone + 'a {
        let mut times = self.times.reader();
        self.rows(runs).map(move |(count, load)| (times.micros(count), load))
    }

    /// What was read of one series.
    pub fn reading(&self, runs: &[Run]) -> Reading {
        let local = self.times.tz.is_none() && !self.zone.named;
        let missing = runs.iter().map(|run| self.chunks[run.chunk].nulls(run)).sum();
        let mended = Mends { missing, ..Mends::default() };
        let mut times = self.times.reader();
        if !times.is_clock() {
            return Reading::new(self.samples(runs), mended, local);
        }
        // To find a moment of a clock takes long enough to do it once.
        let samples = self.rows(runs).map(|(count, load)| (times.micros(count), load));
        let samples: Vec<Sample> = samples.collect();
        let (skipped_hour, repeated_hour) = times.changed();
        let mended = Mends { skipped_hour, repeated_hour, ..mended };
        Reading::new(samples.iter().copied(), mended, local)
    }

    /// What stands in the rows of one series for the time, and their loads, `NaN` where there is none.
    fn rows<'a>(&'a self, runs: &'a [Run]) -> impl Iterator<Item = (i64, f64)> + Clone + 'a {
        runs.iter().flat_map(|run| {
            let Chunk { at, load, present } = &self.chunks[run.chunk];
            (run.start..run.start + run.len).map(move |row| {
                let missing = present.is_some_and(|present| present.is_null(row));
                (at[row], if missing { f64::NAN } else { load[row] })
            })
        })
    }
}

impl Chunk<'_> {
    /// How many loads of a run are not there.
    fn nulls(&self, run: &Run) -> usize {
        self.present.map_or(0, |present| present.slice(run.start, run.len).null_count())
    }
}
