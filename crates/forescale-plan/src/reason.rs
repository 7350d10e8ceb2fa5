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
    /// No load is probable before a cold start could answer it.
    NoLoad,
    /// Keeping an instance warm for what load may come costs more than its cold starts.
    ColdStart,
    /// Nothing has to be carried yet, but a cold start would cost more than the instance, or come too probably.
    KeptWarm,
    /// Load is expected, and the cold start is begun ahead of it.
    Activation,
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
    /// The quantile it is; none when a price or something else decided.
    pub quantile: Option<Quantile>,
    /// What chose the instances, when it was not the load of the step: `the plan over all load paths`.
    pub chosen_by: Option<&'static str>,
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
    /// The same without what all rows of a plan share, for a table: `clock` writes moments.
    pub fn brief(&self, clock: impl Fn(DateTime<Utc>) -> String) -> String {
        struct Limits(Reason);
        impl Display for Limits {
            fn fmt(&self, f: &mut Formatter<'_>) -> Result {
                self.0.write_binding(f)
            }
        }
        let Peak { load, at, needed, quantile, chosen_by } = self.peak;
        let verb = match (quantile, chosen_by) {
            (Some(_), _) => "needs",
            (None, Some(_)) => "is carried by",
            (None, None) => "is worth",
        };
        let limits = Limits(self.clone());
        let mut text = format!("{} at {} {verb} {needed}{limits}", rounded(load), clock(at));
        if let Some(late) = self.late {
            text.push_str(&format!("; late: needed from {}", clock(late.needed_from)));
        }
        text
    }

    fn write_peak(&self, f: &mut Formatter<'_>) -> Result {
        let Peak { load, at, needed, quantile, chosen_by } = self.peak;
        let (load, at, instances) = (rounded(load), clock(at), counted(needed));
        if let Some(by) = chosen_by {
            return write!(f, "{by} has {instances} serve at {at}, which carry up to {load}");
        }
        match quantile {
            Some(quantile) => {
                let percent = trimmed(quantile.get() * 100.0, 7);
                write!(f, "the {percent} % quantile of the load, {load} at {at}, needs {instances}")
            }
            None => {
                write!(f, "at the price of a violation, the load at {at} is worth {instances}")?;
                write!(f, ", which carry up to {load}")
            }
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
            Binding::NoLoad => {
                f.write_str(": load is too improbable before a cold start could answer it")
            }
            Binding::ColdStart => {
                f.write_str(": a cold start costs less than an instance that waits for load")
            }
            Binding::KeptWarm => {
                f.write_str(", kept warm: a cold start would cost more or be too probable")
            }
            Binding::Activation => f.write_str(", and the cold start begins ahead of it"),
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

/// A number with four digits that count, and no trailing zeros: 0.001234, 12.35, 123456.
fn rounded(value: f64) -> String {
    let digits_before = value.abs().max(1e-9).log10().floor() as i32 + 1;
    trimmed(value, (4 - digits_before).clamp(0, 12) as usize)
}

/// A number with at most `decimals`, and no trailing zeros.
pub(crate) fn trimmed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    if !text.contains('.') {
        return text;
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(binding: Binding) -> Reason {
        let at = "2026-01-05T10:10:00Z".parse().unwrap();
        let peak = Peak {
            load: 412.345,
            at,
            needed: 11,
            quantile: Quantile::new(0.98).ok(),
            chosen_by: None,
        };
        Reason { binding, peak, late: None, notes: Arc::default() }
    }

    #[test]
    fn the_sentence_names_the_load_and_what_it_needs() {
        assert_eq!(
            reason(Binding::Demand).to_string(),
            "the 98 % quantile of the load, 412.3 at 2026-01-05 10:10Z, needs 11 instances"
        );
    }

    #[test]
    fn a_table_gets_the_short_form() {
        let clock = |time: DateTime<Utc>| time.format("%H:%M").to_string();
        assert_eq!(reason(Binding::Demand).brief(clock), "412.3 at 10:10 needs 11");
        let limited = reason(Binding::Max(9)).brief(clock);
        assert_eq!(limited, "412.3 at 10:10 needs 11, but the maximum is 9");
    }

    #[test]
    fn every_binding_limit_is_named() {
        for (binding, words) in [
            (Binding::Min(12), "but the minimum is 12"),
            (Binding::Max(9), "but the maximum is 9"),
            (Binding::MaxUp(2), "but at most 2 may be added in a step"),
            (Binding::MaxDown(2), "but at most 2 may be removed in a step"),
            (Binding::Ramp(2), "but a rise is near and at most 2 may be added in a step"),
            (Binding::Cooldown, "but the cooldown after the last change goes on"),
            (Binding::Stabilization, "but more was wanted within the stabilization window"),
            (Binding::Merged, "and later scale-ups are taken along"),
            (Binding::InFlight, "but instances asked for have not served yet"),
            (Binding::KeptWarm, "kept warm: a cold start would cost more or be too probable"),
            (Binding::Activation, "and the cold start begins ahead of it"),
        ] {
            let sentence = reason(binding).to_string();
            assert!(sentence.ends_with(&format!("needs 11 instances, {words}")), "{sentence}");
        }
    }

    #[test]
    fn lateness_predictors_and_fallback_follow() {
        let at = "2026-01-05T10:00:00Z".parse().unwrap();
        let effective_at = "2026-01-05T10:07:00Z".parse().unwrap();
        let carried_by = ["a", "b", "c"].map(str::to_owned).to_vec();
        let fallback = Some("the ensemble does not beat it".to_owned());
        let full = Reason {
            late: Some(Late { needed_from: at, effective_at }),
            notes: Arc::new(ForecastNotes { carried_by, fallback, warnings: Vec::new() }),
            ..reason(Binding::Demand)
        };
        assert!(full.to_string().ends_with(
            "11 instances; too late: needed from 2026-01-05 10:00Z, can serve from 2026-01-05 10:07Z; \
             forecast by a, b and c; fallback: the ensemble does not beat it"
        ));
    }

    #[test]
    fn a_price_says_what_it_pays_for() {
        let mut priced = reason(Binding::Demand);
        priced.peak.quantile = None;
        assert_eq!(
            priced.to_string(),
            "at the price of a violation, the load at 2026-01-05 10:10Z is worth 11 instances, \
             which carry up to 412.3"
        );
    }

    #[test]
    fn numbers_keep_the_digits_that_count() {
        let written = [0.0, 0.001_234_5, 3.0, 12.345, 192.0, 123_456.7, 1e12].map(rounded);
        assert_eq!(written, ["0", "0.001234", "3", "12.35", "192", "123457", "1000000000000"]);
        assert_eq!(trimmed(99.999_98, 7), "99.99998");
    }
}
