//! What the two output streams are: colour, progress, warnings.

use std::io::{IsTerminal, stderr, stdout};

use crate::args::{GlobalArgs, When};

/// How to speak on this terminal.
#[derive(Debug, Clone, Copy)]
pub struct Terminal {
    /// Colour on standard error.
    pub error_color: bool,
    /// Standard output is a terminal.
    pub interactive: bool,
    /// Colour on standard output.
    pub color: bool,
    /// Progress bars on standard error.
    pub progress: bool,
    /// Warnings and notes on standard error.
    pub notes: bool,
    /// More notes.
    pub verbose: bool,
}

impl Terminal {
    /// Looks at the streams, the options and `NO_COLOR`.
    pub fn of(global: &GlobalArgs) -> Self {
        let colorful = |is_terminal: bool| match global.color {
            When::Always => true,
            When::Never => false,
            When::Auto => is_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
        };
        Self {
            error_color: colorful(stderr().is_terminal()),
            interactive: stdout().is_terminal(),
            color: colorful(stdout().is_terminal()),
            progress: stderr().is_terminal() && !global.quiet,
            notes: !global.quiet,
            verbose: global.verbose,
        }
    }

    /// Says a warning on standard error.
    pub fn warn(&self, text: &str) {
        let (yellow, off) = if self.error_color { ("\x1b[1;33m", "\x1b[0m") } else { ("", "") };
        self.say(&format!("{yellow}warning:{off} {text}"));
    }

    /// Says warnings on standard error.
    pub fn warn_all(&self, texts: &[String]) {
        for text in texts {
            self.warn(text);
        }
    }

    /// Says a line on standard error when more was asked for.
    pub fn detail(&self, text: &str) {
        if self.verbose {
            eprintln!("{text}");
        }
    }

    /// Says a line on standard error.
    pub fn say(&self, text: &str) {
        if self.notes {
            eprintln!("{text}");
        }
    }
}
