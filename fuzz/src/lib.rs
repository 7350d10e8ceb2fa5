//! What has to stand any bytes at all: models, answers of Prometheus, configurations, requests and tables.
//!
//! A target takes bytes and panics when something is not as it should be. `tests/short.rs` changes the seeds at random
//! for a few seconds; `tests/scripts/fuzz.sh` searches with coverage for as long as it is told.

mod config;
#[cfg(feature = "csv")]
mod csv;
mod model;
mod prometheus;
mod request;
mod scaler;
mod seeds;
mod service;

/// Something that has to stand any bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Takes bytes, and panics when something is not as it should be.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "model", run: model::run, seeds: model::seeds },
    Target { name: "prometheus", run: prometheus::run, seeds: || seeds::of("prometheus") },
    Target { name: "config", run: config::run, seeds: || seeds::of("config") },
    Target { name: "request", run: request::run, seeds: || seeds::of("request") },
    Target { name: "scaler", run: scaler::run, seeds: || seeds::of("scaler") },
    #[cfg(feature = "csv")]
    Target { name: "csv", run: csv::run, seeds: || seeds::of("csv") },
];

/// The target called `name`.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
