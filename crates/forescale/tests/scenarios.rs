//! The scenarios of `tests/scenarios`, and what is said about one that cannot be run.

use std::fs;
use std::path::PathBuf;

use forescale::scenario::{ScenarioError, run};

fn scenarios() -> Vec<(PathBuf, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/scenarios");
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|ext| ext == "toml")).collect();
    files.sort();
    files.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

#[test]
fn every_scenario_passes() {
    let scenarios = scenarios();
    assert!(scenarios.len() >= 7);
    let failed: Vec<String> = scenarios
        .iter()
        .map(|(path, text)| run(text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .filter(|report| !report.passed())
        .map(|report| report.to_string())
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The policy that keeps to winter time is an hour late, so the scenario does test the change of the clocks.
#[test]
fn a_policy_that_ignores_summer_time_fails() {
    let (_, text) = scenarios().into_iter().find(|(path, _)| path.ends_with("dst.toml")).unwrap();
    let winter = text.replace("outside=2", "outside=2,timezone=Etc/GMT-1");
    assert!(winter != text && !run(&winter).unwrap().passed());
}

#[test]
fn the_same_text_gives_the_same_report() {
    let (_, text) = &scenarios()[0];
    assert_eq!(run(text), run(text));
}

/// A scenario with so much load, and these lines after it.
fn text(load: &str, rest: &str) -> String {
    format!(
        "name = \"x\"\npolicy = \"static\"\ncapacity = {{ load-per-instance = 10.0 }}\n[[load]]\n{load}\n[[expect]]\n{rest}\n"
    )
}

const CALM: &str = "kind = \"constant\"\nfor = \"1h\"\nlevel = 16.0";

#[test]
fn an_expectation_that_fails_is_reported_with_its_value() {
    let report = run(&text(CALM, "instances-at-most = 1\nfrom = \"10m\"\nto = \"20m\"")).unwrap();
    assert_eq!(
        report.to_string(),
        "x: failed\n  FAIL line 8: instances at most 1 from 10m to 20m, was 2.0000\n"
    );
    let report = run(&text(CALM, "cost-over-clairvoyant = 1.0")).unwrap();
    assert!(report.passed(), "{report}");
}

#[test]
fn what_does_not_fit_is_named_with_its_line() {
    let good = "actions-at-most = 1";
    let long = "kind = \"constant\"\nfor = \"1000w\"\nlevel = 1.0";
    for (text, message) in [
        (text(CALM, "actions = 1"), "line 9: unknown field `actions`"),
        (
            text(CALM, "no-scale-in = true\nactions-at-most = 1"),
            "line 8: an expectation should be exactly one",
        ),
        (
            text(CALM, "cost-over-clairvoyant = 1.0\nfrom = \"1m\""),
            "line 8: cost-over-clairvoyant should be over",
        ),
        (
            text(CALM, "actions-at-most = 1\nto = \"2h\""),
            "line 8: from and to should be a part of the scored time",
        ),
        (text("kind = \"cliff\"\nfor = \"1h\"", good), "line 5: unknown variant `cliff`"),
        (
            text("kind = \"outage\"\nfor = \"1h\"", good),
            "line 1: load should be a list that begins with",
        ),
        (
            text("kind = \"constant\"\nfor = \"1h\"\nlevel = -1.0", good),
            "line 4: every load should be a number from 0 on",
        ),
        (
            text("kind = \"constant\"\nfor = \"soon\"\nlevel = 1.0", good),
            "line 4: a span should look like",
        ),
        (
            text("kind = \"deploy\"\nfor = \"1h\"\nlevel = 1.0\nrestarting = 1.0", good),
            "line 4: restarting should be",
        ),
        (text(long, good), "line 4: for should be at least a step and at most"),
        (text(CALM, good).replace("10.0", "0.0"), "the capacity of an instance should be"),
        (text(CALM, good).replace("static", "statik"), "there is no policy \"statik\""),
        (text(CALM, good).replace("name =", "name"), "line 1: "),
    ] {
        let error = run(&text).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert!(!error.hint().is_empty());
        assert!(!matches!(&error, ScenarioError::Form { message, .. } if message.is_empty()));
    }
}
