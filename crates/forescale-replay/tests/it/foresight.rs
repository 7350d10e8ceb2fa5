//! The policies that ask about the load to come, with an outlook whose truth is known.

use std::sync::Arc;

use forescale_core::{Foresight, Frequency, LoadSeries, Outlook, PredictError, Utilization};
use forescale_plan::Capacity;
use forescale_plan::policies::{FORESIGHTED, Policy, create};
use forescale_replay::{
    FleetSettings, Lifecycle, Run, ScoreSettings, Scorecard, Trace, World, simulate,
};

/// Says what comes, times one plus `margin` for every tenth of the probability.
#[derive(Debug)]
struct Oracle {
    loads: Vec<f64>,
    margin: f64,
}

impl Outlook for Oracle {
    fn quantile(&self, known: usize, h: usize, exceeded: f64) -> Result<f64, PredictError> {
        let load = self.loads.get(known + h - 1).copied().unwrap_or(0.0);
        Ok(load * (1.0 - self.margin * exceeded.log10()))
    }

    fn expected_error(&self, _: usize, _: usize) -> Result<f64, PredictError> {
        Ok(self.margin)
    }
}

/// Two days of minutes: waves of several lengths, bursts of a few minutes and a pause. The first start-up time is
/// calm, since nothing that is launched in it serves before it is over.
fn loads() -> Vec<f64> {
    let load = |k: u32| {
        let t = f64::from(k.max(20));
        let waves = 300.0 + 200.0 * (t / 230.0).sin() + 60.0 * (t / 3.1).sin();
        let burst = if k % 97 > 93 { 250.0 } else { 0.0 };
        if (1_000..1_030).contains(&k) { 0.0 } else { waves + burst }
    };
    (0..2_880).map(load).collect()
}

fn world(startup_s: f64) -> World {
    world_with(FleetSettings { startup_s, ..FleetSettings::default() })
}

fn world_with(fleet: FleetSettings) -> World {
    let minute = Frequency::from_seconds(60).unwrap();
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let series = LoadSeries::new(start, minute, loads()).unwrap();
    let capacity = Capacity::utilization(20.0, Utilization::new(0.8).unwrap()).unwrap();
    World::new(Trace::new(&series, minute).unwrap(), capacity, fleet, Arc::default(), 0).unwrap()
}

fn run(world: &World, policy: &str, margin: f64) -> (Run, Scorecard) {
    let mut policy: Box<dyn Policy> = create(policy, FORESIGHTED).unwrap();
    let oracle = Oracle { loads: loads(), margin };
    let foresight = Foresight { outlook: Some(Arc::new(oracle)), ..Foresight::default() };
    let run = simulate(world, policy.as_mut(), &foresight).unwrap();
    let score = Scorecard::new(world, &run, &ScoreSettings::default());
    (run, score)
}

#[test]
fn with_a_perfect_forecast_it_costs_what_the_clairvoyant_does() {
    for startup_s in [0.0, 60.0, 300.0, 900.0] {
        let world = world(startup_s);
        let (run, _) = run(&world, "forescale", 0.0);
        let violated = run.serving.iter().zip(world.demand()).filter(|(s, d)| s < d).count();
        assert_eq!(violated, 0, "{startup_s}");
        assert_eq!(run.billed.iter().sum::<f64>(), world.optimum(), "{startup_s}");
    }
}

#[test]
fn a_larger_budget_costs_less() {
    let world = world(300.0);
    let cost = |budget: &str| run(&world, &format!("forescale:budget={budget}"), 0.2).1.cost;
    let costs = ["0.0001", "0.001", "0.01", "0.1"].map(cost);
    assert!(costs.is_sorted_by(|a, b| a > b), "{costs:?}");
}

#[test]
fn without_an_outlook_it_says_so() {
    let mut policy = create("forescale", FORESIGHTED).unwrap();
    let error = simulate(&world(300.0), policy.as_mut(), &Foresight::default()).unwrap_err();
    assert!(error.to_string().contains("needs a forecast of the next minutes"), "{error}");
}

#[test]
fn with_a_perfect_forecast_optimal_control_costs_what_the_clairvoyant_does() {
    for startup_s in [0.0, 60.0, 300.0, 900.0] {
        let world = world(startup_s);
        let (run, _) = run(&world, "mpc", 0.0);
        let violated = run.serving.iter().zip(world.demand()).filter(|(s, d)| s < d).count();
        assert_eq!(violated, 0, "{startup_s}");
        assert_eq!(run.billed.iter().sum::<f64>(), world.optimum(), "{startup_s}");
    }
}

#[test]
fn optimal_control_keeps_its_change_limits_without_a_violation() {
    let world = world(300.0);
    let (run, score) = run(&world, "mpc:max-up=4,max-down=3", 0.0);
    assert_eq!(score.under_provisioned_time, 0.0);
    // Actions come once a minute, so each is one step's change.
    assert!(run.actions.iter().all(|action| (-3..=4).contains(&action.change)));
    assert!(score.cost_over_clairvoyant < 1.5, "{}", score.cost_over_clairvoyant);
}

#[test]
fn optimal_control_spends_a_larger_budget() {
    let world = world(300.0);
    let cost = |budget: &str| run(&world, &format!("mpc:budget={budget}"), 0.2).1.cost;
    let costs = ["0.0001", "0.001", "0.01", "0.1"].map(cost);
    assert!(costs.is_sorted_by(|a, b| a > b), "{costs:?}");
}

#[test]
fn optimal_control_goes_on_without_an_outlook() {
    let detailed = Lifecycle { launch_failures: 0.2, warmup_s: 120.0, ..Lifecycle::default() };
    let fleets = [
        FleetSettings::default(),
        FleetSettings { metric_latency_s: 150.0, ..FleetSettings::default() },
        FleetSettings { lifecycle: Some(detailed), ..FleetSettings::default() },
        FleetSettings { min: 3, max: 5, max_up: Some(1), ..FleetSettings::default() },
        FleetSettings { min: 0, startup_s: 0.0, ..FleetSettings::default() },
    ];
    for fleet in fleets {
        let limited = fleet.max < 10;
        let world = world_with(fleet);
        let mut policy = create("mpc", FORESIGHTED).unwrap();
        let run = simulate(&world, policy.as_mut(), &Foresight::default()).unwrap();
        let score = Scorecard::new(&world, &run, &ScoreSettings::default());
        // A fleet that may not grow follows its limits, and no load.
        let cause = run.actions.last().unwrap().cause.to_string();
        assert!(limited || score.under_provisioned_time < 0.1, "{}", score.under_provisioned_time);
        assert!(limited || cause.starts_with("without a forecast"), "{cause}");
    }
}
