//! Load split over regions, at least cost.

use std::collections::BTreeMap;

use crate::objectives::{
    Origin, Region, RegionOptions, RegionRow, RegionsStep, split_over_regions,
};
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::forescale::Forescale;
use crate::policies::observation::Observation;
use crate::policies::policy::{Figures, Past, Rule, Strategy};
use crate::policies::rates::{self, TYPICAL};
use crate::policies::settings::{Field, Key, Keys, key};
use forescale_core::Replicas;

/// What `forescale` asks for, split over regions at least cost, carbon included; whole instances in each of them may be
/// some more in all.
///
/// Load comes alike from every origin that the file names. Without a file there is a clean region with a third of the
/// most instances, and one as large as all of them that is dirtier and costs a tenth more.
#[derive(Debug)]
pub struct Regions {
    settings: Settings,
    base: Forescale,
    rows: Vec<RegionRow>,
    regions: Vec<Region>,
    origins: Vec<String>,
    /// What every need is split into.
    known: BTreeMap<u32, Option<RegionsStep>>,
    score_from: usize,
    cost: f64,
    kg: f64,
}

/// The budget, the file and what is weighed.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    regions: String,
    latency: f64,
    watts: f64,
    carbon_price: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let regions = TYPICAL.to_owned();
        Self { budget: 0.001, regions, latency: 100.0, watts: 200.0, carbon_price: 0.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("regions", regions, "file of regions, or typical", Text),
        key!("latency", latency, "longest latency in milliseconds", Number, 0.0, 1e6),
        key!("watts", watts, "power of an instance", Number, 0.0, 1e6),
        key!("carbon-price", carbon_price, "price of a kilogram of CO2", Number, 0.0, 1e6),
    ];
}

impl Rule for Regions {
    type Settings = Settings;
    const NAME: &'static str = "regions";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "forescale split over regions by price, carbon and latency";
    const SOURCE: &'static str = "capacitated transport with whole instances";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let base = Forescale::within(settings.budget);
        Ok(Self {
            settings,
            base,
            rows: Vec::new(),
            regions: Vec::new(),
            origins: Vec::new(),
            known: BTreeMap::new(),
            score_from: 0,
            cost: 0.0,
            kg: 0.0,
        })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        if self.rows.is_empty() {
            rates::given_or_typical(Self::NAME, &self.settings.regions)?;
            self.rows = typical(past.service.max);
        }
        let unsuitable = |reason| PolicyError::Unsuitable { policy: Self::NAME, reason };
        self.regions = crate::objectives::regions(&self.rows)
            .map_err(|error| unsuitable(format!("cannot use its regions: {error}")))?;
        let mut origins: Vec<String> =
            self.rows.iter().filter_map(|row| row.origin().map(str::to_owned)).collect();
        origins.sort();
        origins.dedup();
        self.origins = if origins.is_empty() { vec!["everywhere".to_owned()] } else { origins };
        (self.known, self.score_from) = (BTreeMap::new(), past.loads.len());
        (self.cost, self.kg) = (0.0, 0.0);
        Rule::prepare(&mut self.base, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let base = Rule::decide(&mut self.base, seen);
        let scored = seen.step >= self.score_from;
        // Where the regions cannot carry it, as many are asked for as without them.
        let Some(split) = self.split(seen, base.wanted) else { return base };
        let wanted = split.instances.iter().map(|count| count.0).sum();
        let regions = split.instances.iter().filter(|count| count.0 > 0).count() as u32;
        let (cost, grams) = (split.cost_per_hour, split.grams_per_hour);
        if scored {
            let hours = seen.service.step.seconds() as f64 / 3_600.0;
            self.cost += cost * hours;
            self.kg += grams / 1e3 * hours;
        }
        Decision::new(wanted, Cause::Split { regions })
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        rates::named(FileKind::Regions, &self.settings.regions)
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        match content {
            Attached::Regions(rows) if file == self.settings.regions => self.rows.clone_from(rows),
            _ => {}
        }
    }

    fn figures(&self) -> Figures {
        vec![("regional_cost", self.cost), ("kg_co2", self.kg)]
    }
}

impl Regions {
    /// The cheapest split of what `needed` instances carry.
    fn split(&mut self, seen: &Observation<'_>, needed: u32) -> Option<&RegionsStep> {
        let Self { settings, regions, origins, known, .. } = self;
        let made = || {
            let load = seen.service.capacity.carries(Replicas(needed)) / origins.len() as f64;
            let from = |name: &String| Origin { name: name.clone(), loads: vec![load] };
            let origins: Vec<Origin> = origins.iter().map(from).collect();
            let options = RegionOptions {
                latency_limit_ms: settings.latency,
                watts: settings.watts,
                price_per_kg: settings.carbon_price,
            };
            let (times, capacity) = ([seen.now()], &seen.service.capacity);
            split_over_regions(&times, &origins, regions, capacity, &options).ok()?.pop()
        };
        known.entry(needed).or_insert_with(made).as_ref()
    }
}

/// A clean region that is small, and a dirtier one that is not.
fn typical(most: u32) -> Vec<RegionRow> {
    let clean = RegionRow::new("clean", None, most.div_ceil(3), 1.0, 30.0, 40.0);
    let large = RegionRow::new("large", None, most, 1.1, 350.0, 20.0);
    clean.into_iter().chain(large).collect()
}
