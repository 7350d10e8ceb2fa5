//! Spot instances beside those on demand, with spare ones for interruptions.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Frequency;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::objectives::{Need, SpotOptions, SpotRow, SpotStep, spot_mix};
use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::forescale::Forescale;
use crate::policies::observation::{Observation, Service};
use crate::policies::policy::{Figures, Past, Rule, Strategy};
use crate::policies::rates::{self, TYPICAL};
use crate::policies::settings::{Field, Key, Keys, key};

/// Instances of one draw: so few that the probability that none is taken is a number above 0.
const CHUNK: u32 = 64;

/// What `forescale` asks for, as the cheapest mix of spot and on-demand instances: enough that interrupted ones, which
/// are replaced within the start-up time, leave too few in the share of time of the budget at most.
///
/// In a replay instances are taken away at these rates, each for itself, by `seed`; each is replaced at once by one that
/// serves after the start-up time. A history from before the prices sees those of the same hour of the first days.
/// Without prices a spot instance costs 35 % and one in twenty is taken away within an hour.
#[derive(Debug)]
pub struct Spot {
    settings: Settings,
    base: Forescale,
    rows: Vec<SpotRow>,
    newest: Option<(DateTime<Utc>, u32, SpotStep)>,
    chance: ChaCha8Rng,
    taken: u32,
    decided: usize,
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
    seed: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { budget: 0.001, price: 1.0, prices: TYPICAL.to_owned(), seed: 1 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("budget", budget, "share of the time that may be under-provisioned", Share),
        key!("price", price, "what an instance on demand costs an hour", Number, 0.0, 1e12),
        key!("prices", prices, "file of spot prices, or typical", Text),
        key!("seed", seed, "where the chance of interruptions starts", Count, 0, u32::MAX),
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
        Ok(Self {
            chance: ChaCha8Rng::seed_from_u64(u64::from(settings.seed)),
            settings,
            base,
            rows: Vec::new(),
            newest: None,
            taken: 0,
            decided: 0,
            score_from: 0,
            cost: 0.0,
            on_demand_cost: 0.0,
        })
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
        (self.taken, self.decided) = (0, 0);
        self.chance = ChaCha8Rng::seed_from_u64(u64::from(self.settings.seed));
        Rule::prepare(&mut self.base, past)
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let base = Rule::decide(&mut self.base, seen);
        self.decided = seen.step + 1;
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

    const INTERRUPTIBLE: bool = true;

    fn taken(&mut self, step: Frequency, serving: u32) -> u32 {
        let Some((at, _, mix)) = &self.newest else { return 0 };
        let hours = step.seconds() as f64 / 3_600.0;
        let mut left = serving;
        let mut taken = 0;
        for (pool, count) in &mix.spot {
            let of_pool = |row: &&SpotRow| row.pool() == pool && row.time() <= *at;
            let row = self.rows.iter().filter(of_pool).max_by_key(|row| row.time());
            let rate = row.map_or(0.0, SpotRow::interruption_rate);
            let places = count.0.min(left);
            left -= places;
            taken += binomial(places, 1.0 - (1.0 - rate).powf(hours), &mut self.chance);
        }
        if self.decided >= self.score_from {
            self.taken += taken;
        }
        taken
    }

    fn figures(&self) -> Figures {
        vec![
            ("mix_cost", self.cost),
            ("on_demand_cost", self.on_demand_cost),
            ("taken_away", f64::from(self.taken)),
        ]
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

/// How many of `count` happen, each for itself with `probability`.
///
/// One draw for every [`CHUNK`] of them is followed up the distribution: nearly always none happens.
fn binomial(count: u32, probability: f64, chance: &mut ChaCha8Rng) -> u32 {
    let mut happened = 0;
    let mut left = count;
    while left > 0 {
        let n = left.min(CHUNK);
        left -= n;
        let mut draw: f64 = chance.random();
        let mut k = 0;
        let mut likely = (1.0 - probability).powi(n as i32);
        while draw >= likely && k < n {
            draw -= likely;
            likely *= f64::from(n - k) / f64::from(k + 1) * probability / (1.0 - probability);
            k += 1;
        }
        happened += k;
    }
    happened
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_happen_as_are_probable() {
        let mut chance = ChaCha8Rng::seed_from_u64(7);
        for (count, probability) in [(10, 0.3), (200, 0.001), (1_000, 0.02), (5, 0.0)] {
            let rounds = 4_000;
            let drawn: Vec<f64> =
                (0..rounds).map(|_| f64::from(binomial(count, probability, &mut chance))).collect();
            let mean = drawn.iter().sum::<f64>() / f64::from(rounds);
            let expected = f64::from(count) * probability;
            let variance =
                drawn.iter().map(|k| (k - mean).powi(2)).sum::<f64>() / f64::from(rounds);
            let deviation = (expected * (1.0 - probability)).sqrt();
            let error = 4.0 * deviation / f64::from(rounds).sqrt();
            assert!((mean - expected).abs() <= error, "{count} at {probability}: {mean}");
            assert!((variance - deviation.powi(2)).abs() <= 0.15 * deviation.powi(2), "{variance}");
        }
    }

    #[test]
    fn all_of_a_pool_can_be_taken_and_none_beyond_it() {
        let mut chance = ChaCha8Rng::seed_from_u64(1);
        let drawn = binomial(300, 0.999_999, &mut chance);
        assert!((298..=300).contains(&drawn), "{drawn}");
        assert_eq!(binomial(0, 0.5, &mut chance), 0);
    }
}
