//! A service with sources in memory, and what asks it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{
    Config, Loaded, ManualClock, Output, Running, Source, SourceError, Sources, Target,
};
use serde_json::Value;
use tempfile::TempDir;

/// What the load of a test is at a moment.
pub type Load = fn(DateTime<Utc>) -> f64;

/// A day that repeats: 100 by night, 400 at noon.
pub fn daily(at: DateTime<Utc>) -> f64 {
    let hours = (at.timestamp() % 86_400) as f64 / 3_600.0;
    250.0 - 150.0 * (hours / 24.0 * std::f64::consts::TAU).cos()
}

/// Sources in memory that can be made to fail.
pub struct Memory {
    load: Mutex<Load>,
    mood: Arc<AtomicU8>,
    ends: Arc<AtomicI64>,
    step: i64,
    written: Arc<Mutex<Vec<(Value, bool)>>>,
    loads: Arc<AtomicUsize>,
}

/// What the sources do when they are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mood {
    Up,
    Down,
    Panics,
    Hangs,
    /// Only the sources that are marked as dead hang.
    DeadHang,
    /// They hang, and fail as soon as they no longer do.
    Stumbles,
}

impl Memory {
    pub fn new(load: Load) -> Arc<Self> {
        let ends = Arc::new(AtomicI64::new(i64::MAX));
        Arc::new(Self {
            load: Mutex::new(load),
            mood: Arc::default(),
            ends,
            step: 300,
            written: Arc::default(),
            loads: Arc::default(),
        })
    }

    /// How often its sources were asked.
    pub fn loads(&self) -> usize {
        self.loads.load(Ordering::SeqCst)
    }

    /// The plans that were handed over in files, and whether they were held.
    pub fn written(&self) -> Vec<(Value, bool)> {
        self.written.lock().unwrap().clone()
    }

    /// The source goes on to answer, but has no samples from `ends` on.
    pub fn end(&self, ends: DateTime<Utc>) {
        self.ends.store(ends.timestamp(), Ordering::SeqCst);
    }

    pub fn set(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }
}

struct Remembered {
    load: Load,
    step: i64,
    dead: bool,
    /// Whether instances are counted, and why not.
    counted: (bool, Option<String>),
    warnings: Vec<String>,
    ends: Arc<AtomicI64>,
    mood: Arc<AtomicU8>,
    loads: Arc<AtomicUsize>,
}

impl Source for Remembered {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        let mood = || self.mood.load(Ordering::SeqCst);
        while self.dead && mood() == Mood::DeadHang as u8 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let stumbles = mood() == Mood::Stumbles as u8;
        while mood() == Mood::Stumbles as u8 {
            std::thread::sleep(Duration::from_millis(5));
        }
        if self.dead || stumbles || mood() == Mood::Down as u8 {
            return Err(SourceError::new("connection refused", "start the source"));
        }
        assert_ne!(mood(), Mood::Panics as u8, "a source with a mistake");
        while mood() == Mood::Hangs as u8 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let end = now.timestamp().div_euclid(self.step) * self.step;
        let steps = 3 * 86_400 / self.step;
        let start = DateTime::from_timestamp(end - steps * self.step, 0).unwrap();
        let at = |i: i64| start + TimeDelta::seconds(i * self.step);
        let ends = self.ends.load(Ordering::SeqCst);
        let value =
            |at: DateTime<Utc>| if at.timestamp() < ends { (self.load)(at) } else { f64::NAN };
        let values = (0..steps).map(|i| value(at(i))).collect();
        let step = Frequency::from_seconds(self.step).unwrap();
        let loaded: Loaded = LoadSeries::new(start, step, values).unwrap().into();
        let hours = now.timestamp() / 3_600 % 24;
        let (warnings, (counts, uncounted)) = (self.warnings.clone(), self.counted.clone());
        Ok(Loaded { instances: counts.then_some(hours as u32), uncounted, warnings, ..loaded })
    }

    fn probe(&self, _: DateTime<Utc>) -> Vec<(String, Result<String, SourceError>)> {
        let wrong = || Err(SourceError::new("the clocks differ by 90 s", "set the clock"));
        if self.dead { vec![("clock".to_owned(), wrong())] } else { Vec::new() }
    }
}

impl Sources for Memory {
    fn open(&self, _: &str, settings: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        if settings.get("kind").and_then(toml::Value::as_str) != Some("memory") {
            return Err(SourceError::new("kind should be memory", "set kind = \"memory\""));
        }
        let mood = Arc::clone(&self.mood);
        let load = *self.load.lock().unwrap();
        let [dead, counts] = ["dead", "counts"].map(|key| settings.get(key).is_some());
        let ends = Arc::clone(&self.ends);
        let text = |key| settings.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let (warnings, uncounted) = (text("warns"), text("uncounted"));
        let (step, warnings) = (self.step, warnings.into_iter().collect());
        let loads = Arc::clone(&self.loads);
        let counted = (counts, uncounted);
        Ok(Box::new(Remembered { load, step, dead, counted, warnings, ends, mood, loads }))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }

