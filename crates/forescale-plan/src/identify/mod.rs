//! Response-time models from data: how long a response takes with so much load on so many instances.
//!
//! Two models are fitted to the oldest three quarters of the rows and compared on the newest quarter. The better one is
//! fitted again to all rows.

mod armax;
mod error;
mod model;
mod queueing;
mod rows;
#[cfg(test)]
mod tests;

use serde::Serialize;

pub use error::IdentifyError;
pub use model::ResponseModel;
use rows::Row;

/// A response-time model, and how far it can be trusted.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Identified {
    /// The better model, fitted to all rows.
    pub model: ResponseModel,
    /// Share of the variance of the logarithm of the response time that it explains, over all rows; at most 1.
    pub r_squared: f64,
    /// Every model that was tried, the better one first.
    pub candidates: Vec<Candidate>,
    /// Rows that were learned from.
    pub rows: usize,
    /// Rows with a gap, without an instance, or without load.
    pub left_out: usize,
}

/// A model that was tried.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Candidate {
    /// The model, fitted to the oldest three quarters.
    pub model: ResponseModel,
    /// Mean absolute error of the logarithm of the response time in the newest quarter: 0.1 is about 10 %.
    pub held_out_error: f64,
    /// As [`Identified::r_squared`], over the oldest three quarters.
    pub r_squared: f64,
}

/// The response-time model of a service.
///
/// Errors count in logarithms, so that a slow minute weighs no more than a fast one. Both models are compared by what they
/// say of a load that lasts, which is what a planner asks. ARMAX is left out where it would be unstable or fall with
/// more load.
///
/// # Shapes
/// One row a step, oldest first: load in any unit, instances that served it, and the mean response time in seconds. NaN is
/// a gap.
///
/// # Errors
/// [`IdentifyError`] when the columns differ in length, when fewer than 40 rows are complete, when the load of an
/// instance hardly varies, and when response times do not grow with it.
///
/// # Source
/// M/M/n queues: Erlang (1917). ARMAX: Ljung, *System Identification*, 2nd ed., §4.2; its use for elastic services:
/// Padala et al., *Automated control of multiple virtualized resources*, EuroSys 2009.
///
/// ```
/// use forescale_plan::identify::identify;
/// let loads: Vec<f64> = (0..200).map(|i| 60.0 + 50.0 * (f64::from(i) / 9.0).sin()).collect();
/// let instances = vec![4.0; 200];
/// // Instances that carry 40 and serve in 20 ms, one request at a time.
/// let seconds: Vec<f64> = loads.iter().map(|load| 0.02 / (1.0 - (load / 160.0).powi(4))).collect();
/// let found = identify(&loads, &instances, &seconds)?;
/// assert!(found.r_squared > 0.95);
/// # Ok::<(), forescale_plan::identify::IdentifyError>(())
/// ```
pub fn identify(
    loads: &[f64],
    instances: &[f64],
    response_times: &[f64],
) -> Result<Identified, IdentifyError> {
    let rows = rows::complete(loads, instances, response_times)?;
    let (seen, held_out) = rows.split_at(rows.len() - rows.len() / 4);
    let candidate = |model: ResponseModel| Candidate {
        model,
        held_out_error: error_of(&model, held_out),
        r_squared: r_squared(&model, seen),
    };
    let models = [Some(queueing::fit(seen)), armax::fit(seen)];
    let mut candidates: Vec<Candidate> = models.into_iter().flatten().map(candidate).collect();
    candidates.sort_by(|a, b| a.held_out_error.total_cmp(&b.held_out_error));
    let model = again(&candidates[0].model, &rows);
    Ok(Identified {
        model,
        r_squared: r_squared(&model, &rows),
        candidates,
        rows: rows.len(),
        left_out: loads.len() - rows.len(),
    })
}

/// The same kind of model on all rows; the one at hand where that is not possible.
fn again(model: &ResponseModel, rows: &[Row]) -> ResponseModel {
    match model {
        ResponseModel::Queueing { .. } => queueing::fit(rows),
        ResponseModel::Armax { .. } => armax::fit(rows).unwrap_or(*model),
    }
}

fn error_of(model: &ResponseModel, rows: &[Row]) -> f64 {
    let error = |row: &Row| (row.log_seconds - log_seconds(model, row)).abs();
    rows.iter().map(error).sum::<f64>() / rows.len() as f64
}

fn r_squared(model: &ResponseModel, rows: &[Row]) -> f64 {
    let mean = rows.iter().map(|row| row.log_seconds).sum::<f64>() / rows.len() as f64;
    let squares = |f: &dyn Fn(&Row) -> f64| -> f64 {
        rows.iter().map(|row| (row.log_seconds - f(row)).powi(2)).sum()
    };
    let all = squares(&|_| mean);
    if all > 0.0 { 1.0 - squares(&|row| log_seconds(model, row)) / all } else { 0.0 }
}

fn log_seconds(model: &ResponseModel, row: &Row) -> f64 {
    model.seconds(row.load, row.instances).ln()
}
