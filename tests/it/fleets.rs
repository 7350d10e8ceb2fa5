//! `fleet` end to end: many series, in any order, through a kill and in shards.

use std::collections::BTreeMap;
use std::fs::{self, File, FileTimes};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::command::{Ran, forescale};

/// A load with a daily wave of its own phase for series `k` at hour `h`.
fn load(k: usize, h: usize) -> f64 {
    let phase = ((h + 3 * k) % 24) as f64 / 24.0 * std::f64::consts::TAU;
    let noise = ((h * 31 + k * 17) % 13) as f64;
    100.0 * (1.0 + k as f64 / 10.0) * (1.2 + phase.sin()) + noise
}

fn row(k: usize, h: usize) -> String {
    let (day, hour) = (h / 24, h % 24);
    let date = chrono::NaiveDate::from_ymd_opt(2026, 1, 5).unwrap() + chrono::Days::new(day as u64);
    format!("svc-{k:04},{date}T{hour:02}:00:00Z,{:.3}\n", load(k, h))
}

/// A long file with `series` of `hours`; by time, so that the series are mixed.
pub fn long(series: usize, hours: usize) -> String {
    let rows = (0..hours).flat_map(|h| (0..series).map(move |k| row(k, h)));
    std::iter::once("unique_id,ds,y\n".to_owned()).chain(rows).collect()
}

pub const PLAN: [&str; 8] = [
    "--capacity",
    "50",
    "--horizon",
    "6h",
    "--predictors",
    "seasonal-naive,last-value",
    "--threads",
    "2",
];

pub fn planned(folder: &Path, more: &[&str]) -> Ran {
    forescale(folder, &[&["fleet", "plan"], more, &PLAN[..]].concat())
}

/// The instances of every series in a file of rows.
fn instances(file: &Path) -> BTreeMap<String, Vec<f64>> {
    let text = fs::read_to_string(file).expect("rows of plans");
    let mut lines = text.lines();
    let at = lines.next().expect("a header").split(',').position(|name| name == "instances");
    let mut all = BTreeMap::<String, Vec<f64>>::new();
    for fields in lines.map(|line| line.split(',').collect::<Vec<_>>()) {
        if let Ok(count) = fields[at.expect("a column of instances")].parse() {
            all.entry(fields[0].to_owned()).or_default().push(count);
        }
    }
    all
}

pub fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it is writable");
    fs::write(path, text).expect("it is writable");
}

