//! Well-formed sources in all their notations.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use forescale_core::Frequency;
use forescale_sources::{Aggregate, ReadOptions, Source, read_histories, read_history};

use crate::{read, read_with};

const PLAIN: &str =
    "timestamp,load\n2026-01-05T00:00:00Z,1\n2026-01-05T00:05:00Z,2.5\n2026-01-05T00:10:00Z,4\n";

fn step(seconds: i64) -> Option<Frequency> {
    Some(Frequency::from_seconds(seconds).unwrap())
}

#[test]
fn every_notation_of_one_history_reads_the_same() {
    let plain = read(PLAIN).unwrap().series;
    for text in [
        "\u{feff}timestamp,load\r\n2026-01-05T00:00:00Z,1\r\n2026-01-05T00:05:00Z,2.5\r\n2026-01-05T00:10:00Z,4",
        "ds;y\n2026-01-05 00:00;1\n2026-01-05 00:05;2.5\n2026-01-05 00:10;4\n",
        "time\tvalue\n1767571200\t1\n1767571500\t2.5\n1767571800\t4\n",
        "\"timestamp\",\"load\"\n\"2026-01-05T01:00:00+01:00\",\"1\"\n1767571500000,2.5\n1767571800.0,4\n",
        "Date,Requests\n2026-01-05T00:00:00Z,1\n\n2026-01-05T00:05:00Z,2.5\n\n2026-01-05T00:10:00Z,4\n\n",
        "load,when\n1,2026-01-05T00:00:00Z\n2.5,2026-01-05T00:05:00Z\n4,2026-01-05T00:10:00Z\n",
        "sampled,seen\n1767571200,1\n1767571500,2.5\n1767571800,4\n",
        ",timestamp,load\n0,2026-01-05T00:00:00Z,1\n1,2026-01-05T00:05:00Z,2.5\n2,2026-01-05T00:10:00Z,4\n",
    ] {
        assert_eq!(read(text).unwrap().series, plain, "{text}");
    }
}

#[test]
fn gzip_is_known_by_its_first_bytes() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(PLAIN.as_bytes()).unwrap();
    let read = read(packed.finish().unwrap()).unwrap();
    assert_eq!(read.report.format, "csv.gz");
    assert_eq!(read.series.values(), [1.0, 2.5, 4.0]);
}

#[test]
fn a_file_reads_like_its_bytes() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), PLAIN).unwrap();
    let from_file = read_history(&Source::new(file.path()), &ReadOptions::default()).unwrap();
    assert_eq!(from_file.series, read(PLAIN).unwrap().series);
}

#[test]
fn everything_that_needed_mending_is_counted_in_one_line() {
    let text = "timestamp,load\n\
        2026-01-05T00:00:00Z,1\n\
        2026-01-05T00:05:00Z,NaN\n\
        2026-01-05T00:05:00Z,3\n\
        2026-01-05T00:15:00Z,-4\n\
        2026-01-05T00:10:00Z,inf\n\
        2026-01-05T00:20:00Z,\n\
        2026-01-05T00:40:00Z,5\n\
        2026-01-05T00:42:00Z,7\n";
    let read = read(text).unwrap();
    let values: Vec<String> = read.series.values().iter().map(f64::to_string).collect();
    assert_eq!(values, ["1", "3", "NaN", "NaN", "NaN", "NaN", "NaN", "NaN", "6"]);
    assert_eq!(
        read.report.line(),
        "8 rows, 2026-01-05 00:00 .. 2026-01-05 00:42, step 5m; 6 steps are gaps (66.7 %, the longest 30m); \
         mended: 1 duplicated (last kept), 1 out of order (sorted), 1 missing (gap), 1 NaN (gap), \
         1 infinite (gap), 1 negative (gap), 1 irregular (averaged)"
    );
}

#[test]
fn a_grid_stands_where_the_samples_stand() {
    let alike =
        "time,load\n2026-01-05T00:02:53Z,1\n2026-01-05T00:07:53Z,2\n2026-01-05T00:12:53Z,3\n";
    let read_alike = read(alike).unwrap();
    assert_eq!(read_alike.series.start().to_rfc3339(), "2026-01-05T00:02:53+00:00");
    assert_eq!((read_alike.series.len(), read_alike.report.mended.irregular), (3, 0));

    let scattered =
        "time,load\n2026-01-05T00:02:53Z,1\n2026-01-05T00:07:50Z,2\n2026-01-05T00:12:51Z,3\n";
    let read_scattered = read(scattered).unwrap();
    assert_eq!(read_scattered.series.start().to_rfc3339(), "2026-01-05T00:00:00+00:00");
    assert_eq!((read_scattered.series.len(), read_scattered.report.mended.irregular), (3, 0));

    let options = ReadOptions { step: step(900), ..ReadOptions::default() };
    let coarser = read_with(alike, &options).unwrap().series;
    assert_eq!(
        (coarser.start().to_rfc3339().as_str(), coarser.len()),
        ("2026-01-05T00:00:00+00:00", 1)
    );
}

