//! What policies did, for people and as rows.

use chrono_tz::Tz;
use forescale::{Outcome, World};

use super::frame::{Cells, Frame};
use super::table;

/// The columns of a replay, a row for each policy.
pub fn frame(outcomes: &[Outcome]) -> Frame {
    let number = |of: &dyn Fn(&Outcome) -> f64| Cells::Number(outcomes.iter().map(of).collect());
    let whole = |of: &dyn Fn(&Outcome) -> i64| Cells::Whole(outcomes.iter().map(of).collect());
    let text = |of: &dyn Fn(&Outcome) -> String| Cells::Text(outcomes.iter().map(of).collect());
    Frame::default()
        .with("policy", text(&|row| row.policy.to_owned()))
        .with("settings", text(&settings))
        .with("strategy", text(&|row| row.strategy.to_string()))
        .with("instance_hours", number(&|row| row.scorecard.instance_hours))
        .with("cost", number(&|row| row.scorecard.cost))
        .with("cost_over_clairvoyant", number(&|row| row.scorecard.cost_over_clairvoyant))
        .with("under_provisioned_time", number(&|row| row.scorecard.under_provisioned_time))
        .with("unserved_share", number(&|row| row.scorecard.unserved_share))
        .with("slo_utilization", number(&|row| row.scorecard.slo_violation_share.utilization))
        .with("slo_wait", number(&|row| row.scorecard.slo_violation_share.waiting))
        .with("slo_backlog", number(&|row| row.scorecard.slo_violation_share.backlog))
        .with("theta_u", number(&|row| row.scorecard.elasticity.theta_u))
        .with("theta_o", number(&|row| row.scorecard.elasticity.theta_o))
        .with("tau_u", number(&|row| row.scorecard.elasticity.tau_u))
        .with("tau_o", number(&|row| row.scorecard.elasticity.tau_o))
        .with("instability", number(&|row| row.scorecard.elasticity.instability))
        .with("elastic_speedup", number(&|row| row.scorecard.elastic_speedup))
        .with("actions_per_day", number(&|row| row.scorecard.actions_per_day))
        .with("flaps", whole(&|row| row.scorecard.flaps as i64))
        .with("incidents", whole(&|row| row.scorecard.incident_count as i64))
}

/// Every setting, as it may stand behind the name.
fn settings(outcome: &Outcome) -> String {
    let pairs = outcome.settings.iter().map(|(key, value)| format!("{key}={value}"));
    pairs.collect::<Vec<_>>().join(",")
}
/// The outcomes by merit: those that kept the budget first, the cheapest first; then the others, the safest first.
pub fn by_merit<'a>(
    outcomes: &'a [(String, &'a Outcome)],
    budget: f64,
) -> Vec<&'a (String, &'a Outcome)> {
    let mut rows: Vec<&(String, &Outcome)> = outcomes.iter().collect();
    let under = |outcome: &Outcome| outcome.scorecard.under_provisioned_time;
    rows.sort_by(|(_, a), (_, b)| {
        let (kept_a, kept_b) = (under(a) <= budget, under(b) <= budget);
        kept_b.cmp(&kept_a).then_with(|| match kept_a && kept_b {
            true => a.scorecard.cost.total_cmp(&b.scorecard.cost),
            false => under(a).total_cmp(&under(b)),
        })
    });
    rows
}

/// A row for each policy, by merit.
pub fn human(outcomes: &[(String, &Outcome)], world: &World, budget: f64, zone: Tz) -> String {
    let rows = by_merit(outcomes, budget);
    let headings = [
        ("policy", false),
        ("cost", true),
        ("of optimum", true),
        ("too few", true),
        ("SLO missed", true),
        ("changes/day", true),
        ("worst time", false),
    ];
    let cells = |(name, outcome): &&(String, &Outcome)| row(name, outcome, budget, zone);
    let steps = rows.first().map_or(0, |(_, outcome)| outcome.scorecard.steps);
    let scored = world.trace().step().span() * i32::try_from(steps).unwrap_or(i32::MAX);
    let from = world.service().time_at(world.score_from()).with_timezone(&zone);
    format!(
        "{}\nscored: {} from {}; cost in instance-hours times the price; of optimum: over the least that carries all load;\n\
         too few: share of time (* within the budget of {}); SLO missed: share of load above the utilization aimed at;\n\
         worst time: begin, length and instances missing, in {zone}\n{}",
        table::table(&headings, rows.iter().map(cells).collect()),
        forescale_core::time::format_span(scored),
        from.format("%a %d %b %Y %H:%M"),
        percent(budget),
        rows.iter().filter_map(|row| objective(row)).collect::<String>(),
    )
}

/// What a policy reached of its own objective, if it has one.
fn objective((name, outcome): &(String, &Outcome)) -> Option<String> {
    let figure = |(name, value): (&&str, &f64)| {
        format!("{} {}", name.replace('_', " "), table::number(*value))
    };
    let figures: Vec<String> = outcome.objective.iter().map(figure).collect();
    (!figures.is_empty()).then(|| format!("{name}: {}\n", figures.join(", ")))
}

fn row(name: &str, outcome: &Outcome, budget: f64, zone: Tz) -> Vec<String> {
    let card = &outcome.scorecard;
    let kept = if card.under_provisioned_time <= budget { "*" } else { " " };
    let worst = card.incidents.first().map_or_else(
        || "-".to_owned(),
        |worst| {
            let start = worst.start.with_timezone(&zone).format("%d %b %H:%M");
            let span = forescale_core::time::format_span(worst.end - worst.start);
            format!("{start}, {span}, -{}", worst.missing)
        },
    );
    vec![
        name.to_owned(),
        table::number(card.cost),
        format!("{:.2}", card.cost_over_clairvoyant),
        format!("{} {kept}", percent(card.under_provisioned_time)),
        percent(card.slo_violation_share.utilization),
        format!("{:.1}", card.actions_per_day),
        worst,
    ]
}

/// A share as percent with two digits that matter below 1 %.
pub fn percent(share: f64) -> String {
    match share * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.01 => "<0.01 %".to_owned(),
        percent if percent < 10.0 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    }
}
