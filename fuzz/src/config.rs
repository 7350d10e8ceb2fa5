//! Text that says it is a configuration, or a source on a command line: read or refused with its line and a way out.

use std::path::Path;

use chrono::{DateTime, TimeDelta};
use forescale_prometheus::Settings;
use forescale_server::{Config, Target};

/// Reads the bytes as a configuration and as a source.
pub fn run(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Config::parse(text, Path::new("forescale.toml")) {
        Ok(config) => config.targets.iter().for_each(usable),
        Err(error) => {
            let most = text.lines().count().max(1) + 1;
            assert!(error.line.is_none_or(|line| (1..=most).contains(&line)), "{error}");
            assert!(error.to_string().starts_with("forescale.toml:"), "{error}");
        }
    }
    if let Err(error) = Settings::from_source(text) {
        assert!(!error.to_string().is_empty());
    }
}

/// What was taken means something to everything that uses it.
fn usable(target: &Target) {
    let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    if let Some(next) = target.schedule.next(now, target.timezone) {
        assert!(next > now);
    }
    for span in [target.refresh, target.max_age, target.horizon, target.fleet.startup] {
        assert!(span >= TimeDelta::zero() && now.checked_add_signed(span * 3).is_some(), "{span}");
    }
    assert!(target.capacity().is_ok() && target.plan_options().check().is_ok());
    assert!((0.0..1.0).contains(&target.served_quantile().get()));
    assert!(!target.name.as_str().contains(['/', '<', '"', '\0']));
}
