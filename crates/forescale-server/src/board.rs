//! What every answer is read from: one entry a target, with its newest standing.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Datelike, Utc};
use forescale::{Calendar, holidays};
use tokio::sync::watch;

use crate::accuracy::{Accuracy, Distrust, distrust};
use crate::clock::lock;
use crate::config::{Config, ConfigError, Target};
use crate::source::{Loaded, Output, Source, Sources};
use crate::standing::{Decision, Failing, Rules, Standing, State};

/// Years of holidays before and after now that a calendar knows.
const YEARS_AROUND: i32 = 3;

/// A target with everything that belongs to it.
pub struct Entry {
    /// What the configuration says.
    pub target: Target,
    /// Where its load comes from.
    pub source: Box<dyn Source>,
    /// The files that its plan is handed over in.
    pub outputs: Vec<Box<dyn Output>>,
    sources: Arc<dyn Sources>,
    standing: ArcSwapOption<Standing>,
    failing: ArcSwapOption<Failing>,
    accuracy: ArcSwapOption<Accuracy>,
    distrust: ArcSwapOption<Distrust>,
    loads: [AtomicU64; 2],
    calendar: Mutex<Option<(i32, Arc<Calendar>)>>,
    runs: watch::Sender<Option<Ran>>,
    /// Whether its files hold a plan without falls.
    held: AtomicBool,
}

/// A forecast run that is over.
#[derive(Debug, Clone)]
pub struct Ran {
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// What went wrong, or what is worth knowing.
    pub detail: String,
}

impl Entry {
    /// Opens the source of the target at place `at` of `config` and reads its calendar.
    ///
    /// # Errors
    /// [`ConfigError`] at the target whose source, holidays or events are wrong.
    pub fn new(
        config: &Config,
        at: usize,
        sources: &Arc<dyn Sources>,
        now: DateTime<Utc>,
    ) -> Result<Self, ConfigError> {
        let target = &config.targets[at];
        let wrong = |what: String, hint: &str| ConfigError {
            file: config.file.clone(),
            line: config.lines.get(at).copied(),
            what: format!("target {}: {what}", target.name),
            hint: hint.to_owned(),
        };
        let source = sources
            .open(target.name.as_str(), &target.source)
            .map_err(|error| wrong(error.message, &error.hint))?;
        let outputs = target.outputs.export.iter().map(|export| sources.output(target, export));
        let outputs =
            outputs.collect::<Result<_, _>>().map_err(|error| wrong(error.message, &error.hint))?;
        let entry = Self {
            target: target.clone(),
            source,
            outputs,
            sources: Arc::clone(sources),
            standing: ArcSwapOption::empty(),
            failing: ArcSwapOption::empty(),
            accuracy: ArcSwapOption::empty(),
            distrust: ArcSwapOption::empty(),
            loads: Default::default(),
            calendar: Mutex::default(),
            runs: watch::Sender::new(None),
            held: AtomicBool::new(false),
        };
        entry.calendar(now).map_err(|what| wrong(what, "check holidays and events"))?;
        Ok(entry)
    }

    /// Where the target stands; none before the first plan.
    pub fn standing(&self) -> Option<Arc<Standing>> {
        self.standing.load_full()
    }

    /// Replaces it.
    pub fn stand(&self, standing: Standing) {
        self.standing.store(Some(Arc::new(standing)));
    }

    /// Whether its files hold a plan without falls.
    pub fn is_held(&self) -> bool {
        self.held.load(Ordering::Acquire)
    }

    /// Notes whether they do.
    pub fn note_held(&self, held: bool) {
        self.held.store(held, Ordering::Release);
    }

    /// Since when no newer plan, or no plan at all, could be made.
    pub fn failing(&self) -> Option<Failing> {
        match self.standing() {
            Some(standing) => standing.failing.clone(),
            None => self.failing.load().as_deref().cloned(),
        }
    }

    /// Notes that not even a first plan could be made at `now`, for `reason`.
    pub fn fail(&self, now: DateTime<Utc>, reason: &str) {
        let before = self.failing.load();
        let since = before.as_ref().map_or(now, |failing| failing.since);
        self.failing.store(Some(Arc::new(Failing { since, reason: reason.to_owned() })));
    }

    /// Whether it is known how it stands: there is a plan, or it was tried to make one.
    pub fn known(&self) -> bool {
        self.standing.load().is_some() || self.failing.load().is_some()
    }

    /// The newest evaluation.
    pub fn accuracy(&self) -> Option<Arc<Accuracy>> {
        self.accuracy.load_full()
    }

    /// Replaces it by the first of `accuracies`, the newest ones, newest first.
    pub fn judge(&self, accuracies: &[Accuracy]) {
        self.accuracy.store(accuracies.first().cloned().map(Arc::new));
        self.distrust.store(distrust(accuracies).map(Arc::new));
    }

    /// Why models that were trained up to a moment are not trusted.
    pub fn distrust(&self) -> Option<Arc<Distrust>> {
        self.distrust.load_full()
    }

