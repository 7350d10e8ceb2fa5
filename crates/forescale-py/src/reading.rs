//! What was read of a series and what had to be mended, under the names that the command uses for files.

use chrono::{DateTime, Utc};
use forescale::LoadSeries;
use forescale::grid::Sample;
use forescale_core::grid::{LARGEST_LOAD, begins_in_1970};
use forescale_core::native::{NativeStep, median_distance, steps_held};
use forescale_core::{Frequency, Gaps, Mends, ReadNotes};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// What to pass about a zone and a step that were assumed.
const WAYS: [&str; 2] = ["timezone=ZONE", "freq"];

/// What was read of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    rows: usize,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    mended: Mends,
    /// Whether nobody said of which zone the times are.
    local: bool,
    /// The distance of the samples in seconds and the step it became, where they differ.
    odd: Option<(f64, Frequency)>,
}

impl Reading {
    /// Counts what is mended in the samples of `rows`, which come in the order of the rows. `mended` holds what is counted
    /// already: rows without a load, which are `NaN` here, and hours that the clock changes. `local` says that nobody
    /// named the zone of the times.
    pub fn new<Rows: Iterator<Item = Sample> + Clone>(
        rows: Rows,
        mut mended: Mends,
        local: bool,
    ) -> Self {
        let (mut count, mut nan, mut first, mut last) = (0, 0, i64::MAX, i64::MIN);
        for (at, load) in rows.clone() {
            count += 1;
            mended.out_of_order += usize::from(at < last);
            (first, last) = (first.min(at), last.max(at));
            nan += usize::from(load.is_nan());
            mended.infinite += usize::from(load.abs() > LARGEST_LOAD);
            mended.negative += usize::from((-LARGEST_LOAD..0.0).contains(&load));
        }
        mended.nan = nan - mended.missing;
        let moments = rows.map(|(at, _)| at);
        let (distinct, steps, native) = if mended.out_of_order == 0 {
            stand(moments)
        } else {
            let mut sorted: Vec<i64> = moments.collect();
            sorted.sort_unstable();
            stand(sorted.into_iter())
        };
        mended.duplicated = count - distinct;
        mended.irregular = distinct - steps;
        let moment = |at| DateTime::from_timestamp_micros(at).unwrap_or_default();
        let odd = native.filter(NativeStep::is_uneven);
        let odd = odd.and_then(|native| Some((native.median_seconds?, native.step)));
        Self { rows: count, first: moment(first), last: moment(last), mended, local, odd }
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
            "gaps": Gaps::of(series),
            "mended": self.mended,
        })
    }

    /// What the reader should know; `column` is that of the times.
    pub fn warnings(&self, column: &str) -> Vec<String> {
        let [zone, _] = WAYS;
        let zone =
            self.local.then(|| format!("the times have no zone and are read as UTC; pass {zone}"));
        let numbers = begins_in_1970(self.first.timestamp_micros()).then(|| {
            format!("the times begin in 1970: column {column:?} may hold row numbers, not times")
        });
        let odd = self.odd.map(|(median, step)| {
            format!(
                "samples are {median} s apart, which does not divide a day; read with a step of {step}"
            )
        });
        [zone, numbers, odd].into_iter().flatten().collect()
    }

    /// What counts for a fleet, whose step is given; a series that is on no grid has neither duplicates nor a step.
    pub fn notes(&self, on_grid: bool) -> ReadNotes {
        let local = usize::from(self.local);
        if !on_grid {
            let mended = Mends { duplicated: 0, irregular: 0, ..self.mended };
            return ReadNotes { mended, local, ..ReadNotes::default() };
        }
        let in_1970 = usize::from(begins_in_1970(self.first.timestamp_micros()));
        let uneven = usize::from(self.odd.is_some());
        ReadNotes { mended: self.mended, local, in_1970, uneven, assumed: 0 }
    }
}

/// What the reader of a fleet should know.
pub fn fleet_warnings(notes: &ReadNotes) -> Vec<String> {
    let [zone, step] = WAYS;
    notes.warnings(zone, step)
}

/// Of ascending moments: how many different ones there are, how many steps of their own hold one, and that step; every
/// moment is one of its own where they have no step.
fn stand(moments: impl Iterator<Item = i64> + Clone) -> (usize, usize, Option<NativeStep>) {
    let mut before = None;
    let new = |at: &i64| before.replace(*at) != Some(*at);
    let distinct = moments.clone().filter(new).count();
    let native = NativeStep::of(median_distance(moments.clone())).ok();
    let steps = native.map_or(distinct, |native| steps_held(moments, native.step));
    (distinct, steps, native)
}
