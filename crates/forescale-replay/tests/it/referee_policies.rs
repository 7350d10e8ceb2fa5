//! Plain policies of the referee, and the adapter that lets ours follow them.

use forescale_plan::policies::{
    Cause, Decision, Observation, Past, Policy, PolicyError, Settings, Strategy,
};

use crate::referee::{Config, RefereePolicy, Seen};

/// A plan that has a number for every step.
pub struct Plan {
    pub counts: Vec<i64>,
    pub serving: bool,
}

impl RefereePolicy for Plan {
    fn decide(&mut self, seen: &Seen) -> i64 {
        let i = seen.k.min(self.counts.len() - 1);
        let lead = (seen.config.startup / seen.config.dt - 1e-9).ceil() as usize;
        let window = if self.serving { lead + 1 } else { 1 };
        let end = (i + window).min(self.counts.len());
        *self.counts[i..end].iter().max().unwrap()
    }
}

/// The largest load of the last `window` steps at `target`.
pub struct Reactive {
    pub target: f64,
    pub window: usize,
}

impl RefereePolicy for Reactive {
    fn decide(&mut self, seen: &Seen) -> i64 {
        if seen.k == 0 {
            return seen.serving + seen.starting;
        }
        let newest = &seen.loads[seen.k.saturating_sub(self.window)..];
        let largest = newest.iter().copied().fold(f64::MIN, f64::max);
        (largest / (self.target * seen.config.capacity) - 1e-9).ceil() as i64
    }
}

/// One more above `target + 0.1`, one fewer below `target - 0.2`; starting instances count as idle.
pub struct Simple {
    pub target: f64,
}

impl RefereePolicy for Simple {
    fn decide(&mut self, seen: &Seen) -> i64 {
        let n = seen.serving + seen.starting;
        if seen.k == 0 {
            return n;
        }
        let serving = seen.serving.max(1) as f64;
        let busy = (seen.loads[seen.k - 1] / (serving * seen.config.capacity)).min(1.0);
        let busy = busy * seen.serving as f64 / n.max(1) as f64;
        n + i64::from(busy > self.target + 0.1) - i64::from(busy < self.target - 0.2)
    }
}

fn utilization(seen: &Seen) -> f64 {
    (seen.loads[seen.k - 1] / (seen.serving as f64 * seen.config.capacity)).min(1.0)
}

/// A horizontal pod autoscaler with float utilisation: four syncs a minute, stabilisation of five minutes.
pub struct Hpa {
    pub target: f64,
    pub recommended: Vec<(f64, i64)>,
}

impl Hpa {
    pub fn new(target: f64) -> Self {
        Self { target, recommended: Vec::new() }
    }

    fn desired(&self, current: i64, ready: i64, unready: i64, busy: f64) -> i64 {
        let within = |ratio: f64| (1.0 - ratio).abs() <= 0.1 + 1e-12;
        let ratio = busy / self.target;
        if unready == 0 || ratio <= 1.0 {
            return if within(ratio) { current } else { up(ratio * ready as f64) };
        }
        let all = (ready + unready) as f64;
        let with_unready = busy * ready as f64 / all / self.target;
        if within(with_unready) || with_unready < 1.0 {
            return current;
        }
        current.max(up(with_unready * all))
    }
}

fn up(count: f64) -> i64 {
    (count - 1e-9).ceil() as i64
}

impl RefereePolicy for Hpa {
    fn decide(&mut self, seen: &Seen) -> i64 {
        let Config { dt, n_min, n_max, .. } = *seen.config;
        let mut current = seen.serving + seen.starting;
        if seen.k == 0 || seen.serving == 0 {
            return current.max(n_min);
        }
        let busy = utilization(seen);
        for i in 0..((dt / 15.0).round() as usize).max(1) {
            let now = seen.k as f64 * dt + i as f64 * 15.0;
            let (ready, unready) = (seen.serving.min(current), (current - seen.serving).max(0));
            let mut want = self.desired(current, ready, unready, busy);
            self.recommended.retain(|(time, _)| *time > now - 300.0 - 1e-9);
            self.recommended.push((now, want));
            if want < current {
                let most = self.recommended.iter().map(|(_, n)| *n).max().unwrap();
                want = current.min(most);
            }
            if want > current {
                want = want.min((2 * current).max(current + 4));
            }
            current = want.min(n_max).max(n_min);
        }
        current
    }
}

/// AWS target tracking: three minutes above the target, fifteen below nine tenths of it.
#[derive(Default)]
pub struct TargetTracking {
    pub target: f64,
    pub above: usize,
    pub below: usize,
}

impl RefereePolicy for TargetTracking {
    fn decide(&mut self, seen: &Seen) -> i64 {
        let n = seen.serving + seen.starting;
        if seen.k == 0 || seen.serving == 0 {
            return n;
        }
        let busy = utilization(seen);
        self.above = if busy > self.target { self.above + 1 } else { 0 };
        self.below = if busy < 0.9 * self.target { self.below + 1 } else { 0 };
        let wanted = up(seen.serving as f64 * busy / self.target);
        if self.above >= 3 {
            n.max(wanted)
        } else if self.below >= 15 && seen.starting == 0 {
            n.min(wanted)
        } else {
            n
        }
    }
}

/// Lets a fleet of ours follow a policy of the referee.
pub struct Adapter {
    pub policy: Box<dyn RefereePolicy + Send>,
    pub config: Config,
}

impl std::fmt::Debug for Adapter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a policy of the referee")
    }
}

impl Policy for Adapter {
    fn name(&self) -> &'static str {
        "referee"
    }

    fn strategy(&self) -> Strategy {
        Strategy::Reactive
    }

    fn settings(&self) -> Settings {
        Settings::new()
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let wanted = self.policy.decide(&Seen {
            k: seen.step,
            loads: seen.loads,
            serving: i64::from(seen.serving),
            starting: i64::from(seen.starting),
            config: &self.config,
        });
        Decision::new(wanted.max(0) as u32, Cause::Fixed)
    }
}
