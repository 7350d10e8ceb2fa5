//! The engine behind the commands: trains with progress, and turns its errors into ways out.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale::{Calendar, EngineError, EngineOptions, LoadSeries, Model, PlanError, Progress};
use indicatif::{ProgressBar, ProgressStyle};

use crate::args::EngineArgs;
use crate::commands::Context;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Trains on a history.
///
/// # Errors
/// When a predictor is unknown or the horizon has too many steps.
pub fn train(
    series: &LoadSeries,
    args: &EngineArgs,
    horizon: TimeDelta,
    calendar: &Arc<Calendar>,
    context: &Context,
) -> Result<Model, Failure> {
    let terminal = context.terminal;
    let bar = bar(terminal, "training predictors");
    let tell = |progress: Progress| {
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
    };
    let model =
        forescale::train_with_progress(series, &options(args, horizon, calendar, context), &tell)?;
    bar.finish_and_clear();
    if let Some(report) = &model.card().report {
        terminal.detail(&format!("{} origins: {}", report.origins, report.gate.reason));
        for member in report.members.iter().filter(|member| member.left_out.is_some()) {
            let reason = member.left_out.as_deref().unwrap_or_default();
            terminal.detail(&format!("{} is left out: {reason}", member.name));
        }
    }
    Ok(model)
}

/// A bar on standard error, drawn where it is a terminal.
pub fn bar(terminal: Terminal, what: &'static str) -> ProgressBar {
    drawn(terminal, what, "{msg} {wide_bar} {pos}/{len} {eta}")
}

/// The same for bytes that are read.
pub fn bytes(terminal: Terminal, what: &'static str) -> ProgressBar {
    drawn(terminal, what, "{msg} {wide_bar} {bytes}/{total_bytes} {eta}")
}

fn drawn(terminal: Terminal, what: &'static str, template: &str) -> ProgressBar {
    if !terminal.progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(1).with_message(what);
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// The engine's options, as the command line has them.
pub fn options(
    args: &EngineArgs,
    horizon: TimeDelta,
    calendar: &Arc<Calendar>,
    context: &Context,
) -> EngineOptions {
    EngineOptions {
        predictors: args.predictors.clone(),
        seed: args.chance.seed,
        calendar: Arc::clone(calendar),
        horizon,
        threads: context.threads,
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let text = error.to_string();
        match error {
            EngineError::UnknownPredictor { .. } => {
                Self::usage(text).hint("pass some of them to --predictors, or leave it out for all")
            }
            EngineError::Unit(_) => {
                Self::usage(text).hint("pass a shorter --horizon, or a coarser --step")
            }
            EngineError::Step { trained, .. } => Self::usage(text)
                .hint(format!("leave out --step, or pass --step {trained}; or train a new model")),
            EngineError::Stale { .. } => Self::refused(text).hint(
                "pass newer history, or an earlier --now: nothing says what happened in between",
            ),
            EngineError::TooEarly { .. } => {
                Self::usage(text).hint("pass a later --now, or none to begin after the last sample")
            }
            EngineError::Backtest { .. } => Self::failed(text).hint("pass a longer history"),
            _ => Self::failed(text),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}
