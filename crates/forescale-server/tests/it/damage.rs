//! A store that is in use, damaged, or holds what can no longer be read.

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

/// Changes one bit in the file of the store.
fn flip(path: &std::path::Path, bit: u64) {
    let mut bytes = std::fs::read(path).unwrap();
    let at = (bit / 8) as usize % bytes.len();
    bytes[at] ^= 1 << (bit % 8);
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_store_with_a_changed_bit_is_refused_or_gives_a_plan_that_was_made() {
    let mut served = serve("", TARGET, daily);
    served.settle();
    // From now on a plan that is made anew has another time than the one that was made.
    served.pass(TimeDelta::seconds(1));
    let plan = served.get("/api/v1/targets/web/plan").1;
    let mut opened = 0;
    let many = std::env::var("FORESCALE_FLIPS").map_or(60, |flips| flips.parse().unwrap());
    served.running.stop();
    let whole = std::fs::read(served.folder.path().join("state.db")).unwrap();
    for nth in 0..many {
        let path = served.folder.path().join("state.db");
        std::fs::write(&path, &whole).unwrap();
        flip(&path, (nth as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 16);
        let config = Config::parse(&served.text, &served.folder.path().join("forescale.toml"));
        let memory = Arc::clone(&served.memory);
        match Running::start(config.unwrap(), memory as _, Arc::clone(&served.clock) as _) {
            Ok(running) => {
                opened += 1;
                served.running = running;
                let (status, now) = served.get("/api/v1/targets/web/plan");
                let anew = now["made_at"] != plan["made_at"];
                let same = now == plan || anew && now["instances"] == plan["instances"];
                assert!(status == 503 || same, "{nth}: {now}");
                served.running.stop();
            }
            // A bit of the number of the format makes it a store of a newer version.
            Err(error) => {
                let refused =
                    matches!(error, ServerError::Store { .. } | ServerError::NewerStore { .. });
                assert!(refused, "{nth}: {error}");
            }
        }
    }
    assert!(opened > 0, "most bits belong to rows that are checked");
}

#[test]
fn a_damaged_store_is_replaced_and_the_service_goes_on() {
    let served = serve("", TARGET, daily);
    served.settle();
    let before = served.get("/api/v1/targets/web/plan").1["instances"].clone();
    let served = served.restart_after(|folder| {
        let path = folder.join("state.db");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..].fill(0x5a);
        std::fs::write(&path, bytes).unwrap();
    });
    served.settle();
    assert_eq!(served.get("/api/v1/targets/web/plan").1["instances"], before);
    assert!(served.text_at("/metrics").1.contains("store_set_aside 1"));
    let names = std::fs::read_dir(served.folder.path()).unwrap();
    let names: Vec<_> =
        names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.contains(&"state.db.damaged-20260105T080000Z".to_owned()), "{names:?}");
}

#[test]
fn rows_that_no_longer_can_be_read_are_left_out_and_the_service_starts() {
    let served = serve("", TARGET, daily);
    served.settle();
    served.pass(TimeDelta::hours(1));
    let jobs = |served: &crate::support::Served| {
        let runs = served.get("/api/v1/targets/web").1["runs"].clone();
        let name = |run: &serde_json::Value| run["job"].as_str().unwrap().to_owned();
        runs.as_array().unwrap().iter().map(name).collect::<Vec<_>>()
    };
    assert_eq!(jobs(&served), ["backtest", "evaluate", "forecast", "replay", "train"]);
    let plan = served.get("/api/v1/targets/web/plan").1;
    // The high bit of a byte of each text, and a standing that became a text.
    let served = served.restart_after(|folder| {
        let store = rusqlite::Connection::open(folder.join("state.db")).unwrap();
        let changed = store.execute_batch(
            "UPDATE runs SET detail = CAST(x'E1' AS TEXT) WHERE job = 'evaluate';
             UPDATE plans SET reason = CAST(x'E1' AS TEXT);
             INSERT INTO evaluations (target, made_at, body) VALUES ('web', 0, CAST(x'FB' AS TEXT));
             INSERT INTO alerts (target, alert) VALUES (CAST(x'F7' AS TEXT), 'stale');
             INSERT INTO standings (target, checksum, body) VALUES ('api', 'none', 'text');",
        );
        changed.unwrap();
    });
    assert_eq!(served.get("/api/v1/targets/web/plan").1, plan);
    for list in ["plans", "accuracy"] {
        assert_eq!(served.text_at(&format!("/api/v1/targets/web/{list}")).0, 200, "{list}");
    }
    // What is not known to have run is due.
    served.settle();
    assert_eq!(jobs(&served), ["backtest", "evaluate", "forecast", "replay", "train"]);
    assert!(served.text_at("/metrics").1.contains("store_set_aside 0"));
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
