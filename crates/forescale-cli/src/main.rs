//! The `forescale` command: reads, asks the engine, and shows what it answers. Nothing is computed here.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches};
use serde_json::{Map, Value};

mod args;
mod calendar;
mod columns;
mod commands;
mod config;
mod engine;
mod exports;
mod failure;
mod fleet;
mod fleet_job;
mod input;
mod live;
mod named;
mod origins;
mod output;
mod parquet;
mod peers;
mod settings;
mod simulated;
mod store;
mod terminal;
mod weigh;

use args::{Cli, Command};
use commands::Context;
use failure::Failure;
use terminal::Terminal;

/// The exit code of a command that was interrupted.
const INTERRUPTED: i32 = 130;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let (cli, settings) = match parse(&arguments) {
        Ok(parsed) => parsed,
        Err(code) => return code,
    };
    // Without a handler an interrupt kills the process, which a shell reports as 130 too, but a parent does not. A
    // service ends what is under way first.
    if !matches!(cli.command, Command::Serve(_)) {
        let handled = ctrlc::set_handler(|| std::process::exit(INTERRUPTED));
        debug_assert!(handled.is_ok(), "the handler is set once");
    }
    let terminal = Terminal::of(&cli.global);
    match run(cli, settings, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => report(&failure, terminal.error_color),
    }
}

/// Reads the command line over the environment over the files of settings.
fn parse(arguments: &[OsString]) -> Result<(Cli, Map<String, Value>), ExitCode> {
    let color = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let files = match config::is_of_a_service(arguments) {
        true => Vec::new(),
        false => config::files_of(arguments),
    };
    let mut command =
        config::apply(Cli::command(), &files).map_err(|failure| report(&failure, color))?;
    let parsed = command.try_get_matches_from_mut(arguments).and_then(|matches| {
        Ok((Cli::from_arg_matches(&matches)?, settings::of(&command, &matches)))
    });
    parsed.map_err(|error| {
        // A closed pipe is no reason to complain about help.
        let _ = error.print();
        match error.kind() {
            ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
            _ => ExitCode::from(2),
        }
    })
}

fn report(failure: &Failure, color: bool) -> ExitCode {
    if let Some(text) = failure.text(color) {
        eprintln!("{text}");
    }
    failure.code()
}

fn run(cli: Cli, settings: Map<String, Value>, terminal: Terminal) -> Result<(), Failure> {
    let global = cli.global;
    if let Some(threads) = global.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(usize::from(threads))
            .build_global()
            .map_err(|error| Failure::failed(format!("cannot start {threads} threads: {error}")))?;
    }
    let context = Context {
        form: global.output,
        terminal,
        threads: global.threads.map(usize::from),
        settings,
    };
    match cli.command {
        Command::Plan(args) => commands::plan::run(&args, context),
        Command::Forecast(args) => commands::forecast::run(&args, context),
        Command::Train(args) => commands::train::run(&args, context),
        Command::Backtest(args) => commands::backtest::run(&args, context),
        Command::Advise(args) => commands::advise::run(&args, context),
        Command::Replay(args) => commands::replay::run(&args, context),
        Command::Decide(args) => commands::decide::run(&args, context),
        Command::Identify(args) => commands::identify::run(&args, context),
        Command::TrainPolicy(args) => commands::train_policy::run(&args, context),
        Command::Scenario(args) => commands::scenario::run(&args, context),
        Command::Explain(args) => commands::explain::run(&args, context),
        Command::Models(args) => commands::models::run(&args, context),
        Command::Data(args) => commands::data::run(&args, context),
        Command::Serve(args) => commands::serve::run(global.config.as_deref(), args.log),
        Command::Doctor => commands::serve::doctor(global.config.as_deref(), context),
        Command::Fleet(args) => commands::fleet::run(&args, context),
        Command::Export(args) => commands::export::run(&args, &context),
        Command::Config(args) => commands::config::run(&args, context),
        Command::Completions(args) => commands::completions::run(&args),
        Command::Man(args) => commands::man::run(&args, &context),
    }
}
