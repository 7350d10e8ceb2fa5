//! Whole exports, to be read in a review.

use chrono_tz::Tz;
use forescale_core::{Forecast, Frequency, Quantiles};
use forescale_export::{
    CronJobOptions, Document, Group, KedaBounds, Measured, Mode, ScalableTarget, Trigger,
    aws_group, aws_target, cronjobs, hpa_patch, keda_scaled_object, openmetrics,
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
    let external = Trigger::External {
        address: "forescale.scaling:9443".into(),
        target: "shop".into(),
        token_env: Some("FORESCALE_TOKEN".into()),
    };
    let query = r#"max(scale_replicas{target="shop"})"#.into();
    let prometheus = Trigger::Prometheus { server: "http://prometheus:9090".into(), query };
    let cron = Trigger::Cron { zone: Tz::Europe__Berlin };
    let bounds = KedaBounds { min: 2, max: 20 };
    let cpu = Measured::Cpu { percent: 70 };
    let load = Measured::Prometheus {
        server: "http://prometheus:9090".into(),
        query: "sum(rate(http_requests_total[1m]))".into(),
        per_instance: 37.5,
    };
    for (name, trigger, measured) in [
        ("external", external, Some(cpu)),
        ("prometheus", prometheus, Some(load)),
        ("cron", cron, None),
    ] {
        let object =
            keda_scaled_object(&plan, &web(), &trigger, measured.as_ref(), bounds, now()).unwrap();
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
    assert_eq!(names(&files), ["web-scheduled-actions-1.json", "web-scheduled-actions.sh"]);
    insta::assert_snapshot!("aws_group", files[0].text);
    insta::assert_snapshot!("aws_group_script", files[1].text);
    let target = ScalableTarget {
        service_namespace: "ecs".into(),
        resource_id: "service/shop/web".into(),
        dimension: "ecs:service:DesiredCount".into(),
        max: 20,
        other_actions: 0,
    };
    let files = aws_target(&plan, &target, now()).unwrap();
    let stem = "service-shop-web-scheduled-action";
    let calls = [1, 2, 3].map(|call| format!("{stem}-00{call}.json"));
    assert_eq!(names(&files), [&calls[..], &[format!("{stem}s.sh")]].concat());
    insta::assert_snapshot!("aws_target", files[1].text);
}

fn names(files: &[Document]) -> Vec<&str> {
    files.iter().map(|file| file.name.as_str()).collect()
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
