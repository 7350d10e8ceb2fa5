//! The rows that can be learned from.

use super::error::IdentifyError;

/// Fewer complete rows are not learned from: a held-out quarter of them says little enough.
pub(super) const LEAST_ROWS: usize = 40;

/// The middle nine tenths of the load of an instance should span at least this share of their upper end.
const LEAST_SPREAD: f64 = 0.1;

/// The least rank correlation of load and response time: it does not mind single values that are far off.
const LEAST_EFFECT: f64 = 0.1;

/// A complete row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Row {
    /// Its place among all rows.
    pub(super) place: usize,
    pub(super) load: f64,
    pub(super) instances: u32,
    /// The logarithm of the response time in seconds.
    pub(super) log_seconds: f64,
}

impl Row {
    pub(super) fn load_per_instance(&self) -> f64 {
        self.load / f64::from(self.instances)
    }
}

/// The rows with a load, an instance and a response time above 0, oldest first.
pub(super) fn complete(
    loads: &[f64],
    instances: &[f64],
    response_times: &[f64],
) -> Result<Vec<Row>, IdentifyError> {
    if loads.len() != instances.len() || loads.len() != response_times.len() {
        return Err(IdentifyError::Lengths {
            loads: loads.len(),
            instances: instances.len(),
            response_times: response_times.len(),
        });
    }
    let values = loads.iter().zip(instances).zip(response_times).enumerate();
    let rows = values.filter_map(|(place, ((load, instances), seconds))| {
        let complete = [load, instances, seconds].iter().all(|value| **value > 0.0);
        let whole = instances.round() as u32;
        let finite = load.is_finite() && seconds.is_finite();
        let row = Row { place, load: *load, instances: whole, log_seconds: seconds.ln() };
        (complete && finite && whole > 0).then_some(row)
    });
    check(rows.collect())
}

fn check(rows: Vec<Row>) -> Result<Vec<Row>, IdentifyError> {
    if rows.len() < LEAST_ROWS {
        return Err(IdentifyError::TooFew { rows: rows.len(), needed: LEAST_ROWS });
    }
    let mut busy: Vec<f64> = rows.iter().map(Row::load_per_instance).collect();
    busy.sort_by(f64::total_cmp);
    let (low, high) = (busy[rows.len() / 20], busy[rows.len() - 1 - rows.len() / 20]);
    if high - low < LEAST_SPREAD * high {
        return Err(IdentifyError::NoVariation { low, high });
    }
    let seconds = rows.iter().map(|row| row.log_seconds);
    let effect = correlation(&ranks(rows.iter().map(Row::load_per_instance)), &ranks(seconds));
    if effect >= LEAST_EFFECT { Ok(rows) } else { Err(IdentifyError::NoEffect { effect }) }
}

/// The place of each value in order; equal ones share the place of the first.
fn ranks(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let values: Vec<f64> = values.collect();
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let rank = |value: &f64| sorted.partition_point(|other| other < value) as f64;
    values.iter().map(rank).collect()
}

/// The correlation of two columns; 0 when one is constant.
fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |x: &[f64]| x.iter().sum::<f64>() / x.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    let scale = (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt();
    if scale > 0.0 { product(a, mean_a, b, mean_b) / scale } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_complete_rows_stay() {
        let mut loads: Vec<f64> = (0..50).map(|i| 10.0 + f64::from(i)).collect();
        let mut instances = vec![2.0; 50];
        let mut seconds: Vec<f64> = loads.iter().map(|load| load / 100.0).collect();
        (loads[3], instances[4], seconds[5]) = (f64::NAN, 0.0, f64::INFINITY);
        let rows = complete(&loads, &instances, &seconds).unwrap();
        assert_eq!((rows.len(), rows[3].place, rows[3].load_per_instance()), (47, 6, 8.0));
    }

    #[test]
    fn too_few_rows_even_load_and_uneven_columns_are_named() {
        let error = complete(&[1.0; 39], &[1.0; 39], &[1.0; 39]).unwrap_err();
        let message = "40 complete rows are needed to learn response times from, but there are 39";
        assert_eq!(error.to_string(), message);
        let error = complete(&[8.0; 60], &[4.0; 60], &[1.0; 60]).unwrap_err();
        assert_eq!(error, IdentifyError::NoVariation { low: 2.0, high: 2.0 });
        let loads: Vec<f64> = (0..60).map(|i| 10.0 + f64::from(i)).collect();
        let falling: Vec<f64> = loads.iter().map(|load| 1.0 / load).collect();
        let error = complete(&loads, &[2.0; 60], &falling).unwrap_err();
        assert!(matches!(error, IdentifyError::NoEffect { effect } if effect < -0.999), "{error}");
        let error = complete(&loads, &[2.0; 60], &[0.1; 60]).unwrap_err();
        assert_eq!(error, IdentifyError::NoEffect { effect: 0.0 });
        let error = complete(&[8.0; 60], &[4.0; 59], &[1.0; 60]).unwrap_err();
        assert!(error.to_string().contains("60 loads, 59 instance counts and 60 response times"));
    }
}
