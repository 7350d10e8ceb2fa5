//! Plans as `forescale plan` and `forescale serve` write them.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::error::ExportError;
use crate::schedule::{Schedule, Step};

#[derive(Deserialize)]
struct Plan {
    recommendations: Vec<Step>,
    summary: Summary,
}

#[derive(Deserialize)]
struct Summary {
    to: DateTime<Utc>,
}

/// What a service answers: the plan, and whether it can be trusted.
#[derive(Deserialize)]
struct Answer {
    plan: Plan,
    #[serde(default)]
    state: String,
    #[serde(default)]
    instances: u32,
}

impl Schedule {
    /// Reads what `forescale plan -o json` wrote, or what the plan of a target is answered with by `forescale serve`.
    ///
    /// A plan that is `holding` is [held](Schedule::held) at what the service asks for.
    ///
    /// # Errors
    /// [`ExportError::NoPlan`] for anything else, [`ExportError::Stale`] for a plan that no scaler gets a number from,
    /// [`ExportError::Rows`] as in [`Schedule::new`].
    pub fn from_json(text: &str) -> Result<Self, ExportError> {
        let Ok(Answer { plan, state, instances }) = serde_json::from_str(text) else {
            let plan = serde_json::from_str(text);
            return schedule(plan.map_err(|error| ExportError::NoPlan(error.to_string()))?);
        };
        match state.as_str() {
            "stale" => Err(ExportError::Stale { instances }),
            "holding" => Ok(schedule(plan)?.held(instances)),
            _ => schedule(plan),
        }
    }
}

fn schedule(plan: Plan) -> Result<Schedule, ExportError> {
    Schedule::new(plan.recommendations, plan.summary.to)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: &str, instances: u32) -> String {
        format!(r#"{{"at":"2026-01-05T{at}:00Z","action":"hold","instances":{instances}}}"#)
    }

    fn plan(rows: &str) -> String {
        format!(
            r#"{{"settings":{{}},"recommendations":[{rows}],"summary":{{"to":"2026-01-05T12:00:00Z"}}}}"#
        )
    }

    #[test]
    fn only_a_plan_in_order_is_one() {
        let read = |rows: &str| Schedule::from_json(&plan(rows));
        assert_eq!(read(&row("10:00", 3)).unwrap().peak(), 3);
        assert!(matches!(read(""), Err(ExportError::Rows(_))));
        assert!(matches!(read(&row("12:00", 3)), Err(ExportError::Rows(_))));
        let twice = format!("{},{}", row("10:00", 3), row("10:00", 3));
        assert!(matches!(read(&twice), Err(ExportError::Rows(_))));
        assert!(matches!(Schedule::from_json("[]"), Err(ExportError::NoPlan(_))));
    }

    #[test]
    fn the_answer_of_a_service_is_taken_as_far_as_it_can_be_trusted() {
        let rows = format!("{},{},{}", row("10:00", 5), row("10:30", 2), row("11:00", 6));
        let answer = |state: &str| {
            let plan = plan(&rows);
            let answer = format!(r#"{{"state":"{state}","instances":9,"plan":{plan}}}"#);
            Schedule::from_json(&answer)
        };
        let counts = |schedule: Schedule| {
            schedule.steps().iter().map(|step| step.instances).collect::<Vec<_>>()
        };
        assert_eq!(counts(answer("fresh").unwrap()), [5, 2, 6]);
        assert_eq!(counts(answer("degraded").unwrap()), [5, 2, 6]);
        assert_eq!(counts(answer("holding").unwrap()), [9, 9, 9]);
        assert_eq!(answer("stale"), Err(ExportError::Stale { instances: 9 }));
    }
}
