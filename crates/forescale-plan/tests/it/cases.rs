//! Start-up times, late scale-ups and moments between steps.

use forescale_core::Replicas;
use forescale_plan::{Action, Objective, PlanError, PlanOptions};

use crate::fixture::{banded, clock, fleet, minutes, plan, sure, table, ten};

fn default() -> PlanOptions {
    PlanOptions::default()
}

#[test]
fn a_scale_up_is_asked_for_the_start_up_time_before_it_is_needed() {
    let loads = [8.0, 8.0, 8.0, 24.0, 24.0];
    for (startup, at) in [(0, "10:15"), (2, "10:13"), (5, "10:10"), (7, "10:08"), (10, "10:05")] {
        let made = plan(&sure(300, &loads), &fleet(1, startup), &default()).unwrap();
        assert_eq!(
            table(&made),
            ["10:00 10:00 hold 1".to_owned(), format!("{at} 10:15 scale_up 3")],
            "{startup}"
        );
    }
}

#[test]
fn a_late_scale_up_is_asked_for_now_and_says_so() {
    let made = plan(&sure(300, &[24.0, 24.0, 8.0, 8.0]), &fleet(1, 7), &default()).unwrap();
    assert_eq!(table(&made), ["10:00 10:07 scale_up 3", "10:10 10:10 scale_down 1"]);
    let reason = made.recommendations[0].reason.to_string();
    assert!(
        reason
            .ends_with("too late: needed from 2026-01-05 10:00Z, can serve from 2026-01-05 10:07Z"),
        "{reason}"
    );
    assert_eq!(
        made.warnings,
        [
            "more instances are needed from 2026-01-05 10:00Z, but can serve only from 2026-01-05 10:07Z"
        ]
    );
}

#[test]
fn instances_that_start_are_counted_and_cancelled_first() {
    let mut starting = fleet(1, 10);
    starting.starting = vec![(ten() + minutes(5), 2)];
    let forecast = sure(300, &[8.0, 24.0, 24.0]);
    assert_eq!(table(&plan(&forecast, &starting, &default()).unwrap()), ["10:00 10:00 hold 3"]);
    let quiet = plan(&sure(300, &[8.0, 8.0]), &starting, &default()).unwrap();
    assert_eq!(table(&quiet), ["10:00 10:00 scale_down 1"]);
    assert_eq!(quiet.recommendations[0].confidence, 1.0);
}

#[test]
fn confidence_counts_what_serves_and_not_what_starts() {
    let mut starting = fleet(1, 10);
    starting.starting = vec![(ten() + minutes(5), 2)];
    let forecast = sure(300, &[24.0, 24.0]);
    let made = plan(&forecast, &starting, &default()).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 hold 3"]);
    assert_eq!(made.recommendations[0].confidence, 0.0);
    let late = made.recommendations[0].reason.late.unwrap();
    assert_eq!((late.needed_from, late.effective_at), (ten(), ten() + minutes(5)));
}

#[test]
fn now_may_lie_within_a_step() {
    let mut later = fleet(1, 5);
    later.now = ten() + minutes(7);
    let loads = [80.0, 8.0, 8.0, 24.0];
    let made = plan(&sure(300, &loads), &later, &default()).unwrap();
    assert_eq!(table(&made), ["10:07 10:07 hold 1", "10:10 10:15 scale_up 3"]);
    for wrong in [ten() - minutes(1), ten() + minutes(20)] {
        later.now = wrong;
        let error = plan(&sure(300, &loads), &later, &default()).unwrap_err();
        assert!(matches!(error, PlanError::Now { .. }), "{error}");
    }
}

#[test]
fn a_start_up_beyond_the_forecast_asks_at_once_and_warns() {
    let made = plan(&sure(300, &[8.0, 24.0]), &fleet(1, 60), &default()).unwrap();
    assert_eq!(table(&made), ["10:00 11:00 scale_up 3"]);
    assert!(made.warnings[0].contains("beyond the forecast"));
    assert_eq!(made.recommendations[0].expected_load, 24.0);
    let mut slow = fleet(1, 0);
    slow.startup = minutes(60 * 24 * 29);
    assert!(matches!(
        plan(&sure(300, &[8.0]), &slow, &default()),
        Err(PlanError::Startup(2_505_600))
    ));
}

#[test]
fn a_row_expects_the_mean_and_shows_the_envelope() {
    let rows = [[1.0, 8.0, 15.0], [3.0, 4.0, 16.0], [0.0, 6.0, 9.0]];
    let options = PlanOptions { objective: Objective::Budget(0.05), ..default() };
    let made = plan(&banded(300, &rows), &fleet(2, 0), &options).unwrap();
    let row = &made.recommendations[0];
    assert_eq!((row.expected_load, row.lower, row.upper), (6.0, 0.0, 16.0));
    assert_eq!((row.headroom.instances, row.headroom.percent), (1, 100.0));
    // Two instances carry 16, which is the 90 % quantile of the second step.
    assert_eq!((row.instances, row.confidence), (Replicas(2), 0.9));
}

#[test]
fn every_step_has_its_row_when_asked_for() {
    let options = PlanOptions { all_steps: true, ..default() };
    let made = plan(&sure(300, &[8.0, 8.0, 24.0, 8.0]), &fleet(1, 7), &options).unwrap();
    assert_eq!(
        table(&made),
        [
            "10:00 10:00 scale_up 3".replace("10:00 10:00", "10:00 10:07"),
            "10:05 10:05 hold 3".to_owned(),
            "10:10 10:10 hold 3".to_owned(),
            "10:15 10:15 scale_down 1".to_owned()
        ]
    );
    let loads: Vec<f64> = made.recommendations.iter().map(|row| row.expected_load).collect();
    assert_eq!(loads, [8.0, 8.0, 24.0, 8.0]);
    assert!(made.recommendations[0].reason.late.is_none());
    assert_eq!(made.recommendations[3].action, Action::ScaleDown);
    assert_eq!(clock(made.recommendations[3].effective_at), "10:15");
}

#[test]
fn a_load_of_nothing_keeps_the_minimum() {
    let made = plan(&sure(300, &[0.0; 3]), &fleet(0, 5), &default()).unwrap();
    assert_eq!(table(&made), ["10:00 10:05 scale_up 1"]);
    let mut options = default();
    options.limits.min = Replicas(0);
    let made = plan(&sure(300, &[0.0; 3]), &fleet(2, 5), &options).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_down 0"]);
    assert_eq!(made.recommendations[0].headroom.percent, 0.0);
}

#[test]
fn a_load_beyond_counting_is_an_error() {
    for load in [1e300, f64::MAX] {
        let error = plan(&sure(300, &[load]), &fleet(1, 5), &default()).unwrap_err();
        assert!(matches!(error, PlanError::TooMany { .. }), "{error}");
        assert!(error.hint().contains("same unit"));
    }
    let mut crowd = fleet(u32::MAX, 5);
    crowd.starting = vec![(ten(), 1)];
    let error = plan(&sure(300, &[8.0]), &crowd, &default()).unwrap_err();
    assert_eq!(error, PlanError::Fleet(4_294_967_296));
}
