//! What holds for every plan, whatever the forecast, the fleet and the limits.

use chrono::TimeDelta;
use forescale_core::{Forecast, Quantile, Replicas};
use forescale_plan::{Action, Binding, FleetState, Limits, Objective, PlanOptions, ScalePlan};
use proptest::prelude::*;

use crate::fixture::{banded, eights, plan, sure, ten};
use crate::referee::follow;

const STEP_SECONDS: i64 = 300;

/// Bands of load up to some hundreds, with narrow and with wide ones.
fn rows() -> impl Strategy<Value = Vec<[f64; 3]>> {
    let row = (0.0..300.0, 0.0..60.0, 0.0..90.0).prop_map(|(m, d, u)| [m - d, m, m + u]);
    prop::collection::vec(row, 1..40)
}

fn fleets() -> impl Strategy<Value = FleetState> {
    let starting = prop::collection::vec((0_i64..2_000, 1_u32..5), 0..3);
    (0_u32..60, starting, 0_i64..2_400, 0_i64..300).prop_map(
        |(current, starting, startup, late)| {
            let now = ten() + TimeDelta::seconds(late);
            let mut fleet = FleetState::new(now, Replicas(current), TimeDelta::seconds(startup));
            fleet.starting =
                starting.iter().map(|(s, n)| (now + TimeDelta::seconds(*s), *n)).collect();
            fleet
        },
    )
}

fn limits() -> impl Strategy<Value = Limits> {
    let change = || prop::option::of(1_u32..6);
    let span = || prop::sample::select(vec![0_i64, 7, 10, 45]).prop_map(TimeDelta::minutes);
    (0_u32..10, prop::option::of(0_u32..40), change(), change(), span(), span()).prop_map(
        |(min, above, max_up, max_down, cooldown, stabilization)| Limits {
            min: Replicas(min),
            max: above.map(|above| Replicas((min + above).max(1))),
            max_up,
            max_down,
            cooldown,
            stabilization,
        },
    )
}

fn options() -> impl Strategy<Value = PlanOptions> {
    let objective = prop_oneof![
        (0.001..0.4).prop_map(Objective::Budget),
        (1.0..1e4).prop_map(|violated_minute| Objective::Price { violated_minute }),
        (0.3..0.999).prop_map(|p| Objective::Quantile(Quantile::new(p).unwrap())),
    ];
    let event_price = prop_oneof![Just(0.0), 0.0..200.0];
    (objective, limits(), event_price, any::<bool>()).prop_map(
        |(objective, limits, event_price, all_steps)| PlanOptions {
            objective,
            limits,
            event_price,
            all_steps,
            ..PlanOptions::default()
        },
    )
}

/// What each step of `forecast` needs at `p`, before any limit.
fn needs(forecast: &Forecast, p: f64) -> Vec<u32> {
    let quantile = Quantile::new(p).unwrap();
    (0..forecast.steps())
        .map(|h| eights().needed(forecast.quantile(h, quantile)).unwrap().0)
        .collect()
}

/// Instances asked for at every step.
fn asked(plan: &ScalePlan) -> Vec<u32> {
    plan.recommendations.iter().map(|row| row.instances.0).collect()
}

fn every_step(p: f64, limits: Limits) -> PlanOptions {
    let objective = Objective::Quantile(Quantile::new(p).unwrap());
    PlanOptions { objective, limits, all_steps: true, ..PlanOptions::default() }
}

