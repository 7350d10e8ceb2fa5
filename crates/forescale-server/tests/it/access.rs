//! Who is let in, and how much of the service one client can take.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tonic::Code;

use crate::keda::Keda;
use crate::support::{TARGET, agent, daily, eventually, serve};

const SECRET: &str = "a secret of some length";

fn guarded() -> crate::support::Served {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{SECRET}\n")).unwrap();
    let served = serve(&format!("token-file = {:?}", file.path()), TARGET, daily);
    served.settle();
    served
}

#[test]
fn only_the_token_opens_the_api() {
    let served = guarded();
    let status = |path: &str, token: Option<&str>| {
        let mut request = agent().get(served.url(path));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.call().unwrap().status().as_u16()
    };
    for path in ["/api/v1/targets", "/api/v1/targets/web/plan", "/api/v1/targets/none"] {
        assert_eq!(status(path, None), 401, "{path}");
        assert_eq!(status(path, Some("a secret of some lengtH")), 401, "{path}");
    }
    assert_eq!(status("/api/v1/targets/web/plan", Some(SECRET)), 200);
    for open in ["/healthz", "/readyz", "/metrics", "/", "/api", "/api/openapi.json"] {
        assert_eq!(status(open, None), 200, "{open}");
    }
}

#[test]
fn who_guesses_has_to_wait_and_who_brings_nothing_does_not_guess() {
    let served = guarded();
    let status = |token: Option<&str>| {
        let mut request = agent().get(served.url("/api/v1/targets"));
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        request.call().unwrap().status().as_u16()
    };
    assert!((0..40).all(|_| status(None) == 401));
    let guesses: Vec<_> =
        (0..40).map(|guess| status(Some(&format!("guess number {guess}")))).collect();
    assert_eq!((guesses[0], guesses[39]), (401, 429));
    // Who knows the token may come from the same address.
    assert_eq!((status(Some(SECRET)), served.text_at("/healthz").0), (200, 200));
    // What was guessed over HTTP counts over gRPC.
    let mut keda = Keda::of(&served);
    let mut code = |token: &str| {
        let asked = [("target", "web"), ("metric", "instances"), ("token", token)];
        keda.value(&asked).map_err(|error| error.code()).err()
    };
    assert_eq!(code("another guess"), Some(Code::ResourceExhausted));
    assert_eq!(code(SECRET), None);
}

#[test]
fn who_guesses_over_grpc_has_to_wait_over_both() {
    let served = guarded();
    let mut keda = Keda::of(&served);
    let mut code = |token: &str| {
        let asked = [("target", "web"), ("metric", "instances"), ("tokenFromEnv", token)];
        keda.value(&asked).map_err(|error| error.code()).err()
    };
    let guesses: Vec<_> = (0..40).map(|guess| code(&format!("guess number {guess}"))).collect();
    assert_eq!(guesses[0], Some(Code::Unauthenticated));
    assert_eq!(guesses[39], Some(Code::ResourceExhausted));
    assert_eq!(code(SECRET), None);
    let request = agent().get(served.url("/api/v1/targets"));
    let answer = request.header("authorization", "Bearer another guess").call().unwrap();
    assert_eq!(answer.status(), 429);
}

#[test]
fn pages_hold_no_data_and_run_nothing_but_their_own() {
    let served = serve("", TARGET, daily);
    served.settle();
    for page in ["/", "/api"] {
        let mut response = agent().get(served.url(page)).call().unwrap();
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        let html = response.body_mut().read_to_string().unwrap();
        assert!(!html.contains("http:") && !html.contains("https:") && !html.contains("web"));
        for file in html.split('"').filter(|part| part.starts_with("/assets/")) {
            assert_eq!(served.text_at(file).0, 200, "{file}");
        }
    }
    assert_eq!(served.text_at("/assets/..%2f..%2fCargo.toml").0, 404);
}

