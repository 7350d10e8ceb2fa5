//! However a plan is rounded and merged: never fewer instances than it asks for, and never two actions at once.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_export::{Group, Mode, Schedule, Step, aws_group};
use proptest::prelude::*;
use serde_json::Value;

use crate::now;

/// A plan with steps seconds to hours apart, and more than a minute to come: an action cannot come sooner.
fn plan(rows: Range<usize>) -> impl Strategy<Value = Schedule> {
    let step = (1..4_000_i64, 0..40_u32);
    (proptest::collection::vec(step, rows), 61..4_000_i64).prop_map(|(steps, rest)| {
        let mut at = now() - TimeDelta::seconds(steps[0].0);
        let mut rows = Vec::new();
        for (distance, instances) in steps {
            rows.push(Step { at, instances });
            at += TimeDelta::seconds(distance);
        }
        let end = at.max(now()) + TimeDelta::seconds(rest);
        Schedule::new(rows, end).unwrap()
    })
}

/// The floors that an export sets, by moment.
fn floors(plan: &Schedule, others: usize) -> BTreeMap<DateTime<Utc>, u32> {
    let group = Group { name: "g".into(), max: 40, other_actions: others };
    let mut floors = BTreeMap::new();
    let files = aws_group(plan, &group, Mode::Floor, now()).unwrap();
    for file in files.iter().filter(|file| file.name.ends_with(".json")) {
        let call: Value = serde_json::from_str(&file.text).unwrap();
        for action in call["ScheduledUpdateGroupActions"].as_array().unwrap() {
            let at: DateTime<Utc> = action["StartTime"].as_str().unwrap().parse().unwrap();
            assert!(at > now(), "an action of the past is refused");
            let floor = action["MinSize"].as_u64().unwrap() as u32;
            assert_eq!(floors.insert(at, floor), None, "two actions at one time are refused");
        }
    }
    floors
}

proptest! {
    #[test]
    fn the_floor_is_never_below_the_plan(plan in plan(1..200), others in 0..125_usize) {
        let floors = floors(&plan, others);
        prop_assert!(floors.len() <= 125 - others);
        let begin = *floors.keys().next().unwrap();
        let moments = plan.steps().iter().map(|step| step.at).chain(floors.keys().copied());
        let before = moments.clone().map(|at| at - TimeDelta::seconds(1));
        for at in moments.chain(before).filter(|at| *at >= begin && *at < plan.end()) {
            let floor = floors.range(..=at).next_back().unwrap().1;
            prop_assert!(*floor >= plan.in_force(at).unwrap(), "{} at {}", floor, at);
        }
    }

    #[test]
    fn without_a_quota_the_floor_is_the_plan_within_a_minute(plan in plan(1..60)) {
        let floors = floors(&plan, 0);
        let begin = *floors.keys().next().unwrap();
        let still = |at: DateTime<Utc>| {
            // The counts of the minutes around a moment.
            let near = |step: &&Step| (step.at - at).abs() <= TimeDelta::minutes(3);
            plan.steps().iter().filter(near).count() == 0
        };
        for minute in 0..600 {
            let at = begin + TimeDelta::minutes(minute);
            if at < plan.end() && still(at) {
                let floor = floors.range(..=at).next_back().unwrap().1;
                prop_assert_eq!(*floor, plan.in_force(at).unwrap());
            }
        }
    }
}
