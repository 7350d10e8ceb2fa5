//! Instances that serve at each moment of a plan.

use chrono::{DateTime, Utc};
use forescale_plan::ScalePlan;

/// From `time_ms` on, `instances` serve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ServingFrom {
    pub time_ms: i64,
    pub instances: u32,
}

/// Instances asked for at `at`, all of which serve from `effective` on.
struct Asked {
    at: DateTime<Utc>,
    effective: DateTime<Utc>,
    instances: u32,
}

/// The serving instances from the moment of planning on, one step for each change.
///
/// More instances serve when they have started; fewer serve at once, and those that still start are given back
/// first. So what serves is the least that was asked for since the last request that has taken effect.
pub(crate) fn serving(plan: &ScalePlan) -> Vec<ServingFrom> {
    let asked = asked(plan);
    let mut moments: Vec<_> = asked.iter().map(|asked| asked.effective).collect();
    moments.sort_unstable();
    let mut steps: Vec<ServingFrom> = Vec::new();
    for moment in moments {
        let instances = serving_at(&asked, moment);
        if steps.last().is_none_or(|step| step.instances != instances) {
            steps.push(ServingFrom { time_ms: moment.timestamp_millis(), instances });
        }
    }
    steps
}

/// The fleet at the moment of planning, and every request that changes what was asked for before.
fn asked(plan: &ScalePlan) -> Vec<Asked> {
    let current = plan.settings.current.0;
    let mut all = vec![Asked { at: plan.now, effective: plan.now, instances: current }];
    for row in &plan.recommendations {
        let (before, instances) = (all[all.len() - 1].instances, row.instances.0);
        // A first row may hold instances that still start: they serve after a start-up time at the latest.
        let wait =
            if instances > before { plan.settings.startup } else { chrono::TimeDelta::zero() };
        if instances != before {
            all.push(Asked {
                at: row.at,
                effective: row.effective_at.max(row.at + wait),
                instances,
            });
        }
    }
    all
}

fn serving_at(asked: &[Asked], moment: DateTime<Utc>) -> u32 {
    let settled = asked.iter().rposition(|asked| asked.effective <= moment).unwrap_or(0);
    let open = asked[settled..].iter().take_while(|asked| asked.at <= moment);
    open.map(|asked| asked.instances).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::scale_plan;

    /// Minutes and serving instances of a plan of `(at, instances)` from a fleet of 4 that starts in 5 minutes.
    fn steps(rows: &[(i64, u32)]) -> Vec<(i64, u32)> {
        let plan = scale_plan(4, rows);
        let minute = |ms: i64| (ms - plan.now.timestamp_millis()) / 60_000;
        serving(&plan).iter().map(|step| (minute(step.time_ms), step.instances)).collect()
    }

    #[test]
    fn a_scale_up_serves_when_it_has_started_and_a_scale_down_at_once() {
        assert_eq!(steps(&[(0, 4), (10, 6), (30, 3)]), [(0, 4), (15, 6), (30, 3)]);
    }

    #[test]
    fn scale_ups_that_overlap_serve_one_after_the_other() {
        assert_eq!(steps(&[(0, 5), (3, 6)]), [(0, 4), (5, 5), (8, 6)]);
    }

    #[test]
    fn a_scale_down_cancels_what_still_starts() {
        assert_eq!(steps(&[(0, 6), (2, 3)]), [(0, 4), (2, 3)]);
    }

    #[test]
    fn holding_changes_nothing() {
        assert_eq!(steps(&[(0, 6), (1, 6)]), [(0, 4), (5, 6)]);
    }
}
