//! Broken sources: each with the message it gives and the way out.

use forescale_core::Frequency;
use forescale_sources::{ReadOptions, Source, SourceError, read_history};

use crate::{read, read_with};

/// A header and two good rows.
const HEAD: &str = "timestamp,load\n2026-01-05T00:00:00Z,1\n2026-01-05T00:05:00Z,2\n";

fn said(error: SourceError) -> (String, String) {
    (error.to_string(), error.hint().unwrap_or_default())
}

fn refused(text: impl AsRef<[u8]>) -> (String, String) {
    said(read(text).unwrap_err())
}

fn check(cases: &[(&[u8], &str, &str)]) {
    for (text, message, hint) in cases {
        let (said, way_out) = refused(text);
        assert_eq!((said.as_str(), way_out.as_str()), (*message, *hint));
    }
}

const LOOKS_LIKE: &str =
    "a load history looks like `timestamp,load` and below it `2026-01-05T00:00:00Z,42`";
const AS_CSV: &str = "export it as CSV in UTF-8, or as Parquet";
const ANEW: &str = "write the file anew";
const MEND: &str = "write the file anew, or mend the line";

#[test]
fn files_that_are_no_table() {
    check(&[
        (
            b"",
            "load.csv is empty, but a load history has a header line and at least one row",
            LOOKS_LIKE,
        ),
        (
            b"\n\n \n",
            "load.csv is empty, but a load history has a header line and at least one row",
            LOOKS_LIKE,
        ),
        (b"timestamp,load\n", "load.csv has a header, but no rows", LOOKS_LIKE),
        (
            b"2026-01-05T00:00:00Z,1\n2026-01-05T00:05:00Z,2\n",
            "load.csv has no header line: its first line is \"2026-01-05T00:00:00Z,1\"",
            LOOKS_LIKE,
        ),
        (
            b"{\"load\": 1}",
            "load.csv is JSON, but a source is CSV or Parquet, plain or gzip",
            AS_CSV,
        ),
        (
            b"PK\x03\x04xlsx",
            "load.csv is a zip archive or an Excel workbook, but a source is CSV or Parquet, plain or gzip",
            AS_CSV,
        ),
        (
            b"\x28\xb5\x2f\xfd....",
            "load.csv is packed with zstd, but a source is CSV or Parquet, plain or gzip",
            AS_CSV,
        ),
        (
            b"\xff\xfet\0i\0",
            "load.csv is text in UTF-16, but a source is CSV or Parquet, plain or gzip",
            AS_CSV,
        ),
        (
            b"time\0stamp\x01",
            "load.csv is a binary file, but a source is CSV or Parquet, plain or gzip",
            AS_CSV,
        ),
        (b"\x1f\x8b\x08\0\0\0\0\0", "load.csv is a gzip file that is broken or cut short", ANEW),
        (
            b"PAR1 and nothing else",
            "load.csv is a Parquet file that is broken, cut short, or of a kind that is not read",
            ANEW,
        ),
        (b"time\xff,load\n1,2\n", "load.csv is not in UTF-8 (first in line 1)", MEND),
        (
            b"timestamp,\"load\n1,2\n",
            "load.csv has a quote that is opened and never closed, in line 1",
            MEND,
        ),
    ]);
}

#[test]
fn rows_that_cannot_be_read() {
    let row = |row: &str| refused(format!("{HEAD}{row}\n2026-01-05T00:15:00Z,4\n"));
    let a_time = "timestamp should be a timestamp such as 2026-01-05T13:00:00Z, but is";
    for (text, message, hint) in [
        (
            "2026-01-05T00:10:00Z,abc",
            "load should be a number, but is \"abc\"",
            "mend or remove line 4",
        ),
        (
            "2026-01-05T00:10:00Z,\"3,5\"",
            "load should be a number, but is \"3,5\"",
            "write decimals with a point and no thousands separator: 3.5",
        ),
        (
            "2026-01-05T00:10:00Z,12%",
            "load should be a number, but is \"12%\"",
            "mend or remove line 4",
        ),
        ("yesterday,3", &format!("{a_time} \"yesterday\""), "mend or remove line 4"),
        (
            "05/01/2026 00:10,3",
            &format!("{a_time} \"05/01/2026 00:10\""),
            "dates are written year first: 2026-01-31",
        ),
        (
            "5.1.2026,3",
            &format!("{a_time} \"5.1.2026\""),
            "dates are written year first: 2026-01-31",
        ),
        (
            "2026-02-30T00:00:00Z,3",
            &format!("{a_time} \"2026-02-30T00:00:00Z\""),
            "mend or remove line 4",
        ),
        ("2026-01-05T00:1,3", &format!("{a_time} \"2026-01-05T00:1\""), "mend or remove line 4"),
        (",3", &format!("{a_time} \"\""), "mend or remove line 4"),
        (
            "a very long text that would fill the whole of the terminal,3",
            &format!("{a_time} \"a very long text that would fill the who...\""),
            "mend or remove line 4",
        ),
    ] {
        assert_eq!(row(text), (format!("load.csv, line 4: {message}"), hint.to_owned()));
    }
    let ragged = row("2026-01-05T00:10:00Z,3,4");
    assert_eq!(ragged.0, "load.csv has 3 fields in line 4, but 2 in its header");
    let unclosed = row("\"2026-01-05T00:10:00Z,3");
    assert!(unclosed.0.starts_with("load.csv") && !unclosed.0.contains("polars"), "{unclosed:?}");
    let latin = refused([HEAD.as_bytes(), b"2026-01-05T00:10:00Z,\xe9\n"].concat());
    assert!(latin.0.contains("line 4"), "{latin:?}");
}

