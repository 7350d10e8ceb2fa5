//! What goes wrong, and what is done then.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_server::{Config, Running, ServerError};

use crate::support::{Mood, TARGET, agent, daily, eventually, serve};

#[test]
fn a_second_process_on_the_store_is_refused() {
    let served = serve("", TARGET, daily);
    let config = Config::parse(&served.text, &served.folder.path().join("forescale.toml")).unwrap();
    let second =
        Running::start(config, Arc::clone(&served.memory) as _, Arc::clone(&served.clock) as _);
    assert!(matches!(second, Err(ServerError::Locked { .. })));
}

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

/// Changes a byte in the newest `count` models of the store.
fn corrupt_models(path: &std::path::Path, count: u32) {
    let store = rusqlite::Connection::open(path).unwrap();
    let changed = store
        .execute(
            "UPDATE models SET bytes = CAST(substr(bytes, 1, 40) || x'ff00ff' || substr(bytes, 44) AS BLOB)
             WHERE id IN (SELECT id FROM models ORDER BY id DESC LIMIT ?1)",
            [count],
        )
        .unwrap();
    assert_eq!(changed, count as usize);
}

#[test]
fn a_corrupt_model_falls_to_the_previous_then_to_a_simple_one_and_is_trained_anew() {
    for (corrupt, named) in [(1, "fallback: the previous model"), (2, "fallback: seasonal-naive")] {
        let often =
            TARGET.replace("mode = \"full\"", "mode = \"full\"\nschedule = \"*/5 * * * *\"");
        let served = serve("", &often, daily);
        served.settle();
        served.pass(TimeDelta::minutes(5));
        let served =
            served.restart_after(|folder| corrupt_models(&folder.join("state.db"), corrupt));
        served.pass(TimeDelta::minutes(5));
        let rows = served.get("/api/v1/targets/web/plans").1.to_string();
        let newest = rows.split("degraded").nth(1).unwrap_or_default();
        assert!(newest.contains(named), "{rows}");
        assert_eq!(served.get("/api/v1/targets/web").1["state"], "fresh");
    }
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
fn a_job_that_hangs_is_given_up_and_never_runs_twice_at_once() {
    let hasty = TARGET.replace("mode = \"full\"", "mode = \"full\"\ndeadline = \"2s\"");
    let served = serve("", &hasty, daily);
    served.settle();
    served.memory.set(Mood::Hangs);
    served.clock.advance(TimeDelta::minutes(5));
    std::thread::sleep(std::time::Duration::from_millis(900));
    // The answer is still there, and a second run has not begun beside the one that hangs.
    assert_eq!(served.get("/api/v1/targets/web/plan").0, 200);
    served.memory.set(Mood::Up);
    let result = || {
        let (_, detail) = served.get("/api/v1/targets/web");
        let runs = detail["runs"].as_array().unwrap().clone();
        runs.into_iter().find(|run| run["job"] == "forecast").unwrap()["result"].clone()
    };
    eventually("what hung is noted as given up", || result() == "deadline");
    served.pass(TimeDelta::minutes(5));
    assert_eq!(result(), "success");
}

#[test]
fn a_clock_that_jumps_causes_one_run_and_no_storm() {
    let served = serve("", TARGET, daily);
    served.settle();
    let count = || {
        let (_, text) = served.text_at("/metrics");
        let line = "forecast_runs_total{job=\"forecast\",result=\"success\"} ";
        let at = text.find(line).unwrap() + line.len();
        text[at..].lines().next().unwrap().parse::<u64>().unwrap()
    };
    for jump in [TimeDelta::days(1), TimeDelta::days(-1), TimeDelta::days(1)] {
        let before = count();
        served.pass(jump);
        served.pass(TimeDelta::seconds(1));
        // A new model brings a forecast of its own.
        assert!(count() <= before + 2, "{jump}: {before} became {}", count());
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
