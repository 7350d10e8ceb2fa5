//! The main job from end to end, as a user types it: train, forecast, plan.

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ran, forescale, on_threads};
use crate::histories::{two_weeks, write_csv};
use crate::workspace::root;

const FORECAST: [&str; 8] =
    ["forecast", "h.csv", "--horizon", "6h", "--quantiles", "0.1,0.5,0.9", "-o", "csv"];
const PLAN: [&str; 8] = ["plan", "h.csv", "--capacity", "20", "--horizon", "6h", "-o", "json"];

#[test]
fn a_trained_model_forecasts_what_its_history_forecasts() {
    let folder = with_history();
    let trained = forescale(folder.path(), &["train", "h.csv", "--model", "shop.model"]);
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let from_model =
        [&["forecast", "--model", "shop.model", "--history", "h.csv"], &FORECAST[2..]].concat();
    let rows = csv(&forescale(folder.path(), &from_model));
    assert_eq!(rows[0], ["timestamp", "mean", "median", "q0.1", "q0.5", "q0.9"]);
    assert_eq!(rows.len(), 1 + 24, "6 hours at 15 minutes");
    assert_eq!(rows[1][0], "2026-01-19T00:00:00Z", "one step after the last sample");
    for row in &rows[1..] {
        let values: Vec<f64> = row[1..].iter().map(|value| value.parse().unwrap()).collect();
        assert!(values.iter().all(|value| value.is_finite()), "{row:?}");
        assert!(values[2] <= values[3] && values[3] <= values[4], "quantiles cross: {row:?}");
        assert_eq!(values[1], values[3], "q0.5 is the median");
    }
}

#[test]
fn a_plan_says_what_it_read_what_it_wants_and_why() {
    let folder = with_history();
    let plan = forescale(folder.path(), &PLAN).json();
    for key in ["settings", "data", "recommendations", "warnings"] {
        assert!(!plan[key].is_null(), "{key} is missing");
    }
    let recommendations = plan["recommendations"].as_array().unwrap();
    let moments: Vec<_> = recommendations.iter().map(|r| r["at"].as_str().unwrap()).collect();
    assert!(moments.is_sorted_by(|a, b| a < b), "{moments:?}");
    for recommendation in recommendations {
        check_recommendation(recommendation);
    }
}

fn check_recommendation(r: &Value) {
    let number = |key: &str| r[key].as_f64().unwrap_or_else(|| panic!("{key} in {r}"));
    assert!(number("lower") <= number("expected_load"), "{r}");
    assert!(number("expected_load") <= number("upper"), "{r}");
    assert!((0.0..=1.0).contains(&number("confidence")), "{r}");
    assert_eq!(number("level"), 80.0, "{r}");
    assert!(number("instances") >= 1.0, "{r}");
    assert!(r["headroom"]["instances"].is_number() && r["headroom"]["percent"].is_number(), "{r}");
    assert!(!r["reason"].as_str().unwrap().is_empty(), "{r}");
    assert!(["scale_up", "scale_down", "hold"].contains(&r["action"].as_str().unwrap()), "{r}");
}

#[test]
fn the_same_input_gives_the_same_bytes_on_any_number_of_threads() {
    let folder = with_history();
    for arguments in [&FORECAST[..], &PLAN[..]] {
        let first = on_threads(folder.path(), 1, arguments);
        assert_eq!(first.code, 0, "{}", first.stderr);
        for threads in [1, 2] {
            let again = on_threads(folder.path(), threads, arguments);
            assert_eq!(first.stdout, again.stdout, "{arguments:?} on {threads} threads");
        }
    }
}

#[test]
fn the_sample_model_is_of_this_version() {
    let forecast = forescale(root(), &["forecast", "--model", "models/web-shop", "-o", "csv"]);
    assert_eq!(csv(&forecast).len(), 1 + 96, "a day at 15 minutes");
}

#[test]
fn explain_names_what_was_recognised_in_the_history() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut load = two_weeks();
    load[4 * 96 + 40..4 * 96 + 50].fill(0.0);
    load[9 * 96..].iter_mut().for_each(|y| *y *= 1.8);
    write_csv(&folder.path().join("h.csv"), &load);
    let explained = forescale(folder.path(), &["explain", "h.csv", "-o", "json"]).json();
    let noticed = explained["explanation"]["noticed"].as_array().unwrap();
    let kinds: Vec<_> = noticed.iter().map(|found| found["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["outage", "level-shift"]);
    let shift = &noticed[1];
    assert_eq!(shift["when"], "2026-01-14T00:00:00Z");
    assert_eq!(shift["what"], "the level rose to 1.8 times the one before and stayed");
    assert_eq!(
        (&shift["treated"], &shift["weight"]),
        (&"days before it count 0.3".into(), &0.3.into())
    );
    let shown = forescale(folder.path(), &["explain", "h.csv"]).stdout;
    assert!(shown.contains("an outage with 0.00 times the usual load"), "{shown}");
}

#[test]
fn the_same_history_trains_the_same_model() {
    let folder = with_history();
    for (threads, model) in [(1, "one.model"), (2, "two.model")] {
        let ran = on_threads(folder.path(), threads, &["train", "h.csv", "--model", model]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
    let bytes = |model| std::fs::read(folder.path().join(model)).unwrap();
    assert!(bytes("one.model") == bytes("two.model"), "the models differ");
}

fn with_history() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    write_csv(&folder.path().join("h.csv"), &two_weeks());
    folder
}

fn csv(ran: &Ran) -> Vec<Vec<String>> {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    ran.stdout.lines().map(|line| line.split(',').map(str::to_owned).collect()).collect()
}
