//! What an ensemble promises, shown with hand-made members.

mod members;

use std::sync::Arc;
use std::time::Duration;

use forescale_core::{
    Calendar, Event, FitOptions, FittedPredictor, Frequency, History, Horizon, LoadSeries,
    Predictor, Quantiles,
};
use forescale_ensemble::{Ensemble, FittedEnsemble, Member};
use members::{Daily, Faulty, Trouble};

const NAIVE: &str = "naive";

fn daily(name: &'static str, offset: f64, width: f64) -> Arc<dyn Predictor> {
    Arc::new(Daily { name, offset, since: 0, width })
}

fn ensemble(members: Vec<Arc<dyn Predictor>>) -> Ensemble {
    let member = |predictor| Member { predictor, prior: (1.0, 1.0) };
    Ensemble::new(members.into_iter().map(member).collect(), NAIVE)
        .with_time_limit(Duration::from_secs(2))
}

/// Two weeks of hours: the same day again and again, with a little that repeats every 25 hours.
fn history(hours: usize) -> History {
    let load = |i: usize| 100.0 + 10.0 * (i % 24) as f64 + (i * 7 % 25) as f64 / 5.0;
    series((0..hours).map(load).collect(), Calendar::default())
}

fn series(values: Vec<f64>, calendar: Calendar) -> History {
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(3_600).unwrap();
    History::new(LoadSeries::new(start, step, values).unwrap(), Arc::new(calendar))
}

fn options() -> FitOptions {
    FitOptions::new(Horizon::new(24).unwrap(), 1)
}

fn fit(ensemble: &Ensemble, history: &History) -> FittedEnsemble {
    ensemble.fit_with_progress(history, &options(), &|_| {}).unwrap()
}

#[test]
fn a_member_that_fails_panics_hangs_or_gives_nan_is_left_out_and_named() {
    let troubles = [
        ("fails", Trouble::Fails, "no such luck"),
        ("panics", Trouble::Panics, "it stopped with a fault: out of luck"),
        ("hangs", Trouble::Hangs, "it took longer than 2 s"),
        ("gives-nan", Trouble::GivesNan, "a forecast should be finite, but step 0 holds NaN"),
    ];
    let mut members = vec![daily(NAIVE, 3.0, 5.0), daily("good", 0.0, 3.0)];
    for (name, trouble, _) in troubles {
        members.push(Arc::new(Faulty { name, trouble }));
    }
    let fitted = fit(&ensemble(members), &history(336));
    for (name, _, reason) in troubles {
        let member = fitted.report().member(name).unwrap();
        assert!(member.left_out.as_deref().unwrap().contains(reason), "{member:?}");
        assert!(member.weights.iter().all(|weight| *weight == 0.0), "{member:?}");
    }
    let good = fitted.report().member("good").unwrap();
    assert!(good.left_out.is_none() && good.weights.iter().all(|w| *w > 0.5), "{good:?}");
}

#[test]
fn the_gate_falls_back_to_the_yardstick_where_nothing_beats_it() {
    // On older origins the fickle one is right, so it gets the weight there; on newer ones it is far off.
    let fickle = Daily { name: "fickle", offset: 150.0, since: 300, width: 3.0 };
    let fitted = fit(&ensemble(vec![daily(NAIVE, 20.0, 5.0), Arc::new(fickle)]), &history(336));
    let gate = &fitted.report().gate;
    assert!(!gate.passed, "{gate:?}");
    assert_eq!(gate.carried_by, NAIVE);
    assert!(gate.reason.contains("the ensemble does not help"), "{}", gate.reason);
    assert_eq!(fitted.members().len(), 1);
}

#[test]
fn the_gate_passes_where_a_member_is_better() {
    let members = vec![daily(NAIVE, 30.0, 5.0), daily("good", 0.0, 3.0)];
    let fitted = fit(&ensemble(members), &history(336));
    assert!(fitted.report().gate.passed, "{:?}", fitted.report().gate);
    let (own, naive) = (fitted.report().overall.unwrap(), fitted.report().member(NAIVE).unwrap());
    assert!(own.wql < naive.overall.unwrap().wql);
}

