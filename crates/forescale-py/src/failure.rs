//! What is raised in Python: which series, what was wrong, and what to do about it.

use std::fmt;

use forescale::grid::GridError;
use forescale::{EngineError, PlanError, ReplayError};
use forescale_core::UnitError;
use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// A request that cannot be answered; a `ValueError` in Python.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    series: Option<String>,
    what: String,
    hint: Option<String>,
}

impl Refusal {
    /// What was wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Self { series: None, what: what.into(), hint: None }
    }

    /// The same with a way out.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same for what was given as `name`.
    pub fn setting(mut self, name: &str) -> Self {
        self.what = format!("{name}: {}", self.what);
        self
    }

    /// The same for the series called `name`; a series without a name is the only one.
    pub fn of(mut self, name: &str) -> Self {
        self.series = Some(name.to_owned()).filter(|name| !name.is_empty());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(series) = &self.series {
            write!(f, "series {series:?}: ")?;
        }
        write!(f, "{}", self.what)?;
        self.hint.iter().try_for_each(|hint| write!(f, "\n\nhint: {hint}"))
    }
}

impl From<Refusal> for PyErr {
    fn from(refusal: Refusal) -> Self {
        PyValueError::new_err(refusal.to_string())
    }
}

impl From<GridError> for Refusal {
    fn from(error: GridError) -> Self {
        Self::new(error.to_string()).hint(error.hint())
    }
}

impl From<PlanError> for Refusal {
    fn from(error: PlanError) -> Self {
        Self::new(error.to_string()).hint(error.hint())
    }
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        Self::new(error.to_string()).hint(error.hint())
    }
}

impl From<UnitError> for Refusal {
    fn from(error: UnitError) -> Self {
        Self::new(error.to_string()).hint("see help() of the function for what each setting means")
    }
}

impl From<EngineError> for Refusal {
    fn from(error: EngineError) -> Self {
        let refusal = Self::new(error.to_string());
        match error {
            EngineError::UnknownPredictor { .. } => refusal
                .hint("name some of them in `predictors`, or leave it out for the default ones"),
            EngineError::Unit(_) => refusal.hint("ask for fewer steps, or give a coarser `freq`"),
            EngineError::Step { trained, .. } => {
                refusal.hint(format!("pass history with freq=\"{trained}\", or fit again"))
            }
            EngineError::Stale { .. } => refusal.hint("pass newer history, or an earlier `now`"),
            EngineError::TooEarly { .. } => refusal.hint("pass a later `now`, or none"),
            EngineError::Backtest { .. } => refusal.hint("pass a longer history"),
            EngineError::Model(_) => refusal.hint("save the model again with this version"),
            _ => refusal,
        }
    }
}
