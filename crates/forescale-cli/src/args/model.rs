//! `train`, `models`, and the choice between a history and a model.

use std::path::PathBuf;

use chrono::TimeDelta;
use clap::{Args, Subcommand};

use super::history::{EngineArgs, HistoryArgs};
use super::values;

/// A history to learn from, or a model that has learnt.
#[derive(Debug, Clone, Args)]
pub struct Source {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY", required_unless_present = "model")]
    pub input: Option<String>,
    /// Trained model to forecast with, instead of a history to learn from.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub model: Option<PathBuf>,
    /// Newer history for the model to forecast from [default: what it was trained on].
    #[arg(long, value_name = "RECENT", requires = "model", conflicts_with = "input")]
    pub history: Option<String>,
}

/// `train`.
#[derive(Debug, Clone, Args)]
pub struct TrainArgs {
    /// Load history: CSV or Parquet, plain or gzip, or - for standard input.
    #[arg(value_name = "HISTORY")]
    pub input: String,
    /// Where to write the model [default: models/ and the name of the history].
    #[arg(long, value_name = "FILE")]
    pub model: Option<PathBuf>,
    /// The farthest horizon the model is made for.
    #[arg(long, value_name = "SPAN", default_value = "24h", value_parser = values::span)]
    pub horizon: TimeDelta,
    /// How the history is read.
    #[command(flatten)]
    pub reading: HistoryArgs,
    /// What learns from it.
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// `models`.
#[derive(Debug, Clone, Args)]
pub struct ModelsArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ModelsCommand,
    /// Folder of the models.
    #[arg(long, global = true, value_name = "FOLDER", default_value = "models")]
    pub dir: PathBuf,
}

/// What is done with trained models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// List the models of the folder.
    List,
    /// Show the card of a model.
    Show(Named),
    /// Remove a model and its card.
    Remove(Named),
}

/// A model by its name.
#[derive(Debug, Clone, Args)]
pub struct Named {
    /// Name of the model in the folder.
    pub name: String,
}
