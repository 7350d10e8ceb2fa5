//! What a policy wants and why, in one sentence.

use std::fmt::{Display, Formatter, Result};

use chrono::{DateTime, Utc};

/// What a policy wants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// Instances wanted, serving and starting together, before the limits of the fleet.
    pub wanted: u32,
    /// Why.
    pub cause: Cause,
}

impl Decision {
    /// `wanted` instances because of `cause`.
    pub fn new(wanted: u32, cause: Cause) -> Self {
        Self { wanted, cause }
    }
}

/// Why a policy wants its number of instances. It is made at every step, so it holds numbers and no text, and renders
/// to one plain sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// Nothing asks for another number.
    Steady,
    /// Nothing was observed yet.
    NoData,
    /// The number is fixed.
    Fixed,
    /// A load, at so much for each instance.
    Load {
        /// The load that has to be carried.
        load: f64,
        /// Load planned for one instance.
        per_instance: f64,
    },
    /// A load that is forecast.
    Forecast {
        /// The load that has to be carried.
        load: f64,
        /// When it is expected.
        at: DateTime<Utc>,
    },
    /// The newest load, because there is no forecast.
    Persistence {
        /// The load that is taken to last.
        load: f64,
        /// How much it usually changes until an instance serves.
        change: f64,
    },
    /// A utilisation and the one aimed at, as shares of 1.
    Utilization {
        /// As observed.
        seen: f64,
        /// As aimed at.
        target: f64,
    },
    /// More was wanted not long ago.
    Stabilized {
        /// What the newest observation asks for.
        newest: u32,
    },
    /// Only so fast may the number change.
    RateLimited {
        /// What the newest observation asks for.
        newest: u32,
    },
    /// A burst: the number does not fall until it is over.
    Panic,
    /// So many votes for more and for fewer.
    Votes {
        /// For more.
        more: u32,
        /// For fewer.
        fewer: u32,
        /// Of all.
        of: u32,
    },
    /// A score from -1 (far too many) to 1 (far too few), and what weighs most in it.
    Score {
        /// The score.
        score: f64,
        /// The name of the bottleneck.
        bottleneck: &'static str,
        /// How many dimensions are observed, and so scored.
        observed: u32,
    },
    /// A net that was trained asks for room for so many times the load.
    Learned {
        /// How many times.
        factor: f64,
        /// The largest load of the last minutes.
        load: f64,
    },
    /// The last change is too recent.
    Cooldown,
    /// The timetable says so.
    Timetable,
    /// A known event is on or near.
    Event {
        /// What the load is expected to be multiplied by.
        factor: f64,
    },
    /// A load whose violation is just worth its price.
    Priced {
        /// The load that is carried.
        load: f64,
        /// How probable more is.
        exceeded: f64,
    },
    /// No load is probable before a cold start could answer it.
    Idle,
    /// A plan over many load paths says so.
    Paths {
        /// How many.
        paths: u32,
    },
    /// Some stand in for spot instances that are taken away.
    Mixed {
        /// What would do on demand alone.
        needed: u32,
    },
    /// Flexible work is done now.
    Moved {
        /// Instances for it.
        flexible: u32,
    },
    /// Load is split over regions.
    Split {
        /// How many have instances.
        regions: u32,
    },
    /// The metric failed so often that the fallback holds.
    Fallback {
        /// Failures one after the other.
        failures: u32,
    },
}

impl Display for Cause {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match *self {
            Self::Steady => f.write_str("nothing asks for another number"),
            Self::NoData => {
                f.write_str("nothing is measured: no load was reported, or no instance serves")
            }
            Self::Fixed => f.write_str("the number is fixed"),
            Self::Load { load, per_instance } => {
                write!(f, "a load of {load:.4} at {per_instance:.4} an instance")
            }
            Self::Forecast { load, at } => {
                let at = at.format("%Y-%m-%d %H:%MZ");
                write!(f, "a load of {load:.4} is expected at {at}")
            }
            Self::Persistence { load, change } => write!(
                f,
                "without a forecast the newest load of {load:.4} is taken to last, give or take {change:.4}"
            ),
            Self::Utilization { seen, target } => {
                let (seen, target) = (seen * 100.0, target * 100.0);
                write!(f, "instances are {seen:.1} % busy, the target is {target:.1} %")
            }
            Self::Stabilized { newest } => {
                write!(f, "{newest} would do, but more was wanted not long ago")
            }
            Self::RateLimited { newest } => {
                write!(f, "{newest} are wanted, but only so fast may the number change")
            }
            Self::Panic => f.write_str("a burst is on, until it is over the number does not fall"),
            Self::Votes { more, fewer, of } => {
                write!(f, "of {of} votes {more} are for more and {fewer} for fewer")
            }
            Self::Score { score, bottleneck, observed: 1 } => {
                write!(f, "the score is {score:+.2}, of {bottleneck} alone")
            }
            Self::Score { score, bottleneck, observed } => {
                write!(
                    f,
                    "the score of {observed} dimensions is {score:+.2}, mostly for {bottleneck}"
                )
            }
            Self::Learned { factor, load } => {
                write!(f, "the net asks for room for {factor:.2} times a load of {load:.4}")
            }
            Self::Cooldown => f.write_str("the last change is too recent"),
            Self::Timetable => f.write_str("the timetable says so"),
            Self::Event { factor } => {
                write!(f, "a known event multiplies the load by {factor:.2}")
            }
            Self::Priced { load, exceeded } => {
                let percent = exceeded * 100.0;
                write!(f, "more than a load of {load:.4}, {percent:.3} % probable, is not worth it")
            }
            Self::Idle => f.write_str("no load is probable before a cold start could answer it"),
            Self::Paths { paths } => write!(f, "the plan over {paths} load paths says so"),
            Self::Mixed { needed } => {
                write!(
                    f,
                    "{needed} are needed, and some more for spot instances that are taken away"
                )
            }
            Self::Moved { flexible } => {
                write!(f, "{flexible} do flexible work, the others the rest")
            }
            Self::Split { regions: 1 } => f.write_str("one region carries all load"),
            Self::Split { regions } => write!(f, "the load is split over {regions} regions"),
            Self::Fallback { failures } => {
                write!(f, "the metric failed {failures} times, so the fallback holds")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_a_sentence() {
        let cause = Cause::Utilization { seen: 0.71234, target: 0.6 };
        assert_eq!(cause.to_string(), "instances are 71.2 % busy, the target is 60.0 %");
        let at = "2026-01-05T10:00:00Z".parse().unwrap();
        let cause = Cause::Forecast { load: 412.5, at };
        assert_eq!(cause.to_string(), "a load of 412.5000 is expected at 2026-01-05 10:00Z");
        let score = |observed| Cause::Score { score: 0.4, bottleneck: "cpu", observed }.to_string();
        assert_eq!(score(1), "the score is +0.40, of cpu alone");
        assert_eq!(score(3), "the score of 3 dimensions is +0.40, mostly for cpu");
        let cause = Cause::Votes { more: 2, fewer: 0, of: 3 };
        assert_eq!(cause.to_string(), "of 3 votes 2 are for more and 0 for fewer");
    }
}
