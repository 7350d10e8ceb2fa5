//! Instances that serve at each moment of a plan.

use chrono::{DateTime, Utc};

use crate::data::ReportData;

/// From `time_ms` on, `instances` serve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ServingFrom {
    pub time_ms: i64,
    pub instances: u32,
}

/// The steps of the serving instances from `now` on, one for each change.
///
/// A recommendation counts from its `effective_at`; one that asks for fewer counts at once and takes the
/// starting instances first, so what serves is the least that was asked for since the last one took effect.
pub(crate) fn serving(data: &ReportData) -> Vec<ServingFrom> {
    let mut asked = vec![(data.now, data.now, data.current)];
    let changes = data.plan.iter().filter(|row| row.change != 0);
    asked.extend(changes.map(|row| (row.at, row.effective_at.max(data.now), row.instances)));
    let mut moments: Vec<_> = asked.iter().map(|(_, effective, _)| *effective).collect();
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

fn serving_at(asked: &[(DateTime<Utc>, DateTime<Utc>, u32)], moment: DateTime<Utc>) -> u32 {
    let settled = asked.iter().rposition(|(_, effective, _)| *effective <= moment).unwrap_or(0);
    let open = asked[settled..].iter().take_while(|(at, ..)| *at <= moment);
    open.map(|(.., instances)| *instances).min().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::data::PlanRow;

    fn row(
        now: DateTime<Utc>,
        (at, effective, change, instances): (i64, i64, i64, u32),
    ) -> PlanRow {
        PlanRow {
            at: now + TimeDelta::minutes(at),
            effective_at: now + TimeDelta::minutes(effective),
            action: String::new(),
            instances,
            change,
            expected_load: 0.0,
            lower: 0.0,
            upper: 0.0,
            level: 80.0,
            headroom_instances: 0,
            headroom_percent: 0.0,
            confidence: 1.0,
            reason: String::new(),
        }
    }

    fn steps(rows: &[(i64, i64, i64, u32)]) -> Vec<(i64, u32)> {
        let now: DateTime<Utc> = "2026-01-05T10:00:00Z".parse().unwrap();
        let mut data = ReportData::new("t", now, chrono_tz::UTC);
        data.current = 4;
        data.plan = rows.iter().map(|given| row(now, *given)).collect();
        let minute = |ms: i64| (ms - now.timestamp_millis()) / 60_000;
        serving(&data).iter().map(|step| (minute(step.time_ms), step.instances)).collect()
    }

    #[test]
    fn a_scale_up_serves_when_it_has_started_and_a_scale_down_at_once() {
        assert_eq!(
            steps(&[(0, 0, 0, 4), (10, 15, 2, 6), (30, 30, -3, 3)]),
            [(0, 4), (15, 6), (30, 3)]
        );
    }

    #[test]
    fn scale_ups_that_overlap_serve_one_after_the_other() {
        assert_eq!(steps(&[(0, 5, 1, 5), (3, 8, 1, 6)]), [(0, 4), (5, 5), (8, 6)]);
    }

    #[test]
    fn a_scale_down_cancels_what_still_starts() {
        assert_eq!(steps(&[(0, 5, 2, 6), (2, 2, -3, 3)]), [(0, 4), (2, 3)]);
    }

    #[test]
    fn holding_changes_nothing() {
        assert_eq!(steps(&[(0, 5, 2, 6), (1, 1, 0, 6)]), [(0, 4), (5, 6)]);
    }
}
