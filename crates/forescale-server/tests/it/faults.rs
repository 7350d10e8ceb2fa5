//! What goes wrong, and what is done then.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_server::Clock;

use crate::support::{Memory, Mood, START, TARGET, agent, daily, eventually, serve, serve_with};

#[test]
fn an_hour_without_a_source_scales_nothing_in_and_recovers_at_once() {
    let served = serve("", TARGET, daily);
    // From 21:00 on the load falls.
    served.pass(TimeDelta::hours(13));
    let instances = || {
        let plan = served.get("/api/v1/targets/web/plan").1;
        (plan["instances"].as_u64().unwrap(), plan["state"].as_str().unwrap().to_owned())
    };
    served.pass(TimeDelta::minutes(5));
    let mut last = instances().0;
    served.memory.set(Mood::Down);
    for _ in 0..12 {
        served.pass(TimeDelta::minutes(5));
        let (now, _) = instances();
        assert!(now >= last, "{last} became {now}");
        last = now;
    }
    assert_eq!(instances().1, "stale");
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    let (now, state) = instances();
    assert_eq!(state, "fresh");
    assert!(now < last, "the load fell meanwhile: {last} should become fewer, but is {now}");
}

#[test]
fn what_stood_stands_after_a_restart() {
    let served = serve("", TARGET, daily);
    served.settle();
    let before = served.get("/api/v1/targets/web/plan").1;
    let served = served.restart();
    assert_eq!(served.get("/api/v1/targets/web/plan").1, before);
}

#[test]
fn what_the_load_needs_beyond_the_limits_is_held_and_counted() {
    let capped = TARGET.replace("max = 60", "max = 20");
    let served = serve("", &capped, daily);
    served.settle();
    assert_eq!(served.get("/api/v1/targets/web/plan").1["instances"], 20);
    let (_, text) = served.text_at("/metrics");
    assert!(text.contains("plan_clamped_total{target=\"web\",reason=\"max_instances\"}"), "{text}");

    let priced = TARGET.replace(
        "[target.source]",
        "cost-per-instance-hour = 0.5\nmax-cost-per-hour = 6\n[target.source]",
    );
    let served = serve("", &priced, daily);
    served.settle();
    assert_eq!(served.get("/api/v1/targets/web/plan").1["instances"], 12);
    assert!(served.text_at("/metrics").1.contains("reason=\"cost\""));
}

/// Two targets, of which the first one's source is asked first.
fn two() -> String {
    format!("{TARGET}{}", TARGET.replace("\"web\"", "\"api\""))
}

#[test]
fn a_source_that_panics_is_named_and_the_others_go_on() {
    let served = serve("", &two(), daily);
    served.settle();
    served.memory.set(Mood::Panics);
    served.pass(TimeDelta::minutes(5));
    let (_, detail) = served.get("/api/v1/targets/web");
    let runs = detail["runs"].as_array().unwrap();
    let forecast = runs.iter().find(|run| run["job"] == "forecast").unwrap();
    assert_eq!(forecast["result"], "panic", "{detail}");
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert_eq!(served.get("/api/v1/targets/web").1["state"], "fresh");
}

#[test]
fn a_job_that_hangs_never_runs_twice_at_once() {
    let served = serve("", TARGET, daily);
    served.settle();
    served.memory.set(Mood::Hangs);
    let before = served.memory.loads();
    served.clock.advance(TimeDelta::minutes(5));
    eventually("the source is asked", || served.memory.loads() > before);
    // The next run is due while this one still hangs.
    served.clock.advance(TimeDelta::minutes(5));
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert_eq!(served.memory.loads(), before + 1);
    // The answer is still there.
    assert_eq!(served.get("/api/v1/targets/web/plan").0, 200);
    served.memory.set(Mood::Up);
    served.settle();
    assert_eq!(
        served.get("/api/v1/targets/web/plan").1["made_at"],
        serde_json::json!(served.clock.now())
    );
}

