//! What stops a plan, and the way out.

use chrono::{DateTime, Utc};
use thiserror::Error;

/// A plan that cannot be made.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum PlanError {
    /// A capacity that is no positive number.
    #[error("the capacity of an instance should be a load above 0, but is {0}")]
    Capacity(f64),
    /// A service time that is no positive number of seconds.
    #[error("a service time should be above 0 seconds, but is {0}")]
    ServiceTime(f64),
    /// A longest wait that is no number of seconds from 0 on.
    #[error("a longest wait should be 0 seconds or more, but is {0}")]
    MaxWait(f64),
    /// A share of requests outside (0, 1).
    #[error("the share of requests that may wait should be above 0 and below 1, but is {0}")]
    WaitShare(f64),
    /// An instance that would carry less than one request after the other.
    #[error(
        "an instance that serves a request in {service_time_s} seconds should carry at least {least} a second, but the capacity is {capacity}"
    )]
    Slots {
        /// Seconds of work in a request.
        service_time_s: f64,
        /// Requests a second that one request after the other makes.
        least: f64,
        /// The capacity given.
        capacity: f64,
    },
    /// A minimum above the maximum.
    #[error("the minimum should be at most the maximum of {max}, but is {min}")]
    Range {
        /// Fewest instances.
        min: u32,
        /// Most instances.
        max: u32,
    },
    /// A maximum of no instance at all.
    #[error("the maximum should be at least 1, but is 0")]
    NoInstances,
    /// A change limit of 0.
    #[error("{name} should be at least 1 instance a step, but is 0")]
    ChangeLimit {
        /// Which limit.
        name: &'static str,
    },
    /// A negative span.
    #[error("{name} should be 0 or more, but is {seconds} seconds")]
    Span {
        /// Which span.
        name: &'static str,
        /// Its length.
        seconds: i64,
    },
    /// A start-up time that is negative or beyond reason.
    #[error("the start-up time should be from 0 to 2419200 seconds (28d), but is {0} seconds")]
    Startup(i64),
    /// A budget outside [1e-9, 0.5).
    #[error("a budget should be a share of time from 1e-9 to below 0.5, but is {0}")]
    Budget(f64),
    /// A price that is no positive number.
    #[error("the price of a violated minute should be above 0 instance-minutes, but is {0}")]
    Price(f64),
    /// A price of a scale-up that is no number from 0 on.
    #[error("the price of a scale-up should be 0 instance-minutes or more, but is {0}")]
    EventPrice(f64),
    /// A load up to which nothing runs that is no number from 0 on.
    #[error("the load up to which a step counts as idle should be 0 or more, but is {0}")]
    IdleLoad(f64),
    /// A probability outside [0, 1).
    #[error(
        "the probability of load at which the fleet may be at 0 should be from 0 to below 1, but is {0}"
    )]
    ColdStartBudget(f64),
    /// A price of a cold start that is no positive number.
    #[error("the price of a cold start should be above 0 instance-minutes, but is {0}")]
    ColdStartPrice(f64),
    /// A moment the forecast does not cover.
    #[error("now should be from {origin} to before {end}, which the forecast covers, but is {now}")]
    Now {
        /// The moment given.
        now: DateTime<Utc>,
        /// First moment forecast.
        origin: DateTime<Utc>,
        /// First moment after the forecast.
        end: DateTime<Utc>,
    },
    /// Counts that do not cover the plan.
    #[error("a plan of {steps} steps should be given as many counts, but has {counts}")]
    Serving {
        /// Steps from now to the end of the forecast.
        steps: usize,
        /// Counts given.
        counts: usize,
    },
    /// A load that needs more instances than can be counted.
    #[error("a load of {load} needs more than {} instances of capacity {capacity}", u32::MAX)]
    TooMany {
        /// The load.
        load: f64,
        /// Load one instance carries.
        capacity: f64,
    },
    /// A fleet that cannot be counted.
    #[error("serving and starting instances should add up to at most 4294967295, but are {0}")]
    Fleet(u64),
    /// Too many steps and counts for the exact merging of scale-ups.
    #[error(
        "merging scale-ups takes at most {most} pairs of step and count, but this plan has {pairs}"
    )]
    TooLarge {
        /// Pairs of this plan.
        pairs: usize,
        /// Most pairs.
        most: usize,
    },
}

impl PlanError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Capacity(_) => {
                "pass the load that one instance carries when saturated, in the unit of the history"
            }
            Self::ServiceTime(_) => "pass the mean seconds of work in one request, 0.05 say",
            Self::MaxWait(_) => "pass the seconds a request may wait, 0.05 say",
            Self::WaitShare(_) => "pass the share of requests that may wait longer, 0.05 say",
            Self::Slots { .. } => {
                "leave the capacity out to use 1 / service time, or give the load in requests a second"
            }
            Self::Range { .. } => "raise the maximum or lower the minimum",
            Self::NoInstances => "leave the maximum out for no limit, or allow one instance",
            Self::ChangeLimit { .. } => "leave the limit out for no limit",
            Self::Span { .. } => "pass a span like 5m, or 0 to switch it off",
            Self::Startup(_) => "pass the time from asking for an instance to its serving, 5m say",
            Self::Budget(_) => "pass the share of time that may be under-provisioned, 1% say",
            Self::Price(_) => {
                "pass how many instance-minutes one violated minute is worth, 100 say"
            }
            Self::EventPrice(_) => "pass 0 to leave scale-ups as they come",
            Self::IdleLoad(_) => "pass a load in the unit of the history, or 0",
            Self::ColdStartBudget(_) => "pass the share of cold starts to risk, 0.01 say",
            Self::ColdStartPrice(_) => {
                "leave it out, or pass how many instance-minutes one cold start is worth"
            }
            Self::Now { .. } => "forecast from the moment the plan is for",
            Self::Serving { .. } => "choose the counts for the same forecast and the same moment",
            Self::TooMany { .. } => {
                "check that the capacity is in the same unit as the load, and that the history is right"
            }
            Self::Fleet(_) => "check the number of current instances",
            Self::TooLarge { .. } => "plan a shorter horizon or longer steps",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_hold_the_value_and_what_is_expected() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let now = PlanError::Now {
            now: at("2026-01-05T12:00:00Z"),
            origin: at("2026-01-05T10:00:00Z"),
            end: at("2026-01-05T11:00:00Z"),
        };
        for (error, message) in [
            (
                now,
                "now should be from 2026-01-05 10:00:00 UTC to before 2026-01-05 11:00:00 UTC, which the \
                 forecast covers, but is 2026-01-05 12:00:00 UTC",
            ),
            (
                PlanError::Slots { service_time_s: 0.05, least: 20.0, capacity: 10.0 },
                "an instance that serves a request in 0.05 seconds should carry at least 20 a second, but \
                 the capacity is 10",
            ),
            (
                PlanError::Budget(0.6),
                "a budget should be a share of time from 1e-9 to below 0.5, but is 0.6",
            ),
            (
                PlanError::Startup(-60),
                "the start-up time should be from 0 to 2419200 seconds (28d), but is -60 seconds",
            ),
        ] {
            assert_eq!(error.to_string(), message);
            assert!(!error.hint().is_empty());
        }
    }
}
