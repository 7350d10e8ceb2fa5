//! What ends a command early: a message, the way out, and an exit code.

use std::process::ExitCode;

/// Why a command ended early; its exit code is part of the interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The operation failed.
    Failed,
    /// Usage or configuration.
    Usage,
    /// A source is unavailable.
    Unavailable,
    /// Refused by a guard.
    Refused,
    /// The reader of standard output has gone.
    Hangup,
    /// What was compared differs, which is the answer and no error.
    Differs,
}

/// A command that did not end well.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

impl Failure {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// The operation failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Kind::Failed, message)
    }

    /// The command or its configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// A file or service cannot be reached.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(Kind::Unavailable, message)
    }

    /// A guard does not let it happen.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// What was compared differs; nothing more is said.
    pub fn differs() -> Self {
        Self::new(Kind::Differs, "")
    }

    /// The same with a way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same with more to know, behind its way out if it has one.
    pub fn and_hint(mut self, more: &str) -> Self {
        let hint = self.hint.take().map_or_else(String::new, |hint| format!("{hint}; "));
        self.hint(hint + more)
    }

    /// What was wrong, and what to do; empty when nobody knows.
    pub fn parts(&self) -> (&str, &str) {
        (&self.message, self.hint.as_deref().unwrap_or_default())
    }

    /// Its exit code.
    pub fn code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Hangup => 0,
            Kind::Failed | Kind::Differs => 1,
            Kind::Usage => 2,
            Kind::Unavailable => 3,
            Kind::Refused => 4,
        })
    }

    /// What is said on standard error; nothing when nobody reads on, or when standard output has said it.
    pub fn text(&self, color: bool) -> Option<String> {
        let (red, cyan, off) =
            if color { ("\x1b[1;31m", "\x1b[1;36m", "\x1b[0m") } else { ("", "", "") };
        if matches!(self.kind, Kind::Hangup | Kind::Differs) {
            return None;
        }
        let hint = self.hint.as_ref().map(|hint| format!("\n\n{cyan}hint:{off} {hint}"));
        Some(format!("{red}error:{off} {}{}", self.message, hint.unwrap_or_default()))
    }
}

/// A failed write to standard output: quiet when its reader has gone.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self::new(Kind::Hangup, ""),
            _ => Self::failed(format!("cannot write the result: {error}")),
        }
    }
}
