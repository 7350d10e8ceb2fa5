//! What HTTP answers.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::support::{Mood, TARGET, agent, daily, serve};

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
    // What an export needs to know of the end of the plan.
    assert_eq!(plan["plan"]["summary"]["to"], "2026-01-05T14:00:00Z");
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
    // What the plan says of a moment to come is what it asks for then.
    let later = at("2026-01-05T13:00:00Z");
    assert_eq!((&soon["state"], &later["state"]), (&json!("fresh"), &json!("fresh")));
    let steps = served.get("/api/v1/targets/web/reasons").1;
    let steps = steps.as_array().unwrap();
    let planned = steps.iter().rfind(|step| step["at"].as_str() <= Some("2026-01-05T13:00:00Z"));
    assert_eq!(later["instances"], planned.unwrap()["instances"]);
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
    assert_eq!(runs, [&json!("success"); 5], "{detail}");
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
    let (_, plan) = plan_now(&served.url("/api/v1/targets/web/plan"));
    assert_eq!(plan["made_at"], "2026-01-05T08:02:00Z", "{plan}");
}

/// Asks for a plan now: the status and what is answered.
fn plan_now(url: &str) -> (u16, Value) {
    let mut response = agent().post(url).send_empty().unwrap();
    let text = response.body_mut().read_to_string().unwrap();
    (response.status().as_u16(), serde_json::from_str(&text).unwrap())
}

