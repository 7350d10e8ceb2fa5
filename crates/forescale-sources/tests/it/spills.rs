//! Histories sorted into parts: every series whole, once, and as if it had been read alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use chrono::TimeDelta;
use forescale_core::ReadNotes;
use forescale_sources::{
    ReadOptions, Source, SourceError, SpillOptions, Spilled, read_histories, read_part, spill,
};

type Series = BTreeMap<String, Result<Vec<f64>, String>>;

fn source(name: &str, text: impl Into<Vec<u8>>) -> (String, Source) {
    let stem = name.split('.').next().unwrap_or_default().to_owned();
    (stem, Source::Bytes { name: name.to_owned(), bytes: text.into() })
}

fn options() -> SpillOptions {
    SpillOptions { read: ReadOptions::default(), shard: (0, 1), horizon: TimeDelta::hours(24) }
}

fn of(wanted: &str) -> SpillOptions {
    let read = ReadOptions { series: Some(wanted.to_owned()), ..ReadOptions::default() };
    SpillOptions { read, ..options() }
}

/// What all parts hold; a series that comes twice is a mistake.
fn parts(folder: &Path, spilled: &Spilled, options: &SpillOptions) -> (Series, ReadNotes) {
    let (mut all, mut notes) = (Series::new(), spilled.notes);
    for part in 0..spilled.parts {
        let mut part = read_part(folder, part, options.read.step).unwrap();
        for (name, series) in part.by_ref() {
            let values = series.map(|series| series.values().to_vec());
            assert_eq!(all.insert(name.clone(), values), None, "{name} comes twice");
        }
        notes = notes.and(part.notes());
    }
    assert_eq!(all.len(), spilled.series);
    (all, notes)
}

fn sorted(sources: &[(String, Source)], options: &SpillOptions) -> (Series, ReadNotes) {
    let folder = tempfile::tempdir().unwrap();
    let spilled = spill(sources, options, folder.path()).unwrap();
    parts(folder.path(), &spilled, options)
}

fn refused(sources: &[(String, Source)], options: &SpillOptions) -> SourceError {
    let folder = tempfile::tempdir().unwrap();
    spill(sources, options, folder.path()).unwrap_err()
}

/// Rows of series `from..to` by time, `hours` of each.
fn long(series: std::ops::Range<usize>, hours: usize) -> String {
    let mut text = "unique_id,ds,y\n".to_owned();
    for hour in 0..hours {
        for k in series.clone() {
            let load = k * 10 + hour % 24;
            writeln!(text, "s{k},{},{load}", 1_767_571_200 + 3_600 * hour).unwrap();
        }
    }
    text
}

fn failure<'a>(all: &'a Series, name: &str) -> &'a str {
    all[name].as_ref().unwrap_err()
}

#[test]
fn parts_are_small_however_little_a_file_was_packed_to() {
    let text = long(0..400, 1_500);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(text.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    assert!(packed.len() < 4 << 20, "{} bytes", packed.len());
    let folder = tempfile::tempdir().unwrap();
    let spilled = spill(&[source("all.csv.gz", packed)], &options(), folder.path()).unwrap();
    assert_eq!((spilled.series, spilled.rows), (400, 600_000));
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = entry.unwrap().metadata().unwrap().len();
        assert!(bytes <= 4_000_000, "{bytes} bytes");
    }
    let (all, _) = parts(folder.path(), &spilled, &options());
    let whole = Source::Bytes { name: "all.csv".to_owned(), bytes: text.into_bytes() };
    for history in read_histories(&whole, &ReadOptions::default()).unwrap() {
        assert_eq!(all[&history.name].as_deref(), Ok(history.series.values()));
    }
}

#[test]
fn few_samples_with_many_rows_to_come_are_many_parts() {
    let folder = tempfile::tempdir().unwrap();
    let far = SpillOptions { horizon: TimeDelta::days(1_000), ..options() };
    let spilled = spill(&[source("all.csv", long(0..40, 24))], &far, folder.path()).unwrap();
    assert!(spilled.parts >= 5, "24 000 rows for each of 40 series in {} parts", spilled.parts);
    assert_eq!(parts(folder.path(), &spilled, &far).0.len(), 40);
}

