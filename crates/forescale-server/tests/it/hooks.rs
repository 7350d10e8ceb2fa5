//! What webhooks are told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use chrono::TimeDelta;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::support::{Memory, Mood, TARGET, daily, serve, serve_with};

const SECRET: &str = "a secret of some length";

/// A webhook that refuses the first message it gets: its address, and the signatures and bodies that came.
fn hook() -> (String, Receiver<(String, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let (sender, received) = channel();
    std::thread::spawn(move || {
        for (nth, stream) in listener.incoming().enumerate() {
            let mut reader = BufReader::new(stream.unwrap());
            let (mut signature, mut length) = (String::new(), 0);
            for line in reader.by_ref().lines() {
                let line = line.unwrap();
                let Some((name, value)) = line.split_once(": ") else {
                    if line.is_empty() { break } else { continue }
                };
                match name.to_ascii_lowercase().as_str() {
                    "x-forescale-signature" => signature = value.to_owned(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let status = if nth == 0 { "500 Internal Server Error" } else { "204 No Content" };
            let answer =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            reader.into_inner().write_all(answer.as_bytes()).unwrap();
            if nth > 0 && sender.send((signature, String::from_utf8(body).unwrap())).is_err() {
                return;
            }
        }
    });
    (url, received)
}

#[test]
fn alerts_are_signed_and_sent_until_they_are_taken() {
    let (url, received) = hook();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let webhook = format!("[[webhook]]\nurl = {url:?}\nsecret-file = {:?}\n", file.path());
    let served = serve("", &format!("{webhook}{TARGET}"), daily);
    served.settle();
    served.running.service().tell();
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::minutes(36));
    served.running.service().tell();
    let next = || received.recv_timeout(Duration::from_secs(10)).unwrap();
    let (signature, body) = next();
    let message: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&message["alert"], &message["firing"]), (&"stale".into(), &true.into()), "{body}");
    assert_eq!(message["detail"], "connection refused");
    let time = signature.strip_prefix("t=").unwrap().split(',').next().unwrap();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{time}.{body}").as_bytes());
    let expected: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(signature, format!("t={time},v1={expected}"));
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    served.running.service().tell();
    let message: Value = serde_json::from_str(&next().1).unwrap();
    assert_eq!((&message["alert"], &message["firing"]), (&"stale".into(), &false.into()));
}

#[test]
fn an_alert_that_nobody_took_is_said_again_after_a_restart() {
    let (url, received) = hook();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let webhook = format!("[[webhook]]\nurl = {url:?}\nsecret-file = {:?}\n", file.path());
    let served = serve("", &format!("{webhook}{TARGET}"), daily);
    served.settle();
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::minutes(36));
    // The hook refuses this one, and the service ends before it is sent again.
    served.running.service().tell();
    let mut served = served.restart();
    let said = |served: &crate::support::Served| {
        served.running.service().tell();
        let body = received.recv_timeout(Duration::from_secs(10)).unwrap().1;
        let message: Value = serde_json::from_str(&body).unwrap();
        (message["alert"].as_str().unwrap().to_owned(), message["firing"].as_bool().unwrap())
    };
    assert_eq!(said(&served), ("stale".to_owned(), true));
    // What was taken is not said again: the next thing is its end.
    std::thread::sleep(Duration::from_millis(500));
    served = served.restart();
    served.running.service().tell();
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert_eq!(said(&served), ("stale".to_owned(), false));
}

#[test]
fn an_alert_that_is_over_after_a_restart_is_said_to_be_over() {
    let (url, received) = hook();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let webhook = format!("[[webhook]]\nurl = {url:?}\nsecret-file = {:?}\n", file.path());
    let down = |memory: &Memory| memory.set(Mood::Down);
    let served = serve_with("", &format!("{webhook}{TARGET}"), daily, down);
    served.settle();
    served.pass(TimeDelta::minutes(31));
    served.running.service().tell();
    let next = || {
        let body = received.recv_timeout(Duration::from_secs(10)).unwrap().1;
        serde_json::from_str::<Value>(&body).unwrap()
    };
    let message = next();
    let said = (&message["alert"], &message["firing"], &message["detail"]);
    assert_eq!(said, (&"waiting".into(), &true.into(), &"connection refused".into()));
    let served = served.restart();
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    served.running.service().tell();
    let message = next();
    assert_eq!((&message["alert"], &message["firing"]), (&"waiting".into(), &false.into()));
}
