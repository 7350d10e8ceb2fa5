//! Recommendations for people and as rows.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale::{Forecast, PlanSummary, Recommendation, ScalePlan};
use serde_json::{Value, json};

use super::frame::{Cells, Frame};
use super::table;

/// The columns of a list of recommendations.
pub fn frame(rows: &[Recommendation]) -> Frame {
    let times =
        |of: &dyn Fn(&Recommendation) -> DateTime<Utc>| Cells::Time(rows.iter().map(of).collect());
    let whole = |of: &dyn Fn(&Recommendation) -> i64| Cells::Whole(rows.iter().map(of).collect());
    let number = |of: &dyn Fn(&Recommendation) -> f64| Cells::Number(rows.iter().map(of).collect());
    let text = |of: &dyn Fn(&Recommendation) -> String| Cells::Text(rows.iter().map(of).collect());
    Frame::default()
        .with("at", times(&|row| row.at))
        .with("effective_at", times(&|row| row.effective_at))
        .with("action", text(&|row| row.action.name().to_owned()))
        .with("instances", whole(&|row| i64::from(row.instances.0)))
        .with("change", whole(&|row| row.change))
        .with("expected_load", number(&|row| row.expected_load))
        .with("lower", number(&|row| row.lower))
        .with("upper", number(&|row| row.upper))
        .with("level", number(&|row| row.level.percent()))
        .with("headroom_instances", whole(&|row| row.headroom.instances))
        .with("headroom_percent", number(&|row| row.headroom.percent))
        .with("confidence", number(&|row| row.confidence))
        .with("reason", text(&|row| row.reason.to_string()))
}

/// The plan in a few figures.
pub fn summary(plan: &ScalePlan, forecast: &Forecast) -> Value {
    json!(PlanSummary::new(plan, forecast.time_at(forecast.steps())))
}

/// The plan for people: a line of figures, then a row for each recommendation.
pub fn human(plan: &ScalePlan, summary: &Value, zone: Tz) -> String {
    let settings = &plan.settings;
    let chosen_by = plan.recommendations.first().and_then(|row| row.reason.peak.chosen_by);
    let quantile = match (settings.quantile, chosen_by) {
        (Some(quantile), _) => {
            format!("the {} % quantile is carried", percent_text(quantile.get()))
        }
        (None, Some(by)) => format!("by {by}"),
        (None, None) => "priced step by step".to_owned(),
    };
    let figures = format!(
        "{} now, {} to {} over {}; {:.1} instance-hours, {} up, {} down; {quantile}\n",
        counted(settings.current.0),
        summary["fewest_instances"],
        summary["peak_instances"],
        span(plan, summary),
        summary["instance_hours"].as_f64().unwrap_or_default(),
        summary["scale_ups"],
        summary["scale_downs"],
    );
    let headings = [
        ("at", false),
        ("serves", false),
        ("do", false),
        ("instances", true),
        ("load", true),
        ("interval", true),
        ("spare", true),
        ("sure", true),
        ("because", false),
    ];
    let rows = plan.recommendations.iter().map(|row| cells(row, zone)).collect();
    let level = settings.level.percent();
    format!(
        "{figures}\n{}\ntimes in {zone}; interval at {level} %; spare: instances above what the expected load needs; \
         sure: how likely they suffice\n{}",
        table::table(&headings, rows),
        carried(plan)
    )
}

/// What carries the forecast behind every row, and why a simpler one had to do.
fn carried(plan: &ScalePlan) -> String {
    let Some(row) = plan.recommendations.first() else { return String::new() };
    let notes = &row.reason.notes;
    let mut text = String::new();
    if !notes.carried_by.is_empty() {
        text.push_str(&format!("forecast by {}\n", notes.carried_by.join(", ")));
    }
    if let Some(fallback) = &notes.fallback {
        text.push_str(&format!("fallback: {fallback}\n"));
    }
    text
}

fn span(plan: &ScalePlan, summary: &Value) -> String {
    let end = summary["to"].as_str().and_then(|to| to.parse::<DateTime<Utc>>().ok());
    end.map_or_else(String::new, |end| forescale_core::time::format_span(end - plan.now))
}

fn cells(row: &Recommendation, zone: Tz) -> Vec<String> {
    let local =
        |time: DateTime<Utc>, form: &str| time.with_timezone(&zone).format(form).to_string();
    let change = match row.change {
        0 => row.action.name().to_owned(),
        change => format!("{} {change:+}", if change > 0 { "up" } else { "down" }),
    };
    vec![
        local(row.at, "%a %d %b %H:%M"),
        local(row.effective_at, "%H:%M"),
        change,
        row.instances.to_string(),
        table::number(row.expected_load),
        format!("{} .. {}", table::number(row.lower), table::number(row.upper)),
        format!("{:+}", row.headroom.instances),
        format!("{:.1} %", floored(row.confidence * 100.0)),
        row.reason.brief(|time| local(time, "%a %H:%M")),
    ]
}

/// Never more certain than it is: 99.96 is shown as 99.9.
fn floored(percent: f64) -> f64 {
    (percent * 10.0 + 1e-6).floor() / 10.0
}

fn percent_text(share: f64) -> String {
    format!("{}", super::frame::tidy(share * 100.0))
}

fn counted(instances: u32) -> String {
    format!("{instances} instance{}", if instances == 1 { "" } else { "s" })
}
