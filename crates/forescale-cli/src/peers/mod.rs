//! Other libraries beside the engine in a backtest: `forescale backtest --compare`.
//!
//! A script that this command brings along runs in the user's Python. It forecasts from the same origins of the same
//! history, and what it prints is scored as the engine's own forecasts are.

mod answers;
mod child;
mod request;

use std::time::Duration;

use forescale::{Backtest, BacktestOptions, Calendar, LoadSeries, origins};
use serde_json::{Value, json};

use crate::args::CompareArgs;
use crate::commands::Context;
use crate::engine;
use crate::failure::Failure;
use answers::{Answers, Line, Roster};
use child::{Child, Silence};

/// Libraries that are at work while the engine is.
#[derive(Debug)]
pub struct Peers {
    child: Child,
    roster: Roster,
    origins: usize,
    python: String,
}

/// What is said about the libraries beside their scores.
#[derive(Debug)]
pub struct Compared {
    /// Library, version and CPU seconds of each peer.
    pub about: Value,
    /// Which libraries forecast, in a line for people.
    pub line: String,
    /// What is missing or was left out.
    pub warnings: Vec<String>,
}

/// Starts the libraries on `series` and returns once it is known which there are.
///
/// # Errors
/// When Python cannot be run, or has none of the libraries.
pub fn start(
    series: &LoadSeries,
    calendar: &Calendar,
    options: &BacktestOptions,
    args: &CompareArgs,
    seed: u64,
    context: &Context,
) -> Result<Peers, Failure> {
    let origins = origins(series, options)?;
    let request = request::request(series, calendar, &origins, seed, context.threads);
    let python = args.python.clone();
    let wait = Duration::from_secs(args.compare_timeout.num_seconds().unsigned_abs());
    let mut child = Child::start(&python, &request, wait)?;
    let line = child.line().map_err(|silence| not_ready(&python, &silence))?;
    let Some(Line::Roster(roster)) = Line::read(&line) else {
        return Err(no_answer(&python, &line));
    };
    if roster.installed().is_empty() {
        let names = roster.names().join(", ");
        return Err(Failure::unavailable(format!("{python} has none of {names}"))
            .hint(format!("{python} -m pip install {}", roster.names().join(" "))));
    }
    Ok(Peers { child, roster, origins: origins.origins.len(), python })
}

impl Peers {
    /// Waits for what is still missing and adds every library to the backtest.
    ///
    /// # Errors
    /// When what comes from Python is no answer.
    pub fn finish(
        mut self,
        series: &LoadSeries,
        backtest: &mut Backtest,
        context: &Context,
    ) -> Result<Compared, Failure> {
        let bar = engine::bar(context.terminal, "comparing");
        bar.set_length((self.roster.peers().len() * self.origins) as u64);
        let mut answers = Answers::new(&self.roster);
        loop {
            match self.child.line() {
                Ok(line) => match Line::read(&line) {
                    Some(Line::Answer(answer)) => answers.add(answer),
                    _ => return Err(no_answer(&self.python, &line)),
                },
                Err(silence) => {
                    answers.end(self.origins, &silence.reason(&self.python));
                    break;
                }
            }
            bar.set_position(answers.count() as u64);
        }
        bar.finish_and_clear();
        for peer in answers.peers() {
            backtest.add_peer(series, peer).map_err(|error| Failure::failed(error.to_string()))?;
        }
        Ok(self.compared(&answers))
    }

    fn compared(&self, answers: &Answers) -> Compared {
        let python = &self.python;
        let missing = self.roster.missing().into_iter().map(|library| {
            format!("{library} is not installed in {python}: {python} -m pip install {library}")
        });
        let installed = self.roster.installed();
        let versions: Vec<String> =
            installed.iter().map(|(library, version)| format!("{library} {version}")).collect();
        Compared {
            about: json!(answers.about(&installed)),
            line: format!(
                "compared with {} in {python}, on 28 days before each origin at most",
                versions.join(", ")
            ),
            warnings: missing.chain(answers.left_out()).collect(),
        }
    }
}

fn not_ready(python: &str, silence: &Silence) -> Failure {
    Failure::unavailable(silence.reason(python))
        .hint("pass a Python 3.9 or newer to --python, with lightgbm, statsforecast or prophet")
}

fn no_answer(python: &str, line: &str) -> Failure {
    let start: String = line.chars().take(80).collect();
    Failure::failed(format!("{python} should print forecasts, but printed {start:?}"))
        .hint("pass a Python 3.9 or newer to --python")
}
