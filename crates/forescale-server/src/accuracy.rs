//! How good past forecasts were, against what came and against repeating the day or week before.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How good the forecasts of a target were.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Accuracy {
    /// When it was worked out.
    pub made_at: DateTime<Utc>,
    /// Steps compared.
    pub steps: usize,
    /// Mean distance of the median from the load, in the unit of the series.
    pub absolute_error: f64,
    /// The same for repeating the season before; absent without one.
    pub naive_error: Option<f64>,
    /// The share of that error that the forecasts avoid: 0 is no better, below 0 worse.
    pub skill: Option<f64>,
    /// The share of steps within the 80 % interval.
    pub coverage_80: f64,
    /// The share of steps within the 95 % interval.
    pub coverage_95: f64,
    /// What is wrong with the forecasts since the newest model was trained, if they have lost touch with the load.
    #[serde(default)]
    pub drift: Option<String>,
}

/// Why forecasts of a target are no longer trusted to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distrust {
    /// When it was found: a model that was trained later is trusted again.
    pub at: DateTime<Utc>,
    /// What was found.
    pub reason: String,
}

/// The newest two evaluations of `accuracies`, newest first, that followed each other and both found a drift.
pub fn distrust(accuracies: &[Accuracy]) -> Option<Distrust> {
    let found = |two: &[Accuracy]| {
        let (newer, older) = (two[0].drift.as_ref()?, two[1].drift.as_ref()?);
        let reason = format!("two evaluations in a row found {older}, then {newer}");
        Some(Distrust { at: two[0].made_at, reason })
    };
    accuracies.windows(2).find_map(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_evaluation_is_no_distrust_and_two_are_even_when_others_follow() {
        let of = |drifts: &[bool]| {
            let accuracy = |(hour, drift): (usize, &bool)| Accuracy {
                made_at: DateTime::from_timestamp(3_600 * (9 - hour as i64), 0).unwrap(),
                steps: 60,
                absolute_error: 1.0,
                naive_error: None,
                skill: None,
                coverage_80: 0.4,
                coverage_95: 0.5,
                drift: drift.then(|| "a drift".to_owned()),
            };
            distrust(&drifts.iter().enumerate().map(accuracy).collect::<Vec<_>>())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[true, false, true]), None);
        assert_eq!(of(&[false, true, true, false]).unwrap().at.timestamp(), 3_600 * 8);
    }
}
