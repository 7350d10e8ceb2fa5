//! The files of settings and the environment: both become defaults of the options.
//!
//! clap itself then prefers a flag over the environment and the environment over a default.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::builder::ArgPredicate;
use clap::{Arg, ArgAction, Command};
use toml::{Table, Value};

use crate::failure::Failure;

/// Options that exclude each other: a flag for one makes the other's default disappear.
const EXCLUSIVE: [(&str, &str); 3] =
    [("levels", "quantiles"), ("budget", "violation_price"), ("cpu", "measured_query")];

/// Where the configuration file is, if one is named on the command line or in the environment.
pub fn file_of(arguments: &[OsString], environment: Option<OsString>) -> Option<PathBuf> {
    let words: Vec<_> = arguments.iter().take_while(|word| *word != "--").collect();
    for (at, word) in words.iter().enumerate() {
        if *word == "--config" {
            return words.get(at + 1).map(PathBuf::from);
        }
        if let Some(file) = word.to_str().and_then(|word| word.strip_prefix("--config=")) {
            return Some(PathBuf::from(file));
        }
    }
    environment.filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The files of settings, the strongest last: the one that is named, or else that of the user and that of the folder.
pub fn files_of(arguments: &[OsString]) -> Vec<PathBuf> {
    if let Some(file) = file_of(arguments, std::env::var_os("FORESCALE_CONFIG")) {
        return vec![file];
    }
    let path = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    let home = || path("HOME").map(|home| PathBuf::from(home).join(".config"));
    let settings = path("XDG_CONFIG_HOME").map(PathBuf::from).or_else(home);
    let user = settings.map(|settings| settings.join("forescale/config.toml"));
    user.into_iter().chain([".forescale.toml".into()]).filter(|file| file.is_file()).collect()
}

/// Whether the configuration is that of a service, and not of options.
pub fn is_of_a_service(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    words.into_iter().any(|word| word == "serve" || word == "doctor")
}

/// The command with the environment's names on its options and the values of `files` as their defaults.
///
/// # Errors
/// A file that cannot be read is an unavailable source; a broken one or an unknown key is a mistake in usage.
pub fn apply(command: Command, files: &[PathBuf]) -> Result<Command, Failure> {
    if files.is_empty() {
        return configured(command, &Table::new(), "");
    }
    let one =
        |command, file: &PathBuf| configured(command, &read(file)?, &file.display().to_string());
    files.iter().try_fold(command, one)
}

/// The same with the content of the file called `file`.
fn configured(command: Command, table: &Table, file: &str) -> Result<Command, Failure> {
    check_keys(&command, table, file)?;
    let top: Vec<(String, Value)> =
        table.iter().filter(|(_, value)| !value.is_table()).map(own).collect();
    let mut command = with_values(with_environment(command), &top)?;
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().into()).collect();
    for name in names {
        let section = table.get(&name).and_then(Value::as_table);
        let mut values = top.clone();
        values.extend(section.into_iter().flatten().map(own));
        let sub = command.find_subcommand_mut(&name).expect("the name was just listed");
        *sub = with_nested(std::mem::take(sub), &values)?;
    }
    Ok(command)
}

fn own((key, value): (&String, &Value)) -> (String, Value) {
    (key.clone(), value.clone())
}

pub fn read(file: &Path) -> Result<Table, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::unavailable(format!("cannot read the configuration {}: {error}", file.display()))
    })?;
    text.parse::<Table>().map_err(|error| {
        Failure::usage(format!("the configuration {} is not TOML: {error}", file.display()))
    })
}

fn check_keys(command: &Command, table: &Table, file: &str) -> Result<(), Failure> {
    let everything = keys_of(command, true);
    for (key, value) in table {
        match value.as_table() {
            Some(section) => {
                let Some(sub) = command.find_subcommand(key) else {
                    return Err(unknown(key, command_names(command), file));
                };
                let known = keys_of(sub, true);
                if let Some(key) = section.keys().find(|key| !known.contains(key)) {
                    return Err(unknown(key, known, file));
                }
            }
            None if !everything.contains(key) => return Err(unknown(key, everything, file)),
            None => {}
        }
    }
    Ok(())
}

fn command_names(command: &Command) -> Vec<String> {
    command.get_subcommands().map(|sub| sub.get_name().to_owned()).collect()
}

/// The long names of a command's options, with those of the commands below it.
fn keys_of(command: &Command, deep: bool) -> Vec<String> {
    let own = command.get_arguments().filter(|arg| settable(arg)).filter_map(Arg::get_long);
    let mut keys: Vec<String> = own.map(str::to_owned).collect();
    if deep {
        for sub in command.get_subcommands() {
            keys.extend(keys_of(sub, true));
        }
    }
    keys
}

/// Everything with a long name, but what would make no sense as a lasting setting.
pub fn settable(arg: &Arg) -> bool {
    !matches!(arg.get_long(), None | Some("config" | "help" | "version"))
}

