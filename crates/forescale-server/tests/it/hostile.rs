//! Requests that nobody would send: refused in time, and the next one is answered.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tonic::Code;

use crate::keda::Keda;
use crate::support::{Served, TARGET, agent, daily, serve};

fn served() -> Served {
    let served = serve("", TARGET, daily);
    served.settle();
    served
}

/// The first line that the service answers to `request` with.
fn raw(served: &Served, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(served.running.http()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    // The service may have answered and closed before everything is sent.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_query_beyond_every_measure_is_a_problem_or_an_answer() {
    let served = served();
    let many = vec!["0.5"; 33].join(",");
    let long = "9".repeat(6_000);
    for (path, status) in [
        ("plan?at=%2B262142-12-31T23:59:59Z".to_owned(), 422),
        ("plan?at=-262143-01-01T00:00:00Z".to_owned(), 200),
        (format!("plan?at=2{long}-01-01T00:00:00Z"), 422),
        ("plan?h=1000000000000".to_owned(), 422),
        ("forecast?horizon=1000000000d".to_owned(), 422),
        (format!("forecast?quantiles={many}"), 422),
        (format!("forecast?quantiles=0.{long}"), 422),
        ("forecast?quantiles=NaN".to_owned(), 422),
        ("forecast?quantiles=inf".to_owned(), 422),
        ("forecast?quantiles=1e-400".to_owned(), 422),
        ("forecast?quantiles=5e-324".to_owned(), 200),
        ("plans?limit=-1".to_owned(), 422),
        ("plans?limit=4294967296".to_owned(), 422),
        (format!("plans?limit={long}"), 422),
        ("plans?limit=1&limit=1000".to_owned(), 422),
        ("accuracy?limit=1001".to_owned(), 422),
        (format!("{long}/plan"), 404),
    ] {
        let (got, body) = served.text_at(&format!("/api/v1/targets/web/{path}"));
        let short = path.chars().take(60).collect::<String>();
        assert_eq!(got, status, "{short}: {}", body.chars().take(300).collect::<String>());
        assert!(body.len() < 200_000, "{short}: {} bytes", body.len());
        assert_eq!(served.text_at("/healthz").0, 200, "{short}");
    }
}

#[test]
fn a_body_is_never_read_further_than_it_may_be() {
    let served = served();
    let url = served.url("/api/v1/targets/web/plan");
    // A body that says how long it is, and one that does not.
    let large = vec![b'['; 11 << 20];
    let refused = |answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>| match answer {
        Ok(response) => assert_eq!(response.status(), 413),
        // The service may have closed before everything was sent.
        Err(error) => assert!(matches!(error, ureq::Error::Io(_)), "{error}"),
    };
    refused(agent().post(&url).send(&large[..]));
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    let answer = agent().post(&url).content_type("application/json").send(deep.as_bytes());
    // A plan that is asked for needs no body, so none is parsed.
    assert_eq!(answer.unwrap().status(), 200);
    assert_eq!(served.text_at("/healthz").0, 200);
}

#[test]
fn a_head_beyond_every_measure_is_refused() {
    let served = served();
    let long = "a".repeat(100_000);
    let many: String = (0..5_000).map(|nth| format!("x-{nth}: y\r\n")).collect();
    for request in [
        format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {long}\r\n\r\n"),
        format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n"),
        "GET /healthz HTTP/9.9\r\n\r\n".to_owned(),
        "POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n".to_owned(),
        "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n".to_owned(),
        "\0\u{1}\u{2}\r\n\r\n".to_owned(),
    ] {
        let began = Instant::now();
        let answer = raw(&served, request.as_bytes());
        let begin = request.chars().take(40).collect::<String>();
        let refused = answer.is_empty() || answer.starts_with("HTTP/1.1 4");
        assert!(refused, "{begin}: {answer}");
        assert!(began.elapsed() < Duration::from_secs(2), "{begin}");
        assert_eq!(served.text_at("/healthz").0, 200, "{begin}");
    }
}

#[test]
fn metadata_beyond_every_measure_are_an_error() {
    let served = served();
    let mut keda = Keda::of(&served);
    let long = "9".repeat(30_000);
    let huge = "x".repeat(100_000);
    for (key, value, code) in [
        ("lead", "106751991167d", Code::Unavailable),
        ("lead", "9223372036854775807s", Code::InvalidArgument),
        ("lead", "PT-1H", Code::InvalidArgument),
        ("lead", &long, Code::InvalidArgument),
        ("quantile", "NaN", Code::InvalidArgument),
        ("quantile", "1e-400", Code::InvalidArgument),
        ("quantile", &long, Code::InvalidArgument),
        ("metric", "\u{0}\r\n", Code::InvalidArgument),
        ("more", &huge, Code::OutOfRange),
    ] {
        let error = keda.value(&[("target", "web"), (key, value)]).unwrap_err();
        let short = value.chars().take(40).collect::<String>();
        assert_eq!(error.code(), code, "{key} = {short}: {error}");
        assert!(error.message().len() < 1_000, "{key} = {short}: {} bytes", error.message().len());
        assert!(keda.value(&[("target", "web")]).is_ok(), "{key} = {short}");
    }
}
