//! From load to instances: the only place where one becomes the other.

use forescale_core::{Replicas, Utilization};
use serde::{Deserialize, Serialize};

use crate::erlang;
use crate::error::PlanError;

/// What decides how many instances a load needs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sizing {
    /// No instance is busier than this share of its capacity.
    Utilization(Utilization),
    /// At most `share` of the requests wait longer than `max_wait_s`. The load counts requests a second.
    Wait {
        /// Mean seconds of work in one request.
        service_time_s: f64,
        /// Longest wait in seconds before the work on a request begins.
        max_wait_s: f64,
        /// Share of requests that may wait longer, above 0 and below 1.
        share: f64,
    },
}

/// How much one instance carries, and how full it may be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Capacity {
    load_per_instance: f64,
    sizing: Sizing,
}

impl Capacity {
    /// The target utilisation when none is given.
    pub const DEFAULT_UTILIZATION: f64 = 0.8;

    /// Instances that carry `load_per_instance` when saturated and should be at most `target` busy.
    ///
    /// # Errors
    /// [`PlanError::Capacity`] when `load_per_instance` is not a positive number.
    pub fn utilization(load_per_instance: f64, target: Utilization) -> Result<Self, PlanError> {
        let sizing = Sizing::Utilization(target);
        Ok(Self { load_per_instance: positive(load_per_instance, PlanError::Capacity)?, sizing })
    }

    /// Instances sized so that at most `share` of the requests wait longer than `max_wait_s` (Erlang C).
    ///
    /// Without `load_per_instance` an instance works on one request at a time and carries `1 / service_time_s`.
    /// One that carries more works on `load_per_instance * service_time_s` requests at once.
    ///
    /// # Errors
    /// [`PlanError::ServiceTime`], [`PlanError::MaxWait`], [`PlanError::WaitShare`], [`PlanError::Capacity`] or
    /// [`PlanError::Slots`] name the value that is out of range.
    pub fn wait(
        load_per_instance: Option<f64>,
        service_time_s: f64,
        max_wait_s: f64,
        share: f64,
    ) -> Result<Self, PlanError> {
        let least = 1.0 / positive(service_time_s, PlanError::ServiceTime)?;
        if !(max_wait_s >= 0.0 && max_wait_s.is_finite()) {
            return Err(PlanError::MaxWait(max_wait_s));
        }
        if !(share > 0.0 && share < 1.0) {
            return Err(PlanError::WaitShare(share));
        }
        let capacity = positive(load_per_instance.unwrap_or(least), PlanError::Capacity)?;
        if capacity < least * (1.0 - 1e-9) {
            return Err(PlanError::Slots { service_time_s, least, capacity });
        }
        let sizing = Sizing::Wait { service_time_s, max_wait_s, share };
        Ok(Self { load_per_instance: capacity, sizing })
    }

    /// Load one instance carries when saturated, in the unit of the series.
    pub fn load_per_instance(&self) -> f64 {
        self.load_per_instance
    }

    /// What decides how full it may be.
    pub fn sizing(&self) -> Sizing {
        self.sizing
    }

    /// Instances that `load` needs; 0 for no load, and never fewer for more load.
    ///
    /// # Errors
    /// [`PlanError::TooMany`] when they cannot be counted.
    ///
    /// ```
    /// use forescale_core::Utilization;
    /// use forescale_plan::Capacity;
    /// let capacity = Capacity::utilization(50.0, Utilization::new(0.8)?)?;
    /// assert_eq!(capacity.needed(400.0)?.0, 10);
    /// assert_eq!(capacity.needed(401.0)?.0, 11);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn needed(&self, load: f64) -> Result<Replicas, PlanError> {
        let too_many = PlanError::TooMany { load, capacity: self.load_per_instance };
        let count = match self.sizing {
            Sizing::Utilization(target) => load / (self.load_per_instance * target.share()),
            Sizing::Wait { service_time_s, max_wait_s, share } => {
                let slots = erlang::servers_needed(load, 1.0 / service_time_s, max_wait_s, share);
                f64::from(slots.ok_or(too_many.clone())?) / self.slots(service_time_s)
            }
        };
        let count = (count - ROUNDING).ceil().max(0.0);
        if count <= f64::from(u32::MAX) { Ok(Replicas(count as u32)) } else { Err(too_many) }
    }

    /// The most load that `instances` carry within the objective: the inverse of [`Capacity::needed`].
    pub fn carries(&self, instances: Replicas) -> f64 {
        let count = f64::from(instances.0);
        match self.sizing {
            Sizing::Utilization(target) if instances.0 > 0 => {
                (count + ROUNDING) * (self.load_per_instance * target.share())
            }
            Sizing::Utilization(_) => 0.0,
            Sizing::Wait { service_time_s, max_wait_s, share } => {
                let slots = (count * self.slots(service_time_s) + ROUNDING).floor();
                most_load(slots, 1.0 / service_time_s, max_wait_s, share)
            }
        }
    }

    /// Requests that one instance works on at once.
    fn slots(&self, service_time_s: f64) -> f64 {
        (self.load_per_instance * service_time_s).max(1.0)
    }
}

