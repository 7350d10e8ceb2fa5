//! `decide` end to end: what is replayed is what is applied, and old load is refused.

use std::path::Path;

use crate::command::{Ran, forescale};
use crate::histories::waves;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("there is room for a test");
    std::fs::write(folder.path().join("load.csv"), waves(4, 300.0, 250.0, 40.0))
        .expect("the folder is writable");
    folder
}

const FLEET: [&str; 6] = ["--capacity", "20", "--startup", "10m", "--step", "5m"];

fn decided(folder: &Path, more: &[&str]) -> Ran {
    forescale(folder, &[&["decide", "load.csv"], &FLEET[..], more].concat())
}

/// Instances by time, from a plan that a replay wrote.
fn asked_for(folder: &Path, file: &str) -> Vec<(String, u64)> {
    let text = std::fs::read_to_string(folder.join(file)).expect("the replay wrote it");
    let row = |line: &str| {
        let (at, count) = line.split_once(',').expect("two columns");
        (at.to_owned(), count.parse().expect("a count"))
    };
    text.lines().skip(1).map(row).collect()
}

#[test]
fn what_is_replayed_is_what_is_decided() {
    let folder = folder();
    for policy in ["forescale:budget=0.01", "hpa:target=0.6", "kpa"] {
        let out = format!("{policy}=asked.csv");
        let replay = ["replay", "load.csv", "--policy", policy, "--plan-out", &out, "-q"];
        assert_eq!(forescale(folder.path(), &[&replay, &FLEET[..]].concat()).code, 0);
        let asked = asked_for(folder.path(), "asked.csv");
        for k in [600, 811, 1_001] {
            let ran = decided(
                folder.path(),
                &["--policy", policy, "--now", &asked[k].0, "-o", "json", "-q"],
            );
            assert_eq!(ran.code, 0, "{policy}: {}", ran.stderr);
            let json = ran.json();
            let row = &json["recommendations"][0];
            assert_eq!(row["at"], asked[k].0.as_str(), "{policy}");
            assert_eq!(row["instances"], asked[k].1, "{policy} at {}", asked[k].0);
            assert_eq!(json["settings"]["current"], asked[k - 1].1, "{policy} at {}", asked[k].0);
        }
    }
}

#[test]
fn what_runs_and_the_limits_of_a_change_count() {
    let folder = folder();
    let fixed = ["--policy", "static:n=30", "--current", "12", "--max-scale-up", "5", "-q"];
    let ran = decided(folder.path(), &[&fixed[..], &["-o", "csv"]].concat());
    let row = ran.stdout.lines().nth(1).expect("one row");
    assert!(
        row.starts_with("2026-01-09T00:00:00Z,2026-01-09T00:10:00Z,scale_up,17,5,"),
        "{}",
        ran.stdout
    );
    let table = decided(folder.path(), &fixed).stdout;
    assert!(table.contains("17 instances (+5, serving from") && table.contains("12 before"));
}

#[test]
fn a_decision_becomes_the_floor_of_an_autoscaler() {
    let folder = folder();
    let ran = decided(folder.path(), &["-o", "json", "-q"]);
    std::fs::write(folder.path().join("decision.json"), &ran.stdout).unwrap();
    let export = ["export", "decision.json", "--to", "hpa", "--name", "shop"];
    let at = |now: &'static str| [&export[..], &["--now", now]].concat();
    let patch = forescale(folder.path(), &at("2026-01-09T00:01:00Z"));
    let instances = ran.json()["recommendations"][0]["instances"].clone();
    assert!(patch.stdout.contains(&format!("minReplicas: {instances}")), "{}", patch.stdout);
    let late = forescale(folder.path(), &at("2026-01-09T00:15:00Z"));
    assert_eq!(late.code, 2, "a decision does not outlast the data it rests on");
}

