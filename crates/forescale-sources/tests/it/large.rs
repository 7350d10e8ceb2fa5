//! Files larger than the head that is looked at, and errors deep in them.

use std::fmt::Write as _;

use crate::read;

fn rows(count: usize) -> String {
    let mut text = "timestamp,load\n".to_owned();
    for row in 0..count {
        writeln!(text, "{},{}.5", 1_767_571_200 + 60 * row, row % 1_000).unwrap();
    }
    text
}

#[test]
fn every_row_is_read_in_order() {
    let read = read(rows(200_000)).unwrap();
    assert_eq!((read.report.rows, read.series.len(), read.series.gaps()), (200_000, 200_000, 0));
    let expected = |row: usize| (row % 1_000) as f64 + 0.5;
    assert!(read.series.values().iter().enumerate().all(|(row, &load)| load == expected(row)));
}

#[test]
fn an_error_far_below_is_named_with_its_line() {
    let text = rows(150_000) + "1776571200,many\n" + "1776571260,2\n";
    let error = read(text).unwrap_err();
    assert_eq!(
        error.to_string(),
        "load.csv, line 150002: load should be a number, but is \"many\""
    );
    let ragged = rows(150_000) + "1776571200,2,3\n";
    let error = read(ragged).unwrap_err();
    assert_eq!(error.to_string(), "load.csv has 3 fields in line 150002, but 2 in its header");
}
