//! Flexible load, held back for hours in which the grid is clean.

mod grid;
mod queue;

use crate::capacity::Capacity;
use crate::objectives::{CarbonOptions, CarbonRow, CarbonStep, shift_work};
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::forescale::{Forescale, needed};
use crate::policies::observation::Observation;
use crate::policies::policy::{Figures, Past, Rule, Strategy};
use crate::policies::rates::{self, TYPICAL};
use crate::policies::settings::{Field, Key, Keys, key};
use forescale_core::Replicas;

use grid::Grid;
use queue::Queue;

/// `forescale` for the load that cannot wait; the rest is held back, at most for its deadline, and done when the grid is
/// clean. Instances for flexible work are planned every slot of `refresh`, from what waits and from what arrived at the
/// same time yesterday.
///
/// What is served is no longer what arrives, so too few instances, unserved load and the need are those of the moved
/// load, while the clairvoyant serves load when it arrives.
#[derive(Debug)]
pub struct Carbon {
    settings: Settings,
    base: Forescale,
    rows: Vec<CarbonRow>,
    grid: Grid,
    queue: Queue,
    /// Instances for flexible work in the slots from `planned_from` on.
    planned: Vec<u32>,
    planned_from: usize,
    now: usize,
    score_from: usize,
    capacity: Option<Capacity>,
    carries: f64,
    step_hours: f64,
    moved_grams: f64,
    unmoved_grams: f64,
}

/// What can wait and how long, and what an instance draws.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    flexible: f64,
    deadline: f64,
    refresh: f64,
    watts: f64,
    intensity: String,
}

impl Default for Settings {
    fn default() -> Self {
        let intensity = TYPICAL.to_owned();
        let (flexible, deadline) = (0.3, 4.0 * 3_600.0);
        Self { budget: 0.001, flexible, deadline, refresh: 900.0, watts: 200.0, intensity }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("flexible", flexible, "share of the load that can wait", Number, 0.0, 0.95),
        key!("deadline", deadline, "how long it can wait", Span),
        key!("refresh", refresh, "how often flexible work is planned", Span),
        key!("watts", watts, "power of an instance", Number, 0.0, 1e6),
        key!("intensity", intensity, "file of the grid's emissions, or typical", Text),
    ];
}

impl Rule for Carbon {
    type Settings = Settings;
    const NAME: &'static str = "carbon";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "forescale, with flexible load moved to clean hours";
    const SOURCE: &'static str = "Radovanović et al., Carbon-aware computing for datacenters, 2022";
    const MOVES_LOAD: bool = true;

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self {
            base: Forescale::within(settings.budget),
            settings,
            rows: Vec::new(),
            grid: Grid::default(),
            queue: Queue::default(),
            planned: Vec::new(),
            planned_from: 0,
            now: 0,
            score_from: 0,
            capacity: None,
            carries: 1.0,
            step_hours: 0.0,
            moved_grams: 0.0,
            unmoved_grams: 0.0,
        })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        if self.rows.is_empty() {
            rates::given_or_typical(Self::NAME, &self.settings.intensity)?;
        }
        let service = past.service;
        self.grid = Grid::new(service, &self.rows);
        self.queue = Queue::new(service.steps_in(self.settings.deadline));
        (self.planned, self.planned_from) = (Vec::new(), 0);
        (self.now, self.score_from) = (0, past.loads.len());
        self.capacity = Some(service.capacity);
        self.carries = service.capacity.carries(Replicas(1));
        self.step_hours = service.step.seconds() as f64 / 3_600.0;
        (self.moved_grams, self.unmoved_grams) = (0.0, 0.0);
        Rule::prepare(&mut self.base, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        self.now = seen.step;
        let Some(ahead) = self.base.ahead(seen) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        let slot = seen.service.steps_in(self.settings.refresh);
        if seen.step >= self.planned_from + slot || self.planned.is_empty() {
            self.plan(seen, slot);
        }
        let waits_not = needed(seen, (1.0 - self.settings.flexible) * ahead.load());
        let ready = (seen.step + seen.service.startup_steps - self.planned_from) / slot;
        let flexible = self.planned.iter().take(ready + 1).copied().max().unwrap_or(0);
        Decision::new(waits_not.saturating_add(flexible), Cause::Moved { flexible })
    }

    fn admit(&mut self, load: f64, healthy: u32) -> f64 {
        let waits_not = (1.0 - self.settings.flexible) * load;
        self.queue.arrive(self.now, load - waits_not);
        let carried = self.capacity.map_or(0.0, |capacity| capacity.carries(Replicas(healthy)));
        let room = (carried * (1.0 - 1e-9) - waits_not).max(0.0);
        let wanted = f64::from(self.planned.first().copied().unwrap_or(0)) * self.carries;
        let done = self.queue.take(self.now, if wanted > 0.0 { room } else { 0.0 });
        if self.now >= self.score_from {
            self.account(load, waits_not + done);
        }
        waits_not + done
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        rates::named(FileKind::GridIntensity, &self.settings.intensity)
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        match content {
            Attached::GridIntensity(rows) if file == self.settings.intensity => {
                self.rows.clone_from(rows)
            }
            _ => {}
        }
    }

    fn figures(&self) -> Figures {
        vec![("kg_co2", self.moved_grams / 1e3), ("unmoved_kg_co2", self.unmoved_grams / 1e3)]
    }
}

