//! A plan as a schedule: how many instances to ask for, and when.

use std::cmp::Ordering;

use chrono::{DateTime, Datelike, DurationRound, TimeDelta, Utc};
use forescale_plan::ScalePlan;
use serde::Deserialize;

use crate::error::ExportError;

/// How many instances to ask for from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct Step {
    /// When to ask.
    pub at: DateTime<Utc>,
    /// Instances, serving and starting together.
    pub instances: u32,
}

/// The steps of a plan, ascending, and when the last one ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    steps: Vec<Step>,
    end: DateTime<Utc>,
    lead: TimeDelta,
}

impl Schedule {
    /// A schedule of `steps` that ends at `end`.
    ///
    /// # Errors
    /// [`ExportError::Rows`] without a step, when they are not in strictly ascending order before `end`, or when a
    /// moment is in no year from 0 to 9999: the systems that act on it write years with four digits.
    ///
    /// ```
    /// use forescale_export::{Schedule, Step};
    /// let step = |at: &str, instances| Ok::<_, chrono::ParseError>(Step { at: at.parse()?, instances });
    /// let steps = vec![step("2026-01-05T10:00:00Z", 3)?, step("2026-01-05T11:00:00Z", 8)?];
    /// let schedule = Schedule::new(steps, "2026-01-05T12:00:00Z".parse()?)?;
    /// assert_eq!(schedule.in_force("2026-01-05T10:59:59Z".parse()?), Some(3));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(steps: Vec<Step>, end: DateTime<Utc>) -> Result<Self, ExportError> {
        if let Some(two) = steps.windows(2).find(|two| two[1].at <= two[0].at) {
            return Err(ExportError::Rows(format!("{} follows {}", two[1].at, two[0].at)));
        }
        let mut moments = steps.iter().map(|step| step.at).chain([end]);
        if let Some(far) = moments.find(|at| !(0..=9_999).contains(&at.year())) {
            return Err(ExportError::Rows(format!("{far} is in no year from 0 to 9999")));
        }
        match steps.last() {
            None => Err(ExportError::Rows("it has none".into())),
            Some(last) if last.at >= end => {
                Err(ExportError::Rows(format!("it ends at {end}, before its last row")))
            }
            Some(_) => Ok(Self { steps, end, lead: TimeDelta::zero() }),
        }
    }

    /// The same schedule, of which nothing is to be done before `lead` has passed: the time to apply an export.
    /// What should have risen by then rises with the first step.
    pub fn with_lead(self, lead: TimeDelta) -> Self {
        Self { lead: lead.max(TimeDelta::zero()), ..self }
    }

    /// The schedule of a plan whose forecast ends at `end`.
    ///
    /// # Errors
    /// [`ExportError::Rows`] when `end` is not after the last recommendation.
    pub fn of(plan: &ScalePlan, end: DateTime<Utc>) -> Result<Self, ExportError> {
        let step =
            |row: &forescale_plan::Recommendation| Step { at: row.at, instances: row.instances.0 };
        Self::new(plan.recommendations.iter().map(step).collect(), end)
    }

    /// The same without a fall, and with no step below `least`: nothing is given back of a plan that nobody confirms any
    /// more, while what it asks for beyond that still comes.
    pub fn held(mut self, least: u32) -> Self {
        let mut most = least;
        for step in &mut self.steps {
            most = most.max(step.instances);
            step.instances = most;
        }
        self
    }

    /// The steps, ascending.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// When the last step ends.
    pub fn end(&self) -> DateTime<Utc> {
        self.end
    }

    /// The instances to ask for at `moment`; none outside of the plan.
    pub fn in_force(&self, moment: DateTime<Utc>) -> Option<u32> {
        let after = self.steps.partition_point(|step| step.at <= moment);
        let step = after.checked_sub(1).map(|at| self.steps[at].instances);
        step.filter(|_| moment < self.end)
    }

    /// The most instances of any step.
    pub fn peak(&self) -> u32 {
        self.steps.iter().map(|step| step.instances).max().unwrap_or_default()
    }

    /// What is left of the plan at `now`, in whole minutes: what is in force first, in the next minute after the lead.
    ///
    /// A rise comes at the begin of its minute and a fall at the end, so that there are never fewer instances than
    /// planned. A step that changes nothing is left out.
    ///
    /// # Errors
    /// [`ExportError::Over`] when nothing is left, [`ExportError::Late`] when nothing is after the lead,
    /// [`ExportError::Early`] when nothing is in force yet.
    pub(crate) fn ahead(&self, now: DateTime<Utc>) -> Result<Vec<Step>, ExportError> {
        if now >= self.end {
            return Err(ExportError::Over { end: self.end, now });
        }
        let early = || ExportError::Early { begin: self.steps[0].at, now };
        let instances = self.in_force(now).ok_or_else(early)?;
        // From here on now lies in the plan, and a minute more is still a moment.
        let begin = now.checked_add_signed(self.lead).filter(|begin| *begin < self.end);
        let begin = begin.map(|at| minute_after(at).max(minute(now) + TimeDelta::minutes(1)));
        let late = || ExportError::Late { end: self.end, now, lead: self.lead };
        let begin = begin.filter(|begin| *begin < self.end).ok_or_else(late)?;
        let mut last = Step { at: begin, instances };
        let mut ahead = Vec::new();
        for step in self.steps.iter().filter(|step| step.at > now) {
            // A fall that is overtaken before its minute never comes.
            if last.at > step.at
                && let Some(before) = ahead.pop()
            {
                last = before;
            }
            let fall = minute_after(step.at).max(last.at + TimeDelta::minutes(1));
            match step.instances.cmp(&last.instances) {
                Ordering::Equal => {}
                Ordering::Less if fall >= self.end => {}
                Ordering::Less => {
                    ahead.push(std::mem::replace(&mut last, Step { at: fall, ..*step }))
                }
                Ordering::Greater if minute(step.at) <= last.at => last.instances = step.instances,
                Ordering::Greater => {
                    let rise = Step { at: minute(step.at), ..*step };
                    ahead.push(std::mem::replace(&mut last, rise));
                }
            }
        }
        ahead.push(last);
        ahead.dedup_by_key(|step| step.instances);
        Ok(ahead)
    }
}

