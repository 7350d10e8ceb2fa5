//! An hour in which Prometheus is down, slow, or answers with what is no answer: nothing scales in, and the first good
//! answer is enough to go on.

#[path = "../../../forescale-prometheus/tests/it/server.rs"]
#[expect(dead_code, reason = "the tests of the client ask more of it")]
mod server;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use forescale::Event;
use forescale_prometheus::{Client, PrometheusRead, Settings};
use forescale_server::{Clock, Config, Loaded, ManualClock, Running, Source, SourceError, Sources};
use serde_json::Value;

use crate::support::{TARGET, agent, daily};
use server::{Reply, Request, Server, matrix};

/// What becomes of a good answer.
type Fault = fn(Reply) -> Reply;

/// When each fault begins.
const BEGIN: &str = "2026-01-05T21:00:00Z";

const FAULTS: [(&str, Fault); 10] = [
    ("an error of the server", |_| Reply::failure(500, "internal", "out of memory")),
    ("too busy", |_| Reply::failure(503, "timeout", "query timed out")),
    ("slow", |good| Reply { wait: Duration::from_secs(3), ..good }),
    ("a page", |_| Reply::new(200, "text/html", "<html>please log in</html>")),
    ("cut short", |good| Reply::json(&good.body[..good.body.len() / 2])),
    ("a warning", |good| {
        let text = String::from_utf8(good.body).unwrap();
        Reply::json(text.replacen('{', r#"{"warnings":["a store did not answer"],"#, 1))
    }),
    ("no series", |_| matrix("")),
    ("the older half", |good| Reply::json(half(&good.body, |at, all| at < all / 2))),
    ("a tenth of the samples", |good| Reply::json(half(&good.body, |at, _| at % 10 == 0))),
    ("half of the series", |good| Reply::json(since(&good.body, BEGIN, 0.5))),
];

#[test]
fn an_hour_of_any_fault_scales_nothing_in_and_ends_with_the_first_good_answer() {
    std::thread::scope(|scope| {
        for (name, fault) in FAULTS {
            scope.spawn(move || hour(name, fault));
        }
    });
}

fn hour(name: &str, fault: Fault) {
    let wrong: Arc<Mutex<Option<Fault>>> = Arc::default();
    let asked = Arc::clone(&wrong);
    let prometheus = Server::new(move |request| {
        let good = answer(request);
        let wrong = *asked.lock().unwrap();
        wrong.map_or(good.clone(), |fault| fault(good))
    });
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new("2026-01-05T20:55:00Z".parse().unwrap()));
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\n[store]\npath = \"state.db\"\n{}",
        TARGET.replace("max-age = \"30m\"", "max-age = \"3h\"")
    );
    let config = Config::parse(&text, &folder.path().join("forescale.toml")).unwrap();
    let series_query = Some("count(load)".to_owned());
    let settings = Settings { series_query, ..prometheus.settings("load") };
    let sources = Arc::new(Prometheus(settings));
    let running = Running::start(config, sources, Arc::clone(&clock) as Arc<dyn Clock>).unwrap();
    let pass = || {
        clock.advance(TimeDelta::minutes(5));
        running.service().pool.settle();
        plan(&running)
    };
    running.service().pool.settle();
    let (mut last, state) = pass();
    assert_eq!(state, "fresh", "{name}");
    assert_eq!(clock.now(), BEGIN.parse::<DateTime<Utc>>().unwrap());
    *wrong.lock().unwrap() = Some(fault);
    for _ in 0..12 {
        let (now, state) = pass();
        assert!(now >= last, "{name}: {last} became {now}");
        assert_eq!(state, "holding", "{name}");
        last = now;
    }
    *wrong.lock().unwrap() = None;
    let (now, state) = pass();
    assert_eq!(state, "fresh", "{name}");
    assert!(now < last, "{name}: the load fell meanwhile, but {last} became {now}");
}

