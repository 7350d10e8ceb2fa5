//! Where load comes from: the service asks, the command behind it knows how.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale::{Event, LoadSeries};
use thiserror::Error;

use crate::config::Target;

/// A history as it was known when it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The load; gaps are gaps.
    pub series: LoadSeries,
    /// Instances that serve now, where the source knows.
    pub instances: Option<u32>,
    /// Why they were not counted, though the source should.
    pub uncounted: Option<String>,
    /// What a careful reader should know of the data.
    pub warnings: Vec<String>,
}

impl From<LoadSeries> for Loaded {
    fn from(series: LoadSeries) -> Self {
        Self { series, instances: None, uncounted: None, warnings: Vec::new() }
    }
}

/// A source that did not answer, or whose settings are wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct SourceError {
    /// What was wrong, and where; never a secret.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl SourceError {
    /// A failure with its way out.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// A load history that can be asked again and again.
pub trait Source: Send + Sync {
    /// The history up to `now`. It takes at most the deadline that its settings give it.
    ///
    /// # Errors
    /// [`SourceError`] when there is no answer that can be trusted; never a series of zeros instead.
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError>;

    /// What can be found out without a history, each with its name: whether the source is ready, and its clock agrees
    /// with `now`. Nothing, unless a source knows more.
    fn probe(&self, _now: DateTime<Utc>) -> Vec<(String, Result<String, SourceError>)> {
        Vec::new()
    }
}

/// Files that a plan is handed over in.
pub trait Output: Send + Sync {
    /// Files that are always written, so that no two outputs write the same.
    fn files(&self) -> &[PathBuf];

    /// Writes them anew for `plan`, which is JSON as `forescale plan --output json` prints it, as of `now`; without its
    /// falls when it is `held`, as nobody confirms it any more. A reader sees the old file or the new one.
    ///
    /// # Errors
    /// [`SourceError`] when the plan cannot be said in such files, or they cannot be written.
    fn write(&self, plan: &str, held: bool, now: DateTime<Utc>) -> Result<(), SourceError>;
}

/// Makes sources and outputs from the tables of the configuration.
pub trait Sources: Send + Sync {
    /// The source that a target's `[target.source]` describes. It checks the settings and loads nothing.
    ///
    /// # Errors
    /// [`SourceError`] names the setting that is wrong.
    fn open(&self, target: &str, settings: &toml::Table) -> Result<Box<dyn Source>, SourceError>;

    /// The events in `file`, whose times without an offset are in `zone`.
    ///
    /// # Errors
    /// [`SourceError`] when the file cannot be read.
    fn events(&self, file: &Path, zone: Tz) -> Result<Vec<Event>, SourceError>;

    /// The files that a table of `[[target.outputs.export]]` describes. It checks the settings and writes nothing. None
    /// is known, unless the command behind the service knows more.
    ///
    /// # Errors
    /// [`SourceError`] names the setting that is wrong.
    fn output(
        &self,
        target: &Target,
        _settings: &toml::Table,
    ) -> Result<Box<dyn Output>, SourceError> {
        let what = format!("{} has an export, but nothing here writes one", target.name);
        Err(SourceError::new(what, "leave it out"))
    }
}
