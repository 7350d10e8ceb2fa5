//! The sample histories in `data/` are what their scenarios make.

use std::path::{Path, PathBuf};

use forescale_sources::{Generated, SCENARIOS};

/// The seed that `data/README.md` names.
const SEED: u64 = 1;

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data").join(file)
}

fn files() -> impl Iterator<Item = (String, String)> {
    SCENARIOS.iter().flat_map(|scenario| {
        let made: Generated = (scenario.generate)(SEED);
        let events = made.events_csv().map(|csv| (format!("{}-events.csv", scenario.name), csv));
        [(format!("{}.csv", scenario.name), made.csv())].into_iter().chain(events)
    })
}

#[test]
fn every_sample_history_is_made_again_byte_for_byte() {
    for (file, made) in files() {
        let kept = std::fs::read_to_string(data(&file)).unwrap();
        assert!(kept == made, "{file} is not what `forescale data generate` makes");
    }
}

#[test]
fn every_sample_history_stands_in_the_readme() {
    let readme = std::fs::read_to_string(data("README.md")).unwrap();
    for (file, _) in files() {
        assert!(readme.contains(&format!("`{file}`")), "{file}");
    }
}