#[test]
fn a_file_that_breaks_midway_fails_every_series_it_has_rows_of() {
    let mut torn = long(0..3, 100_000);
    torn.push_str("s0,1999999999,1,1\ns9,1999999999,1\n");
    let line = torn.lines().count() - 1;
    let whole = source("b.csv", "unique_id,ds,y\ns2,1,1\nt,1,1\nt,3601,2\n");
    let (all, _) = sorted(&[source("a.csv", torn), whole], &options());
    let reason = format!("a.csv has 4 fields in line {line}, but 3 in its header");
    for name in ["s0", "s1", "s2", "a"] {
        assert_eq!(failure(&all, name), reason, "{name}");
    }
    assert_eq!(all["t"], Ok(vec![1.0, 2.0]));
    assert_eq!(all.len(), 5, "{:?}", all.keys());
}

#[test]
fn every_column_of_a_wide_file_that_breaks_fails_in_every_share() {
    let torn = "timestamp,x,y\n2026-01-05T00:00:00Z,1,2\n2026-01-05T01:00:00Z,1,2,3\n";
    let sources = [source("w.csv", torn), source("v.csv", "timestamp,x\n1,1\n3601,2\n")];
    let mut all = Series::new();
    for shard in 0..3 {
        all.extend(sorted(&sources, &SpillOptions { shard: (shard, 3), ..options() }).0);
    }
    assert_eq!(all.keys().collect::<Vec<_>>(), ["v", "w/x", "w/y"]);
    assert!(failure(&all, "w/x").contains("line 3") && failure(&all, "w/y").contains("line 3"));
}

#[test]
fn a_cell_that_cannot_be_read_fails_its_series_and_is_named_by_line_and_column() {
    let text = long(0..3, 48) + "s1,1777571200,many\ns2,1777571200,many\ns0,1777571200,2\n";
    let (all, _) = sorted(&[source("f.csv", text)], &options());
    assert!(all["s0"].is_ok());
    assert_eq!(failure(&all, "s1"), "f.csv, line 146: y should be a number, but is \"many\"");
    assert_eq!(failure(&all, "s2"), "f.csv, line 147: y should be a number, but is \"many\"");
}

#[test]
fn a_spoilt_cell_among_the_first_rows_hides_no_column_of_load() {
    let text = "unique_id,ds,y,celsius\n\
        a,1767571200,many,20\nb,1767571200,5,20\na,1767574800,8,21\nb,1767574800,6,21\n";
    let (all, _) = sorted(&[source("f.csv", text)], &options());
    assert_eq!(failure(&all, "a"), "f.csv, line 2: y should be a number, but is \"many\"");
    assert_eq!(all["b"], Ok(vec![5.0, 6.0]));
    let empty: String = (0..60).map(|hour| format!("a,{},\n", 3_600 * hour)).collect();
    let text = format!("unique_id,ds,y\n{empty}b,0,5\nb,3600,6\n");
    let (all, _) = sorted(&[source("f.csv", text)], &options());
    assert_eq!(
        failure(&all, "a"),
        "none of 60 samples holds a load: a load is a number from 0 to 1e100"
    );
    assert_eq!(all["b"], Ok(vec![5.0, 6.0]));
    let wide = "timestamp,load,cpu\n1,many,2\n3601,4,2\n";
    let sources = [source("w.csv", wide), source("v.csv", "timestamp,load\n1,many\n3601,2\n")];
    let (all, _) = sorted(&sources, &options());
    assert!(failure(&all, "w/load").contains("line 2") && failure(&all, "v").contains("line 2"));
    assert_eq!(all["w/cpu"], Ok(vec![2.0, 2.0]));
}

#[test]
fn a_series_without_a_grid_fails_in_the_words_of_frames() {
    let mut text = "unique_id,ds,y\n".to_owned();
    for hour in 0..3 {
        let at = 1_767_571_200 + 7_200 * hour;
        write!(text, "nan,{at},NaN\nnegative,{at},-1\nmonths,{},1\n", 2_592_000 * hour).unwrap();
    }
    text.push_str("gaps,0,1\ngaps,3600,2\ngaps,10800,3\ngaps,18000,4\n");
    text.push_str("far,0,1\nfar,1,1\nfar,2,1\nfar,2000000,1\nnan,1767571200,NaN\n");
    let (all, _) = sorted(&[source("f.csv", text.as_str())], &options());
    let none = "none of 3 samples holds a load: a load is a number from 0 to 1e100";
    assert_eq!((failure(&all, "nan"), failure(&all, "negative")), (none, none));
    let months = "the samples are 30d apart in the median, which is no frequency: ";
    assert!(failure(&all, "months").starts_with(months), "{all:?}");
    let far = "there would be 2000001 steps of 1s for only 4 samples: \
        none from 1970-01-01T00:00:02Z to 1970-01-24T03:33:20Z";
    assert_eq!(failure(&all, "far"), far);
    let mut hourly = options();
    hourly.read.step = forescale_core::Frequency::from_seconds(3_600).ok();
    let (all, _) = sorted(&[source("f.csv", text.as_str())], &hourly);
    let finer = "a step of 1h is finer than the samples, which are 30d apart or more";
    assert_eq!(failure(&all, "months"), finer);
    assert_eq!(all["gaps"].as_ref().unwrap().len(), 6, "most samples are missing");
}