#[test]
fn a_plan_that_is_asked_for_and_cannot_be_made_is_a_problem_that_says_why() {
    let served = serve("", TARGET, daily);
    let url = served.url("/api/v1/targets/web/plan");
    for (mood, why) in [(Mood::Panics, "panicked"), (Mood::Down, "connection refused")] {
        served.memory.set(Mood::Up);
        served.pass(TimeDelta::hours(2));
        served.memory.set(mood);
        served.clock.advance(TimeDelta::minutes(1));
        let (status, problem) = plan_now(&url);
        assert_eq!(status, 503, "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
}

#[test]
fn a_run_that_was_under_way_is_not_the_plan_that_was_asked_for() {
    let served = serve("", TARGET, daily);
    served.settle();
    served.memory.set(Mood::Stumbles);
    served.clock.advance(TimeDelta::minutes(5));
    // The run of this minute has begun, and it fails after a plan was asked for.
    std::thread::sleep(Duration::from_millis(500));
    served.clock.advance(TimeDelta::minutes(1));
    let url = served.url("/api/v1/targets/web/plan");
    let asked = std::thread::spawn(move || plan_now(&url));
    std::thread::sleep(Duration::from_millis(500));
    served.memory.set(Mood::Up);
    let (status, plan) = asked.join().unwrap();
    assert_eq!((status, &plan["made_at"]), (200, &json!("2026-01-05T08:06:00Z")), "{plan}");
}

#[test]
fn what_is_wrong_is_a_problem() {
    let served = serve("", TARGET, daily);
    served.settle();
    for (path, status) in [
        ("/api/v1/targets/none", 404),
        ("/api/v1/targets/..%2f..%2fetc/plan", 404),
        ("/api/v1/targets/%3Cscript%3E", 404),
        ("/api/v1/targets/%ff", 404),
        ("/api/v1/targets/%ff/plan", 404),
        ("/assets/%ff", 404),
        ("/nowhere", 404),
        ("/api/v1/targets/web/plan?at=tomorrow", 422),
        ("/api/v1/targets/web/plan?att=x", 422),
        // The plan goes on until 14:00.
        ("/api/v1/targets/web/plan?at=2026-01-05T14:00:00Z", 422),
        ("/api/v1/targets/web/plan?at=2099-01-01T00:00:00Z", 422),
        ("/api/v1/targets/web/forecast?quantiles=1.5", 422),
        ("/api/v1/targets/web/plans?limit=0", 422),
        ("/api/v1/targets/web/plans?limit=99999", 422),
    ] {
        let response = agent().get(served.url(path)).call().unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{path}");
    }
    for path in
        ["/api/v1/targets/web/plan", "/api/v1/targets", "/healthz", "/", "/api/openapi.json"]
    {
        let mut response = agent().delete(served.url(path)).call().unwrap();
        let kind = response.headers()["content-type"].clone();
        assert_eq!(
            (response.status().as_u16(), kind.as_bytes()),
            (405, &b"application/problem+json"[..])
        );
        let allowed = response.headers()["allow"].to_str().unwrap().to_owned();
        assert_eq!(allowed.contains("POST"), path.ends_with("/plan"), "{allowed}");
        let problem = response.body_mut().read_to_string().unwrap();
        assert!(problem.contains("another method"), "{problem}");
    }
    assert_eq!(served.get("/api/v1/targets/web/plan?at=2026-01-05T13:59:59Z").0, 200);
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
        "forecast_runs_total{run=\"forecast\",result=\"success\"}",
        "forecast_run_duration_seconds_bucket{",
        "forecast_last_success_timestamp_seconds{series=\"web\"}",
        "forecast_value{series=\"web\",quantile=\"0.5\",horizon=\"5m\"}",
        "plan_replicas{target=\"web\"}",
        "scale_replicas{target=\"web\"}",
        "forecast_failures_in_a_row{series=\"web\",run=\"forecast\"} 0",
        "plan_state{target=\"web\",state=\"fresh\"} 1",
        "source_requests_total{source=\"web\",code=\"success\"} ",
        "source_requests_total{source=\"web\",code=\"failure\"} 0",
        "build_info{version=",
    ] {
        assert!(text.contains(name), "{name} is not in\n{text}");
    }
}

#[test]
fn what_takes_time_to_be_known_is_shown_once_it_is() {
    // No day is quite like the one before, or repeating it would have no error to be compared with.
    let uneven = |at: DateTime<Utc>| daily(at) + (at.timestamp() / 300 % 7) as f64;
    let served = serve("", &TARGET.replace("max = 60", "max = 12"), uneven);
    served.settle();
    for _ in 0..30 {
        served.pass(TimeDelta::minutes(5));
    }
    let (_, text) = served.text_at("/metrics");
    let (_, accuracy) = served.get("/api/v1/targets/web/accuracy");
    for (family, key) in [
        ("forecast_absolute_error{series=\"web\"} ", "absolute_error"),
        ("forecast_skill_ratio{series=\"web\"} ", "skill"),
        ("forecast_coverage_ratio{series=\"web\",level=\"80\"} ", "coverage_80"),
        ("forecast_coverage_ratio{series=\"web\",level=\"95\"} ", "coverage_95"),
    ] {
        let value = text.lines().find_map(|line| line.strip_prefix(family)?.parse::<f64>().ok());
        assert_eq!(value, accuracy[0][key].as_f64(), "{family} in\n{text}");
        assert!(value.is_some(), "{family} is not in\n{text}");
    }
    let held = "plan_clamped_total{target=\"web\",reason=\"max_instances\"} ";
    let steps = text.lines().find_map(|line| line.strip_prefix(held)?.parse::<u64>().ok());
    assert!(steps.is_some_and(|steps| steps > 0), "{text}");
}

#[test]
fn forecasts_are_shown_for_several_times_ahead_as_far_as_they_reach() {
    let served = serve("", &TARGET.replace("\"6h\"", "\"10h\""), daily);
    served.settle();
    let (_, text) = served.text_at("/metrics");
    let shown = |quantile: &str, horizon: &str| {
        let name = format!("quantile=\"{quantile}\",horizon=\"{horizon}\"}} ");
        let line =
            text.lines().find(|line| line.starts_with("forecast_value{") && line.contains(&name));
        line.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
    };
    let (_, forecast) = served.get("/api/v1/targets/web/forecast?quantiles=0.5,0.98");
    // The forecast begins now: five minutes are one step ahead, an hour is twelve, six hours are 72.
    for (horizon, step) in [("5m", 1), ("1h", 12), ("6h", 72)] {
        let row = &forecast["values"][step];
        assert_eq!(shown("0.5", horizon), row[0].as_f64(), "{horizon}");
        assert_eq!(shown("0.98", horizon), row[1].as_f64(), "{horizon}");
    }
    // Ten hours do not reach twelve.
    assert_eq!(shown("0.5", "12h"), None);
    assert_eq!((shown("0.025", "1h"), shown("0.025", "5m").is_some()), (None, true));
}

#[test]
fn a_scaler_finds_a_number_only_where_it_may_have_one() {
    let shown = |served: &crate::support::Served| {
        let (_, text) = served.text_at("/metrics");
        let is = |name: &str| text.lines().any(|line| line.starts_with(name));
        (is("plan_replicas{"), is("scale_replicas{"))
    };
    let served = serve("", &TARGET.replace("\"full\"", "\"forecast-only\""), daily);
    served.settle();
    assert_eq!(shown(&served), (true, false));
    let served = serve("", TARGET, daily);
    served.settle();
    assert_eq!(shown(&served), (true, true));
    // An hour without a run: nothing is said of a plan that is too old.
    served.memory.set(Mood::Down);
    served.clock.advance(TimeDelta::hours(1));
    served.settle();
    assert_eq!(shown(&served), (false, false));
}

#[test]
fn scrapes_at_once_are_each_whole() {
    let served = serve("", TARGET, daily);
    served.settle();
    let service = served.running.service();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..400 {
                    let text = service.metrics.text(&service.board, service.now());
                    let count = text.lines().filter(|line| line.starts_with("forecast_value{"));
                    // Five quantiles and the served one after the lead time, three and the served one an hour ahead.
                    assert_eq!(count.count(), 10, "{text}");
                }
            });
        }
    });
}

#[test]
fn instances_that_are_counted_are_shown_and_planned_from() {
    let counting = TARGET.replace("\"memory\"", "\"memory\"\ncounts = true");
    let served = serve("", &counting, daily);
    served.settle();
    let plan = served.get("/api/v1/targets/web/plan").1;
    assert_eq!(plan["plan"]["settings"]["current"], 8);
    for _ in 0..12 {
        served.pass(TimeDelta::minutes(5));
    }
    let counted = served.get("/api/v1/targets/web").1["counted"].clone();
    let row = |at: &str, instances: u32| json!({ "at": at, "instances": instances });
    assert_eq!(counted, json!([row("2026-01-05T08:00:00Z", 8), row("2026-01-05T09:00:00Z", 9)]));
}
