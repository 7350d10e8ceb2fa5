//! A mistake in the configuration: where, what, and the way out.

use std::path::{Path, PathBuf};

use thiserror::Error;

/// A mistake in the configuration.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{}{}: {what}", file.display(), line.map(|line| format!(":{line}")).unwrap_or_default())]
pub struct ConfigError {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1; absent when the mistake is in no single line.
    pub line: Option<usize>,
    /// The value and what is expected.
    pub what: String,
    /// What to do.
    pub hint: String,
}

/// The configuration's text and where it came from: turns what the parser says into lines.
pub(crate) struct Text<'a> {
    pub file: &'a Path,
    pub text: &'a str,
}

impl Text<'_> {
    /// A mistake at byte `at`.
    pub fn error(
        &self,
        at: Option<usize>,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) -> ConfigError {
        let line = at.map(|at| self.line(at));
        ConfigError { file: self.file.into(), line, what: what.into(), hint: hint.into() }
    }

    /// What the parser found, with the text it stumbled over and the nearest known key.
    pub fn parse_error(&self, error: &toml::de::Error) -> ConfigError {
        let span = error.span();
        let message = error.message().trim_end();
        if let Some(hint) = suggestion(message) {
            return self.error(span.map(|span| span.start), message, hint);
        }
        let shown = span.clone().and_then(|span| self.text.get(span)).map(first_line);
        let what = match shown.filter(|shown| !shown.is_empty() && !message.contains(shown)) {
            Some(shown) => format!("{shown}: {message}"),
            None => message.to_owned(),
        };
        self.error(
            span.map(|span| span.start),
            what,
            "docs/serve.md lists every key and its values",
        )
    }

    fn line(&self, at: usize) -> usize {
        let before = self.text.as_bytes().iter().take(at);
        1 + before.filter(|byte| **byte == b'\n').count()
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// The known key nearest to an unknown one, from the words of the parser: the names in backticks, the unknown first.
fn suggestion(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut names = message.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    let known: Vec<&str> = names.collect();
    let likeness = |name: &&&str| strsim::jaro_winkler(unknown, name);
    let nearest = known.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    match strsim::jaro_winkler(unknown, nearest) > 0.7 {
        true => Some(format!("did you mean {nearest}?")),
        false => Some(format!("use one of {}", known.join(", "))),
    }
}