#[test]
fn a_coarser_step_takes_mean_sum_or_maximum() {
    // The last quarter of an hour has one of its three samples.
    let text = format!("{PLAIN}2026-01-05T00:15:00Z,6\n");
    for (aggregate, loads) in
        [(Aggregate::Mean, [2.5, 6.0]), (Aggregate::Sum, [7.5, 18.0]), (Aggregate::Max, [4.0, 6.0])]
    {
        let options = ReadOptions { step: step(900), aggregate, ..ReadOptions::default() };
        assert_eq!(read_with(&text, &options).unwrap().series.values(), loads, "{aggregate:?}");
    }
}

#[test]
fn a_step_without_a_sample_stays_a_gap_when_it_is_made_coarser() {
    let text =
        "time,load\n2026-01-05T00:00:00Z,1\n2026-01-05T00:05:00Z,1\n2026-01-05T00:30:00Z,1\n";
    let options = ReadOptions { step: step(600), ..ReadOptions::default() };
    let series = read_with(text, &options).unwrap().series;
    assert_eq!((series.len(), series.gaps()), (4, 2));
}

#[test]
fn local_times_are_read_in_their_zone_and_otherwise_as_utc_with_a_warning() {
    let text = "time,load\n2026-07-01 12:00,1\n2026-07-01 12:05,2\n";
    let utc = read(text).unwrap();
    assert_eq!(utc.warnings, ["the times have no zone and are read as UTC; pass --timezone ZONE"]);
    let zone = Some(chrono_tz::Tz::Europe__Berlin);
    let local = read_with(text, &ReadOptions { zone, ..ReadOptions::default() }).unwrap();
    assert_eq!(local.series.start().to_rfc3339(), "2026-07-01T10:00:00+00:00");
    assert!(local.warnings.is_empty());
}

#[test]
fn one_point_is_a_history_with_a_step_that_is_said_to_be_assumed() {
    let read = read("timestamp,load\n2026-01-05T00:07:00Z,42\n").unwrap();
    assert_eq!(read.series.values(), [42.0]);
    assert_eq!(read.warnings, ["one sample has no step of its own; 5m is assumed, pass --step"]);
}

#[test]
fn a_wide_file_gives_the_column_that_is_asked_for() {
    let text =
        "timestamp,cpu,memory,note\n2026-01-05T00:00:00Z,1,10,x\n2026-01-05T00:01:00Z,2,20,y\n";
    let named = |name: &str| ReadOptions { loads: vec![name.to_owned()], ..ReadOptions::default() };
    let memory = read_with(text, &named("Memory")).unwrap();
    assert_eq!((memory.name.as_str(), memory.series.values()), ("memory", &[10.0, 20.0][..]));
    assert_eq!(memory.other_columns, ["cpu"]);
    let source = Source::Bytes { name: "wide.csv".to_owned(), bytes: text.into() };
    let all = read_histories(&source, &ReadOptions::default()).unwrap();
    assert_eq!(all.iter().map(|read| read.name.as_str()).collect::<Vec<_>>(), ["cpu", "memory"]);
}

#[test]
fn a_long_file_gives_the_series_that_is_asked_for() {
    let text = "unique_id,ds,y\nshop,2026-01-05T00:00:00Z,1\nblog,2026-01-05T00:00:00Z,5\n\
        shop,2026-01-05T00:01:00Z,2\nblog,2026-01-05T00:01:00Z,6\n";
    let named = ReadOptions { series: Some("blog".to_owned()), ..ReadOptions::default() };
    let blog = read_with(text, &named).unwrap();
    assert_eq!((blog.name.as_str(), blog.series.values()), ("blog", &[5.0, 6.0][..]));
    assert_eq!(blog.report.columns.series.as_deref(), Some("unique_id"));
    let source = Source::Bytes { name: "long.csv".to_owned(), bytes: text.into() };
    let all = read_histories(&source, &ReadOptions::default()).unwrap();
    assert_eq!(all.iter().map(|read| read.name.as_str()).collect::<Vec<_>>(), ["shop", "blog"]);
}

#[test]
fn a_history_across_summer_time_has_no_gap_and_no_double_hour() {
    let zone = chrono_tz::Tz::Europe__Berlin;
    let start: chrono::DateTime<chrono::Utc> = "2026-10-24T20:00:00Z".parse().unwrap();
    let mut text = "time,load\n".to_owned();
    for hour in 0..12 {
        let local = (start + chrono::TimeDelta::hours(hour)).with_timezone(&zone);
        text.push_str(&format!("{},{hour}\n", local.format("%Y-%m-%d %H:%M")));
    }
    let options = ReadOptions { zone: Some(zone), ..ReadOptions::default() };
    let read = read_with(text, &options).unwrap();
    assert_eq!(read.series.start(), start);
    assert_eq!(read.series.values(), (0..12).map(f64::from).collect::<Vec<_>>());
    assert_eq!(read.report.mended.repeated_hour, 2);
}
