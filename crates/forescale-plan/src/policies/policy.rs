//! The contract of a policy.

use std::fmt::{Debug, Display, Formatter, Result as Written};

use forescale_core::Foresight;

use crate::policies::cause::Decision;
use crate::policies::error::PolicyError;
use crate::policies::observation::{Observation, Service};
use crate::policies::settings::{self, Keys, Settings};

/// What a policy acts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strategy {
    /// On current metrics.
    Reactive,
    /// On what is predicted.
    Proactive,
    /// On the clock.
    Scheduled,
    /// On events outside the load, such as campaigns.
    EventDriven,
}

impl Strategy {
    /// Its name in results: `event-driven`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reactive => "reactive",
            Self::Proactive => "proactive",
            Self::Scheduled => "scheduled",
            Self::EventDriven => "event-driven",
        }
    }
}

impl Display for Strategy {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        f.write_str(self.name())
    }
}

/// What a policy may look at before it decides for the first time.
#[derive(Debug, Clone)]
pub struct Past<'a> {
    /// The service.
    pub service: &'a Service,
    /// The load before anything is scored, from step 0 of the service on; it may be empty.
    pub loads: &'a [f64],
    /// What may be asked about the load to come, at every later moment.
    pub foresight: &'a Foresight,
}

/// A rule that says how many instances it wants. It may keep state between the steps of one run.
pub trait Policy: Debug + Send {
    /// Its name in configuration, equal to the module's.
    fn name(&self) -> &'static str;

    /// What it acts on.
    fn strategy(&self) -> Strategy;

    /// Every setting, those that it found itself included, as text that makes the same policy again.
    fn settings(&self) -> Settings;

    /// Looks at the time before scoring, once, and forgets what earlier runs left behind.
    ///
    /// # Errors
    /// [`PolicyError::Unsuitable`] when it cannot work with this past.
    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError>;

    /// What it wants for the step that begins; called once a step, in order.
    fn decide(&mut self, seen: &Observation<'_>) -> Decision;
}

/// A policy with its place in the list: what every policy of this crate implements.
pub trait Rule: Debug + Send + Sized + 'static {
    /// Its settings.
    type Settings: Keys;
    /// Its name in configuration, equal to the module's.
    const NAME: &'static str;
    /// What it acts on.
    const STRATEGY: Strategy;
    /// What it does, in one line.
    const SUMMARY: &'static str;
    /// The system or the literature it follows.
    const SOURCE: &'static str;

    /// The policy with these settings.
    ///
    /// # Errors
    /// [`PolicyError::Value`] when settings that fit one by one do not fit together.
    fn new(settings: Self::Settings) -> Result<Self, PolicyError>;

    /// Its settings, with what it found itself.
    fn current(&self) -> &Self::Settings;

    /// As [`Policy::prepare`].
    ///
    /// # Errors
    /// [`PolicyError::Unsuitable`] when it cannot work with this past.
    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError>;

    /// As [`Policy::decide`].
    fn decide(&mut self, seen: &Observation<'_>) -> Decision;
}

impl<R: Rule> Policy for R {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn strategy(&self) -> Strategy {
        R::STRATEGY
    }

    fn settings(&self) -> Settings {
        settings::write(self.current())
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        Rule::prepare(self, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        Rule::decide(self, seen)
    }
}
