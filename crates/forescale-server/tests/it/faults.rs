//! What goes wrong, and what is done then.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_server::{Config, Running, ServerError};

use crate::support::{TARGET, daily, serve};

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
    served.memory.fail(true);
    for _ in 0..12 {
        served.pass(TimeDelta::minutes(5));
        let (now, _) = instances();
        assert!(now >= last, "{last} became {now}");
        last = now;
    }
    assert_eq!(instances().1, "stale");
    served.memory.fail(false);
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
