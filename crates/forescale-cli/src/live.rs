//! Load histories that are asked again and again: Prometheus, and files that something else writes.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale::Event;
use forescale_prometheus::{Client, PrometheusError, PrometheusRead, Settings};
use forescale_server::{Loaded, Source, SourceError, Sources};
use forescale_sources::{ReadOptions, read_events, read_history};
use serde::Deserialize;

use crate::failure::Failure;

/// Where the waits between repeated requests are spread from.
const SEED: u64 = 1;

/// Sources of a service, by the `kind` of their table.
#[derive(Debug)]
pub struct Live {
    /// The folder of the configuration file, which relative paths begin at.
    folder: PathBuf,
}

impl Live {
    /// Sources whose relative paths begin at the folder of `config`.
    pub fn beside(config: &Path) -> Self {
        Self { folder: config.parent().unwrap_or(Path::new("")).to_owned() }
    }
}

/// A source that is a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct File {
    path: PathBuf,
    time: Option<String>,
    load: Option<String>,
    series: Option<String>,
    timezone: Option<Tz>,
}

impl Sources for Live {
    fn open(&self, target: &str, settings: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        let mut settings = settings.clone();
        let kind = settings.remove("kind");
        let wrong = |error: toml::de::Error| {
            let what = format!("the source of {target}: {}", error.message());
            SourceError::new(what, "docs/serve.md has every key of a source")
        };
        match kind.as_ref().and_then(toml::Value::as_str) {
            Some("prometheus") => {
                let settings = settings.try_into::<Settings>().map_err(wrong)?;
                let client = Client::new(settings, SEED).map_err(told)?;
                Ok(Box::new(Asked(client)))
            }
            Some("file") => {
                let file: File = settings.try_into().map_err(wrong)?;
                Ok(Box::new(Written { path: self.folder.join(&file.path), file }))
            }
            other => Err(SourceError::new(
                format!("the source of {target} is of kind {}", other.unwrap_or("none")),
                "write kind = \"prometheus\" or kind = \"file\"",
            )),
        }
    }

    fn events(&self, file: &Path, zone: Tz) -> Result<Vec<Event>, SourceError> {
        let source = forescale_sources::Source::new(self.folder.join(file));
        read_events(&source, Some(zone)).map_err(read_failed)
    }
}

struct Asked(Client);

impl Source for Asked {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let PrometheusRead { series, notes, .. } = self.0.read(now).map_err(told)?;
        Ok(Loaded { series, instances: None, warnings: notes.words() })
    }
}

struct Written {
    path: PathBuf,
    file: File,
}

impl Source for Written {
    fn load(&self, _: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let options = ReadOptions {
            time: self.file.time.clone(),
            loads: self.file.load.iter().cloned().collect(),
            series: self.file.series.clone(),
            zone: self.file.timezone,
            ..ReadOptions::default()
        };
        let source = forescale_sources::Source::new(&self.path);
        let read = read_history(&source, &options).map_err(read_failed)?;
        Ok(Loaded { series: read.series, instances: None, warnings: read.warnings })
    }
}

fn told(error: PrometheusError) -> SourceError {
    SourceError::new(error.to_string(), error.hint())
}

fn read_failed(error: forescale_sources::SourceError) -> SourceError {
    let hint = error.hint().unwrap_or_default();
    SourceError::new(error.to_string(), hint)
}

/// What a source like `prometheus://host:9090?query=up` holds at `now`.
///
/// # Errors
/// Whatever is wrong with the source or its answer.
pub fn prometheus(source: &str, now: DateTime<Utc>) -> Result<PrometheusRead, Failure> {
    let read = || Client::new(Settings::from_source(source)?, SEED)?.read(now);
    read().map_err(|error| {
        let text = error.to_string();
        let failure = match error.is_unavailable() {
            true => Failure::unavailable(text),
            false => Failure::usage(text),
        };
        failure.hint(error.hint())
    })
}
