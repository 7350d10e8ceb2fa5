//! Which settings hold, and where each comes from.

use std::fmt;
use std::path::PathBuf;

use clap::{Arg, Command};
use toml::Table;

use crate::config::{environment_name, is_a_service, read, rivals, settable, text_of};
use crate::failure::Failure;

/// A setting of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its long option.
    pub name: String,
    /// As it would be written on the command line; nothing when it is not set.
    pub value: Option<String>,
    /// Where the value comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment.
    Environment(String),
    /// A file, and the section in it.
    File(PathBuf, Option<String>),
    /// The command itself.
    Default,
    /// Nowhere.
    Unset,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "{name} in the environment"),
            Self::File(file, None) => write!(f, "{}", file.display()),
            Self::File(file, Some(section)) => write!(f, "{} [{section}]", file.display()),
            Self::Default => f.write_str("default"),
            Self::Unset => f.write_str("not set"),
        }
    }
}

/// The settings of the command that the words `of` name, as `files` and `environment` have them, the strongest file
/// last; without words what these set for any command.
///
/// # Errors
/// A command that does not exist, and files that cannot be read.
pub fn settings(
    command: Command,
    of: &[String],
    files: &[PathBuf],
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Setting>, Failure> {
    // A service and its doctor go by the configuration of the service alone.
    let alone = of.first().is_some_and(|name| is_a_service(name));
    let files = files.iter().filter(|_| !alone);
    let tables = files.map(|file| Ok((file.clone(), read(file)?)));
    let tables = tables.collect::<Result<Vec<_>, Failure>>()?;
    let place = Place { tables: &tables, environment };
    let mut all = Vec::new();
    let general: Vec<Arg> = command.get_arguments().cloned().collect();
    let section = of.first().map(String::as_str);
    for arg in &general {
        all.push(place.setting(section, arg)?);
    }
    match section {
        Some(_) => place.add(section, named(&command, of)?, &mut all)?,
        None => {
            for sub in command.get_subcommands().filter(|sub| !is_a_service(sub.get_name())) {
                place.add_deep(Some(sub.get_name()), sub, &mut all)?;
            }
            all.retain(|setting| {
                matches!(setting.origin, Origin::Environment(_) | Origin::File(..))
            });
        }
    }
    all.retain(|setting| !setting.name.is_empty());
    let mut seen: Vec<Setting> = Vec::new();
    for setting in all {
        if !seen.contains(&setting) {
            seen.push(setting);
        }
    }
    Ok(seen)
}

/// The command that `words` name.
fn named<'c>(command: &'c Command, words: &[String]) -> Result<&'c Command, Failure> {
    words.iter().try_fold(command, |command, word| {
        command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            Failure::usage(format!("there is no command {word:?} in {}", command.get_name()))
                .hint(format!("its commands are: {}", known.join(", ")))
        })
    })
}

/// Where values may come from.
struct Place<'p> {
    tables: &'p [(PathBuf, Table)],
    environment: &'p dyn Fn(&str) -> Option<String>,
}

