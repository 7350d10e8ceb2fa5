//! The next decision of a policy, for people and as a row.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale::{Action, Next};
use serde_json::{Value, json};

use super::frame::{Cells, Frame, time_text};
use super::table;

/// The columns of a decision.
pub fn frame(next: &Next) -> Frame {
    Frame::default()
        .with("at", Cells::Time(vec![next.at]))
        .with("effective_at", Cells::Time(vec![next.effective_at]))
        .with("action", Cells::Text(vec![next.action().name().to_owned()]))
        .with("instances", Cells::Whole(vec![i64::from(next.instances)]))
        .with("change", Cells::Whole(vec![next.change()]))
        .with("reason", Cells::Text(vec![next.cause.to_string()]))
}

/// The decision as a list of one recommendation, as a plan has them.
pub fn rows(next: &Next) -> Value {
    json!([{
        "at": time_text(next.at),
        "effective_at": time_text(next.effective_at),
        "action": next.action().name(),
        "instances": next.instances,
        "change": next.change(),
        "reason": next.cause.to_string(),
    }])
}

/// From when it holds, and until when: as long as it may rest on what was known, and at least to the next decision.
pub fn summary(next: &Next, until: DateTime<Utc>) -> Value {
    json!({ "from": time_text(next.at), "to": time_text(until) })
}

/// The decision in three lines.
pub fn human(next: &Next, policy: &str, simulated: bool, zone: Tz) -> String {
    let local =
        |time: DateTime<Utc>| time.with_timezone(&zone).format("%a %d %b %Y %H:%M:%S").to_string();
    let change = match next.action() {
        Action::Hold => "as before".to_owned(),
        Action::ScaleUp => {
            format!("{:+}, serving from {}", next.change(), local(next.effective_at))
        }
        Action::ScaleDown => format!("{:+}", next.change()),
    };
    let before = match simulated {
        true => format!("{} before, if it had scaled this history", next.before),
        false => format!("{} before", next.before),
    };
    table::facts(&[
        ("at", format!("{} ({zone})", local(next.at))),
        ("ask for", format!("{} ({change}); {before}", counted(next.instances))),
        ("by", policy.to_owned()),
        ("because", next.cause.to_string()),
    ])
}

fn counted(instances: u32) -> String {
    format!("{instances} instance{}", if instances == 1 { "" } else { "s" })
}
