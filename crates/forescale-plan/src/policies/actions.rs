//! Scheduled actions: when, and what they set of a group of instances.
//!
//! Source: Amazon EC2 Auto Scaling, scheduled scaling (user guide): an action sets the fewest, the most and the wanted
//! instances or some of these, once at a time or again and again by a cron expression; what it leaves out stays.

use chrono::{DateTime, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use croner::Cron;

use crate::policies::timetable::{cron, next};

/// What an entry should look like.
const ENTRY: &str =
    "entries like 0 8 * * 1-5=12, 0 18 * * *=min:2 max:20 or 2026-11-27T06:00=desired:30";

/// When an action takes effect.
#[derive(Debug, Clone)]
pub(crate) enum When {
    /// Again and again.
    Cron(Box<Cron>),
    /// Once.
    At(DateTime<Utc>),
    /// Once, by the clock of the timetable.
    Local(NaiveDateTime),
}

impl When {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Ok(cron) = cron(text) {
            return Some(Self::Cron(Box::new(cron)));
        }
        if let Ok(at) = text.parse::<DateTime<Utc>>() {
            return Some(Self::At(at));
        }
        ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]
            .iter()
            .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
            .map(Self::Local)
    }

    /// The next time after `time`; never, when it comes no more.
    pub(crate) fn next(&self, time: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => next(cron, time, zone),
            Self::At(at) => Some(*at).filter(|at| *at > time),
            Self::Local(local) => Some(in_zone(local, zone)).filter(|at| *at > time),
        }
    }

    /// The latest time up to `time`; none, when it never came.
    pub(crate) fn latest(&self, time: DateTime<Utc>, zone: Tz) -> Option<DateTime<Utc>> {
        match self {
            Self::Cron(cron) => {
                let latest = cron.find_previous_occurrence(&time.with_timezone(&zone), true);
                latest.ok().map(|latest| latest.to_utc())
            }
            Self::At(at) => Some(*at).filter(|at| *at <= time),
            Self::Local(local) => Some(in_zone(local, zone)).filter(|at| *at <= time),
        }
    }
}

/// A time of the clock of `zone`: the first of two, and as long after the clock was moved as it is after the hole.
fn in_zone(local: &NaiveDateTime, zone: Tz) -> DateTime<Utc> {
    let found = |local: &NaiveDateTime| zone.from_local_datetime(local).earliest();
    let before = TimeDelta::hours(3);
    found(local)
        .or_else(|| found(&(*local - before)).map(|earlier| earlier + before))
        .map_or_else(|| local.and_utc(), |time| time.to_utc())
}

/// What an action sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Action {
    desired: Option<u32>,
    min: Option<u32>,
    max: Option<u32>,
}

impl Action {
    /// Reads `12`, or some of `min:4 max:20 desired:12`.
    fn parse(text: &str) -> Option<Self> {
        if let Ok(count) = text.trim().parse() {
            return Some(Self { desired: Some(count), ..Self::default() });
        }
        let mut action = Self::default();
        for part in text.split_whitespace() {
            let (name, count) = part.split_once(':')?;
            let field = match name {
                "desired" => &mut action.desired,
                "min" => &mut action.min,
                "max" => &mut action.max,
                _ => return None,
            };
            if field.replace(count.parse().ok()?).is_some() {
                return None;
            }
        }
        (action != Self::default()).then_some(action)
    }

    /// Whether what it sets fits together.
    fn is_ordered(&self) -> bool {
        let counts = [self.min, self.desired, self.max].into_iter().flatten();
        counts.is_sorted()
    }
}

/// Reads `WHEN=WHAT;...`; when it does not fit, gives what would.
pub(crate) fn parse(text: &str) -> Result<Vec<(When, Action)>, String> {
    let entry = |part: &str| {
        let (when, what) = part.rsplit_once('=')?;
        Some((When::parse(when)?, Action::parse(what)?))
    };
    let entries: Option<Vec<_>> = text.split(';').map(entry).collect();
    let entries = entries.ok_or(ENTRY)?;
    match entries.iter().all(|(_, action)| action.is_ordered()) {
        true => Ok(entries),
        false => Err("entries whose min is at most desired, and desired at most max".to_owned()),
    }
}

/// The counts of a group of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Group {
    /// Instances wanted; none when no action has set them.
    pub(crate) desired: Option<u32>,
    /// Fewest instances.
    pub(crate) min: u32,
    /// Most instances.
    pub(crate) max: u32,
}

impl Group {
    /// What no action has set anything of.
    pub(crate) const FREE: Self = Self { desired: None, min: 0, max: u32::MAX };

    /// The group once `action` has taken effect: what was wanted moves into the bounds for good.
    pub(crate) fn after(self, action: &Action) -> Self {
        let (min, max) = (action.min.unwrap_or(self.min), action.max.unwrap_or(self.max));
        let group = Self { desired: action.desired.or(self.desired), min, max };
        Self { desired: group.desired.map(|count| group.bounded(count)), ..group }
    }

    /// `count` within the bounds; the lower one counts where they cross.
    pub(crate) fn bounded(&self, count: u32) -> u32 {
        count.min(self.max).max(self.min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_sets_what_it_names() {
        let action = |desired, min, max| Some(Action { desired, min, max });
        for (text, expected) in [
            ("12", action(Some(12), None, None)),
            (" min:4 ", action(None, Some(4), None)),
            ("max:9 min:4 desired:6", action(Some(6), Some(4), Some(9))),
            ("", None),
            ("min:", None),
            ("min:4 min:5", None),
            ("least:4", None),
            ("min:-1", None),
            ("min 4", None),
        ] {
            assert_eq!(Action::parse(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in ["", "0 8 * *=3", "0 8 * * *", "0 8 * * *=x", "2026-13-01T00:00=3", "soon=3"] {
            assert_eq!(parse(text).unwrap_err(), ENTRY, "{text:?}");
        }
        for text in ["0 8 * * *=min:5 max:4", "0 8 * * *=desired:3 min:4"] {
            assert!(parse(text).unwrap_err().contains("min is at most desired"), "{text}");
        }
    }

    #[test]
    fn one_time_is_read_with_a_zone_or_by_the_clock() {
        let zone = Tz::Europe__Berlin;
        let first = DateTime::UNIX_EPOCH;
        for (text, expected) in [
            ("2026-11-27T06:00:00Z", "2026-11-27T06:00:00Z"),
            ("2026-11-27T06:00:00+02:00", "2026-11-27T04:00:00Z"),
            ("2026-11-27T06:00", "2026-11-27T05:00:00Z"),
            ("2026-07-01T06:00:30", "2026-07-01T04:00:30Z"),
            // The hour that is skipped in spring, and the first of the two in autumn.
            ("2026-03-29T02:30", "2026-03-29T01:30:00Z"),
            ("2026-10-25T02:30", "2026-10-25T00:30:00Z"),
        ] {
            let when = When::parse(text).unwrap();
            let at = expected.parse::<DateTime<Utc>>().unwrap();
            assert_eq!(when.next(first, zone), Some(at), "{text}");
            assert_eq!((when.next(at, zone), when.latest(at, zone)), (None, Some(at)), "{text}");
            assert_eq!(when.latest(first, zone), None, "{text}");
        }
    }
}
