//! Spot instances that a replay takes away.

use forescale::*;

const DAYS: usize = 10;

/// Ten days of a load that needs ten instances, under `policy`, scored from the second day on.
fn replayed(policy: &str) -> Outcome {
    let minute = Frequency::from_seconds(60).unwrap();
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let series = LoadSeries::new(start, minute, vec![80.0; DAYS * 1_440]).unwrap();
    let capacity = Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap();
    let trace = Trace::new(&series, minute).unwrap();
    let fleet = FleetSettings::default();
    let world = World::new(trace, capacity, fleet, Default::default(), 1_440).unwrap();
    let policies = vec![create_policy(policy, 0.01).unwrap()];
    let options = EngineOptions::default();
    let score = ScoreSettings::default();
    replay(&series, &world, policies, &options, &score, |_| ()).unwrap().remove(0)
}

fn taken(outcome: &Outcome) -> f64 {
    outcome.objective["taken_away"]
}

#[test]
fn as_many_are_taken_as_the_rate_says_and_the_budget_holds() {
    let outcome = replayed("spot:budget=0.01");
    let instances = f64::from(*outcome.run.serving.last().unwrap());
    let hours = (DAYS - 1) as f64 * 24.0;
    // One in twenty within an hour, for every place.
    let expected = -instances * hours * 0.95_f64.ln();
    assert!((taken(&outcome) - expected).abs() < 4.0 * expected.sqrt(), "{expected}");
    let too_few = outcome.scorecard.under_provisioned_time;
    assert!(too_few > 0.0 && too_few < 0.015, "{too_few}");
}

#[test]
fn what_is_launched_in_their_place_is_counted() {
    let outcome = replayed("spot:budget=0.01");
    let changes = outcome.run.actions.iter().filter(|action| action.step >= 1_440);
    let asked_for: i64 = changes.map(|action| action.change.max(0)).sum();
    assert_eq!(outcome.scorecard.launched as f64, asked_for as f64 + taken(&outcome));
    assert_eq!(outcome.scorecard.failed_launches, 0);
}

#[test]
fn the_seed_decides_and_places_are_filled_again() {
    let (a, b) = (replayed("spot:budget=0.01,seed=3"), replayed("spot:budget=0.01,seed=4"));
    assert_eq!(a.run, replayed("spot:budget=0.01,seed=3").run);
    assert_ne!(a.run.serving, b.run.serving);
    let asked = a.run.targets();
    let changes = asked.windows(2).filter(|two| two[0] != two[1]).count();
    assert!(
        changes < 10 && taken(&a) > 50.0,
        "{changes} changes are not {} interruptions",
        taken(&a)
    );
    assert!(a.run.serving.iter().zip(&asked).all(|(serving, asked)| serving <= asked));
}
