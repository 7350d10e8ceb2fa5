//! Broken files and flags: each with the message a user reads and the exit code a script sees.

use std::path::Path;

use crate::command::{Ran, forescale, piped};

/// Two hours of minutes.
fn good() -> String {
    let row = |minute: u32| {
        format!("2026-01-05T{:02}:{:02}:00Z,{}\n", minute / 60, minute % 60, 10 + minute % 7)
    };
    let rows: String = (0..120).map(row).collect();
    format!("timestamp,load\n{rows}")
}

/// Runs with `content` in `load.csv` and returns what came.
fn with_file(content: &[u8], arguments: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("there is room for a test");
    std::fs::write(folder.path().join("load.csv"), content).expect("the folder is writable");
    forescale(folder.path(), arguments)
}

#[track_caller]
fn expect(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{}", ran.stderr);
    assert_eq!(ran.stdout, "", "nothing but data goes to standard output");
    assert!(ran.stderr.contains("error: "), "{}", ran.stderr);
    for word in words {
        assert!(ran.stderr.contains(word), "{word:?} should be in {}", ran.stderr);
    }
}

const FORECAST: &[&str] = &["forecast", "load.csv", "--predictors", "seasonal-naive"];

#[track_caller]
fn broken_file(content: &str, code: i32, words: &[&str]) {
    expect(&with_file(content.as_bytes(), FORECAST), code, words);
}

#[track_caller]
fn broken_flags(flags: &[&str], code: i32, words: &[&str]) {
    let arguments = [FORECAST, flags].concat();
    expect(&with_file(good().as_bytes(), &arguments), code, words);
}

#[track_caller]
fn broken_plan(flags: &[&str], code: i32, words: &[&str]) {
    let arguments = [&["plan", "load.csv", "--predictors", "seasonal-naive"], flags].concat();
    expect(&with_file(good().as_bytes(), &arguments), code, words);
}

#[test]
fn a_file_that_is_not_there_is_an_unavailable_source() {
    let ran = forescale(Path::new("."), &["forecast", "no-such-file.csv"]);
    expect(&ran, 3, &["error: no-such-file.csv: no such file", "hint: check the path"]);
    let ran = forescale(Path::new("."), &["forecast", "."]);
    expect(&ran, 3, &["is a directory, but should be a file"]);
}

#[test]
fn files_without_a_row_are_named() {
    broken_file("", 1, &["load.csv is empty, but a load history has a header line"]);
    broken_file("\n\n  \n", 1, &["load.csv is empty"]);
    broken_file("timestamp,load\n", 1, &["load.csv has a header, but no rows"]);
    broken_file("2026-01-05T00:00:00Z,4\n2026-01-05T00:01:00Z,5\n", 1, &["has no header line"]);
}

#[test]
fn foreign_formats_are_named() {
    for (bytes, words) in [
        (&b"{\"load\": [1, 2]}"[..], "is JSON, but a source is CSV or Parquet"),
        (b"<html></html>", "is HTML or XML"),
        (b"PK\x03\x04rest", "a zip archive or an Excel workbook"),
        (b"\xff\xfet\x00i\x00", "is text in UTF-16"),
        (b"\x28\xb5\x2f\xfd....", "is packed with zstd"),
        (b"BZh91AY", "is packed with bzip2"),
        (b"ARROW1\x00\x00", "is an Arrow file"),
        (b"\x00\x01\x02\x03", "is a binary file"),
    ] {
        expect(&with_file(bytes, FORECAST), 1, &[words, "hint: "]);
    }
}

#[test]
fn broken_packing_is_named() {
    expect(&with_file(b"\x1f\x8bnot really", FORECAST), 1, &["is a gzip file that is broken"]);
    expect(&with_file(b"PAR1 and then nothing", FORECAST), 1, &["load.csv"]);
}

#[test]
fn broken_values_are_named_with_their_line() {
    let line = "load.csv, line 3: ";
    let with = |row: &str| {
        format!("timestamp,load\n2026-01-05T00:00:00Z,4\n{row}\n2026-01-05T00:02:00Z,4\n")
    };
    broken_file(
        &with("2026-01-05T00:01:00Z,many"),
        1,
        &[line, "should be a number, but is \"many\""],
    );
    broken_file(&with("2026-01-05T00:01:00Z,\"1,5\""), 1, &[line, "write decimals with a point"]);
    broken_file(&with("yesterday,5"), 1, &[line, "should be a timestamp", "\"yesterday\""]);
    broken_file(&with("2026-13-45T00:01:00Z,5"), 1, &[line, "2026-13-45"]);
    broken_file(&with("05/01/2026 00:01,5"), 1, &[line, "dates are written year first"]);
    broken_file(&with(",5"), 1, &[line, "should be a timestamp"]);
}

