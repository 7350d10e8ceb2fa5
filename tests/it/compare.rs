//! `forescale backtest --compare` with a Python that a test writes: a shell script that answers as it is told.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::command::{Ran, forescale};
use crate::histories::{two_weeks, write_csv};
use crate::workspace::root;

const ROSTER: &str = r#"echo '{"libraries": {"lightgbm": "9.9", "prophet": null}, "peers": {"lightgbm": "lightgbm", "prophet": "prophet"}}'"#;

/// Runs a backtest of an hour ahead from two origins, with a Python that does what `script` says.
fn compared(script: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("there is room for a test");
    write_csv(&folder.path().join("load.csv"), &two_weeks());
    let python = write_python(&folder, script);
    let backtest = ["backtest", "load.csv", "--predictors=seasonal-naive", "--horizon=1h"];
    let compare = ["--origins=2", "--fits=1", "--compare", "--python", &python];
    forescale(folder.path(), &[&backtest[..], &compare, more].concat())
}

fn write_python(folder: &TempDir, script: &str) -> String {
    let python = folder.path().join("python");
    fs::write(&python, format!("#!/bin/sh\n{script}\n")).expect("the folder is writable");
    let runnable = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&python, runnable).expect("the file was just written");
    python.display().to_string()
}

/// A forecast of four steps that says 70 at every quantile.
fn forecast(origin: usize) -> String {
    let row = vec!["70"; 13].join(",");
    let rows = vec![format!("[{row}]"); 4].join(",");
    format!(
        r#"echo '{{"peer": "lightgbm", "origin": {origin}, "rows": [{rows}], "cpu_seconds": 0.5, "fitted": {}}}'"#,
        origin == 0
    )
}

#[test]
fn a_library_is_scored_beside_the_predictors() {
    let script = format!("read request\n{ROSTER}\n{}\n{}", forecast(0), forecast(1));
    let answer = compared(&script, &["-o", "json"]).json();
    let rows = answer["backtest"]["predictors"].as_array().expect("predictors is a list");
    let row = rows.last().expect("there are predictors");
    assert_eq!(row["predictor"], "lightgbm");
    assert_eq!(row["overall"]["steps"], 8);
    assert!(row["failures"].as_array().is_some_and(Vec::is_empty));
    let peer = &answer["peers"][0];
    assert_eq!((&peer["version"], peer["fits"].as_u64()), (&"9.9".into(), Some(1)));
    assert_eq!(peer["cpu_seconds"], 1.0);
    let warning = answer["warnings"].to_string();
    assert!(warning.contains("prophet is not installed in"), "{warning}");
    assert!(warning.contains("-m pip install prophet"), "{warning}");
}

#[test]
fn the_table_names_the_libraries_and_what_failed() {
    let failure = r#"echo '{"peer": "lightgbm", "origin": 1, "failure": "ValueError: no tree"}'"#;
    let ran = compared(&format!("read request\n{ROSTER}\n{}\n{failure}", forecast(0)), &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let row = ran.stdout.lines().find(|line| line.starts_with("lightgbm")).expect("a row");
    assert!(row.contains("ValueError: no tree"), "{row}");
    assert!(ran.stdout.contains("compared with lightgbm 9.9 in "), "{}", ran.stdout);
}

#[test]
fn without_the_flag_python_has_no_part() {
    let folder = tempfile::tempdir().expect("there is room for a test");
    write_csv(&folder.path().join("load.csv"), &two_weeks());
    let words = ["backtest", "load.csv", "--predictors=seasonal-naive", "--python=none", "-o=json"];
    let answer = forescale(folder.path(), &words).json();
    assert!(answer.get("peers").is_none() && answer["settings"].get("python").is_none());
}

#[test]
fn no_python_or_no_library_says_what_to_do() {
    let words = ["--compare", "--python", "no-such-python"];
    let ran = forescale(root(), &[&["backtest", "data/web-shop.csv"], &words[..]].concat());
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    let none = r#"echo '{"libraries": {"lightgbm": null}, "peers": {"lightgbm": "lightgbm"}}'"#;
    let ran = compared(none, &[]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("has none of lightgbm"), "{}", ran.stderr);
    assert!(ran.stderr.contains("-m pip install lightgbm"), "{}", ran.stderr);
}

#[test]
fn what_is_no_forecast_is_an_error() {
    let ran = compared("echo hello", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stderr);
    assert!(ran.stderr.contains("should print forecasts, but printed \"hello\""), "{}", ran.stderr);
    let ran = compared(&format!("{ROSTER}\necho '{{\"peer\": 3}}'"), &[]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let ran = compared("echo 'SyntaxError: old' >&2; exit 1", &[]);
    assert_eq!(ran.code, 3, "{}", ran.stderr);
    assert!(ran.stderr.contains("ended early: SyntaxError: old"), "{}", ran.stderr);
}

#[test]
fn a_library_that_takes_the_process_down_has_failed() {
    let script = format!("read request\n{ROSTER}\n{}\nexit 7", forecast(0));
    let ran = compared(&script, &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("ended early"), "{}", ran.stdout);
}

#[test]
fn a_library_that_hangs_is_stopped() {
    let started = Instant::now();
    let script = format!("read request\n{ROSTER}\nexec sleep 600");
    let ran = compared(&script, &["--compare-timeout=1s"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains("said nothing for 1s"), "{}", ran.stdout);
    assert!(started.elapsed() < Duration::from_secs(60), "{:?}", started.elapsed());
}
