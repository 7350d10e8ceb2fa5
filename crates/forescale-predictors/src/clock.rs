//! Which clock a wave goes by, and how far that clock has moved at each step of a load.
//!
//! People go by the service's own clock, which jumps twice a year; jobs go by UTC.

use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Calendar;

const WEEK_SECONDS: f64 = 604_800.0;

/// Seasons shorter than this are jobs.
const JOB_SECONDS: i64 = 12 * 3_600 - 300;

/// Whether a wave of `period_seconds` goes by the local clock, where there are these `seasons` (seconds, strength).
///
/// A whole part of a week or a day does, unless it is part of what a job does.
pub(crate) fn is_local(period_seconds: f64, seasons: &[(i64, f64)]) -> bool {
    let mut jobs = seasons.iter().map(|season| season.0).filter(|period| *period < JOB_SECONDS);
    is_part(period_seconds, WEEK_SECONDS, 1e-6)
        && !jobs.any(|job| is_part(period_seconds, job as f64, 0.01))
}

/// Whether `whole` is a whole multiple of `part`, within a share of `off` of it.
fn is_part(part: f64, whole: f64, off: f64) -> bool {
    let parts = (whole / part).round();
    parts >= 1.0 && (whole / part / parts - 1.0).abs() < off
}

/// A clock along the steps of a load.
#[derive(Debug)]
pub(crate) struct Clock {
    pub step_seconds: f64,
    runs: Vec<Run>,
}

/// Steps between two jumps of the clock.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub steps: Range<usize>,
    /// How far the clock has jumped since the first step of the load.
    pub shift_seconds: f64,
}

impl Clock {
    /// The one that never jumps.
    pub fn utc(step: TimeDelta, steps: usize) -> Self {
        let runs = vec![Run { steps: 0..steps, shift_seconds: 0.0 }];
        Self { step_seconds: step.num_seconds() as f64, runs }
    }

    /// The one of `calendar`, along `steps` steps from `epoch` on.
    pub fn local(calendar: &Calendar, epoch: DateTime<Utc>, step: TimeDelta, steps: usize) -> Self {
        let offset = |index: usize| calendar.offset_seconds(epoch + step * index as i32);
        let shift_seconds = |index: usize| (offset(index) - offset(0)) as f64;
        let day = (86_400 / step.num_seconds()).max(1) as usize;
        let (mut runs, mut begin) = (Vec::new(), 0);
        for from in (0..steps).step_by(day) {
            // A clock jumps on a few days a year: only those are looked at step by step.
            let to = steps.min(from + day);
            if offset(from) != offset(to) {
                let jump = (from..to).find(|i| offset(*i) != offset(from)).unwrap_or(to);
                runs.push(Run { steps: begin..jump, shift_seconds: shift_seconds(begin) });
                begin = jump;
            }
        }
        runs.push(Run { steps: begin..steps, shift_seconds: shift_seconds(begin) });
        Self { step_seconds: step.num_seconds() as f64, runs }
    }

    /// The runs from step `from` on.
    pub fn runs_from(&self, from: usize) -> impl Iterator<Item = Run> {
        self.runs.iter().filter(move |run| run.steps.end > from).map(move |run| Run {
            steps: run.steps.start.max(from)..run.steps.end,
            shift_seconds: run.shift_seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_of_the_service_and_a_job_of_utc() {
        let seasons = [86_400, 604_800, 7_197].map(|period| (period, 0.3));
        assert!(
            [604_800.0, 86_400.0, 28_800.0, 604_800.0 / 11.0]
                .into_iter()
                .all(|period| is_local(period, &seasons))
        );
        assert!(
            ![7_197.0, 7_200.0, 3_600.0, 5_000.0, 30.0 * 3_600.0]
                .into_iter()
                .any(|period| is_local(period, &seasons))
        );
        assert!(is_local(7_200.0, &[(86_400, 0.5)]));
    }

    #[test]
    fn the_clock_jumps_at_the_step_of_summer_time() {
        let calendar = Calendar { zone: "Europe/Berlin".parse().unwrap(), ..Calendar::default() };
        let epoch = "2026-03-28T12:00:00Z".parse().unwrap();
        let clock = Clock::local(&calendar, epoch, TimeDelta::minutes(30), 96);
        let run = |steps, shift_seconds| Run { steps, shift_seconds };
        assert_eq!(clock.runs, [run(0..26, 0.0), run(26..96, 3_600.0)]);
        assert_eq!(clock.runs_from(30).collect::<Vec<_>>(), [run(30..96, 3_600.0)]);
        let utc = Clock::local(&Calendar::default(), epoch, TimeDelta::minutes(30), 96);
        assert_eq!(utc.runs, [run(0..96, 0.0)]);
    }
}
