//! The commands, one file each.

pub mod advise;
pub mod backtest;
pub mod completions;
pub mod config;
pub mod data;
pub mod decide;
pub mod explain;
pub mod export;
pub mod fleet;
pub mod forecast;
pub mod identify;
pub mod man;
pub mod models;
pub mod plan;
pub mod replay;
pub mod scenario;
pub mod serve;
pub mod train;
pub mod train_policy;

use serde_json::{Map, Value};

use crate::args::OutputForm;
use crate::terminal::Terminal;

/// What every command is told beside its own arguments.
#[derive(Debug)]
pub struct Context {
    /// The form of the result.
    pub form: OutputForm,
    /// The streams.
    pub terminal: Terminal,
    /// Threads to use, one for each core when absent.
    pub threads: Option<usize>,
    /// Everything needed to repeat the run.
    pub settings: Map<String, Value>,
}

impl Context {
    /// Replaces a setting by what it turned out to be.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.settings.insert(name.to_owned(), value.into());
    }

    /// The same for what was told of already: a further column of the file, say.
    pub fn silent(&self) -> Self {
        let terminal = Terminal { notes: false, ..self.terminal };
        Self { form: self.form, terminal, threads: self.threads, settings: Map::new() }
    }

    /// Leaves out a setting that had no part in the result.
    pub fn unset(&mut self, name: &str) {
        self.settings.shift_remove(name);
    }
}