#[test]
fn columns_that_cannot_be_told() {
    check(&[
        (
            b"a,b,c\nx,1,2\n",
            "load.csv has no time column that is known by name, only a, b, c",
            "name it with `--time COLUMN`",
        ),
        (
            b"timestamp\n2026-01-05\n",
            "load.csv has no load column that is known by name, only timestamp",
            "name it with `--load COLUMN`",
        ),
        (
            b"timestamp,cpu,memory\n2026-01-05,1,2\n",
            "load.csv has several load columns: cpu, memory",
            "choose one, for example `--load cpu`",
        ),
        (
            b"series,timestamp,load\na,2026-01-05,1\nb,2026-01-05,2\n",
            "load.csv holds 2 series: a, b",
            "choose one, for example `--series a`",
        ),
    ]);
}

#[test]
fn what_was_asked_for_is_not_there() {
    let with = |options: ReadOptions| {
        let text = "series,timestamp,load\nweb shop,2026-01-05,1\nblog,2026-01-05,2\n";
        said(read_with(text, &options).unwrap_err())
    };
    let load = with(ReadOptions { loads: vec!["laod".to_owned()], ..ReadOptions::default() });
    assert_eq!(load.0, "load.csv has no column \"laod\", only series, timestamp, load");
    assert_eq!(load.1, "did you mean load?");
    let time = with(ReadOptions { time: Some("when".to_owned()), ..ReadOptions::default() });
    assert_eq!(time.1, "name one of them with `--time`");
    let series = with(ReadOptions { series: Some("webshop".to_owned()), ..ReadOptions::default() });
    assert_eq!(series.0, "load.csv has no series \"webshop\", only web shop, blog");
    assert_eq!(series.1, "did you mean \"web shop\"?");
    let options = ReadOptions { series: Some("blog".to_owned()), ..ReadOptions::default() };
    let error = read_with(HEAD, &options).unwrap_err();
    assert_eq!(
        error.to_string(),
        "load.csv has no series column that is known by name, only timestamp, load"
    );
}

#[test]
fn series_that_make_no_grid() {
    let step = Some(Frequency::from_seconds(60).unwrap());
    let finer = read_with(HEAD, &ReadOptions { step, ..ReadOptions::default() }).unwrap_err();
    let finer = said(finer);
    assert_eq!(finer.0, "a step of 1m is finer than the samples of load.csv, which are 5m apart");
    assert_eq!(finer.1, "pass `--step 5m` or a coarser one: load is never interpolated");
    let near = format!("{HEAD}2026-01-05T00:06:00Z,3\n2026-01-05T00:11:00Z,4\n");
    let near = read_with(near, &ReadOptions { step, ..ReadOptions::default() }).unwrap();
    assert_eq!(near.series.present().collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0]);
    assert_eq!(near.series.len(), 12, "two of them are a minute apart");
    let apart = refused("timestamp,load\n2026-01-01,1\n2026-03-01,1\n");
    assert_eq!(apart.0, "the samples of load.csv are 59 days apart, but a step is at most 28 days");
    let gaps = refused("timestamp,load\n2026-01-05T00:00:00Z,-1\n2026-01-05T00:05:00Z,\n");
    assert_eq!(
        gaps.0,
        "load.csv has no usable load in column \"load\": 1 missing (gap), 1 negative (gap)"
    );
    let sparse = refused(
        "timestamp,load\n1970-01-01T00:00:00Z,1\n1970-01-01T00:00:01Z,1\n1970-01-01T00:00:02Z,1\n2026-01-05T00:00:00Z,1\n",
    );
    assert_eq!(
        sparse.0,
        "load.csv would be 1767571201 steps of 1s for only 4 samples: \
         none from 1970-01-01T00:00:02Z to 2026-01-05T00:00:00Z"
    );
    assert_eq!(sparse.1, "remove the stray timestamps, or pass a coarser `--step`");
}

#[test]
fn sources_that_are_not_there() {
    let read = |path: &str| read_history(&Source::new(path), &ReadOptions::default()).unwrap_err();
    let absent = read("no/such/file.csv");
    assert!(absent.is_unavailable());
    assert_eq!(absent.to_string(), "no/such/file.csv: no such file");
    assert_eq!(absent.hint().unwrap(), "check the path");
    let folder = read(".");
    assert!(folder.is_unavailable());
    assert_eq!(folder.to_string(), ".: is a directory, but should be a file");
    assert!(!SourceError::Empty { name: String::new() }.is_unavailable());
}
