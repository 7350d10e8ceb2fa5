//! Advice, for people and as rows.

use chrono_tz::Tz;
use forescale::{Advice, Evidence, Verdict};

use super::apply::Step;
use super::frame::{Cells, Frame};
use super::outcomes::percent;
use super::table;

/// Everything that was tried, a row for the best settings of each policy.
pub fn frame(advice: &Advice) -> Frame {
    let tried = &advice.tried;
    let number = |of: &dyn Fn(&Evidence) -> f64| Cells::Number(tried.iter().map(of).collect());
    let text = |of: &dyn Fn(&Evidence) -> String| Cells::Text(tried.iter().map(of).collect());
    Frame::default()
        .with("policy", text(&|row| row.policy.clone()))
        .with("strategy", text(&|row| row.strategy.clone()))
        .with("instance_hours", number(&|row| row.judged.instance_hours))
        .with("cost_over_clairvoyant", number(&|row| row.judged.over_optimum))
        .with("under_provisioned_time", number(&|row| row.judged.too_few))
        .with("actions_per_day", number(&|row| row.judged.changes_per_day))
        .with("chosen_on_cost_over_clairvoyant", number(&|row| row.chosen_on.over_optimum))
        .with("chosen_on_under_provisioned_time", number(&|row| row.chosen_on.too_few))
}

/// The verdict first, then the evidence, then how to apply it.
pub fn human(advice: &Advice, steps: &[Step], budget: f64, zone: Tz) -> String {
    let load = &advice.workload;
    let facts = [
        ("advice", headline(advice)),
        ("why", advice.reason.clone()),
        ("load", load.kind.words().to_owned()),
        (
            "",
            format!(
                "peak {:.1} times the mean; {} like the day before; rises by up to {} of the mean while an instance starts; idle {}",
                load.peak_over_mean,
                percent(load.like_the_day_before.max(0.0)),
                percent(load.rise_in_startup),
                percent(load.idle),
            ),
        ),
    ];
    let mut text = table::facts(&facts);
    text.push('\n');
    text.push_str(&evidence(advice, budget));
    let from = advice.judged_from.with_timezone(&zone).format("%a %d %b %Y %H:%M");
    text.push_str(&format!(
        "\nsettings chosen on the time before {from} ({zone}), judged from then on, which had no say;\n\
         of optimum: instance-hours over the least that carries all load; too few: share of time (* within {})\n",
        percent(budget)
    ));
    for step in steps {
        text.push_str(&format!("\n# {}\n{}\n", step.about, step.text.trim_end()));
    }
    text
}

fn headline(advice: &Advice) -> String {
    match advice.verdict {
        Verdict::Use => format!("use {}", advice.chosen.policy),
        Verdict::Stay => {
            let today = advice.today.as_ref().map_or("what you have", |today| &today.policy);
            format!("stay with {today}")
        }
        Verdict::NoneKept => {
            format!("none of them held on this history; {} came nearest", advice.chosen.policy)
        }
    }
}

fn evidence(advice: &Advice, budget: f64) -> String {
    let headings = [
        ("policy", false),
        ("instance-hours", true),
        ("of optimum", true),
        ("too few", true),
        ("changes/day", true),
    ];
    let row = |name: String, evidence: &Evidence| {
        let numbers = &evidence.judged;
        let kept = if numbers.too_few <= budget { "*" } else { " " };
        vec![
            name,
            table::number(numbers.instance_hours),
            format!("{:.2}", numbers.over_optimum),
            format!("{} {kept}", percent(numbers.too_few)),
            format!("{:.1}", numbers.changes_per_day),
        ]
    };
    let today = advice.today.iter().map(|today| row(format!("today: {}", today.policy), today));
    let tried = advice.tried.iter().map(|tried| row(tried.policy.clone(), tried));
    table::table(&headings, today.chain(tried).collect())
}
