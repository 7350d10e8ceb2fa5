//! Synthetic histories: named scenarios, each a function of a seed.
//!
//! The same seed gives the same bytes on every machine: the random numbers come from ChaCha8, whose stream is
//! fixed, and the shapes are made with additions, multiplications and divisions alone, because the rounding of
//! `sin` or `exp` differs between platforms.

mod batch_worker;
mod bursty_api;
mod shape;
mod web_shop;

use chrono::{DateTime, SecondsFormat, Utc};
use forescale_core::Event;

use crate::error::SourceError;

/// A history that can be generated.
#[derive(Debug, Clone, Copy)]
pub struct Scenario {
    /// Its name, in kebab-case.
    pub name: &'static str,
    /// What it shows, in one line.
    pub summary: &'static str,
    /// Makes it from a seed.
    pub generate: fn(u64) -> Generated,
}

/// Every scenario.
pub const SCENARIOS: &[Scenario] =
    &[web_shop::SCENARIO, bursty_api::SCENARIO, batch_worker::SCENARIO];

/// A generated history.
#[derive(Debug, Clone, PartialEq)]
pub struct Generated {
    /// Samples in order; a gap has no row.
    pub samples: Vec<(DateTime<Utc>, f64)>,
    /// Events that are known beforehand.
    pub events: Vec<Event>,
}

/// The scenario with this name.
///
/// # Errors
/// [`SourceError::UnknownScenario`] lists those there are.
///
/// ```
/// let shop = forescale_sources::scenario("web-shop")?;
/// assert_eq!((shop.generate)(1), (shop.generate)(1));
/// # Ok::<(), forescale_sources::SourceError>(())
/// ```
pub fn scenario(name: &str) -> Result<&'static Scenario, SourceError> {
    let found = SCENARIOS.iter().find(|scenario| scenario.name == name);
    found.ok_or_else(|| SourceError::UnknownScenario {
        wanted: name.to_owned(),
        have: SCENARIOS.iter().map(|scenario| scenario.name.to_owned()).collect(),
    })
}

impl Generated {
    /// The samples as `timestamp,load`, loads with one decimal.
    pub fn csv(&self) -> String {
        let mut text = "timestamp,load\n".to_owned();
        for (time, load) in &self.samples {
            text.push_str(&format!("{},{load:.1}\n", written(*time)));
        }
        text
    }

    /// The events as `start,end,kind,factor`; `None` without one.
    pub fn events_csv(&self) -> Option<String> {
        let mut text = "start,end,kind,factor\n".to_owned();
        for Event { start, end, kind, factor } in &self.events {
            let factor = factor.map_or_else(String::new, |factor| factor.to_string());
            text.push_str(&format!("{},{},{kind},{factor}\n", written(*start), written(*end)));
        }
        (!self.events.is_empty()).then_some(text)
    }
}

fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, Source, read_events, read_history};

    fn read(name: &str) -> crate::HistoryRead {
        let bytes = (scenario(name).unwrap().generate)(1).csv().into_bytes();
        read_history(&Source::Bytes { name: name.to_owned(), bytes }, &ReadOptions::default())
            .unwrap()
    }

    #[test]
    fn the_seed_and_nothing_else_decides() {
        for Scenario { name, generate, .. } in SCENARIOS {
            assert_eq!(generate(7), generate(7), "{name}");
            assert_ne!(generate(7).samples, generate(8).samples, "{name}");
        }
    }

    #[test]
    fn the_web_shop_has_its_outages_and_its_trend() {
        let shop = read("web-shop");
        assert_eq!(
            shop.report.line(),
            "4014 rows, 2026-03-01 .. 2026-04-12, step 15m; 18 steps are gaps (0.4 %, the longest 3h)"
        );
        let week = |from: usize| {
            shop.series.values()[from..from + 7 * 96].iter().filter(|v| !v.is_nan()).sum::<f64>()
        };
        assert!(week(0) < week(21 * 96));
    }

    #[test]
    fn the_events_of_the_web_shop_are_read_back() {
        let events = (scenario("web-shop").unwrap().generate)(1);
        let bytes = events.events_csv().unwrap().into_bytes();
        let source = Source::Bytes { name: "events".to_owned(), bytes };
        assert_eq!(read_events(&source, None).unwrap(), events.events);
    }

    #[test]
    fn the_batch_worker_rests_and_the_api_bursts() {
        let idle = read("batch-worker").series.present().filter(|&load| load == 0.0).count();
        assert!(idle > 1_000, "{idle}");
        let api = read("bursty-api");
        let max = api.series.present().fold(0.0, f64::max);
        let mean = api.series.present().sum::<f64>() / api.series.len() as f64;
        assert!(max > 4.0 * mean, "{max} against {mean}");
    }

    #[test]
    fn an_unknown_scenario_is_named() {
        let error = scenario("webshop").unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no scenario \"webshop\", only web-shop, bursty-api, batch-worker"
        );
        assert_eq!(error.hint().unwrap(), "did you mean web-shop?");
    }
}
