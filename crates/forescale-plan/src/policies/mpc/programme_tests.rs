use proptest::prelude::*;

use super::*;

const STEPS: usize = 5;
const MOST: u32 = 4;

/// What asking for `asked` costs beyond what cannot be avoided, on a fleet that is followed step by step.
fn cost(fleet: &Fleet, risks: &[Risk], asked: &[u32]) -> f64 {
    let step = |k: usize| {
        let since = k.saturating_sub(fleet.startup());
        let kept = *asked[since..=k].iter().min().unwrap();
        let serving = fleet.ready.get(k).map_or(kept, |ready| kept.min(*ready));
        f64::from(asked[k]) - f64::from(fleet.floor(k)) + risks[k].expected(serving)
    };
    (0..asked.len()).map(step).sum()
}

/// The cheapest of everything that may be asked for, step by step.
fn exhaustive(fleet: &Fleet, risks: &[Risk]) -> f64 {
    let mut all = vec![Vec::new()];
    for _ in 0..risks.len() {
        let longer = |asked: &Vec<u32>| {
            let last = *asked.last().unwrap_or(&fleet.total);
            let low = last.saturating_sub(fleet.max_down.unwrap_or(MOST)).max(fleet.min);
            let high = last.saturating_add(fleet.max_up.unwrap_or(MOST)).min(fleet.max);
            let asked = asked.clone();
            (low..=high).map(move |next| [&asked[..], &[next]].concat()).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(longer).collect();
    }
    all.iter().map(|asked| cost(fleet, risks, asked)).fold(f64::INFINITY, f64::min)
}

fn fleets() -> impl Strategy<Value = Fleet> {
    let limit = || prop::option::of(1_u32..3);
    (prop::collection::vec(1..=MOST, 0..4), 0_u32..2, limit(), limit(), 1..=MOST).prop_map(
        |(mut ready, min, max_up, max_down, more)| {
            ready.sort_unstable();
            let total = ready.last().copied().unwrap_or(more).max(min);
            Fleet { ready, total, min, max: MOST, max_up, max_down }
        },
    )
}

fn risks() -> impl Strategy<Value = Vec<Risk>> {
    let risk = (prop::collection::btree_map(0..=MOST, 0.0..1.0, 1..4), 0.1..30.0, 0.0..3.0);
    let risk = risk.prop_map(|(odds, price, missing)| {
        let mut shares: Vec<f64> = odds.values().copied().collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        Risk { odds: odds.into_keys().zip(shares).collect(), price, missing, steps: 1, load: 0.0 }
    });
    prop::collection::vec(risk, STEPS)
}

proptest! {
    #[test]
    fn nothing_that_can_be_asked_for_is_cheaper(fleet in fleets(), risks in risks()) {
        let found = cheapest(&fleet, &risks);
        let best = exhaustive(&fleet, &risks);
        prop_assert!((found.cost - best).abs() < 1e-9, "{} {best}", found.cost);
    }

    #[test]
    fn the_first_move_is_one_of_the_best(fleet in fleets(), risks in risks()) {
        let found = cheapest(&fleet, &risks);
        let lead = |k: usize| {
            let ahead = found.serving[k..].iter().take(fleet.startup() + 1);
            ahead.copied().max().unwrap().max(fleet.floor(k))
        };
        let asked: Vec<u32> = (0..risks.len()).map(lead).collect();
        prop_assert_eq!(asked[0], found.first);
        prop_assert!(cost(&fleet, &risks, &asked) <= found.cost + 1e-9);
        for pair in std::iter::once(&fleet.total).chain(&asked).collect::<Vec<_>>().windows(2) {
            prop_assert!(pair[1].saturating_sub(*pair[0]) <= fleet.max_up.unwrap_or(MOST));
            prop_assert!(pair[0].saturating_sub(*pair[1]) <= fleet.max_down.unwrap_or(MOST));
        }
    }

    #[test]
    fn steps_that_are_alike_may_stand_together(
        fleet in fleets(), mut risks in risks(), steps in 2_usize..4
    ) {
        let fleet = Fleet { max_up: None, max_down: None, ..fleet };
        risks.truncate(4);
        let last = risks.len() - 1;
        risks[last].steps = steps;
        let together = cheapest(&fleet, &risks).cost;
        risks[last].steps = 1;
        risks.extend(vec![risks[last].clone(); steps - 1]);
        prop_assert!((together - cheapest(&fleet, &risks).cost).abs() < 1e-9);
    }
}

#[test]
fn a_large_fleet_with_limits_goes_through_few_counts() {
    let fleet = Fleet {
        ready: vec![100_000; 2],
        total: 100_000,
        min: 1,
        max: 4_000_000_000,
        max_up: Some(7_000),
        max_down: None,
    };
    let risk = Risk { odds: vec![(130_000, 0.0)], price: 1e9, steps: 1, ..Risk::default() };
    let found = cheapest(&fleet, &vec![risk; 8]);
    assert_eq!(
        found.serving,
        [100_000, 100_000, 107_000, 114_000, 121_000, 128_000, 130_000, 130_000]
    );
    assert_eq!(found.first, 107_000);
    assert!(counts(&fleet, &[Risk::default()]).len() < 100);
}
