//! From a source to load histories.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::grid::begins_in_1970;
use forescale_core::native::NativeStep;
use forescale_core::{Frequency, Gaps, GridError, LoadSeries, Mends};

use crate::columns::Several;
use crate::content::{Format, Source};
use crate::error::SourceError;
use crate::grid::{self, Aggregate};
use crate::native::native_step;
use crate::opened::{Gathered, Opened};
use crate::report::{ReadColumns, ReadReport};
use crate::samples::Samples;

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
    let opened = Opened::new(source, options, Several::Never)?;
    let mut all = opened.gather(options)?;
    if all.len() > 1 {
        let have = all.into_iter().filter_map(|gathered| gathered.name).collect();
        return Err(SourceError::AmbiguousSeries { name: opened.content.name, have });
    }
    match all.pop() {
        Some(gathered) => history(&opened, gathered, options),
        None => Err(SourceError::NoRows { name: opened.content.name }),
    }
}

/// Reads every load history that `options` leave: all series of a long file, all load columns of a wide one.
///
/// # Errors
/// [`SourceError`] with the place in the source and the way out.
pub fn read_histories(
    source: &Source,
    options: &ReadOptions,
) -> Result<Vec<HistoryRead>, SourceError> {
    let opened = Opened::new(source, options, Several::Always)?;
    let all = opened.gather(options)?;
    all.into_iter().map(|gathered| history(&opened, gathered, options)).collect()
}

/// Puts the samples of one series on its grid and says what was done.
fn history(
    opened: &Opened,
    gathered: Gathered,
    options: &ReadOptions,
) -> Result<HistoryRead, SourceError> {
    let name = &opened.content.name;
    let mut samples = gathered.samples;
    let Some((first, last)) = samples.samples.first().zip(samples.samples.last()) else {
        return Err(SourceError::NoRows { name: name.clone() });
    };
    let (first, last) = (moment(first.at), moment(last.at));
    let native = native_step(&samples.samples, name)?;
    let step = options.step.unwrap_or(native.step);
    let load = opened.column(opened.roles.loads[gathered.load]);
    let series = grid::regular(&samples.samples, native.step, step, options.aggregate)
        .map_err(|error| of_file(error, name, &load, native.step, samples.mends))?;
    samples.mends.irregular = grid::irregular(&samples.samples, native);
    let report = ReadReport {
        source: name.clone(),
        format: format(opened),
        rows: samples.rows,
        columns: ReadColumns {
            time: opened.column(opened.roles.time),
            load: load.clone(),
            series: opened.roles.series.map(|at| opened.column(at)),
        },
        first,
        last,
        native_step: native.step,
        step,
        steps: series.len(),
        gaps: Gaps::of(&series),
        mended: samples.mends,
    };
    Ok(HistoryRead {
        name: gathered.name.unwrap_or(load),
        series,
        other_columns: opened.other_columns(),
        warnings: warnings(&samples, native, &report, options),
        report,
    })
}

/// The error of a grid with the names of the file and its column.
fn of_file(
    error: GridError,
    name: &str,
    column: &str,
    native: Frequency,
    mends: Mends,
) -> SourceError {
    let name = name.to_owned();
    match error {
        GridError::TooFine { asked, .. } => SourceError::StepTooFine { name, step: asked, native },
        GridError::TooSparse { samples, steps, step, hole } => {
            SourceError::TooSparse { name, steps, step, samples, hole }
        }
        _ => {
            let mends = mends.words().join(", ");
            SourceError::NoLoad { name, column: column.to_owned(), mends }
        }
    }
}

fn format(opened: &Opened) -> &'static str {
    match (opened.content.format, opened.content.gzip) {
        (Format::Csv, false) => "csv",
        (Format::Csv, true) => "csv.gz",
        (Format::Parquet, false) => "parquet",
        (Format::Parquet, true) => "parquet.gz",
    }
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
    if begins_in_1970(report.first.timestamp_micros()) {
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
        Some(median) if native.is_uneven() => {
            warnings.push(format!(
                "samples are {median} s apart, which does not divide a day; read with a step of {}",
                native.step
            ));
        }
        _ => {}
    }
    warnings
}
