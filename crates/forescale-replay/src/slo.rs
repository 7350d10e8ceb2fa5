//! How much of the load was served badly, by three models of service.

use forescale_plan::erlang::wait_tail;
use forescale_plan::{Capacity, Sizing};
use serde::Serialize;

/// The share of the load that is served worse than promised.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct SloViolation {
    /// Load in steps that have fewer instances than they need.
    pub utilization: f64,
    /// Requests that wait too long in a queue with many servers (M/M/c, Erlang C); all of them when saturated.
    pub waiting: f64,
    /// Load in steps that end with a backlog which takes too long to work off.
    pub backlog: f64,
}

/// Adds up what is served badly.
#[derive(Debug)]
pub(crate) struct SloMeter {
    saturation: f64,
    /// Servers of an instance, and what one of them serves a second.
    servers: f64,
    rate: f64,
    max_wait_s: f64,
    step_s: f64,
    load: f64,
    unserved: f64,
    bad: SloViolation,
    /// Work that is left over, in load times seconds.
    backlog: f64,
    largest_backlog: f64,
}

impl SloMeter {
    pub(crate) fn new(capacity: &Capacity, max_wait_s: f64, step_s: f64) -> Self {
        let saturation = capacity.load_per_instance();
        let (servers, rate) = match capacity.sizing() {
            Sizing::Utilization(_) => (1.0, saturation),
            Sizing::Wait { service_time_s, .. } => {
                ((saturation * service_time_s).max(1.0), 1.0 / service_time_s)
            }
        };
        Self {
            saturation,
            servers,
            rate,
            max_wait_s,
            step_s,
            load: 0.0,
            unserved: 0.0,
            bad: SloViolation::default(),
            backlog: 0.0,
            largest_backlog: 0.0,
        }
    }

    /// Takes in a step.
    pub(crate) fn serve(&mut self, load: f64, serving: u32, demand: u32) {
        let supply = f64::from(serving) * self.saturation;
        self.load += load;
        self.unserved += (load - supply).max(0.0);
        if serving < demand {
            self.bad.utilization += load;
        }
        let servers = (f64::from(serving) * self.servers).floor() as u32;
        self.bad.waiting += load * wait_tail(servers, load, self.rate, self.max_wait_s);
        self.backlog = (self.backlog + (load - supply) * self.step_s).max(0.0);
        self.largest_backlog = self.largest_backlog.max(self.backlog);
        if self.backlog > 0.0 && (serving == 0 || self.backlog / supply > self.max_wait_s) {
            self.bad.backlog += load;
        }
    }

    /// The share of the load that is served badly, by each model.
    pub(crate) fn violation(&self) -> SloViolation {
        SloViolation {
            utilization: self.share(self.bad.utilization),
            waiting: self.share(self.bad.waiting),
            backlog: self.share(self.bad.backlog),
        }
    }

    /// The share of the load that is not served in its step.
    pub(crate) fn unserved_share(&self) -> f64 {
        self.share(self.unserved)
    }

    pub(crate) fn largest_backlog(&self) -> f64 {
        self.largest_backlog
    }

    fn share(&self, of_load: f64) -> f64 {
        if self.load > 0.0 { of_load / self.load } else { 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use forescale_core::Utilization;

    #[test]
    fn a_backlog_is_worked_off() {
        // An instance of 10 a second gets 20, then 5: 600 are left over, then 300, then none.
        let capacity = Capacity::utilization(10.0, Utilization::new(1.0).unwrap()).unwrap();
        let mut meter = SloMeter::new(&capacity, 0.05, 60.0);
        for load in [20.0, 5.0, 5.0, 5.0] {
            meter.serve(load, 1, 1);
        }
        assert_eq!(meter.largest_backlog(), 600.0);
        assert!((meter.violation().backlog - 25.0 / 35.0).abs() < 1e-12);
        assert!((meter.unserved_share() - 10.0 / 35.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_served_is_all_bad() {
        let capacity = Capacity::wait(None, 0.1, 0.05, 0.05).unwrap();
        let mut meter = SloMeter::new(&capacity, 0.05, 60.0);
        meter.serve(3.0, 0, 1);
        let all = SloViolation { utilization: 1.0, waiting: 1.0, backlog: 1.0 };
        assert_eq!(meter.violation(), all);
    }
}
