//! The pod autoscaler of Knative: a stable window, a panic window, and scale to zero.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, whole};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::rounding::{ceil, round};
use crate::policies::settings::{Field, Key, Keys, key};

/// Pods for the mean load of a minute, and in a panic for that of six seconds.
///
/// It is told the load itself, as Knative counts requests before they are served. Within a step it ticks every two
/// seconds on the same load, so that its rate limits mean the same at any step. Loads are known by the step, so the panic
/// window is the newest step when it is shorter.
#[derive(Debug)]
pub struct Kpa {
    settings: Settings,
    /// When the load last was a burst; none when it is not panicking.
    panicked_at: Option<f64>,
    most_in_panic: u32,
    /// Since when nothing is there to serve.
    idle_since: Option<f64>,
}

/// The settings of `config-autoscaler`.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    stable_window: f64,
    panic_window_percent: f64,
    panic_threshold_percent: f64,
    max_scale_up: f64,
    max_scale_down: f64,
    activation_scale: u32,
    grace: f64,
    tick: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.7,
            stable_window: 60.0,
            panic_window_percent: 10.0,
            panic_threshold_percent: 200.0,
            max_scale_up: 1_000.0,
            max_scale_down: 2.0,
            activation_scale: 1,
            grace: 30.0,
            tick: 2.0,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "share of an instance's capacity that is aimed at", Share),
        key!("stable-window", stable_window, "the window of calm times", Span),
        key!(
            "panic-window-percent",
            panic_window_percent,
            "of the stable window",
            Number,
            1.0,
            100.0
        ),
        key!(
            "panic-threshold-percent",
            panic_threshold_percent,
            "of the ready pods that a burst needs to be one",
            Number,
            110.0,
            1_000.0
        ),
        key!("max-scale-up", max_scale_up, "times the ready pods, in a tick", Number, 1.01, 1e6),
        key!("max-scale-down", max_scale_down, "as a divisor of them", Number, 1.01, 1e6),
        key!(
            "activation-scale",
            activation_scale,
            "pods when load comes to none",
            Count,
            1,
            1_000_000
        ),
        key!("grace", grace, "how long the last pod stays without load", Span),
        key!("tick", tick, "how often it looks; at most once a second", Span),
    ];
}

/// The pods of one tick, before a panic is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Tick {
    desired_stable: u32,
    desired_panic: u32,
    is_burst: bool,
}

impl Settings {
    /// Pods for loads in instances aimed at, from `ready` pods on, within the rates.
    fn tick(&self, ready: u32, stable: f64, panic: f64) -> Tick {
        let ready = f64::from(ready.max(1));
        let most = f64::from(ceil(self.max_scale_up * ready));
        let least = f64::from((ready / self.max_scale_down) as u32);
        let asked = |load: f64| f64::from(whole(load));
        Tick {
            desired_stable: asked(stable).max(least).min(most) as u32,
            desired_panic: asked(panic).max(least).min(most) as u32,
            is_burst: asked(panic) / ready >= self.panic_threshold_percent / 100.0,
        }
    }
}

impl Rule for Kpa {
    type Settings = Settings;
    const NAME: &'static str = "kpa";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str =
        "Knative: the load of a minute, of six seconds in a panic, down to zero";
    const SOURCE: &'static str = "Knative serving, pkg/autoscaler/scaling/autoscaler.go";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, panicked_at: None, most_in_panic: 0, idle_since: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.panicked_at, self.most_in_panic, self.idle_since) = (None, 0, None);
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        if seen.loads.is_empty() {
            return Decision::new(seen.total(), Cause::NoData);
        }
        let window = self.settings.stable_window;
        let panic_window = window * self.settings.panic_window_percent / 100.0;
        let per_instance = self.settings.target * seen.service.capacity.load_per_instance();
        let stable = mean_of_newest(seen, window);
        let panic = mean_of_newest(seen, panic_window);
        let step = seen.service.step.seconds() as f64;
        let ticks = round(step / self.settings.tick.max(1.0)).max(1);
        let mut ready = seen.serving;
        let mut desired = seen.total();
        let tick = self.settings.tick;
        let time = |i: i64| seen.step as f64 * step + i as f64 * tick;
        for i in 0..ticks {
            let before = (ready, desired);
            desired = self.tick(time(i), ready, stable / per_instance, panic / per_instance);
            // What is removed is ready no longer; what is added is not ready within the step.
            ready = ready.min(desired);
            if (ready, desired) == before && self.stays(time(i), time(ticks - 1)) {
                break;
            }
        }
        let wanted = self.or_zero(seen, desired, stable);
        let load = stable.max(panic);
        let cause = match self.panicked_at {
            Some(_) => Cause::Panic,
            None => Cause::Load { load, per_instance },
        };
        Decision::new(wanted, cause)
    }
}

