//! The queueing fit: service time, capacity of an instance and its slots, by the smallest absolute error in logs.
//!
//! For a capacity and a number of slots the best service time is a median, so that two parameters are left to search:
//! the slots go through a list, and the capacity through a grid and then a golden section.

use super::model::{ResponseModel, stretch};
use super::rows::Row;

/// Numbers of slots that are tried.
const SLOTS: [u32; 13] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256];

/// Capacities of the grid, as shares of the largest load of an instance: from well below it, when rows are overloaded,
/// to a fleet that never waits.
const GRID: usize = 48;
const LOWEST: f64 = 0.5;
const HIGHEST: f64 = 20.0;

/// Rows that the search goes through at most, evenly taken; the last one decides on all.
const SEARCHED: usize = 1_000;

/// Steps of the golden section: it shrinks the range by 1.6 each time.
const SECTIONS: u32 = 24;

/// The queue that is closest to `rows`.
pub(super) fn fit(rows: &[Row]) -> ResponseModel {
    let every = rows.len().div_ceil(SEARCHED);
    let searched: Vec<Row> = rows.iter().step_by(every).copied().collect();
    let busiest = searched.iter().map(Row::load_per_instance).fold(0.0, f64::max);
    let best = SLOTS.map(|slots| {
        let (capacity, error) = capacity(&searched, busiest, slots);
        (slots, capacity, error)
    });
    let (slots, capacity, _) =
        best.into_iter().min_by(|a, b| a.2.total_cmp(&b.2)).expect("there is a number of slots");
    let (log_service_time, _) = service_time(rows, capacity, slots);
    let service_time_s = log_service_time.exp();
    ResponseModel::Queueing { service_time_s, load_per_instance: capacity, slots }
}

/// The best capacity of an instance with `slots`, and its error.
fn capacity(rows: &[Row], busiest: f64, slots: u32) -> (f64, f64) {
    let ratio = (HIGHEST / LOWEST).powf(1.0 / (GRID - 1) as f64);
    let at = |i: f64| busiest * LOWEST * ratio.powf(i);
    let error = |i: f64| service_time(rows, at(i), slots).1;
    let errors: Vec<f64> = (0..GRID).map(|i| error(i as f64)).collect();
    let best = (0..GRID).min_by(|a, b| errors[*a].total_cmp(&errors[*b])).unwrap_or(0) as f64;
    let found = golden_section(best - 1.0, best + 1.0, error);
    (at(found), error(found))
}

/// The logarithm of the best service time, and the mean absolute error in logs that is left.
fn service_time(rows: &[Row], capacity: f64, slots: u32) -> (f64, f64) {
    let stretched = |row: &Row| {
        let busy = row.load_per_instance() / capacity;
        row.log_seconds - stretch(busy, row.instances.saturating_mul(slots)).ln()
    };
    let logs: Vec<f64> = rows.iter().map(stretched).collect();
    let mut sorted = logs.clone();
    let (_, median, _) = sorted.select_nth_unstable_by(logs.len() / 2, f64::total_cmp);
    let error = logs.iter().map(|log| (log - *median).abs()).sum::<f64>() / logs.len() as f64;
    (*median, error)
}

/// Where `error` is smallest from `low` to `high`, if it has one smallest value there.
fn golden_section(mut low: f64, mut high: f64, error: impl Fn(f64) -> f64) -> f64 {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    for _ in 0..SECTIONS {
        let (a, b) = (high - golden * (high - low), low + golden * (high - low));
        if error(a) <= error(b) { high = b } else { low = a }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_golden_section_finds_the_smallest_value() {
        assert!((golden_section(-1.0, 3.0, |x| (x - 0.3).powi(2)) - 0.3).abs() < 1e-4);
    }
}
