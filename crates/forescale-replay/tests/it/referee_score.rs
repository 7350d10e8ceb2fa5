//! The numbers of the referee, each as its definition says.

use std::collections::BTreeMap;

use crate::referee::{Config, RefereeRun};

/// All numbers over the steps from `burn` on, by the names of the golden file.
pub fn score(
    loads: &[f64],
    run: &RefereeRun,
    config: &Config,
    burn: usize,
) -> BTreeMap<&'static str, f64> {
    let (s, b, a) = (&run.serving[burn..], &run.billed[burn..], &run.change[burn..]);
    let y = &loads[burn..];
    let d: Vec<i64> = y.iter().map(|load| config.demand(*load)).collect();
    let steps = y.len() as f64;
    let owed = if burn == 0 { run.extra_billed } else { 0.0 };
    let seconds = b.iter().sum::<i64>() as f64 * config.dt + owed;
    let pairs: Vec<(f64, f64)> = s.iter().zip(&d).map(|(s, d)| (*s as f64, *d as f64)).collect();
    let mean = |value: &dyn Fn(f64, f64) -> f64| {
        pairs.iter().map(|(s, d)| value(*s, *d)).sum::<f64>() / steps
    };
    let all: f64 = y.iter().sum();
    let over = |part: f64| if all > 0.0 { part / all } else { 0.0 };
    let loads_where =
        |bad: &dyn Fn(usize) -> bool| (0..y.len()).filter(|t| bad(*t)).map(|t| y[t]).sum::<f64>();
    let late = late_steps(y, s, config);
    let moves = |x: &[i64], t: usize| (x[t] - x[t - 1]).signum();
    let unstable = (1..y.len()).filter(|t| moves(s, *t) != moves(&d, *t)).count() as f64;
    BTreeMap::from([
        ("steps", steps),
        ("instance_hours", seconds / 3_600.0),
        ("under_time", mean(&|s, d| f64::from(s < d))),
        (
            "unserved_share",
            over((0..y.len()).map(|t| (y[t] - s[t] as f64 * config.capacity).max(0.0)).sum()),
        ),
        ("slo_util_share", over(loads_where(&|t| s[t] < d[t]))),
        ("slo_mmc_share", over((0..y.len()).map(|t| y[t] * wait_tail(s[t], y[t], config)).sum())),
        ("slo_backlog_share", over(loads_where(&|t| late[t]))),
        ("theta_U", 100.0 * mean(&|s, d| (d - s).max(0.0) / d)),
        ("theta_O", 100.0 * mean(&|s, d| (s - d).max(0.0) / d)),
        ("tau_U", 100.0 * mean(&|s, d| f64::from(s < d))),
        ("tau_O", 100.0 * mean(&|s, d| f64::from(s > d))),
        ("instability", 100.0 / (steps - 1.0).max(1.0) * unstable),
        ("ups", a.iter().filter(|a| **a > 0).count() as f64),
        ("downs", a.iter().filter(|a| **a < 0).count() as f64),
        ("flaps", flaps(a, config.flap_window / config.dt)),
        ("launched", a.iter().map(|a| *a.max(&0)).sum::<i64>() as f64),
    ])
}

/// Steps that end with a fluid backlog whose wait is too long.
fn late_steps(y: &[f64], s: &[i64], config: &Config) -> Vec<bool> {
    let mut queue = 0.0_f64;
    let late = y.iter().zip(s).map(|(load, serving)| {
        let supply = *serving as f64 * config.capacity;
        queue = (queue + (load - supply) * config.dt).max(0.0);
        queue > 0.0 && (*serving == 0 || queue / supply > config.slo_wait)
    });
    late.collect()
}

/// Share of requests that wait longer than allowed in M/M/n, by the recursion of Erlang's loss formula.
fn wait_tail(n: i64, load: f64, config: &Config) -> f64 {
    let (offered, servers) = (load / config.capacity, n as f64);
    if n <= 0 || offered >= servers {
        return f64::from(load > 0.0);
    }
    if offered <= 0.0 {
        return 0.0;
    }
    let mut loss = 1.0;
    for i in 1..=n {
        loss = offered * loss / (i as f64 + offered * loss);
    }
    let rho = offered / servers;
    let waits = loss / (1.0 - rho + rho * loss);
    waits * (-(servers * config.capacity - load) * config.slo_wait).exp()
}

fn flaps(changes: &[i64], window: f64) -> f64 {
    let made: Vec<usize> = (0..changes.len()).filter(|k| changes[*k] != 0).collect();
    let against = |pair: &&[usize]| {
        changes[pair[0]].signum() != changes[pair[1]].signum()
            && (pair[1] - pair[0]) as f64 <= window
    };
    made.windows(2).filter(against).count() as f64
}
