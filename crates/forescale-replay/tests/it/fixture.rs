//! Our world for a configuration of the referee, and our numbers by its names.

use std::collections::BTreeMap;
use std::sync::Arc;

use forescale_core::{Foresight, Frequency, LoadSeries, Utilization};
use forescale_plan::Capacity;
use forescale_plan::policies::Policy;
use forescale_replay::{
    FleetSettings, Lifecycle, MOST_INSTANCES, Run, ScoreSettings, Scorecard, Trace, World, simulate,
};

use crate::referee::Config;

/// The world in which `loads` meet a fleet like `config`.
pub fn world(
    loads: &[f64],
    config: &Config,
    initial: Option<i64>,
    burn: usize,
    lifecycle: Option<Lifecycle>,
) -> World {
    let minute = Frequency::from_seconds(config.dt as i64).unwrap();
    let start = "2024-01-01T00:00:00Z".parse().unwrap();
    let series = LoadSeries::new(start, minute, loads.to_vec()).unwrap();
    let target = Utilization::new(config.rho_slo).unwrap();
    let limit = |limit: i64| (limit < i64::from(MOST_INSTANCES)).then_some(limit as u32);
    let fleet = FleetSettings {
        startup_s: config.startup,
        drain_s: config.drain,
        min_billing_s: config.min_billing,
        min: config.n_min as u32,
        max: config.n_max as u32,
        max_up: limit(config.max_up),
        max_down: limit(config.max_down),
        metric_latency_s: 0.0,
        initial: initial.map(|n| n as u32),
        lifecycle,
    };
    let capacity = Capacity::utilization(config.capacity, target).unwrap();
    let trace = Trace::new(&series, minute).unwrap();
    World::new(trace, capacity, fleet, Arc::default(), burn).unwrap()
}

pub fn run(world: &World, mut policy: impl Policy) -> Run {
    simulate(world, &mut policy, &Foresight::default()).unwrap()
}

/// Our scorecard by the names of the referee.
pub fn numbers(world: &World, run: &Run, config: &Config) -> BTreeMap<&'static str, f64> {
    let settings = ScoreSettings {
        max_wait_s: config.slo_wait,
        flap_window_s: config.flap_window,
        ..ScoreSettings::default()
    };
    let card = Scorecard::new(world, run, &settings);
    BTreeMap::from([
        ("steps", card.steps as f64),
        ("instance_hours", card.instance_hours),
        ("under_time", card.under_provisioned_time),
        ("unserved_share", card.unserved_share),
        ("slo_util_share", card.slo_violation_share.utilization),
        ("slo_mmc_share", card.slo_violation_share.waiting),
        ("slo_backlog_share", card.slo_violation_share.backlog),
        ("theta_U", card.elasticity.theta_u),
        ("theta_O", card.elasticity.theta_o),
        ("tau_U", card.elasticity.tau_u),
        ("tau_O", card.elasticity.tau_o),
        ("instability", card.elasticity.instability),
        ("ups", card.ups as f64),
        ("downs", card.downs as f64),
        ("flaps", card.flaps as f64),
        ("launched", card.launched as f64),
    ])
}

/// Whether two numbers differ by rounding at most.
pub fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * a.abs().max(b.abs()).max(1e-3)
}