#[test]
fn nothing_but_gaps_is_no_history() {
    let gaps = "timestamp,load\n2026-01-05T00:00:00Z,NaN\n2026-01-05T00:01:00Z,\n2026-01-05T00:02:00Z,-4\n";
    broken_file(gaps, 1, &["load.csv has no usable load in column \"load\""]);
}

#[test]
fn columns_and_series_have_to_be_there() {
    broken_file("when,what\nsoon,red\nlater,blue\n", 2, &["column", "hint: name it with"]);
    broken_flags(&["--load", "cpu"], 2, &["load.csv has no column \"cpu\", only timestamp, load"]);
    broken_flags(&["--time", "timestmp"], 2, &["did you mean timestamp?"]);
    let wide = "timestamp,web,api\n2026-01-05T00:00:00Z,4,5\n2026-01-05T00:01:00Z,4,5\n";
    broken_file(wide, 2, &["several load columns: web, api", "hint: choose one"]);
    broken_flags(&["--series", "q"], 2, &["no series column", "leave out `--series`"]);
    let long = "series,timestamp,load\na,2026-01-05T00:00:00Z,4\nb,2026-01-05T00:00:00Z,4\n";
    broken_file(long, 2, &["holds 2 series: a, b", "--series a"]);
    let arguments = [FORECAST, &["--series", "c"]].concat();
    expect(&with_file(long.as_bytes(), &arguments), 2, &["has no series \"c\", only a, b"]);
}

#[test]
fn steps_and_spans_are_checked() {
    broken_flags(&["--step", "10s"], 2, &["a step of 10s is finer than the samples", "--step 1m"]);
    broken_flags(&["--step", "60d"], 2, &["a step should be between 1s and 28d"]);
    broken_flags(&["--horizon", "soon"], 2, &["a span should look like 300s, 5m, 24h", "\"soon\""]);
    broken_flags(&["--horizon", "0h"], 2, &["above 0, but is \"0h\""]);
    broken_flags(&["--horizon", "2000000m"], 2, &["a horizon should have 1 to 1000000 steps"]);
    let stray = "timestamp,load\n1970-01-01T00:00:00Z,4\n2026-01-05T00:00:00Z,4\n2026-01-05T00:00:01Z,4\n2026-01-05T00:00:02Z,4\n";
    broken_file(stray, 1, &["load.csv would be", "steps"]);
}

#[test]
fn quantiles_levels_and_zones_are_checked() {
    broken_flags(
        &["--quantiles", "0.5,1.5"],
        2,
        &["a quantile should be above 0 and below 1, but is 1.5"],
    );
    broken_flags(&["--quantiles", "median"], 2, &["\"median\" is no number"]);
    broken_flags(&["--levels", "120"], 2, &["a level should be above 0 and below 100 percent"]);
    broken_flags(&["--levels", "80", "--quantiles", "0.9"], 2, &["cannot be used with"]);
    broken_flags(
        &["--timezone", "Middle/Earth"],
        2,
        &["a time zone should look like UTC or Europe/Berlin"],
    );
    broken_flags(
        &["--business-hours", "17-9"],
        2,
        &["business hours should start before they end"],
    );
    broken_flags(&["--holidays", "Narnia"], 2, &["Narnia"]);
    broken_flags(
        &["--predictors", "oracle"],
        2,
        &["there is no predictor \"oracle\"", "seasonal-naive"],
    );
    broken_flags(&["--seed", "-1"], 2, &["a seed should be a whole number from 0"]);
    broken_flags(&["--threads", "0"], 2, &["0 is not in 1.."]);
    broken_flags(&["-o", "xml"], 2, &["[possible values: table, json, csv, parquet, yaml]"]);
    broken_flags(&["--frobnicate"], 2, &["unexpected argument '--frobnicate'"]);
}