#[test]
fn the_description_names_every_route() {
    let served = serve("", TARGET, daily);
    served.settle();
    let (_, api) = served.get("/api/openapi.json");
    assert!(api["openapi"].as_str().unwrap().starts_with("3."));
    let paths = api["paths"].as_object().unwrap();
    assert!(paths.contains_key("/api/v1/targets/{name}/replay"), "{paths:?}");
    let quantiles = &paths["/api/v1/targets/{name}/forecast"]["get"]["parameters"][1]["schema"];
    assert_eq!(quantiles["pattern"], "^[^,]+(,[^,]+){0,31}$");
    for (path, methods) in paths {
        for operation in methods.as_object().unwrap().values() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["401", "413", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{path} may answer {status}");
            }
            for (status, response) in
                responses.iter().filter(|(status, _)| status.as_str() >= "400")
            {
                let kinds: Vec<_> = response["content"].as_object().unwrap().keys().collect();
                assert_eq!(kinds, ["application/problem+json"], "{path} {status}");
            }
        }
        let operations = methods.as_object().unwrap().values();
        for parameter in operations.flat_map(|o| o["parameters"].as_array().into_iter().flatten()) {
            let named = path.contains(&format!("{{{}}}", parameter["name"].as_str().unwrap()));
            assert_eq!(parameter["in"], if named { "path" } else { "query" }, "{path} {parameter}");
            assert_eq!(parameter["required"], named, "{path} {parameter}");
        }
    }
    for path in paths.keys().filter(|path| paths[*path]["get"].is_object()) {
        assert_eq!(served.get(&path.replace("{name}", "web")).0, 200, "{path}");
    }
}

/// Sends `head` and waits until the service closes the connection; what it said, and how long it took.
fn left(address: std::net::SocketAddr, head: &[u8]) -> (String, Duration) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(8))).unwrap();
    let began = Instant::now();
    stream.write_all(head).unwrap();
    let mut said = Vec::new();
    let _ = stream.read_to_end(&mut said);
    (String::from_utf8_lossy(&said).into_owned(), began.elapsed())
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_comes() {
    let served = serve("", TARGET, daily);
    let head = b"POST /api/v1/targets/web/plan HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
                 content-length: 10000001\r\n\r\n";
    let (said, took) = left(served.running.http(), head);
    assert!(said.starts_with("HTTP/1.1 413"), "{said}");
    assert!(said.contains("content-type: application/problem+json"), "{said}");
    assert!(took < Duration::from_secs(4), "{took:?}");
}

#[test]
fn a_client_that_dawdles_is_left() {
    let served = serve("header-timeout = \"1s\"", TARGET, daily);
    let (http, grpc) = (served.running.http(), served.running.grpc().unwrap());
    for (address, head) in [
        (http, &b""[..]),
        (http, b"GET /healthz HTTP/1.1\r\nhost: x\r\n"),
        (grpc, b""),
        (grpc, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ] {
        let (_, took) = left(address, head);
        assert!(took < Duration::from_secs(4), "{head:?} held a connection for {took:?}");
    }
    assert_eq!(served.text_at("/healthz").0, 200);
}

#[test]
fn a_client_that_takes_no_answer_is_left() {
    let served = serve("header-timeout = \"1s\"\nmax-connections = 1", TARGET, daily);
    served.settle();
    let mut stream = TcpStream::connect(served.running.http()).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
    let asked = b"GET /api/v1/targets/web/plan HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    // Until the service reads no more, since its answers are not taken; or it has left already.
    while stream.write_all(&asked).is_ok() {}
    // The only connection is free again.
    let status =
        || agent().get(served.url("/api/v1/targets")).call().map(|it| it.status().as_u16());
    eventually("the client is left", || status().is_ok_and(|status| status == 200));
}

#[test]
fn beyond_the_most_connections_health_still_answers() {
    let served = serve("max-connections = 4", TARGET, daily);
    let address = served.running.http();
    let _held: Vec<TcpStream> = (0..4).map(|_| TcpStream::connect(address).unwrap()).collect();
    // The connections are taken one after the other.
    std::thread::sleep(Duration::from_millis(200));
    let (said, _) = left(address, b"GET /api/v1/targets HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 503") && said.contains("Retry-After: 1"), "{said}");
    let (said, took) = left(address, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 200") && took < Duration::from_secs(1), "{said} {took:?}");
    // Nor does a crowd that says nothing hide it.
    let _silent: Vec<TcpStream> = (0..400).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (said, took) = left(address, b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(said.starts_with("HTTP/1.1 200") && took < Duration::from_secs(1), "{said} {took:?}");
}
