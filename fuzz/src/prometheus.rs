//! Bytes that a Prometheus might answer: a series of finite loads, or an error of readable length.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_prometheus::{Client, Settings};

/// The moment that is read up to.
const NOW: i64 = 1_767_571_800;

/// Reads ten minutes from a server that answers everything with `bytes`.
pub fn run(bytes: &[u8]) {
    static SERVER: OnceLock<(Client, Arc<Mutex<Vec<u8>>>)> = OnceLock::new();
    let (client, body) = SERVER.get_or_init(|| {
        let body: Arc<Mutex<Vec<u8>>> = Arc::default();
        (client(serve(Arc::clone(&body))), body)
    });
    *body.lock().expect("nobody panics with it") = bytes.to_vec();
    let now: DateTime<Utc> = DateTime::from_timestamp(NOW, 0).expect("a moment");
    match client.read(now) {
        Ok(read) => {
            assert!(read.series.len() <= 10 && read.series.end() == now);
            assert!(read.series.present().all(|load| load.is_finite() && load >= 0.0));
        }
        Err(error) => assert!(error.to_string().len() < 20_000),
    }
}

fn client(address: SocketAddr) -> Client {
    let mut settings = Settings::new(format!("http://{address}"), "load");
    settings.range = TimeDelta::minutes(10);
    settings.min_coverage = 0.0;
    settings.deadline = Duration::from_secs(5);
    Client::new(settings, 1).expect("the settings are right")
}

/// A server on a free port, which ends with the process.
fn serve(body: Arc<Mutex<Vec<u8>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let body = Arc::clone(&body);
            // A client that hangs up has had what it wanted.
            std::thread::spawn(move || answer(&stream, &body));
        }
    });
    address
}

fn answer(stream: &TcpStream, body: &Mutex<Vec<u8>>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut read = BufReader::new(stream);
    while skip_request(&mut read)? {
        let body = body.lock().expect("nobody panics with it").clone();
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let mut stream = stream;
        stream.write_all(&[head.into_bytes(), body].concat())?;
    }
    Ok(())
}

/// Whether there was another request.
fn skip_request(read: &mut impl BufRead) -> std::io::Result<bool> {
    let (mut line, mut length) = (String::new(), 0);
    while read.read_line(&mut line)? > 0 {
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            None if line.trim_end().is_empty() => {
                return std::io::copy(&mut read.take(length), &mut std::io::sink()).map(|_| true);
            }
            _ => {}
        }
        line.clear();
    }
    Ok(false)
}
