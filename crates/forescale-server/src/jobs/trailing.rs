//! The newest part of a history, so that what looks back has an end, however long the history is.

use chrono::{DateTime, Utc};
use forescale::{LoadSeries, as_of};

use super::work::Work;
use crate::board::Entry;

/// The most steps that are looked at: four weeks of minutes.
const MOST_STEPS: usize = 28 * 1_440;

/// The load of the target of `entry` that was known at `now`, no farther back than its `look-back`.
///
/// # Errors
/// What the source says, or that there is no load in that time.
pub fn trailing(work: &Work, entry: &Entry, now: DateTime<Utc>) -> Result<LoadSeries, String> {
    let series = work.load(entry, now)?.series;
    let series = as_of(&series, now).map_err(|error| error.to_string())?;
    let most = entry.target.look_back.num_seconds() / series.frequency().seconds();
    newest(&series, usize::try_from(most).unwrap_or(0).min(MOST_STEPS))
}

fn newest(series: &LoadSeries, most: usize) -> Result<LoadSeries, String> {
    let from = series.len().saturating_sub(most);
    series.slice(from, series.len()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use forescale::Frequency;

    use super::*;

    #[test]
    fn no_more_than_the_newest_steps_are_looked_at() {
        let minute = Frequency::from_seconds(60).unwrap();
        let series = LoadSeries::new(DateTime::UNIX_EPOCH, minute, vec![1.0, 2.0, 3.0]).unwrap();
        assert_eq!(newest(&series, 2).unwrap().values(), [2.0, 3.0]);
        assert_eq!(newest(&series, 2).unwrap().end(), series.end());
        assert_eq!(newest(&series, 9).unwrap(), series);
        assert!(newest(&series, 0).is_err());
    }
}
