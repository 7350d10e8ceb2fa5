//! Everything needed to repeat a run, taken from the command line as it was understood.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value};

/// Options that change how a result is shown, and not what it is.
const SHOWING: [&str; 8] =
    ["output", "config", "color", "quiet", "verbose", "threads", "help", "version"];

/// The settings of a command: its name, the version, and every option with its value.
pub fn of(command: &Command, matches: &ArgMatches) -> Map<String, Value> {
    let mut settings = Map::new();
    settings.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
    let mut names = Vec::new();
    let (mut command, mut matches) = (command, matches);
    while let Some((name, below)) = matches.subcommand() {
        names.push(name);
        command = command.find_subcommand(name).unwrap_or(command);
        matches = below;
    }
    settings.insert("command".to_owned(), names.join(" ").into());
    for arg in command.get_arguments().filter(|arg| !SHOWING.contains(&arg.get_id().as_str())) {
        if let Some(value) = value_of(arg, matches) {
            settings.insert(name_of(arg), value);
        }
    }
    settings
}

fn name_of(arg: &Arg) -> String {
    let name = arg.get_long().unwrap_or(arg.get_id().as_str());
    name.replace('-', "_")
}

fn value_of(arg: &Arg, matches: &ArgMatches) -> Option<Value> {
    let raw = matches.try_get_raw(arg.get_id().as_str()).ok()??;
    let mut values: Vec<Value> = raw.map(|text| plain(&text.to_string_lossy())).collect();
    if matches!(arg.get_action(), ArgAction::Append) || values.len() > 1 {
        return Some(values.into());
    }
    values.pop()
}

/// A number where the text is one, so that settings read as they were meant.
fn plain(text: &str) -> Value {
    match text {
        "true" => true.into(),
        "false" => false.into(),
        _ => text
            .parse::<u64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(Value::from))
            .unwrap_or_else(|_| text.into()),
    }
}
