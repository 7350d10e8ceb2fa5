//! Bytes that a client sends over HTTP: an answer that is no mistake of the service, or none, and health goes on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use crate::service::service;

/// Longer than the service waits for a head.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends the bytes on a connection of their own, then asks for health.
pub fn run(bytes: &[u8]) {
    let answer = ask(bytes, true);
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "{}", shown(&answer));
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", shown(&answer));
    let health = ask(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", false);
    assert!(health.starts_with(b"HTTP/1.1 200"), "{}", shown(&health));
}

/// What the service answers to `bytes`. A client that says it is `over` may get less: nobody answers one that has gone.
fn ask(bytes: &[u8], over: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect(service().http()).expect("the service listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a socket");
    // The service may have answered and closed before everything is sent.
    let sent = stream.write_all(bytes);
    if sent.is_ok() && over {
        let _ = stream.shutdown(Shutdown::Write);
    }
    let mut answer = Vec::new();
    match stream.take(1 << 20).read_to_end(&mut answer) {
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            panic!("the service keeps a client that has sent everything")
        }
        // A connection that is reset is an end as well.
        _ => answer,
    }
}

fn shown(answer: &[u8]) -> String {
    String::from_utf8_lossy(&answer[..answer.len().min(500)]).into_owned()
}
