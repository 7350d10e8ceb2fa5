//! What holds for any input.

use chrono::{DateTime, Utc};
use forescale_core::Frequency;
use forescale_sources::{ReadOptions, describe};
use proptest::prelude::*;

use crate::{read, read_with};

fn csv(samples: &[(i64, Option<f64>)]) -> String {
    let mut text = "timestamp,load\n".to_owned();
    for (second, load) in samples {
        let load = load.map_or_else(String::new, |load| load.to_string());
        text.push_str(&format!("{},{load}\n", 1_767_571_200 + second));
    }
    text
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(bytes);
    }

    #[test]
    fn no_table_panics(
        header in "(timestamp|time|series|load|y|x|\"a,b\"){1}(,(load|y|value|z)){0,3}",
        rows in proptest::collection::vec("[-0-9.eNaT:Z \",;+]{0,24}(,[-0-9.einfa\"]{0,12}){0,3}", 0..12),
    ) {
        if let Ok(read) = read(format!("{header}\n{}", rows.join("\n"))) {
            prop_assert!(read.series.present().all(|load| load >= 0.0 && load.is_finite()));
            describe(&read.series, &std::sync::Arc::default());
        }
    }

    #[test]
    fn a_regular_history_is_read_value_by_value(
        loads in proptest::collection::vec(proptest::option::weighted(0.9, 0.0_f64..1e9), 3..300),
        step in proptest::sample::select(vec![1_i64, 60, 300, 900, 3_600, 86_400]),
    ) {
        prop_assume!(loads.iter().any(Option::is_some));
        let samples: Vec<_> = (0_i64..).map(|at| at * step).zip(loads.iter().copied()).collect();
        let read = read(csv(&samples)).unwrap();
        prop_assert_eq!(read.series.frequency().seconds(), step);
        let seen: Vec<_> = read.series.values().iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        prop_assert_eq!(seen, loads);
    }

    #[test]
    fn the_order_of_the_rows_does_not_matter(
        seconds in proptest::collection::btree_set(0_i64..100_000, 3..60),
        swaps in proptest::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..60),
    ) {
        let ordered: Vec<_> = seconds.iter().map(|&second| (second, Some(second as f64))).collect();
        let mut shuffled = ordered.clone();
        for (a, b) in swaps {
            shuffled.swap(a.index(ordered.len()), b.index(ordered.len()));
        }
        match (read(csv(&ordered)), read(csv(&shuffled))) {
            (Ok(ordered), Ok(shuffled)) => {
                let bits = |read: &forescale_sources::HistoryRead| -> Vec<u64> {
                    read.series.values().iter().map(|value| value.to_bits()).collect()
                };
                prop_assert_eq!(bits(&ordered), bits(&shuffled));
                prop_assert_eq!(ordered.report.rows, shuffled.report.rows);
            }
            (ordered, shuffled) => prop_assert_eq!(ordered.is_err(), shuffled.is_err()),
        }
    }

    #[test]
    fn a_mean_lies_within_its_samples_and_no_gap_is_filled(
        samples in proptest::collection::btree_map(0_i64..50_000, 1.0_f64..100.0, 2..200),
    ) {
        let rows: Vec<_> = samples.iter().map(|(&second, &load)| (second, Some(load))).collect();
        let step = Some(Frequency::from_seconds(86_400).unwrap());
        let read = read_with(csv(&rows), &ReadOptions { step, ..ReadOptions::default() }).unwrap();
        let (low, high) = samples.values().fold((f64::MAX, 0.0_f64), |(low, high), &load| (low.min(load), high.max(load)));
        for (at, &load) in read.series.values().iter().enumerate() {
            let from: DateTime<Utc> = read.series.time_at(at);
            let day = from.timestamp() - 1_767_571_200..from.timestamp() - 1_767_571_200 + 86_400;
            let inside = samples.range(day).count();
            prop_assert_eq!(load.is_nan(), inside == 0);
            prop_assert!(load.is_nan() || (low - 1e-9..=high + 1e-9).contains(&load));
        }
    }
}