/// The minute that `at` lies in.
fn minute(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::minutes(1)).unwrap_or(at)
}

/// The first whole minute from `at` on.
fn minute_after(at: DateTime<Utc>) -> DateTime<Utc> {
    let minute = minute(at);
    if minute < at { minute + TimeDelta::minutes(1) } else { minute }
}

/// Merges neighbours until `most` are left, so that the fewest instance-hours are added and none is taken away.
pub(crate) fn merged(mut steps: Vec<Step>, end: DateTime<Utc>, most: usize) -> Vec<Step> {
    while steps.len() > most.max(1) {
        let until = |i: usize| steps.get(i + 1).map_or(end, |next| next.at);
        let added = |i: usize| {
            let (a, b) = (steps[i], steps[i + 1]);
            let most = a.instances.max(b.instances);
            let seconds = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_seconds().max(0);
            i128::from(most - a.instances) * i128::from(seconds(a.at, b.at))
                + i128::from(most - b.instances) * i128::from(seconds(b.at, until(i + 1)))
        };
        let cheapest = (0..steps.len() - 1).min_by_key(|i| added(*i)).unwrap_or_default();
        let second = steps.remove(cheapest + 1);
        steps[cheapest].instances = steps[cheapest].instances.max(second.instances);
        steps.dedup_by_key(|step| step.instances);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64, seconds: i64) -> DateTime<Utc> {
        "2026-01-05T10:00:00Z".parse::<DateTime<Utc>>().unwrap()
            + TimeDelta::seconds(60 * minutes + seconds)
    }

    fn schedule(steps: &[(i64, i64, u32)]) -> Schedule {
        let step = |&(minutes, seconds, instances): &(i64, i64, u32)| Step {
            at: at(minutes, seconds),
            instances,
        };
        Schedule::new(steps.iter().map(step).collect(), at(60, 0)).unwrap()
    }

    #[test]
    fn what_is_over_is_left_out_and_what_is_in_force_comes_first() {
        let schedule = schedule(&[(0, 0, 3), (10, 0, 5), (20, 30, 8), (20, 50, 6), (40, 0, 6)]);
        let ahead = schedule.ahead(at(12, 7)).unwrap();
        let found: Vec<_> = ahead.iter().map(|step| (step.at, step.instances)).collect();
        assert_eq!(found, [(at(13, 0), 5), (at(20, 0), 8), (at(21, 0), 6)]);
        assert!(matches!(schedule.ahead(at(60, 0)), Err(ExportError::Over { .. })));
        assert!(matches!(schedule.ahead(at(-1, 0)), Err(ExportError::Early { .. })));
    }

    #[test]
    fn a_lead_leaves_time_to_apply_and_takes_no_instance_away() {
        let schedule = schedule(&[(0, 0, 3), (1, 30, 7), (2, 20, 2), (30, 0, 9)]);
        let ahead = |lead, moment| {
            let ahead = schedule.clone().with_lead(TimeDelta::minutes(lead)).ahead(moment).unwrap();
            ahead.iter().map(|step| (step.at, step.instances)).collect::<Vec<_>>()
        };
        let soon = [(at(1, 0), 7), (at(3, 0), 2), (at(30, 0), 9)];
        assert_eq!(ahead(0, at(0, 7)), soon);
        // The rise of minute 1 comes with what is applied in minute 6, and the fall a minute after it.
        assert_eq!(ahead(5, at(0, 7)), [(at(6, 0), 7), (at(7, 0), 2), (at(30, 0), 9)]);
    }

    #[test]
    fn a_lead_beyond_the_end_of_the_plan_leaves_nothing() {
        let schedule = schedule(&[(0, 0, 3), (30, 0, 9)]);
        let ahead = |lead, moment| schedule.clone().with_lead(lead).ahead(moment);
        assert_eq!(ahead(TimeDelta::minutes(2), at(57, 0)).unwrap().len(), 1);
        let far = TimeDelta::days(200_000_000);
        for (lead, moment) in [
            (TimeDelta::minutes(2), at(58, 0)),
            (TimeDelta::minutes(2), at(59, 30)),
            (TimeDelta::zero(), at(59, 30)),
            (far, at(0, 0)),
            (TimeDelta::MAX, at(0, 0)),
        ] {
            let end = at(60, 0);
            assert_eq!(ahead(lead, moment), Err(ExportError::Late { end, now: moment, lead }));
        }
        let error = ahead(far, at(0, 0)).unwrap_err().to_string();
        assert!(
            error.contains("2026-01-05 11:00:00 UTC") && error.contains("200000000d"),
            "{error}"
        );
    }

    #[test]
    fn a_plan_of_years_that_no_system_writes_is_refused() {
        for (at, end) in [
            (DateTime::<Utc>::MIN_UTC, DateTime::UNIX_EPOCH),
            (DateTime::UNIX_EPOCH, DateTime::<Utc>::MAX_UTC),
        ] {
            let error = Schedule::new(vec![Step { at, instances: 1 }], end).unwrap_err();
            assert!(matches!(error, ExportError::Rows(_)), "{error}");
        }
    }

    #[test]
    fn merging_never_takes_an_instance_away() {
        let steps = schedule(&[(0, 0, 3), (10, 0, 4), (20, 0, 9), (50, 0, 2)]).steps;
        let merged = merged(steps, at(60, 0), 3);
        let found: Vec<_> = merged.iter().map(|step| (step.at, step.instances)).collect();
        assert_eq!(found, [(at(0, 0), 4), (at(20, 0), 9), (at(50, 0), 2)]);
    }

    #[test]
    fn a_plan_that_is_held_rises_and_never_falls() {
        let held = |least| {
            let steps =
                schedule(&[(0, 0, 5), (10, 0, 2), (20, 0, 9), (50, 0, 1)]).held(least).steps;
            steps.iter().map(|step| step.instances).collect::<Vec<_>>()
        };
        assert_eq!(held(0), [5, 5, 9, 9]);
        assert_eq!(held(7), [7, 7, 9, 9]);
    }
}
