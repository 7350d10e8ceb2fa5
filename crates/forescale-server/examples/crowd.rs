//! More clients than a service can want: `crowd [COUNT]` connections that send nothing, a head without an end, or ask
//! and stay, in turn. Of 900 or more, hundreds that send nothing are turned away. Health has to answer within a second
//! all the time, and memory stays small.
//!
//! The service is this program again, told by an argument what to be, so that its memory is counted alone.

#[path = "../tests/waves/mod.rs"]
mod waves;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use forescale_server::SystemClock;

/// The longest that health may take.
const HEALTH: Duration = Duration::from_secs(1);

/// The most memory that the service may take, in MB.
const MEMORY: u64 = 512;

/// How long a client may take over its head.
const PATIENCE: Duration = Duration::from_secs(3);

/// Connections that the service takes; the rest are told to come back.
const USUAL: usize = 1_024;

fn main() {
    let mut arguments = std::env::args().skip(1);
    match (arguments.next().as_deref(), arguments.next()) {
        (Some("--serve"), Some(most)) => serve(&most),
        (count, _) => {
            let count = count.map_or(900, |text| text.parse().expect("a number of connections"));
            // Beyond what is taken, and all of them taken.
            crowd(count, USUAL.min(count / 3));
            crowd(count, count + 1_000);
        }
    }
}

fn crowd(count: usize, taken: usize) {
    let service = Served::start(taken);
    let alone = service.memory_mb("VmRSS");
    let mut health = Health::default();
    let mut held = Vec::new();
    for nth in 0..count {
        held.push(dawdler(service.address, nth));
        if nth % 100 == 0 {
            health.ask(service.address);
        }
    }
    let until = Instant::now() + PATIENCE * 2;
    while Instant::now() < until {
        // A byte now and then keeps no head alive.
        for stream in held.iter_mut().skip(1).step_by(3) {
            let _ = stream.write_all(b"x");
        }
        health.ask(service.address);
        std::thread::sleep(Duration::from_millis(100));
    }
    let left = held.iter().skip(1).step_by(3).filter(|stream| is_left(stream)).count();
    assert_eq!(left, held.iter().skip(1).step_by(3).count(), "slow heads that were left");
    let most = service.memory_mb("VmHWM");
    assert!(most < MEMORY, "{most} MB");
    drop(held);
    health.ask(service.address);
    println!(
        "{count} connections, {taken} of them taken: health answered {} times within {:.0} ms; \
         at most {most} MB, {alone} MB alone",
        health.times,
        health.longest.as_secs_f64() * 1e3
    );
}

/// A client that sends nothing, a head without an end, or a request and stays.
fn dawdler(address: SocketAddr, nth: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("the system takes the connection");
    let head: &[u8] = match nth % 3 {
        0 => b"",
        1 => b"GET /api/v1/targets HTTP/1.1\r\nhost: x\r\nx-slow: ",
        _ => b"GET /api/v1/targets HTTP/1.1\r\nhost: x\r\n\r\n",
    };
    // A service that has turned it away already is as good.
    let _ = stream.write_all(head);
    stream
}

/// Whether the service has closed the connection.
fn is_left(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket");
    let mut stream = stream;
    loop {
        match stream.read(&mut [0; 4_096]) {
            Ok(0) => return true,
            Ok(_) => {}
            Err(error) => return error.kind() != std::io::ErrorKind::WouldBlock,
        }
    }
}

#[derive(Default)]
struct Health {
    times: u32,
    longest: Duration,
}

impl Health {
    /// Asks on a new connection, as a probe does.
    fn ask(&mut self, address: SocketAddr) {
        let began = Instant::now();
        let mut stream = TcpStream::connect_timeout(&address, HEALTH).expect("a connection");
        stream.set_read_timeout(Some(HEALTH)).expect("a socket");
        let request = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        stream.write_all(request).expect("health takes a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("health answers in time");
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let took = began.elapsed();
        assert!(took < HEALTH, "health took {took:?}");
        (self.times, self.longest) = (self.times + 1, self.longest.max(took));
    }
}

/// The service as another process.
struct Served {
    process: Child,
    address: SocketAddr,
}

impl Served {
    fn start(most: usize) -> Self {
        let this = std::env::current_exe().expect("this program");
        let mut command = Command::new(this);
        command.arg("--serve").arg(most.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("it starts");
        let mut line = String::new();
        let stdout = process.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says its address");
        Self { process, address: line.trim().parse().expect("an address") }
    }

    fn memory_mb(&self, what: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the service is alive");
        let line = status.lines().find(|line| line.starts_with(what)).expect("it is measured");
        let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
        kilobytes.expect("a number") / 1_024
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It ends with its input; that it is killed already is as good.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve(most: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let seconds = PATIENCE.as_secs();
    let server = format!("max-connections = {most}\nheader-timeout = \"{seconds}s\"");
    let text = waves::settings(&server, "0 3 * * *");
    let running = waves::start(&text, Path::new(folder.path()), Arc::new(SystemClock));
    let running = running.expect("it starts");
    println!("{}", running.http());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    running.stop();
}
