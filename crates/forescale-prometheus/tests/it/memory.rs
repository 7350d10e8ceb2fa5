//! What a flood costs.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::server::{Reply, Server};

/// The most bytes a flood may cost, beyond what a small answer does.
const MOST: u64 = 64 << 20;

/// Set in the process that measures.
const ALONE: &str = "FORESCALE_MEASURES_ALONE";

/// The test runs itself in a process of its own, whose peak of memory no other test raises.
#[test]
fn a_gigabyte_ends_at_the_cap_of_bytes_with_little_memory() {
    if std::env::var_os(ALONE).is_some() {
        return floods();
    }
    let name = "memory::a_gigabyte_ends_at_the_cap_of_bytes_with_little_memory";
    let this = std::env::current_exe().unwrap();
    let run = Command::new(this).args(["--exact", name, "--nocapture"]).env(ALONE, "1").output();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stderr));
    assert!(said.contains("1 passed"), "the name above is that of this test: {said}");
}

fn floods() {
    let blank = vec![b' '; 1 << 20];
    let text = vec![b'a'; 1 << 20];
    let samples = b"[1767571200,\"1\"],".repeat(1 << 16);
    let series = br#"{"metric":{"a":"b"},"values":[]},"#.repeat(1 << 15);
    let begin = r#"{"status":"success","data":{"resultType":"matrix","result":["#;
    let floods = [
        ("blanks", String::new(), blank),
        ("samples", format!(r#"{begin}{{"metric":{{}},"values":["#), samples),
        ("series", begin.to_owned(), series),
        ("text", r#"{"status":""#.to_owned(), text),
    ];
    let small = Server::new(|_| Reply::json("{}"));
    assert!(small.read("load").is_err());
    for (what, head, body) in floods {
        let times = (1 << 30) / body.len();
        let server = Server::new(move |_| Reply {
            times,
            head: head.clone().into(),
            ..Reply::json(&body[..])
        });
        let (before, started) = (peak(), Instant::now());
        let error = server.read("load").unwrap_err();
        let cost = peak() - before;
        println!("{what}: {} MB, {:?}: {error}", cost >> 20, started.elapsed());
        assert!(cost <= MOST, "{what}: {cost} bytes");
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

/// The most memory this process had, in bytes.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1_024
}
