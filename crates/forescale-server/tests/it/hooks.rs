//! What webhooks are told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use crate::support::{Load, Memory, Mood, START, Served, TARGET, daily, eventually, serve_with};

const SECRET: &str = "a secret of some length";

/// A webhook that refuses the first messages it gets: its address, and the signatures and bodies that came.
fn hook(refuses: usize) -> (String, Receiver<(String, String)>) {
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
            let status = if nth < refuses { "500 Internal Server Error" } else { "204 No Content" };
            let answer =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            reader.into_inner().write_all(answer.as_bytes()).unwrap();
            if nth >= refuses && sender.send((signature, String::from_utf8(body).unwrap())).is_err()
            {
                return;
            }
        }
    });
    (url, received)
}

/// A service with a hook, what the hook gets, and the file of its secret.
fn hooked() -> (Served, Receiver<(String, String)>, tempfile::NamedTempFile) {
    hooked_with(|_| ())
}

/// The same with a source that `prepare` has changed before it was asked.
fn hooked_with(
    prepare: impl FnOnce(&Memory),
) -> (Served, Receiver<(String, String)>, tempfile::NamedTempFile) {
    hooked_to(TARGET, daily, prepare)
}

/// The same with another load and other `targets`, which stand after the keys of the hook.
fn hooked_to(
    targets: &str,
    load: Load,
    prepare: impl FnOnce(&Memory),
) -> (Served, Receiver<(String, String)>, tempfile::NamedTempFile) {
    hooked_refusing(1, targets, load, prepare)
}

/// The same with a hook that refuses so many messages.
fn hooked_refusing(
    refuses: usize,
    targets: &str,
    load: Load,
    prepare: impl FnOnce(&Memory),
) -> (Served, Receiver<(String, String)>, tempfile::NamedTempFile) {
    let (url, received) = hook(refuses);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), SECRET).unwrap();
    let webhook =
        format!("[[webhook]]\nname = \"ops\"\nurl = {url:?}\nsecret-file = {:?}\n", file.path());
    let served = serve_with("", &format!("{webhook}{targets}"), load, prepare);
    served.settle();
    (served, received, file)
}

