//! What a ScaledObject asks for, from its metadata.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{Quantile, parse_span};
use tonic::Status;

use super::externalscaler::ScaledObjectRef;
use crate::board::Entry;
use crate::config::Mode;
use crate::lead::lead;

/// What a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Load expected after the lead time, in the unit of the series.
    Load,
    /// Instances of the plan.
    Instances,
}

/// What a ScaledObject asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The target's name.
    pub target: String,
    /// What is counted.
    pub metric: Metric,
    quantile: Option<Quantile>,
    lead: Option<TimeDelta>,
}

impl Asked {
    /// Reads the metadata of `object`: `target`, and if given `metric`, `quantile` and `lead`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` names the key and what is expected.
    pub fn of(object: &ScaledObjectRef) -> Result<Self, Status> {
        let metadata = &object.scaler_metadata;
        let target = metadata.get("target").ok_or_else(|| {
            Status::invalid_argument("the metadata should name a target, as target: web-shop")
        })?;
        Ok(Self {
            target: target.clone(),
            metric: metric(metadata)?,
            quantile: metadata.get("quantile").map(|text| quantile(text)).transpose()?,
            lead: metadata.get("lead").map(|text| span(text)).transpose()?,
        })
    }

    /// The name of the metric.
    pub fn metric_name(&self) -> String {
        let what = if self.metric == Metric::Load { "load" } else { "instances" };
        format!("forescale-{}-{what}", self.target)
    }

    /// What one instance stands for: the load it should carry, or itself.
    pub fn target_size(&self, entry: &Entry) -> f64 {
        let fleet = &entry.target.fleet;
        match self.metric {
            Metric::Load => fleet.capacity * fleet.target_utilization.share(),
            Metric::Instances => 1.0,
        }
    }

    /// The number a scaler gets at `now`.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` for a target that is only looked at; `UNAVAILABLE` without a fresh forecast, so that no
    /// scaler takes an old number, or none, for the load.
    pub fn value(&self, entry: &Entry, now: DateTime<Utc>) -> Result<f64, Status> {
        let name = &entry.target.name;
        if entry.target.mode == Mode::ForecastOnly {
            return Err(Status::failed_precondition(format!(
                "target {name} is forecast-only: set mode = \"floor\" or \"full\" to let it scale"
            )));
        }
        let standing = entry.standing().filter(|_| entry.state(now).answers());
        let Some(standing) = standing else {
            return Err(Status::unavailable(format!("target {name} has no fresh forecast")));
        };
        match self.metric {
            Metric::Instances => Ok(f64::from(standing.decide(now, &entry.rules()).instances)),
            Metric::Load => {
                let ahead = self.lead.unwrap_or_else(|| lead(&entry.target, &standing));
                let quantile = self.quantile.unwrap_or_else(|| entry.target.served_quantile());
                standing.load_at(now + ahead, quantile).ok_or_else(|| {
                    Status::unavailable(format!("the forecast of {name} ends before the lead time"))
                })
            }
        }
    }
}

fn metric(metadata: &HashMap<String, String>) -> Result<Metric, Status> {
    match metadata.get("metric").map(String::as_str) {
        None | Some("load") => Ok(Metric::Load),
        Some("instances") => Ok(Metric::Instances),
        Some(other) => Err(Status::invalid_argument(format!(
            "metric should be load or instances, but is {other:?}"
        ))),
    }
}

fn quantile(text: &str) -> Result<Quantile, Status> {
    let number = text.parse::<f64>().ok().and_then(|number| Quantile::new(number).ok());
    number.ok_or_else(|| {
        Status::invalid_argument(format!("quantile should be above 0 and below 1, but is {text:?}"))
    })
}

fn span(text: &str) -> Result<TimeDelta, Status> {
    let span =
        parse_span(text).map_err(|error| Status::invalid_argument(format!("lead: {error}")))?;
    match span >= TimeDelta::zero() {
        true => Ok(span),
        false => Err(Status::invalid_argument("lead should not be negative")),
    }
}
