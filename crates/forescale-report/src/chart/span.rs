//! Which stretch of time is drawn, and what happens in each of its columns.

use crate::data::{HistoryPoint, ReportData};

/// A stretch of time in milliseconds since 1970: `from` inclusive, `to` exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub from: i64,
    pub to: i64,
}

/// Least history drawn before a short forecast.
const LEAST_HISTORY_MS: i64 = 3 * 3_600_000;

/// The forecast, and as much history as the forecast is long; `None` when there is neither.
pub(super) fn shown(data: &ReportData) -> Option<Span> {
    let now = data.now.timestamp_millis();
    let to = data.forecast.end_ms().or_else(|| history_end(&data.history))?;
    let reach = (to - now).max(LEAST_HISTORY_MS);
    let first = data.history.first().map_or(now, |point| point.time_ms);
    let from = first.max(now.min(to) - reach).min(to - 1);
    Some(Span { from, to })
}

/// The end of the last step, which is taken to be as long as the one before it.
pub(super) fn history_end(points: &[HistoryPoint]) -> Option<i64> {
    let last = points.last()?.time_ms;
    let before = points.len().checked_sub(2).map_or(last - 1, |i| points[i].time_ms);
    Some(last + (last - before).max(1))
}

impl Span {
    /// The moment at which column `column` of `columns` begins.
    pub fn moment(self, column: usize, columns: usize) -> i64 {
        let length = i128::from(self.to - self.from);
        self.from + (length * column as i128 / columns as i128) as i64
    }

    /// The column of `columns` that holds `moment`, if the span does.
    pub fn column(self, moment: i64, columns: usize) -> Option<usize> {
        let inside = (self.from..self.to).contains(&moment);
        let part = i128::from(moment - self.from) * columns as i128;
        inside.then(|| (part / i128::from(self.to - self.from)) as usize)
    }
}

/// A value that holds from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Held {
    pub from: i64,
    pub to: i64,
    pub value: f64,
}

/// The least and the largest value that holds in each of `columns`; `None` where none does.
pub(super) fn extremes(values: &[Held], span: Span, columns: usize) -> Vec<Option<(f64, f64)>> {
    let mut found = vec![None; columns];
    for (column, extreme) in found.iter_mut().enumerate() {
        let from = span.moment(column, columns);
        let to = span.moment(column + 1, columns).max(from + 1);
        let first = values.partition_point(|held| held.to <= from);
        let inside = values[first..].iter().take_while(|held| held.from < to);
        *extreme = inside.map(|held| (held.value, held.value)).reduce(wider);
    }
    found
}

fn wider(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (a.0.min(b.0), a.1.max(b.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_the_extremes_of_what_holds_in_it() {
        let held = |from, to, value| Held { from, to, value };
        let values = [held(0, 10, 1.0), held(10, 20, 5.0), held(30, 40, 2.0)];
        let columns = extremes(&values, Span { from: 0, to: 40 }, 4);
        assert_eq!(columns, [Some((1.0, 1.0)), Some((5.0, 5.0)), None, Some((2.0, 2.0))]);
        assert_eq!(
            extremes(&values, Span { from: 0, to: 40 }, 2),
            [Some((1.0, 5.0)), Some((2.0, 2.0))]
        );
    }

    #[test]
    fn a_moment_lies_in_the_column_that_begins_before_it() {
        let span = Span { from: 100, to: 200 };
        assert_eq!(span.column(100, 10), Some(0));
        assert_eq!(span.column(199, 10), Some(9));
        assert_eq!(span.column(200, 10), None);
        assert_eq!(span.moment(3, 10), 130);
    }
}
