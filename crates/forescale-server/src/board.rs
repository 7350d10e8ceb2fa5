//! What every answer is read from: one entry a target, with its newest standing.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use arc_swap::ArcSwapOption;
use chrono::{DateTime, Datelike, Utc};
use forescale::{Calendar, holidays};
use tokio::sync::watch;

use crate::accuracy::Accuracy;
use crate::clock::lock;
use crate::config::{Config, ConfigError, Target};
use crate::source::{Source, Sources};
use crate::standing::{Decision, Rules, Standing, State};

/// Years of holidays before and after now that a calendar knows.
const YEARS_AROUND: i32 = 3;

/// A target with everything that belongs to it.
pub struct Entry {
    /// What the configuration says.
    pub target: Target,
    /// Where its load comes from.
    pub source: Box<dyn Source>,
    sources: Arc<dyn Sources>,
    standing: ArcSwapOption<Standing>,
    accuracy: ArcSwapOption<Accuracy>,
    calendar: Mutex<Option<(i32, Arc<Calendar>)>>,
    runs: watch::Sender<u64>,
}

impl Entry {
    /// Where the target stands; none before the first plan.
    pub fn standing(&self) -> Option<Arc<Standing>> {
        self.standing.load_full()
    }

    /// Replaces it.
    pub fn stand(&self, standing: Standing) {
        self.standing.store(Some(Arc::new(standing)));
    }

    /// The newest evaluation.
    pub fn accuracy(&self) -> Option<Arc<Accuracy>> {
        self.accuracy.load_full()
    }

    /// Replaces it.
    pub fn judge(&self, accuracy: Accuracy) {
        self.accuracy.store(Some(Arc::new(accuracy)));
    }

    /// Tells who waits that a forecast run is over.
    pub fn ran(&self) {
        self.runs.send_modify(|runs| *runs += 1);
    }

    /// Changes whenever a forecast run is over.
    pub fn runs(&self) -> watch::Receiver<u64> {
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
        let lines = config.lines.iter().map(|line| Some(*line)).chain(std::iter::repeat(None));
        let entries = config.targets.iter().zip(lines).map(|(target, line)| {
            let wrong = |what: String, hint: &str| ConfigError {
                file: config.file.clone(),
                line,
                what: format!("target {}: {what}", target.name),
                hint: hint.to_owned(),
            };
            let source = sources
                .open(target.name.as_str(), &target.source)
                .map_err(|error| wrong(error.message, &error.hint))?;
            let entry = Entry {
                target: target.clone(),
                source,
                sources: Arc::clone(sources),
                standing: ArcSwapOption::empty(),
                accuracy: ArcSwapOption::empty(),
                calendar: Mutex::default(),
                runs: watch::Sender::new(0),
            };
            entry.calendar(now).map_err(|what| wrong(what, "check holidays and events"))?;
            Ok(Arc::new(entry))
        });
        let entries: Vec<Arc<Entry>> = entries.collect::<Result<_, _>>()?;
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
