use forescale_core::{Foresight, PredictError};

use super::*;
use crate::policies::observation::tests::{seen, service};

/// Knows what comes, and that it may be more by a share for every tenth of the probability.
#[derive(Debug)]
struct Oracle {
    loads: Vec<f64>,
    margin: f64,
}

impl Outlook for Oracle {
    fn quantile(&self, known: usize, h: usize, exceeded: f64) -> Result<f64, PredictError> {
        let load = self.loads[(known + h - 1).min(self.loads.len() - 1)];
        Ok(load * (1.0 - self.margin * exceeded.log10()))
    }

    fn expected_error(&self, _: usize, _: usize) -> Result<f64, PredictError> {
        Ok(self.margin)
    }
}

/// What is wanted at every minute of `loads`, of a fleet that has what was wanted the minute before.
fn wanted(settings: Settings, loads: &[f64], margin: Option<f64>) -> Vec<Decision> {
    wanted_by(&service(), settings, loads, margin)
}

/// The same of a service of its own.
fn wanted_by(
    service: &Service,
    settings: Settings,
    loads: &[f64],
    margin: Option<f64>,
) -> Vec<Decision> {
    let outlook = margin.map(|margin| Oracle { loads: loads.to_vec(), margin });
    let outlook = outlook.map(|oracle| Arc::new(oracle) as Arc<dyn Outlook>);
    let foresight = Foresight { outlook, ..Foresight::default() };
    let mut policy = Mpc::new(settings).unwrap();
    let past = Past { service, loads: &[], foresight: &foresight };
    Rule::prepare(&mut policy, &past).unwrap();
    let mut serving = 4;
    let minute = |k: usize| {
        let decision = Rule::decide(&mut policy, &seen(&loads[..k], serving, 0, service));
        serving = decision.wanted;
        decision
    };
    (1..=loads.len()).map(minute).collect()
}

fn counts(decisions: &[Decision]) -> Vec<u32> {
    decisions.iter().map(|decision| decision.wanted).collect()
}

/// Minutes of 30, and then of 100.
fn rise() -> Vec<f64> {
    (0..40).map(|k| if k < 20 { 30.0 } else { 100.0 }).collect()
}

#[test]
fn it_launches_a_start_up_before_the_rise() {
    // Instances of 10 are at most 80 % busy: 30 needs 4 of them and 100 needs 13.
    let decisions = wanted(Settings::default(), &rise(), Some(0.0));
    let expected: Vec<u32> = (1..=40).map(|k| if k < 15 { 4 } else { 13 }).collect();
    assert_eq!(counts(&decisions), expected);
    let cause = decisions[14].cause.to_string();
    assert_eq!(cause, "a load of 100.0000 is expected at 2026-01-05 00:20Z");
}

#[test]
fn a_limit_on_launches_starts_them_earlier() {
    let settings = Settings { max_up: Some(3), max_down: Some(1), ..Settings::default() };
    let decisions = wanted(settings, &rise(), Some(0.0));
    assert_eq!(counts(&decisions)[10..17], [4, 4, 7, 10, 13, 13, 13]);
    assert_eq!(decisions[12].cause, Cause::RateLimited { newest: 13 });
    let falls: Vec<f64> = rise().into_iter().rev().collect();
    let settings = Settings { max_up: Some(3), max_down: Some(1), ..Settings::default() };
    let counts = counts(&wanted(settings, &falls, Some(0.0)));
    assert!(counts.windows(2).all(|pair| pair[0] <= pair[1] + 1 && pair[1] <= pair[0] + 3));
    assert_eq!(counts[39], 4);
}

#[test]
fn a_larger_budget_or_a_smaller_price_asks_for_less() {
    let last = |settings: Settings| counts(&wanted(settings, &[50.0; 30], Some(0.1)))[29];
    let budget = |budget: f64| last(Settings { budget, ..Settings::default() });
    assert!(budget(0.0001) > budget(0.01) && budget(0.01) > budget(0.3));
    let price = |slo_price: f64| last(Settings { slo_price, ..Settings::default() });
    assert!(price(10_000.0) > price(100.0) && price(100.0) > price(2.0));
    let both = Settings { slo_price: 700.0, price: 7.0, ..Settings::default() };
    assert_eq!(last(both), price(100.0));
}

#[test]
fn without_an_outlook_the_newest_load_lasts() {
    let decisions = wanted(Settings::default(), &[50.0; 30], None);
    assert!((8..12).contains(&decisions[29].wanted), "{}", decisions[29].wanted);
    let cause = decisions[29].cause.to_string();
    let expected = "without a forecast the newest load of 50.0000 is taken to last, give or take";
    assert!(cause.starts_with(expected), "{cause}");
    assert!(*counts(&wanted(Settings::default(), &rise(), None)).last().unwrap() >= 16);
}

#[test]
fn missing_metrics_never_scale_in() {
    let service = service();
    let mut policy = Mpc::new(Settings::default()).unwrap();
    let foresight = Foresight::default();
    Rule::prepare(&mut policy, &Past { service: &service, loads: &[], foresight: &foresight })
        .unwrap();
    let loads = [10.0; 9];
    let stale = Observation { stale_steps: 1, ..seen(&loads, 20, 0, &service) };
    assert_eq!(Rule::decide(&mut policy, &stale), Decision::new(20, Cause::NoData));
    let missing = [10.0, f64::NAN];
    let decision = Rule::decide(&mut policy, &seen(&missing[1..], 20, 0, &service));
    assert_eq!(decision, Decision::new(20, Cause::NoData));
    assert!(Rule::decide(&mut policy, &seen(&loads, 20, 0, &service)).wanted < 20);
}

#[test]
fn a_response_time_is_kept_by_its_model() {
    let last = |response_time: f64, model: &str| {
        let settings = Settings { response_time, model: model.to_owned(), ..Settings::default() };
        counts(&wanted(settings, &[50.0; 30], Some(0.0)))[29]
    };
    let model = "queueing(0.1,10,1)";
    let queue: ResponseModel = model.parse().unwrap();
    let n = last(0.15, model);
    assert!(queue.seconds(50.0, n) <= 0.15 && queue.seconds(50.0, n - 1) > 0.15);
    assert_eq!(last(0.15, "service"), n);
    let settings = Settings { response_time: 0.01, ..Settings::default() };
    let error = need(&settings, &service()).unwrap_err().to_string();
    let expected = "mpc should keep a response time of 0.01 s, but an idle instance takes 0.1000 s";
    assert!(error.starts_with(expected), "{error}");
    let settings = Settings { model: "queue".to_owned(), ..Settings::default() };
    assert!(Mpc::new(settings).unwrap_err().to_string().starts_with("model of mpc should be"));
    let settings = Settings { horizon: 172_800.0, ..Settings::default() };
    let error = Mpc::new(settings).unwrap_err().to_string();
    assert_eq!(error, "horizon of mpc should be at most 1d, but is \"2d\"");
}

#[test]
fn limits_of_the_fleet_hold_as_its_own_do() {
    let own = Settings { max_up: Some(3), ..Settings::default() };
    let expected = counts(&wanted(own, &rise(), Some(0.0)));
    assert_eq!(expected[11..15], [4, 7, 10, 13], "three launches of three, the last in time");
    let limited = Service { max_up: Some(3), ..service() };
    let decisions = wanted_by(&limited, Settings::default(), &rise(), Some(0.0));
    assert_eq!(counts(&decisions), expected);
    let looser = Settings { max_up: Some(5), ..Settings::default() };
    assert_eq!(counts(&wanted_by(&limited, looser, &rise(), Some(0.0))), expected);
}
