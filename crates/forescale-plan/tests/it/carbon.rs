//! Carbon: equal to the best of all ways to move the work.

use chrono::TimeDelta;
use forescale_core::{Quantile, Replicas};
use forescale_plan::objectives::{
    CarbonOptions, CarbonRow, CarbonStep, FlexibleLoad, ObjectiveError, carbon_steps, shift_work,
};
use proptest::prelude::*;

use crate::curves::curves;
use crate::fixture::{eights, sure, ten};

fn steps(rows: &[(f64, f64, u32, u32)]) -> Vec<CarbonStep> {
    let step =
        |(h, (grams, price, inflexible, flexible)): (usize, &(f64, f64, u32, u32))| CarbonStep {
            at: ten() + TimeDelta::hours(h as i64),
            grams_per_kwh: *grams,
            price_per_instance_hour: *price,
            inflexible: *inflexible,
            flexible: *flexible,
        };
    rows.iter().enumerate().map(step).collect()
}

fn options(deadline_steps: usize, max: u32, price_per_kg: Option<f64>) -> CarbonOptions {
    let max = Replicas(max);
    CarbonOptions { watts: 250.0, step_hours: 1.0, deadline_steps, max, price_per_kg }
}

/// Whether work is done after it arises, within its deadline, and all of it.
fn in_time(steps: &[CarbonStep], done: &[u32], deadline: usize) -> bool {
    let arisen = |t: usize| steps[..=t].iter().map(|step| step.flexible).sum::<u32>();
    let mut so_far = 0;
    let kept = (0..steps.len()).all(|t| {
        so_far += done[t];
        so_far <= arisen(t) && (t < deadline || so_far >= arisen(t - deadline))
    });
    kept && so_far == arisen(steps.len() - 1)
}

proptest! {
    #[test]
    fn no_way_weighs_less(
        rows in prop::collection::vec((0.0..500.0, 0.0..0.3, 0_u32..4, 0_u32..3), 1..7),
        deadline in 0_usize..4,
        max in 2_u32..6,
        price in prop::option::of(0.0..2.0),
    ) {
        let (steps, options) = (steps(&rows), options(deadline, max, price));
        let weight = |done: &[u32]| -> f64 {
            let of = |(step, done): (&CarbonStep, &u32)| {
                let grams = 0.25 * step.grams_per_kwh;
                let each = match price {
                    None => grams,
                    Some(price) => step.price_per_instance_hour + grams / 1e3 * price,
                };
                f64::from(*done) * each
            };
            steps.iter().zip(done).map(of).sum()
        };
        let fits = |done: &[u32]| {
            steps.iter().zip(done).all(|(step, done)| *done == 0 || step.inflexible + done <= max)
        };
        let best = curves(rows.len(), 4)
            .filter(|done| fits(done) && in_time(&steps, done, deadline))
            .map(|done| weight(&done))
            .fold(f64::INFINITY, f64::min);
        match shift_work(&steps, &options) {
            Ok(plan) => {
                let done: Vec<u32> = plan.steps.iter().map(|step| step.flexible.0).collect();
                prop_assert!(fits(&done) && in_time(&steps, &done, deadline), "{done:?}");
                // The comparison looks at up to four a step.
                prop_assert!(weight(&done) <= best + 1e-9, "{done:?} {best}");
            }
            Err(error) => {
                prop_assert!(matches!(error, ObjectiveError::Deadline { .. }), "{error}");
                prop_assert_eq!(best, f64::INFINITY);
            }
        }
    }
}

#[test]
fn work_waits_for_clean_hours_and_says_so() {
    let steps = steps(&[(400.0, 0.1, 2, 2), (90.0, 0.1, 2, 0), (300.0, 0.1, 2, 1)]);
    let plan = shift_work(&steps, &options(1, 9, None)).unwrap();
    let said: Vec<String> = plan.steps.iter().map(|step| step.reason.to_string()).collect();
    assert_eq!(
        said,
        [
            "2 instances for load that cannot wait, 0 for flexible work at 400 g/kWh; 2 of the 2 that \
             arise now wait, until 2026-01-05 11:00Z",
            "2 instances for load that cannot wait, 2 for flexible work at 90 g/kWh; 2 of it waited, \
             since 2026-01-05 10:00Z at the earliest",
            "2 instances for load that cannot wait, 1 for flexible work at 300 g/kWh"
        ]
    );
    assert_eq!((plan.grams, plan.grams_unshifted), (515.0, 670.0));
}

#[test]
fn dear_carbon_outweighs_cheap_instances() {
    let steps = steps(&[(400.0, 0.05, 0, 1), (100.0, 0.10, 0, 0)]);
    let first =
        |price| shift_work(&steps, &options(1, 9, Some(price))).unwrap().steps[0].flexible.0;
    // The second hour saves 75 g and costs 0.05 more: worth it from 0.67 a kilogram on.
    assert_eq!([0.6, 0.7].map(first), [1, 0]);
}

#[test]
fn work_without_room_is_an_error() {
    let steps = steps(&[(1.0, 0.0, 2, 3), (1.0, 0.0, 2, 0)]);
    let error = shift_work(&steps, &options(1, 3, None)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "flexible work that arises from 2026-01-05 10:00:00 UTC on lacks 1 instance-steps before its deadline"
    );
}

#[test]
fn a_forecast_divides_into_load_and_work() {
    let load = FlexibleLoad {
        share: 0.5,
        quantile: Quantile::MEDIAN,
        min: 1,
        price_per_instance_hour: 0.1,
    };
    let rows = [CarbonRow::new(ten(), 300.0).unwrap()];
    let steps = carbon_steps(&sure(300, &[20.0; 4]), &eights(), &load, &rows).unwrap();
    assert_eq!(steps.iter().map(|step| step.inflexible).collect::<Vec<_>>(), [2; 4]);
    // One and a quarter instances a step.
    assert_eq!(steps.iter().map(|step| step.flexible).collect::<Vec<_>>(), [2, 1, 1, 1]);
    assert!(carbon_steps(&sure(300, &[1.0]), &eights(), &load, &[]).is_err());
    assert!(CarbonRow::new(ten(), -1.0).is_err());
}