impl Kpa {
    /// The pods wanted at `now`, for loads in instances aimed at.
    fn tick(&mut self, now: f64, ready: u32, stable: f64, panic: f64) -> u32 {
        let tick = self.settings.tick(ready, stable, panic);
        if tick.is_burst {
            self.panicked_at = Some(now);
        } else if self.panicked_at.is_some_and(|at| at + self.settings.stable_window < now) {
            (self.panicked_at, self.most_in_panic) = (None, 0);
        }
        if self.panicked_at.is_none() {
            return tick.desired_stable;
        }
        let desired = tick.desired_stable.max(tick.desired_panic);
        self.most_in_panic = self.most_in_panic.max(desired);
        self.most_in_panic
    }

    /// Whether it stays in a panic or out of it through the ticks up to `last` that are like the one of `now`. If so, they
    /// are over.
    fn stays(&mut self, now: f64, last: f64) -> bool {
        match self.panicked_at {
            // A burst that goes on.
            Some(at) if at == now => self.panicked_at = Some(last),
            Some(at) => return at + self.settings.stable_window >= last,
            None => {}
        }
        true
    }

    /// `desired`, but one pod until there was no load for the stable window and the grace period.
    fn or_zero(&mut self, seen: &Observation<'_>, desired: u32, load: f64) -> u32 {
        if load > 0.0 {
            self.idle_since = None;
            let least =
                if self.settings.activation_scale > 1 { self.settings.activation_scale } else { 1 };
            return desired.max(least);
        }
        let now = seen.step as f64 * seen.service.step.seconds() as f64;
        let since = *self.idle_since.get_or_insert(now);
        let stays = now - since < self.settings.stable_window + self.settings.grace;
        if stays { desired.max(1) } else { desired }
    }
}

/// The mean load of the newest `seconds`, at least of one step.
fn mean_of_newest(seen: &Observation<'_>, seconds: f64) -> f64 {
    let from = seen.loads.len().saturating_sub(seen.service.steps_in(seconds));
    let newest = &seen.loads[from..];
    newest.iter().sum::<f64>() / newest.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    #[test]
    fn a_tick_follows_the_table() {
        let settings =
            |up, down| Settings { max_scale_up: up, max_scale_down: down, ..Settings::default() };
        let stable =
            |settings: &Settings, ready, load| settings.tick(ready, load, load).desired_stable;
        let usual = settings(1_000.0, 2.0);
        assert_eq!(stable(&usual, 1, 50.0 / 10.0), 5);
        assert_eq!(usual.tick(1, 10.0, 10.0).desired_panic, 10);
        assert!(usual.tick(1, 10.0, 10.0).is_burst);
        assert_eq!(stable(&settings(1.1, 2.0), 2, 3.0), 3);
        assert_eq!(stable(&settings(1_000.0, 1.1), 100, 1.0), 90);
        let tens = settings(10.0, 10.0);
        assert_eq!([stable(&tens, 1, 100.0), stable(&tens, 10, 100.0)], [10, 100]);
        assert_eq!([stable(&tens, 100, 1.0), stable(&tens, 10, 1.0)], [10, 1]);
    }

    #[test]
    fn in_a_panic_the_larger_window_counts_and_nothing_falls() {
        let mut policy = Kpa::new(Settings::default()).unwrap();
        assert_eq!(policy.tick(0.0, 5, 50.0, 30.0), 50);
        assert_eq!(policy.tick(2.0, 5, 20.0, 30.0), 50);
        // A minute after the last burst it is over.
        assert_eq!(policy.tick(60.0, 50, 20.0, 20.0), 50);
        assert_eq!(policy.tick(64.0, 50, 20.0, 20.0), 25);
    }

    #[test]
    fn it_falls_within_a_step_and_never_to_zero_with_load() {
        let service = service();
        let mut policy = Kpa::new(Settings::default()).unwrap();
        let decision = Rule::decide(&mut policy, &seen(&[14.0], 100, 0, &service));
        assert_eq!(decision.wanted, 2);
    }

    #[test]
    fn zero_comes_after_the_window_and_the_grace() {
        let service = service();
        let mut policy = Kpa::new(Settings::default()).unwrap();
        let loads = [0.0; 6];
        let wanted: Vec<u32> = (1..=4)
            .map(|k| Rule::decide(&mut policy, &seen(&loads[..k], 1, 0, &service)).wanted)
            .collect();
        assert_eq!(wanted, [1, 1, 0, 0]);
    }
}
