//! AWS target tracking: two alarms around a target, and a proportional answer.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, whole};
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};

/// Out after three minutes above the target, in after fifteen below nine tenths of it, both by `utilisation / target`.
///
/// Starting instances are counted when it scales out, and block scaling in, as the instance warm-up of EC2 does. The
/// alarms are those that target tracking makes for itself; AWS does not promise them.
///
/// Groups of EC2 have no cooldowns. Services of Application Auto Scaling do, ECS 300 s: while that of scaling out is on, an
/// increase adds only what it is larger by than the one that began it; that of scaling in ends when it scales out.
#[derive(Debug)]
pub struct TargetTracking {
    settings: Settings,
    above_s: f64,
    below_s: f64,
    /// When it scaled out last, and from how many instances on those increases began that count together.
    scaled_out: Option<(f64, u32)>,
    /// When it scaled in last, unless it scaled out since.
    scaled_in: Option<f64>,
}

/// The target and the alarms.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    high: f64,
    low: f64,
    low_share: f64,
    scale_in: bool,
    out_cooldown: f64,
    in_cooldown: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            target: 0.6,
            high: 180.0,
            low: 900.0,
            low_share: 0.9,
            scale_in: true,
            out_cooldown: 0.0,
            in_cooldown: 0.0,
        }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "CPU utilisation aimed at", Share),
        key!("high", high, "how long it is above the target before it scales out", Span),
        key!("low", low, "how long it is below the low threshold before it scales in", Span),
        key!("low-share", low_share, "the low threshold as a share of the target", Share),
        key!("scale-in", scale_in, "whether it scales in at all", Flag),
        key!(
            "out-cooldown",
            out_cooldown,
            "how long an increase counts as part of the next one",
            Span
        ),
        key!("in-cooldown", in_cooldown, "how long it scales in no further", Span),
    ];
}

impl Rule for TargetTracking {
    type Settings = Settings;
    const NAME: &'static str = "target-tracking";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "AWS: alarms of 3 and 15 minutes around a CPU target";
    const SOURCE: &'static str = "Amazon EC2 Auto Scaling, target tracking policies (user guide)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, above_s: 0.0, below_s: 0.0, scaled_out: None, scaled_in: None })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.above_s, self.below_s) = (0.0, 0.0);
        (self.scaled_out, self.scaled_in) = (None, None);
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let total = seen.total();
        if seen.is_blind() {
            return Decision::new(total, Cause::NoData);
        }
        let Settings { target, high, low, low_share, scale_in, .. } = self.settings;
        let busy = seen.utilization();
        let step = seen.service.step.seconds() as f64;
        self.above_s = if busy > target { self.above_s + step } else { 0.0 };
        self.below_s = if busy < low_share * target { self.below_s + step } else { 0.0 };
        let cause = Cause::Utilization { seen: busy, target };
        let asked = || whole(f64::from(seen.serving) * busy / target);
        let warming = seen.starting + seen.warming > 0;
        let now = seen.step as f64 * step;
        if busy > target && self.above_s >= high {
            Decision::new(self.scale_out(now, seen.serving, total, asked()), cause)
        } else if scale_in && busy < low_share * target && self.below_s >= low && !warming {
            self.scale_in(now, total, asked(), cause)
        } else {
            Decision::new(total, Cause::Steady)
        }
    }
}

impl TargetTracking {
    /// Toward `target`, with the alarms that it makes for itself.
    pub(crate) fn toward(target: f64) -> Self {
        let settings = Settings { target, ..Settings::default() };
        Self { settings, above_s: 0.0, below_s: 0.0, scaled_out: None, scaled_in: None }
    }

    /// `asked` instances, or as many more than `serving` added to what there was before the cooldown began.
    fn scale_out(&mut self, now: f64, serving: u32, total: u32, asked: u32) -> u32 {
        let cooldown = self.settings.out_cooldown;
        let base = self.scaled_out.filter(|(at, _)| now < at + cooldown).map(|(_, base)| base);
        let increased = |base: u32| base.saturating_add(asked.saturating_sub(serving));
        let wanted = total.max(base.map_or(asked, increased));
        if wanted > total {
            self.scaled_out = Some((now, base.unwrap_or(total)));
            self.scaled_in = None;
        }
        wanted
    }