#[test]
fn alerts_are_signed_and_sent_until_they_are_taken() {
    let (served, received, _secret) = hooked();
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
fn a_target_that_names_its_webhooks_is_told_to_no_other() {
    let outputs = |names: &str| format!("[target.outputs]\nwebhooks = {names}\n");
    let two = format!(
        "{TARGET}{}{}{}",
        outputs("[]"),
        TARGET.replace("\"web\"", "\"shop\""),
        outputs("[\"ops\"]")
    );
    let (served, received, _secret) = hooked_to(&two, daily, |_| ());
    served.memory.set(Mood::Down);
    served.pass(TimeDelta::minutes(36));
    served.running.service().tell();
    let message: Value =
        serde_json::from_str(&received.recv_timeout(Duration::from_secs(10)).unwrap().1).unwrap();
    assert_eq!((&message["alert"], &message["target"]), (&"stale".into(), &"shop".into()));
    // Both targets are stale, but nobody hears of the other one.
    assert!(received.recv_timeout(Duration::from_millis(500)).is_err());
}

#[test]
fn an_alert_that_nobody_took_is_said_again_after_a_restart() {
    let (served, received, _secret) = hooked();
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
    eventually("that it was taken is known", || {
        served.running.service().note_taken();
        let alerts = served.running.service().store.alerts().unwrap();
        alerts.iter().any(|(_, alert, taken)| alert == "stale" && *taken)
    });
    served = served.restart();
    served.running.service().tell();
    served.memory.set(Mood::Up);
    served.pass(TimeDelta::minutes(5));
    assert_eq!(said(&served), ("stale".to_owned(), false));
}

#[test]
fn an_alert_that_is_over_after_a_restart_is_said_to_be_over() {
    let (served, received, _secret) = hooked_with(|memory| memory.set(Mood::Down));
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

#[test]
fn a_restart_does_not_make_a_target_wait_for_its_alert_anew() {
    let (mut served, received, _secret) =
        hooked_refusing(0, TARGET, daily, |memory| memory.set(Mood::Down));
    // A third of an hour before it and a sixth after: the half hour of the alert is over.
    for minutes in [20, 12] {
        served.pass(TimeDelta::minutes(minutes));
        served.running.service().tell();
        if minutes == 20 {
            assert!(received.recv_timeout(Duration::from_millis(500)).is_err());
            served = served.restart();
        }
    }
    let body = received.recv_timeout(Duration::from_secs(10)).unwrap().1;
    let message: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(message["alert"], "waiting");
}

/// From nine on five times as much as before.
fn jumping(at: DateTime<Utc>) -> f64 {
    if at.timestamp() % 86_400 < 9 * 3_600 { 100.0 } else { 500.0 }
}

/// A day that repeats, until the load suddenly trebles.
fn trebling(at: DateTime<Utc>) -> f64 {
    let moment = START.parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(30);
    if at < moment { daily(at) } else { 3.0 * daily(at) }
}

/// What has to happen for an alert, and what it then says.
struct Case {
    alert: &'static str,
    /// What of the target is replaced, and by what.
    change: (&'static str, &'static str),
    load: Load,
    mood: Mood,
    minutes: i64,
    detail: &'static str,
}

const WELL: Case =
    Case { alert: "", change: ("", ""), load: daily, mood: Mood::Up, minutes: 0, detail: "" };

#[test]
fn each_condition_is_told_with_its_reason() {
    for case in [
        Case {
            alert: "stale",
            mood: Mood::Down,
            minutes: 40,
            detail: "connection refused",
            ..WELL
        },
        Case {
            alert: "budget_at_risk",
            change: ("max = 60", "max = 12"),
            detail: "held at the maximum",
            ..WELL
        },
        Case {
            alert: "budget_at_risk",
            change: ("max = 60", "max = 60\nmax-scale-up = 1"),
            load: jumping,
            detail: "add the most that a step may",
            ..WELL
        },
        Case {
            alert: "cost_limit",
            change: ("horizon", "cost-per-instance-hour = 0.5\nmax-cost-per-hour = 6.0\nhorizon"),
            detail: "held at the most cost",
            ..WELL
        },
        Case {
            alert: "accuracy_collapsed",
            load: trebling,
            minutes: 240,
            detail: "there was",
            ..WELL
        },
    ] {
        let targets = TARGET.replacen(case.change.0, case.change.1, 1);
        let (served, received, _secret) = hooked_to(&targets, case.load, |_| ());
        served.memory.set(case.mood);
        for _ in 0..case.minutes / 5 {
            served.pass(TimeDelta::minutes(5));
        }
        served.running.service().tell();
        let found = std::iter::from_fn(|| received.recv_timeout(Duration::from_secs(10)).ok())
            .map(|(_, body)| serde_json::from_str::<Value>(&body).unwrap())
            .find(|message| message["alert"] == case.alert);
        let message = found.unwrap_or_else(|| panic!("{} is not told", case.alert));
        assert_eq!((&message["kind"], &message["target"]), (&"alert".into(), &"web".into()));
        assert_eq!(message["firing"], true, "{message}");
        assert!(message["detail"].as_str().unwrap().contains(case.detail), "{message}");
    }
}

#[test]
fn the_next_step_of_a_plan_is_told_as_a_new_plan_is() {
    let targets = format!("plans = true\n{}", TARGET.replace("\"5m\"\neval", "\"6h\"\neval"));
    let (served, received, _secret) = hooked_to(&targets, daily, |_| ());
    let instances = || served.get("/api/v1/targets/web/plan").1["instances"].clone();
    let first = instances();
    served.running.service().tell();
    // No new plan is made, and the load that was expected rises.
    while instances() == first {
        served.pass(TimeDelta::minutes(5));
    }
    served.running.service().tell();
    let body = received.recv_timeout(Duration::from_secs(10)).unwrap().1;
    let message: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(message["kind"], "plan", "{body}");
    assert_eq!(message["decision"]["instances"], instances());
}

#[test]
fn while_all_is_well_only_plans_are_told_and_each_is_the_one_in_force() {
    let targets = format!("plans = true\n{TARGET}");
    let (served, received, _secret) = hooked_to(&targets, daily, |_| ());
    let plan = || served.get("/api/v1/targets/web/plan").1;
    let first = plan()["instances"].clone();
    served.running.service().tell();
    let mut newest = plan();
    // Towards noon the load rises.
    while newest["instances"] == first {
        served.pass(TimeDelta::minutes(5));
        newest = plan();
    }
    served.running.service().tell();
    let body = received.recv_timeout(Duration::from_secs(10)).unwrap().1;
    let message: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&message["kind"], &message["target"]), (&"plan".into(), &"web".into()), "{body}");
    assert_eq!(message["at"], newest["made_at"]);
    let decision = &message["decision"];
    assert_eq!(decision["instances"], newest["instances"]);
    assert_eq!((&decision["state"], &decision["reason"]), (&"fresh".into(), &newest["reason"]));
}
