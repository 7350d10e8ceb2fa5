//! From a source to load histories.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::{Frequency, LoadSeries};

use crate::cells::{Cells, RowReader};
use crate::columns::{self, Profile, Roles, Wanted};
use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::grid::{self, Aggregate};
use crate::load::Load;
use crate::native::{NativeStep, native_step};
use crate::parquet;
use crate::report::{Gaps, ReadColumns, ReadReport};
use crate::samples::{BadRow, Cell, Samples, collect};
use crate::text::{self, Layout};
use crate::timestamp::Stamp;

/// How a source is read.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReadOptions {
    /// The column of the times; found by name when it is not given.
    pub time: Option<String>,
    /// The columns of the load; found by name when none is given.
    pub loads: Vec<String>,
    /// The series to read from a long file.
    pub series: Option<String>,
    /// The zone of times without one; UTC, with a warning, when it is not given.
    pub zone: Option<Tz>,
    /// The step of the series; the samples' own when it is not given.
    pub step: Option<Frequency>,
    /// What a coarser step makes of the samples in it.
    pub aggregate: Aggregate,
}

/// One series of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct HistoryRead {
    /// The series name in a long file, else the load column.
    pub name: String,
    /// The load.
    pub series: LoadSeries,
    /// Other columns that hold numbers.
    pub other_columns: Vec<String>,
    /// What was read and mended.
    pub report: ReadReport,
    /// What the user should know.
    pub warnings: Vec<String>,
}

/// Reads the one load history that `options` choose.
///
/// # Errors
/// [`SourceError`] with the place in the source and the way out.
pub fn read_history(source: &Source, options: &ReadOptions) -> Result<HistoryRead, SourceError> {
    let opened = Opened::new(source, options, false)?;
    let mut all = opened.series_of(options, false)?;
    let chosen = all.swap_remove(0);
    opened.history(&chosen, options)
}

/// Reads every load history that `options` leave: all series of a long file, all load columns of a wide one.
///
/// # Errors
/// [`SourceError`] with the place in the source and the way out.
pub fn read_histories(
    source: &Source,
    options: &ReadOptions,
) -> Result<Vec<HistoryRead>, SourceError> {
    let opened = Opened::new(source, options, true)?;
    let all = opened.series_of(options, true)?;
    all.iter().map(|chosen| opened.history(chosen, options)).collect()
}

/// A source with its columns read.
struct Opened {
    content: Content,
    layout: Option<Layout>,
    profiles: Vec<Profile>,
    roles: Roles,
    times: Cells,
    loads: Vec<Cells>,
    series: Option<Vec<String>>,
}

/// One series of an opened source: a load column, and the rows with this name.
struct Chosen {
    load: usize,
    name: Option<String>,
}

impl Opened {
    fn new(source: &Source, options: &ReadOptions, several: bool) -> Result<Self, SourceError> {
        let content = Content::open(source)?;
        let (layout, profiles) = match content.format {
            Format::Csv => {
                let layout = text::layout(&content)?;
                let profiles = layout.profiles.clone();
                (Some(layout), profiles)
            }
            Format::Parquet => (None, parquet::profiles(&content)?),
        };
        let wanted = Wanted {
            time: options.time.as_deref(),
            loads: &options.loads,
            series: options.series.as_deref(),
            several,
        };
        let roles = columns::choose(&profiles, wanted, &content.name)?;
        let mut positions = vec![roles.time];
        positions.extend(&roles.loads);
        positions.extend(roles.series);
        let mut cells = match &layout {
            Some(layout) => text::read(&content, layout, &positions)?,
            None => parquet::read(&content, &positions)?,
        };
        let series = roles.series.and_then(|_| cells.pop()).map(|cells| names(&cells));
        let times = cells.remove(0);
        Ok(Self { content, layout, profiles, roles, times, loads: cells, series })
    }

    /// The series that `options` choose; exactly one unless `several`.
    fn series_of(&self, options: &ReadOptions, several: bool) -> Result<Vec<Chosen>, SourceError> {
        let columns = 0..self.loads.len();
        let Some(names) = &self.series else {
            return Ok(columns.map(|load| Chosen { load, name: None }).collect());
        };
        let mut have: Vec<String> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for name in names {
            if seen.insert(name) {
                have.push(name.clone());
            }
        }
        let name = self.content.name.clone();
        if let Some(wanted) = &options.series {
            if !seen.contains(wanted) {
                return Err(SourceError::UnknownSeries { name, wanted: wanted.clone(), have });
            }
            have.retain(|name| name == wanted);
        }
        if have.len() > 1 && !several {
            return Err(SourceError::AmbiguousSeries { name, have });
        }
        let chosen = |name: &String| {
            let name = name.clone();
            columns.clone().map(move |load| Chosen { load, name: Some(name.clone()) })
        };
        Ok(have.iter().flat_map(chosen).collect())
    }

