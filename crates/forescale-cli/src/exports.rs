//! Exports that a service writes anew with every plan: the options of `forescale export` as keys of a table.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::{CommandFactory, FromArgMatches, Parser};
use forescale_server::{Mode, Output, SourceError, Target};

use crate::args::{ExportArgs, ExportTo};
use crate::commands::export::{files, hand_over};
use crate::failure::Failure;

/// Options that make no sense for a service, or that the target says already.
const NOT_HERE: [&str; 5] = ["plan", "diff", "now", "full", "forecast"];

/// What to do about a key that is wrong.
const HINT: &str = "the keys are the options of `forescale export`, and out is the folder";

/// `forescale export` on its own, to read its options from a table.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Alone {
    #[command(flatten)]
    args: ExportArgs,
}

/// The files of an export.
struct Export {
    args: ExportArgs,
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Output for Export {
    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn write(&self, plan: &str, held: bool, now: DateTime<Utc>) -> Result<(), SourceError> {
        if held && self.args.to == ExportTo::Openmetrics {
            // Nothing scales by a record of what was expected.
            return Ok(());
        }
        hand_over(&self.args, &self.folder, plan, held, now).map_err(|failure| told(&failure))
    }
}

/// The export that `settings` describe for `target`; its folder begins at `folder`. What the target says already is
/// the default: name, zone, fewest and most instances. It follows the plan down if the target is `full`.
///
/// # Errors
/// [`SourceError`] names the key that is wrong or missing.
pub fn export(
    folder: &Path,
    target: &Target,
    settings: &toml::Table,
) -> Result<Box<dyn Output>, SourceError> {
    let wrong =
        |what: String| SourceError::new(format!("the export of {}: {what}", target.name), HINT);
    let mut args = read(&filled(target, settings)).map_err(wrong)?;
    args.full = target.mode == Mode::Full;
    let out = args.out.as_ref().ok_or_else(|| wrong("out is missing".to_owned()))?;
    let folder = folder.join(out);
    let files = files(&args).map_err(|failure| {
        let SourceError { message, hint } = told(&failure);
        SourceError::new(format!("the export of {}: {message}", target.name), hint)
    })?;
    let files = files.iter().map(|name| folder.join(name)).collect();
    Ok(Box::new(Export { args, folder, files }))
}

/// `settings` over what `target` says.
fn filled(target: &Target, settings: &toml::Table) -> toml::Table {
    let fleet = &target.fleet;
    let name = toml::Value::String(target.name.to_string());
    let mut all = toml::Table::from_iter([
        ("name".to_owned(), name.clone()),
        ("target".to_owned(), name),
        ("timezone".to_owned(), target.timezone.name().into()),
        ("min".to_owned(), fleet.min.into()),
    ]);
    all.extend(target.most_instances().map(|max| ("max".to_owned(), max.into())));
    all.extend(settings.clone());
    all
}

/// The options that `table` holds.
fn read(table: &toml::Table) -> Result<ExportArgs, String> {
    let command = Alone::command();
    let known = |key: &str| command.get_arguments().any(|option| option.get_long() == Some(key));
    // The plan comes from the service.
    let mut words = vec!["-".to_owned()];
    for (key, value) in table {
        match value {
            _ if NOT_HERE.contains(&key.as_str()) || !known(key) => {
                return Err(format!("there is no key {key}"));
            }
            toml::Value::Boolean(true) => words.push(format!("--{key}")),
            toml::Value::Boolean(false) => {}
            toml::Value::String(text) => words.push(format!("--{key}={text}")),
            toml::Value::Integer(_) | toml::Value::Float(_) => {
                words.push(format!("--{key}={value}"));
            }
            other => return Err(format!("{key} should be a text or a number, but is {other}")),
        }
    }
    let said = |error: clap::Error| {
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        first.trim_start_matches("error: ").to_owned()
    };
    let matches = command.try_get_matches_from(words).map_err(said)?;
    Alone::from_arg_matches(&matches).map(|alone| alone.args).map_err(said)
}

fn told(failure: &Failure) -> SourceError {
    let (message, hint) = failure.parts();
    SourceError::new(message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(mode: &str) -> Target {
        let text = format!(
            "name = \"web\"\nmode = \"{mode}\"\ntimezone = \"Europe/Berlin\"\n[source]\n[fleet]\ncapacity = 10.0\nmin = 2\nmax = 9\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn args(mode: &str, table: &str) -> Result<ExportArgs, String> {
        read(&filled(&target(mode), &toml::from_str(table).unwrap()))
    }

    #[test]
    fn a_target_fills_in_what_it_says_already() {
        let args = args("full", "to = \"keda-cron\"\nout = \"plans\"\ncpu = 70\nmax = 8").unwrap();
        assert_eq!(
            (args.name.as_str(), args.min, args.max, args.cpu),
            ("web", 2, Some(8), Some(70))
        );
        assert_eq!(args.timezone.name(), "Europe/Berlin");
    }

    #[test]
    fn a_key_that_is_wrong_is_named() {
        let wrong = |table: &str| args("floor", table).unwrap_err();
        assert_eq!(wrong("to = \"hpa\"\nfolder = \"x\""), "there is no key folder");
        assert_eq!(wrong("to = \"hpa\"\nnow = \"x\""), "there is no key now");
        // The mode of the target says it.
        assert_eq!(wrong("to = \"hpa\"\nfull = true"), "there is no key full");
        assert!(wrong("to = \"hpb\"").starts_with("invalid value 'hpb' for '--to"));
        assert!(wrong("out = \"x\"").starts_with("the following required arguments"));
        assert!(wrong("to = [1]").starts_with("to should be a text or a number"));
    }

    #[test]
    fn what_an_export_would_refuse_later_is_refused_before() {
        let made = |table: &str| {
            export(Path::new("/etc"), &target("floor"), &toml::from_str(table).unwrap())
        };
        let error = made("to = \"keda-external\"\nout = \"plans\"\ncpu = 70").err().unwrap();
        assert_eq!(error.message, "the export of web: KEDA has to know whom to ask");
        let error = made("to = \"hpa\"").err().unwrap();
        assert_eq!(error.message, "the export of web: out is missing");
        let made = made("to = \"hpa\"\nout = \"plans\"").ok().unwrap();
        assert_eq!(made.files(), [Path::new("/etc/plans/web-hpa.yaml")]);
    }
}
