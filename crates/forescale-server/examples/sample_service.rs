//! A service with a load in memory, to look at its page: prints its address and serves until its input ends.
//!
//! `sample_service` has two targets, `sample_service empty` none, `sample_service dead` a source that went down an hour
//! ago, `sample_service guarded` wants the token `a secret of some length`, and `sample_service tight` has fleets that are
//! too small for days that are not quite alike.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Clock, Config, Loaded, ManualClock, Running, Source, SourceError, Sources};

const TARGETS: &str = r#"
[[target]]
name = "web-shop"
mode = "full"
refresh = "5m"
horizon = "6h"
timezone = "Europe/Berlin"
events = "events.csv"
predictors = ["seasonal-naive"]
[target.source]
[target.fleet]
capacity = 12.5
max = 60
startup = "5m"

[[target]]
name = "search"
refresh = "5m"
look-back = "0s"
horizon = "6h"
predictors = ["seasonal-naive"]
[target.source]
[target.fleet]
capacity = 25.0
"#;

/// What a guarded service asks for.
const TOKEN: &str = "a secret of some length";

fn main() {
    let kind = std::env::args().nth(1).unwrap_or_default();
    let folder = tempfile::tempdir().expect("a folder");
    let targets = match kind.as_str() {
        "empty" => String::new(),
        "tight" => TARGETS.replace("max = 60", "max = 20"),
        _ => TARGETS.to_owned(),
    };
    std::fs::write(folder.path().join("token"), TOKEN).expect("a file");
    let guard = if kind == "guarded" { "token-file = \"token\"" } else { "" };
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n{guard}\n[store]\npath = \"state.db\"\n{targets}"
    );
    let config = Config::parse(&text, &folder.path().join("forescale.toml")).expect("it is right");
    let start = "2026-01-05T08:00:00Z".parse().expect("a moment");
    let clock = Arc::new(ManualClock::new(start));
    let ends = (kind == "dead").then(|| start + TimeDelta::hours(3));
    let memory = Arc::new(Memory { ends, counts: false, alike: kind != "tight" });
    let running = Running::start(config, memory, Arc::clone(&clock) as Arc<dyn Clock>);
    let running = running.expect("it starts");
    // Four hours, so that there is something to look back on.
    for _ in 0..48 {
        running.service().pool.settle();
        clock.advance(TimeDelta::minutes(5));
    }
    running.service().pool.settle();
    println!("http://{}", running.http());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    running.stop();
}

/// Days that repeat, all alike or nearly so, until the source goes down.
#[derive(Clone, Copy)]
struct Memory {
    ends: Option<DateTime<Utc>>,
    counts: bool,
    alike: bool,
}

impl Source for Memory {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        if self.ends.is_some_and(|ends| now >= ends) {
            let message = "http://127.0.0.1:9090 did not answer: <b>connection refused</b>";
            return Err(SourceError::new(message, "start the source"));
        }
        let step = Frequency::from_seconds(300).expect("five minutes are a step");
        let end = DateTime::from_timestamp(now.timestamp() / 300 * 300, 0).expect("a moment");
        let start = end - TimeDelta::days(3);
        let value = |i: i64| {
            let at = start.timestamp() + i * 300;
            let hours = (at % 86_400) as f64 / 3_600.0;
            let other = if self.alike { 0.0 } else { f64::from(drawn(at / 300) % 17) - 8.0 };
            250.0 - 150.0 * (hours / 24.0 * std::f64::consts::TAU).cos() + other
        };
        let series = LoadSeries::new(start, step, (0..864).map(value).collect());
        // Of the second target nobody counts the instances.
        let instances = self.counts.then_some(33 + now.timestamp() as u32 / 3_600 % 4);
        Ok(Loaded { instances, ..series.expect("it is a series").into() })
    }
}

/// What has no pattern, and is the same whenever it is asked for: SplitMix64 (Steele, Lea and Flood, 2014).
fn drawn(number: i64) -> u32 {
    let mut z = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (z >> 32) as u32
}

impl Sources for Memory {
    fn open(&self, target: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self { counts: target == "web-shop", ..*self }))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        let start = "2026-01-05T20:00:00Z".parse().expect("a moment");
        let (end, kind) = (start + TimeDelta::hours(2), "sale".to_owned());
        Ok(vec![Event { start, end, kind, factor: None }])
    }
}