    fn history(&self, chosen: &Chosen, options: &ReadOptions) -> Result<HistoryRead, SourceError> {
        let name = &self.content.name;
        let mut samples = self.samples(chosen, options.zone.unwrap_or(Tz::UTC))?;
        let Some((first, last)) = samples.samples.first().zip(samples.samples.last()) else {
            return Err(SourceError::NoRows { name: name.clone() });
        };
        let (first, last) = (moment(first.at), moment(last.at));
        let native = native_step(&samples.samples, name)?;
        let step = options.step.unwrap_or(native.step);
        let load = self.profiles[self.roles.loads[chosen.load]].name.clone();
        let series = grid::regular(&mut samples, native, step, options.aggregate, name, &load)?;
        let report = ReadReport {
            source: name.clone(),
            format: self.format(),
            rows: samples.rows,
            columns: self.columns(&load),
            first,
            last,
            native_step: native.step,
            step,
            steps: series.len(),
            gaps: Gaps::of(&series),
            mended: samples.mends,
        };
        Ok(HistoryRead {
            name: chosen.name.clone().unwrap_or(load),
            series,
            other_columns: self.others(),
            warnings: warnings(&samples, native, &report, options),
            report,
        })
    }

    fn samples(&self, chosen: &Chosen, zone: Tz) -> Result<Samples, SourceError> {
        let loads = &self.loads[chosen.load];
        let keep = match (&self.series, &chosen.name) {
            (Some(names), Some(name)) => Some((names.as_slice(), name.as_str())),
            _ => None,
        };
        let read = self.times.each_row(loads, Collect { zone, keep });
        read.map_err(|bad| self.unreadable(bad, chosen).unwrap_or_else(|error| error))
    }

    /// The error for a row that cannot be read.
    fn unreadable(&self, bad: BadRow, chosen: &Chosen) -> Result<SourceError, SourceError> {
        let (cells, position, expected) = match bad.role {
            Role::Load => (&self.loads[chosen.load], self.roles.loads[chosen.load], "a number"),
            _ => (&self.times, self.roles.time, "a timestamp such as 2026-01-05T13:00:00Z"),
        };
        let value = cells.text(bad.row);
        let place = match &self.layout {
            Some(layout) => Place::Line(text::line_of(&self.content, layout, position, &value)?),
            None => Place::Row(bad.row + 1),
        };
        Ok(SourceError::Value {
            name: self.content.name.clone(),
            place,
            column: self.profiles[position].name.clone(),
            value: shorten(&value),
            expected,
        })
    }

    fn columns(&self, load: &str) -> ReadColumns {
        ReadColumns {
            time: self.profiles[self.roles.time].name.clone(),
            load: load.to_owned(),
            series: self.roles.series.map(|at| self.profiles[at].name.clone()),
        }
    }

    fn others(&self) -> Vec<String> {
        let used = |at: &usize| self.roles.loads.contains(at) || *at == self.roles.time;
        let others = (0..self.profiles.len()).filter(|at| !used(at));
        let numbers =
            others.filter(|&at| self.profiles[at].numbers && self.roles.series != Some(at));
        numbers.map(|at| self.profiles[at].name.clone()).collect()
    }

    fn format(&self) -> &'static str {
        match (self.content.format, self.content.gzip) {
            (Format::Csv, false) => "csv",
            (Format::Csv, true) => "csv.gz",
            (Format::Parquet, false) => "parquet",
            (Format::Parquet, true) => "parquet.gz",
        }
    }
}

/// Collects the rows of one series.
struct Collect<'a> {
    zone: Tz,
    keep: Option<(&'a [String], &'a str)>,
}

impl RowReader<Result<Samples, BadRow>> for Collect<'_> {
    fn read(
        self,
        rows: impl Iterator<Item = (Cell<Stamp>, Cell<Load>)>,
    ) -> Result<Samples, BadRow> {
        let Some((names, wanted)) = self.keep else { return collect(rows, self.zone) };
        let mut kept = Vec::new();
        let rows = rows.enumerate().filter(|(row, _)| names[*row] == wanted);
        let rows = rows.map(|(row, cells)| {
            kept.push(row);
            cells
        });
        let read = collect(rows, self.zone);
        read.map_err(|bad| BadRow { row: kept[bad.row], ..bad })
    }
}

fn names(cells: &Cells) -> Vec<String> {
    (0..cells.len()).map(|row| cells.text(row).trim().to_owned()).collect()
}

fn moment(micros: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_micros(micros).unwrap_or_default()
}

fn warnings(
    samples: &Samples,
    native: NativeStep,
    report: &ReadReport,
    options: &ReadOptions,
) -> Vec<String> {
    let mut warnings = Vec::new();
    if samples.local > 0 && options.zone.is_none() {
        warnings
            .push("the times have no zone and are read as UTC; pass --timezone ZONE".to_owned());
    }
    if report.first.timestamp() < 366 * 86_400 && report.first.timestamp() >= 0 {
        warnings.push(format!(
            "the times begin in 1970: column {:?} may hold row numbers, not times",
            report.columns.time
        ));
    }
    match native.median_seconds {
        None if options.step.is_none() => warnings.push(format!(
            "one sample has no step of its own; {} is assumed, pass --step",
            report.step
        )),
        Some(median) if (median - native.step.seconds() as f64).abs() > 0.05 * median => {
            warnings.push(format!(
                "samples are {median} s apart, which does not divide a day; read with a step of {}",
                native.step
            ));
        }
        _ => {}
    }
    warnings
}