fn plan(running: &Running) -> (u64, String) {
    let url = format!("http://{}/api/v1/targets/web/plan", running.http());
    let body = agent().get(url).call().unwrap().body_mut().read_to_string().unwrap();
    let plan: Value = serde_json::from_str(&body).unwrap();
    (plan["instances"].as_u64().unwrap(), plan["state"].as_str().unwrap().to_owned())
}

/// What a healthy Prometheus answers: a sample every five minutes of the range that is asked for, of twelve series.
fn answer(request: &Request) -> Reply {
    if request.form["query"] == "count(load)" {
        let [start, end] = ["start", "end"].map(|key| request.form[key].parse::<f64>().unwrap());
        let points = (start.ceil() as i64..=end.ceil() as i64).step_by(300);
        let counts: Vec<_> = points.map(|at| format!("[{}.999,\"12\"]", at - 1)).collect();
        return matrix(&format!(r#"{{"metric":{{}},"values":[{}]}}"#, counts.join(",")));
    }
    let end = request.form["time"].parse::<f64>().unwrap().ceil() as i64;
    let range = request.form["query"].trim_start_matches("load[").trim_end_matches("s]");
    let begin = end - range.parse::<i64>().unwrap();
    let sample =
        |at: i64| format!("[{at},\"{}\"]", daily(DateTime::from_timestamp(at, 0).unwrap()));
    let samples: Vec<_> = (begin..end).step_by(300).map(sample).collect();
    matrix(&format!(r#"{{"metric":{{"__name__":"load"}},"values":[{}]}}"#, samples.join(",")))
}

/// A whole answer with every value from `begin` on times `factor`.
fn since(body: &[u8], begin: &str, factor: f64) -> Vec<u8> {
    let begin = begin.parse::<DateTime<Utc>>().unwrap().timestamp() as f64;
    let mut answer: Value = serde_json::from_slice(body).unwrap();
    for sample in answer["data"]["result"][0]["values"].as_array_mut().unwrap() {
        if sample[0].as_f64().unwrap() >= begin {
            let value: f64 = sample[1].as_str().unwrap().parse().unwrap();
            sample[1] = (factor * value).to_string().into();
        }
    }
    serde_json::to_vec(&answer).unwrap()
}

/// A whole answer with only those samples that `keep` names by their place.
fn half(body: &[u8], keep: fn(usize, usize) -> bool) -> Vec<u8> {
    let mut answer: Value = serde_json::from_slice(body).unwrap();
    let values = answer["data"]["result"][0]["values"].as_array_mut().unwrap();
    let (mut at, all) = (0, values.len());
    values.retain(|_| {
        at += 1;
        keep(at - 1, all)
    });
    serde_json::to_vec(&answer).unwrap()
}

/// The sources of the command, with what these tests need of them.
struct Prometheus(Settings);

struct Asked(Client);

impl Sources for Prometheus {
    fn open(&self, _: &str, _: &toml::Table) -> Result<Box<dyn Source>, SourceError> {
        let mut settings = self.0.clone();
        settings.range = TimeDelta::days(3);
        settings.step = forescale::Frequency::from_seconds(300).unwrap();
        (settings.timeout, settings.deadline) =
            (Duration::from_millis(1_500), Duration::from_secs(2));
        Ok(Box::new(Asked(Client::new(settings, 1).unwrap())))
    }

    fn events(&self, _: &Path, _: Tz) -> Result<Vec<Event>, SourceError> {
        Ok(Vec::new())
    }
}

impl Source for Asked {
    fn load(&self, now: DateTime<Utc>) -> Result<Loaded, SourceError> {
        let read = self.0.read(now);
        let read = read.map_err(|error| SourceError::new(error.to_string(), error.hint()))?;
        let PrometheusRead { series, notes, .. } = read;
        Ok(Loaded { warnings: notes.words(), ..series.into() })
    }
}