#[test]
fn threads_change_nothing_and_bytes_bring_everything_back() {
    let members = || vec![daily(NAIVE, 3.0, 5.0), daily("good", 0.0, 3.0), daily("wide", 0.0, 9.0)];
    let history = history(336);
    let one = fit(&ensemble(members()).with_threads(1), &history);
    let two = fit(&ensemble(members()).with_threads(2), &history);
    assert_eq!(one.to_bytes(), two.to_bytes());
    let back =
        FittedEnsemble::from_bytes(&one.to_bytes(), &|_, bytes| members::load(bytes)).unwrap();
    let predict = |e: &FittedEnsemble| {
        e.predict(&history, Horizon::new(30).unwrap(), &Quantiles::standard()).unwrap()
    };
    assert_eq!(predict(&one), predict(&back));
    assert_eq!(one.report(), back.report());
}

#[test]
fn broken_bytes_are_refused() {
    let fitted = fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0)]), &history(336));
    let bytes = fitted.to_bytes();
    for cut in [0, 1, bytes.len() / 2, bytes.len() - 1] {
        assert!(FittedEnsemble::from_bytes(&bytes[..cut], &|_, b| members::load(b)).is_err());
    }
}

#[test]
fn a_history_too_short_for_a_backtest_uses_the_priors_and_says_so() {
    let fitted =
        fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0), daily("good", 0.0, 3.0)]), &history(30));
    let report = fitted.report();
    assert!(report.degraded.iter().any(|r| r.contains("too short for a backtest")), "{report:?}");
    assert!(
        report.degraded.iter().any(|r| r.contains("the history spans 1d6h only")),
        "{report:?}"
    );
    assert!(report.gate.reason.starts_with("not tested"), "{}", report.gate.reason);
    assert!(report.members.iter().all(|m| m.weights.iter().all(|w| *w == 0.5)));
}

#[test]
fn the_yardstick_stands_in_for_members_that_had_too_little_to_learn_from() {
    let member = |predictor, prior| Member { predictor, prior };
    let absent = Arc::new(Faulty { name: "absent", trouble: Trouble::Fails });
    let members = vec![
        member(daily(NAIVE, 0.0, 3.0), (0.01, 0.01)),
        member(daily("last", 0.0, 3.0), (0.01, 0.01)),
        member(daily("trend", 0.0, 3.0), (0.08, 0.18)),
        member(absent, (0.9, 0.8)),
    ];
    let fitted = fit(&Ensemble::new(members, NAIVE).with_fallback("last"), &history(30));
    let weights = |name: &str| fitted.report().member(name).unwrap().weights.clone();
    for (name, near, far) in [(NAIVE, 0.46, 0.81), ("last", 0.46, 0.01), ("trend", 0.08, 0.18)] {
        let weights = weights(name);
        assert!((weights[0] - near).abs() < 1e-9, "{name}: {weights:?}");
        assert!((weights[weights.len() - 1] - far).abs() < 1e-9, "{name}: {weights:?}");
    }
}

#[test]
fn zeros_and_constants_are_named() {
    for (value, expected) in [(0.0, "all 336 values are zero"), (7.0, "the load is 7 throughout")] {
        let history = series(vec![value; 336], Calendar::default());
        let fitted = fit(&ensemble(vec![daily(NAIVE, 0.0, 0.0)]), &history);
        assert!(fitted.report().degraded.iter().any(|r| r.contains(expected)), "{value}");
        let members = vec![daily(NAIVE, 0.0, 0.0), daily("good", 0.0, 3.0)];
        let fitted = fit(&ensemble(members).with_fallback(NAIVE), &history);
        let gate = &fitted.report().gate;
        assert!(!gate.passed && gate.carried_by == NAIVE, "{gate:?}");
        assert_eq!(gate.reason, "the load never changes, so naive carries the forecast");
    }
}

#[test]
fn nobody_left_is_an_error_that_names_every_reason() {
    let members: Vec<Arc<dyn Predictor>> =
        vec![Arc::new(Faulty { name: "fails", trouble: Trouble::Fails })];
    let error =
        ensemble(members).fit_with_progress(&history(336), &options(), &|_| {}).unwrap_err();
    assert!(error.to_string().contains("fails: "), "{error}");
}

