//! A service that goes on and on: `soak [CYCLES]` minutes of three targets, of which one fails every other hour, on a
//! clock that does not wait. Every minute is written, so a folder in memory makes it quick. Between a tenth of the way
//! and its end neither memory nor descriptors may grow.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Config, Loaded, ManualClock, Running, Source, SourceError, Sources};

/// The most that memory may grow, in KB.
const GROWTH: u64 = 8 << 10;

/// The past is kept for an hour and plans reach as far, so that the store and all that is read of it are as large as
/// they get before a tenth of the cycles is over.
const SETTINGS: &str = r#"
[server]
listen = "127.0.0.1:0"
[store]
path = "state.db"
keep = "1h"
"#;

const TARGET: &str = r#"
[[target]]
name = "NAME"
mode = "full"
refresh = "1m"
evaluate = "10m"
schedule = "0 */2 * * *"
horizon = "1h"
look-back = "0s"
predictors = ["last-value"]
[target.source]
[target.fleet]
capacity = 10.0
max = 100
"#;

/// What is asked for, in turn.
const ROUTES: [&str; 6] = [
    "/api/v1/targets",
    "/api/v1/targets/web",
    "/api/v1/targets/web/plan",
    "/api/v1/targets/web/plans",
    "/api/v1/targets/flaky",
    "/metrics",
];

fn main() {
    let cycles = std::env::args().nth(1);
    let cycles: u64 = cycles.map_or(2_000, |text| text.parse().expect("a number of cycles"));
    let folder = tempfile::tempdir().expect("a folder");
    let targets = ["web", "api", "flaky"].map(|name| TARGET.replace("NAME", name));
    let text = format!("{SETTINGS}{}", targets.concat());
    let config = Config::parse(&text, &folder.path().join("forescale.toml")).expect("it is right");
    let start = "2026-01-05T08:00:00Z".parse().expect("a moment");
    let clock = Arc::new(ManualClock::new(start));
    let running = Running::start(config, Arc::new(Waves { flaky: false }), Arc::clone(&clock) as _);
    let running = running.expect("it starts");
    let (began, mut early) = (Instant::now(), None);
    for cycle in 1..=cycles {
        clock.advance(TimeDelta::minutes(1));
        live(&running, cycle);
        if cycle == (cycles / 10).max(1) {
            early = Some(Taken::now());
        }
    }
    let (early, late) = (early.expect("a tenth comes first"), Taken::now());
    running.stop();
    println!(
        "{cycles} cycles in {:.0} s: {} KB and {} descriptors at a tenth, {} KB and {} at the end",
        began.elapsed().as_secs_f64(),
        early.memory_kb,
        early.descriptors,
        late.memory_kb,
        late.descriptors
    );
    assert!(late.memory_kb <= early.memory_kb + GROWTH, "memory grows");
    assert!(late.descriptors <= early.descriptors, "descriptors are left open");
}

/// What a service does in a minute, and what is asked of it.
fn live(running: &Running, cycle: u64) {
    let service = running.service();
    service.pool.settle();
    service.tell();
    if cycle.is_multiple_of(60) {
        service.forget();
    }
    if cycle.is_multiple_of(10) {
        let route = ROUTES[(cycle / 10) as usize % ROUTES.len()];
        let answer = ureq::get(format!("http://{}{route}", running.http()))
            .header("connection", "close")
            .call();
        assert_eq!(answer.expect(route).status(), 200, "{route}");
    }
}

/// What this process takes.
#[derive(Clone, Copy)]
struct Taken {
    memory_kb: u64,
    descriptors: usize,
}

impl Taken {
    fn now() -> Self {
        let mut taken = Self::at_once();
        // A connection that was just closed is not at once gone on the other side, and there is one at most.
        for _ in 0..20 {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let again = Self::at_once();
            taken.memory_kb = taken.memory_kb.min(again.memory_kb);
            taken.descriptors = taken.descriptors.min(again.descriptors);
        }
        taken
    }

    fn at_once() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").expect("this is Linux");
        let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("it is measured");
        let memory_kb = line.split_whitespace().nth(1).and_then(|text| text.parse().ok());
        let open = std::fs::read_dir(Path::new("/proc/self/fd")).expect("this is Linux");
        Self { memory_kb: memory_kb.expect("a number"), descriptors: open.count() }
    }
}

/// Three days of ten minutes that rise and fall.
struct Waves {
    flaky: bool,
}

impl Source for Waves {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        if self.flaky && now.timestamp() / 3_600 % 2 == 1 {
            return Err(SourceError::new("connection refused", "start the source"));
        }
        let step = Frequency::from_seconds(600).expect("ten minutes are a step");
        let end = DateTime::from_timestamp(now.timestamp() / 600 * 600, 0).expect("a moment");
        let start = end - TimeDelta::days(3);
        let at = |i: i64| (start.timestamp() + i * 600) as f64 / 86_400.0;
        let values = (0..432).map(|i| 250.0 + 150.0 * (at(i) * std::f64::consts::TAU).sin());
        Ok(LoadSeries::new(start, step, values.collect()).expect("it is a series").into())
    }
}

impl Sources for Waves {
    fn open(&self, target: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self { flaky: target == "flaky" }))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}
