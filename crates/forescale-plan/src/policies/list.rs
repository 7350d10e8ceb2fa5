//! Every policy of this crate, one row each.

use crate::policies::error::PolicyError;
use crate::policies::policy::{Policy, Rule, Strategy};
use crate::policies::reactive::Reactive;
use crate::policies::settings::{self, Given, KeyInfo};
use crate::policies::r#static::Static;

/// A policy as a list knows it.
#[derive(Debug, Clone, Copy)]
pub struct Row {
    /// Its name in configuration, equal to the module's.
    pub name: &'static str,
    /// What it acts on.
    pub strategy: Strategy,
    /// What it does, in one line.
    pub summary: &'static str,
    /// The system or the literature it follows.
    pub source: &'static str,
    /// Its keys with their defaults.
    pub keys: fn() -> Vec<KeyInfo>,
    /// The policy with the settings given, the others at their defaults.
    pub create: fn(&Given) -> Result<Box<dyn Policy>, PolicyError>,
}

impl Row {
    /// The row of a rule.
    pub const fn of<R: Rule>() -> Self {
        Self {
            name: R::NAME,
            strategy: R::STRATEGY,
            summary: R::SUMMARY,
            source: R::SOURCE,
            keys: settings::describe::<R::Settings>,
            create: |given| Ok(Box::new(R::new(settings::read(R::NAME, given)?)?)),
        }
    }
}

/// Every policy that needs observations only, the plainest first.
pub const POLICIES: &[Row] = &[Row::of::<Static>(), Row::of::<Reactive>()];

/// The policy that `text` names among `rows`: a name, and its settings after a colon.
///
/// # Errors
/// [`PolicyError`] names the policy, the key or the value that does not fit.
pub fn create(text: &str, rows: &[Row]) -> Result<Box<dyn Policy>, PolicyError> {
    let (name, settings) = text.split_once(':').unwrap_or((text, ""));
    let name = name.trim();
    let row = rows.iter().find(|row| row.name == name).ok_or_else(|| PolicyError::Unknown {
        name: name.to_owned(),
        known: rows.iter().map(|row| row.name).collect::<Vec<_>>().join(", "),
    })?;
    (row.create)(&Given::parse(settings)?)
}
