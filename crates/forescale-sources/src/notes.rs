//! What is worth knowing about how many series were read, in counts.

use chrono_tz::Tz;
use forescale_core::Frequency;
use serde::{Deserialize, Serialize};

use crate::native::NativeStep;
use crate::samples::Mends;
use crate::timestamp::SECOND;

/// What was mended and assumed, over all series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadNotes {
    /// What had to be mended.
    pub mended: Mends,
    /// Series with times without a zone.
    pub local: usize,
    /// Series whose times begin in 1970.
    pub in_1970: usize,
    /// Series of one sample, whose step is assumed.
    pub assumed: usize,
    /// Series whose samples are apart by what does not divide a day.
    pub uneven: usize,
}

impl ReadNotes {
    /// Those of one series that was put on its grid: its first sample, and its step.
    pub(crate) fn of_grid(
        mended: Mends,
        first: i64,
        native: NativeStep,
        step: Option<Frequency>,
    ) -> Self {
        Self {
            mended,
            local: 0,
            in_1970: usize::from(begins_in_1970(first)),
            assumed: usize::from(step.is_none() && native.median_seconds.is_none()),
            uneven: usize::from(native.is_uneven()),
        }
    }

    /// The notes of these series and `other` together.
    pub fn and(self, other: Self) -> Self {
        Self {
            mended: self.mended.and(other.mended),
            local: self.local + other.local,
            in_1970: self.in_1970 + other.in_1970,
            assumed: self.assumed + other.assumed,
            uneven: self.uneven + other.uneven,
        }
    }

    /// What the user should know, each once; `zone` is that of the times without one, if it was given.
    ///
    /// ```
    /// use forescale_sources::ReadNotes;
    /// let notes = ReadNotes { local: 2, ..ReadNotes::default() };
    /// assert!(notes.warnings(None)[0].ends_with("pass --timezone ZONE"));
    /// assert!(notes.warnings(Some(chrono_tz::Tz::UTC)).is_empty());
    /// ```
    pub fn warnings(&self, zone: Option<Tz>) -> Vec<String> {
        let local = if zone.is_none() { self.local } else { 0 };
        let words = [
            (local, "times without a zone, which are read as UTC; pass --timezone ZONE"),
            (self.in_1970, "times that begin in 1970: the column may hold row numbers, not times"),
            (self.assumed, "one sample and no step of their own; 5m is assumed, pass --step"),
            (
                self.uneven,
                "samples that are apart by what does not divide a day; read with a step that does",
            ),
        ];
        let counted = words.into_iter().filter(|(count, _)| *count > 0);
        counted.map(|(count, words)| format!("{count} series with {words}")).collect()
    }
}

/// Whether the first sample of a history looks like the number of a row.
pub(crate) fn begins_in_1970(micros: i64) -> bool {
    (0..366 * 86_400 * SECOND).contains(&micros)
}
