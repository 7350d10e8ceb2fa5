//! One plan over load paths, as a plan with limits.

use super::super::{PathSettings, plan_over_paths, sample_paths};
use super::{Asked, Chosen, Total, WeighedStep};
use crate::objectives::error::ObjectiveError;

pub(super) fn choose(asked: Asked, settings: &PathSettings) -> Result<Chosen, ObjectiveError> {
    let Asked { forecast, fleet, capacity, options, .. } = asked;
    // What a plan is short of is counted on whole paths here, so the budget is the user's and no quantile's.
    let budget = asked.uncovered()? / 2.0;
    let paths = sample_paths(forecast, settings)?;
    let plan = plan_over_paths(&paths, forecast, fleet, capacity, &options.limits, budget)?;
    let step = |step: &super::super::ScenarioStep| WeighedStep {
        at: step.at,
        instances: step.serving,
        parts: Vec::new(),
        reason: step.reason.to_string(),
    };
    let total = |name, about, value| Total { name, about, value };
    let totals = vec![
        total("correlation", "correlation of neighbouring steps", settings.correlation),
        total("short", "share of steps of all paths with too few", plan.short),
        total("unavoidable", "of that, what no launch now can change", plan.unavoidable),
        total("paths_never_short", "share of paths without such a step", plan.paths_never_short),
        total("worst_path", "share of such steps on the worst path", plan.worst_path),
        total(
            "exact",
            "1 when this is the best of all plans, 0 when the best that was found",
            f64::from(u8::from(plan.exact)),
        ),
    ];
    Ok(Chosen { steps: plan.steps.iter().map(step).collect(), totals, forecast: None })
}