#[test]
fn a_clock_that_jumps_causes_one_run_and_no_storm() {
    let served = serve("", TARGET, daily);
    served.settle();
    let count = || {
        let (_, text) = served.text_at("/metrics");
        ["forecast", "train", "evaluate"].map(|job| {
            let line = format!("forecast_runs_total{{run=\"{job}\",result=\"success\"}} ");
            let of = |at| text[at + line.len()..].lines().next().unwrap().parse::<u64>().unwrap();
            text.find(&line).map_or(0, of)
        })
    };
    for jump in [TimeDelta::days(1), TimeDelta::days(-1), TimeDelta::days(1)] {
        let before = count();
        served.pass(jump);
        served.pass(TimeDelta::seconds(1));
        let after = count();
        let [forecasts, trainings, evaluations] = [0, 1, 2].map(|job| after[job] - before[job]);
        // A day ahead every job is late, and a day back none is: it is caught up once. Beside that a new model brings a
        // forecast of its own.
        let late = u64::from(jump > TimeDelta::zero());
        assert_eq!((trainings, evaluations), (late, late), "{jump}: {before:?} became {after:?}");
        assert!(forecasts <= late + trainings, "{jump}: {before:?} became {after:?}");
        assert!(forecasts >= late, "{jump}: {before:?} became {after:?}");
        served.pass(TimeDelta::minutes(5));
        assert_eq!(served.get("/api/v1/targets/web").1["state"], "fresh", "{jump}");
    }
}

#[test]
fn a_service_that_is_told_to_stop_does_within_ten_seconds() {
    let served = serve("", TARGET, daily);
    // A connection that sends nothing, and a job that hangs.
    let _idle = std::net::TcpStream::connect(served.running.http()).unwrap();
    served.memory.set(Mood::Hangs);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let began = std::time::Instant::now();
    let memory = Arc::clone(&served.memory);
    served.running.stop();
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
    memory.set(Mood::Up);
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let served = serve("max-body = 1000", TARGET, daily);
    let body = vec![b'['; 100_000];
    let answer = agent().post(served.url("/api/v1/targets/web/plan")).send(&body[..]);
    // The service may close before everything is sent.
    if let Ok(response) = answer {
        assert_eq!(response.status(), 413);
    }
    assert_eq!(served.text_at("/healthz").0, 200);
}

#[test]
fn samples_that_stop_scale_nothing_in_though_the_source_answers() {
    let served = serve("", TARGET, daily);
    // From 21:00 on the load falls, and from 21:05 on nobody knows.
    served.pass(TimeDelta::hours(13));
    served.pass(TimeDelta::minutes(5));
    served.memory.end(served.clock.now());
    let mut last = None;
    for _ in 0..6 {
        served.pass(TimeDelta::minutes(5));
        let plan = served.get("/api/v1/targets/web/plan").1;
        let now = (plan["instances"].as_u64().unwrap(), plan["state"].as_str().unwrap().to_owned());
        if now.1 == "holding" {
            assert!(last.is_none_or(|last| now.0 >= last), "{last:?} became {now:?}");
            last = Some(now.0);
        }
    }
    // Two steps and two refreshes are 20 minutes; then it holds until it is stale.
    assert!(last.is_some());
    let failing = served.get("/api/v1/targets/web").1["failing"]["reason"].clone();
    assert!(failing.as_str().unwrap().contains("nothing came since"), "{failing}");
}

#[test]
fn a_target_whose_source_was_never_there_takes_nothing_from_the_others() {
    let dead =
        TARGET.replace("\"web\"", "\"new\"").replace("\"memory\"", "\"memory\"\ndead = true");
    let hangs = |memory: &Memory| memory.set(Mood::Hangs);
    let served = serve_with("", &format!("{TARGET}{dead}"), daily, hangs);
    assert_eq!(served.text_at("/readyz").0, 503);
    served.memory.set(Mood::Up);
    served.settle();
    assert_eq!(served.text_at("/readyz").0, 200);
    let new = served.get("/api/v1/targets/new").1;
    assert_eq!(
        (&new["state"], &new["failing"]["reason"]),
        (&"waiting".into(), &"connection refused".into())
    );
}

#[test]
fn a_training_that_failed_is_tried_again_after_a_restart() {
    let often = TARGET.replace("mode = \"full\"", "mode = \"full\"\nschedule = \"0 9 * * *\"");
    let served = serve("", &often, daily);
    served.settle();
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::hours(1));
    let trained = |served: &crate::support::Served| {
        let runs = served.get("/api/v1/targets/web").1["runs"].clone();
        let runs = runs.as_array().unwrap().iter();
        runs.clone().find(|run| run["job"] == "train").unwrap()["result"].clone()
    };
    assert_eq!(trained(&served), "failure");
    // The source is back before the new process asks it for the first time: its clock stands still.
    let memory = Arc::clone(&served.memory);
    let served = served.restart_after(|_| memory.set(Mood::Up));
    served.settle();
    assert_eq!(trained(&served), "success");
}

