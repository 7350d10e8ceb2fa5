//! Prices and emissions that policies are given, or take to be typical.

use chrono::{DateTime, TimeDelta, Utc};

use crate::policies::error::PolicyError;
use crate::policies::files::FileKind;

/// What stands where a file could, for rates that are typical.
pub(crate) const TYPICAL: &str = "typical";

/// The file of `kind` that a setting names, if it names one.
pub(crate) fn named(kind: FileKind, file: &str) -> Vec<(FileKind, String)> {
    if file == TYPICAL { Vec::new() } else { vec![(kind, file.to_owned())] }
}

/// Checks that rates are not those of a file that nobody has read.
///
/// # Errors
/// [`PolicyError::Unsuitable`] names the file.
pub(crate) fn given_or_typical(policy: &'static str, file: &str) -> Result<(), PolicyError> {
    if file == TYPICAL {
        return Ok(());
    }
    let reason = format!("needs what stands in {file:?}, which was not read");
    Err(PolicyError::Unsuitable { policy, reason })
}

/// `time`, or the first moment of the same time of day from `first` on.
pub(crate) fn from_first(time: DateTime<Utc>, first: DateTime<Utc>) -> DateTime<Utc> {
    let before = (first - time).num_seconds().max(0);
    time + TimeDelta::days((before as u64).div_ceil(86_400) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_before_the_rows_takes_the_same_hour_of_the_first_day() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let first = at("2026-04-12T22:00:00Z");
        for (time, expected) in [
            ("2026-04-13T01:00:00Z", "2026-04-13T01:00:00Z"),
            ("2026-04-12T22:00:00Z", "2026-04-12T22:00:00Z"),
            ("2026-03-01T22:00:00Z", "2026-04-12T22:00:00Z"),
            ("2026-03-01T23:10:00Z", "2026-04-12T23:10:00Z"),
            ("2026-03-01T21:59:00Z", "2026-04-13T21:59:00Z"),
        ] {
            assert_eq!(from_first(at(time), first), at(expected), "{time}");
        }
    }
}
