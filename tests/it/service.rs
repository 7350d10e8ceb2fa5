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
    let forecast = ["forecast", "data/web-shop.csv", "-o", "json", "-q"];
    write(folder.path(), "forecast.json", &forescale(root(), &forecast).stdout);
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
        (
            &["--to", "keda-external", "--address", "f:9443", "--cpu", "70", "--token-env", "T"],
            &["type: external", "f:9443", "type: cpu", "tokenFromEnv: T", "maxReplicaCount: 400"],
        ),
        (
            &["--to", "keda-prometheus", "--address", "http://p:9090", "--full"],
            &["scale_replicas{target=\"shop\"}", "currentReplicasIfHigher"],
        ),
        (
            &["--to", "keda-cron", "--timezone", "Europe/Berlin", "--full"],
            &["type: cron", "Europe/Berlin"],
        ),
        (&["--to", "cronjobs"], &["kind: CronJob", "kind: Role", "kind: HorizontalPodAutoscaler"]),
        (&["--to", "aws-group"], &["MinSize", "StartTime", "delete-scheduled-action"]),
        (&["--to", "aws-target"], &["ScalableTargetAction", "ecs:service:DesiredCount"]),
        (
            &["--to", "openmetrics", "--forecast", "forecast.json"],
            &["# TYPE", "planned_replicas{", "forecast_value{", "# EOF"],
        ),
    ] {
        let ran = export(folder.path(), &[to, &["--max", "400"]].concat());
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
    assert_eq!((new.code, new.stderr.as_str()), (1, ""), "as diff and kubectl diff end");
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
fn the_answer_of_a_service_that_holds_is_exported_without_a_fall_and_a_stale_one_not_at_all() {
    let folder = planned();
    let plan = std::fs::read_to_string(folder.path().join("plan.json")).unwrap();
    for state in ["holding", "stale"] {
        let answer =
            format!(r#"{{"target":"shop","state":"{state}","instances":321,"plan":{plan}}}"#);
        write(folder.path(), &format!("{state}.json"), &answer);
    }
    let of = |file: &str, to: &[&str]| {
        let words = ["export", file, "--name", "shop", "--now", "2026-04-13T05:00:00Z", "-q"];
        forescale(folder.path(), &[&words[..], to].concat())
    };
    let held = of("holding.json", &["--to", "hpa"]);
    assert!(held.stdout.contains("minReplicas: 321"), "{}{}", held.stdout, held.stderr);
    let cron = of("holding.json", &["--to", "keda-cron", "--full", "--max", "400"]).stdout;
    let counts: Vec<_> = cron.lines().filter(|line| line.contains("desiredReplicas")).collect();
    assert!(counts.len() == 1 && counts[0].contains("321"), "nothing falls: {cron}");
    let stale = of("stale.json", &["--to", "hpa"]);
    assert_eq!((stale.code, stale.stdout.as_str()), (4, ""));
    assert!(stale.stderr.contains("the plan is stale"), "{}", stale.stderr);
}

#[test]
fn what_cannot_be_exported_is_refused_with_a_way_out() {
    let folder = planned();
    write(folder.path(), "other.json", "{}");
    for (arguments, code, words) in [
        (&["--to", "hpa", "--name", "Shop_1"][..], 2, "Shop_1"),
        (&["--to", "hpa", "--max", "1"], 2, "the maximum is 1"),
        (&["--to", "keda-external", "--max", "400", "--cpu", "70"], 2, "--address"),
        (&["--to", "keda-external", "--max", "400", "--address", "f:1"], 2, "--cpu PERCENT"),
        (&["--to", "keda-external", "--cpu", "70", "--address", "f:1"], 2, "--max N"),
        (&["--to", "aws-group"], 2, "--max N"),
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
fn files_that_an_earlier_export_has_left_are_taken_away() {
    let folder = planned();
    let to = ["--to", "aws-group", "--max", "400", "--out", "aws"];
    assert_eq!(export(folder.path(), &to).code, 0);
    write(folder.path(), "aws/shop-scheduled-actions-7.json", "{}\n");
    write(folder.path(), "aws/other-scheduled-actions-7.json", "{}\n");
    let shown = export(folder.path(), &[&to[..], &["--diff"]].concat());
    assert!(shown.stdout.contains("shop-scheduled-actions-7.json\n@@ -1"), "{}", shown.stdout);
    assert!(folder.path().join("aws/shop-scheduled-actions-7.json").exists());
    assert_eq!(export(folder.path(), &to).code, 0);
    assert!(!folder.path().join("aws/shop-scheduled-actions-7.json").exists());
    assert!(folder.path().join("aws/other-scheduled-actions-7.json").exists());
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
fn files_of_a_configuration_are_beside_it_from_wherever_it_is_named() {
    let folder = folder();
    std::fs::create_dir(folder.path().join("conf")).unwrap();
    let config = CONFIG.replace("max-age", "events = \"events.csv\"\nmax-age");
    write(folder.path(), "conf/forescale.toml", &config);
    write(
        folder.path(),
        "conf/events.csv",
        "start,end,kind\n2026-11-27T00:00:00Z,2026-11-28T00:00:00Z,sale\n",
    );
    let at = chrono::Utc::now() - chrono::TimeDelta::minutes(2_000);
    let row = |minute: i64| {
        let at = at + chrono::TimeDelta::minutes(minute);
        format!("{},{}\n", at.format("%Y-%m-%dT%H:%M:00Z"), 100 + minute % 60)
    };
    let rows: String = (0..2_000).map(row).collect();
    write(folder.path(), "conf/load.csv", &format!("timestamp,load\n{rows}"));
    let ran = forescale(folder.path(), &["doctor", "--config", "conf/forescale.toml"]);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
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
        assert_eq!(ran.code, 2, "{text}");
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
