//! What an older forescale left behind is taken up.

use std::sync::Arc;

use chrono::TimeDelta;
use forescale_server::ManualClock;
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Memory, Mood, Served, TARGET, daily, start};

/// Two minutes after the store of `store-1.sql` was last written.
const LATER: &str = "2026-01-05T10:32:00Z";

/// A service on a store of format 1, whose source is down.
fn upgraded() -> Served {
    let folder = tempfile::tempdir().unwrap();
    let store = Connection::open(folder.path().join("state.db")).unwrap();
    store.execute_batch(include_str!("../golden/store-1.sql")).unwrap();
    store.close().unwrap();
    let text =
        format!("[server]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"state.db\"\n{TARGET}");
    let clock = Arc::new(ManualClock::new(LATER.parse().unwrap()));
    let memory = Memory::new(daily);
    memory.set(Mood::Down);
    let running = start(&text, folder.path(), &memory, &clock);
    Served { running, clock, memory, folder, text }
}

#[test]
fn a_store_of_the_first_format_is_taken_up_and_goes_on() {
    let served = upgraded();
    let web = |path: &str| served.get(&format!("/api/v1/targets/web{path}")).1;
    assert_eq!(web("")["made_at"], "2026-01-05T10:30:00Z");
    served.settle();
    let plan = web("/plan");
    assert_eq!((&plan["instances"], &plan["state"]), (&json!(39), &json!("fresh")));
    // No forecast is due before five minutes are over; then the source is missed.
    served.pass(TimeDelta::minutes(5));
    let plan = web("/plan");
    assert_eq!(plan["state"], "holding");
    assert!(plan["instances"].as_u64().unwrap() >= 39, "{plan}");
    let plans = web("/plans").as_array().unwrap().clone();
    let first = plans.last().unwrap();
    assert_eq!(
        (plans.len(), &first["instances"], &first["state"]),
        (9, &json!(33), &json!("degraded"))
    );
    let accuracy = web("/accuracy").as_array().unwrap().clone();
    assert_eq!((accuracy.len(), &accuracy[0]["steps"]), (2, &json!(6)));
    let runs = web("")["runs"].as_array().unwrap().clone();
    let train = runs.iter().find(|run| run["job"] == "train").unwrap();
    assert_eq!(train["started_at"], "2026-01-05T08:00:00Z");

    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(25));
    assert_eq!(web("/plan")["state"], "fresh");
    let accuracy = web("/accuracy")[0].clone();
    assert_eq!(accuracy["made_at"], "2026-01-05T11:02:00Z");
    assert!(accuracy["steps"].as_u64().unwrap() > 6, "the forecasts of the old store: {accuracy}");
}

#[test]
fn a_store_of_the_first_format_is_brought_to_the_newest_and_loses_no_row() {
    let served = upgraded();
    let Served { running, folder, .. } = served;
    running.stop();
    let newer = Connection::open(folder.path().join("state.db")).unwrap();
    let older = Connection::open_in_memory().unwrap();
    older.execute_batch(include_str!("../golden/store-1.sql")).unwrap();
    let rows = |store: &Connection, query: &str| {
        let mut statement = store.prepare(query).unwrap();
        let columns = statement.column_count();
        let row = |row: &rusqlite::Row| {
            (0..columns).map(|at| row.get::<_, rusqlite::types::Value>(at)).collect()
        };
        let rows = statement.query_map([], row).unwrap();
        rows.collect::<rusqlite::Result<Vec<Vec<_>>>>().unwrap()
    };
    for table in ["models", "forecasts", "evaluations"] {
        let all = format!("SELECT * FROM {table}");
        let before = rows(&older, &all);
        assert!(!before.is_empty(), "{table}");
        assert_eq!(rows(&newer, &all), before, "{table}");
    }
    let version = |store: &Connection| rows(store, "PRAGMA user_version");
    let new = tempfile::tempdir().unwrap();
    let (text, clock) = (served.text, ManualClock::new(LATER.parse().unwrap()));
    start(&text, new.path(), &served.memory, &Arc::new(clock)).stop();
    let new = Connection::open(new.path().join("state.db")).unwrap();
    assert_eq!(version(&newer), version(&new));
    let tables = "SELECT name, sql FROM sqlite_master ORDER BY name";
    assert_eq!(rows(&newer, tables), rows(&new, tables));
}
