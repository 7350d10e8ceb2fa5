//! From a load to the instances that keep the objective: that of the service, or a response time.

use crate::capacity::Capacity;
use crate::identify::ResponseModel;

/// Fleets up to this size are looked up one by one; larger ones are sized like it, on the safe side, since more
/// instances share their queue better.
const LISTED: u32 = 256;

/// How many instances a load needs.
#[derive(Debug, Clone)]
pub(super) enum Need {
    /// By the objective of the service.
    Objective(Capacity),
    /// By the load that each number of instances carries in time, from none on.
    Carried(Vec<f64>),
}

impl Need {
    /// For responses in `seconds` by `model`.
    pub(super) fn within(seconds: f64, model: &ResponseModel) -> Self {
        Self::Carried((0..=LISTED).map(|n| model.carries(seconds, n)).collect())
    }

    /// Instances that carry `load`; as many as there can be when they cannot be counted.
    pub(super) fn of(&self, load: f64) -> u32 {
        match self {
            Self::Objective(capacity) => capacity.needed(load).map_or(u32::MAX, |count| count.0),
            Self::Carried(carried) => {
                let most = carried[carried.len() - 1];
                if load <= most {
                    return carried.partition_point(|carried| *carried < load) as u32;
                }
                (load / most * f64::from(LISTED)).ceil() as u32
            }
        }
    }

    /// Load that one more instance carries.
    pub(super) fn per_instance(&self) -> f64 {
        match self {
            Self::Objective(capacity) => capacity.load_per_instance(),
            Self::Carried(carried) => carried[carried.len() - 1] / f64::from(LISTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_time_takes_as_many_as_keep_it() {
        let model: ResponseModel = "queueing(0.05,20,1)".parse().unwrap();
        let need = Need::within(0.1, &model);
        for load in [1.0, 9.9, 10.1, 55.0, 700.0] {
            let n = need.of(load);
            assert!(model.seconds(load, n) <= 0.1 + 1e-9, "{load} {n}");
            assert!(n == 1 || model.seconds(load, n - 1) > 0.1, "{load} {n}");
        }
        assert_eq!((need.of(0.0), need.of(f64::INFINITY)), (0, u32::MAX));
        assert!(model.seconds(50_000.0, need.of(50_000.0)) <= 0.1);
    }
}
