//! What `forescale doctor` finds out about a source.

use chrono::TimeDelta;
use forescale_prometheus::{Check, Client, PrometheusError, Settings};

use crate::server::{Reply, Request, Server, matrix, now};

/// A server as it should be; `date` is what its clock says.
fn server(date: &str) -> Server {
    let date = date.to_owned();
    Server::new(move |request: &Request| {
        let mut reply = match request.path.as_str() {
            "/-/ready" => Reply::new(200, "text/plain", "ready"),
            "/api/v1/status/buildinfo" => {
                Reply::json(r#"{"status":"success","data":{"version":"2.42.0"}}"#)
            }
            _ if request.form["query"].contains("timestamp") => value(now().timestamp() - 12),
            _ => value(7),
        };
        reply.headers.push(("Date".into(), date.clone()));
        reply
    })
}

fn value(value: i64) -> Reply {
    matrix(&format!(r#"{{"metric":{{}},"value":[1,"{value}"]}}"#))
}

fn probe(server: &Server) -> Vec<Check> {
    Client::new(server.settings("sum(rate(load[5m]))"), 1).unwrap().probe(now())
}

fn date(moment: chrono::DateTime<chrono::Utc>) -> String {
    httpdate::fmt_http_date(moment.into())
}

#[test]
fn a_healthy_source_passes_every_check() {
    let checks = probe(&server(&date(now() + TimeDelta::seconds(2))));
    let found: Vec<_> =
        checks.into_iter().map(|check| (check.name, check.result.unwrap())).collect();
    let names: Vec<_> = found.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["ready", "version", "clock", "query"]);
    assert_eq!(found[1].1, "version 2.42.0");
    assert_eq!(found[2].1, "the clocks differ by 2 s");
    assert_eq!(found[3].1, "sum(rate(load[5m])) is 7 now, from a sample 12s old");
}

#[test]
fn a_clock_that_differs_is_an_error() {
    let checks = probe(&server(&date(now() - TimeDelta::minutes(5))));
    let Err(PrometheusError::ClockSkew { seconds, ahead, .. }) = checks[2].result else {
        panic!("{checks:?}")
    };
    assert_eq!((seconds, ahead), (300, false));
}

#[test]
fn each_check_fails_on_its_own() {
    let server = Server::new(|request| match request.path.as_str() {
        "/-/ready" => Reply::new(503, "text/plain", "Service Unavailable"),
        "/api/v1/status/buildinfo" => Reply::new(401, "text/plain", "Unauthorized"),
        _ => matrix(""),
    });
    let results: Vec<_> = probe(&server).into_iter().map(|check| check.result).collect();
    assert!(matches!(results[0], Err(PrometheusError::Server { status: 503, .. })));
    assert!(matches!(results[1], Err(PrometheusError::Access { .. })));
    assert!(matches!(results[2], Err(PrometheusError::NoSeries { .. })));
    let gone = Client::new(Settings::new("http://127.0.0.1:9", "load"), 1).unwrap().probe(now());
    assert_eq!(gone.len(), 1, "without a server nothing else is known");
    assert!(matches!(gone[0].result, Err(PrometheusError::Unreachable { .. })));
}