#[test]
fn now_has_to_be_near_the_history() {
    broken_flags(&["--now", "whenever"], 2, &["a time should look like 2026-01-05T14:00:00Z"]);
    broken_flags(&["--now", "2026-01-01T00:00:00Z"], 2, &["is not after the history begins"]);
    broken_flags(
        &["--now", "2030-01-01T00:00:00Z"],
        4,
        &["after the history ends", "hint: pass newer history"],
    );
    let late = |now: &str| {
        let arguments = [FORECAST, &["--now", now, "--horizon", "1m"]].concat();
        with_file(good().as_bytes(), &arguments).stderr
    };
    let warning = "the history ends 1h30m before --now";
    assert!(late("2026-01-05T03:30:00Z").contains(warning));
    assert!(!late("2026-01-05T03:00:00Z").contains("before --now"), "an hour is nothing to say");
}

#[test]
fn events_are_checked() {
    broken_flags(&["--events", "none.csv"], 3, &["none.csv: no such file"]);
    let folder = tempfile::tempdir().expect("there is room for a test");
    std::fs::write(folder.path().join("load.csv"), good()).expect("the folder is writable");
    std::fs::write(
        folder.path().join("events.csv"),
        "start,end,kind\n2026-01-06,2026-01-05,sale\n",
    )
    .expect("the folder is writable");
    let ran = forescale(folder.path(), &[FORECAST, &["--events", "events.csv"]].concat());
    expect(&ran, 1, &["events.csv, line 2: end should be after its start"]);
}

