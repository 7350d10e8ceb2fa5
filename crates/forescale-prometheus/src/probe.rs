//! Whether a source will answer, for `forescale doctor`: each check on its own, with what it found.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::time::format_span;
use serde::Deserialize;
use ureq::http::HeaderMap;

use crate::answer::QueryData;
use crate::caller::Budget;
use crate::error::{PrometheusError, quoted};
use crate::metadata;
use crate::promql::Promql;
use crate::read::Client;

/// Clocks further apart than this make forecasts for the wrong moment.
const MAX_SKEW: TimeDelta = TimeDelta::seconds(30);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Check {
    /// What: `ready`, `version`, `clock` or `query`.
    pub name: &'static str,
    /// What was found, or what is wrong.
    pub result: Result<String, PrometheusError>,
}

#[derive(Debug, Deserialize)]
struct BuildInfo {
    version: String,
}

impl Client {
    /// Looks at the server and the query without reading a history: is it ready, which version answers and do the
    /// credentials hold, does its clock agree with `now`, and how old is the last sample of the query.
    ///
    /// A server that cannot be reached ends the list, because nothing else can be known.
    pub fn probe(&self, now: DateTime<Utc>) -> Vec<Check> {
        let mut budget = Budget::new(self.caller.settings());
        let response = match self.caller.get("/-/ready", &mut budget) {
            Ok(response) => response,
            Err(error) => return vec![Check { name: "ready", result: Err(error) }],
        };
        let skew = skew(response.headers(), now);
        let ready = match response.status().as_u16() {
            200..300 => Ok(format!("{} is ready", self.name())),
            404 => Ok("it does not say whether it is ready, as Prometheus would".to_owned()),
            _ => Err(self.caller.refused(response, &mut budget)),
        };
        let mut checks = vec![Check { name: "ready", result: ready }];
        checks.push(Check { name: "version", result: self.version(&mut budget) });
        if let Some(skew) = skew {
            checks.push(Check { name: "clock", result: self.clock(skew) });
        }
        checks.push(Check { name: "query", result: self.query_age(now, &mut budget) });
        checks
    }

    fn version(&self, budget: &mut Budget) -> Result<String, PrometheusError> {
        let response = self.caller.get("/api/v1/status/buildinfo", budget)?;
        if response.status() == 404 {
            return Ok("it does not tell its version".to_owned());
        }
        let answer = self.caller.answer::<BuildInfo>(response, budget)?;
        let version = answer.data.map_or_else(|| "unknown".to_owned(), |info| info.version);
        Ok(format!("version {}", quoted(&version)))
    }

    fn clock(&self, skew: TimeDelta) -> Result<String, PrometheusError> {
        let seconds = skew.num_seconds().abs();
        if skew.abs() > MAX_SKEW {
            let (name, ahead) = (self.name().to_owned(), skew > TimeDelta::zero());
            return Err(PrometheusError::ClockSkew { name, seconds, ahead });
        }
        Ok(format!("the clocks differ by {seconds} s"))
    }

    /// The instances that serve at `now`, by the query that the settings have for them; none without one.
    ///
    /// # Errors
    /// [`PrometheusError`] without an answer, without a series or with several, and for what is no count.
    pub fn instances(&self, now: DateTime<Utc>) -> Result<Option<u32>, PrometheusError> {
        let settings = self.caller.settings();
        let Some(query) = &settings.instances else { return Ok(None) };
        let value = self.instant(query, now, &mut Budget::new(settings))?;
        match (0.0..=f64::from(u32::MAX)).contains(&value) {
            true => Ok(Some(value.round() as u32)),
            false => Err(PrometheusError::Setting {
                key: "instances",
                found: value.to_string(),
                expected: "a query that gives a count of 0 or more".into(),
            }),
        }
    }

    /// How old the newest sample behind the query is.
    fn query_age(
        &self,
        now: DateTime<Utc>,
        budget: &mut Budget,
    ) -> Result<String, PrometheusError> {
        let query = self.caller.settings().query.clone();
        let promql = Promql::read(&query);
        if let Some(promql) = &promql {
            metadata::refuse_counters(&self.caller, &promql.raw_metrics, budget)?;
        }
        let value = self.instant(&query, now, budget)?;
        let selectors = promql.map_or_else(Vec::new, |promql| promql.selectors);
        let mut newest = None;
        for selector in selectors {
            let taken = self.instant(&format!("max(timestamp({selector}))"), now, budget).ok();
            newest = newest.max(taken.and_then(|at| DateTime::from_timestamp(at as i64, 0)));
        }
        let age = newest.map(|at| format_span((now - at).max(TimeDelta::zero())));
        let age = age.map_or_else(String::new, |age| format!(", from a sample {age} old"));
        Ok(format!("{query} is {value} now{age}"))
    }

    /// The value of the one series that `query` gives at `now`.
    fn instant(
        &self,
        query: &str,
        now: DateTime<Utc>,
        budget: &mut Budget,
    ) -> Result<f64, PrometheusError> {
        let form = [("query", query.to_owned()), ("time", now.timestamp().to_string())];
        let answer = self.caller.query::<QueryData>("/api/v1/query", &form, budget)?;
        let found = answer.data.map(|data| data.result).unwrap_or_default();
        let (name, query) = (self.name().to_owned(), query.to_owned());
        match (found.count, found.samples.last()) {
            (0 | 1, None) => Err(PrometheusError::NoSeries { name, query }),
            (1, Some(sample)) => Ok(sample.value),
            (count, _) => {
                let series = found.shown();
                Err(PrometheusError::SeveralSeries { name, query, count, series })
            }
        }
    }
}

/// How far the server's clock is ahead.
fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    Some(DateTime::<Utc>::from(date) - now)
}
