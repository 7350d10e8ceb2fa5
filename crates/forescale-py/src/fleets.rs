//! Many series at once: one table in, one table out.

use std::iter::Zip;
use std::slice::Iter;
use std::sync::Arc;

use arrow_array::builder::Int64Builder;
use forescale::fleet::{Answered, FleetOptions, FleetPlan, FleetSummary, Named, Profile, run};
use forescale::grid::regular;
use forescale::{EngineOptions, Level};
use forescale_core::{Frequency, ReadNotes, tidy};
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::answers;
use crate::arrow_in::{self, Long};
use crate::failure::Refusal;
use crate::fits::span_of;
use crate::forecasts::{Levels, MODEL};
use crate::given::Given;
use crate::histories::{Frame, Histories, Run, Zone};
use crate::reading::fleet_warnings;
use crate::settings::{Fleet, Learning};
use crate::table::{Column, NOT_A_TIME, Table};
use crate::texts::Texts;
use crate::times::Times;
use crate::values;
use crate::work;

#[derive(Debug)]
struct Call {
    learning: Learning,
    fleet: Fleet,
    job: Job,
}

/// What is asked of every series.
#[derive(Debug, Deserialize)]
struct Job {
    profile: String,
    freq: String,
    h: usize,
    levels: Vec<f64>,
}

/// Forecasts, and plans where a capacity is given, every series of a long table: the rows, and the summary as JSON.
///
/// A series that fails has one row that says why.
#[pyfunction]
#[pyo3(signature = (settings, table, unique_id, ds, y, progress=None))]
pub fn fleet(
    py: Python<'_>,
    settings: &str,
    table: AnyRecordBatch,
    unique_id: &str,
    ds: &str,
    y: &str,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<(Table, String)> {
    let call = Call::read(settings)?;
    let step = values::frequency(&call.job.freq)?;
    let (options, levels) = (call.options(step)?, Levels::new(&call.job.levels)?);
    let zone = call.learning.zone()?;
    let reader = table.into_reader()?;
    let long = py.detach(|| arrow_in::read(reader, Some(unique_id), ds, y, zone.of_times))?;
    let count = long.groups.names.len();
    let mut series = Each::of(&long, zone, step);
    let (rows, summary) = work::watched(py, count, progress, |watch| {
        let pool = work::pool(call.learning.threads)?;
        let mut rows = Rows::of(count * call.job.h, &levels);
        let summary = pool.install(|| {
            run(&mut series, &options, |answered| {
                rows.add(answered, &levels, &long.times);
                watch.done()
            })
        })?;
        Ok((rows, summary))
    })?;
    let figures = figures(&summary, &series.notes);
    let histories = Histories {
        names: long.groups.names,
        series: Arc::default(),
        times: long.times,
        numbered: long.numbered,
        columns: (unique_id.to_owned(), ds.to_owned()),
        readings: Arc::default(),
    };
    let table = py.detach(|| rows.table(&histories, &levels));
    Ok((table, answers::text(&answers::tidied(figures))?))
}

impl Call {
    fn read(settings: &str) -> Result<Self, Refusal> {
        let given = Given::new(settings)?;
        Ok(Self { learning: given.part()?, fleet: given.part()?, job: given.part()? })
    }

    fn options(&self, step: Frequency) -> Result<FleetOptions, Refusal> {
        let profile: Profile = self.job.profile.parse().map_err(|text: String| {
            Refusal::new(text).hint("pass profile=\"fleet\" or \"full\"")
        })?;
        let named = self.learning.predictors.clone();
        let predictors = if named.is_empty() { profile.predictors() } else { named };
        let engine = EngineOptions {
            predictors,
            seed: self.learning.seed(),
            calendar: self.learning.calendar_of_any()?,
            horizon: span_of(step, self.job.h)?,
            threads: Some(1),
        };
        engine.check()?;
        let options = self.fleet.options()?;
        let (startup, current) = (self.fleet.startup(), self.fleet.current());
        let plan = self.fleet.capacity()?;
        let plan = plan.map(|capacity| FleetPlan { capacity, startup, current, options });
        Ok(FleetOptions { engine, plan, ..FleetOptions::default() })
    }
}

/// The summary as the command has it, with what was mended and what the reader should know.
fn figures(summary: &FleetSummary, notes: &ReadNotes) -> Value {
    let mut figures = json!(summary);
    figures["instances"] = json!(summary.instances.steps());
    figures["mended"] = json!(notes.mended);
    figures["warnings"] = json!([fleet_warnings(notes), summary.warnings()].concat());
    figures
}

/// The series one by one: only those that are worked on are in memory beside the table.
struct Each<'a> {
    groups: Zip<Iter<'a, String>, Iter<'a, Vec<Run>>>,
    frame: Frame<'a>,
    step: Frequency,
    /// What was mended and assumed in those that were taken.
    notes: ReadNotes,
}

