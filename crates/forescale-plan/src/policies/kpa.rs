//! The pod autoscaler of Knative: a stable window, a panic window, and scale to zero.

use std::collections::VecDeque;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::hpa::behavior::remember;
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
    /// When pods were wanted that may be the most within the delay of scaling down, and how many.
    wanted: VecDeque<(f64, u32)>,
    /// Since when nothing is there to serve.
    idle_since: Option<f64>,
}

/// The settings of `config-autoscaler`, and whether a route leads to the revision.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    stable_window: f64,
    panic_window_percent: f64,
    panic_threshold_percent: f64,
    max_scale_up: f64,
    max_scale_down: f64,
    scale_down_delay: f64,
    reachable: bool,
    activation_scale: u32,
    grace: f64,
    retention: f64,
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
            scale_down_delay: 0.0,
            reachable: true,
            activation_scale: 1,
            grace: 30.0,
            retention: 0.0,
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
            "scale-down-delay",
            scale_down_delay,
            "how long fewer have to be wanted before pods go",
            Span
        ),
        key!(
            "reachable",
            reachable,
            "false for a revision without a route: max-scale-down and the delay do not hold it",
            Flag
        ),
        key!(
            "activation-scale",
            activation_scale,
            "pods when load comes to none",
            Count,
            1,
            1_000_000
        ),
        key!("grace", grace, "how long the last pod stays without load", Span),
        key!("retention", retention, "how long it stays at least, where longer than grace", Span),
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
        let least = match self.reachable {
            true => f64::from((ready / self.max_scale_down) as u32),
            false => 0.0,
        };
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
        let wanted = VecDeque::new();
        Ok(Self { settings, panicked_at: None, most_in_panic: 0, wanted, idle_since: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.panicked_at, self.most_in_panic, self.idle_since) = (None, 0, None);
        self.wanted.clear();
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
            desired = self.delayed(time(i), desired);
            // What is removed is ready no longer; what is added is not ready within the step.
            ready = ready.min(desired);
            let is_steady = self.wanted.is_empty() && (ready, desired) == before;
            if is_steady && self.stays(time(i), time(ticks - 1)) {
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

    /// The most that was wanted within the delay of scaling down, `desired` at `now` included.
    fn delayed(&mut self, now: f64, desired: u32) -> u32 {
        let delay = self.settings.scale_down_delay;
        if delay == 0.0 || !self.settings.reachable {
            return desired;
        }
        remember(&mut self.wanted, now, desired, delay, |a, b| a <= b);
        self.wanted.front().map_or(desired, |(_, most)| *most)
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

    /// `desired`, but one pod until there was no load for the stable window, and for the grace period or the
    /// retention period after it, whichever is longer.
    fn or_zero(&mut self, seen: &Observation<'_>, desired: u32, load: f64) -> u32 {
        if load > 0.0 {
            self.idle_since = None;
            let least =
                if self.settings.activation_scale > 1 { self.settings.activation_scale } else { 1 };
            return desired.max(least);
        }
        let now = seen.step as f64 * seen.service.step.seconds() as f64;
        let since = *self.idle_since.get_or_insert(now);
        let Settings { stable_window, grace, retention, .. } = self.settings;
        let stays = now - since < stable_window + grace.max(retention);
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
        let slowly = settings(1_000.0, 1.1);
        assert_eq!(stable(&slowly, 100, 1.0), 90);
        // A revision that no route leads to goes at once.
        assert_eq!(stable(&Settings { reachable: false, ..slowly }, 100, 1.0), 1);
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

    /// What is wanted after each minute of `loads`, by a fleet that has what was wanted before.
    fn minutes(settings: Settings, loads: &[f64], mut serving: u32) -> Vec<u32> {
        let service = service();
        let mut policy = Kpa::new(settings).unwrap();
        let minute = |k: usize| {
            serving = Rule::decide(&mut policy, &seen(&loads[..k], serving, 0, &service)).wanted;
            serving
        };
        (1..=loads.len()).map(minute).collect()
    }

    #[test]
    fn fewer_are_reached_only_when_they_were_wanted_for_the_delay() {
        let loads = [70.0, 14.0, 14.0, 14.0, 14.0, 14.0];
        let settings = |scale_down_delay, max_scale_down, reachable| Settings {
            scale_down_delay,
            max_scale_down,
            reachable,
            ..Settings::default()
        };
        assert_eq!(minutes(settings(0.0, 2.0, true), &loads, 10), [10, 2, 2, 2, 2, 2]);
        // Ten were wanted last in the first minute, so two minutes later they go.
        assert_eq!(minutes(settings(120.0, 10.0, true), &loads, 10), [10, 10, 10, 2, 2, 2]);
        // What the rate allows of ten, five, waits for the delay, and then two of five does.
        assert_eq!(minutes(settings(120.0, 2.0, true), &loads, 10), [10, 10, 10, 5, 5, 2]);
        // More is wanted at once, and a revision without a route does not wait.
        assert_eq!(minutes(settings(120.0, 2.0, true), &[14.0, 25.0], 2), [2, 4]);
        assert_eq!(minutes(settings(120.0, 2.0, false), &loads, 10), [10, 2, 2, 2, 2, 2]);
    }

    #[test]
    fn zero_comes_after_the_window_and_the_longer_of_grace_and_retention() {
        let loads = [0.0; 6];
        assert_eq!(minutes(Settings::default(), &loads[..4], 1), [1, 1, 0, 0]);
        let kept = |retention| Settings { retention, ..Settings::default() };
        assert_eq!(minutes(kept(180.0), &loads, 1), [1, 1, 1, 1, 0, 0]);
        assert_eq!(minutes(kept(10.0), &loads[..4], 1), [1, 1, 0, 0]);
    }
}
