//! `export`, `doctor` and what `serve` refuses, end to end. A service that runs is tested in `tests/service`.

use std::path::Path;

use crate::command::{Ran, forescale};
use crate::workspace::root;

const CONFIG: &str = "\
[store]
path = \"state.db\"

[[target]]
name = \"shop\"
max-age = \"1d\"

[target.source]
kind = \"file\"
path = \"load.csv\"

[target.fleet]
capacity = 40.0
";

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("there is room for a test")
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("the folder is writable");
}

/// A folder with the plan of the sample shop.
fn planned() -> tempfile::TempDir {
    let plan = ["plan", "data/web-shop.csv", "--capacity", "40", "-o", "json", "-q"];
    let folder = folder();
    write(folder.path(), "plan.json", &forescale(root(), &plan).stdout);
    folder
}

fn export(folder: &Path, more: &[&str]) -> Ran {
    let common = ["export", "plan.json", "--name", "shop", "--now", "2026-04-13T05:00:00Z", "-q"];
    forescale(folder, &[&common, more].concat())
}

#[test]
fn a_plan_is_written_for_every_system() {
    let folder = planned();
    for (to, words) in [
        (&["--to", "hpa"][..], &["kind: HorizontalPodAutoscaler", "minReplicas:"][..]),
        (&["--to", "keda-external", "--address", "f:9443"], &["type: external", "f:9443"]),
        (
            &["--to", "keda-prometheus", "--address", "http://p:9090"],
            &["plan_replicas{target=\"shop\"}", "currentReplicasIfHigher"],
        ),
        (&["--to", "keda-cron", "--timezone", "Europe/Berlin"], &["type: cron", "Europe/Berlin"]),
        (&["--to", "cronjobs"], &["kind: CronJob", "kind: Role"]),
        (&["--to", "aws-group"], &["MinSize", "StartTime"]),
        (&["--to", "aws-target"], &["ScalableTargetAction", "ecs:service:DesiredCount"]),
        (&["--to", "openmetrics"], &["# TYPE", "# EOF"]),
    ] {
        let ran = export(folder.path(), to);
        assert_eq!(ran.code, 0, "{to:?}: {}", ran.stderr);
        for word in words {
            assert!(ran.stdout.contains(word), "{to:?} without {word}: {}", ran.stdout);
        }
    }
}

#[test]
fn a_difference_is_shown_before_a_file_is_written() {
    let folder = planned();
    let to = ["--to", "hpa", "--out", "k8s"];
    let new = export(folder.path(), &[&to[..], &["--diff"]].concat());
    assert!(new.stdout.contains("+") && !folder.path().join("k8s").exists(), "{}", new.stdout);
    assert_eq!(export(folder.path(), &to).code, 0);
    let written = std::fs::read_to_string(folder.path().join("k8s/shop-hpa.yaml")).unwrap();
    let same = export(folder.path(), &[&to[..], &["--diff"]].concat());
    assert_eq!((same.code, same.stdout.as_str()), (0, ""));
    let later = ["export", "plan.json", "--name", "shop", "--now", "2026-04-13T18:00:00Z", "-q"];
    let later = forescale(folder.path(), &[&later[..], &to, &["--diff"]].concat());
    assert!(later.stdout.contains("-  minReplicas:"), "{}", later.stdout);
    let after = std::fs::read_to_string(folder.path().join("k8s/shop-hpa.yaml")).unwrap();
    assert_eq!(written, after, "a difference writes nothing");
}

#[test]
fn what_cannot_be_exported_is_refused_with_a_way_out() {
    let folder = planned();
    write(folder.path(), "other.json", "{}");
    for (arguments, code, words) in [
        (&["--to", "hpa", "--name", "Shop_1"][..], 2, "Shop_1"),
        (&["--to", "hpa", "--max", "1"], 2, "the maximum is 1"),
        (&["--to", "keda-external"], 2, "--address"),
        (&["--to", "hpa", "--now", "2027-01-01"], 2, "the plan ended at"),
    ] {
        let common = ["export", "plan.json"];
        let mut all = [&common[..], arguments].concat();
        for (key, value) in [("--name", "shop"), ("--now", "2026-04-13T05:00:00Z")] {
            if !all.contains(&key) {
                all.extend([key, value]);
            }
        }
        let ran = forescale(folder.path(), &all);
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains(words), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint:"), "{}", ran.stderr);
    }
    let to = ["--name", "shop", "--to", "hpa"];
    for (plan, code) in [("other.json", 2), ("none.json", 3)] {
        let ran = forescale(folder.path(), &[&["export", plan], &to[..]].concat());
        assert_eq!(ran.code, code, "{plan}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && ran.stderr.contains("hint:"), "{}", ran.stderr);
    }
}

#[test]
fn a_doctor_says_what_is_good_and_what_is_not() {
    let folder = folder();
    write(folder.path(), "forescale.toml", CONFIG);
    let doctor = ["doctor", "--config", "forescale.toml"];
    let ran = forescale(folder.path(), &doctor);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert!(ran.stdout.contains("load.csv") && ran.stdout.contains("wrong"), "{}", ran.stdout);
    let rows = (0..2_000).map(|minute| {
        let at = chrono::Utc::now() - chrono::TimeDelta::minutes(2_000 - minute);
        format!("{},{}\n", at.format("%Y-%m-%dT%H:%M:00Z"), 100 + minute % 60)
    });
    let rows: String = rows.collect();
    write(folder.path(), "load.csv", &format!("timestamp,load\n{rows}"));
    let ran = forescale(folder.path(), &doctor);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    assert!(!ran.stdout.contains("wrong"), "{}", ran.stdout);
}

#[test]
fn a_configuration_that_is_wrong_names_the_line_and_serves_nothing() {
    let folder = folder();
    for (text, words) in [
        (CONFIG.replace("max-age", "max-aeg"), "max-age"),
        (CONFIG.replace("capacity = 40.0", "capacity = -1.0"), "forescale.toml:13"),
        (CONFIG.replace("\"file\"", "\"files\""), "kind = \"prometheus\""),
        (CONFIG.replace("\"shop\"", "\"../shop\""), "forescale.toml:5"),
        (format!("[server]\nlisten = \"0.0.0.0:8080\"\n{CONFIG}"), "token-file"),
    ] {
        write(folder.path(), "forescale.toml", &text);
        let ran = forescale(folder.path(), &["serve", "--config", "forescale.toml"]);
        assert!([1, 2].contains(&ran.code), "{text}: {}", ran.code);
        assert!(ran.stderr.contains(words), "without {words}: {}", ran.stderr);
    }
    let ran = forescale(folder.path(), &["serve"]);
    assert!(ran.code == 2 && ran.stderr.contains("--config forescale.toml"), "{}", ran.stderr);
}

#[test]
fn a_prometheus_that_is_not_there_is_an_unavailable_source() {
    let source = "prometheus://127.0.0.1:9?query=up&range=1d";
    let ran = forescale(root(), &["plan", source, "--capacity", "10"]);
    assert!(ran.code == 3 && ran.stderr.contains("127.0.0.1:9"), "{} {}", ran.code, ran.stderr);
    let ran = forescale(root(), &["plan", "prometheus://u:p@host?query=up", "--capacity", "10"]);
    assert!(ran.code == 2 && !ran.stderr.contains("u:p"), "{} {}", ran.code, ran.stderr);
}
