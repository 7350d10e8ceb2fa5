//! The service that requests go to: one target with a plan, on a clock that stands still.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Config, Loaded, ManualClock, Running, Source, SourceError, Sources};
use tempfile::TempDir;

const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"
grpc-listen = "127.0.0.1:0"
header-timeout = "1s"
[store]
path = "state.db"
[[target]]
name = "web"
mode = "full"
horizon = "1h"
predictors = ["seasonal-naive"]
[target.source]
[target.fleet]
capacity = 10.0
max = 100
"#;

/// The service, started when it is first asked for.
pub fn service() -> &'static Running {
    static SERVICE: OnceLock<(Running, TempDir)> = OnceLock::new();
    let (running, _) = SERVICE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let config = Config::parse(CONFIG, &folder.path().join("forescale.toml"));
        let start: DateTime<Utc> = "2026-01-05T08:00:00Z".parse().expect("a moment");
        let clock = Arc::new(ManualClock::new(start));
        let running = Running::start(config.expect("it is right"), Arc::new(Minutes), clock);
        let running = running.expect("it starts");
        running.service().pool.settle();
        (running, folder)
    });
    running
}

struct Minutes;

impl Source for Minutes {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let minute = Frequency::from_seconds(60).expect("a minute is a step");
        let load = (0..300).map(|i| f64::from(50 + i % 60)).collect();
        let series = LoadSeries::new(now - TimeDelta::minutes(300), minute, load);
        Ok(series.expect("it is a series").into())
    }
}

impl Sources for Minutes {
    fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}
