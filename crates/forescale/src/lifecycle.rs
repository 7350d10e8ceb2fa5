//! What happens to single instances, as people write it: in a scenario, in Python, on the command line.

use chrono::TimeDelta;
use forescale_core::parse_span;
use forescale_replay::{Health, Hook, Lifecycle, OnTimeout, WarmPool};
use serde::{Deserialize, Deserializer, de};

/// What happens to single instances. By default nothing does.
///
/// Written down, keys have hyphens, spans are text like `90s`, and shares are numbers from 0 to 1.
///
/// ```
/// use forescale::LifecycleSettings;
/// let written = "warm-up = '2m'\nwarm-pool = 3\nlaunch-failures = 0.01";
/// let settings: LifecycleSettings = toml::from_str(written)?;
/// let lifecycle = settings.lifecycle(7).expect("something happens");
/// assert_eq!((lifecycle.warmup_s, lifecycle.seed), (120.0, 7));
/// assert_eq!(LifecycleSettings::default().lifecycle(7), None);
/// # Ok::<(), toml::de::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct LifecycleSettings {
    /// Share of launches that never come to serve.
    pub launch_failures: f64,
    /// How long a new instance serves before its metrics count.
    #[serde(deserialize_with = "span")]
    pub warm_up: TimeDelta,
    /// How long a lifecycle hook takes, after start-up, before an instance may serve.
    #[serde(deserialize_with = "span")]
    pub hook: TimeDelta,
    /// Until nobody waits for the answer of a hook any longer; an hour with AWS.
    #[serde(deserialize_with = "span")]
    pub hook_heartbeat: TimeDelta,
    /// Share of launches whose hook is never answered.
    pub hook_unanswered: f64,
    /// What becomes of them.
    pub hook_timeout: OnTimeout,
    /// Instances that are kept ready to start faster.
    pub warm_pool: u32,
    /// From leaving the warm pool to serving.
    #[serde(deserialize_with = "span")]
    pub warm_pool_startup: TimeDelta,
    /// What a kept instance is billed, as a share of a running one: 0 when stopped, 1 when running.
    pub warm_pool_billed: f64,
    /// Whether removed instances go back into the warm pool while it is not full.
    pub warm_pool_reuse: bool,
    /// How often a serving instance breaks, in failures an hour.
    pub failures_per_hour: f64,
    /// From breaking to being found by a health check and replaced.
    #[serde(deserialize_with = "span")]
    pub failure_found_after: TimeDelta,
}

impl Default for LifecycleSettings {
    fn default() -> Self {
        Self {
            launch_failures: 0.0,
            warm_up: TimeDelta::zero(),
            hook: TimeDelta::zero(),
            hook_heartbeat: TimeDelta::hours(1),
            hook_unanswered: 0.0,
            hook_timeout: OnTimeout::Abandon,
            warm_pool: 0,
            warm_pool_startup: TimeDelta::seconds(30),
            warm_pool_billed: 0.0,
            warm_pool_reuse: false,
            failures_per_hour: 0.0,
            failure_found_after: TimeDelta::minutes(1),
        }
    }
}

impl LifecycleSettings {
    /// The same for a simulation, with chance from `seed`; nothing when nothing happens.
    pub fn lifecycle(&self, seed: u64) -> Option<Lifecycle> {
        let seconds = |span: TimeDelta| span.num_seconds() as f64;
        let zero = TimeDelta::zero();
        let hook = (self.hook > zero || self.hook_unanswered != 0.0).then(|| Hook {
            takes_s: seconds(self.hook),
            heartbeat_s: seconds(self.hook_heartbeat),
            unanswered: self.hook_unanswered,
            on_timeout: self.hook_timeout,
        });
        let warm_pool = (self.warm_pool > 0).then(|| WarmPool {
            size: self.warm_pool,
            startup_s: seconds(self.warm_pool_startup),
            billed_share: self.warm_pool_billed,
            reuse: self.warm_pool_reuse,
        });
        let health = (self.failures_per_hour != 0.0).then(|| Health {
            failures_per_hour: self.failures_per_hour,
            detect_s: seconds(self.failure_found_after),
        });
        let alone = self.launch_failures == 0.0 && self.warm_up == zero;
        let nothing = alone && hook.is_none() && warm_pool.is_none() && health.is_none();
        (!nothing).then(|| Lifecycle {
            seed,
            launch_failures: self.launch_failures,
            hook,
            warmup_s: seconds(self.warm_up),
            warm_pool,
            health,
        })
    }
}

/// A span of whole seconds, `0s` included.
fn span<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    let text = String::deserialize(deserializer)?;
    if matches!(text.as_str(), "0" | "0s") {
        return Ok(TimeDelta::zero());
    }
    parse_span(&text).map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<LifecycleSettings, toml::de::Error> {
        toml::from_str(written)
    }

    #[test]
    fn each_part_is_on_by_itself() {
        let part = |written: &str| read(written).unwrap().lifecycle(1).unwrap();
        assert_eq!(part("hook = '90s'").hook.unwrap().takes_s, 90.0);
        assert_eq!(part("hook-unanswered = 0.1").hook.unwrap().heartbeat_s, 3_600.0);
        assert_eq!(part("warm-pool = 4").warm_pool.unwrap().startup_s, 30.0);
        assert_eq!(part("failures-per-hour = 0.01").health.unwrap().detect_s, 60.0);
        assert!(part("warm-up = '1m'").hook.is_none());
        assert_eq!(read("hook-heartbeat = '5m'").unwrap().lifecycle(1), None);
    }

    #[test]
    fn what_is_unknown_or_no_span_is_refused() {
        assert!(read("warmup = '1m'").unwrap_err().to_string().contains("warm-up"));
        assert!(read("hook = 'soon'").is_err());
    }
}