#[test]
fn a_series_is_planned_as_if_it_were_alone_and_a_broken_one_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = long(3, 240);
    text.push_str("broken,2026-01-05T00:00:00Z,\nbroken,2026-01-05T01:00:00Z,\n");
    write(folder.path(), "all.csv", &text);
    let ran = planned(folder.path(), &["all.csv", "--out", "plans.csv", "-o", "json", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let summary = &ran.json()["summary"];
    assert_eq!((&summary["series"], &summary["failed"]), (&4.into(), &1.into()));
    assert_eq!(summary["failures"][0][0], "broken");
    let rows = instances(&folder.path().join("plans.csv"));
    assert_eq!(rows.len(), 3, "{rows:?}");
    let alone: String = (0..240).map(|h| row(1, h)).collect();
    write(folder.path(), "one.csv", &format!("unique_id,ds,y\n{alone}"));
    planned(folder.path(), &["one.csv", "--out", "out.csv"]);
    assert_eq!(instances(&folder.path().join("out.csv"))["svc-0001"], rows["svc-0001"]);
    let peaks: f64 = rows.values().map(|row| row.iter().copied().fold(0.0, f64::max)).sum();
    assert_eq!(summary["sum_of_peaks"].as_f64(), Some(peaks));
    assert!(summary["peak_of_sum"].as_f64().unwrap() < peaks, "peaks at other hours");
    assert!(!folder.path().join("plans.csv.parts").exists(), "nothing is left behind");
}

#[test]
fn series_that_end_elsewhere_are_not_summed_as_if_they_had_no_instances() {
    let folder = tempfile::tempdir().unwrap();
    let rows = |k: usize, hours: usize| (0..hours).map(|h| row(k, h)).collect::<String>();
    write(folder.path(), "all.csv", &format!("unique_id,ds,y\n{}{}", rows(0, 240), rows(24, 237)));
    let ran = planned(folder.path(), &["all.csv", "--out", "plans.csv", "-o", "json", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let plans = instances(&folder.path().join("plans.csv"));
    // The plans are of six hours; the last three of the one are the first three of the other.
    let (late, early) = (&plans["svc-0000"], &plans["svc-0024"]);
    let both = (0..3).map(|h| late[h] + early[h + 3]).fold(0.0, f64::max);
    let json = ran.json();
    assert_eq!(json["summary"]["peak_of_sum"].as_f64(), Some(both));
    let warnings = json["warnings"].to_string();
    assert!(warnings.contains("not all plans begin and end at the same moments"), "{warnings}");
    write(folder.path(), "apart.csv", &format!("unique_id,ds,y\n{}{}", rows(0, 240), rows(1, 200)));
    let ran = planned(folder.path(), &["apart.csv", "--out", "apart_plans.csv"]);
    assert!(ran.stdout.contains("no moment is in nine tenths of the plans"), "{}", ran.stdout);
}

#[test]
fn a_series_that_ended_long_ago_hides_no_peak_of_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let dead: String = (0..200).map(|h| row(90, h)).collect();
    write(folder.path(), "all.csv", &(long(10, 240) + &dead));
    let ran = planned(folder.path(), &["all.csv", "--out", "plans.csv", "-o", "json", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let mut plans = instances(&folder.path().join("plans.csv"));
    plans.remove("svc-0090").expect("it has a plan of its own");
    let sums = (0..6).map(|h| plans.values().map(|plan| plan[h]).sum::<f64>());
    let json = ran.json();
    assert_eq!(json["summary"]["peak_of_sum"].as_f64(), Some(sums.fold(0.0, f64::max)));
    assert_eq!(json["summary"]["planned"], 11);
    let warnings = json["warnings"].to_string();
    assert!(warnings.contains("1 of 11 are no part of it"), "{warnings}");
}

#[test]
fn rows_have_the_columns_of_the_field_and_say_which_series_are_degraded() {
    let folder = tempfile::tempdir().unwrap();
    let text = long(1, 240) + "short,2026-01-14T22:00:00Z,3\nshort,2026-01-14T23:00:00Z,5\n";
    write(folder.path(), "all.csv", &text);
    let ran = planned(folder.path(), &["all.csv", "--out", "plans.csv", "-o", "json", "-q"]);
    assert_eq!(ran.json()["summary"]["degraded"], 1);
    let rows = fs::read_to_string(folder.path().join("plans.csv")).unwrap();
    let mut lines = rows.lines();
    assert_eq!(
        lines.next().unwrap(),
        "unique_id,ds,forescale,forescale-lo-95,forescale-lo-80,forescale-hi-80,forescale-hi-95,\
         instances,skill,degraded,error"
    );
    let mut told = 0;
    for line in lines {
        let fields: Vec<&str> = line.split(',').collect();
        let bounds: Vec<f64> = fields[3..7].iter().map(|bound| bound.parse().unwrap()).collect();
        assert!(bounds.is_sorted(), "{line}");
        assert!(fields[0] == "short" || fields[9].is_empty(), "{line}");
        told += usize::from(!fields[9].is_empty());
    }
    assert_eq!(told, 1, "once a series: {rows}");
}

#[test]
fn a_folder_of_files_is_a_fleet_and_shards_of_it_are_the_whole() {
    let folder = tempfile::tempdir().unwrap();
    for k in 0..5 {
        let rows: String =
            (0..240).map(|h| row(k, h).split_once(',').unwrap().1.to_owned()).collect();
        write(folder.path(), &format!("in/shop-{k}.csv"), &format!("timestamp,load\n{rows}"));
    }
    write(folder.path(), "in/torn.csv", "nothing here\n");
    let ran = planned(folder.path(), &["in", "--out", "whole.csv", "-o", "json", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.json()["summary"]["failures"][0][0], "torn");
    let whole = instances(&folder.path().join("whole.csv"));
    assert_eq!(whole.len(), 5);
    let mut together = BTreeMap::new();
    for shard in ["0/3", "1/3", "2/3"] {
        let ran = planned(folder.path(), &["in", "--out", "part.csv", "--shard", shard]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let part = instances(&folder.path().join("part.csv"));
        assert!(part.len() < whole.len(), "{shard} is not the whole");
        for (name, row) in part {
            assert!(together.insert(name.clone(), row).is_none(), "{name} is of one shard");
        }
    }
    assert_eq!(together, whole);
}

#[test]
fn one_cell_fails_its_series_and_one_line_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = long(3, 240);
    let spoilt = text.replacen(&row(1, 2), "svc-0001,2026-01-05T02:00:00Z,many\n", 1);
    write(folder, "all.csv", &spoilt);
    let ran = planned(folder, &["all.csv", "--out", "plans.csv", "-o", "json", "-q"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let reason = "all.csv, line 9: y should be a number, but is \"many\"";
    let failures = serde_json::json!([["svc-0001", reason]]);
    assert_eq!(ran.json()["summary"]["failures"], failures);
    assert_eq!(instances(&folder.join("plans.csv")).len(), 2);
    let alone = ["plan", "all.csv", "--series", "svc-0001", "--capacity", "50"];
    let alone = forescale(folder, &alone);
    assert!(alone.code == 1 && alone.stderr.contains(reason), "{}", alone.stderr);

    write(folder, "torn.csv", &(text + "svc-0002,2026-01-20T00:00:00Z,1,1\n"));
    let ran = planned(folder, &["torn.csv", "--out", "torn_plans.csv"]);
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    let words = "torn.csv has 4 fields in line 722, but 3 in its header";
    assert!(ran.stderr.contains(words) && ran.stderr.contains("hint:"), "{}", ran.stderr);
    assert!(!folder.join("torn_plans.csv").exists(), "none of its series is known to be whole");
    assert!(!folder.join("torn_plans.csv.parts").exists(), "nothing of it is used again");
}

#[test]
fn one_series_of_a_fleet_is_taken_and_one_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "all.csv", &long(3, 240));
    let one = planned(folder, &["all.csv", "--out", "one.csv", "--series", "svc-0001"]);
    assert_eq!(one.code, 0, "{}", one.stderr);
    let rows = instances(&folder.join("one.csv"));
    assert_eq!(rows.keys().collect::<Vec<_>>(), ["svc-0001"]);
    let none = planned(folder, &["all.csv", "--out", "none.csv", "--series", "svc-0009"]);
    assert_eq!(none.code, 2, "{}", none.stderr);
    assert!(none.stderr.contains("svc-0009") && !folder.join("none.csv").exists());
}

#[test]
fn what_was_assumed_and_mended_is_said_once() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(
        folder,
        "all.csv",
        &(long(3, 240).replace('Z', "") + "svc-0000,2026-01-05T00:00:00,-5\n"),
    );
    let ran = planned(folder, &["all.csv", "--out", "out.csv", "-o", "json"]);
    let answer = ran.json();
    let warnings = answer["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    let warning = warnings[0].as_str().unwrap();
    assert!(warning.starts_with("3 series") && warning.contains("--timezone"), "{warning}");
    assert_eq!(ran.stderr.matches(warning).count(), 1, "{}", ran.stderr);
    let mended = &answer["data"]["mended"];
    assert_eq!((&mended["duplicated"], &mended["negative"]), (&1.into(), &1.into()));
    assert!(ran.stderr.contains("1 negative (gap)"), "{}", ran.stderr);
    let zone = planned(folder, &["all.csv", "--out", "out.csv", "-o", "json", "--timezone", "UTC"]);
    assert_eq!(zone.json()["warnings"], serde_json::json!([]));
}

#[test]
fn models_and_scores_of_a_fleet() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "all.csv", &long(3, 336));
    let job = ["all.csv", "--predictors", "seasonal-naive,linear-trend", "--horizon", "6h", "-q"];
    let train = ["fleet", "train", "--models", "m", "--out", "models.parquet"];
    let ran = forescale(folder.path(), &[&train, &job[..]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let model = ["forecast", "--model", "m/svc-0002", "--horizon", "6h", "-o", "csv", "-q"];
    assert_eq!(forescale(folder.path(), &model).stdout.lines().count(), 7);
    let backtest = ["fleet", "backtest", "--out", "scores.parquet", "-o", "json"];
    let ran = forescale(folder.path(), &[&backtest, &job[..]].concat());
    assert_eq!(ran.json()["summary"]["measured"], 3, "{}", ran.stderr);
}

#[test]
fn models_are_written_anew_without_a_look_at_the_others_of_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "all.csv", &long(2, 240));
    let train = ["fleet", "train", "all.csv", "--models", "m", "--out", "models.csv", "-q"];
    let train = [&train, &["--predictors", "last-value", "--horizon", "6h"][..]].concat();
    assert_eq!(forescale(folder.path(), &train).code, 0);
    let other = folder.path().join("m/other");
    fs::copy(folder.path().join("m/svc-0000"), &other).unwrap();
    // A file system notes the first time that a file is read after it has changed.
    let [read, changed] = [2, 1].map(|days| SystemTime::now() - Duration::from_secs(days * 86_400));
    let times = FileTimes::new().set_accessed(read).set_modified(changed);
    File::options().write(true).open(&other).unwrap().set_times(times).unwrap();
    let read = fs::metadata(&other).unwrap().accessed().unwrap();
    let again = forescale(folder.path(), &train);
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(fs::read_to_string(folder.path().join("models.csv")).unwrap().contains("svc-0001"));
    assert_eq!(fs::metadata(&other).unwrap().accessed().unwrap(), read);
}

#[test]
fn what_cannot_be_a_fleet_is_refused_with_a_way_out() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "all.csv", &long(1, 240));
    write(folder.path(), "mine.parquet.parts/diary.txt", "dear diary");
    write(folder.path(), "job.parquet.parts/diary.txt", "dear diary");
    write(folder.path(), "job.parquet.parts/job.json", "{\"my\":\"spark job\"}");
    fs::create_dir(folder.path().join("empty")).unwrap();
    for (more, code, words) in [
        (&["all.csv", "--out", "plans.xlsx"][..], 2, "plans.xlsx"),
        (&["none.csv", "--out", "p.parquet"], 3, "none.csv"),
        (&["empty", "--out", "p.parquet"], 2, "empty"),
        (&["all.csv", "--out", "mine.parquet"], 4, "mine.parquet.parts"),
        (&["all.csv", "--out", "job.parquet"], 4, "job.parquet.parts"),
    ] {
        let ran = planned(folder.path(), more);
        assert_eq!(ran.code, code, "{more:?}: {}", ran.stderr);
        assert!(ran.stdout.is_empty() && ran.stderr.contains(words), "{more:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint:"), "{more:?}: {}", ran.stderr);
    }
    for diary in ["mine.parquet.parts/diary.txt", "job.parquet.parts/diary.txt"] {
        assert!(folder.path().join(diary).exists(), "what is not ours is left alone");
    }
    let none = ["fleet", "plan", "all.csv", "--out", "p.parquet"];
    assert!(forescale(folder.path(), &none).stderr.contains("--capacity"));
}
