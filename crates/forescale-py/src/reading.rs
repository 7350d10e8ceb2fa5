//! What was read of a series and what had to be mended, under the names that the command uses for files.

use chrono::{DateTime, Utc};
use forescale::LoadSeries;
use forescale::grid::Sample;
use forescale_core::grid::LARGEST_LOAD;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Moments before this one, in microseconds since the Unix epoch, look like the numbers of rows.
const A_YEAR: i64 = 366 * 86_400 * 1_000_000;

/// What was read of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    rows: usize,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    mended: Mended,
}

/// Rows that needed a rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mended {
    /// Rows of a moment that a later row gives again: the last row is kept.
    pub duplicated: usize,
    /// Rows before whose time a row above them lies: sorted by time.
    pub out_of_order: usize,
    /// Rows without a load: a gap.
    pub missing: usize,
    /// Loads that are not a number: a gap.
    pub nan: usize,
    /// Loads that are infinite or above 1e100: a gap.
    pub infinite: usize,
    /// Loads below zero: a gap.
    pub negative: usize,
    /// Samples that share their step with another: averaged.
    pub irregular: usize,
    /// Local times that the clock skips in spring.
    pub skipped_hour: usize,
    /// Local times that occur twice in autumn.
    pub repeated_hour: usize,
}

impl Reading {
    /// Counts what makes `series` of the samples of `rows`, which come in the order of the rows. `mended` holds what is
    /// counted already: rows without a load, which are `NaN` here, and hours that the clock changes.
    pub fn new<Rows: Iterator<Item = Sample>>(
        rows: impl Fn() -> Rows,
        series: &LoadSeries,
        mut mended: Mended,
    ) -> Self {
        let (mut count, mut nan, mut first, mut last) = (0, 0, i64::MAX, i64::MIN);
        for (at, load) in rows() {
            count += 1;
            mended.out_of_order += usize::from(at < last);
            (first, last) = (first.min(at), last.max(at));
            nan += usize::from(load.is_nan());
            mended.infinite += usize::from(load.abs() > LARGEST_LOAD);
            mended.negative += usize::from((-LARGEST_LOAD..0.0).contains(&load));
        }
        mended.nan = nan - mended.missing;
        let moments = rows().map(|(at, _)| at);
        let (distinct, steps) = if mended.out_of_order == 0 {
            distinct(moments, series)
        } else {
            let mut sorted: Vec<i64> = moments.collect();
            sorted.sort_unstable();
            distinct(sorted.into_iter(), series)
        };
        mended.duplicated = count - distinct;
        mended.irregular = distinct - steps;
        let moment = |at| DateTime::from_timestamp_micros(at).unwrap_or_default();
        Self { rows: count, first: moment(first), last: moment(last), mended }
    }

    /// The same where nothing is written for a number that is not there: every `NaN` is a row without a load.
    pub fn without_nan(mut self) -> Self {
        self.mended.missing += std::mem::take(&mut self.mended.nan);
        self
    }

    /// What the command calls `data`, but for the file.
    pub fn data(&self, name: &str, series: &LoadSeries) -> Value {
        json!({
            "series": name,
            "rows": self.rows,
            "first": self.first,
            "last": self.last,
            "step_seconds": series.frequency(),
            "steps": series.len(),
            "gaps": gaps(series),
            "mended": self.mended,
        })
    }

    /// What the reader should know; `column` is that of the times.
    pub fn warnings(&self, column: &str) -> Vec<String> {
        let numbers = (0..A_YEAR).contains(&self.first.timestamp_micros());
        let word = || {
            format!("the times begin in 1970: column {column:?} may hold row numbers, not times")
        };
        numbers.then(word).into_iter().collect()
    }
}

/// How many different moments there are among ascending ones, and how many steps of `series` hold one.
fn distinct(moments: impl Iterator<Item = i64>, series: &LoadSeries) -> (usize, usize) {
    let start = series.start().timestamp_micros();
    let micros = series.frequency().seconds() * 1_000_000;
    let (mut before, mut distinct, mut steps) = (None, 0, 0);
    for at in moments {
        let now = (at, (at - start).div_euclid(micros));
        distinct += usize::from(before.is_none_or(|(moment, _)| moment != now.0));
        steps += usize::from(before.is_none_or(|(_, step)| step != now.1));
        before = Some(now);
    }
    (distinct, steps)
}

fn gaps(series: &LoadSeries) -> Value {
    let known = |value: &f64, next: &f64| value.is_nan() == next.is_nan();
    let runs = series.values().chunk_by(known).filter(|run| run[0].is_nan());
    let longest = runs.map(<[f64]>::len).max().unwrap_or_default();
    json!({
        "steps": series.gaps(),
        "share": series.gaps() as f64 / series.len() as f64,
        "longest_steps": longest,
        "longest_seconds": longest as i64 * series.frequency().seconds(),
    })
}
