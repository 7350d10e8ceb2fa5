//! A plan as a schedule: how many instances to ask for, and when.

use std::cmp::Ordering;

use chrono::{DateTime, DurationRound, TimeDelta, Utc};
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
}

impl Schedule {
    /// A schedule of `steps` that ends at `end`.
    ///
    /// # Errors
    /// [`ExportError::Rows`] without a step, or when they are not in strictly ascending order before `end`.
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
        match steps.last() {
            None => Err(ExportError::Rows("it has none".into())),
            Some(last) if last.at >= end => {
                Err(ExportError::Rows(format!("it ends at {end}, before its last row")))
            }
            Some(_) => Ok(Self { steps, end }),
        }
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

    /// Reads what `forescale plan -o json` wrote.
    ///
    /// # Errors
    /// [`ExportError::NoPlan`] for anything else, [`ExportError::Rows`] as in [`Schedule::new`].
    pub fn from_json(text: &str) -> Result<Self, ExportError> {
        #[derive(Deserialize)]
        struct Plan {
            recommendations: Vec<Step>,
            summary: Summary,
        }
        #[derive(Deserialize)]
        struct Summary {
            to: DateTime<Utc>,
        }
        let plan: Plan =
            serde_json::from_str(text).map_err(|error| ExportError::NoPlan(error.to_string()))?;
        Self::new(plan.recommendations, plan.summary.to)
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

    /// What is left of the plan at `now`, in whole minutes: what is in force first, in the next minute.
    ///
    /// A rise comes at the begin of its minute and a fall at the end, so that there are never fewer instances than
    /// planned. A step that changes nothing is left out.
    ///
    /// # Errors
    /// [`ExportError::Over`] when nothing is left, [`ExportError::Early`] when nothing is in force yet.
    pub(crate) fn ahead(&self, now: DateTime<Utc>) -> Result<Vec<Step>, ExportError> {
        if now >= self.end {
            return Err(ExportError::Over { end: self.end, now });
        }
        let early = || ExportError::Early { begin: self.steps[0].at, now };
        let mut last = Step {
            at: minute(now) + TimeDelta::minutes(1),
            instances: self.in_force(now).ok_or_else(early)?,
        };
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
    fn merging_never_takes_an_instance_away() {
        let steps = schedule(&[(0, 0, 3), (10, 0, 4), (20, 0, 9), (50, 0, 2)]).steps;
        let merged = merged(steps, at(60, 0), 3);
        let found: Vec<_> = merged.iter().map(|step| (step.at, step.instances)).collect();
        assert_eq!(found, [(at(0, 0), 4), (at(20, 0), 9), (at(50, 0), 2)]);
    }

    #[test]
    fn only_a_plan_in_order_is_one() {
        let plan = |rows: &str| {
            Schedule::from_json(&format!(
                r#"{{"settings":{{}},"recommendations":[{rows}],"summary":{{"to":"2026-01-05T12:00:00Z"}}}}"#
            ))
        };
        let row =
            |at: &str| format!(r#"{{"at":"2026-01-05T{at}:00Z","action":"hold","instances":3}}"#);
        assert_eq!(plan(&row("10:00")).unwrap().peak(), 3);
        assert!(matches!(plan(""), Err(ExportError::Rows(_))));
        assert!(matches!(plan(&row("12:00")), Err(ExportError::Rows(_))));
        let twice = format!("{},{}", row("10:00"), row("10:00"));
        assert!(matches!(plan(&twice), Err(ExportError::Rows(_))));
        assert!(matches!(Schedule::from_json("[]"), Err(ExportError::NoPlan(_))));
    }
}
