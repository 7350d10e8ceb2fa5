//! What a system would refuse, or take and act on wrongly, is refused here.

use chrono_tz::Tz;
use forescale_export::{
    CronJobOptions, ExportError, Group, KedaBounds, Measured, Mode, ScalableTarget, Trigger,
    aws_group, aws_target, cronjobs, hpa_patch, keda_scaled_object,
};

use crate::{at, now, schedule, web};

fn group(name: &str, max: u32, other_actions: usize) -> Group {
    Group { name: name.into(), max, other_actions }
}

fn load(per_instance: f64) -> Measured {
    Measured::Prometheus { server: "http://p:9090".into(), query: "load".into(), per_instance }
}

#[test]
fn a_plan_that_is_over_or_has_not_begun() {
    let plan = schedule(&[(0, 4)]);
    for moment in [at(180), at(999)] {
        let error = aws_group(&plan, &group("g", 9, 0), Mode::Floor, moment).unwrap_err();
        assert!(matches!(error, ExportError::Over { .. }), "{error}");
        assert!(matches!(hpa_patch(&plan, &web(), None, moment), Err(ExportError::Over { .. })));
    }
    let error = hpa_patch(&plan, &web(), None, at(-1)).unwrap_err();
    assert!(matches!(error, ExportError::Early { .. }), "{error}");
}

#[test]
fn more_than_the_maximum() {
    let plan = schedule(&[(0, 4), (60, 30)]);
    let above = ExportError::AboveMax { instances: 30, max: 20, at: at(60) };
    assert_eq!(aws_group(&plan, &group("g", 20, 0), Mode::Full, now()), Err(above.clone()));
    let options = CronJobOptions { image: "i".into(), zone: Tz::UTC, max: Some(20) };
    assert_eq!(cronjobs(&plan, &web(), &options, now()), Err(above.clone()));
    let cron = Trigger::Cron { zone: Tz::UTC };
    let bounds = |min, max| KedaBounds { min, max };
    assert_eq!(keda_scaled_object(&plan, &web(), &cron, None, bounds(1, 20), now()), Err(above));
    let error = keda_scaled_object(&plan, &web(), &cron, None, bounds(30, 20), now()).unwrap_err();
    assert_eq!(error, ExportError::Range { min: 30, max: 20 });
    for measured in [Measured::Cpu { percent: 0 }, load(0.0), load(f64::NAN)] {
        let bounds = bounds(1, 40);
        let error = keda_scaled_object(&plan, &web(), &cron, Some(&measured), bounds, now());
        assert!(matches!(error, Err(ExportError::Threshold(_))), "{measured:?}");
    }
    let error = hpa_patch(&plan, &web(), Some(20), at(70)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the maximum is 20, but the plan asks for 30 instances at 2026-01-05 11:10:00 UTC"
    );
}

#[test]
fn what_is_above_only_in_the_past_is_no_reason() {
    let plan = schedule(&[(0, 30), (60, 4)]);
    assert!(aws_group(&plan, &group("g", 20, 0), Mode::Full, at(61)).is_ok());
}

#[test]
fn names_that_break_out_of_their_place() {
    let plan = schedule(&[(0, 4)]);
    for name in ["", "a:b", "a\nb", "a\"b", &"a".repeat(256)] {
        let error = aws_group(&plan, &group(name, 9, 0), Mode::Floor, now()).unwrap_err();
        assert!(matches!(error, ExportError::Name { .. }), "{name:?}");
    }
    for dimension in ["", "ecs", "ecs:service:", "ecs:service:a b", "a:b:c:d"] {
        let target = ScalableTarget {
            service_namespace: "ecs".into(),
            resource_id: "service/a/b".into(),
            dimension: dimension.into(),
            max: 9,
            other_actions: 0,
        };
        assert!(matches!(aws_target(&plan, &target, now()), Err(ExportError::Name { .. })));
    }
    let options = CronJobOptions { image: "a\nb".into(), zone: Tz::UTC, max: None };
    assert!(matches!(cronjobs(&plan, &web(), &options, now()), Err(ExportError::Name { .. })));
}

#[test]
fn more_actions_than_the_quota_are_merged() {
    let steps: Vec<_> = (0..170).map(|minute| (minute, 10 + u32::from(minute % 2 == 0))).collect();
    let plan = schedule(&steps);
    let actions = |others| {
        let files = aws_group(&plan, &group("g", 20, others), Mode::Floor, now()).unwrap();
        let count = |text: &str| text.matches("ScheduledActionName").count();
        let calls = files.iter().filter(|file| file.name.ends_with(".json"));
        calls.map(|file| count(&file.text)).collect::<Vec<_>>()
    };
    let counts = actions(0);
    assert!(counts.iter().all(|count| *count <= 50) && counts.iter().sum::<usize>() <= 125);
    assert!(actions(120).iter().sum::<usize>() <= 5);
    let error = aws_group(&plan, &group("g", 20, 125), Mode::Floor, now()).unwrap_err();
    assert!(error.to_string().contains("125 actions of others fill the quota of 125"), "{error}");
}
