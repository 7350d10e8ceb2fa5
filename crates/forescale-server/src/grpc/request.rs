//! What a ScaledObject asks for, from its metadata.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{Quantile, parse_span};
use tonic::Status;

use super::externalscaler::ScaledObjectRef;
use crate::board::Entry;
use crate::config::Mode;
use crate::lead::lead;
use crate::standing::{Decision, State};

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
            metric: metric(value(metadata, "metric")?)?,
            quantile: value(metadata, "quantile")?.map(quantile).transpose()?,
            lead: value(metadata, "lead")?.map(span).transpose()?,
        })
    }

    /// The name of the metric.
    pub fn metric_name(&self) -> String {
        let what = if self.metric == Metric::Load { "load" } else { "instances" };
        format!("forescale-{}-{what}", self.target)
    }

    /// What one instance stands for: the load it should carry, or itself.
    pub fn target_size(&self, entry: &Entry) -> f64 {
        match self.metric {
            Metric::Load => carried(entry),
            Metric::Instances => 1.0,
        }
    }

    /// The number a scaler gets at `now`.
    ///
    /// # Errors
    /// `FAILED_PRECONDITION` for a target that is only looked at, or not handed to KEDA; `UNAVAILABLE` without a fresh forecast, so that no
    /// scaler takes an old number, or none, for the load.
    pub fn value(&self, entry: &Entry, now: DateTime<Utc>) -> Result<f64, Status> {
        let name = &entry.target.name;
        if entry.target.mode == Mode::ForecastOnly {
            return Err(Status::failed_precondition(format!(
                "target {name} is forecast-only: set mode = \"floor\" or \"full\" to let it scale"
            )));
        }
        if !entry.target.outputs.keda {
            return Err(Status::failed_precondition(format!(
                "target {name} is not for KEDA: leave out keda = false in [target.outputs]"
            )));
        }
        let standing = entry.standing().filter(|_| entry.state(now).answers());
        let Some(standing) = standing else {
            return Err(Status::unavailable(format!("target {name} has no fresh forecast")));
        };
        let decision = standing.decide(now, &entry.rules());
        match self.metric {
            Metric::Instances => Ok(f64::from(decision.instances)),
            Metric::Load => {
                let ahead = self.lead.unwrap_or_else(|| lead(&entry.target, &standing));
                let quantile = self.quantile.unwrap_or_else(|| entry.target.served_quantile());
                let at = now.checked_add_signed(ahead);
                let load = at.and_then(|at| standing.load_at(at, quantile)).ok_or_else(|| {
                    Status::unavailable(format!("the forecast of {name} ends before the lead time"))
                })?;
                let least = self.least(entry, &decision);
                Ok(bounded(load, carried(entry), least, entry.target.most_instances()))
            }
        }
    }

    /// The fewest instances that a load may stand for. A plan in force has weighed cooldown and limits; who asks for
    /// another quantile or time wants another number, but not while the plan holds.
    fn least(&self, entry: &Entry, decision: &Decision) -> u32 {
        let own = self.quantile.is_some() || self.lead.is_some();
        match own && decision.state != State::Holding {
            true => entry.target.fleet.min,
            false => decision.instances,
        }
    }
}

/// The load that one instance should carry, to the thousandth below, as an autoscaler counts in thousandths.
fn carried(entry: &Entry) -> f64 {
    let fleet = &entry.target.fleet;
    let size = fleet.capacity * fleet.target_utilization.share();
    let thousandths = (size * 1_000.0 + 1e-6).floor();
    if thousandths >= 1.0 { thousandths / 1_000.0 } else { size }
}

/// `load`, moved to what `least` and `most` instances carry if an autoscaler would else go beyond them.
fn bounded(load: f64, carried: f64, least: u32, most: Option<u32>) -> f64 {
    let raised = match (load / carried).ceil() < f64::from(least) {
        true => f64::from(least) * carried,
        false => load,
    };
    most.map_or(raised, |most| raised.min(f64::from(most) * carried))
}

/// The longest value, in bytes: what is refused is repeated in a header of the answer, and clients take only so much.
const LONGEST_VALUE: usize = 128;

fn value<'a>(metadata: &'a HashMap<String, String>, key: &str) -> Result<Option<&'a str>, Status> {
    let value = metadata.get(key).map(String::as_str);
    match value.map_or(0, str::len) {
        ..=LONGEST_VALUE => Ok(value),
        length => Err(Status::invalid_argument(format!(
            "{key} should have at most {LONGEST_VALUE} bytes, but has {length}"
        ))),
    }
}

fn metric(text: Option<&str>) -> Result<Metric, Status> {
    match text {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_stands_for_no_fewer_and_no_more_instances_than_allowed() {
        // 31 of load need 4 instances that carry 10.
        for (least, most, expected) in [
            (0, None, 31.0),
            (4, Some(4), 31.0),
            (5, None, 50.0),
            (0, Some(3), 30.0),
            (6, Some(3), 30.0),
        ] {
            assert_eq!(bounded(31.0, 10.0, least, most), expected, "{least} to {most:?}");
        }
        assert_eq!(bounded(0.0, 10.0, 1, None), 10.0);
    }
}
