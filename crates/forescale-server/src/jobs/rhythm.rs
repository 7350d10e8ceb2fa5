//! When something is due, from the moment it was last.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::config::Schedule;

/// How often something happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Rhythm {
    /// Every so often.
    Every(TimeDelta),
    /// At the moments of a schedule, in a zone.
    At(Schedule, Tz),
    /// Once, and then whenever it is asked for.
    Once,
}

impl Rhythm {
    /// Since when it is due at `now`, when it was last at `last`; none when it is not. What was never is due at once.
    ///
    /// However many moments were missed, it is due once. A `last` that is still to come was written by a clock that
    /// has been set back, and counts as now.
    pub fn due(&self, last: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let Some(last) = last else { return Some(now) };
        let due = self.next(last.min(now))?;
        (due <= now).then_some(due)
    }

    /// What counts as the last time once what was due since `due` begins at `now`: a short delay does not move the
    /// times after it, and a long pause leaves nothing to catch up.
    pub fn begun(&self, due: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        match self {
            Self::Every(span) if now - due < *span => due,
            _ => now,
        }
    }

    fn next(&self, last: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Every(span) => last.checked_add_signed(*span),
            Self::At(schedule, zone) => schedule.next(last, *zone),
            Self::Once => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// How often a rhythm runs when it is looked at every `look` from `from` to `to`.
    fn runs(rhythm: &Rhythm, from: &str, to: &str, look: TimeDelta) -> Vec<DateTime<Utc>> {
        let (mut now, to) = (at(from), at(to));
        let mut last = Some(now);
        let mut runs = Vec::new();
        while now < to {
            now += look;
            if let Some(due) = rhythm.due(last, now) {
                last = Some(rhythm.begun(due, now));
                runs.push(now);
            }
        }
        runs
    }

    #[test]
    fn an_interval_keeps_its_times_though_it_is_looked_at_late() {
        let minute = Rhythm::Every(TimeDelta::minutes(1));
        let day =
            runs(&minute, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", TimeDelta::seconds(7));
        assert!((1_438..=1_440).contains(&day.len()), "{}", day.len());
    }

    #[test]
    fn a_day_of_pause_is_caught_up_once() {
        let last = at("2026-01-05T00:00:00Z");
        let now = last + TimeDelta::days(1) + TimeDelta::seconds(20);
        for rhythm in [
            Rhythm::Every(TimeDelta::minutes(1)),
            Rhythm::At(Schedule::new("*/5 * * * *").unwrap(), Tz::UTC),
        ] {
            let due = rhythm.due(Some(last), now).unwrap();
            let last = rhythm.begun(due, now);
            assert_eq!(rhythm.due(Some(last), now + TimeDelta::seconds(1)), None);
        }
    }

    #[test]
    fn a_clock_set_back_delays_by_one_interval_at_most() {
        let minute = Rhythm::Every(TimeDelta::minutes(1));
        let now = at("2026-01-05T00:00:00Z");
        let last = Some(now + TimeDelta::days(1));
        assert_eq!(minute.due(last, now), None);
        assert_eq!(
            minute.due(Some(now), now + TimeDelta::minutes(1)),
            Some(now + TimeDelta::minutes(1))
        );
    }

    #[test]
    fn a_day_has_one_run_when_the_clocks_change() {
        // The night of each change, with a schedule inside the hour that is skipped or comes twice.
        let nights = [
            (Tz::Europe__Berlin, "30 2 * * *", "2026-03-28", "2026-03-31"),
            (Tz::Europe__Berlin, "30 2 * * *", "2026-10-24", "2026-10-27"),
            (Tz::America__New_York, "30 1 * * *", "2026-10-31", "2026-11-03"),
            (Tz::America__New_York, "30 2 * * *", "2026-03-07", "2026-03-10"),
            (Tz::Australia__Lord_Howe, "15 2 * * *", "2026-10-03", "2026-10-06"),
            (Tz::Australia__Lord_Howe, "45 1 * * *", "2026-04-04", "2026-04-07"),
            (Tz::Pacific__Chatham, "0 3 * * *", "2026-09-25", "2026-09-28"),
            (Tz::Pacific__Chatham, "0 3 * * *", "2026-04-03", "2026-04-06"),
            (Tz::America__Santiago, "30 0 * * *", "2026-09-05", "2026-09-08"),
            (Tz::America__Santiago, "30 23 * * *", "2026-04-03", "2026-04-06"),
            (Tz::America__Sao_Paulo, "30 0 * * *", "2026-03-28", "2026-03-31"),
            (Tz::Asia__Kathmandu, "30 2 * * *", "2026-03-28", "2026-03-31"),
        ];
        for (zone, schedule, from, to) in nights {
            let rhythm = Rhythm::At(Schedule::new(schedule).unwrap(), zone);
            let midnight = |day: &str| format!("{day}T12:00:00Z");
            let runs = runs(&rhythm, &midnight(from), &midnight(to), TimeDelta::minutes(1));
            assert_eq!(runs.len(), 3, "{zone} {schedule}: {runs:?}");
        }
    }
}
