//! What a plan weighed beside the load, for people and as an object.

use chrono_tz::Tz;
use forescale::objectives::{Total, WeighedStep};
use serde_json::{Map, Value, json};

use super::frame::tidy;
use super::table;

/// What an objective chose.
pub struct Answer {
    /// Its name.
    pub name: &'static str,
    /// What serves at every step.
    pub steps: Vec<WeighedStep>,
    /// Figures of the whole plan.
    pub totals: Vec<Total>,
}

impl Answer {
    /// Every number.
    pub fn json(&self) -> Value {
        let totals = self.totals.iter().map(|total| (total.name.to_owned(), json!(total.value)));
        json!({ "objective": self.name, "totals": totals.collect::<Map<_, _>>(), "steps": self.steps })
    }

    /// The figures, and a row for every change of what serves.
    pub fn human(&self, zone: Tz) -> String {
        let totals: Vec<(&str, String)> =
            self.totals.iter().map(|total| (total.about, figure(total.value))).collect();
        let mut text = format!("\n{}", table::facts(&totals));
        let changes = self.changes();
        if changes.iter().any(|step| !step.parts.is_empty()) {
            let headings = [("serves from", false), ("instances", false), ("because", false)];
            let rows = changes.into_iter().map(|step| cells(step, zone)).collect();
            text.push_str(&format!("\n{}", table::table(&headings, rows)));
        }
        text
    }

    /// The first step, and every one at which the parts change.
    fn changes(&self) -> Vec<&WeighedStep> {
        let mut changes: Vec<&WeighedStep> = Vec::new();
        for step in &self.steps {
            if changes.last().is_none_or(|last| last.parts != step.parts) {
                changes.push(step);
            }
        }
        changes
    }
}

fn cells(step: &WeighedStep, zone: Tz) -> Vec<String> {
    let part = |(name, count): (&String, u32)| format!("{count} {name}");
    let parts: Vec<String> =
        step.parts.iter().map(|p| (&p.name, p.instances.0)).map(part).collect();
    vec![
        step.at.with_timezone(&zone).format("%a %d %b %H:%M").to_string(),
        if parts.is_empty() { "none".to_owned() } else { parts.join(", ") },
        step.reason.clone(),
    ]
}

/// A figure with the digits that count.
fn figure(value: f64) -> String {
    if value.abs() >= 0.01 { table::number(value) } else { tidy(value).to_string() }
}
