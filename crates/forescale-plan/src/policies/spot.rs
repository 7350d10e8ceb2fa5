//! Spot instances beside those on demand, with spare ones for interruptions.

use chrono::{DateTime, TimeDelta, Utc};

use crate::objectives::{Need, SpotOptions, SpotRow, SpotStep, spot_mix};
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::forescale::Forescale;
use crate::policies::observation::{Observation, Service};
use crate::policies::policy::{Figures, Past, Rule, Strategy};
use crate::policies::rates::{self, TYPICAL};
use crate::policies::settings::{Field, Key, Keys, key};

/// What `forescale` asks for, as the cheapest mix of spot and on-demand instances: enough that interrupted ones, which
/// are replaced within the start-up time, leave too few in the share of time of the budget at most.
///
/// The replay does not take instances away; what it shows is what the mix costs. A history from before the prices sees
/// those of the same hour of the first days. Without prices a spot instance costs 35 % and one in twenty is taken away
/// within an hour.
#[derive(Debug)]
pub struct Spot {
    settings: Settings,
    base: Forescale,
    rows: Vec<SpotRow>,
    newest: Option<(DateTime<Utc>, u32, SpotStep)>,
    score_from: usize,
    cost: f64,
    on_demand_cost: f64,
}

/// The budget and the prices.
#[derive(Debug, Clone)]
pub struct Settings {
    budget: f64,
    price: f64,
    prices: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self { budget: 0.001, price: 1.0, prices: TYPICAL.to_owned() }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("price", price, "what an instance on demand costs an hour", Number, 0.0, 1e12),
        key!("prices", prices, "file of spot prices, or typical", Text),
    ];
}

impl Rule for Spot {
    type Settings = Settings;
    const NAME: &'static str = "spot";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "forescale on the cheapest mix with spot instances";
    const SOURCE: &'static str = "k-out-of-n availability over capacity pools (Amazon EC2 Spot)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let base = Forescale::within(settings.budget);
        let (newest, rows) = (None, Vec::new());
        Ok(Self { settings, base, rows, newest, score_from: 0, cost: 0.0, on_demand_cost: 0.0 })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        if self.rows.is_empty() {
            rates::given_or_typical(Self::NAME, &self.settings.prices)?;
            let price = 0.35 * self.settings.price;
            self.rows = SpotRow::new(past.service.start, price, 0.05, None).into_iter().collect();
        }
        (self.newest, self.score_from) = (None, past.loads.len());
        (self.cost, self.on_demand_cost) = (0.0, 0.0);
        Rule::prepare(&mut self.base, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let base = Rule::decide(&mut self.base, seen);
        let Some(mix) = self.mix(seen, base.wanted) else { return base };
        let wanted = mix.on_demand.0 + mix.spot.iter().map(|(_, count)| count.0).sum::<u32>();
        let cost_per_hour = mix.cost_per_hour;
        if seen.step >= self.score_from {
            let hours = seen.service.step.seconds() as f64 / 3_600.0;
            self.cost += cost_per_hour * hours;
            self.on_demand_cost += f64::from(base.wanted) * self.settings.price * hours;
        }
        match wanted > base.wanted {
            true => Decision::new(wanted, Cause::Mixed { needed: base.wanted }),
            false => Decision::new(wanted, base.cause),
        }
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        rates::named(FileKind::SpotPrices, &self.settings.prices)
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        match content {
            Attached::SpotPrices(rows) if file == self.settings.prices => {
                self.rows.clone_from(rows)
            }
            _ => {}
        }
    }

    fn figures(&self) -> Figures {
        vec![("mix_cost", self.cost), ("on_demand_cost", self.on_demand_cost)]
    }
}

impl Spot {
    /// The cheapest mix for `needed` instances now. It is the same until a newer row or another need.
    fn mix(&mut self, seen: &Observation<'_>, needed: u32) -> Option<&SpotStep> {
        let times = || self.rows.iter().map(SpotRow::time);
        let now = rates::from_first(seen.now(), times().min()?);
        let at = times().filter(|time| *time <= now).max()?;
        let known = self.newest.take().filter(|(time, n, _)| (*time, *n) == (at, needed));
        let mix = match known {
            Some((.., mix)) => mix,
            None => {
                let options = self.options(seen.service);
                spot_mix(&[at], &[Need::known(needed)], &self.rows, &options).ok()?.pop()?
            }
        };
        Some(&self.newest.insert((at, needed, mix)).2)
    }

    fn options(&self, service: &Service) -> SpotOptions {
        let startup = service.startup_steps as i64 * service.step.seconds();
        SpotOptions {
            on_demand_price_per_hour: self.settings.price,
            budget: self.settings.budget,
            startup: TimeDelta::seconds(startup),
        }
    }
}
