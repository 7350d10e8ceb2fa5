//! Runs of `fleet` that were ended: the next one goes on, and nothing is lost, done twice or taken from others.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::command::binary;
use crate::fleets::{PLAN, long, planned, write};

/// Begins to plan all.csv into `out`, and ends the run as soon as `until` is there.
fn killed(folder: &Path, out: &str, more: &[&str], until: &str) {
    let mut child = Command::new(binary())
        .args([&["fleet", "plan", "all.csv", "--out", out], more, &PLAN].concat())
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let until = folder.join(format!("{out}.parts/{until}"));
    let begun = Instant::now();
    while !until.exists() && begun.elapsed() < Duration::from_secs(120) {
        sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(until.exists() && !folder.join(out).exists(), "it was under way");
}

fn read(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).unwrap()
}

#[test]
fn a_run_that_was_killed_goes_on_and_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(260, 1_000));
    let whole = planned(folder, &["all.csv", "--out", "whole.parquet"]);
    assert_eq!(whole.code, 0, "{}", whole.stderr);
    for (until, out) in [
        ("0000.json", "again.parquet"),
        ("job.json", "early.parquet"),
        ("0000.bucket", "sorting.parquet"),
        ("sorted.json", "sorted.parquet"),
    ] {
        killed(folder, out, &[], until);
        let again = planned(folder, &["all.csv", "--out", out]);
        assert_eq!(again.code, 0, "{}", again.stderr);
        assert!(again.stderr.contains(&format!("going on with {out}.parts")), "{}", again.stderr);
        assert!(read(folder, "whole.parquet") == read(folder, out), "no row is lost or twice");
        assert_eq!(whole.stdout.replace("whole.parquet", out), again.stdout);
        assert!(!folder.join(format!("{out}.parts")).exists(), "nothing is left behind");
    }
}

#[test]
fn parts_that_are_done_are_not_worked_on_again() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(260, 1_000));
    assert_eq!(planned(folder, &["all.csv", "--out", "whole.csv"]).code, 0);
    killed(folder, "again.csv", &[], "0000.json");
    let rows = folder.join("again.csv.parts/0000.rows");
    let mark = "mark,,,,,,,,,\n";
    fs::write(&rows, fs::read_to_string(&rows).unwrap() + mark).unwrap();
    let again = planned(folder, &["all.csv", "--out", "again.csv"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let text = String::from_utf8(read(folder, "again.csv")).unwrap();
    assert!(text.contains(mark), "the first part is taken as it is");
    assert!(text.replace(mark, "").into_bytes() == read(folder, "whole.csv"));
}

#[test]
fn a_folder_that_was_half_made_or_half_removed_is_no_obstacle() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(260, 1_000));
    assert_eq!(planned(folder, &["all.csv", "--out", "whole.csv"]).code, 0);
    let goes_on = |state: &str| {
        let again = planned(folder, &["all.csv", "--out", "again.csv"]);
        assert_eq!(again.code, 0, "{state}: {}", again.stderr);
        assert!(read(folder, "again.csv") == read(folder, "whole.csv"), "{state}");
        assert!(!folder.join("again.csv.parts").exists(), "{state}");
        fs::remove_file(folder.join("again.csv")).unwrap();
    };
    fs::create_dir(folder.join("again.csv.parts")).unwrap();
    goes_on("an empty folder");
    for gone in [&["sorted.json", "0000.rows"][..], &["job.json"], &["job.json", "sorted.json"]] {
        killed(folder, "again.csv", &[], "0000.json");
        for name in gone {
            fs::remove_file(folder.join("again.csv.parts").join(name)).unwrap();
        }
        goes_on(&format!("without {gone:?}"));
    }
}

#[test]
fn a_run_begins_anew_when_its_events_have_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(260, 1_000));
    let event = |factor| {
        let rows = format!("2026-01-20T00:00:00Z,2026-01-21T00:00:00Z,sale,{factor}\n");
        write(folder, "events.csv", &format!("start,end,kind,factor\n{rows}"));
    };
    event(2);
    let events = ["--events", "events.csv"];
    killed(folder, "again.csv", &events, "0000.json");
    event(3);
    let again = planned(folder, &["all.csv", "--out", "again.csv", "--events", "events.csv"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("beginning anew"), "{}", again.stderr);
}

#[test]
fn a_run_that_fails_at_its_end_says_what_it_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(2, 240));
    fs::create_dir(folder.join("out.csv")).unwrap();
    let failed = planned(folder, &["all.csv", "--out", "out.csv"]);
    assert_eq!(failed.code, 1, "{}", failed.stderr);
    let left =
        "out.csv.parts holds what is done: the same command goes on from there, or remove it";
    assert!(failed.stderr.contains(left), "{}", failed.stderr);
    fs::remove_dir(folder.join("out.csv")).unwrap();
    let again = planned(folder, &["all.csv", "--out", "out.csv"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stderr.contains("going on with out.csv.parts"), "{}", again.stderr);
    assert!(!folder.join("out.csv.parts").exists());
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(2, 240));
    write(folder, "out.csv.parts/lock", "");
    let other = File::open(folder.join("out.csv.parts/lock")).unwrap();
    other.lock().unwrap();
    let second = planned(folder, &["all.csv", "--out", "out.csv"]);
    assert_eq!(second.code, 4, "{}", second.stderr);
    assert!(second.stderr.contains("another run works on out.csv.parts"), "{}", second.stderr);
    drop(other);
    assert_eq!(planned(folder, &["all.csv", "--out", "out.csv"]).code, 0);
}
