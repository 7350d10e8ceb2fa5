//! A deliberately plain simulator, written from the description of the semantics and not from ours.
//!
//! Every instance is a row of its own. Step `k` covers `[k dt, (k + 1) dt)`. At its start: finished start-ups serve and
//! finished drains stop being billed; the policy decides; the target is clamped and followed, the newest starting
//! instances cancelled first, then the oldest serving ones; the step is served.

/// A fleet and what it is scored by.
#[derive(Debug, Clone, Copy)]
pub struct Config {
    pub dt: f64,
    pub capacity: f64,
    pub rho_slo: f64,
    pub startup: f64,
    pub drain: f64,
    pub min_billing: f64,
    pub n_min: i64,
    pub n_max: i64,
    pub max_up: i64,
    pub max_down: i64,
    pub slo_wait: f64,
    pub flap_window: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            dt: 60.0,
            capacity: 10.0,
            rho_slo: 0.8,
            startup: 300.0,
            drain: 0.0,
            min_billing: 0.0,
            n_min: 1,
            n_max: 1_000_000,
            max_up: 1_000_000,
            max_down: 1_000_000,
            slo_wait: 0.05,
            flap_window: 1_800.0,
        }
    }
}

impl Config {
    fn startup_steps(&self) -> i64 {
        (self.startup / self.dt - 1e-9).ceil() as i64
    }

    fn drain_steps(&self) -> i64 {
        (self.drain / self.dt - 1e-9).ceil() as i64
    }

    pub fn demand(&self, load: f64) -> i64 {
        self.n_min.max((load / (self.capacity * self.rho_slo) - 1e-9).ceil() as i64)
    }
}

/// What a policy is told.
pub struct Seen<'a> {
    pub k: usize,
    pub loads: &'a [f64],
    pub serving: i64,
    pub starting: i64,
    pub config: &'a Config,
}

pub trait RefereePolicy {
    fn decide(&mut self, seen: &Seen) -> i64;
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RefereeRun {
    pub serving: Vec<i64>,
    pub billed: Vec<i64>,
    pub change: Vec<i64>,
    pub extra_billed: f64,
}

/// An instance: when it was launched, when it serves, and when it stops being billed once it was removed.
struct Instance {
    launched: i64,
    ready: i64,
    removed: bool,
    billed_until: i64,
}

pub fn simulate(
    loads: &[f64],
    config: &Config,
    policy: &mut dyn RefereePolicy,
    initial: Option<i64>,
) -> RefereeRun {
    let initial = initial.unwrap_or_else(|| config.demand(loads[0]));
    let long_ago = -1_000_000_000;
    let mut instances: Vec<Instance> = (0..initial)
        .map(|_| Instance { launched: long_ago, ready: 0, removed: false, billed_until: i64::MAX })
        .collect();
    let mut run = RefereeRun::default();
    for k in 0..loads.len() as i64 {
        instances.retain(|i| i.billed_until > k);
        let serving = |all: &[Instance]| count(all, |i| !i.removed && i.ready <= k);
        let starting = |all: &[Instance]| count(all, |i| !i.removed && i.ready > k);
        let seen = Seen {
            k: k as usize,
            loads: &loads[..k as usize],
            serving: serving(&instances),
            starting: starting(&instances),
            config,
        };
        let total = seen.serving + seen.starting;
        let wanted = policy.decide(&seen).min(config.n_max).max(config.n_min);
        let target = wanted.min(total + config.max_up).max(total - config.max_down);
        for _ in total..target {
            let ready = k + config.startup_steps();
            instances.push(Instance { launched: k, ready, removed: false, billed_until: i64::MAX });
        }
        for _ in target..total {
            run.extra_billed += remove_one(&mut instances, k, config);
        }
        instances.retain(|i| i.billed_until > k);
        run.change.push(target - total);
        run.serving.push(serving(&instances));
        run.billed.push(instances.len() as i64);
    }
    run
}

fn count(instances: &[Instance], which: impl Fn(&Instance) -> bool) -> i64 {
    instances.iter().filter(|i| which(i)).count() as i64
}

/// Removes the newest starting instance, or else the oldest serving one; gives the instance-seconds it owes.
fn remove_one(instances: &mut [Instance], k: i64, config: &Config) -> f64 {
    let starting = instances.iter().rposition(|i| !i.removed && i.ready > k);
    let serving = instances.iter().position(|i| !i.removed && i.ready <= k);
    let (place, end) = match starting {
        Some(place) => (place, k),
        None => (serving.expect("there is one to remove"), k + config.drain_steps()),
    };
    let gone = &mut instances[place];
    gone.removed = true;
    gone.billed_until = end;
    (config.min_billing - (end - gone.launched) as f64 * config.dt).max(0.0)
}

/// Asks for the same numbers whatever happens.
struct Sequence(&'static [i64]);

impl RefereePolicy for Sequence {
    fn decide(&mut self, seen: &Seen) -> i64 {
        self.0[seen.k]
    }
}

fn plain() -> Config {
    Config { rho_slo: 1.0, startup: 0.0, ..Config::default() }
}

#[test]
fn the_newest_launch_is_cancelled_first() {
    let config = Config { startup: 180.0, ..plain() };
    let run = simulate(&[10.0; 6], &config, &mut Sequence(&[3, 4, 3, 3, 3, 3]), Some(1));
    assert_eq!(run.serving, [1, 1, 1, 3, 3, 3]);
    assert_eq!(run.billed, [3, 4, 3, 3, 3, 3]);
}

#[test]
fn a_drain_is_billed_and_does_not_serve() {
    let config = Config { drain: 120.0, ..plain() };
    let run = simulate(&[10.0; 5], &config, &mut Sequence(&[3, 1, 1, 1, 1]), Some(3));
    assert_eq!(run.serving, [3, 1, 1, 1, 1]);
    assert_eq!(run.billed, [3, 3, 3, 1, 1]);
}

#[test]
fn a_cancelled_start_owes_its_minimum() {
    let config = Config { min_billing: 600.0, startup: 600.0, ..plain() };
    let run = simulate(&[10.0; 5], &config, &mut Sequence(&[1, 2, 2, 1, 1]), Some(1));
    assert_eq!(run.extra_billed, 480.0);
    let config = Config { min_billing: 600.0, ..plain() };
    let run = simulate(&[10.0; 5], &config, &mut Sequence(&[1, 2, 2, 1, 1]), Some(1));
    assert_eq!(run.extra_billed, 0.0);
}

#[test]
fn limits_hold() {
    let config = Config { n_min: 2, n_max: 5, max_up: 2, max_down: 1, ..plain() };
    let run = simulate(&[10.0; 6], &config, &mut Sequence(&[9, 9, 9, 0, 0, 0]), Some(2));
    assert_eq!(run.serving, [4, 5, 5, 4, 3, 2]);
}