    /// Asks the source for the history up to `now`, and counts that.
    ///
    /// # Errors
    /// What the source says, in words.
    pub fn load(&self, now: DateTime<Utc>) -> Result<Loaded, String> {
        let loaded = self.source.load(now);
        self.loads[usize::from(loaded.is_err())].fetch_add(1, Ordering::Relaxed);
        loaded.map_err(|error| error.to_string())
    }

    /// How often the source has answered, and how often it has not.
    pub fn loads(&self) -> [(&'static str, u64); 2] {
        let count = |at: usize| self.loads[at].load(Ordering::Relaxed);
        [("success", count(0)), ("failure", count(1))]
    }

    /// Tells who waits that a forecast run is over.
    pub fn ran(&self, ran: Ran) {
        self.runs.send_replace(Some(ran));
    }

    /// The last forecast run; changes whenever one is over.
    pub fn runs(&self) -> watch::Receiver<Option<Ran>> {
        self.runs.subscribe()
    }

    /// What its standing is judged by.
    pub fn rules(&self) -> Rules {
        Rules { refresh: self.target.refresh, max_age: self.target.max_age }
    }

    /// What to ask for at `now`; none before the first plan.
    pub fn decide(&self, now: DateTime<Utc>) -> Option<Decision> {
        Some(self.standing()?.decide(now, &self.rules()))
    }

    /// How much its plan can be trusted at `now`.
    pub fn state(&self, now: DateTime<Utc>) -> State {
        self.decide(now).map_or(State::Waiting, |decision| decision.state)
    }

    /// The service's calendar; holidays are those around the year of `now`.
    ///
    /// # Errors
    /// What is wrong with the holidays or the events, in words.
    pub fn calendar(&self, now: DateTime<Utc>) -> Result<Arc<Calendar>, String> {
        let mut known = lock(&self.calendar);
        if let Some((_, calendar)) = known.as_ref().filter(|(year, _)| *year == now.year()) {
            return Ok(Arc::clone(calendar));
        }
        let calendar = Arc::new(read_calendar(&self.target, self.sources.as_ref(), now)?);
        *known = Some((now.year(), Arc::clone(&calendar)));
        Ok(calendar)
    }

    /// Reads holidays and events anew when they are next asked for.
    pub fn forget_calendar(&self) {
        *lock(&self.calendar) = None;
    }
}

fn read_calendar(
    target: &Target,
    sources: &dyn Sources,
    now: DateTime<Utc>,
) -> Result<Calendar, String> {
    let mut calendar = Calendar { zone: target.timezone, ..Calendar::default() };
    if let Some(country) = &target.holidays {
        let years = now.year() - YEARS_AROUND..=now.year() + YEARS_AROUND;
        calendar.holidays = holidays(country, years).map_err(|error| error.to_string())?;
    }
    if let Some(file) = &target.events {
        calendar.events =
            sources.events(file, target.timezone).map_err(|error| error.to_string())?;
    }
    Ok(calendar)
}

/// Refuses two outputs that would write the same file in turn.
fn apart(config: &Config, entries: &[Arc<Entry>]) -> Result<(), ConfigError> {
    let mut writers = BTreeMap::new();
    for (at, entry) in entries.iter().enumerate() {
        for file in entry.outputs.iter().flat_map(|output| output.files()) {
            if let Some(other) = writers.insert(file, &entry.target.name) {
                let (name, file) = (&entry.target.name, file.display());
                return Err(ConfigError {
                    file: config.file.clone(),
                    line: config.lines.get(at).copied(),
                    what: format!(
                        "target {name}: its export writes {file}, as one of {other} does"
                    ),
                    hint: "give each export a folder or a name of its own".to_owned(),
                });
            }
        }
    }
    Ok(())
}

/// All targets, in the order of the configuration.
pub struct Board {
    entries: Vec<Arc<Entry>>,
    places: BTreeMap<String, usize>,
}

impl Board {
    /// Opens the source of every target and reads its calendar.
    ///
    /// # Errors
    /// [`ConfigError`] at the target whose source, holidays or events are wrong.
    pub fn new(
        config: &Config,
        sources: &Arc<dyn Sources>,
        now: DateTime<Utc>,
    ) -> Result<Self, ConfigError> {
        let entries = (0..config.targets.len()).map(|at| Entry::new(config, at, sources, now));
        let entries: Vec<Arc<Entry>> =
            entries.map(|entry| entry.map(Arc::new)).collect::<Result<_, _>>()?;
        apart(config, &entries)?;
        let place = |(at, entry): (usize, &Arc<Entry>)| (entry.target.name.to_string(), at);
        let places = entries.iter().enumerate().map(place).collect();
        Ok(Self { entries, places })
    }

    /// The targets, in the order of the configuration.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// The target called `name`.
    pub fn find(&self, name: &str) -> Option<&Arc<Entry>> {
        self.place(name).map(|at| &self.entries[at])
    }

    /// Where in the configuration the target called `name` stands.
    pub fn place(&self, name: &str) -> Option<usize> {
        self.places.get(name).copied()
    }
}
