//! A response-time model, its text, and what it says about load.

use std::fmt::{Display, Formatter, Result as Written};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::IdentifyError;
use crate::erlang;

/// An instance is never taken to be busier: beyond, a queue grows for as long as the load lasts, and its length says
/// nothing about the load.
const BUSIEST: f64 = 0.995;

/// Halvings of the range in which a load is looked for.
const HALVINGS: u32 = 50;

/// How long a response takes, by load and instances.
///
/// Its text is `queueing(…)` or `armax(…)` with the parameters in the order of the fields, and is read back to the same
/// model.
///
/// ```
/// use forescale_plan::identify::ResponseModel;
/// let model: ResponseModel = "queueing(0.05,20,1)".parse()?;
/// // One server that is half busy takes twice the service time, and two of them share their queue.
/// assert!((model.seconds(10.0, 1) - 0.1).abs() < 1e-12);
/// assert!((model.seconds(20.0, 2) - 0.05 / 0.75).abs() < 1e-12);
/// assert!((model.utilization_for(0.1) - 0.5).abs() < 1e-9);
/// assert_eq!(model.to_string().parse::<ResponseModel>()?, model);
/// # Ok::<(), forescale_plan::identify::IdentifyError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "kebab-case")]
pub enum ResponseModel {
    /// One queue before the slots of all instances (M/M/n): service time, and waiting by Erlang C.
    Queueing {
        /// Seconds that a request takes when none waits.
        service_time_s: f64,
        /// Load that saturates an instance, in the unit of the load.
        load_per_instance: f64,
        /// Requests that an instance works on at once.
        slots: u32,
    },
    /// Linear in logs: `ln r_t = c + a ln r_(t-1) + b x_t + d x_(t-1) + m e_(t-1) + e_t`, where `x` is the load of an
    /// instance as a share of the largest one seen.
    Armax {
        /// `c`.
        constant: f64,
        /// `a`, from 0 to below 1.
        own_lag: f64,
        /// `b`.
        load: f64,
        /// `d`.
        load_lag: f64,
        /// `m`.
        noise_lag: f64,
        /// The largest load of an instance that was seen.
        load_per_instance: f64,
    },
}

impl ResponseModel {
    /// Seconds that a response takes once `load` and `instances` have lasted for a while; infinite without an instance.
    /// It never falls with more load, and is held at the value of a nearly saturated fleet beyond.
    pub fn seconds(&self, load: f64, instances: u32) -> f64 {
        if instances == 0 {
            return f64::INFINITY;
        }
        let busy = load / (f64::from(instances) * self.load_per_instance());
        match *self {
            Self::Queueing { service_time_s, slots, .. } => {
                service_time_s * stretch(busy, instances.saturating_mul(slots))
            }
            Self::Armax { constant, own_lag, load, load_lag, .. } => {
                ((constant + (load + load_lag) * busy) / (1.0 - own_lag)).exp()
            }
        }
    }

    /// How busy a single instance may be for a response to take `seconds`: a share of
    /// [`load_per_instance`](Self::load_per_instance), and 0 when even an idle one takes longer.
    ///
    /// Many instances share one queue and may be busier, so a fleet that is sized by it is on the safe side.
    pub fn utilization_for(&self, seconds: f64) -> f64 {
        self.carries(seconds, 1) / self.load_per_instance()
    }

    /// The most load, to a billionth, that `instances` carry in `seconds` a response; no more than they are known to.
    pub fn carries(&self, seconds: f64, instances: u32) -> f64 {
        let most = match self {
            Self::Queueing { .. } => BUSIEST,
            Self::Armax { .. } => 1.0,
        };
        let (mut low, mut high) = (0.0, most * f64::from(instances) * self.load_per_instance());
        if self.seconds(high, instances) <= seconds {
            return high;
        }
        for _ in 0..HALVINGS {
            let middle = 0.5 * (low + high);
            if self.seconds(middle, instances) <= seconds { low = middle } else { high = middle }
        }
        low
    }

    /// The load of an instance that counts as a utilisation of 1.
    pub fn load_per_instance(&self) -> f64 {
        match *self {
            Self::Queueing { load_per_instance, .. } | Self::Armax { load_per_instance, .. } => {
                load_per_instance
            }
        }
    }

    /// Whether every parameter is one that the model can have.
    fn is_sound(&self) -> bool {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        positive(self.load_per_instance())
            && match *self {
                Self::Queueing { service_time_s, slots, .. } => {
                    positive(service_time_s) && slots > 0
                }
                Self::Armax { constant, own_lag, load, load_lag, noise_lag, .. } => {
                    let finite = [constant, noise_lag].iter().all(|value| value.is_finite());
                    finite && (0.0..1.0).contains(&own_lag) && positive(load + load_lag)
                }
            }
    }
}

