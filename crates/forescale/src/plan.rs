//! From a model's forecast to a plan: what the plan is told about the forecast, and the fleet as it is.

use forescale_core::{LoadSeries, Replicas};
use forescale_plan::{Capacity, ForecastNotes, Limits, PlanError};

use crate::model::ENSEMBLE;
use crate::{Model, ModelCard};

/// A plan names the heaviest predictors, until they make up this share of the forecast.
const NAMED_SHARE: f64 = 0.8;

/// The most predictors a reason names.
const NAMED: usize = 3;

impl Model {
    /// What a plan should know of this model's forecasts: who carries them, and why a simpler one had to do.
    pub fn notes(&self) -> ForecastNotes {
        let card = self.card();
        ForecastNotes {
            carried_by: heaviest(card),
            fallback: fallback(card),
            warnings: card.degraded.clone(),
        }
    }
}

impl ModelCard {
    /// The members by their mean weight over the horizon, heaviest first; one alone where the ensemble does not
    /// carry the forecast.
    pub fn weights(&self) -> Vec<(String, f64)> {
        if self.carried_by != ENSEMBLE {
            return vec![(self.carried_by.clone(), 1.0)];
        }
        let members = self.report.iter().flat_map(|report| &report.members);
        let mut weights: Vec<(String, f64)> = members
            .map(|member| {
                let sum: f64 = member.weights.iter().sum();
                (member.name.clone(), sum / member.weights.len().max(1) as f64)
            })
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        weights.sort_by(|a, b| b.1.total_cmp(&a.1));
        weights
    }
}

fn heaviest(card: &ModelCard) -> Vec<String> {
    let mut named = Vec::new();
    let mut share = 0.0;
    for (name, weight) in card.weights() {
        if named.len() == NAMED || share >= NAMED_SHARE {
            break;
        }
        named.push(name);
        share += weight;
    }
    named
}

fn fallback(card: &ModelCard) -> Option<String> {
    match &card.report {
        Some(report) if report.gate.passed => None,
        Some(report) => Some(report.gate.reason.clone()),
        None => card.degraded.last().cloned(),
    }
}

/// The instances a fleet is taken to have when nobody says: what the last load needs, within the limits.
///
/// # Errors
/// [`PlanError::TooMany`] when they cannot be counted.
pub fn instances_for_last_load(
    series: &LoadSeries,
    capacity: &Capacity,
    limits: &Limits,
) -> Result<Replicas, PlanError> {
    let last = series.present().last().expect("a series holds at least one value");
    let needed = capacity.needed(last)?.max(limits.min);
    Ok(limits.max.map_or(needed, |max| needed.min(max)))
}
