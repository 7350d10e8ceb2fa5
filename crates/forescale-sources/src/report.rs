//! What was read and what had to be mended.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Frequency, Gaps, Mends, time::format_span};
use serde::Serialize;

/// Where the values came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadColumns {
    /// The column of the times.
    pub time: String,
    /// The column of the loads.
    pub load: String,
    /// The column of the series names, in a long file.
    pub series: Option<String>,
}

/// What was read from a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ReadReport {
    /// The file, or `standard input`.
    pub source: String,
    /// `csv`, `csv.gz`, `parquet` or `parquet.gz`.
    pub format: &'static str,
    /// Rows of the series that was read.
    pub rows: usize,
    /// Which columns they came from.
    pub columns: ReadColumns,
    /// The first sample.
    pub first: DateTime<Utc>,
    /// The last sample.
    pub last: DateTime<Utc>,
    /// The step the samples have by themselves, in seconds.
    #[serde(rename = "native_step_seconds")]
    pub native_step: Frequency,
    /// The step of the series, in seconds.
    #[serde(rename = "step_seconds")]
    pub step: Frequency,
    /// Its steps, gaps included.
    pub steps: usize,
    /// Its gaps.
    pub gaps: Gaps,
    /// What had to be mended.
    pub mended: Mends,
}

impl ReadReport {
    /// The report in one line: rows, span, step, gaps and what was mended.
    pub fn line(&self) -> String {
        let rows = if self.rows == 1 { "row" } else { "rows" };
        let (first, last) = self.span();
        let mut line = format!("{} {rows}, {first} .. {last}, step {}", self.rows, self.step);
        if self.step != self.native_step {
            line.push_str(&format!(" (samples every {})", self.native_step));
        }
        if self.gaps.steps > 0 {
            line.push_str(&format!("; {}", self.gap_words()));
        }
        let mended = self.mended.words();
        if !mended.is_empty() {
            line.push_str(&format!("; mended: {}", mended.join(", ")));
        }
        line
    }

    /// The first and last sample: days for a long span, else to the minute.
    fn span(&self) -> (String, String) {
        let long = self.last - self.first >= TimeDelta::days(2);
        let format = if long { "%Y-%m-%d" } else { "%Y-%m-%d %H:%M" };
        (self.first.format(format).to_string(), self.last.format(format).to_string())
    }

    fn gap_words(&self) -> String {
        let Gaps { steps, share, longest_seconds, .. } = self.gaps;
        let noun = if steps == 1 { "step is a gap" } else { "steps are gaps" };
        let longest = format_span(TimeDelta::seconds(longest_seconds));
        format!("{steps} {noun} ({:.1} %, the longest {longest})", 100.0 * share)
    }
}
