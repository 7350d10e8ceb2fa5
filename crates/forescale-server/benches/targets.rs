//! A thousand targets refreshed every minute in one process, and how fast answers are meanwhile.
//!
//! `cargo bench -p forescale-server --bench targets -- [TARGETS] [PREDICTORS] [HORIZON]` prints the processor seconds of
//! a round of refreshes, the largest memory, and the requests a second of one client. `default` stands for the default
//! predictors. One model is trained, and every target has a copy of it: their loads are alike. It ends with 1 when a round
//! takes a minute or the process a gigabyte. What a source takes is not in it: the loads come from memory.

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::{Event, Frequency, LoadSeries};
use forescale_server::{Clock, Config, Loaded, ManualClock, Running, Source, SourceError, Sources};

/// Two weeks of minutes, as Prometheus keeps them.
const STEPS: i64 = 14 * 1_440;

/// What a round may take, and what the process may.
const MOST_SECONDS: f64 = 60.0;
const MOST_MB: u64 = 1_000;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let count: usize = arguments.next().map_or(1_000, |text| text.parse().expect("a number"));
    let predictors = arguments.next().unwrap_or_else(|| "default".to_owned());
    let horizon = arguments.next().unwrap_or_else(|| "1d".to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    let clock = Arc::new(ManualClock::new("2026-01-20T08:00:00Z".parse().expect("a moment")));
    let start = |count: usize| {
        let text = configuration(count, &predictors, &horizon);
        let config = Config::parse(&text, &folder.path().join("forescale.toml"));
        let clock = Arc::clone(&clock) as Arc<dyn Clock>;
        Running::start(config.expect("it is right"), Arc::new(Days), clock).expect("it starts")
    };
    let first = start(1);
    round("trained and refreshed", 1, || first.service().pool.settle());
    first.stop();
    copy_models(&folder.path().join("state.db"), count);
    let running = start(count);
    let pool = &running.service().pool;
    let rounds = (0..4).map(|_| {
        clock.advance(TimeDelta::minutes(1));
        round("refreshed", count, || pool.settle())
    });
    let slowest = rounds.fold(0.0, f64::max);
    ask(&running, "/api/v1/targets/t0/plan");
    ask(&running, "/metrics");
    crowd(&running, "/api/v1/targets/t0/plan?at=2026-01-20T09:00:00Z");
    crowd(&running, "/healthz");
    running.stop();
    if slowest >= MOST_SECONDS || peak_mb() >= MOST_MB {
        eprintln!("missed: the slowest round took {slowest:.1} s, the process {} MB", peak_mb());
        std::process::exit(1);
    }
}

/// Gives every target the model of the first.
fn copy_models(store: &Path, count: usize) {
    let mut store = rusqlite::Connection::open(store).expect("nobody holds it");
    let copies = store.transaction().expect("it can be written");
    for (table, columns) in [
        ("models", "made_at, checksum, bytes"),
        ("runs", "job, started_at, ended_at, result, detail"),
    ] {
        let copy = format!(
            "INSERT INTO {table} (target, {columns}) SELECT ?1, {columns} FROM {table} WHERE target = 't0'"
        );
        for target in 1..count {
            copies.execute(&copy, [format!("t{target}")]).expect("a row is copied");
        }
    }
    copies.commit().expect("they are written");
}

/// How many seconds `work` took.
fn round(what: &str, count: usize, work: impl FnOnce()) -> f64 {
    let (began, busy) = (Instant::now(), processor_seconds());
    work();
    let (took, busy) = (began.elapsed().as_secs_f64(), processor_seconds() - busy);
    println!(
        "{count} targets {what} in {took:.1} s, {busy:.1} processor s, at most {} MB",
        peak_mb()
    );
    took
}

fn ask(running: &Running, path: &str) {
    const TIMES: u32 = 200;
    let agent = ureq::Agent::new_with_defaults();
    let url = format!("http://{}{path}", running.http());
    let began = Instant::now();
    for _ in 0..TIMES {
        let mut response = agent.get(&url).call().expect("an answer");
        response.body_mut().read_to_vec().expect("a body");
    }
    let each = began.elapsed().as_secs_f64() / f64::from(TIMES) * 1e3;
    println!("{path}: {each:.3} ms a request from one client");
}

/// What several clients at once get; they share the cores with the service.
fn crowd(running: &Running, path: &str) {
    const CLIENTS: usize = 8;
    const TIMES: usize = 2_500;
    let url = format!("http://{}{path}", running.http());
    let began = Instant::now();
    let mut times: Vec<f64> = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(|| client(&url, TIMES))).collect();
        clients.into_iter().flat_map(|client| client.join().expect("it does not panic")).collect()
    });
    let rate = times.len() as f64 / began.elapsed().as_secs_f64();
    times.sort_unstable_by(f64::total_cmp);
    let p99 = times[times.len() * 99 / 100] * 1e3;
    println!("{path}: {rate:.0} requests/s from {CLIENTS} clients, p99 {p99:.2} ms");
}

fn client(url: &str, times: usize) -> Vec<f64> {
    let agent = ureq::Agent::new_with_defaults();
    let once = |_| {
        let began = Instant::now();
        let mut response = agent.get(url).call().expect("an answer");
        response.body_mut().read_to_vec().expect("a body");
        began.elapsed().as_secs_f64()
    };
    (0..times).map(once).collect()
}

fn configuration(count: usize, predictors: &str, horizon: &str) -> String {
    let named = predictors.split(',').filter(|name| *name != "default");
    let names: Vec<String> = named.map(|name| format!("{name:?}")).collect();
    let server = "[server]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"state.db\"\n".to_owned();
    let target = |nth: usize| {
        format!(
            "[[target]]\nname = \"t{nth}\"\nmode = \"full\"\nhorizon = {horizon:?}\nevaluate = \"24h\"\nlook-back = \"0s\"\npredictors = [{}]\n[target.source]\n[target.fleet]\ncapacity = 10.0\nmax = 500\n",
            names.join(", ")
        )
    };
    server + &(0..count).map(target).collect::<String>()
}

/// What `/proc` says of this process: seconds of processor time, in its hundredths.
fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split(' ').collect();
    let ticks = |at: usize| fields.get(at).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (ticks(11) + ticks(12)) / 100.0
}

fn peak_mb() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1_024
}

/// Days and weeks that repeat, with a little noise.
struct Days;

impl Source for Days {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let minute = Frequency::from_seconds(60).expect("a minute is a step");
        let end = DateTime::from_timestamp(now.timestamp() / 60 * 60, 0).expect("a moment");
        let start = end - TimeDelta::minutes(STEPS);
        let first = start.timestamp() / 60;
        let value = |minute: i64| {
            let day = (minute % 1_440) as f64 / 1_440.0 * std::f64::consts::TAU;
            let noise = (minute as f64 * 0.754_877_666).fract() * 20.0;
            300.0 - 200.0 * day.cos() + noise
        };
        let values = (first..first + STEPS).map(value).collect();
        Ok(LoadSeries::new(start, minute, values).expect("it is a series").into())
    }
}

impl Sources for Days {
    fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        Ok(Box::new(Self))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}
