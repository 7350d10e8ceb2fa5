//! Whole exports, to be read in a review.

use chrono_tz::Tz;
use forescale_core::{Forecast, Frequency, Quantiles};
use forescale_export::{
    CronJobOptions, Group, KedaBounds, Mode, ScalableTarget, Trigger, aws_group, aws_target,
    cronjobs, hpa_patch, keda_scaled_object, openmetrics,
};

use crate::{at, now, schedule, web};

#[test]
fn hpa() {
    let patch = hpa_patch(&schedule(&[(0, 4), (60, 9)]), &web(), Some(20), at(61)).unwrap();
    insta::assert_snapshot!(patch.text);
}

#[test]
fn keda() {
    let plan = schedule(&[(0, 4), (60, 9), (120, 2)]);
    let external =
        Trigger::External { address: "forescale.scaling:9443".into(), target: "shop".into() };
    let query = r#"max(plan_replicas{target="shop"})"#.into();
    let prometheus = Trigger::Prometheus { server: "http://prometheus:9090".into(), query };
    let cron = Trigger::Cron { zone: Tz::Europe__Berlin };
    let bounds = KedaBounds { min: 2, max: 20 };
    for (name, trigger) in [("external", external), ("prometheus", prometheus), ("cron", cron)] {
        let object = keda_scaled_object(&plan, &web(), &trigger, bounds, now()).unwrap();
        insta::assert_snapshot!(format!("keda_{name}"), object.text);
    }
}

#[test]
fn kubernetes_cronjobs() {
    let options =
        CronJobOptions { image: "kubectl:1.36".into(), zone: Tz::Europe__Berlin, max: Some(20) };
    let file = cronjobs(&schedule(&[(0, 4), (60, 9)]), &web(), &options, now()).unwrap();
    insta::assert_snapshot!(file.text);
}

#[test]
fn aws() {
    let plan = schedule(&[(0, 4), (60, 9), (120, 2)]);
    let group = Group { name: "web".into(), max: 20, other_actions: 0 };
    let files = aws_group(&plan, &group, Mode::Full, now()).unwrap();
    assert_eq!(files.len(), 1);
    insta::assert_snapshot!("aws_group", files[0].text);
    let target = ScalableTarget {
        service_namespace: "ecs".into(),
        resource_id: "service/shop/web".into(),
        dimension: "ecs:service:DesiredCount".into(),
        max: 20,
        other_actions: 0,
    };
    let files = aws_target(&plan, &target, now()).unwrap();
    assert_eq!(files.len(), 3);
    insta::assert_snapshot!("aws_target", files[1].text);
}

#[test]
fn prometheus() {
    let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
    let step = Frequency::from_seconds(3_600).unwrap();
    let values = vec![1.0, 2.5, 4.0, 10.0, 20.0, 1e300];
    let forecast = Forecast::new(now(), step, quantiles, values).unwrap();
    let plan = forescale_export::Schedule::new(schedule(&[(0, 4), (2, 9)]).steps().into(), at(4));
    insta::assert_snapshot!(openmetrics(Some(&forecast), &plan.unwrap(), "shop").text);
}
