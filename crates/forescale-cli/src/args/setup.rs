//! What is about the command itself: `config`, `man`, `completions`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::Shell;

/// `completions`.
#[derive(Debug, Clone, Args)]
pub struct CompletionsArgs {
    /// The shell.
    pub shell: Shell,
}

/// `man`.
#[derive(Debug, Clone, Args)]
pub struct ManArgs {
    /// Folder for a page of every command [default: the first page, on standard output].
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
}

/// `config`.
#[derive(Debug, Clone, Args)]
pub struct ConfigArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub command: ConfigCommand,
}

/// What is done with settings.
#[derive(Debug, Clone, Subcommand)]
pub enum ConfigCommand {
    /// List settings with their values.
    Show(ConfigShowArgs),
}

/// `config show`.
#[derive(Debug, Clone, Args)]
pub struct ConfigShowArgs {
    /// The command whose settings are listed, as in: forescale config show fleet plan [default: all commands, but only
    /// what a file or the environment sets].
    #[arg(value_name = "COMMAND")]
    pub of: Vec<String>,
    /// Say where each value comes from.
    #[arg(long)]
    pub origin: bool,
}
