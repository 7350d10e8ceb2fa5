//! The steps of a plan, and when a decision for each is made and takes effect.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use forescale_core::Forecast;

use crate::error::PlanError;
use crate::fleet::FleetState;

/// The longest start-up time, in seconds.
const MOST_STARTUP_SECONDS: i64 = 28 * 86_400;

/// The steps from now to the end of the forecast, in whole seconds. Step 0 is the one that covers now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timeline {
    now: DateTime<Utc>,
    /// When step 0 begins; at or before now.
    start: DateTime<Utc>,
    step: TimeDelta,
    /// Which step of the forecast step 0 is.
    first: usize,
    len: usize,
    startup: TimeDelta,
    /// Start-up in steps, rounded up.
    lead: usize,
}

impl Timeline {
    pub(crate) fn new(forecast: &Forecast, fleet: &FleetState) -> Result<Self, PlanError> {
        let startup = whole_seconds(fleet.startup);
        if !(0..=MOST_STARTUP_SECONDS).contains(&startup) {
            return Err(PlanError::Startup(fleet.startup.num_seconds()));
        }
        let (origin, now) = (forecast.origin().trunc_subsecs(0), fleet.now.trunc_subsecs(0));
        let end = forecast.time_at(forecast.steps());
        let step = forecast.frequency().seconds();
        let first = (now - origin).num_seconds().div_euclid(step);
        if first < 0 || first as usize >= forecast.steps() {
            return Err(PlanError::Now { now: fleet.now, origin: forecast.origin(), end });
        }
        Ok(Self {
            now,
            start: origin + TimeDelta::seconds(first * step),
            step: TimeDelta::seconds(step),
            first: first as usize,
            len: forecast.steps() - first as usize,
            startup: TimeDelta::seconds(startup),
            lead: (startup as u64).div_ceil(step as u64) as usize,
        })
    }

    /// Steps to plan; at least 1.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Start-up in steps, rounded up.
    pub(crate) fn lead(&self) -> usize {
        self.lead
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.now
    }

    pub(crate) fn startup(&self) -> TimeDelta {
        self.startup
    }

    /// How long a step is, in minutes.
    pub(crate) fn step_minutes(&self) -> f64 {
        self.step.num_seconds() as f64 / 60.0
    }

    /// The forecast's number of step `i`.
    pub(crate) fn in_forecast(&self, i: usize) -> usize {
        self.first + i
    }

    /// When step `i` begins; now for step 0, which has begun already.
    pub(crate) fn begins(&self, i: usize) -> DateTime<Utc> {
        if i == 0 { self.now } else { self.start + self.step * i as i32 }
    }

    /// First moment after the plan.
    pub(crate) fn end(&self) -> DateTime<Utc> {
        self.begins(self.len)
    }

    /// When a scale-up of step `i` is asked for that is in time: as late as it may be to serve from the start of
    /// step `i + lead` on, and now for step 0.
    pub(crate) fn asks(&self, i: usize) -> DateTime<Utc> {
        if i == 0 { self.now } else { self.begins(i + self.lead) - self.startup }
    }

    /// The step that covers `time`; the last one for any time after it.
    pub(crate) fn step_at(&self, time: DateTime<Utc>) -> usize {
        let steps = (time - self.start).num_seconds() / self.step.num_seconds();
        (steps.max(0) as usize).min(self.len - 1)
    }
}

/// A span in seconds, rounded up.
fn whole_seconds(span: TimeDelta) -> i64 {
    let seconds = span.num_seconds();
    if span > TimeDelta::seconds(seconds) { seconds + 1 } else { seconds }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::{Frequency, Quantiles, Replicas};

    /// Four steps of five minutes from ten o'clock, planned at 10:07 with a start-up of seven minutes.
    fn timeline() -> Timeline {
        let origin = "2026-01-05T10:00:00Z".parse().unwrap();
        let (step, median) = (Frequency::from_seconds(300).unwrap(), Quantiles::new([]).unwrap());
        let forecast = Forecast::new(origin, step, median, vec![1.0; 4]).unwrap();
        let now = origin + TimeDelta::milliseconds(7 * 60_000 + 1);
        let startup = TimeDelta::milliseconds(7 * 60_000 - 1);
        Timeline::new(&forecast, &FleetState::new(now, Replicas(1), startup)).unwrap()
    }

    fn at(clock: &str) -> DateTime<Utc> {
        format!("2026-01-05T{clock}Z").parse().unwrap()
    }

    #[test]
    fn the_plan_begins_now_within_a_step_and_counts_whole_seconds() {
        let timeline = timeline();
        assert_eq!((timeline.len(), timeline.in_forecast(0), timeline.lead()), (3, 1, 2));
        assert_eq!((timeline.begins(0), timeline.begins(1)), (at("10:07:00"), at("10:10:00")));
        assert_eq!((timeline.end(), timeline.startup()), (at("10:20:00"), TimeDelta::minutes(7)));
    }

    #[test]
    fn a_scale_up_is_asked_for_as_late_as_it_may_be() {
        // Step 1 begins at 10:10 and answers for what serves from 10:20 on.
        assert_eq!(timeline().asks(1), at("10:13:00"));
        assert_eq!(timeline().asks(0), at("10:07:00"));
    }

    #[test]
    fn the_last_step_stands_for_all_that_comes_after() {
        let steps = ["10:07:00", "10:09:59", "10:10:00", "10:19:59", "12:00:00"];
        assert_eq!(steps.map(|time| timeline().step_at(at(time))), [0, 0, 1, 2, 2]);
    }
}
