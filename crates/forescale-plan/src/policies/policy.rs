//! The contract of a policy.

use std::fmt::{Debug, Display, Formatter, Result as Written};
use std::ops::Range;
use std::sync::Arc;

use forescale_core::{Foresight, Frequency, Outlook};

use crate::policies::cause::Decision;
use crate::policies::error::PolicyError;
use crate::policies::eyes::{Counts, Eyes};
use crate::policies::files::{Attached, FileKind};
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

impl Past<'_> {
    /// The outlook that `policy` cannot do without.
    ///
    /// # Errors
    /// [`PolicyError::Unsuitable`] when there is none.
    pub(crate) fn outlook_for(
        &self,
        policy: &'static str,
    ) -> Result<Arc<dyn Outlook>, PolicyError> {
        let reason = "needs a forecast of the next minutes, and there is none".to_owned();
        let outlook = self.foresight.outlook.as_ref().map(Arc::clone);
        outlook.ok_or(PolicyError::Unsuitable { policy, reason })
    }
}

/// A figure that a policy keeps of its own objective, over the scored steps.
pub type Figures = Vec<(&'static str, f64)>;

/// Bounds that a policy sets for what every policy of a service wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Fewest instances.
    pub least: u32,
    /// Most instances.
    pub most: u32,
    /// Whether it wants no number of its own within them.
    pub only: bool,
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

    /// Bounds for what others want beside it, by its last decision.
    fn bounds(&self) -> Option<Bounds> {
        None
    }

    /// Decides the steps of `steps` one by one, through which nothing happens to a fleet of `counts`, until it wants
    /// another number of instances or they are over: gives the step that it came to, and what it wants there.
    ///
    /// It calls [`Policy::decide`] for each. No policy has its own: the loop stands here because here the compiler knows
    /// the policy, so that a step costs no call through a table.
    fn decide_on(
        &mut self,
        steps: Range<usize>,
        counts: Counts,
        eyes: &mut Eyes<'_>,
    ) -> (usize, Decision) {
        let total = counts.serving.saturating_add(counts.starting);
        let mut k = steps.start;
        loop {
            let decision = self.decide(&eyes.look(k, counts));
            if decision.wanted != total || k + 1 >= steps.end {
                return (k, decision);
            }
            k += 1;
        }
    }

    /// Whether it moves load in time, so that [`Policy::admit`] has to be asked.
    fn moves_load(&self) -> bool {
        false
    }

    /// The load that is served at the step that was decided last, of `load` that arrives and what was held back before;
    /// `healthy` instances serve.
    fn admit(&mut self, load: f64, healthy: u32) -> f64 {
        let _ = healthy;
        load
    }

    /// Whether instances that it chose may be taken away, so that [`Policy::taken`] has to be asked.
    fn is_interruptible(&self) -> bool {
        false
    }

    /// Of `serving` instances, how many are taken away as `step` begins; asked before it decides.
    fn taken(&mut self, step: Frequency, serving: u32) -> u32 {
        let _ = (step, serving);
        0
    }

    /// What it reached of its own objective, beside what every policy is scored by.
    fn figures(&self) -> Figures {
        Figures::new()
    }

    /// What somebody who reads its result should know of the run: what it did without, what it could not work out. A
    /// sentence each, without a full stop.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// Files that its settings name: [`Policy::attach`] wants the content of each before the first run.
    fn files(&self) -> Vec<(FileKind, String)> {
        Vec::new()
    }

    /// Takes in what stands in `file`, if it named that; anything else is left alone.
    fn attach(&mut self, file: &str, content: &Attached) {
        let _ = (file, content);
    }
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

    /// As [`Policy::bounds`].
    fn bounds(&self) -> Option<Bounds> {
        None
    }

    /// As [`Policy::moves_load`].
    const MOVES_LOAD: bool = false;

    /// As [`Policy::admit`].
    fn admit(&mut self, load: f64, healthy: u32) -> f64 {
        let _ = healthy;
        load
    }

    /// As [`Policy::is_interruptible`].
    const INTERRUPTIBLE: bool = false;

    /// As [`Policy::taken`].
    fn taken(&mut self, step: Frequency, serving: u32) -> u32 {
        let _ = (step, serving);
        0
    }

    /// As [`Policy::figures`].
    fn figures(&self) -> Figures {
        Figures::new()
    }

    /// As [`Policy::notes`].
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// As [`Policy::files`].
    fn files(&self) -> Vec<(FileKind, String)> {
        Vec::new()
    }

    /// As [`Policy::attach`].
    fn attach(&mut self, file: &str, content: &Attached) {
        let _ = (file, content);
    }
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

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        Rule::decide(self, seen)
    }

    fn bounds(&self) -> Option<Bounds> {
        Rule::bounds(self)
    }

    fn moves_load(&self) -> bool {
        R::MOVES_LOAD
    }

    fn admit(&mut self, load: f64, healthy: u32) -> f64 {
        Rule::admit(self, load, healthy)
    }

    fn is_interruptible(&self) -> bool {
        R::INTERRUPTIBLE
    }

    fn taken(&mut self, step: Frequency, serving: u32) -> u32 {
        Rule::taken(self, step, serving)
    }

    fn figures(&self) -> Figures {
        Rule::figures(self)
    }

    fn notes(&self) -> Vec<String> {
        Rule::notes(self)
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        Rule::files(self)
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        Rule::attach(self, file, content);
    }
}