#[test]
fn a_plan_needs_a_fleet_that_makes_sense() {
    let plan = |flags: &[&'static str]| [&["--capacity", "5"], flags].concat();
    broken_plan(&[], 2, &["a plan needs to know what one instance carries", "--capacity"]);
    broken_plan(&["--capacity", "0"], 2, &["expected a number above 0, but got \"0\""]);
    broken_plan(&["--capacity", "NaN"], 2, &["expected a number above 0"]);
    broken_plan(
        &plan(&["--min", "9", "--max", "3"]),
        2,
        &["the minimum should be at most the maximum of 3, but is 9"],
    );
    broken_plan(&plan(&["--max", "0"]), 2, &["the maximum should be at least 1"]);
    broken_plan(
        &plan(&["--target-utilization", "1.5"]),
        2,
        &["a utilisation should be above 0 and at most 1"],
    );
    broken_plan(&plan(&["--budget", "60%"]), 2, &["a budget should be a share of time"]);
    broken_plan(&plan(&["--budget", "a little"]), 2, &["a share should look like 1% or 0.01"]);
    broken_plan(&plan(&["--startup", "5"]), 2, &["a span should look like"]);
    broken_plan(&plan(&["--service-time", "50ms"]), 2, &["--max-wait"]);
    broken_plan(&plan(&["--wait-share", "5%"]), 2, &["--service-time"]);
    broken_plan(
        &["--service-time", "1s", "--max-wait", "1s", "--target-utilization", "0.5"],
        2,
        &["cannot be used with '--target-utilization"],
    );
    broken_plan(
        &["--service-time", "1s", "--max-wait", "1s", "--capacity", "0.5"],
        2,
        &["should carry at least 1 a second"],
    );
    broken_plan(&plan(&["--max-scale-up", "0"]), 2, &["0 is not in 1.."]);
}

#[test]
fn numbers_below_zero_are_read_as_values() {
    broken_plan(&["--capacity", "-1"], 2, &["expected a number above 0, but got \"-1\""]);
    broken_plan(&["--current", "-1"], 2, &["-1 is not in 0.."]);
    broken_plan(&["--budget", "-1%"], 2, &["a share should look like 1% or 0.01"]);
    broken_plan(&["--startup", "-5m"], 2, &["a span should look like 300s", "\"-5m\""]);
}

#[test]
fn a_model_refuses_what_it_could_only_ignore() {
    let folder = tempfile::tempdir().expect("there is room for a test");
    std::fs::write(folder.path().join("load.csv"), good()).expect("the folder is writable");
    let run = |words: &str| forescale(folder.path(), &words.split(' ').collect::<Vec<_>>());
    let trained = run("train load.csv --model m --horizon 1h --predictors linear-trend");
    assert_eq!(trained.code, 0, "{}", trained.stderr);
    let hint = "leave out --predictors, or train again";
    expect(&run("forecast --model m --predictors linear-trend"), 2, &["linear-trend", hint]);
    let step = "trained with a step of 1m, but --step is 5m";
    expect(&run("forecast --model m --step 5m"), 2, &[step, "leave out --step"]);
    let ran = run("forecast --model m --history load.csv --step 60s --seed 7 --horizon 2h -o json");
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let longer = "the horizon of 2h is longer than the 1h the model was trained for";
    assert!(ran.stderr.contains(longer) && ran.stdout.contains(longer), "{}", ran.stderr);
    assert!(!ran.stdout.contains("\"seed\""), "a seed has no part in what a model forecasts");
}

#[test]
fn models_are_checked_before_they_are_trusted() {
    let model = |bytes: &[u8]| with_file(bytes, &["forecast", "--model", "load.csv"]);
    expect(
        &model(b"timestamp,load\n"),
        1,
        &["load.csv is not a forescale model file", "forescale train"],
    );
    expect(&model(b"FORESCALE\0"), 1, &["is cut short"]);
    let ran = forescale(Path::new("."), &["forecast", "--model", "no-such-model"]);
    expect(&ran, 3, &["no-such-model: no such file", "hint: check the path"]);
    assert!(!ran.stderr.contains("standard input"), "a model is a file");
    let ran = with_file(good().as_bytes(), &["train", "load.csv", "--model", "load.csv"]);
    expect(&ran, 4, &["load.csv is there and is no model"]);
    let ran = with_file(good().as_bytes(), &["models", "show", "../load.csv"]);
    expect(&ran, 2, &["is no name of a model"]);
    let ran = with_file(good().as_bytes(), &["models", "remove", "load.csv", "--dir", "."]);
    expect(&ran, 4, &["is no model"]);
    let ran = with_file(good().as_bytes(), &["models", "list", "--dir", "nowhere"]);
    expect(&ran, 3, &["nowhere"]);
}

#[test]
fn sources_exclude_each_other() {
    expect(&with_file(b"", &["forecast"]), 2, &["<HISTORY>"]);
    expect(&with_file(b"", &["forecast", "a.csv", "--model", "m"]), 2, &["cannot be used with"]);
    expect(
        &with_file(b"", &["forecast", "a.csv", "--history", "b.csv"]),
        2,
        &["cannot be used with"],
    );
    expect(&with_file(b"", &["foresee"]), 2, &["unrecognized subcommand 'foresee'"]);
    expect(&piped(&["forecast", "-"], b""), 1, &["standard input is empty"]);
}

#[test]
fn the_configuration_is_checked() {
    let config = |toml: &str| {
        let folder = tempfile::tempdir().expect("there is room for a test");
        let write = |name: &str, text: &str| {
            std::fs::write(folder.path().join(name), text).expect("the folder is writable");
        };
        write("load.csv", &good());
        write("forescale.toml", toml);
        forescale(folder.path(), &[FORECAST, &["--config", "forescale.toml"]].concat())
    };
    expect(
        &config("horizn = \"1h\"\n"),
        2,
        &["unknown key \"horizn\"", "did you mean \"horizon\"?"],
    );
    expect(&config("[forecast]\ncapacity = 3\n"), 2, &["unknown key \"capacity\""]);
    expect(
        &config("[forcast]\nlevels = [80]\n"),
        2,
        &["unknown key \"forcast\"", "did you mean \"forecast\"?"],
    );
    expect(&config("horizon = \n"), 2, &["is not TOML"]);
    expect(&config("horizon = \"soon\"\n"), 2, &["a span should look like"]);
    let ran = forescale(Path::new("."), &["forecast", "x.csv", "--config", "none.toml"]);
    expect(&ran, 3, &["cannot read the configuration none.toml"]);
}

#[test]
fn a_history_too_short_to_score_says_so() {
    let short = "timestamp,load\n2026-01-05T00:00:00Z,4\n2026-01-05T00:01:00Z,5\n";
    let ran = with_file(short.as_bytes(), &["backtest", "load.csv"]);
    expect(&ran, 1, &["a backtest needs 8 steps of history, but got 2"]);
}

#[test]
fn an_unknown_sample_is_named_with_the_known_ones() {
    let ran = forescale(Path::new("."), &["data", "generate", "web-shp"]);
    expect(&ran, 2, &["there is no scenario \"web-shp\"", "did you mean web-shop?"]);
}
