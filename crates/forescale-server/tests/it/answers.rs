//! What HTTP answers.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{TARGET, agent, daily, serve};

#[test]
fn from_a_configuration_to_a_plan_over_http() {
    let served = serve("", TARGET, daily);
    served.settle();
    let (status, plan) = served.get("/api/v1/targets/web/plan");
    assert_eq!((status, &plan["state"]), (200, &json!("fresh")), "{plan}");
    // At 08:00 the load is 325 and rises to 336 within the start-up time: ten carry 100 at 80 %.
    let instances = plan["instances"].as_u64().unwrap();
    assert!((32..=38).contains(&instances), "{plan}");
    assert_eq!(plan["plan"]["recommendations"][0]["instances"], plan["instances"]);
    assert!(plan["reason"].as_str().unwrap().contains("needs"), "{plan}");
}

#[test]
fn the_plan_follows_the_clock_and_says_what_it_will_be() {
    let served = serve("", TARGET, daily);
    served.settle();
    let at = |moment: &str| {
        let (status, plan) = served.get(&format!("/api/v1/targets/web/plan?at={moment}"));
        assert_eq!(status, 200);
        plan
    };
    let soon = at("2026-01-05T08:10:00Z");
    // Without a newer plan until then it would have been given up.
    let later = at("2026-01-05T13:00:00Z");
    assert_eq!((&soon["state"], &later["state"]), (&json!("fresh"), &json!("stale")));
    let now = served.get("/api/v1/targets/web/plan").1["instances"].clone();
    for _ in 0..48 {
        served.pass(TimeDelta::minutes(5));
    }
    let noon = served.get("/api/v1/targets/web/plan").1;
    assert_eq!(noon["state"], "fresh");
    assert!(noon["instances"].as_u64() > now.as_u64(), "{now} {noon}");
    let (_, rows) = served.get("/api/v1/targets/web/plans?limit=1000");
    assert!(rows.as_array().unwrap().len() > 3, "{rows}");
}

#[test]
fn targets_forecasts_reasons_and_accuracy() {
    let served = serve("", TARGET, daily);
    served.settle();
    for _ in 0..30 {
        served.pass(TimeDelta::minutes(5));
    }
    let (_, targets) = served.get("/api/v1/targets");
    assert_eq!((&targets[0]["name"], &targets[0]["state"]), (&json!("web"), &json!("fresh")));
    let (_, detail) = served.get("/api/v1/targets/web");
    let runs: Vec<&Value> =
        detail["runs"].as_array().unwrap().iter().map(|run| &run["result"]).collect();
    assert_eq!(runs, [&json!("success"); 3], "{detail}");
    let (_, forecast) = served.get("/api/v1/targets/web/forecast?quantiles=0.5,0.98");
    assert_eq!(forecast["values"].as_array().unwrap().len(), 72);
    let row = forecast["values"][0].as_array().unwrap();
    assert!(row.len() == 2 && row[0].as_f64() <= row[1].as_f64(), "{row:?}");
    let (_, reasons) = served.get("/api/v1/targets/web/reasons");
    assert!(reasons[0]["reason"].as_str().unwrap().len() > 20, "{reasons}");
    let (_, accuracy) = served.get("/api/v1/targets/web/accuracy");
    assert!(accuracy[0]["steps"].as_u64().unwrap() > 20, "{accuracy}");
    // A day that repeats to the last digit is forecast to a few percent.
    assert!(accuracy[0]["absolute_error"].as_f64().unwrap() < 10.0, "{accuracy}");
}

#[test]
fn a_plan_can_be_asked_for_now() {
    let served = serve("", TARGET, daily);
    served.settle();
    served.clock.advance(TimeDelta::minutes(2));
    let mut response = agent().post(served.url("/api/v1/targets/web/plan")).send_empty().unwrap();
    let plan: Value = serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap();
    assert_eq!(plan["made_at"], "2026-01-05T08:02:00Z", "{plan}");
}

#[test]
fn what_is_wrong_is_a_problem() {
    let served = serve("", TARGET, daily);
    served.settle();
    for (path, status) in [
        ("/api/v1/targets/none", 404),
        ("/api/v1/targets/..%2f..%2fetc/plan", 404),
        ("/api/v1/targets/%3Cscript%3E", 404),
        ("/nowhere", 404),
        ("/api/v1/targets/web/plan?at=tomorrow", 422),
        ("/api/v1/targets/web/plan?att=x", 422),
        ("/api/v1/targets/web/forecast?quantiles=1.5", 422),
        ("/api/v1/targets/web/plans?limit=0", 422),
        ("/api/v1/targets/web/plans?limit=99999", 422),
    ] {
        let response = agent().get(served.url(path)).call().unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    let problem = served.get("/api/v1/targets/web/plans?limit=0").1;
    assert_eq!(problem["detail"], "limit should be 1 to 1000, but is 0");
}

#[test]
fn metrics_have_their_names_and_health_answers() {
    let served = serve("", TARGET, daily);
    served.settle();
    assert_eq!(served.text_at("/healthz"), (200, "ok\n".to_owned()));
    assert_eq!(served.text_at("/readyz"), (200, "ready\n".to_owned()));
    let (_, text) = served.text_at("/metrics");
    for name in [
        "forecast_runs_total{job=\"forecast\",result=\"success\"}",
        "forecast_run_duration_seconds_bucket{",
        "forecast_last_success_timestamp_seconds{series=\"web\"}",
        "forecast_value{series=\"web\",quantile=\"0.5\",horizon=\"5m\"}",
        "plan_replicas{target=\"web\"}",
        "plan_state{target=\"web\",state=\"fresh\"} 1",
        "build_info{version=",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
}
