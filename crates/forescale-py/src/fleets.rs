//! Many series at once: one table in, one table out.

use arrow_array::RecordBatchReader;
use arrow_array::builder::{Int64Builder, StringBuilder};
use forescale::fleet::{Answered, FleetOptions, FleetPlan, Named, Profile, run};
use forescale::grid::regular;
use forescale::{EngineOptions, Level};
use forescale_core::Frequency;
use pyo3::prelude::*;
use pyo3_arrow::input::AnyRecordBatch;
use rayon::ThreadPoolBuilder;
use serde::Deserialize;
use serde_json::Value;

use crate::answers;
use crate::arrow_in::{self, Long};
use crate::failure::Refusal;
use crate::fits::span_of;
use crate::forecasts::{Levels, MODEL};
use crate::histories::{Histories, samples_of};
use crate::settings::{self, Fleet, Learning};
use crate::table::{Column, NOT_A_TIME, Table};
use crate::times::Times;
use crate::values;

#[derive(Debug, Deserialize)]
struct Call {
    #[serde(flatten)]
    learning: Learning,
    #[serde(flatten)]
    fleet: Fleet,
    profile: String,
    freq: String,
    h: usize,
    levels: Vec<f64>,
}

/// Forecasts, and plans where a capacity is given, every series of a long table: the rows, and the summary as JSON.
///
/// A series that fails has one row that says why.
#[pyfunction]
pub fn fleet(
    py: Python<'_>,
    settings: &str,
    table: AnyRecordBatch,
    unique_id: &str,
    ds: &str,
    y: &str,
) -> PyResult<(Table, String)> {
    let call: Call = settings::read(settings)?;
    let reader = table.into_reader()?;
    let made = py.detach(|| call.run(reader, (unique_id, ds, y)));
    let (table, summary) = made?;
    Ok((table, answers::text(&answers::tidied(summary))?))
}

impl Call {
    fn run(
        &self,
        reader: Box<dyn RecordBatchReader + Send>,
        (unique_id, ds, y): (&str, &str, &str),
    ) -> Result<(Table, Value), Refusal> {
        let step = values::frequency(&self.freq)?;
        let options = self.options(step)?;
        let levels = Levels::new(&self.levels)?;
        let zone = values::zone(&self.learning.timezone)?;
        let long = arrow_in::read(reader, Some(unique_id), ds, y, zone)?;
        let threads = self.learning.threads.unwrap_or_default();
        let pool = ThreadPoolBuilder::new().num_threads(threads).build();
        let pool = pool.map_err(|error| Refusal::new(format!("cannot start threads: {error}")))?;
        let mut rows = Rows::of(long.groups.names.len() * self.h, &levels);
        let summary = pool.install(|| {
            run(each(&long, step), &options, |answered| {
                rows.add(answered, &levels, &long.times);
                Ok::<(), Refusal>(())
            })
        })?;
        let histories = Histories {
            names: long.groups.names,
            series: std::sync::Arc::default(),
            times: long.times,
            numbered: long.numbered,
            columns: (unique_id.to_owned(), ds.to_owned()),
        };
        let summary = serde_json::to_value(summary);
        let summary = summary.map_err(|error| Refusal::new(format!("no summary: {error}")))?;
        Ok((rows.table(&histories, &levels), summary))
    }

    fn options(&self, step: Frequency) -> Result<FleetOptions, Refusal> {
        let profile: Profile = self.profile.parse().map_err(|text: String| {
            Refusal::new(text).hint("pass profile=\"fleet\" or \"full\"")
        })?;
        let named = self.learning.predictors.clone();
        let predictors = if named.is_empty() { profile.predictors() } else { named };
        let zone = values::zone(&self.learning.timezone)?;
        let business_hours = values::business_hours(&self.learning.business_hours)?;
        let calendar = forescale::Calendar { zone, business_hours, ..Default::default() };
        let engine = EngineOptions {
            predictors,
            seed: self.learning.seed,
            calendar: std::sync::Arc::new(calendar),
            horizon: span_of(step, self.h)?,
            threads: Some(1),
        };
        let plan = match self.fleet.capacity()? {
            Some(capacity) => Some(FleetPlan {
                capacity,
                startup: self.fleet.startup(),
                current: self.fleet.current(),
                options: self.fleet.options()?,
            }),
            None => None,
        };
        Ok(FleetOptions { engine, plan, ..FleetOptions::default() })
    }
}

/// The series one by one: only those that are worked on are in memory beside the table.
fn each(long: &Long, step: Frequency) -> impl Iterator<Item = Named> + '_ {
    let chunks = long.chunks();
    long.groups.names.iter().zip(&long.groups.runs).map(move |(name, runs)| {
        let samples = samples_of(runs, &chunks, &long.times);
        (name.clone(), regular(samples, Some(step)).map_err(|error| error.to_string()))
    })
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
    error: StringBuilder,
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
            error: StringBuilder::with_capacity(rows, 0),
        }
    }

    fn add(&mut self, answered: &Answered, levels: &Levels, times: &Times) {
        let number = self.counts.len();
        match &answered.answer {
            Ok(answer) => {
                let (forecast, instances) = (&answer.forecast, answer.instances());
                self.counts.push((number, forecast.steps()));
                for h in 0..forecast.steps() {
                    self.at.push(times.written(forecast.time_at(h)));
                    self.median.push(forecast.point(h));
                    let bounds = levels.bounds().map(|(level, upper): (Level, bool)| {
                        let (low, high) = forecast.interval(h, level);
                        if upper { high } else { low }
                    });
                    self.bounds
                        .iter_mut()
                        .zip(bounds)
                        .for_each(|(column, bound)| column.push(bound));
                    let count = instances.as_ref().map(|instances| instances[h] as i64);
                    self.instances.append_option(count);
                    self.skill.push(answer.skill.unwrap_or(f64::NAN));
                    self.error.append_null();
                }
            }
            Err(reason) => {
                self.counts.push((number, 1));
                self.at.push(NOT_A_TIME);
                self.median.push(f64::NAN);
                self.bounds.iter_mut().for_each(|column| column.push(f64::NAN));
                self.instances.append_null();
                self.skill.push(f64::NAN);
                self.error.append_value(reason);
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
            .with("error", Column::Text(self.error.finish()))
    }
}
