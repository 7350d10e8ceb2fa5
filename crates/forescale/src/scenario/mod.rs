//! A small language for tests of scaling: a service, its load in segments, a policy, and what is expected of it.
//!
//! ```
//! let report = forescale::scenario::run(r#"
//!     name = "a step up"
//!     policy = "hpa:target=0.6"
//!     capacity = { load-per-instance = 10.0 }
//!     fleet = { startup = "2m", max = 20 }
//!
//!     [[load]]
//!     kind = "constant"
//!     for = "1h"
//!     level = 40.0
//!
//!     [[load]]
//!     kind = "ramp"
//!     for = "1h"
//!     from = 40.0
//!     to = 80.0
//!
//!     [[expect]]
//!     under-provisioned-time = 0.05
//!
//!     [[expect]]
//!     no-scale-in = true
//!     from = "1h"
//! "#)?;
//! assert!(report.passed(), "{report}");
//! # Ok::<(), forescale::scenario::ScenarioError>(())
//! ```

mod check;
mod file;
mod load;

use std::fmt::{Display, Formatter, Result as Written};
use std::sync::Arc;

use forescale_core::{Calendar, Frequency, LoadSeries, Utilization};
use forescale_plan::Capacity;
use forescale_plan::policies::PolicyError;
use forescale_replay::{Outcome, ReplayError, ScoreSettings, Trace, World};
use serde::Serialize;
use thiserror::Error;

use crate::{EngineOptions, create_policy, replay};

pub use check::Check;
use file::File;

/// More steps than this are taken for a mistake.
const MOST_STEPS: usize = 1_000_000;

/// A scenario that cannot be run.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// No TOML, or not in the fields of a scenario.
    #[error("line {line}: {message}")]
    Form {
        /// The line, from 1 on.
        line: usize,
        /// What is wrong in it.
        message: String,
    },
    /// Values that do not fit together.
    #[error("line {line}: {what} should be {expected}")]
    Value {
        /// The line of the table, from 1 on.
        line: usize,
        /// Which value.
        what: &'static str,
        /// What it should be.
        expected: String,
    },
    /// A policy that cannot be made.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A fleet, a capacity or a load that cannot be replayed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
}

impl ScenarioError {
    /// What to do about it, in a sentence.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Form { .. } | Self::Value { .. } => {
                "compare it with the scenarios in tests/scenarios"
            }
            Self::Policy(error) => error.hint(),
            Self::Replay(error) => error.hint(),
        }
    }
}

/// What came of a scenario.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// Its name.
    pub name: String,
    /// Every expectation, in the order of the file.
    pub checks: Vec<Check>,
    /// What the policy did.
    pub outcome: Outcome,
}

impl Report {
    /// Whether every expectation held.
    pub fn passed(&self) -> bool {
        self.checks.iter().all(|check| check.passed)
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        writeln!(f, "{}: {}", self.name, if self.passed() { "passed" } else { "failed" })?;
        self.checks.iter().try_for_each(|check| writeln!(f, "  {check}"))
    }
}

/// Runs the scenario that `text` describes. The same text gives the same report.
///
/// # Errors
/// [`ScenarioError`] names the line, the policy or the setting that does not fit. An expectation that does not hold is no
/// error: the report says so.
pub fn run(text: &str) -> Result<Report, ScenarioError> {
    let file = File::read(text)?;
    let (series, world) = world(&file, text)?;
    let policy = create_policy(&file.policy, file.budget)?;
    let (options, score) = (EngineOptions::default(), ScoreSettings::default());
    let outcome = replay(&series, &world, vec![policy], &options, &score, |_| ())?.remove(0);
    let expectation = |expect| check::checked(expect, text, &world, &outcome);
    let checks = file.expect.iter().map(expectation).collect::<Result<_, _>>()?;
    Ok(Report { name: file.name, checks, outcome })
}

/// The load of a scenario, and the world it makes.
fn world(file: &File, text: &str) -> Result<(LoadSeries, World), ScenarioError> {
    let line = file::line(text, file.capacity.span().start);
    let value =
        |what, expected: &str| ScenarioError::Value { line, what, expected: expected.to_owned() };
    let capacity = file.capacity.get_ref();
    let target = Utilization::new(capacity.utilization)
        .map_err(|_| value("utilization", "above 0 and at most 1"))?;
    let capacity =
        Capacity::utilization(capacity.load_per_instance, target).map_err(ReplayError::from)?;
    let step = Frequency::from_seconds(file.step.seconds()).map_err(|_| ScenarioError::Value {
        line: 1,
        what: "step",
        expected: "at most a day".to_owned(),
    })?;
    let loads = load::loads(file, text, step)?;
    let series = LoadSeries::new(file.start, step, loads).map_err(ReplayError::from)?;
    let trace = Trace::new(&series, step)?;
    let calendar = Arc::new(file.calendar());
    let score_from =
        file.score_after.map_or(0, |after| (after.seconds() / step.seconds()) as usize);
    let world = World::new(trace, capacity, file.fleet.settings(), calendar, score_from)?;
    Ok((series, world))
}
