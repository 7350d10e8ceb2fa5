//! Parquet, written by our own writer, and damaged.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_sources::{ReadOptions, TableColumn, Values, write_csv, write_parquet};
use proptest::prelude::*;

use crate::{read, read_with};

fn start() -> DateTime<Utc> {
    "2026-01-05T00:00:00Z".parse().unwrap()
}

fn column(name: &str, values: Values) -> TableColumn {
    TableColumn { name: name.to_owned(), values }
}

fn table() -> Vec<TableColumn> {
    let times = (0..4).map(|step| start() + TimeDelta::minutes(5 * step)).collect();
    vec![
        column("timestamp", Values::Moments(times)),
        column("load", Values::Numbers(vec![1.5, f64::NAN, 0.0, 1e6])),
        column("series", Values::Text(["a", "b", "a", "b"].map(|s| Some(s.to_owned())).to_vec())),
        column(
            "unix",
            Values::Integers(vec![1_767_571_200, 1_767_571_500, 1_767_571_800, 1_767_572_100]),
        ),
    ]
}

#[test]
fn a_table_is_read_back_from_either_format() {
    let two = &table()[..2];
    let from_parquet = read(write_parquet(two).unwrap()).unwrap();
    let from_csv = read(write_csv(two)).unwrap();
    let bits = |values: &[f64]| values.iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(from_parquet.series.values()), bits(from_csv.series.values()));
    assert_eq!(from_parquet.series.start(), start());
    assert_eq!((from_parquet.report.format, from_parquet.report.mended.missing), ("parquet", 1));
    assert!(from_parquet.warnings.is_empty());
}

#[test]
fn series_and_unix_times_are_found_in_parquet_too() {
    let bytes = write_parquet(&table()).unwrap();
    let options = ReadOptions {
        time: Some("unix".to_owned()),
        series: Some("a".to_owned()),
        ..ReadOptions::default()
    };
    let read = read_with(&bytes, &options).unwrap();
    assert_eq!(read.series.values(), [1.5, 0.0]);
    assert_eq!(read.series.frequency().seconds(), 600);
}

#[test]
fn a_bad_value_is_named_with_its_row() {
    let loads = ["1", "two"].map(|load| Some(load.to_owned())).to_vec();
    let times = vec![start(), start() + TimeDelta::minutes(5)];
    let bytes = write_parquet(&[
        column("timestamp", Values::Moments(times)),
        column("load", Values::Text(loads)),
    ]);
    let error = read(bytes.unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "load.csv, row 2: load should be a number, but is \"two\"");
}

#[test]
fn csv_fields_are_quoted_where_they_must_be() {
    let reasons = vec![Some("peak, then \"quiet\"".to_owned()), None];
    let bytes = write_csv(&[
        column("reason", Values::Text(reasons)),
        column("instances", Values::Integers(vec![3, 2])),
    ]);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text, "reason,instances\n\"peak, then \"\"quiet\"\"\",3\n,2\n");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn damaged_parquet_is_an_error_or_a_history(at in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()) {
        let whole = write_parquet(&table()[..2]).unwrap();
        let mut flipped = whole.clone();
        flipped[at.index(whole.len())] = byte;
        let _ = read(flipped);
        prop_assert!(read(&whole[..cut.index(whole.len())]).is_err());
    }
}

/// The reader allocates by the sizes that a file states; a damaged one once asked for two exabytes.
#[test]
fn no_size_that_a_file_states_is_believed() {
    let whole = write_parquet(&table()[..2]).unwrap();
    for at in 0..whole.len() {
        for byte in (0..=u8::MAX).step_by(17) {
            let mut damaged = whole.clone();
            damaged[at] = byte;
            let _ = read(damaged);
        }
    }
}
