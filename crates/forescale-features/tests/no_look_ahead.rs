//! Nothing in a matrix looks past the origin: the same row from a history that ends there is the same row.

use std::sync::Arc;

use chrono_tz::Tz;
use forescale_core::{Calendar, Frequency, History, LoadSeries};
use forescale_features::levels::Levels;
use forescale_features::{Layout, Prepared, Row, build};
use proptest::prelude::*;

fn history(values: Vec<f64>, step: i64, zone: Tz) -> History {
    let start = "2026-03-20T00:00:00Z".parse().unwrap();
    let series = LoadSeries::new(start, Frequency::from_seconds(step).unwrap(), values).unwrap();
    History::new(series, Arc::new(Calendar { zone, ..Calendar::default() }))
}

fn load() -> impl Strategy<Value = f64> {
    prop_oneof![8 => 0.0..1e4_f64, 1 => Just(0.0), 1 => Just(f64::NAN)]
}

proptest! {
    #[test]
    fn a_row_does_not_change_when_the_future_is_cut_off(
        values in prop::collection::vec(load(), 30..700),
        share in 0.1..0.95_f64,
        horizon in 1_usize..60,
        step in prop::sample::select(vec![900_i64, 3_600, 7_200]),
        summer in any::<bool>(),
    ) {
        let zone = if summer { Tz::Europe__Berlin } else { Tz::UTC };
        let origin = ((values.len() as f64 * share) as usize).max(2);
        prop_assume!(values[..origin].iter().any(|v| !v.is_nan()));
        let full = history(values, step, zone);
        let past = full.as_of(origin).unwrap();
        let row = [Row { origin, horizon }];
        let shared = Prepared::as_of(&full, origin).unwrap();
        let levels = |near| Layout::Levels(Levels { unit: 10.0, recurrences: [5, 17], near });
        for layout in [Layout::Relative { floor: 0.5 }, levels(true), levels(false)] {
            let a = build(&full, &row, layout);
            for past in [&past, &shared] {
                let b = build(past, &row, layout);
                prop_assert_eq!(bits(&a.x), bits(&b.x));
                prop_assert_eq!((&a.anchor, &a.scale), (&b.anchor, &b.scale));
            }
        }
    }
}

fn bits(x: &ndarray::Array2<f32>) -> Vec<u32> {
    x.iter().map(|v| if v.is_nan() { u32::MAX } else { v.to_bits() }).collect()
}
