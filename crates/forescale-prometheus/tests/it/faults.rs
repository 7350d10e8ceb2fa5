//! Servers that refuse, fail, stall, lie or flood: one clear error each, in time and within the cap of bytes.

use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use forescale_prometheus::{Client, PrometheusError, Settings};

use crate::server::{BEGIN, Reply, Server, now, series};

fn minutes() -> Reply {
    let samples: Vec<_> = (0..10).map(|minute| (BEGIN + 60 * minute, "4")).collect();
    series(&samples)
}

/// Answers with `first` for so many requests, and well from then on.
fn fails_first(times: usize, first: Reply) -> Server {
    let failed = AtomicUsize::new(0);
    Server::new(move |_| {
        if failed.fetch_add(1, Ordering::SeqCst) < times { first.clone() } else { minutes() }
    })
}

#[test]
fn a_refused_query_is_shown_word_for_word_and_never_repeated() {
    let server = Server::new(|_| {
        Reply::failure(400, "bad_data", "invalid parameter \\\"query\\\": 1:5: parse error: x")
    });
    let error = server.read("load").unwrap_err();
    let words = r#"status 400: invalid parameter "query": 1:5: parse error: x"#;
    assert!(error.to_string().ends_with(words), "{error}");
    assert!(!error.is_unavailable());
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn what_may_pass_is_repeated() {
    for (status, kind, text) in [
        (422, "execution", "context deadline exceeded"),
        (503, "timeout", "query timed out"),
        (502, "", "bad gateway"),
        (500, "internal", "x"),
        (429, "", "slow down"),
    ] {
        let server = fails_first(2, Reply::failure(status, kind, text));
        assert_eq!(server.read("load").unwrap().notes.requests, 3 + 1, "{status}, with metadata");
        assert_eq!(server.asked().len(), 3);
    }
}

#[test]
fn what_stays_slow_is_halved() {
    // Whoever asks for more than five minutes at once gets nothing.
    let server = Server::new(|request| {
        if request.form["query"] == "load[300s]" {
            let end: f64 = request.form["time"].parse().unwrap();
            let begin = end.ceil() as i64 - 300;
            let samples: Vec<_> = (0..5).map(|minute| (begin + 60 * minute, "4")).collect();
            return series(&samples);
        }
        Reply::failure(422, "execution", "context deadline exceeded")
    });
    let read = server.read("load").unwrap();
    assert_eq!((read.series.len(), read.series.gaps()), (10, 0));
    let asked = server.asked();
    assert_eq!(asked.len(), 4 + 2, "once and three times again, then the halves");
}

#[test]
fn a_server_that_stays_down_is_named_within_the_deadline() {
    let mut settings = Settings::new("http://127.0.0.1:9", "load");
    settings.deadline = Duration::from_secs(2);
    let started = Instant::now();
    let error = Client::new(settings, 1).unwrap().read(now()).unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
    assert!(error.to_string().starts_with("prometheus at http://127.0.0.1:9 "), "{error}");
    assert!(error.is_unavailable());
}

#[test]
fn a_stall_and_a_slow_drip_end_with_the_deadline() {
    let stall = Reply { wait: Duration::from_secs(60), ..minutes() };
    let drip = Reply { drip: Some(Duration::from_millis(50)), ..minutes() };
    for reply in [stall, drip] {
        let server = Server::new(move |_| reply.clone());
        let mut settings = server.settings("load");
        settings.deadline = Duration::from_millis(1_500);
        settings.timeout = Duration::from_millis(800);
        let started = Instant::now();
        let error = server.read_as(settings).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        assert!(matches!(error, PrometheusError::Deadline { .. }), "{error}");
        assert!(error.to_string().contains("within 1.5 s"), "{error}");
    }
}

#[test]
fn a_flood_ends_at_the_cap() {
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(br#"{"status":"success","data":{"resultType":"matrix","result":["#).unwrap();
    for _ in 0..64 {
        bomb.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let mut bomb = Reply::json(bomb.finish().unwrap());
    bomb.headers.push(("Content-Encoding".into(), "gzip".into()));
    let blank = Reply { times: 64, ..Reply::json([b' '; 1 << 20]) };
    for reply in [bomb, blank] {
        let server = Server::new(move |_| reply.clone());
        let mut settings = server.settings("load");
        settings.max_bytes = 1_000_000;
        let error = server.read_as(settings).unwrap_err();
        assert!(error.to_string().ends_with("more than 1000000 bytes"), "{error}");
    }
}

#[test]
fn what_is_no_answer_is_one_error() {
    let whole = String::from_utf8(minutes().body).unwrap();
    let broken_gzip = {
        let mut reply = minutes();
        reply.headers.push(("Content-Encoding".into(), "gzip".into()));
        reply
    };
    for (reply, words) in [
        (Reply::new(200, "text/html; charset=utf-8", "<html>log in</html>"), "an HTML page"),
        (Reply::new(404, "text/html", "<html>"), "status 404: it sends an HTML page"),
        (Reply::json(&whole.as_bytes()[..whole.len() / 2]), "cut short"),
        (Reply::json(""), "cut short"),
        (Reply::json("{}"), "missing field `status`"),
        (Reply::json(r#"{"status":"success"}"#), "it has no data"),
        (Reply::json(r#"{"status":"maybe"}"#), r#"its status is "maybe""#),
        (Reply::json(format!("{whole}x")), "trailing characters"),
        (Reply::json("[".repeat(1_000)), "does not answer as Prometheus does"),
        (broken_gzip, "its gzip is broken"),
        (
            Reply::new(401, "text/plain", "Unauthorized\n"),
            "refuses access with status 401: Unauthorized",
        ),
        (Reply::new(404, "text/plain", "404 page\x1b[31m not found"), "404 page [31m not found"),
        (
            Reply::new(400, "text/plain", "Client sent an HTTP request to an HTTPS server."),
            "HTTPS server",
        ),
    ] {
        let error = Server::new(move |_| reply.clone()).read("load").unwrap_err();
        let message = error.to_string();
        assert!(message.starts_with("prometheus at http://127.0.0.1:"), "{message}");
        assert!(message.contains(words), "{words}: {message}");
        assert!(!error.hint().is_empty());
    }
}

#[test]
fn a_redirect_is_not_followed_with_the_credentials() {
    let server = Server::new(|_| {
        let mut reply = Reply::new(302, "text/html", "");
        reply.headers.push(("Location".into(), "http://elsewhere/".into()));
        reply
    });
    let error = server.read("load").unwrap_err().to_string();
    assert!(error.ends_with("status 302: it redirects to http://elsewhere/"), "{error}");
}

#[test]
fn credentials_are_sent_and_a_changed_token_is_read_again() {
    let server = Server::new(|request| match request.headers.get("authorization") {
        Some(token) if token == "Bearer second" => minutes(),
        _ => Reply::new(401, "text/plain", "no"),
    });
    let folder = tempfile::tempdir().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "first\n").unwrap();
    let mut settings = server.settings("load");
    settings.bearer_token_file = Some(token.clone());
    let client = Client::new(settings.clone(), 1).unwrap();
    assert!(matches!(client.read(now()), Err(PrometheusError::Access { status: 401, .. })));
    std::fs::write(&token, "second\n").unwrap();
    client.read(now()).unwrap();
    assert!(!format!("{client:?}{settings:?}").contains("second"));
}

#[test]
fn basic_authentication_and_headers_are_sent() {
    let server = Server::new(|_| minutes());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "open sesame\n").unwrap();
    let mut settings: Settings = toml::from_str(&format!(
        "url='http://{}'\nquery='load'\nrange='10m'\n[basic-auth]\nuser='me'\npassword-file='{}'\n\
         [headers]\nX-Scope-OrgID='shop'\nX-Key={{file='{}'}}",
        server.address,
        file.display(),
        file.display()
    ))
    .unwrap();
    server.read_as(settings.clone()).unwrap();
    let headers = &server.asked()[0].headers;
    assert_eq!(headers["authorization"], "Basic bWU6b3BlbiBzZXNhbWU=");
    assert_eq!(
        (headers["x-scope-orgid"].as_str(), headers["x-key"].as_str()),
        ("shop", "open sesame")
    );
    settings.bearer_token_file = Some(file.clone());
    let error = Client::new(settings, 1).unwrap_err().to_string();
    assert!(error.contains("given twice"), "{error}");
    let source = format!(
        "prometheus://{}?query=load&range=10m&header=X-Scope-OrgID:shop&header-file=X-Key:{}",
        server.address,
        file.display()
    );
    server.read_as(Settings::from_source(&source).unwrap()).unwrap();
    let headers = server.asked().pop().unwrap().headers;
    assert_eq!((&*headers["x-scope-orgid"], &*headers["x-key"]), ("shop", "open sesame"));
}
