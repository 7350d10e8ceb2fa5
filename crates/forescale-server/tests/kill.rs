//! A service that is killed at random moments while it saves: the next one always finds everything whole.
//!
//! `FORESCALE_KILLS` says how often it is killed. The child is this program again, told by an argument what to be.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Config, Loaded, Running, Source, SourceError, Sources, SystemClock};

/// Saves a plan and a model every second, and at the start at once.
const CONFIG: &str = r#"
[server]
listen = "127.0.0.1:0"
[store]
path = "state.db"
[[target]]
name = "web"
refresh = "1s"
evaluate = "1s"
schedule = "* * * * * *"
horizon = "1h"
predictors = ["seasonal-naive"]
[target.source]
[target.fleet]
capacity = 10.0
"#;

/// Kills when nobody says how many.
const KILLS: u64 = 25;

/// The longest a restart may take.
const RESTART: Duration = Duration::from_secs(2);

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--serve"), Some(folder)) => serve(Path::new(&folder)),
        (Some("--list"), _) => {}
        _ => kill_and_restart(),
    }
}

fn kill_and_restart() {
    let kills = std::env::var("FORESCALE_KILLS").ok().and_then(|text| text.parse().ok());
    let folder = tempfile::tempdir().unwrap();
    // The first one is left alone until it has a plan to lose.
    let mut child = Killed::start(folder.path());
    std::thread::sleep(Duration::from_secs(2));
    for kill in 0..kills.unwrap_or(KILLS) {
        child.kill();
        check(folder.path(), kill);
        child = Killed::start(folder.path());
        std::thread::sleep(Duration::from_millis(pause_ms(kill)));
    }
    println!("test a_service_killed_at_random_moments_loses_nothing ... ok");
}

/// From 0 to 1.3 seconds, in an order that looks like chance and is the same in every run.
fn pause_ms(kill: u64) -> u64 {
    (kill.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % 1_300
}

/// Every row is whole, and a service starts on the store in time and knows its plan.
fn check(folder: &Path, kill: u64) {
    let store = rusqlite::Connection::open(folder.join("state.db")).unwrap();
    let sound: String = store.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok", "kill {kill}");
    for table in ["models", "standings", "forecasts"] {
        let column = if table == "models" { "bytes" } else { "body" };
        let mut rows = store.prepare(&format!("SELECT {column}, checksum FROM {table}")).unwrap();
        let whole = |row: &rusqlite::Row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, u32>(1)?));
        for row in rows.query_map([], whole).unwrap() {
            let (bytes, checksum) = row.unwrap();
            assert_eq!(crc32fast::hash(&bytes), checksum, "kill {kill}: {table}");
        }
    }
    drop(store);
    let began = Instant::now();
    let running = start(folder);
    assert!(began.elapsed() < RESTART, "kill {kill}: {:?}", began.elapsed());
    let answer = ureq::get(format!("http://{}/api/v1/targets/web/plan", running.http())).call();
    assert_eq!(answer.unwrap().status(), 200, "kill {kill}");
    running.stop();
}

struct Killed(Child);

impl Killed {
    fn start(folder: &Path) -> Self {
        let program: PathBuf = std::env::current_exe().unwrap();
        Self(Command::new(program).arg("--serve").arg(folder).spawn().unwrap())
    }

    fn kill(&mut self) {
        // SIGKILL: nothing in the child runs after it.
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Killed {
    fn drop(&mut self) {
        self.kill();
    }
}

fn serve(folder: &Path) {
    let _running = start(folder);
    std::thread::sleep(Duration::from_secs(60));
}

fn start(folder: &Path) -> Running {
    let config = Config::parse(CONFIG, &folder.join("forescale.toml")).unwrap();
    Running::start(config, Arc::new(Waves), Arc::new(SystemClock)).unwrap()
}

/// A load that rises and falls.
struct Waves;

impl Source for Waves {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let values = (0..3_000).map(|i| 50.0 + 40.0 * (f64::from(i) / 100.0).sin()).collect();
        let minute = Frequency::from_seconds(60).unwrap();
        let end = DateTime::from_timestamp(now.timestamp() / 60 * 60, 0).unwrap();
        Ok(LoadSeries::new(end - TimeDelta::minutes(3_000), minute, values).unwrap().into())
    }
}

impl Sources for Waves {
    fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}
