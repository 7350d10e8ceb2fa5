//! Reads a real Prometheus and compares every value with what was put in.
//!
//! `tests/scripts/prometheus.sh target/release/examples/real_server` starts the server and drives it.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use forescale_prometheus::{Client, PrometheusError, PrometheusRead, Settings};

type Outcome = Result<(), Box<dyn Error>>;

/// Values by second since the Unix epoch.
type Put = BTreeMap<i64, f64>;

fn main() -> Outcome {
    let real = Real {
        url: std::env::var("PROMETHEUS_URL")?,
        data: std::fs::read_to_string(std::env::var("PROMETHEUS_DATA")?)?,
        end: std::env::var("PROMETHEUS_END")?.parse()?,
    };
    real.raw_samples()?;
    real.an_aggregate()?;
    real.a_rate()?;
    real.refusals()?;
    real.probe()?;
    Ok(())
}

/// The server, and what was put in.
struct Real {
    url: String,
    data: String,
    end: i64,
}

impl Real {
    fn settings(&self, query: &str) -> Settings {
        let mut settings = Settings::new(self.url.clone(), query);
        settings.range = TimeDelta::days(14);
        settings
    }

    fn read(&self, query: &str) -> Result<PrometheusRead, PrometheusError> {
        Client::new(self.settings(query), 1)?.read(self.now())
    }

    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(self.end, 0).unwrap_or_default()
    }

    /// The values of a series as they stand in the file.
    fn put(&self, series: &str) -> Put {
        let rows =
            self.data.lines().filter_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        rows.filter_map(|row| {
            let (value, at) = row.split_once(' ')?;
            Some((at.parse().ok()?, value.parse().ok()?))
        })
        .collect()
    }

    fn raw_samples(&self) -> Outcome {
        let started = Instant::now();
        let read = self.read("shop_load")?;
        let took = started.elapsed();
        self.compare("raw samples", &read, &self.put("shop_load"), 0.0)?;
        ensure((read.notes.nan, read.notes.gaps) == (10, 70), "10 NaN and an hour are 70 gaps")?;
        println!("raw samples: {} values equal, {} ms", read.series.len(), took.as_millis());
        Ok(())
    }

    /// An aggregate repeats old samples for five minutes, which have to be gaps.
    fn an_aggregate(&self) -> Outcome {
        let read = self.read("sum(shop_load)")?;
        self.compare("an aggregate", &read, &self.put("shop_load"), 1e-12)?;
        // A millisecond before 2, 3, 4 and 5 minutes the last sample before the hour is still given.
        ensure(read.notes.repeated == 4, "the hour begins with four repeats")?;
        let sum: Put = self.put(r#"shop_threads{pod="a"}"#);
        let threefold = sum.into_iter().map(|(at, threads)| (at, 3.0 * threads)).collect();
        self.compare("a sum", &self.read("sum(shop_threads)")?, &threefold, 1e-12)?;
        println!("aggregates: equal, 4 repeats left out");
        Ok(())
    }

    /// The rate of a counter over two minutes is the mean of the increases in them.
    fn a_rate(&self) -> Outcome {
        let read = self.read(r#"increase(shop_requests_total{pod="a"}[2m])"#)?;
        let total = self.put(r#"shop_requests_total{pod="a"}"#);
        for (step, increase) in read.series.values().iter().enumerate().skip(2) {
            let at = read.series.time_at(step).timestamp();
            // Two samples lie in the window; their increase is stretched to its whole length.
            let expected = 2.0 * (total[&at] - total[&(at - 60)]);
            ensure(
                (increase - expected).abs() <= 1e-6 * expected,
                "an increase is that of its step",
            )?;
        }
        ensure(read.series.present().all(|load| load >= 0.0), "a restart is no negative load")?;
        println!("rates: {} values equal", read.series.len() - 2);
        Ok(())
    }

    fn refusals(&self) -> Outcome {
        let error = |query: &str| self.read(query).expect_err(query);
        let named = |error: PrometheusError, words: &str| {
            ensure(error.to_string().contains(words), &format!("{words:?} should be in: {error}"))
        };
        named(error("shop_threads"), r#"3 series for "shop_threads", but one is needed"#)?;
        named(error("shop_requests_total"), "is a counter")?;
        named(error("no_such_series"), "no series for")?;
        named(error("sum(shop_load"), "unclosed left parenthesis")?;
        named(error("vector(NaN)"), "0.0 %")?;
        let mut slow = self.settings("sum(shop_load)");
        slow.deadline = Duration::from_millis(1);
        named(
            Client::new(slow, 1)?.read(self.now()).expect_err("a millisecond"),
            "within 0.001 s",
        )?;
        // Only a server that scrapes a summary knows its type; this one scrapes itself.
        let known = (0..50).any(|_| {
            std::thread::sleep(Duration::from_millis(200));
            matches!(
                self.read("go_gc_duration_seconds_count"),
                Err(PrometheusError::Counter { .. })
            )
        });
        ensure(known, "the count of a summary is a counter by its metadata")?;
        println!("refusals: as expected");
        Ok(())
    }

    fn probe(&self) -> Outcome {
        let client =
            Client::new(self.settings("sum(rate(prometheus_http_requests_total[1m]))"), 1)?;
        let now = Utc::now();
        // A rate needs two scrapes.
        let checks = (0..50)
            .map(|_| {
                std::thread::sleep(Duration::from_millis(200));
                client.probe(now + TimeDelta::seconds(3))
            })
            .find(|checks| checks.iter().all(|check| check.result.is_ok()));
        let checks = checks.ok_or("every check should pass within 10 s")?;
        for check in &checks {
            println!("{}: {}", check.name, check.result.clone()?);
        }
        ensure(checks.len() == 4, "ready, version, clock and query are checked")?;
        let skewed = client.probe(now + TimeDelta::days(1));
        ensure(
            skewed
                .iter()
                .any(|check| matches!(check.result, Err(PrometheusError::ClockSkew { .. }))),
            "a day is a skew",
        )
    }

    /// Every step holds what was put in at its begin, and nothing where nothing was.
    fn compare(&self, what: &str, read: &PrometheusRead, put: &Put, share: f64) -> Outcome {
        ensure(read.series.len() == 20_160, &format!("{what}: two weeks are 20160 minutes"))?;
        ensure(read.series.end() == self.now(), &format!("{what}: it ends now"))?;
        for (step, load) in read.series.values().iter().enumerate() {
            let at = read.series.time_at(step).timestamp();
            let expected = put.get(&at).copied().unwrap_or(f64::NAN);
            let equal = (load - expected).abs() <= share * expected.abs();
            let alike = equal || (load.is_nan() && expected.is_nan());
            ensure(alike, &format!("{what} at {at}: {load} should be {expected}"))?;
        }
        Ok(())
    }
}

fn ensure(holds: bool, what: &str) -> Outcome {
    if holds { Ok(()) } else { Err(what.to_owned().into()) }
}
