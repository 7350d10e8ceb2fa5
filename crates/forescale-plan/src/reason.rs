//! Why a recommendation is what it is, in one sentence.

use std::fmt::{Display, Formatter, Result};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use forescale_core::Quantile;
use serde::{Serialize, Serializer};

/// What the plan is told about the forecast it is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ForecastNotes {
    /// The predictors that carry the forecast, heaviest first.
    pub carried_by: Vec<String>,
    /// Why a simpler forecast had to do, if it had to.
    pub fallback: Option<String>,
    /// Warnings that the plan hands on.
    pub warnings: Vec<String>,
}

/// What decided the number of instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Binding {
    /// The load that has to be carried within the start-up time.
    Demand,
    /// The load needs fewer than the minimum.
    Min(u32),
    /// The load needs more than the maximum.
    Max(u32),
    /// The load needs more, but only this many may be added in a step.
    MaxUp(u32),
    /// The load needs fewer, but only this many may be removed in a step.
    MaxDown(u32),
    /// A steeper rise comes, and only this many may be added in a step.
    Ramp(u32),
    /// The last change is too recent for a scale-down.
    Cooldown,
    /// More was wanted within the stabilization window.
    Stabilization,
    /// A later scale-up is taken along, because every scale-up has a price.
    Merged,
    /// Instances that were asked for have not served yet.
    InFlight,
}

/// The load that needs the most instances in the time that a decision answers for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// The load that has to be carried.
    pub load: f64,
    /// When its step begins.
    pub at: DateTime<Utc>,
    /// Instances it needs, before any limit.
    pub needed: u32,
    /// The quantile it is; none when a price decided.
    pub quantile: Option<Quantile>,
}

/// A scale-up that takes effect after it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Late {
    /// When more instances are needed.
    pub needed_from: DateTime<Utc>,
    /// When they can serve.
    pub effective_at: DateTime<Utc>,
}

/// Why a recommendation asks for its number of instances. It renders to one plain sentence.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// What decided.
    pub binding: Binding,
    /// The load behind it.
    pub peak: Peak,
    /// Set when the instances come too late.
    pub late: Option<Late>,
    /// What carries the forecast.
    pub notes: Arc<ForecastNotes>,
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        self.write_peak(f)?;
        self.write_binding(f)?;
        if let Some(late) = self.late {
            let (needed, effective) = (clock(late.needed_from), clock(late.effective_at));
            write!(f, "; too late: needed from {needed}, can serve from {effective}")?;
        }
        if !self.notes.carried_by.is_empty() {
            write!(f, "; forecast by {}", listed(&self.notes.carried_by))?;
        }
        match &self.notes.fallback {
            Some(fallback) => write!(f, "; fallback: {fallback}"),
            None => Ok(()),
        }
    }
}

impl Reason {
    fn write_peak(&self, f: &mut Formatter<'_>) -> Result {
        let Peak { load, at, needed, quantile } = self.peak;
        let (load, at, instances) = (rounded(load), clock(at), counted(needed));
        match quantile {
            Some(quantile) => {
                let percent = rounded(quantile.get() * 100.0);
                write!(f, "the {percent} % quantile of the load, {load} at {at}, needs {instances}")
            }
            None => write!(f, "at its price, a load of {load} at {at} is worth {instances}"),
        }
    }

    fn write_binding(&self, f: &mut Formatter<'_>) -> Result {
        match self.binding {
            Binding::Demand => Ok(()),
            Binding::Min(min) => write!(f, ", but the minimum is {min}"),
            Binding::Max(max) => write!(f, ", but the maximum is {max}"),
            Binding::MaxUp(most) => write!(f, ", but at most {most} may be added in a step"),
            Binding::MaxDown(most) => write!(f, ", but at most {most} may be removed in a step"),
            Binding::Ramp(most) => {
                write!(f, ", but a rise is near and at most {most} may be added in a step")
            }
            Binding::Cooldown => f.write_str(", but the cooldown after the last change goes on"),
            Binding::Stabilization => {
                f.write_str(", but more was wanted within the stabilization window")
            }
            Binding::Merged => f.write_str(", and later scale-ups are taken along"),
            Binding::InFlight => f.write_str(", but instances asked for have not served yet"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A moment as people read it, in UTC.
pub(crate) fn clock(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%MZ").to_string()
}

/// `1 instance`, `2 instances`.
pub(crate) fn counted(instances: u32) -> String {
    format!("{instances} instance{}", if instances == 1 { "" } else { "s" })
}

/// A number with at most two decimals, and no trailing zeros.
fn rounded(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `a`, `a and b`, `a, b and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
