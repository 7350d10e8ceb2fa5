//! The service that requests go to: one target with a plan, on a clock that stands still.

use std::sync::{Arc, OnceLock};

use forescale_server::{ManualClock, Running};
use tempfile::TempDir;

#[path = "../../crates/forescale-server/tests/waves/mod.rs"]
mod waves;

const SERVER: &str = "grpc-listen = \"127.0.0.1:0\"\nheader-timeout = \"1s\"";

/// The service, started when it is first asked for.
pub fn service() -> &'static Running {
    static SERVICE: OnceLock<(Running, TempDir)> = OnceLock::new();
    let (running, _) = SERVICE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let clock = ManualClock::new("2026-01-05T08:00:00Z".parse().expect("a moment"));
        let text = waves::settings(SERVER, "0 3 * * *");
        let running = waves::start(&text, folder.path(), Arc::new(clock)).expect("it starts");
        running.service().pool.settle();
        (running, folder)
    });
    running
}
