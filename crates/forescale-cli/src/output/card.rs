//! The card of a model, for people and as rows.

use forescale::{EnsembleReport, ModelCard, Scores, YARDSTICK};

use super::frame::{Cells, Frame, time_text};
use super::table;

/// The facts of a card.
fn facts(card: &ModelCard) -> Vec<(&'static str, String)> {
    let data = &card.data;
    let calendar = &card.calendar;
    let mut facts = vec![
        ("carried by", card.carried_by.clone()),
        ("data", format!("{} to {}", time_text(data.start), time_text(data.end))),
        ("steps", format!("{} of {}, {} of them gaps", data.steps, data.step_seconds, data.gaps)),
        ("horizon", format!("{} steps", card.horizon_steps)),
        (
            "calendar",
            format!(
                "{}, business hours {}, {} holidays, {} events",
                calendar.timezone, calendar.business_hours, calendar.holidays, calendar.events
            ),
        ),
        ("seed", card.seed.to_string()),
        ("version", card.version.clone()),
    ];
    if let Some(report) = &card.report {
        facts.push(("origins", report.origins.to_string()));
        facts.push(("gate", report.gate.reason.clone()));
    }
    facts
}

/// The card for people: its facts, then the members with their weights and scores.
pub fn human(card: &ModelCard) -> String {
    let facts = table::facts(&facts(card));
    match &card.report {
        Some(report) => format!("{facts}\n{}", members(card, report)),
        None => facts,
    }
}

fn members(card: &ModelCard, report: &EnsembleReport) -> String {
    let naive = report.member(YARDSTICK).and_then(|member| member.overall);
    let weight = |name: &str| {
        let weights = card.weights();
        weights.iter().find(|(member, _)| member == name).map_or(0.0, |(_, weight)| *weight)
    };
    let mut rows = vec![row("ensemble", String::new(), report.overall, naive, String::new())];
    for member in &report.members {
        let left_out = member.left_out.clone().unwrap_or_default();
        let weight = table::percent(weight(&member.name));
        rows.push(row(&member.name, weight, member.overall, naive, left_out));
    }
    let headings = [
        ("member", false),
        ("weight", true),
        ("WQL", true),
        ("of naive", true),
        ("MASE", true),
        ("in 80 %", true),
        ("in 95 %", true),
        ("left out", false),
    ];
    table::table(&headings, rows)
}

fn row(
    name: &str,
    weight: String,
    scores: Option<Scores>,
    naive: Option<Scores>,
    left_out: String,
) -> Vec<String> {
    let of = |value: &dyn Fn(Scores) -> String| scores.map_or_else(|| "-".to_owned(), value);
    let relative = scores.zip(naive).filter(|(_, naive)| naive.wql > 0.0);
    vec![
        name.to_owned(),
        weight,
        of(&|scores| format!("{:.4}", scores.wql)),
        relative
            .map_or_else(|| "-".to_owned(), |(ours, naive)| format!("{:.2}", ours.wql / naive.wql)),
        of(&|scores| table::score(scores.mase)),
        of(&|scores| table::percent(scores.coverage_80)),
        of(&|scores| table::percent(scores.coverage_95)),
        left_out,
    ]
}

/// The card as rows of a name and a value.
pub fn frame(card: &ModelCard) -> Frame {
    let (names, values) =
        facts(card).into_iter().map(|(name, value)| (name.to_owned(), value)).unzip();
    Frame::default().with("name", Cells::Text(names)).with("value", Cells::Text(values))
}
