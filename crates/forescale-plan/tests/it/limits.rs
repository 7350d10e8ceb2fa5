//! Every limit alone, on numbers that can be checked by hand. Each instance carries 8.

use forescale_core::Replicas;
use forescale_plan::{Binding, Limits, PlanOptions};

use crate::fixture::{fleet, minutes, plan, sure, table, ten};

fn within(limits: Limits) -> PlanOptions {
    PlanOptions { limits, ..PlanOptions::default() }
}

#[test]
fn the_maximum_is_kept_and_named() {
    let limits = Limits { max: Some(Replicas(3)), ..Limits::default() };
    let made = plan(&sure(300, &[8.0, 40.0, 8.0]), &fleet(1, 5), &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:05 scale_up 3", "10:10 10:10 scale_down 1"]);
    assert_eq!(made.recommendations[0].reason.binding, Binding::Max(3));
    assert_eq!(made.recommendations[0].confidence, 0.0);
    assert_eq!(
        made.warnings,
        [
            "the load needs up to 5 instances, more than the maximum of 3, first at 2026-01-05 10:05Z"
        ]
    );
}

#[test]
fn the_minimum_is_kept_and_named() {
    let limits = Limits { min: Replicas(2), ..Limits::default() };
    let made = plan(&sure(300, &[8.0, 8.0]), &fleet(5, 0), &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_down 2"]);
    assert!(made.recommendations[0].reason.to_string().ends_with("but the minimum is 2"));
}

#[test]
fn a_fleet_above_the_maximum_comes_down_at_once() {
    let limits = Limits {
        max: Some(Replicas(3)),
        max_down: Some(1),
        cooldown: minutes(60),
        ..Limits::default()
    };
    let mut running = fleet(9, 0);
    running.last_change = Some(ten() - minutes(1));
    let made = plan(&sure(300, &[80.0]), &running, &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_down 3"]);
}

#[test]
fn a_steep_rise_is_climbed_early() {
    let limits = Limits { max_up: Some(2), ..Limits::default() };
    let made = plan(&sure(300, &[8.0, 8.0, 8.0, 40.0]), &fleet(1, 0), &within(limits)).unwrap();
    assert_eq!(
        table(&made),
        ["10:00 10:00 hold 1", "10:10 10:10 scale_up 3", "10:15 10:15 scale_up 5"]
    );
    assert_eq!(made.recommendations[1].reason.binding, Binding::Ramp(2));
}

#[test]
fn a_rise_that_is_too_near_names_the_change_limit() {
    let limits = Limits { max_up: Some(2), ..Limits::default() };
    let made = plan(&sure(300, &[40.0, 40.0, 40.0]), &fleet(1, 0), &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_up 3", "10:05 10:05 scale_up 5"]);
    assert_eq!(made.recommendations[0].reason.binding, Binding::MaxUp(2));
}

#[test]
fn a_fleet_that_is_behind_catches_up_as_early_as_the_limit_allows() {
    let limits = Limits { max_up: Some(1), ..Limits::default() };
    let made = plan(&sure(3600, &[32.0; 5]), &fleet(1, 5), &within(limits)).unwrap();
    assert_eq!(
        table(&made),
        ["10:00 10:05 scale_up 2", "11:00 11:05 scale_up 3", "12:00 12:05 scale_up 4"]
    );
    assert_eq!(
        made.recommendations[1].reason.to_string(),
        "the 98 % quantile of the load, 32 at 2026-01-05 11:00Z, needs 4 instances, but at most 1 may be \
         added in a step; too late: needed from 2026-01-05 11:00Z, can serve from 2026-01-05 11:05Z"
    );
    assert!(made.recommendations[2].reason.late.is_some());
    assert_eq!(made.recommendations[2].confidence, 1.0);
}

#[test]
fn a_climb_that_is_not_behind_yet_is_asked_for_in_time() {
    // The climb to 5 should have begun before: 2, 3 and 4 come in time for the steps before, and 5 is late.
    let limits = Limits { max_up: Some(1), ..Limits::default() };
    let loads = [8.0, 8.0, 8.0, 40.0, 40.0];
    let made = plan(&sure(3600, &loads), &fleet(1, 5), &within(limits)).unwrap();
    assert_eq!(
        table(&made),
        [
            "10:00 10:05 scale_up 2",
            "11:55 12:00 scale_up 3",
            "12:55 13:00 scale_up 4",
            "13:00 13:05 scale_up 5"
        ]
    );
    assert_eq!(made.recommendations[3].reason.peak.at, ten() + minutes(180));
    assert_eq!(made.recommendations.iter().filter(|row| row.reason.late.is_some()).count(), 1);
    assert_eq!(
        made.warnings,
        [
            "more instances are needed from 2026-01-05 13:00Z, but can serve only from 2026-01-05 13:05Z"
        ]
    );
}

#[test]
fn a_fall_goes_no_faster_than_allowed() {
    let limits = Limits { max_down: Some(3), ..Limits::default() };
    let made = plan(&sure(300, &[8.0, 8.0, 8.0]), &fleet(6, 0), &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_down 3", "10:05 10:05 scale_down 1"]);
    assert_eq!(made.recommendations[0].reason.binding, Binding::MaxDown(3));
}

#[test]
fn a_cooldown_delays_a_scale_down_and_never_a_scale_up() {
    let limits = Limits { cooldown: minutes(10), ..Limits::default() };
    let loads = [8.0, 24.0, 8.0, 40.0, 8.0, 8.0, 8.0];
    let made = plan(&sure(300, &loads), &fleet(1, 0), &within(limits)).unwrap();
    assert_eq!(
        table(&made),
        [
            "10:00 10:00 hold 1",
            "10:05 10:05 scale_up 3",
            "10:15 10:15 scale_up 5",
            "10:25 10:25 scale_down 1"
        ]
    );
}

#[test]
fn a_recent_change_cools_down_too() {
    let limits = Limits { cooldown: minutes(10), ..Limits::default() };
    let mut running = fleet(4, 0);
    running.last_change = Some(ten() - minutes(4));
    let made = plan(&sure(300, &[8.0; 4]), &running, &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 hold 4", "10:10 10:10 scale_down 1"]);
    assert_eq!(made.recommendations[0].reason.binding, Binding::Cooldown);
}

#[test]
fn a_stabilization_window_keeps_the_most_it_saw() {
    let limits = Limits { stabilization: minutes(10), ..Limits::default() };
    let loads = [40.0, 24.0, 8.0, 8.0, 8.0];
    let made = plan(&sure(300, &loads), &fleet(5, 0), &within(limits)).unwrap();
    assert_eq!(
        table(&made),
        ["10:00 10:00 hold 5", "10:10 10:10 scale_down 3", "10:15 10:15 scale_down 1"]
    );
    let mut running = fleet(5, 0);
    running.recommended = vec![(ten() - minutes(7), Replicas(4))];
    let made = plan(&sure(300, &[8.0; 3]), &running, &within(limits)).unwrap();
    assert_eq!(table(&made), ["10:00 10:00 scale_down 4", "10:05 10:05 scale_down 1"]);
    assert_eq!(made.recommendations[0].reason.binding, Binding::Stabilization);
}

#[test]
fn a_price_on_scale_ups_makes_one_of_two() {
    let forecast = sure(60, &[8.0, 16.0, 24.0, 8.0]);
    let priced = |event_price| {
        let options = PlanOptions { event_price, ..PlanOptions::default() };
        plan(&forecast, &fleet(1, 0), &options).unwrap()
    };
    assert_eq!(priced(0.9).recommendations.len(), 4);
    let made = priced(1.1);
    assert_eq!(
        table(&made),
        ["10:00 10:00 hold 1", "10:01 10:01 scale_up 3", "10:03 10:03 scale_down 1"]
    );
    assert_eq!(made.recommendations[1].reason.binding, Binding::Merged);
}