#[test]
fn the_series_that_is_wanted_is_the_only_one() {
    let sources =
        [source("a.csv", long(0..3, 48)), source("b.csv", "timestamp,load\n1,1\n3601,2\n")];
    for wanted in ["s1", "b"] {
        let (all, _) = sorted(&sources, &of(wanted));
        assert_eq!(all.keys().collect::<Vec<_>>(), [wanted]);
    }
    let error = refused(&sources, &of("s7"));
    assert_eq!(error.to_string(), "the fleet has no series \"s7\", only s0, s1, s2, b");
    let error = refused(&sources[..1], &of("s7"));
    assert_eq!(error.to_string(), "a.csv has no series \"s7\", only s0, s1, s2");
    let torn = [sources[0].clone(), source("c.csv", "nothing")];
    assert!(refused(&torn, &of("s7")).to_string().contains("c.csv"), "it may stand in there");
}

#[test]
fn other_columns_of_a_long_file_are_no_loads_of_its_series() {
    let text = "unique_id,ds,y,celsius\na,1767571200,7,20\na,1767574800,8,21\n";
    assert_eq!(sorted(&[source("f.csv", text)], &options()).0["a"], Ok(vec![7.0, 8.0]));
    let text = text.replace(",y,", ",kelvin,");
    let error = refused(&[source("f.csv", text)], &options());
    assert!(matches!(error, SourceError::AmbiguousColumn { .. }), "{error}");
}

#[test]
fn what_was_mended_and_assumed_is_counted() {
    let text = "unique_id,ds,y\n\
        a,2026-01-05T01:00:00,1\na,2026-01-05T00:00:00,-1\na,2026-01-05T01:00:00,2\n\
        b,2026-01-05T00:00:00,\nb,2026-01-05T00:07:00,2\nb,2026-01-05T00:14:00,2\n\
        c,2026-01-05T00:00:00Z,5\nd,100,1\nd,160,1\n";
    let (all, notes) = sorted(&[source("f.csv", text)], &options());
    assert!(all.values().all(Result::is_ok), "{all:?}");
    let mended = notes.mended;
    assert_eq!((mended.duplicated, mended.out_of_order), (1, 1));
    assert_eq!((mended.negative, mended.missing), (1, 1));
    let ReadNotes { local, in_1970, assumed, uneven, .. } = notes;
    assert_eq!((local, in_1970, assumed, uneven), (2, 1, 1, 1));
    assert_eq!(notes.warnings("--timezone ZONE", "--step").len(), 4);
    let mut options = options();
    options.read.zone = Some(chrono_tz::Tz::UTC);
    let (_, told) = sorted(&[source("f.csv", text)], &options);
    assert_eq!(told, ReadNotes { local: 0, ..notes }, "the zone is named");
}

#[test]
fn a_part_that_was_damaged_is_not_worked_on() {
    let folder = tempfile::tempdir().unwrap();
    spill(&[source("a.csv", long(0..3, 48))], &options(), folder.path()).unwrap();
    let samples = folder.path().join("0000.samples");
    let whole = std::fs::read(&samples).unwrap();
    assert_eq!(whole.len(), 3 * 48 * 20);
    let mut zeros = whole.clone();
    zeros[20..80].fill(0);
    for damaged in [&whole[..whole.len() - 20], &whole[1..], &zeros, &[]] {
        std::fs::write(&samples, damaged).unwrap();
        let error = read_part(folder.path(), 0, None).unwrap_err();
        assert!(error.to_string().ends_with("does not hold what was written to it"), "{error}");
    }
    std::fs::write(&samples, whole).unwrap();
    assert_eq!(read_part(folder.path(), 0, None).unwrap().count(), 3);
}