/// What is taken off a count before it is rounded up, so that a load that fills instances exactly does not need
/// one more.
const ROUNDING: f64 = 1e-9;

/// The most load, to a billionth, for which at most `share` of the requests wait too long at `slots` servers.
fn most_load(slots: f64, rate: f64, max_wait_s: f64, share: f64) -> f64 {
    let servers = slots.min(f64::from(u32::MAX)) as u32;
    let (mut low, mut high) = (0.0, slots * rate);
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        let holds = erlang::wait_tail(servers, middle, rate, max_wait_s) <= share;
        if holds { low = middle } else { high = middle }
    }
    low
}

/// `value` when it is a positive number, else the error that names it.
fn positive(value: f64, error: impl Fn(f64) -> PlanError) -> Result<f64, PlanError> {
    if value > 0.0 && value.is_finite() { Ok(value) } else { Err(error(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_80_percent(capacity: f64) -> Capacity {
        Capacity::utilization(capacity, Utilization::new(0.8).unwrap()).unwrap()
    }

    #[test]
    fn full_instances_need_no_other() {
        let capacity = at_80_percent(10.0);
        let needed = [0.0, 8.0, 8.1, 16.0, 80.0].map(|load| capacity.needed(load).unwrap().0);
        assert_eq!(needed, [0, 1, 2, 2, 10]);
        assert_eq!(capacity.needed(-5.0).unwrap(), Replicas(0));
    }

    #[test]
    fn a_wait_objective_takes_fewer_of_many_and_more_of_few() {
        let capacity = Capacity::wait(None, 0.05, 0.05, 0.05).unwrap();
        assert_eq!(capacity.load_per_instance(), 20.0);
        let needed = [40.0, 80.0, 160.0, 320.0, 640.0, 1_280.0, 3_200.0]
            .map(|load| capacity.needed(load).unwrap().0);
        assert_eq!(needed, [4, 6, 11, 19, 35, 67, 163]);
    }

    #[test]
    fn instances_with_more_slots_share_the_queue() {
        let capacity = Capacity::wait(Some(80.0), 0.05, 0.05, 0.05).unwrap();
        // 35 slots carry 640, so nine instances of four slots do.
        assert_eq!(capacity.needed(640.0).unwrap(), Replicas(9));
    }

    #[test]
    fn what_instances_carry_is_what_needs_them() {
        let sized = [
            at_80_percent(13.7),
            Capacity::wait(None, 0.05, 0.05, 0.05).unwrap(),
            Capacity::wait(Some(90.0), 0.05, 0.02, 0.01).unwrap(),
        ];
        for capacity in sized {
            assert_eq!(capacity.carries(Replicas(0)), 0.0);
            for n in [1, 2, 7, 40, 333] {
                let load = capacity.carries(Replicas(n));
                assert_eq!(capacity.needed(load * (1.0 - 1e-6)).unwrap(), Replicas(n));
                assert_eq!(capacity.needed(load * (1.0 + 1e-6)).unwrap(), Replicas(n + 1));
            }
        }
    }

    #[test]
    fn values_out_of_range_are_named() {
        let target = Utilization::new(0.8).unwrap();
        let message = |result: Result<Capacity, PlanError>| result.unwrap_err().to_string();
        assert_eq!(
            message(Capacity::utilization(-1.0, target)),
            "the capacity of an instance should be a load above 0, but is -1"
        );
        assert!(message(Capacity::utilization(f64::NAN, target)).ends_with("is NaN"));
        assert!(message(Capacity::wait(None, 0.0, 0.05, 0.05)).contains("service time"));
        assert!(message(Capacity::wait(None, 0.05, -1.0, 0.05)).contains("longest wait"));
        assert!(message(Capacity::wait(None, 0.05, 0.05, 1.0)).contains("share"));
        assert!(message(Capacity::wait(Some(10.0), 0.05, 0.05, 0.05)).contains("at least 20"));
    }

    #[test]
    fn counts_that_cannot_be_counted_are_an_error() {
        let error = at_80_percent(1e-9).needed(1e6).unwrap_err();
        assert!(error.to_string().starts_with("a load of 1000000 needs more than 4294967295"));
        assert!(at_80_percent(1e-300).needed(1e300).is_err());
    }
}
