//! What a service needs to be started in a folder of its own: settings, and a load that rises and falls.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Clock, Config, Loaded, Running, ServerError, Source, SourceError, Sources};

/// One target, which learns at the start and when `schedule` says so.
pub fn settings(server: &str, schedule: &str) -> String {
    format!(
        r#"
[server]
listen = "127.0.0.1:0"
{server}
[store]
path = "state.db"
[[target]]
name = "web"
mode = "full"
refresh = "1s"
evaluate = "1s"
schedule = "{schedule}"
horizon = "1h"
predictors = ["seasonal-naive"]
[target.source]
[target.fleet]
capacity = 10.0
max = 100
"#
    )
}

/// Starts a service of `text` in `folder`.
pub fn start(text: &str, folder: &Path, clock: Arc<dyn Clock>) -> Result<Running, ServerError> {
    let config = Config::parse(text, &folder.join("forescale.toml"))?;
    Running::start(config, Arc::new(Waves), clock)
}

struct Waves;

impl Source for Waves {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let values = (0..3_000).map(|i| 50.0 + 40.0 * (f64::from(i) / 100.0).sin()).collect();
        let minute = Frequency::from_seconds(60).unwrap();
        let end = DateTime::from_timestamp(now.timestamp() / 60 * 60, 0).unwrap();
        Ok(LoadSeries::new(end - TimeDelta::minutes(3_000), minute, values).unwrap().into())
    }
}

impl Sources for Waves {
    fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}
