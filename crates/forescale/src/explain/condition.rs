//! What the surrogate tree may ask about a moment, and the words for its answers.

use forescale_core::Frequency;
use forescale_core::calendar::LocalTime;

/// What is asked, in the order of the columns.
pub(super) const FEATURES: [&str; 5] = ["hour", "weekday", "weekend", "business hours", "holiday"];

const DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The answers for a moment.
pub(super) fn features(local: &LocalTime) -> [f64; FEATURES.len()] {
    let yes = |answer: bool| f64::from(u8::from(answer));
    [
        local.hour,
        f64::from(local.weekday),
        yes(local.weekend),
        yes(local.business),
        yes(local.holiday),
    ]
}

/// What is known of each answer on the way to a rule: above the first and at most the second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds([(f64, f64); FEATURES.len()]);

impl Default for Bounds {
    fn default() -> Self {
        Self([(f64::NEG_INFINITY, f64::INFINITY); FEATURES.len()])
    }
}

impl Bounds {
    pub(super) fn above(mut self, feature: usize, at: f64) -> Self {
        self.0[feature].0 = self.0[feature].0.max(at);
        self
    }

    pub(super) fn below(mut self, feature: usize, at: f64) -> Self {
        self.0[feature].1 = self.0[feature].1.min(at);
        self
    }

    /// The conditions in words, for moments that are one `step` apart.
    pub(super) fn in_words(&self, step: Frequency) -> Vec<String> {
        let [hour, weekday, weekend, business, holiday] = self.0;
        [
            holiday_words(holiday),
            either(weekend, "on weekends", "on weekdays"),
            day_words(weekday),
            either(business, "in business hours", "outside business hours"),
            hour_words(hour, step),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn either(bounds: (f64, f64), yes: &str, no: &str) -> Option<String> {
    match bounds {
        (above, _) if above.is_finite() => Some(yes.to_owned()),
        (_, below) if below.is_finite() => Some(no.to_owned()),
        _ => None,
    }
}

fn holiday_words(bounds: (f64, f64)) -> Option<String> {
    either(bounds, "on holidays", "not on holidays")
}

fn day_words((above, below): (f64, f64)) -> Option<String> {
    if above.is_infinite() && below.is_infinite() {
        return None;
    }
    let first = if above.is_finite() { above.floor() as usize + 1 } else { 0 };
    let last = if below.is_finite() { below.floor() as usize } else { 6 };
    let (first, last) = (first.min(6), last.min(6));
    Some(match first == last {
        true => format!("on {}", DAYS[first]),
        false => format!("{} to {}", DAYS[first], DAYS[last]),
    })
}

fn hour_words((above, below): (f64, f64), step: Frequency) -> Option<String> {
    let from = above.is_finite().then(|| clock(above, step));
    let before = below.is_finite().then(|| clock(below, step));
    match (from, before) {
        (Some(from), Some(before)) => Some(format!("from {from} to {before}")),
        (Some(from), None) => Some(format!("from {from}")),
        (None, Some(before)) => Some(format!("before {before}")),
        (None, None) => None,
    }
}

/// The first moment of the grid after `hour`, as a clock shows it.
fn clock(hour: f64, step: Frequency) -> String {
    let step = step.seconds();
    let seconds = ((hour * 3_600.0 / step as f64).floor() as i64 + 1) * step;
    let minutes = (seconds / 60).min(24 * 60);
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
