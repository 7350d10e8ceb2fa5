//! Regions: equal to the best of all splits.

use forescale_core::Replicas;
use forescale_plan::Capacity;
use forescale_plan::objectives::{
    ObjectiveError, Origin, RegionOptions, RegionRow, RegionsStep, regions, split_over_regions,
};
use proptest::prelude::*;

use crate::curves::curves;
use crate::fixture::{eights, ten};

const OPTIONS: RegionOptions =
    RegionOptions { latency_limit_ms: 50.0, watts: 200.0, price_per_kg: 0.5 };

/// A region: most instances, price, intensity, latency from each of two origins.
type Drawn = (u32, f64, f64, [f64; 2]);

fn rows(drawn: &[Drawn]) -> Vec<RegionRow> {
    let names = ["a", "b", "c", "d"];
    let row = |(name, drawn): (&&str, &Drawn)| {
        let (max, price, grams, latency) = *drawn;
        let from = |origin, ms| RegionRow::new(name, Some(origin), max, price, grams, ms).unwrap();
        [from("x", latency[0]), from("y", latency[1])]
    };
    names.iter().zip(drawn).flat_map(row).collect()
}

fn split(
    drawn: &[Drawn],
    loads: [f64; 2],
    capacity: &Capacity,
) -> Result<RegionsStep, ObjectiveError> {
    let origin = |name: &str, load| Origin { name: name.to_owned(), loads: vec![load] };
    let origins = [origin("x", loads[0]), origin("y", loads[1])];
    let regions = regions(&rows(drawn)).unwrap();
    Ok(split_over_regions(&[ten()], &origins, &regions, capacity, &OPTIONS)?.remove(0))
}

/// Whether two loads fit: each alone, and together.
fn fits(drawn: &[Drawn], counts: &[u32], loads: [f64; 2], capacity: &Capacity) -> bool {
    let carries = |wanted: &dyn Fn(&Drawn) -> bool| -> f64 {
        let near = drawn.iter().zip(counts).filter(|(drawn, _)| wanted(drawn));
        near.map(|(_, n)| capacity.carries(Replicas(*n))).sum()
    };
    let (x, y) = (|d: &Drawn| d.3[0] <= 50.0, |d: &Drawn| d.3[1] <= 50.0);
    let enough = |carried: f64, load: f64| carried >= load * (1.0 - 1e-9);
    let both = carries(&|d| x(d) && loads[0] > 0.0 || y(d) && loads[1] > 0.0);
    enough(carries(&x), loads[0])
        && enough(carries(&y), loads[1])
        && enough(both, loads[0] + loads[1])
}

fn weight(drawn: &[Drawn], counts: &[u32]) -> f64 {
    let of = |(d, n): (&Drawn, &u32)| f64::from(*n) * (d.1 + 0.2 * d.2 / 1e3 * 0.5);
    drawn.iter().zip(counts).map(of).sum()
}

fn drawn() -> impl Strategy<Value = Vec<Drawn>> {
    let price = prop_oneof![Just(0.1), Just(0.2), 0.05..0.3];
    let latency = || prop::sample::select(vec![10.0, 40.0, 80.0]);
    let region = (0_u32..5, price, 0.0..500.0, [latency(), latency()]);
    prop::collection::vec(region, 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_split_costs_less(
        drawn in drawn(),
        loads in prop::array::uniform2(prop_oneof![Just(0.0), 0.0..60.0]),
        waits in any::<bool>(),
    ) {
        let waiting = Capacity::wait(Some(40.0), 0.05, 0.05, 0.05).unwrap();
        let capacity = if waits { waiting } else { eights() };
        let allowed = |counts: &Vec<u32>| {
            counts.iter().zip(&drawn).all(|(n, d)| *n <= d.0) && fits(&drawn, counts, loads, &capacity)
        };
        let best = curves(drawn.len(), 4)
            .filter(allowed)
            .map(|counts| weight(&drawn, &counts))
            .fold(f64::INFINITY, f64::min);
        match split(&drawn, loads, &capacity) {
            Ok(step) => {
                let counts: Vec<u32> = step.instances.iter().map(|n| n.0).collect();
                prop_assert!(allowed(&counts), "{counts:?}");
                prop_assert!((weight(&drawn, &counts) - best).abs() < 1e-7, "{counts:?} {best}");
                for (name, load) in [("x", loads[0]), ("y", loads[1])] {
                    let sent = step.sent.iter().filter(|sent| sent.origin == name);
                    let sent: f64 = sent.map(|sent| sent.load).sum();
                    prop_assert!((sent - load).abs() < 1e-6 * (1.0 + load), "{:?}", step.sent);
                }
                for (r, name) in ["a", "b", "c", "d"].iter().take(drawn.len()).enumerate() {
                    let sent = step.sent.iter().filter(|sent| sent.region == *name);
                    let sent: f64 = sent.map(|sent| sent.load).sum();
                    prop_assert!(sent <= capacity.carries(Replicas(counts[r])) + 1e-6);
                }
            }
            Err(error) => {
                prop_assert!(matches!(error, ObjectiveError::Regions { .. }), "{error}");
                prop_assert_eq!(best, f64::INFINITY);
            }
        }
    }
}

#[test]
fn a_far_region_is_cheap_for_nothing() {
    let drawn =
        [(9, 0.01, 0.0, [80.0, 20.0]), (2, 0.1, 0.0, [20.0, 20.0]), (9, 0.3, 0.0, [30.0, 30.0])];
    let step = split(&drawn, [24.0, 8.0], &eights()).unwrap();
    assert_eq!(step.instances, [Replicas(1), Replicas(2), Replicas(1)]);
    assert_eq!(
        step.reason.to_string(),
        "1 in a at 0.01 each, 2 in b at 0.1 each, 1 in c at 0.3 each: the cheapest an hour, carbon \
         included; b has no more; a is cheaper but beyond 50 ms for some"
    );
}

#[test]
fn a_whole_fleet_over_six_alike_regions_is_split_at_once() {
    let row = |name: &str| RegionRow::new(name, None, 60, 0.1, 100.0, 20.0).unwrap();
    let regions = regions(&["a", "b", "c", "d", "e", "f"].map(row)).unwrap();
    let origin = Origin { name: "users".into(), loads: vec![1_803.0; 24] };
    let times = vec![ten(); 24];
    let steps = split_over_regions(&times, &[origin], &regions, &eights(), &OPTIONS).unwrap();
    assert_eq!(steps[23].instances.iter().map(|n| n.0).sum::<u32>(), 226);
}

#[test]
fn what_cannot_be_carried_is_named() {
    let error = split(&[(2, 0.1, 0.0, [20.0, 80.0])], [8.0, 8.0], &eights()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the demand of y at 2026-01-05 10:00:00 UTC needs 1 instances within the latency limit, but its \
         regions have 0"
    );
    let row = |price| RegionRow::new("a", None, 2, price, 0.0, 1.0);
    assert!(row(-1.0).is_err());
    let twice = regions(&[row(0.1).unwrap(), row(0.2).unwrap()]).unwrap_err();
    assert_eq!(
        twice.to_string(),
        "the price of a should be the same in every row, but is 0.1 and 0.2"
    );
}