#[test]
fn a_known_event_multiplies_the_forecast_while_it_lasts() {
    let plain = history(336);
    let origin = plain.origin();
    let event = Event {
        start: origin + chrono::TimeDelta::hours(5),
        end: origin + chrono::TimeDelta::hours(7),
        kind: "campaign".to_owned(),
        factor: Some(3.0),
    };
    let calendar = Calendar { events: vec![event], ..Calendar::default() };
    let known = series(plain.series().values().to_vec(), calendar);
    let fitted = fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0)]), &known);
    let horizon = Horizon::new(10).unwrap();
    let quantiles = Quantiles::new([0.9]).unwrap();
    let without = fitted.predict(&plain, horizon, &quantiles).unwrap();
    let with = fitted.predict(&known, horizon, &quantiles).unwrap();
    for h in 0..10 {
        let factor = if (5..7).contains(&h) { 3.0 } else { 1.0 };
        assert!((with.point(h) - factor * without.point(h)).abs() < 1e-9, "{h}");
    }
}

#[test]
fn another_step_is_refused() {
    let fitted = fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0)]), &history(336));
    let step = Frequency::from_seconds(60).unwrap();
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let minutes = LoadSeries::new(start, step, vec![1.0; 3_000]).unwrap();
    let minutes = History::new(minutes, Arc::default());
    let error = fitted.predict(&minutes, Horizon::new(5).unwrap(), &Quantiles::standard());
    assert!(error.unwrap_err().to_string().contains("trained with 1h"));
}

#[test]
fn weights_and_intervals_move_with_what_comes_after_the_fit() {
    // Both are as good until the fit; from then on the fickle one is far off.
    let fickle = Daily { name: "fickle", offset: 60.0, since: 337, width: 3.0 };
    let fitted = fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0), Arc::new(fickle)]), &history(336));
    let weight =
        |fitted: &FittedEnsemble| fitted.report().member("fickle").unwrap().weights.clone();
    let before = weight(&fitted);
    let mut last = before.clone();
    let mut fitted = fitted;
    for days in 1..=4 {
        fitted = fitted.observe(&history(336 + 24 * days)).unwrap();
        let now = weight(&fitted);
        assert!(now.iter().zip(&last).all(|(now, last)| now <= last), "{now:?} after {last:?}");
        last = now;
    }
    assert!(
        last.iter().sum::<f64>() < 0.5 * before.iter().sum::<f64>(),
        "{last:?} from {before:?}"
    );
}

#[test]
fn nothing_is_learned_twice_and_nothing_from_another_step() {
    let fitted =
        fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0), daily("good", 1.0, 3.0)]), &history(336));
    assert!(fitted.observe(&history(336)).is_none());
    let observed = fitted.observe(&history(360)).unwrap();
    assert!(observed.observe(&history(360)).is_none());
    let start = "2026-01-05T00:00:00Z".parse().unwrap();
    let step = Frequency::from_seconds(1_800).unwrap();
    let finer = LoadSeries::new(start, step, vec![1.0; 800]).unwrap();
    assert!(fitted.observe(&History::new(finer, Arc::default())).is_none());
}

#[test]
fn intervals_widen_where_what_comes_is_further_off_than_promised() {
    let load = |i: usize| 100.0 + 10.0 * (i % 24) as f64 + (i * 7 % 25) as f64 / 5.0;
    let wild =
        |i: usize| if i < 336 { load(i) } else { load(i) + 40.0 * ((i * 13 % 7) as f64 - 3.0) };
    let long = series((0..336 + 7 * 24).map(wild).collect(), Calendar::default());
    let fitted =
        fit(&ensemble(vec![daily(NAIVE, 0.0, 3.0), daily("good", 1.0, 3.0)]), &history(336));
    let observed = fitted.observe(&long).unwrap();
    let width = |fitted: &FittedEnsemble| {
        let day = Horizon::new(24).unwrap();
        let forecast = fitted.predict(&long, day, &Quantiles::new([0.1, 0.9]).unwrap()).unwrap();
        let row = forecast.row(12);
        row[row.len() - 1] - row[0]
    };
    assert!(width(&observed) > 1.1 * width(&fitted), "{} {}", width(&observed), width(&fitted));
}