#[test]
fn old_load_and_a_wrong_policy_are_refused_with_a_way_out() {
    let folder = folder();
    for (more, code, words) in [
        (&["--now", "2026-01-09T00:20:00Z"][..], 4, "20m old"),
        (&["--policy", "magic"], 2, "magic"),
        (&["--policy", "hpa:goal=1"], 2, "goal"),
        (&["--now", "2025-01-01"], 2, "2025-01-01"),
    ] {
        let ran = decided(folder.path(), more);
        assert_eq!(ran.code, code, "{more:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(words), "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint:"), "{more:?}: {}", ran.stderr);
    }
    let within = decided(folder.path(), &["--now", "2026-01-09T00:15:00Z", "-q"]);
    assert_eq!(within.code, 0, "{}", within.stderr);
}

/// When a decision ends, of a run as JSON.
fn until(ran: &Ran) -> String {
    ran.json()["summary"]["to"].as_str().expect("a time").to_owned()
}

#[test]
fn a_decision_lasts_as_long_as_its_data_may_and_at_least_to_the_next() {
    let folder = folder();
    let json = ["-o", "json", "-q"];
    for (more, to) in [
        (&["--now", "2026-01-09T00:00:00Z"][..], "2026-01-09T00:15:00Z"),
        // Five minutes are left of the fifteen that load may be old.
        (&["--now", "2026-01-09T00:10:00Z"], "2026-01-09T00:15:00Z"),
        (&["--now", "2026-01-09T00:00:00Z", "--step", "1h"], "2026-01-09T01:00:00Z"),
    ] {
        let step = if more.contains(&"--step") { &FLEET[..4] } else { &FLEET[..] };
        let ran = forescale(folder.path(), &[&["decide", "load.csv"], step, more, &json].concat());
        assert_eq!(until(&ran), to, "{more:?}");
    }
}

#[test]
fn a_decision_rests_on_whole_steps_and_is_made_now() {
    let folder = folder();
    let all = [
        "decide",
        "load.csv",
        "--capacity",
        "20",
        "--step",
        "1h",
        "--policy",
        "hpa:target=0.6",
        "-o",
        "json",
        "-q",
    ];
    let at =
        |now: &'static str| forescale(folder.path(), &[&all[..], &["--now", now]].concat()).json();
    let json = at("2026-01-08T23:25:00Z");
    assert_eq!(json["recommendations"][0]["at"], "2026-01-08T23:25:00Z");
    assert_eq!(json["summary"]["from"], "2026-01-08T23:25:00Z");
}

#[test]
fn what_the_advice_prints_runs_as_it_was_judged() {
    let folder = folder();
    let path = folder.path();
    let two = waves(10, 300.0, 250.0, 40.0).replace("timestamp,load", "timestamp,cpu");
    let two: String = two
        .lines()
        .enumerate()
        .map(|(k, line)| format!("{line},{}\n", if k == 0 { "other" } else { "1" }))
        .collect();
    std::fs::write(path.join("NEWEST.csv"), two).unwrap();
    let asked = [
        "--load",
        "cpu",
        "--capacity",
        "20",
        "--step",
        "5m",
        "--metric-latency",
        "5m",
        "--timezone",
        "Europe/Berlin",
        "--holidays",
        "DE",
        "--budget",
        "1%",
        "--warm-up",
        "1m",
        "--score-from",
        "5d",
    ];
    let advise = [&["advise", "NEWEST.csv"], &asked[..], &["-o", "json", "-q"]].concat();
    let json = forescale(path, &advise).json();
    let applied: Vec<&str> =
        json["apply"].as_array().unwrap().iter().filter_map(|step| step["text"].as_str()).collect();
    let replay = applied.last().expect("how to see it");
    for option in asked.chunks(2) {
        assert!(replay.contains(&option.join(" ")), "{option:?}: {replay}");
    }
    let decide = applied.iter().find(|text| text.starts_with("forescale decide NEWEST.csv"));
    let decide = decide.expect("this wave is best foreseen");
    for option in ["--load cpu", "--metric-latency 5m", "--timezone Europe/Berlin", "--holidays DE"]
    {
        assert!(decide.contains(option), "{option}: {decide}");
    }
    assert!(decide.contains("--now \"$(date -u +%FT%TZ)\""), "old load has to be seen: {decide}");
    let fresh = decide
        .replace("--now \"$(date -u +%FT%TZ)\"", "--now 2026-01-15T00:00:00Z")
        .replace("INSTANCES", "12")
        .replace('\'', "");
    let words: Vec<&str> = fresh.split(' ').skip(1).collect();
    let ran = forescale(path, &words);
    assert_eq!(ran.code, 0, "{fresh}: {}", ran.stderr);
    assert_eq!(ran.json()["settings"]["load"], "cpu");
}
