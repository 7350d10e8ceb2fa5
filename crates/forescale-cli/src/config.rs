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

/// The file of a folder.
const HERE: &str = ".forescale.toml";

/// Options that name what is written.
const WRITES: [&str; 2] = ["out", "report"];

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
    user.into_iter().chain([HERE.into()]).filter(|file| file.is_file()).collect()
}

/// Whether the configuration is that of a service, and not of options.
pub fn is_of_a_service(arguments: &[OsString]) -> bool {
    let words = arguments.iter().skip(1).take_while(|word| *word != "--");
    words.into_iter().any(|word| word.to_str().is_some_and(is_a_service))
}

/// Whether the command called so goes by the configuration of a service.
pub fn is_a_service(name: &str) -> bool {
    matches!(name, "serve" | "doctor")
}

/// The command with the environment's names on its options and the values of `files` as their defaults.
///
/// # Errors
/// A file that cannot be read is an unavailable source; a broken one or an unknown key is a mistake in usage.
pub fn apply(command: Command, files: &[PathBuf]) -> Result<Command, Failure> {
    let tables = files.iter().map(|file| {
        let table = read(file)?;
        check_keys(&command, &table, &file.display().to_string())?;
        if file == Path::new(HERE) {
            refuse_writes(&table)?;
        }
        Ok(table)
    });
    let tables = tables.collect::<Result<Vec<_>, Failure>>()?;
    configured(command, &tables)
}

/// Refuses a file that nobody has named to say what is overwritten: it may have come with the folder.
fn refuse_writes(table: &Table) -> Result<(), Failure> {
    let sections = table.values().filter_map(Value::as_table);
    let mut keys = std::iter::once(table).chain(sections).flat_map(Table::keys);
    match keys.find(|key| WRITES.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Failure::usage(format!("{HERE} sets {key}, which names what is written"))
            .hint(format!("pass --config {HERE} if that is meant, or leave it out"))),
    }
}

/// The same with the content of files, the strongest last.
fn configured(command: Command, tables: &[Table]) -> Result<Command, Failure> {
    let mut command = with_values(with_environment(command), &values_of(tables, None))?;
    let names: Vec<String> = command.get_subcommands().map(|sub| sub.get_name().into()).collect();
    for name in names {
        let values = values_of(tables, Some(&name));
        let sub = command.find_subcommand_mut(&name).expect("the name was just listed");
        *sub = with_nested(std::mem::take(sub), &values)?;
    }
    Ok(command)
}

/// What `tables` say for the command of a section, its own after what stands at the top. What a stronger table sets, and
/// what that excludes, is not taken from a weaker one.
fn values_of(tables: &[Table], section: Option<&str>) -> Vec<(String, Value)> {
    let mut all: Vec<(String, Value)> = Vec::new();
    for table in tables {
        let top = table.iter().filter(|(_, value)| !value.is_table());
        let inner = section.and_then(|section| table.get(section)?.as_table());
        let new: Vec<_> = top.chain(inner.into_iter().flatten()).map(own).collect();
        all.retain(|(key, _)| !new.iter().any(|(other, _)| key == other || rivals(key, other)));
        all.extend(new);
    }
    all
}

/// Whether the options called so exclude each other.
pub fn rivals(one: &str, other: &str) -> bool {
    rival_of(&one.replace('-', "_")) == Some(&other.replace('-', "_"))
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
        let command = configured(Cli::command(), &[table]).unwrap();
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
        let command = configured(Cli::command(), &[table]).unwrap();
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
    fn a_stronger_file_drops_what_it_excludes_from_a_weaker_one() {
        let tables = ["budget = 0.01\nmax = 9\n", "violation-price = 5\n"];
        let tables = tables.map(|text| text.parse::<Table>().unwrap());
        let values = values_of(&tables, Some("plan"));
        let names: Vec<_> = values.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(names, ["max", "violation-price"]);
    }

    #[test]
    fn a_file_that_came_with_the_folder_overwrites_nothing() {
        for text in ["report = \"a.html\"\n", "[train]\nout = \"a.model\"\n"] {
            let error = refuse_writes(&text.parse().unwrap()).unwrap_err();
            assert!(error.parts().0.contains("which names what is written"), "{error:?}");
        }
        assert!(refuse_writes(&"max = 3\n[plan]\nmin = 2\n".parse().unwrap()).is_ok());
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
