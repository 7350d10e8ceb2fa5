//! A public API: a mild day, and bursts that nobody announced.

use super::shape::{Noise, at, grid, load, local, of_day};
use super::{Generated, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    name: "bursty-api",
    summary: "a public API, 3 weeks at 5 minutes: a mild day and sudden bursts of up to ten times the usual",
    generate,
};

/// Requests per second by the hour in UTC: clients all over the world, a little less at night in Europe.
const DAY: [f64; 24] = [
    150.0, 140.0, 135.0, 130.0, 130.0, 140.0, 155.0, 175.0, 195.0, 210.0, 215.0, 215.0, 210.0,
    215.0, 225.0, 230.0, 230.0, 225.0, 215.0, 205.0, 195.0, 185.0, 170.0, 160.0,
];

/// Bursts begin about four times a day.
const BURSTS_A_STEP: f64 = 4.0 / 288.0;

/// The share of a burst that is left a step later: half of it after a quarter of an hour.
const DECAY: f64 = 0.79;

fn generate(seed: u64) -> Generated {
    let mut noise = Noise::new(seed);
    let mut burst = 0.0;
    let mut samples = Vec::new();
    for time in grid(at("2026-05-04T00:00:00Z"), 5, 21) {
        burst *= DECAY;
        let (begins, size) = (noise.uniform() < BURSTS_A_STEP, noise.uniform());
        if begins {
            // Many small ones and a few large ones, as 1/x has them: from the usual load to ten times of it.
            burst += 1.0 / (0.1 + 0.9 * size);
        }
        let (hour, weekday) = local(time, chrono_tz::Tz::UTC);
        let usual = of_day(&DAY, hour) * if weekday >= 5 { 0.8 } else { 1.0 };
        samples.push((time, load(usual * (1.0 + burst) * (1.0 + 0.06 * noise.normal()))));
    }
    Generated { samples, events: Vec::new() }
}