fn unknown(key: &str, known: Vec<String>, file: &str) -> Failure {
    let nearest = known
        .iter()
        .map(|name| (strsim::jaro_winkler(key, name), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(likeness, _)| *likeness > 0.7);
    let failure = Failure::usage(format!("unknown key {key:?} in the configuration {file}"));
    match nearest {
        Some((_, name)) => failure.hint(format!("did you mean {name:?}?")),
        None => failure.hint("keys are the long options, as in forescale plan --help"),
    }
}

fn with_environment(command: Command) -> Command {
    command.mut_args(|arg| {
        let name = arg.get_long().filter(|_| settable(&arg)).map(environment_name);
        match name {
            Some(name) => arg.env(name).hide_env(true),
            None => arg,
        }
    })
}

/// The variable of the environment for an option.
pub fn environment_name(long: &str) -> String {
    format!("FORESCALE_{}", long.replace('-', "_").to_uppercase())
}

fn with_nested(command: Command, values: &[(String, Value)]) -> Result<Command, Failure> {
    let mut command = with_values(with_environment(command), values)?;
    for name in command_names(&command) {
        let sub = command.find_subcommand_mut(&name).expect("the name was just listed");
        *sub = with_values(with_environment(std::mem::take(sub)), values)?;
    }
    Ok(command)
}

fn with_values(mut command: Command, values: &[(String, Value)]) -> Result<Command, Failure> {
    for (key, value) in values {
        let id = command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(key))
            .map(|arg| (arg.get_id().clone(), matches!(arg.get_action(), ArgAction::Append)));
        let Some((id, list)) = id else { continue };
        let text = text_of(key, value)?;
        let rival = rival_of(id.as_str());
        command = command.mut_arg(id, |arg| {
            let arg = match list {
                true => arg.default_values(text.split(',').map(str::to_owned).collect::<Vec<_>>()),
                false => arg.default_value(text),
            };
            match rival {
                Some(rival) => {
                    arg.default_value_if(rival, ArgPredicate::IsPresent, None::<&'static str>)
                }
                None => arg,
            }
        });
    }
    Ok(command)
}

fn rival_of(id: &str) -> Option<&'static str> {
    EXCLUSIVE.iter().find_map(|(a, b)| match id {
        _ if id == *a => Some(*b),
        _ if id == *b => Some(*a),
        _ => None,
    })
}

/// A value as it would be written on the command line.
pub fn text_of(key: &str, value: &Value) -> Result<String, Failure> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(_) | Value::Float(_) | Value::Boolean(_) | Value::Datetime(_) => {
            Ok(value.to_string())
        }
        Value::Array(items) => {
            let texts: Result<Vec<String>, Failure> =
                items.iter().map(|item| text_of(key, item)).collect();
            texts.map(|texts| texts.join(","))
        }
        Value::Table(_) => Err(Failure::usage(format!("the key {key:?} should hold a value"))),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, FromArgMatches};

    use super::*;
    use crate::args::{Cli, Command as Chosen, ForecastArgs};

    fn forecast(toml: &str, words: &[&str]) -> ForecastArgs {
        let table = toml.parse().unwrap();
        let command = configured(Cli::command(), &table, "forescale.toml").unwrap();
        let words = [&["forescale", "forecast", "load.csv"], words].concat();
        let matches = command.try_get_matches_from(words).unwrap();
        match Cli::from_arg_matches(&matches).unwrap().command {
            Chosen::Forecast(args) => args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_flag_wins_over_the_section_and_the_section_over_the_top() {
        let toml = "horizon = \"2h\"\nseed = 7\n[forecast]\nhorizon = \"3h\"\n";
        let args = forecast(toml, &[]);
        assert_eq!((args.horizon.horizon.num_hours(), args.engine.chance.seed), (3, 7));
        assert_eq!(forecast(toml, &["--horizon", "4h"]).horizon.horizon.num_hours(), 4);
    }

    #[test]
    fn a_flag_drops_what_it_excludes_from_the_file() {
        let args = forecast("quantiles = [0.1, 0.9]\n", &[]);
        assert_eq!(args.quantiles.len(), 2);
        let args = forecast("quantiles = [0.1, 0.9]\n", &["--levels", "50"]);
        assert_eq!((args.levels.len(), args.quantiles.len()), (1, 0));
    }

    #[test]
    fn a_query_drops_the_cpu_of_the_file() {
        let table = "[export]\ncpu = 70\n".parse().unwrap();
        let command = configured(Cli::command(), &table, "forescale.toml").unwrap();
        let words = |more: &str| {
            let line = format!("forescale export plan.json --to keda-external --name shop {more}");
            let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            let matches = command.clone().try_get_matches_from(words).unwrap();
            match Cli::from_arg_matches(&matches).unwrap().command {
                Chosen::Export(args) => args,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(words("").cpu, Some(70));
        assert_eq!(words("--measured-query up --per-instance 5").cpu, None);
    }

    #[test]
    fn the_file_is_found_before_the_words_are_read() {
        let words = |words: &[&str]| words.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(file_of(&words(&["forescale", "--config", "a"]), None), Some("a".into()));
        assert_eq!(file_of(&words(&["forescale", "--config=b"]), None), Some("b".into()));
        assert_eq!(file_of(&words(&["forescale", "--", "--config=b"]), None), None);
        assert_eq!(file_of(&words(&["forescale"]), Some("c".into())), Some("c".into()));
    }
}
