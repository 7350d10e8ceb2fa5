//! Whether a source will answer, for `forescale doctor`: each check on its own, with what it found.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::time::format_span;
use serde::Deserialize;
use ureq::http::HeaderMap;

use crate::asking::Asking;
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
        let mut asking = Asking::new(&self.caller, self.seed);
        let response = match self.caller.get("/-/ready", &mut asking.budget) {
            Ok(response) => response,
            Err(error) => return vec![Check { name: "ready", result: Err(error) }],
        };
        let skew = skew(response.headers(), now);
        let ready = match response.status().as_u16() {
            200..300 => Ok(format!("{} is ready", self.name())),
            404 => Ok("it does not say whether it is ready, as Prometheus would".to_owned()),
            _ => Err(self.caller.refused(response, &mut asking.budget)),
        };
        let mut checks = vec![Check { name: "ready", result: ready }];
        checks.push(Check { name: "version", result: self.version(&mut asking.budget) });
        if let Some(skew) = skew {
            checks.push(Check { name: "clock", result: self.clock(skew) });
        }
        checks.push(Check { name: "query", result: query_age(&mut asking, now) });
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
}

/// What the query gives, and how old the newest sample behind it is.
fn query_age(asking: &mut Asking<'_>, now: DateTime<Utc>) -> Result<String, PrometheusError> {
    let query = &asking.settings().query;
    let promql = Promql::read(query);
    if let Some(promql) = &promql {
        metadata::refuse_counters(asking.caller, &promql.raw_metrics, &mut asking.budget)?;
    }
    let value = asking.instant(query, now)?;
    let selectors = promql.map_or_else(Vec::new, |promql| promql.selectors);
    let mut newest = None;
    for selector in selectors {
        let taken = asking.instant(&format!("max(timestamp({selector}))"), now).ok();
        newest = newest.max(taken.and_then(|at| DateTime::from_timestamp(at as i64, 0)));
    }
    let age = newest.map(|at| format_span((now - at).max(TimeDelta::zero())));
    let age = age.map_or_else(String::new, |age| format!(", from a sample {age} old"));
    Ok(format!("{query} is {value} now{age}"))
}

/// How far the server's clock is ahead.
fn skew(headers: &HeaderMap, now: DateTime<Utc>) -> Option<TimeDelta> {
    let date = httpdate::parse_http_date(headers.get("date")?.to_str().ok()?).ok()?;
    Some(DateTime::<Utc>::from(date) - now)
}
