//! Every policy of this crate, one row each.

use crate::policies::aws_predictive::AwsPredictive;
use crate::policies::carbon::Carbon;
use crate::policies::combined::{self, Combined};
use crate::policies::cron::Cron;
use crate::policies::dqn::Dqn;
use crate::policies::error::PolicyError;
use crate::policies::event_driven::EventDriven;
use crate::policies::forescale::Forescale;
use crate::policies::hpa::Hpa;
use crate::policies::keda::Keda;
use crate::policies::kpa::Kpa;
use crate::policies::mpc::Mpc;
use crate::policies::multi_dimensional::MultiDimensional;
use crate::policies::policy::{Policy, Rule, Strategy};
use crate::policies::priced::Priced;
use crate::policies::reactive::Reactive;
use crate::policies::regions::Regions;
use crate::policies::scale_to_zero::ScaleToZero;
use crate::policies::scenarios::Scenarios;
use crate::policies::scheduled::Scheduled;
use crate::policies::settings::{self, Given, KeyInfo};
use crate::policies::simple::Simple;
use crate::policies::spot::Spot;
use crate::policies::r#static::Static;
use crate::policies::step_scaling::StepScaling;
use crate::policies::target_tracking::TargetTracking;
use crate::policies::voting::Voting;

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
pub const POLICIES: &[Row] = &[
    Row::of::<Static>(),
    Row::of::<Simple>(),
    Row::of::<Voting>(),
    Row::of::<MultiDimensional>(),
    Row::of::<Reactive>(),
    Row::of::<Hpa>(),
    Row::of::<Kpa>(),
    Row::of::<Keda>(),
    Row::of::<TargetTracking>(),
    Row::of::<StepScaling>(),
    Row::of::<AwsPredictive>(),
    Row::of::<Dqn>(),
    Row::of::<Scheduled>(),
    Row::of::<Cron>(),
    Row::of::<EventDriven>(),
    combined(|given| Ok(Box::new(Combined::from_given(given, |text| create(text, POLICIES))?))),
];

/// Every policy that asks about the load to come; `mpc` goes on without an answer.
pub const FORESIGHTED: &[Row] = &[
    Row::of::<Forescale>(),
    Row::of::<Mpc>(),
    Row::of::<Priced>(),
    Row::of::<ScaleToZero>(),
    Row::of::<Scenarios>(),
    Row::of::<Spot>(),
    Row::of::<Carbon>(),
    Row::of::<Regions>(),
];

/// The row of several policies at once; `create` looks them up in the list that it stands in.
pub const fn combined(create: fn(&Given) -> Result<Box<dyn Policy>, PolicyError>) -> Row {
    Row {
        name: combined::NAME,
        strategy: Strategy::Reactive,
        summary: "several at once: any may scale out, all must agree to scale in",
        source: "Amazon EC2 Auto Scaling, multiple scaling policies (user guide)",
        keys: Combined::keys,
        create,
    }
}

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
