//! Load histories that are asked again and again: Prometheus, and files that something else writes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale::{Event, LoadSeries};
use forescale_prometheus::{Client, PrometheusError, PrometheusRead, Settings};
use forescale_server::{Loaded, Output, Source, SourceError, Sources, Target};
use forescale_sources::{ReadOptions, read_events, read_history};
use serde::Deserialize;

use crate::exports::export;
use crate::failure::Failure;

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
    instances: Option<String>,
    series: Option<String>,
    timezone: Option<Tz>,
    #[serde(default = "most")]
    min_coverage: f64,
}

/// The share of steps that has a load where nothing else is said, as for Prometheus.
fn most() -> f64 {
    0.8
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
                let mut settings = settings.try_into::<Settings>().map_err(wrong)?;
                settings.resolve(&self.folder);
                let client = Client::new(settings, seed(target)).map_err(told)?;
                Ok(Box::new(Asked(client)))
            }
            Some("file") => {
                let file: File = settings.try_into().map_err(wrong)?;
                if !(0.0..=1.0).contains(&file.min_coverage) {
                    let found = file.min_coverage;
                    return Err(SourceError::new(
                        format!(
                            "the source of {target}: min-coverage should be 0 to 1, but is {found}"
                        ),
                        "leave it out for 0.8",
                    ));
                }
                Ok(Box::new(Written { path: self.folder.join(&file.path), file }))
            }
            other => Err(SourceError::new(
                format!("the source of {target} is of kind {}", other.unwrap_or("none")),
                "write kind = \"prometheus\" or kind = \"file\"",
            )),
        }
    }

    fn events(&self, file: &Path, zone: Tz) -> Result<Vec<Event>, SourceError> {
        let source = forescale_sources::Source::new(file);
        read_events(&source, Some(zone)).map_err(read_failed)
    }

    fn output(
        &self,
        target: &Target,
        settings: &toml::Table,
    ) -> Result<Box<dyn Output>, SourceError> {
        export(&self.folder, target, settings)
    }
}

struct Asked(Client);

impl Source for Asked {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let PrometheusRead { series, notes, instances, .. } = self.0.read(now).map_err(told)?;
        let (instances, uncounted) = match instances {
            Ok(instances) => (instances, None),
            Err(error) => (None, Some(error.to_string())),
        };
        Ok(Loaded { series, instances, uncounted, warnings: notes.words() })
    }

    fn probe(&self, now: DateTime<Utc>) -> Vec<(String, Result<String, SourceError>)> {
        // The history is read anyway, and its age is judged by what the target allows.
        let checks = self.0.probe(now).into_iter().filter(|check| check.name != "query");
        checks.map(|check| (check.name.to_owned(), check.result.map_err(told))).collect()
    }
}

struct Written {
    path: PathBuf,
    file: File,
}

impl Source for Written {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let options = ReadOptions {
            time: self.file.time.clone(),
            loads: self.file.load.iter().cloned().collect(),
            series: self.file.series.clone(),
            zone: self.file.timezone,
            ..ReadOptions::default()
        };
        let source = forescale_sources::Source::new(&self.path);
        let read = read_history(&source, &options).map_err(read_failed)?;
        refuse_holes(&self.path, &read.series, self.file.min_coverage)?;
        let counts = self.file.instances.as_ref().map(|column| {
            let options = ReadOptions {
                loads: vec![column.clone()],
                step: Some(read.series.frequency()),
                ..options
            };
            read_history(&source, &options).map_err(read_failed)
        });
        let (instances, uncounted) = match counts.transpose() {
            Ok(counts) => (counts.and_then(|it| counted(&read.series, &it.series, now)), None),
            Err(error) => (None, Some(error.message)),
        };
        Ok(Loaded { series: read.series, instances, uncounted, warnings: read.warnings })
    }
}

/// Refuses a file in which less than `needed` of the steps of `load` hold one: a writer that lost rows is not a fall.
fn refuse_holes(path: &Path, load: &LoadSeries, needed: f64) -> Result<(), SourceError> {
    let (steps, step) = (load.len(), load.frequency());
    let share = (steps - load.gaps()) as f64 / steps as f64;
    if share >= needed {
        return Ok(());
    }
    let (path, share, percent) = (path.display(), 100.0 * share, 100.0 * needed);
    Err(SourceError::new(
        format!(
            "{path} has a load in {share:.1} % of the {steps} steps of {step}, but {percent:.1} % are needed"
        ),
        "see what writes the file, or lower min-coverage of the source",
    ))
}

/// Instances in the newest row that was known at `now`. A load with no count beside it says nothing of how many serve.
fn counted(load: &LoadSeries, counts: &LoadSeries, now: DateTime<Utc>) -> Option<u32> {
    let known = |series: &LoadSeries, k: &usize| series.time_at(k + 1) <= now;
    let newest = |series: &LoadSeries| {
        let mut known = (0..series.len()).filter(|k| known(series, k)).rev();
        known.find(|k| !series.values()[*k].is_nan()).map(|k| series.time_at(k))
    };
    let at = newest(counts).filter(|at| Some(*at) >= newest(load))?;
    let count = counts.values()[usize::try_from(counts.index_at(at)).ok()?].round();
    (0.0..=f64::from(u32::MAX)).contains(&count).then_some(count as u32)
}

/// Where the waits between repeated requests are spread from: each target of each process waits for itself, so that they
/// do not all come back to a server that has just recovered. No output holds a wait.
fn seed(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, std::process::id()).hash(&mut hasher);
    hasher.finish()
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
    let read = || Client::new(Settings::from_source(source)?, seed(source))?.read(now);
    read().map_err(|error| {
        let text = error.to_string();
        let failure = match error.is_unavailable() {
            true => Failure::unavailable(text),
            false => Failure::usage(text),
        };
        failure.hint(error.hint())
    })
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use forescale::Frequency;

    use super::*;

    #[test]
    fn each_target_has_its_own_seed() {
        assert_eq!(seed("web"), seed("web"));
        assert_ne!(seed("web"), seed("shop"));
    }

    #[test]
    fn instances_are_those_beside_the_newest_load_that_is_known() {
        let minute = Frequency::from_seconds(60).unwrap();
        let series = |values: &[f64]| {
            LoadSeries::new(DateTime::UNIX_EPOCH, minute, values.to_vec()).unwrap()
        };
        let load = series(&[10.0, 20.0, 30.0, 40.0]);
        let at = |counts: &[f64], minutes| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes);
            counted(&load, &series(counts), now)
        };
        assert_eq!(at(&[1.0, 2.0, 3.0, 4.0], 4), Some(4));
        // What was written later was not known.
        assert_eq!(at(&[1.0, 2.0, 3.0, 4.0], 2), Some(2));
        // No count beside the newest load is no count, and neither is one below 0.
        assert_eq!(at(&[1.0, 2.0, 3.0, f64::NAN], 4), None);
        assert_eq!(at(&[1.0, 2.0, 3.0, -4.0], 4), None);
    }
}