/// Without what depends on the moment of a change, which a larger load may bring forward.
fn steady(limits: Limits) -> Limits {
    Limits { cooldown: TimeDelta::zero(), ..limits }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_plan_is_well_formed(rows in rows(), fleet in fleets(), options in options()) {
        let forecast = banded(STEP_SECONDS, &rows);
        let made = plan(&forecast, &fleet, &options).unwrap();
        let (min, max) = (options.limits.min, options.limits.max.unwrap_or(Replicas(u32::MAX)));
        let mut before = i64::from(fleet.total().unwrap());
        prop_assert_eq!(made.recommendations[0].at, fleet.now);
        for row in &made.recommendations {
            prop_assert!((min..=max).contains(&row.instances));
            prop_assert!((0.0..=1.0).contains(&row.confidence));
            prop_assert!(row.lower <= row.upper && row.expected_load.is_finite());
            prop_assert_eq!(i64::from(row.instances.0) - before, row.change);
            let (action, delay) = match row.change {
                1.. => (Action::ScaleUp, fleet.startup),
                0 => (Action::Hold, TimeDelta::zero()),
                _ => (Action::ScaleDown, TimeDelta::zero()),
            };
            prop_assert_eq!((row.action, row.effective_at), (action, row.at + delay));
            before = i64::from(row.instances.0);
        }
        prop_assert!(made.recommendations.windows(2).all(|pair| pair[0].at < pair[1].at));
        if options.all_steps {
            prop_assert_eq!(made.recommendations.len(), rows.len());
        } else {
            let in_order = |pair: &[forescale_plan::Recommendation]| {
                pair[0].effective_at < pair[1].effective_at
            };
            prop_assert!(made.recommendations.windows(2).all(in_order));
        }
    }

    #[test]
    fn no_row_asks_for_less_than_its_window_needs(
        rows in rows(),
        fleet in fleets(),
        limits in limits(),
        event_price in prop_oneof![Just(0.0), 0.0..200.0],
        p in 0.3..0.999,
    ) {
        let forecast = banded(STEP_SECONDS, &rows);
        let options = PlanOptions { event_price, ..every_step(p, limits) };
        let made = plan(&forecast, &fleet, &options).unwrap();
        let needs = needs(&forecast, p);
        let lead = (fleet.startup.num_seconds() as usize).div_ceil(STEP_SECONDS as usize);
        for (i, row) in made.recommendations.iter().enumerate() {
            let window = &needs[i..needs.len().min(i + lead + 1)];
            let needed = window.iter().copied().max().unwrap();
            let in_time = i > 0 && row.action == Action::ScaleUp && row.reason.late.is_none();
            let shown = if in_time { *window.last().unwrap() } else { needed };
            prop_assert_eq!(row.reason.peak.needed, shown);
            prop_assert!(i == 0 || row.reason.peak.at + TimeDelta::seconds(STEP_SECONDS) > row.at);
            if row.instances.0 < needed {
                let named = matches!(row.reason.binding, Binding::Max(_) | Binding::MaxUp(_))
                    || limits.max == Some(row.instances);
                prop_assert!(named, "{} < {needed}: {}", row.instances, row.reason);
            }
            if row.action == Action::ScaleDown && limits.max.is_none_or(|max| row.instances < max) {
                prop_assert!(row.instances.0 >= needed, "{}", row.reason);
            }
        }
    }

    #[test]
    fn what_comes_late_is_asked_for_when_its_step_begins(
        rows in rows(),
        fleet in fleets(),
        limits in limits(),
        p in 0.3..0.999,
    ) {
        let made = plan(&banded(STEP_SECONDS, &rows), &fleet, &every_step(p, limits)).unwrap();
        for (i, row) in made.recommendations.iter().enumerate().skip(1) {
            if let Some(late) = row.reason.late {
                let begin = ten() + TimeDelta::seconds(STEP_SECONDS * i as i64);
                prop_assert_eq!((row.at, row.action), (begin, Action::ScaleUp));
                prop_assert!(begin <= late.needed_from && late.needed_from < row.effective_at);
            }
        }
    }

    #[test]
    fn a_known_rise_is_met_whatever_the_change_limit(
        loads in prop::collection::vec(0_u32..200, 1..30),
        lead in 0_usize..4,
        max_up in 1_u32..5,
        max_down in prop::option::of(1_u32..5),
        event_price in 0.0..100.0,
    ) {
        // Before the loads comes a quiet time that is long enough for the start-up and the climb.
        let mut known = vec![0.0; lead + 25];
        known.extend(loads.into_iter().map(f64::from));
        let limits = Limits { max_up: Some(max_up), max_down, ..Limits::default() };
        let fleet = FleetState::new(ten(), Replicas(1), TimeDelta::minutes(lead as i64));
        let options = PlanOptions { event_price, ..every_step(0.5, limits) };
        let made = plan(&sure(60, &known), &fleet, &options).unwrap();
        let demand: Vec<u32> =
            known.iter().map(|load| eights().needed(*load).unwrap().0).collect();
        let targets = asked(&made);
        prop_assert!(targets.windows(2).all(|pair| pair[1] <= pair[0] + max_up));
        prop_assert_eq!(follow(&targets, &demand, lead, 1).violations, 0);
    }

    #[test]
    fn more_load_never_asks_for_fewer(
        rows in rows(),
        fleet in fleets(),
        limits in limits(),
        p in 0.3..0.999,
        more in prop::collection::vec(0.0..80.0, 40),
    ) {
        let larger: Vec<_> = rows.iter().zip(&more).map(|(r, m)| r.map(|load| load + m)).collect();
        let options = every_step(p, steady(limits));
        let plan_of = |rows: &[[f64; 3]]| plan(&banded(STEP_SECONDS, rows), &fleet, &options);
        let (less, more) = (asked(&plan_of(&rows).unwrap()), asked(&plan_of(&larger).unwrap()));
        prop_assert!(less.iter().zip(&more).all(|(a, b)| a <= b), "{less:?} {more:?}");
    }

    #[test]
    fn a_larger_quantile_never_asks_for_fewer(
        rows in rows(),
        fleet in fleets(),
        limits in limits(),
        p in 0.3..0.99,
        share in 0.0..1.0,
    ) {
        let forecast = banded(STEP_SECONDS, &rows);
        let larger = p + share * (0.999 - p);
        let asked_at = |p| asked(&plan(&forecast, &fleet, &every_step(p, steady(limits))).unwrap());
        let (less, more) = (asked_at(p), asked_at(larger));
        prop_assert!(less.iter().zip(&more).all(|(a, b)| a <= b), "{less:?} {more:?}");
    }

    #[test]
    fn the_same_question_has_the_same_answer(
        rows in rows(),
        fleet in fleets(),
        options in options(),
    ) {
        let json = || {
            let made = plan(&banded(STEP_SECONDS, &rows), &fleet, &options).unwrap();
            serde_json::to_string(&made).unwrap()
        };
        prop_assert_eq!(json(), json());
    }

    #[test]
    fn confidence_grows_with_the_instances(rows in rows(), min in 0_u32..40, more in 0_u32..10) {
        let forecast = banded(STEP_SECONDS, &rows);
        let confidence = |min| {
            let fixed = Limits { min: Replicas(min), max: Some(Replicas(min)), ..Limits::default() };
            let fleet = FleetState::new(ten(), Replicas(min), TimeDelta::zero());
            plan(&forecast, &fleet, &every_step(0.5, fixed)).unwrap().recommendations[0].confidence
        };
        prop_assert!(confidence(min + 1) <= confidence(min + 1 + more));
    }

    #[test]
    fn no_forecast_makes_it_panic(
        rows in prop::collection::vec(prop::array::uniform3(prop_oneof![
            Just(0.0), Just(-0.0), -1e3..1e3, Just(1e-308), Just(1e9), Just(4e10), Just(1e300), Just(f64::MAX)
        ]), 1..12),
        fleet in fleets(),
        options in options(),
    ) {
        match plan(&banded(STEP_SECONDS, &rows), &fleet, &options) {
            Ok(made) => prop_assert!(!made.recommendations.is_empty()),
            Err(error) => prop_assert!(!error.to_string().is_empty() && !error.hint().is_empty()),
        }
    }
}