impl<'a> Each<'a> {
    fn of(long: &'a Long, zone: Zone, step: Frequency) -> Self {
        let groups = long.groups.names.iter().zip(&long.groups.runs);
        let frame = Frame { chunks: long.chunks(), times: &long.times, zone };
        Self { groups, frame, step, notes: ReadNotes::default() }
    }
}

impl Iterator for Each<'_> {
    type Item = Named;

    fn next(&mut self) -> Option<Named> {
        let (name, runs) = self.groups.next()?;
        let series = regular(self.frame.samples(runs).collect(), Some(self.step));
        let notes = self.frame.reading(runs).notes(series.is_ok());
        self.notes = self.notes.and(notes);
        Some((name.clone(), series.map_err(|error| error.to_string())))
    }
}

/// The rows of an answer in the making.
#[derive(Debug)]
struct Rows {
    counts: Vec<(usize, usize)>,
    /// As they are counted in the frame.
    at: Vec<i64>,
    median: Vec<f64>,
    bounds: Vec<Vec<f64>>,
    instances: Int64Builder,
    skill: Vec<f64>,
    degraded: Texts,
    error: Texts,
}

impl Rows {
    /// Room for so many rows: a vector that grows holds up to twice of what is in it.
    fn of(rows: usize, levels: &Levels) -> Self {
        Self {
            counts: Vec::new(),
            at: Vec::with_capacity(rows),
            median: Vec::with_capacity(rows),
            bounds: (0..2 * levels.len()).map(|_| Vec::with_capacity(rows)).collect(),
            instances: Int64Builder::with_capacity(rows),
            skill: Vec::with_capacity(rows),
            degraded: Texts::default(),
            error: Texts::default(),
        }
    }

    fn add(&mut self, answered: &Answered, levels: &Levels, times: &Times) {
        let number = self.counts.len();
        match &answered.answer {
            Ok(answer) => {
                let (forecast, instances) = (&answer.forecast, answer.instances());
                // Said once a series: in each of its rows it would be most of the table.
                let mut degraded = Some(answer.degraded.join("; ")).filter(|why| !why.is_empty());
                let skill = tidy(answer.skill.unwrap_or(f64::NAN));
                self.counts.push((number, forecast.steps()));
                for h in 0..forecast.steps() {
                    self.at.push(times.written(forecast.time_at(h)));
                    self.median.push(tidy(forecast.point(h)));
                    let bounds = levels.bounds().map(|(level, upper): (Level, bool)| {
                        let (low, high) = forecast.interval(h, level);
                        tidy(if upper { high } else { low })
                    });
                    self.bounds
                        .iter_mut()
                        .zip(bounds)
                        .for_each(|(column, bound)| column.push(bound));
                    let count = instances.as_ref().map(|instances| instances[h] as i64);
                    self.instances.append_option(count);
                    self.skill.push(skill);
                    self.degraded.push(degraded.take());
                    self.error.push(None);
                }
            }
            Err(reason) => {
                self.counts.push((number, 1));
                self.at.push(NOT_A_TIME);
                self.median.push(f64::NAN);
                self.bounds.iter_mut().for_each(|column| column.push(f64::NAN));
                self.instances.append_null();
                self.skill.push(f64::NAN);
                self.degraded.push(None);
                self.error.push(Some(reason.clone()));
            }
        }
    }

    fn table(mut self, histories: &Histories, levels: &Levels) -> Table {
        let table = Table::like(histories).with_series(self.counts);
        let mut table = table.with_counted_times(self.at).with(MODEL, Column::Number(self.median));
        for (name, bounds) in levels.names().zip(self.bounds) {
            table = table.with(name, Column::Number(bounds));
        }
        table
            .with("instances", Column::Whole(self.instances.finish()))
            .with("skill", Column::Number(self.skill))
            .with("degraded", Column::Text(self.degraded))
            .with("error", Column::Text(self.error))
    }
}
