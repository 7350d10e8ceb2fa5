//! What the past says: the backtest and the replay of a target, and why there is none.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Mood, Served, TARGET, daily, serve, serve_with};

fn look(served: &Served, what: &str) -> Value {
    let (status, view) = served.get(&format!("/api/v1/targets/web/{what}"));
    assert_eq!(status, 200, "{view}");
    view
}

#[test]
fn a_backtest_scores_the_ensemble_and_its_predictors_over_the_past() {
    let served = serve("", TARGET, daily);
    served.settle();
    let view = look(&served, "backtest");
    assert_eq!((&view["state"], &view["reason"]), (&json!("ready"), &Value::Null), "{view}");
    let result = &view["result"];
    assert_eq!((&result["step_seconds"], &result["horizon_steps"]), (&json!(300), &json!(72)));
    assert_eq!(result["to"], "2026-01-05T08:00:00Z");
    let names: Vec<&Value> =
        result["predictors"].as_array().unwrap().iter().map(|row| &row["predictor"]).collect();
    assert_eq!(names, [&json!("ensemble"), &json!("seasonal-naive")]);
    // A day that repeats to the last digit is what seasonal-naive knows.
    let naive = &result["predictors"][1]["overall"];
    assert!(naive["mase"].as_f64().unwrap() < 1e-9, "{naive}");
    assert_eq!(naive["coverage_95"], 1.0, "{naive}");
    // Nothing is a share of no error.
    assert_eq!(naive["relative_wql"], Value::Null);
}

#[test]
fn a_replay_compares_policies_on_the_fleet_of_the_target() {
    let served = serve("", &TARGET.replace("max = 60", "max = 60\nmin = 3"), daily);
    served.settle();
    let view = look(&served, "replay");
    assert_eq!(view["state"], "ready", "{view}");
    let result = &view["result"];
    // Three days of load: the newer half counts.
    assert_eq!(result["from"], "2026-01-03T20:00:00Z");
    assert_eq!((&result["step_seconds"], &result["budget"]), (&json!(60), &json!(0.01)));
    let scores = |policy: &str| {
        let rows = result["policies"].as_array().unwrap();
        let row = rows.iter().find(|row| row["policy"] == policy).unwrap();
        assert_eq!(row["failure"], Value::Null);
        row["scores"].clone()
    };
    // The peak of 400 needs 40 that carry 10, all the 36 hours.
    let fixed = scores("static");
    assert_eq!((&fixed["instance_hours"], &fixed["too_few"]), (&json!(1440.0), &json!(0.0)));
    let least = result["clairvoyant_instance_hours"].as_f64().unwrap();
    assert!((fixed["over_clairvoyant"].as_f64().unwrap() - 1440.0 / least).abs() < 1e-9);
    let ours = scores("forescale");
    assert_eq!(ours["kept_budget"], true, "{ours}");
    let hours = ours["instance_hours"].as_f64().unwrap();
    assert!(least <= hours && hours < 1440.0, "{least} {hours}");
    // Who aims at the very utilization that counts as enough is late whenever load rises.
    assert_eq!(scores("hpa:target=0.8")["kept_budget"], false);
}

#[test]
fn what_was_found_is_made_anew_with_each_model_and_survives_a_restart() {
    let served = serve("", TARGET, daily);
    served.settle();
    let made = |served: &Served| {
        ["backtest", "replay"].map(|what| look(served, what)["result"]["made_at"].clone())
    };
    assert_eq!(made(&served), ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"]);
    served.pass(TimeDelta::hours(5));
    assert_eq!(made(&served), ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"]);
    let served = served.restart();
    assert_eq!(made(&served), ["2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"]);
    // A model is trained at three in the morning.
    served.pass(TimeDelta::hours(14));
    assert_eq!(made(&served), ["2026-01-06T03:00:00Z", "2026-01-06T03:00:00Z"]);
}

#[test]
fn why_there_is_nothing_is_said() {
    let served = serve_with("", TARGET, daily, |memory| memory.set(Mood::Down));
    served.settle();
    for what in ["backtest", "replay"] {
        let view = look(&served, what);
        assert_eq!((&view["state"], &view["result"]), (&json!("failed"), &Value::Null), "{view}");
        assert!(view["reason"].as_str().unwrap().contains("connection refused"), "{view}");
    }
    // Once the source is back there is a result.
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(2));
    assert_eq!(look(&served, "replay")["state"], "ready");
    let off = TARGET.replace("mode =", "look-back = \"0s\"\nmode =");
    let served = serve("", &off, daily);
    served.settle();
    assert_eq!(look(&served, "backtest")["state"], "off");
    let runs = served.get("/api/v1/targets/web").1["runs"].clone();
    assert_eq!(runs.as_array().unwrap().len(), 3, "{runs}");
}
