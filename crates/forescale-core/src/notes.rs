//! What is worth knowing about how many series were read, in counts.

use serde::{Deserialize, Serialize};

use crate::grid::begins_in_1970;
use crate::mends::Mends;
use crate::native::NativeStep;

/// What was mended and assumed, over all series.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadNotes {
    /// What had to be mended.
    pub mended: Mends,
    /// Series with times without a zone, where nobody named one.
    pub local: usize,
    /// Series whose times begin in 1970.
    pub in_1970: usize,
    /// Series of one sample, whose step is assumed.
    pub assumed: usize,
    /// Series whose samples are apart by what does not divide a day.
    pub uneven: usize,
}

impl ReadNotes {
    /// Those of one series that was put on its grid: its first moment, in microseconds, and its own step, if it has one;
    /// `given` says that somebody named the step.
    pub fn of_grid(mended: Mends, first: i64, native: Option<NativeStep>, given: bool) -> Self {
        let alone = native.is_some_and(|native| native.median_seconds.is_none());
        Self {
            mended,
            local: 0,
            in_1970: usize::from(begins_in_1970(first)),
            assumed: usize::from(!given && alone),
            uneven: usize::from(native.as_ref().is_some_and(NativeStep::is_uneven)),
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

    /// What the user should know, each once; `zone` and `step` are what to pass about either, as `--timezone ZONE`.
    ///
    /// ```
    /// use forescale_core::ReadNotes;
    /// let notes = ReadNotes { local: 2, ..ReadNotes::default() };
    /// assert!(notes.warnings("--timezone ZONE", "--step")[0].ends_with("pass --timezone ZONE"));
    /// ```
    pub fn warnings(&self, zone: &str, step: &str) -> Vec<String> {
        let words = [
            (self.local, format!("times without a zone, which are read as UTC; pass {zone}")),
            (
                self.in_1970,
                "times that begin in 1970: the column may hold row numbers, not times".to_owned(),
            ),
            (
                self.assumed,
                format!("one sample and no step of their own; 5m is assumed, pass {step}"),
            ),
            (
                self.uneven,
                "samples that are apart by what does not divide a day; read with a step that does"
                    .to_owned(),
            ),
        ];
        let counted = words.into_iter().filter(|(count, _)| *count > 0);
        counted.map(|(count, words)| format!("{count} series with {words}")).collect()
    }
}