impl Carbon {
    /// What the load emits at its target utilisation, when it is served and when it arrives.
    fn account(&mut self, arrives: f64, served: f64) {
        let grams_of_one =
            self.settings.watts / 1e3 * self.step_hours * self.grid.grams(self.now) / self.carries;
        self.moved_grams += served * grams_of_one;
        self.unmoved_grams += arrives * grams_of_one;
    }

    /// Plans the slots from now to the deadline. What waits arose in slots before, in which nothing can be done any more.
    fn plan(&mut self, seen: &Observation<'_>, slot: usize) {
        let slots = seen.service.steps_in(self.settings.deadline).div_ceil(slot);
        let most = seen.service.max;
        let work = |load: f64| (load / self.carries / slot as f64).ceil() as u32;
        let at = |step: usize| seen.service.time_at(step);
        let step = |start: usize, inflexible: u32, load: f64| CarbonStep {
            at: at(start),
            grams_per_kwh: self.grid.grams(start),
            price_per_instance_hour: 0.0,
            inflexible,
            flexible: work(load),
        };
        let past = (0..slots).rev().map(|back| {
            let from = seen.step.saturating_sub((back + 1) * slot);
            let to = seen.step.saturating_sub(back * slot);
            step(from, most, self.queue.waiting(from, to))
        });
        let arrives = |start: usize| {
            let loads = (start..start + slot).map(|step| self.expected(seen, step));
            self.settings.flexible * loads.sum::<f64>()
        };
        let starts = (0..=slots).map(|ahead| seen.step + ahead * slot);
        let steps: Vec<CarbonStep> =
            past.chain(starts.map(|start| step(start, 0, arrives(start)))).collect();
        let options = CarbonOptions {
            watts: self.settings.watts,
            step_hours: self.step_hours * slot as f64,
            // A slot less than the deadline has, and one for what its own length hides: what is planned is never late.
            deadline_steps: slots.saturating_sub(2),
            max: Replicas(most),
            price_per_kg: None,
        };
        let planned = shift_work(&steps, &options).map(|plan| plan.steps);
        // Where not all can be done in time, everything is done at once.
        self.planned = planned.map_or_else(
            |_| vec![work(self.queue.all()); slots + 1],
            |steps| steps[slots..].iter().map(|step| step.flexible.0).collect(),
        );
        self.planned_from = seen.step;
    }

    /// The load at the same time yesterday, or the newest one.
    fn expected(&self, seen: &Observation<'_>, step: usize) -> f64 {
        let day = seen.service.step.steps_per_day().max(1);
        let yesterday = step.checked_sub(day).and_then(|step| seen.loads.get(step));
        yesterday.or(seen.loads.last()).copied().unwrap_or(0.0)
    }
}