impl Place<'_> {
    fn add_deep(
        &self,
        section: Option<&str>,
        command: &Command,
        all: &mut Vec<Setting>,
    ) -> Result<(), Failure> {
        self.add(section, command, all)?;
        command.get_subcommands().try_for_each(|sub| self.add_deep(section, sub, all))
    }

    fn add(
        &self,
        section: Option<&str>,
        command: &Command,
        all: &mut Vec<Setting>,
    ) -> Result<(), Failure> {
        for arg in command.get_arguments() {
            all.push(self.setting(section, arg)?);
        }
        Ok(())
    }

    /// What holds for `arg` of a command in `section`; without a name for what is no setting.
    fn setting(&self, section: Option<&str>, arg: &Arg) -> Result<Setting, Failure> {
        let name = arg.get_long().filter(|_| settable(arg)).unwrap_or_default().to_owned();
        let variable = environment_name(&name);
        let (value, origin) = if let Some(value) = (self.environment)(&variable) {
            (Some(value), Origin::Environment(variable))
        } else if let Some((value, origin)) = self.of_a_file(section, &name)? {
            (Some(value), origin)
        } else {
            let defaults = arg.get_default_values().iter();
            let defaults: Vec<_> = defaults.map(|value| value.to_string_lossy()).collect();
            match defaults.is_empty() || name.is_empty() {
                true => (None, Origin::Unset),
                false => (Some(defaults.join(",")), Origin::Default),
            }
        };
        Ok(Setting { name, value, origin })
    }

    /// The value of the strongest file that has one, its section before what stands at the top.
    fn of_a_file(
        &self,
        section: Option<&str>,
        name: &str,
    ) -> Result<Option<(String, Origin)>, Failure> {
        for (file, table) in self.tables.iter().rev() {
            let inner = section.and_then(|section| table.get(section)?.as_table()?.get(name));
            if let Some(value) = inner {
                let origin = Origin::File(file.clone(), section.map(str::to_owned));
                return Ok(Some((text_of(name, value)?, origin)));
            }
            if let Some(value) = table.get(name).filter(|value| !value.is_table()) {
                return Ok(Some((text_of(name, value)?, Origin::File(file.clone(), None))));
            }
            // What excludes it hides what a weaker file says.
            let inner = section.and_then(|section| table.get(section)?.as_table());
            let mut keys = [Some(table), inner].into_iter().flatten().flat_map(Table::keys);
            if keys.any(|key| rivals(key, name)) {
                return Ok(None);
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    fn shown(of: &[&str], files: &[PathBuf], environment: &[(&str, &str)]) -> Vec<Setting> {
        let of: Vec<String> = of.iter().map(|word| (*word).to_owned()).collect();
        let given = |name: &str| {
            let found = environment.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        settings(Cli::command(), &of, files, &given).unwrap()
    }

    fn written(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file
    }

    #[test]
    fn each_value_has_the_strongest_origin() {
        let folder = tempfile::tempdir().unwrap();
        let user = written(&folder, "user.toml", "capacity = 5\nmax = 9\nseed = 3\n");
        let here = written(&folder, "here.toml", "max = 20\n[plan]\nseed = 4\n");
        let all = shown(
            &["plan"],
            &[user.clone(), here.clone()],
            &[("FORESCALE_HORIZON", "2h"), ("FORESCALE_MAX", "30")],
        );
        let of = |name: &str| {
            let setting = all.iter().find(|setting| setting.name == name).unwrap();
            (setting.value.as_deref(), setting.origin.to_string())
        };
        assert_eq!(of("max"), (Some("30"), "FORESCALE_MAX in the environment".to_owned()));
        assert_eq!(of("horizon"), (Some("2h"), "FORESCALE_HORIZON in the environment".to_owned()));
        assert_eq!(of("seed"), (Some("4"), format!("{} [plan]", here.display())));
        assert_eq!(of("capacity"), (Some("5"), user.display().to_string()));
        assert_eq!(of("output"), (Some("table"), "default".to_owned()));
        assert_eq!(of("holidays"), (None, "not set".to_owned()));
    }

    #[test]
    fn what_a_stronger_file_excludes_is_not_taken_from_a_weaker_one() {
        let folder = tempfile::tempdir().unwrap();
        let user = written(&folder, "user.toml", "budget = 0.01\n");
        let here = written(&folder, "here.toml", "[plan]\nviolation-price = 5\n");
        let of = |command: &str, name: &str| {
            let all = shown(&[command], &[user.clone(), here.clone()], &[]);
            let setting = all.into_iter().find(|setting| setting.name == name);
            setting.and_then(|setting| setting.value)
        };
        assert_eq!((of("plan", "budget"), of("plan", "violation-price")), (None, Some("5".into())));
        assert_eq!(of("replay", "budget").as_deref(), Some("0.01"));
    }

    #[test]
    fn a_service_goes_by_its_own_configuration_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(&folder, "a.toml", "[serve]\nlog = \"json\"\n");
        let all = shown(&["serve"], std::slice::from_ref(&file), &[]);
        let log = all.iter().find(|setting| setting.name == "log").unwrap();
        assert_eq!(log.value.as_deref(), Some("text"));
        assert!(shown(&[], &[file], &[]).is_empty());
    }

    #[test]
    fn without_a_command_only_what_is_set_is_listed_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = written(&folder, "a.toml", "max = 20\n[forecast]\nhorizon = \"1h\"\n");
        let all = shown(&[], std::slice::from_ref(&file), &[]);
        let names: Vec<_> = all.iter().map(|setting| setting.name.as_str()).collect();
        assert_eq!(names, ["max", "horizon"]);
        assert!(shown(&[], &[], &[]).is_empty());
    }

    #[test]
    fn a_command_that_is_not_there_is_an_error_with_those_that_are() {
        let words = ["fleet".to_owned(), "plam".to_owned()];
        let error = settings(Cli::command(), &words, &[], &|_| None).unwrap_err();
        assert!(error.parts().0.contains("\"plam\" in fleet"), "{error:?}");
        assert!(error.parts().1.contains("plan, "), "{error:?}");
    }
}