    fn scale_in(&mut self, now: f64, total: u32, asked: u32, cause: Cause) -> Decision {
        if asked >= total {
            return Decision::new(total, cause);
        }
        if self.scaled_in.is_some_and(|at| now < at + self.settings.in_cooldown) {
            return Decision::new(total, Cause::Cooldown);
        }
        self.scaled_in = Some(now);
        Decision::new(asked, cause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    /// What is wanted after each minute of the same load.
    fn minutes(load: f64, serving: u32, starting: u32, count: usize) -> Vec<u32> {
        let service = service();
        let mut policy = TargetTracking::new(Settings::default()).unwrap();
        let loads = vec![load; count];
        (1..=count)
            .map(|k| {
                let seen = seen(&loads[..k], serving, starting, &service);
                Rule::decide(&mut policy, &seen).wanted
            })
            .collect()
    }

    #[test]
    fn three_minutes_above_scale_out_in_proportion() {
        assert_eq!(minutes(36.0, 4, 0, 4), [4, 4, 6, 6]);
        assert_eq!(minutes(36.0, 4, 5, 3), [9, 9, 9]);
    }

    #[test]
    fn fifteen_minutes_below_scale_in_unless_an_instance_starts() {
        let wanted = minutes(12.0, 4, 0, 15);
        assert_eq!((wanted[13], wanted[14]), (4, 2));
        assert_eq!(minutes(12.0, 4, 1, 20), [5; 20]);
        assert_eq!(minutes(23.0, 4, 0, 20), [4; 20]);
    }

    /// What is wanted after each of `loads`, with what was wanted before serving.
    fn followed(settings: Settings, loads: &[f64], mut serving: u32) -> Vec<u32> {
        let service = service();
        let mut policy = TargetTracking::new(settings).unwrap();
        let minute = |k: usize| {
            serving = Rule::decide(&mut policy, &seen(&loads[..k], serving, 0, &service)).wanted;
            serving
        };
        (1..=loads.len()).map(minute).collect()
    }

    /// AWS: two were added, and an increase by three within the cooldown adds one (StepScalingPolicyConfiguration).
    #[test]
    fn an_increase_within_the_cooldown_adds_what_it_is_larger_by() {
        let loads = [36.0, 36.0, 36.0, 54.0, 54.0];
        let out = |out_cooldown| Settings { out_cooldown, ..Settings::default() };
        assert_eq!(followed(out(0.0), &loads, 4), [4, 4, 6, 9, 9]);
        assert_eq!(followed(out(300.0), &loads, 4)[..4], [4, 4, 6, 7]);
        // No larger increase, no change; what is missing comes when the cooldown is over.
        let loads = [36.0, 36.0, 36.0, 39.0, 39.0, 39.0, 39.0];
        assert_eq!(followed(out(180.0), &loads, 4), [4, 4, 6, 6, 6, 7, 7]);
    }

    #[test]
    fn scaling_in_waits_for_its_cooldown_unless_it_scaled_out() {
        let within = |in_cooldown| Settings { in_cooldown, ..Settings::default() };
        let loads = [vec![12.0; 15], vec![3.0; 15]].concat();
        let fell = |settings: Settings, loads: &[f64], to: u32| {
            followed(settings, loads, 4).iter().position(|wanted| *wanted == to)
        };
        assert_eq!(
            [fell(within(0.0), &loads, 2), fell(within(0.0), &loads, 1)],
            [Some(14), Some(15)]
        );
        assert_eq!(fell(within(600.0), &loads, 1), Some(24));
        // Three minutes of load scale out and end the cooldown of an hour; fifteen quiet minutes later it scales in.
        let loads = [vec![12.0; 15], vec![20.0; 3], vec![3.0; 15]].concat();
        assert_eq!(fell(within(3_600.0), &loads, 1), Some(32));
    }
}
