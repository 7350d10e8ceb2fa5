//! What policies would have cost and missed: the engine's replay of the newest part of the history.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Calendar, FleetSettings, Frequency, LoadSeries, MOST_INSTANCES, Outcome, ScoreSettings, Trace,
    World, create_policy,
};

use super::model::options;
use super::trailing::trailing;
use super::work::Work;
use crate::board::Entry;
use crate::config::Target;
use crate::hindsight::{PolicyResult, PolicyScores, ReplayResult};

/// The time that counts; all that comes before is there to learn from.
const SCORED: TimeDelta = TimeDelta::days(7);

/// Shares of the utilization of the fleet that reactive policies aim at: with no room above it they are always late.
const AIMS: [f64; 3] = [1.0, 0.75, 0.5];

/// Replays the policies that a target is compared with on the load of `entry` up to `now`. It ends early once
/// `work` has been given up.
///
/// # Errors
/// What was wrong, in words; a policy that does not fit the load is no error.
pub fn replay(work: &Work, entry: &Entry, now: DateTime<Utc>) -> Result<ReplayResult, String> {
    let target = &entry.target;
    let series = trailing(work, entry, now)?;
    let calendar = entry.calendar(now)?;
    let world = world(target, &series, &calendar)?;
    let budget = target.budget_share();
    let engine = options(target, &calendar);
    let score = ScoreSettings::default();
    let mut rows = Vec::new();
    for text in compared(target) {
        work.alive()?;
        // One at a time: the other cores go on to forecast.
        let policy = create_policy(&text, budget).map_err(|error| error.to_string())?;
        let outcomes = forescale::replay(&series, &world, vec![policy], &engine, &score, |_| ());
        rows.push(match outcomes {
            Ok(outcomes) => row(text, &outcomes[0], target, budget),
            Err(error) => {
                PolicyResult { policy: text, scores: None, failure: Some(error.to_string()) }
            }
        });
    }
    let step = world.trace().step();
    Ok(ReplayResult {
        made_at: now,
        from: world.service().time_at(world.score_from()),
        to: series.end(),
        step_seconds: step.seconds(),
        budget,
        clairvoyant_instance_hours: world.optimum() * step.seconds() as f64 / 3_600.0,
        policies: rows,
    })
}

/// The policies, ours first.
fn compared(target: &Target) -> Vec<String> {
    let utilization = target.fleet.target_utilization.share();
    let aimed = |name: &'static str| {
        AIMS.map(|share| format!("{name}:target={}", (share * utilization * 1e4).round() / 1e4))
    };
    let mut all = vec!["forescale".to_owned()];
    all.extend(aimed("hpa"));
    all.extend(aimed("target-tracking"));
    all.push("static".to_owned());
    all
}

/// The fleet of `target` under the load of `series`.
fn world(target: &Target, series: &LoadSeries, calendar: &Arc<Calendar>) -> Result<World, String> {
    let fleet = &target.fleet;
    let settings = FleetSettings {
        startup_s: fleet.startup.num_seconds() as f64,
        min: fleet.min,
        max: target.most_instances().unwrap_or(MOST_INSTANCES).min(MOST_INSTANCES),
        max_up: fleet.max_scale_up,
        max_down: fleet.max_scale_down,
        ..FleetSettings::default()
    };
    let capacity = target.capacity().map_err(|error| error.to_string())?;
    let trace = Trace::new(series, decisions(target, series)).map_err(|error| error.to_string())?;
    let steps = trace.loads().len();
    let scored = usize::try_from(SCORED.num_seconds() / trace.step().seconds()).unwrap_or(steps);
    let from = steps.saturating_sub(scored).max(steps / 2);
    World::new(trace, capacity, settings, Arc::clone(calendar), from)
        .map_err(|error| error.to_string())
}

/// How often is decided: every minute where that fits the steps of the load. Limits of a change are those of a step.
fn decisions(target: &Target, series: &LoadSeries) -> Frequency {
    let own = series.frequency();
    let limited = target.fleet.max_scale_up.or(target.fleet.max_scale_down).is_some();
    let minute = Frequency::from_seconds(60).expect("a minute is a step");
    let fits = own.seconds() % 60 == 0 || 60 % own.seconds() == 0;
    if fits && !limited { minute } else { own }
}

fn row(text: String, outcome: &Outcome, target: &Target, budget: f64) -> PolicyResult {
    let card = &outcome.scorecard;
    let scores = PolicyScores {
        instance_hours: card.instance_hours,
        cost: target.cost_per_instance_hour.map(|price| price * card.instance_hours),
        over_clairvoyant: card.cost_over_clairvoyant,
        too_few: card.under_provisioned_time,
        kept_budget: card.under_provisioned_time <= budget,
        unserved: card.unserved_share,
        changes_per_day: card.actions_per_day,
    };
    PolicyResult { policy: text, scores: Some(scores), failure: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(fleet: &str) -> Target {
        let text = format!("name = \"web\"\n[source]\n[fleet]\ncapacity = 10.0\n{fleet}");
        toml::from_str(&text).unwrap()
    }

    fn series(step: i64, steps: usize) -> LoadSeries {
        let step = Frequency::from_seconds(step).unwrap();
        LoadSeries::new(DateTime::UNIX_EPOCH, step, vec![20.0; steps]).unwrap()
    }

    #[test]
    fn reactive_policies_aim_at_and_below_the_utilization_of_the_fleet() {
        let all = compared(&target("target-utilization = 0.6\n"));
        assert_eq!(all[..4], ["forescale", "hpa:target=0.6", "hpa:target=0.45", "hpa:target=0.3"]);
        assert!(all.iter().all(|text| create_policy(text, 0.01).is_ok()));
    }

    #[test]
    fn the_newest_week_counts_or_the_newer_half() {
        let from = |hours| {
            let world = world(&target(""), &series(3_600, hours), &Arc::default()).unwrap();
            (world.service().time_at(world.score_from()) - DateTime::UNIX_EPOCH).num_hours()
        };
        assert_eq!((from(28 * 24), from(48)), (21 * 24, 24));
    }

    #[test]
    fn a_limit_of_changes_is_one_of_a_step_of_the_load() {
        let seconds = |fleet: &str, step| decisions(&target(fleet), &series(step, 9)).seconds();
        assert_eq!((seconds("", 300), seconds("max-scale-up = 2\n", 300)), (60, 300));
        assert_eq!((seconds("", 15), seconds("", 45)), (60, 45));
    }
}
