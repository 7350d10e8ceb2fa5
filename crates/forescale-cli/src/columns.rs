//! Further columns of a history, on the grid of its load.

use forescale::{Frequency, LoadSeries};

use crate::args::{HistoryArgs, ServiceArgs};
use crate::commands::Context;
use crate::failure::Failure;
use crate::input::{self, Read};

/// Reads `column` of the history at `path`, with a value or a gap for each step of `load`.
///
/// # Errors
/// Whatever is wrong with the source, standard input, which can be read once only, and a column of another step.
pub fn read(
    path: &str,
    column: &str,
    service: &ServiceArgs,
    load: &LoadSeries,
    context: &Context,
) -> Result<LoadSeries, Failure> {
    if path == "-" {
        let text = "standard input can be read once, but there are several columns to read";
        return Err(Failure::usage(text).hint("write the history to a file and name it"));
    }
    let service = ServiceArgs { load: Some(column.to_owned()), ..service.clone() };
    let step: Option<Frequency> = Some(load.frequency());
    let read = input::read(path, &HistoryArgs::whole(service), step, &context.silent());
    let Read { series, .. } = read.map_err(|failure| {
        failure.hint(format!("name a column of the file that holds what {column:?} should hold"))
    })?;
    let at = |k: usize| usize::try_from(series.index_at(load.time_at(k))).ok();
    let value = |k: usize| at(k).and_then(|at| series.values().get(at)).copied();
    let values = (0..load.len()).map(|k| value(k).unwrap_or(f64::NAN)).collect();
    LoadSeries::new(load.start(), load.frequency(), values).map_err(|error| {
        Failure::usage(format!("column {column:?} of {path}: {error}"))
            .hint("name a column that has values where the load has some")
    })
}
