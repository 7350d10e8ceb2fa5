//! The tree shows the architecture: every crate depends on lower layers only.

use std::collections::{BTreeMap, BTreeSet};

use crate::workspace::{Package, packages};

/// The layer of every crate under `crates/`, as ARCHITECTURE.md draws them. A new crate takes its place here.
const LAYERS: [(&str, u8); 15] = [
    ("forescale-core", 0),
    ("forescale-features", 1),
    ("forescale-backtest", 1),
    ("forescale-plan", 1),
    ("forescale-prometheus", 1),
    ("forescale-predictors", 2),
    ("forescale-ensemble", 2),
    ("forescale-replay", 2),
    ("forescale-export", 2),
    ("forescale", 3),
    ("forescale-sources", 3),
    ("forescale-report", 3),
    ("forescale-server", 4),
    ("forescale-py", 4),
    ("forescale-cli", 5),
];

/// Crates that the design builds on; of the crates in one row, one is enough.
const WORKERS: [&[&str]; 8] = [
    &["chrono"],
    &["linfa"],
    &["linfa-linear", "linfa-elasticnet"],
    &["linfa-trees"],
    &["ndarray"],
    &["polars"],
    &["realfft", "rustfft"],
    &["smartcore"],
];

#[test]
fn every_crate_has_a_layer() {
    let crates: BTreeSet<_> = own_crates().into_iter().map(|package| package.name).collect();
    let layered: BTreeSet<_> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crates, layered, "crates/ on the left, LAYERS on the right");
}

#[test]
fn no_crate_depends_sideways_or_upward() {
    let layers = BTreeMap::from(LAYERS);
    for Package { name, dependencies, .. } in own_crates() {
        let layer = layers[name.as_str()];
        for needed in dependencies {
            let below = layers.get(needed.as_str()).is_none_or(|needed| *needed < layer);
            assert!(below, "{name} (layer {layer}) should not need {needed}");
        }
    }
}

#[test]
fn only_the_sources_see_polars() {
    for package in own_crates().iter().filter(|package| package.name != "forescale-sources") {
        let polars = package.dependencies.iter().find(|name| name.starts_with("polars"));
        assert_eq!(polars, None, "{} should take a LoadSeries instead", package.name);
    }
}

#[test]
fn every_worker_is_a_direct_dependency() {
    let used: BTreeSet<_> =
        own_crates().into_iter().flat_map(|package| package.dependencies).collect();
    for names in WORKERS {
        assert!(names.iter().any(|name| used.contains(*name)), "nothing depends on {names:?}");
    }
}

fn own_crates() -> Vec<Package> {
    packages().into_iter().filter(|package| package.folder.starts_with("crates/")).collect()
}
