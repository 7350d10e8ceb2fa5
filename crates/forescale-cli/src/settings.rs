//! Everything needed to repeat a run, taken from the command line as it was understood.

use clap::{Arg, ArgAction, ArgMatches, Command, CommandFactory};
use serde_json::{Map, Value};

use crate::args::Cli;

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

/// The options with which the command called `name` does what `settings` say, those left out that are its defaults, and
/// those that are in `but`.
pub fn options(settings: &Map<String, Value>, name: &str, but: &[&str]) -> String {
    let command = Cli::command();
    let command = command.find_subcommand(name);
    let args = command.into_iter().flat_map(Command::get_arguments);
    let mut text = String::new();
    for arg in args.filter(|arg| !SHOWING.contains(&arg.get_id().as_str())) {
        let Some(long) = arg.get_long().filter(|long| !but.contains(long)) else { continue };
        let Some(value) = settings.get(&name_of(arg)).filter(|value| !is_default(arg, value))
        else {
            continue;
        };
        match value {
            Value::Array(values) => {
                values
                    .iter()
                    .for_each(|value| text.push_str(&format!(" --{long} {}", word(value))));
            }
            Value::Bool(given) if matches!(arg.get_action(), ArgAction::SetTrue) => {
                text.push_str(&if *given { format!(" --{long}") } else { String::new() });
            }
            value => text.push_str(&format!(" --{long} {}", word(value))),
        }
    }
    text.trim_start().to_owned()
}

fn is_default(arg: &Arg, value: &Value) -> bool {
    let defaults: Vec<Value> =
        arg.get_default_values().iter().map(|text| plain(&text.to_string_lossy())).collect();
    match value {
        Value::Array(values) => *values == defaults,
        value => defaults.first() == Some(value),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), quoted)
}

/// Text as one word of a shell.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:,%".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
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

#[cfg(test)]
mod tests {
    use clap::FromArgMatches;

    use super::*;

    fn settings(words: &str) -> Map<String, Value> {
        let command = Cli::command();
        let matches = command.clone().try_get_matches_from(words.split(' ')).unwrap();
        Cli::from_arg_matches(&matches).unwrap();
        of(&command, &matches)
    }

    #[test]
    fn what_was_asked_of_one_command_is_asked_of_another() {
        let asked = settings(
            "forescale advise load.csv --capacity 20 --step 5m --startup 5m --load cpu --metric memory=mem --metric disk=io \
             --timezone Europe/Berlin --holidays DE --metric-latency 2m --drain 1m --seed 7 --slo-utilization 0.7 -q",
        );
        let decide = options(&asked, "decide", &[]);
        for option in [
            "--capacity 20",
            "--step 5m",
            "--load cpu",
            "--metric memory=mem",
            "--metric disk=io",
            "--timezone Europe/Berlin",
            "--holidays DE",
            "--metric-latency 2m",
            "--seed 7",
            "--slo-utilization 0.7",
        ] {
            assert!(decide.contains(option), "{option}: {decide}");
        }
        // What is a default there, what it does not know, and how results are shown.
        for option in ["--startup", "--drain", "--quiet"] {
            assert!(!decide.contains(option), "{option}: {decide}");
        }
        assert!(options(&asked, "replay", &[]).contains("--drain 1m"));
        assert!(!options(&asked, "decide", &["load"]).contains("--load"));
    }

    #[test]
    fn the_options_mean_the_same_again() {
        let words = "forescale advise load.csv --capacity 0.5 --startup 90s --min 3 --max 40 --budget 1% --events it's.csv";
        let asked = settings(words);
        let line = format!("forescale advise load.csv {}", options(&asked, "advise", &[]));
        let words: Vec<String> = shlex(&line);
        let command = Cli::command();
        let matches = command.clone().try_get_matches_from(words).unwrap();
        assert_eq!(of(&command, &matches), asked);
    }

    /// The words as a shell sees them.
    fn shlex(line: &str) -> Vec<String> {
        let script = format!("printf '%s\\n' {line}");
        let printed = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        String::from_utf8(printed.stdout).unwrap().lines().map(str::to_owned).collect()
    }
}