#[test]
fn a_job_that_hangs_is_noted_while_it_hangs() {
    let hasty = TARGET.replace("mode = \"full\"", "mode = \"full\"\ndeadline = \"15s\"");
    let served = serve("", &hasty, daily);
    served.settle();
    served.memory.set(Mood::Hangs);
    served.clock.advance(TimeDelta::minutes(5));
    let noted = "forecast_runs_total{run=\"forecast\",result=\"deadline\"} 1";
    eventually("it is counted", || served.text_at("/metrics").1.contains(noted));
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert_eq!(served.get("/api/v1/targets/web").1["state"], "fresh");
}

/// A day that repeats until the second hour, and then has three times the load every other hour.
fn broken(at: chrono::DateTime<chrono::Utc>) -> f64 {
    let hour = (at.timestamp()
        - START.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp())
        / 3_600;
    daily(at) * if hour >= 1 && at.timestamp() / 900 % 2 == 0 { 4.0 } else { 1.0 }
}

#[test]
fn forecasts_that_fail_twice_give_way_to_a_simple_one_until_a_new_model_is_trained() {
    let served = serve("", TARGET, broken);
    served.settle();
    let mut seen = Vec::new();
    for _ in 0..12 * 8 {
        served.pass(TimeDelta::minutes(5));
        let target = served.get("/api/v1/targets/web").1;
        let fallback = target["fallback"].as_str().unwrap_or_default().to_owned();
        let now = (target["state"].as_str().unwrap().to_owned(), fallback);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    let states: Vec<_> = seen.iter().map(|(state, _)| state.as_str()).collect();
    assert_eq!(states, ["fresh", "degraded", "fresh"], "{seen:?}");
    let expected = "seasonal-naive: two evaluations in a row found ";
    assert!(seen[1].1.starts_with(expected), "{seen:?}");
}

#[test]
fn sources_that_hang_stop_no_target_but_their_own() {
    let dead = |number: usize| {
        let named = TARGET.replace("\"web\"", &format!("\"dead-{number}\""));
        let hasty = named.replace("mode = \"full\"", "mode = \"full\"\ndeadline = \"15s\"");
        hasty.replace("\"memory\"", "\"memory\"\ndead = true")
    };
    let dead: String = (0..6).map(dead).collect();
    let memory = |memory: &Memory| memory.set(Mood::DeadHang);
    let served = serve_with("workers = 2", &format!("{dead}{TARGET}"), daily, memory);
    eventually("the last target has a plan", || served.get("/api/v1/targets/web/plan").0 == 200);
    served.memory.set(Mood::Up);
}

#[test]
fn twenty_sources_that_hang_leave_a_target_fresh_with_the_usual_deadlines() {
    let named = |name: &str| {
        TARGET.replace("\"web\"", &format!("{name:?}")).replace("\"5m\"\neval", "\"1m\"\neval")
    };
    let dead =
        |number| named(&format!("dead-{number}")).replace("memory\"", "memory\"\ndead = true");
    let dead: String = (0..20).map(dead).collect();
    let targets = format!("{dead}{}", named("web"));
    let memory = |memory: &Memory| memory.set(Mood::DeadHang);
    let served = serve_with("workers = 2", &targets, daily, memory);
    for minute in 0..=10 {
        let now = serde_json::json!(served.clock.now());
        eventually(&format!("a plan of minute {minute}"), || {
            let plan = served.get("/api/v1/targets/web/plan").1;
            plan["state"] == "fresh" && plan["made_at"] == now
        });
        served.clock.advance(TimeDelta::minutes(1));
    }
    // Nothing has been given up: the sources have held no worker for as long as they may take.
    assert!(!served.text_at("/metrics").1.contains("result=\"deadline\""));
    served.memory.set(Mood::Up);
}

#[test]
fn a_service_whose_sources_are_gone_stays_ready_to_say_so() {
    let served = serve("", TARGET, daily);
    served.settle();
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::minutes(40));
    assert_eq!(served.get("/api/v1/targets/web").1["state"], "stale");
    assert_eq!(served.text_at("/readyz").0, 200);
    // So does a new process that has never seen them.
    let served = serve_with("", TARGET, daily, |memory| memory.set(Mood::Down));
    served.settle();
    assert_eq!(served.text_at("/readyz").0, 200);
}

#[test]
fn a_service_without_targets_is_ready() {
    assert_eq!(serve("", "", daily).text_at("/readyz").0, 200);
}