/// How many times longer than its work a request takes at `servers` servers that are this `busy`.
pub(super) fn stretch(busy: f64, servers: u32) -> f64 {
    let busy = busy.clamp(0.0, BUSIEST);
    let servers_f = f64::from(servers);
    1.0 + erlang::wait_tail(servers, busy * servers_f, 1.0, 0.0) / (servers_f * (1.0 - busy))
}

impl Display for ResponseModel {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        match self {
            Self::Queueing { service_time_s, load_per_instance, slots } => {
                write!(f, "queueing({service_time_s},{load_per_instance},{slots})")
            }
            Self::Armax { constant, own_lag, load, load_lag, noise_lag, load_per_instance } => {
                write!(f, "armax({constant},{own_lag},{load},{load_lag},{noise_lag},")?;
                write!(f, "{load_per_instance})")
            }
        }
    }
}

impl FromStr for ResponseModel {
    type Err = IdentifyError;

    fn from_str(text: &str) -> Result<Self, IdentifyError> {
        let model = read(text).filter(Self::is_sound);
        model.ok_or_else(|| IdentifyError::Text(text.to_owned()))
    }
}

/// The model that `text` spells, whatever its parameters.
fn read(text: &str) -> Option<ResponseModel> {
    let (name, values) = text.trim().strip_suffix(')')?.split_once('(')?;
    let values: Option<Vec<f64>> = values.split(',').map(|v| v.trim().parse().ok()).collect();
    match (name.trim(), values?.as_slice()) {
        ("queueing", &[service_time_s, load_per_instance, slots]) if slots.fract() == 0.0 => {
            let slots = slots as u32;
            Some(ResponseModel::Queueing { service_time_s, load_per_instance, slots })
        }
        ("armax", &[constant, own_lag, load, load_lag, noise_lag, load_per_instance]) => {
            let parameters = (constant, own_lag, load, load_lag, noise_lag);
            let (constant, own_lag, load, load_lag, noise_lag) = parameters;
            let model = ResponseModel::Armax {
                constant,
                own_lag,
                load,
                load_lag,
                noise_lag,
                load_per_instance,
            };
            Some(model)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUEUE: ResponseModel =
        ResponseModel::Queueing { service_time_s: 0.05, load_per_instance: 80.0, slots: 4 };
    const LINE: ResponseModel = ResponseModel::Armax {
        constant: -2.0,
        own_lag: 0.5,
        load: 0.6,
        load_lag: 0.2,
        noise_lag: 0.1,
        load_per_instance: 80.0,
    };

    #[test]
    fn more_load_takes_longer_and_more_instances_do_not() {
        for model in [QUEUE, LINE] {
            let by_load: Vec<f64> =
                (0..40).map(|i| model.seconds(f64::from(i) * 20.0, 6)).collect();
            assert!(by_load.is_sorted(), "{by_load:?}");
            let by_instances: Vec<f64> = (1..20).map(|n| model.seconds(300.0, n)).collect();
            assert!(by_instances.is_sorted_by(|a, b| a >= b), "{by_instances:?}");
            assert_eq!(model.seconds(1.0, 0), f64::INFINITY);
        }
    }

    #[test]
    fn what_is_carried_takes_as_long_as_it_may() {
        for model in [QUEUE, LINE] {
            let target = model.seconds(0.7 * 240.0, 3);
            assert!((model.carries(target, 3) - 168.0).abs() < 1e-6);
            assert_eq!(model.utilization_for(1e-9), 0.0);
            assert!((0.99..=1.0).contains(&model.utilization_for(1e9)));
        }
        // Many share one queue.
        assert!(QUEUE.carries(0.06, 10) > 10.0 * QUEUE.carries(0.06, 1));
    }

    #[test]
    fn text_and_json_come_back() {
        for model in [QUEUE, LINE] {
            assert_eq!(model.to_string().parse::<ResponseModel>().unwrap(), model);
            let json = serde_json::to_string(&model).unwrap();
            assert_eq!(serde_json::from_str::<ResponseModel>(&json).unwrap(), model);
        }
        for text in
            ["", "queueing(1,2)", "queueing(0,2,1)", "queueing(1,2,1.5)", "armax(1,1,1,1,1,1)"]
        {
            let error = text.parse::<ResponseModel>().unwrap_err().to_string();
            assert!(error.starts_with("a response-time model should be"), "{error}");
        }
    }
}
