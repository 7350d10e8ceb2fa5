//! Many series, one after the other in bounded memory: forecasts, plans, and a summary of the fleet.
//!
//! A series at a time is taken from an iterator, worked on by one core, and handed to a sink in the order of the
//! iterator, so that the answers do not depend on the number of threads, and neither does the memory on the number of
//! series. A series that fails is an answer, too.

mod one;
mod options;
mod summary;
mod together;

use std::panic::{AssertUnwindSafe, catch_unwind};

use forescale_core::LoadSeries;
use rayon::prelude::*;

pub use one::{Answer, Answered, model, skill};
pub use options::{FleetOptions, FleetPlan, Profile};
pub use summary::FleetSummary;
use summary::Tally;
pub use together::Together;

/// Series that are worked on together, for each thread: enough that no core waits long for the slowest one.
const TOGETHER: usize = 8;

/// A series of a fleet by its name, or why it could not be read.
pub type Named = (String, Result<LoadSeries, String>);

/// Forecasts, and plans where `options` ask for it, every series of `series`. Each answer goes to `sink` in the order of
/// the series; an error of `sink` ends the run.
///
/// At most eight series a thread are in memory at a time.
///
/// # Errors
/// The error of `sink`. A series that cannot be forecast is no error: its answer says why.
///
/// ```
/// use forescale::fleet::{FleetOptions, run};
/// use forescale::*;
///
/// let start = "2026-01-05T00:00:00Z".parse()?;
/// let load = (0..336).map(|hour| 40.0 + f64::from(hour % 24)).collect();
/// let series = LoadSeries::new(start, Frequency::from_seconds(3_600)?, load)?;
/// let fleet = [("shop".to_owned(), Ok(series)), ("api".to_owned(), Err("no load".to_owned()))];
///
/// let mut names = Vec::new();
/// let summary = run(fleet, &FleetOptions::default(), |answered| {
///     names.push(answered.name.clone());
///     Ok::<(), EngineError>(())
/// })?;
/// assert_eq!(names, ["shop", "api"]);
/// assert_eq!((summary.series, summary.failed), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn run<E>(
    series: impl IntoIterator<Item = Named>,
    options: &FleetOptions,
    mut sink: impl FnMut(&Answered) -> Result<(), E>,
) -> Result<FleetSummary, E> {
    let mut tally = Tally::default();
    let work = |_: &str, series: &LoadSeries| one::of_series(series, options);
    each(series, work, |name, answer| {
        let answered = Answered { name, answer };
        tally.add(&answered);
        sink(&answered)
    })?;
    Ok(tally.finish())
}

/// Does `work` on every series of `series`, on all cores; what comes of it goes to `sink` in the order of the series.
///
/// A panic in `work` is the failure of its series alone. At most eight series a thread are in memory at a time.
///
/// # Errors
/// The error of `sink`, which ends the run.
pub fn each<T: Send, E>(
    series: impl IntoIterator<Item = Named>,
    work: impl Fn(&str, &LoadSeries) -> Result<T, String> + Sync,
    mut sink: impl FnMut(String, Result<T, String>) -> Result<(), E>,
) -> Result<(), E> {
    let mut series = series.into_iter();
    let together = TOGETHER * rayon::current_num_threads();
    loop {
        let batch: Vec<Named> = series.by_ref().take(together).collect();
        if batch.is_empty() {
            return Ok(());
        }
        let done: Vec<(String, Result<T, String>)> = batch
            .into_par_iter()
            .map(|(name, series)| {
                let answer = series.and_then(|series| guarded(|| work(&name, &series)));
                (name, answer)
            })
            .collect();
        for (name, answer) in done {
            sink(name, answer)?;
        }
    }
}

/// What `work` gives; a panic is an error.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err("the engine broke down on it".to_owned()))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use chrono::TimeDelta;
    use forescale_core::{Frequency, Utilization};
    use forescale_plan::Capacity;

    use super::*;

    fn series(shift: usize) -> LoadSeries {
        let load = |k: usize| if (8..20).contains(&((k + shift) % 24)) { 40.0 } else { 8.0 };
        let hour = Frequency::from_seconds(3_600).unwrap();
        LoadSeries::new("2026-01-05T00:00:00Z".parse().unwrap(), hour, (0..336).map(load).collect())
            .unwrap()
    }

    fn options() -> FleetOptions {
        let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
        let plan = Some(FleetPlan::new(capacity, TimeDelta::minutes(5)));
        FleetOptions { plan, ..FleetOptions::default() }
    }

    fn answers(fleet: Vec<Named>) -> (Vec<Answered>, FleetSummary) {
        let mut answers = Vec::new();
        let sink = |answered: &Answered| {
            answers.push(answered.clone());
            Ok::<(), Infallible>(())
        };
        let summary = run(fleet, &options(), sink).unwrap();
        (answers, summary)
    }

    #[test]
    fn series_keep_their_order_and_do_not_change_one_another() {
        let fleet = |shifts: &[usize]| {
            shifts.iter().map(|shift| (shift.to_string(), Ok(series(*shift)))).collect()
        };
        let (all, _) = answers(fleet(&[0, 12, 5]));
        let (alone, _) = answers(fleet(&[12]));
        assert_eq!(all.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["0", "12", "5"]);
        assert_eq!(all[1], alone[0]);
    }

    #[test]
    fn the_peak_of_the_sum_is_below_the_sum_of_the_peaks_where_peaks_differ() {
        let (_, apart) = answers(vec![("a".into(), Ok(series(0))), ("b".into(), Ok(series(12)))]);
        assert!(apart.peak_of_sum.unwrap() < apart.sum_of_peaks, "{apart:?}");
        let (_, alike) = answers(vec![("a".into(), Ok(series(0))), ("b".into(), Ok(series(0)))]);
        assert_eq!(alike.peak_of_sum, Some(alike.sum_of_peaks));
    }

    #[test]
    fn a_failed_series_is_reported_and_the_others_go_on() {
        let (answers, summary) =
            answers(vec![("bad".into(), Err("no load".into())), ("good".into(), Ok(series(0)))]);
        assert_eq!(answers[0].answer.as_ref().unwrap_err(), "no load");
        assert!(answers[1].answer.is_ok());
        assert_eq!((summary.series, summary.failed), (2, 1));
        assert_eq!(summary.failures, [("bad".to_owned(), "no load".to_owned())]);
    }
}