    fn output(&self, _: &Target, settings: &toml::Table) -> Result<Box<dyn Output>, SourceError> {
        if settings.get("to").and_then(toml::Value::as_str) == Some("nobody") {
            return Err(SourceError::new("to should be somebody", "name somebody"));
        }
        let full = settings.contains_key("full-disk");
        let file = settings.get("file").and_then(toml::Value::as_str).map(PathBuf::from);
        let files = file.into_iter().collect();
        Ok(Box::new(Drawer { full, files, written: Arc::clone(&self.written) }))
    }
}

/// Where plans are put that are handed over in files.
struct Drawer {
    full: bool,
    files: Vec<PathBuf>,
    written: Arc<Mutex<Vec<(Value, bool)>>>,
}

impl Output for Drawer {
    fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn write(&self, plan: &str, held: bool, _: DateTime<Utc>) -> Result<(), SourceError> {
        if self.full {
            return Err(SourceError::new("no space is left", "make some"));
        }
        self.written.lock().unwrap().push((serde_json::from_str(plan).unwrap(), held));
        Ok(())
    }
}

/// A target that scales, in few words.
pub const TARGET: &str = r#"
[[target]]
name = "web"
mode = "full"
refresh = "5m"
evaluate = "1h"
horizon = "6h"
max-age = "30m"
predictors = ["seasonal-naive"]
[target.source]
kind = "memory"
[target.fleet]
capacity = 12.5
max = 60
startup = "5m"
"#;

/// A service in a folder of its own.
pub struct Served {
    pub running: Running,
    pub clock: Arc<ManualClock>,
    pub memory: Arc<Memory>,
    pub folder: TempDir,
    pub text: String,
}

pub const START: &str = "2026-01-05T08:00:00Z";

/// Serves the targets of `text`, on ports that the system chooses.
pub fn serve(server: &str, targets: &str, load: Load) -> Served {
    serve_with(server, targets, load, |_| {})
}

/// The same, with something done to the sources before the service begins.
pub fn serve_with(
    server: &str,
    targets: &str,
    load: Load,
    prepare: impl FnOnce(&Memory),
) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\ngrpc-listen = \"127.0.0.1:0\"\n{server}\n[store]\npath = \"state.db\"\n{targets}"
    );
    let clock = Arc::new(ManualClock::new(START.parse().unwrap()));
    let memory = Memory::new(load);
    prepare(&memory);
    let running = start(&text, folder.path(), &memory, &clock);
    Served { running, clock, memory, folder, text }
}

pub fn start(text: &str, folder: &Path, memory: &Arc<Memory>, clock: &Arc<ManualClock>) -> Running {
    let config = Config::parse(text, &folder.join("forescale.toml")).unwrap();
    Running::start(config, Arc::clone(memory) as Arc<dyn Sources>, Arc::clone(clock) as _).unwrap()
}

impl Served {
    /// Waits until everything that is due has run.
    pub fn settle(&self) {
        self.running.service().pool.settle();
    }

    /// Moves the clock and waits until everything that is then due has run.
    pub fn pass(&self, span: TimeDelta) {
        self.clock.advance(span);
        self.settle();
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.http())
    }

    /// The status and the JSON at `path`.
    pub fn get(&self, path: &str) -> (u16, Value) {
        let (status, text) = self.text_at(path);
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    pub fn text_at(&self, path: &str) -> (u16, String) {
        let mut response = agent().get(self.url(path)).call().unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }

    /// Ends the service and starts it again on the same store.
    pub fn restart(self) -> Self {
        self.restart_after(|_| {})
    }

    /// The same, with something done to the folder of the store in between.
    pub fn restart_after(self, change: impl FnOnce(&Path)) -> Self {
        let Self { running, clock, memory, folder, text } = self;
        running.stop();
        change(folder.path());
        let running = start(&text, folder.path(), &memory, &clock);
        Self { running, clock, memory, folder, text }
    }
}

pub fn agent() -> ureq::Agent {
    let timeout = Some(Duration::from_secs(20));
    let config = ureq::Agent::config_builder().http_status_as_error(false).timeout_global(timeout);
    config.build().into()
}

/// Waits until `done`, for at most ten seconds.
pub fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !done() {
        assert!(Instant::now() < until, "{what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
