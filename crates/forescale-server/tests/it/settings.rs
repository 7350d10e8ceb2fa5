//! Mistakes in the configuration: each with its file, its line, the value and what to do.

use std::path::Path;
use std::sync::Arc;

use forescale_server::{Config, ConfigError, ManualClock, Running, Sources, check};

use crate::support::{Memory, Mood, START, TARGET, daily, serve_with};

fn mistake(text: &str) -> ConfigError {
    Config::parse(text, Path::new("forescale.toml")).unwrap_err()
}

#[test]
fn a_mistake_is_named_with_its_line_and_a_way_out() {
    let with = |from: &str, to: &str| {
        assert!(TARGET.contains(from), "{from}");
        TARGET.replace(from, to)
    };
    // What is written, where it is named, what is said of it, and what to do.
    let cases = [
        (
            "[server]\nlisen = \"127.0.0.1:1\"\n".to_owned(),
            2,
            "unknown field `lisen`",
            "did you mean listen?",
        ),
        (
            "[server]\nlisten = \"here\"\n".to_owned(),
            2,
            "\"here\": an address should be",
            "docs/serve.md",
        ),
        ("[server]\nlisten = \"0.0.0.0:80\"\n".to_owned(), 1, "0.0.0.0:80", "token-file"),
        ("[server]\ngrpc-listen = \"[::]:80\"\n".to_owned(), 1, "[::]:80", "token-file"),
        ("[server]\nheader-timeout = \"60s\"\n".to_owned(), 1, "is 60s", "leave it out"),
        (
            "[[webhook]]\nurl = \"file:///etc/passwd\"\nsecret-file = \"s\"\n".to_owned(),
            1,
            "file:///etc",
            "whole address",
        ),
        (with("\"web\"", "\"../web\""), 3, "a name should be", "docs/serve.md"),
        (with("\"web\"", "\"<b>\""), 3, "\"<b>\"", "docs/serve.md"),
        (with("\"full\"", "\"fuls\""), 4, "unknown variant `fuls`", "did you mean full?"),
        (with("\"5m\"\nevaluate", "\"5 parsecs\"\nevaluate"), 5, "5 parsecs", "docs/serve.md"),
        (with("\"30m\"", "\"9000w\""), 8, "ten years", "docs/serve.md"),
        (with("capacity = 12.5", "capacity = -1.0"), 13, "above 0", "docs/serve.md"),
        (with("max = 60\n", ""), 2, "target web: a scaler should know a most", "set max"),
        (with("max = 60", "max = 60\nmin = 70"), 2, "target web: the minimum", ""),
        (with("max = 60", "maxx = 60"), 14, "unknown field `maxx`", "did you mean max?"),
        (
            format!("{TARGET}[target.outputs]\nwebhooks = [\"ops\"]\n"),
            2,
            "target web: there is no webhook called ops",
            "give a [[webhook]] the name = \"ops\"",
        ),
        (
            with("\"full\"", "\"forecast-only\"") + "[[target.outputs.export]]\nto = \"hpa\"\n",
            2,
            "gives no scaler a number, not by a file either",
            "set mode",
        ),
        (
            "[[webhook]]\nname = \"ops\"\nurl = \"http://a\"\nsecret-file = \"s\"\n".repeat(2),
            5,
            "two webhooks called ops",
            "a name of its own",
        ),
        (format!("{TARGET}{TARGET}"), 17, "two targets called web", "a name of its own"),
        (
            with("refresh", "schedule = \"0 25 * * *\"\nrefresh"),
            5,
            "five cron fields",
            "docs/serve.md",
        ),
        (with("refresh", "timezone = \"Mars/Base\"\nrefresh"), 5, "Mars/Base", "docs/serve.md"),
        (with("\"6h\"", "\"5m\""), 2, "longer than the start-up time", "longer horizon"),
        ("[server\n".to_owned(), 1, "", ""),
    ];
    for (text, line, what, hint) in cases {
        let error = mistake(&text);
        assert_eq!(error.line, Some(line), "{error}\n{text}");
        assert!(error.what.contains(what), "{error} should say {what}");
        assert!(error.hint.contains(hint), "{} should say {hint}", error.hint);
        assert!(error.to_string().starts_with(&format!("forescale.toml:{line}: ")), "{error}");
    }
}

#[test]
fn paths_are_relative_to_the_file() {
    let text = format!("[store]\npath = \"state.db\"\n{TARGET}");
    let config = Config::parse(&text, Path::new("/etc/forescale/forescale.toml")).unwrap();
    assert_eq!(config.store.path, Path::new("/etc/forescale/state.db"));
}

#[test]
fn a_source_is_refused_at_its_target() {
    let text = TARGET.replace("\"memory\"", "\"cloud\"");
    let config = Config::parse(&text, Path::new("forescale.toml")).unwrap();
    let clock = ManualClock::new(START.parse().unwrap());
    let error = Running::start(config, Memory::new(daily), Arc::new(clock)).err().unwrap();
    assert_eq!(error.to_string(), "forescale.toml:2: target web: kind should be memory");
    assert_eq!(error.hint(), "set kind = \"memory\"");
}

#[test]
fn a_check_names_every_part_that_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        format!("[server]\ntoken-file = \"nowhere\"\n[store]\npath = \"state.db\"\n{TARGET}");
    let config = Config::parse(&text, &folder.path().join("forescale.toml")).unwrap();
    let memory = Memory::new(daily);
    let sources: Arc<dyn Sources> = Arc::clone(&memory) as _;
    let found = |now: &str| {
        let findings = check(&config, &sources, now.parse().unwrap());
        findings.into_iter().map(|found| (found.part, found.result.is_ok())).collect::<Vec<_>>()
    };
    let all = |source| {
        let parts = [("the token", false), ("the store", true), ("the source of web", source)];
        parts.map(|(part, fine)| (part.to_owned(), fine)).to_vec()
    };
    assert_eq!(found(START), all(true));
    memory.set(Mood::Down);
    assert_eq!(found(START), all(false));
}

#[test]
fn a_check_looks_at_every_source_and_at_the_age_of_its_data() {
    let folder = tempfile::tempdir().unwrap();
    let other = |name: &str| TARGET.replace("\"web\"", &format!("{name:?}"));
    let wrong = other("cloud").replace("\"memory\"", "\"cloud\"");
    let skewed = other("old").replace("\"memory\"", "\"memory\"\ndead = true");
    let text = format!("[store]\npath = \"state.db\"\n{wrong}{TARGET}{skewed}");
    let config = Config::parse(&text, &folder.path().join("forescale.toml")).unwrap();
    let memory = Memory::new(daily);
    let sources: Arc<dyn Sources> = Arc::clone(&memory) as _;
    let now = START.parse().unwrap();
    let found = || {
        let findings = check(&config, &sources, now).into_iter().skip(1);
        findings.map(|finding| (finding.part, finding.result, finding.hint)).collect::<Vec<_>>()
    };
    let all = found();
    assert_eq!(all[0].0, "the target cloud");
    assert!(all[0].1.as_ref().unwrap_err().contains("kind should be memory"));
    assert_eq!((all[1].0.as_str(), all[1].1.is_ok()), ("the source of web", true));
    assert_eq!(all[2].0, "the source of old: clock");
    assert_eq!(all[2].1.as_ref().unwrap_err(), "the clocks differ by 90 s");
    // Two steps and two refreshes of five minutes: of older samples the service makes no plan.
    memory.end(now - chrono::TimeDelta::minutes(15));
    assert!(found()[1].1.is_ok());
    memory.end(now - chrono::TimeDelta::minutes(20));
    assert_eq!(found()[1].1.as_ref().unwrap_err(), "the newest sample ended 20m ago");
    assert!(found()[1].2.contains("raise hold-after"), "{}", found()[1].2);
}

#[test]
fn a_check_says_what_the_source_noticed_and_that_instances_are_not_counted_is_a_fault() {
    let folder = tempfile::tempdir().unwrap();
    let found = |key: &str, said: &str| {
        let target = TARGET.replace("\"memory\"", &format!("\"memory\"\n{key} = {said:?}"));
        let text = format!("[store]\npath = \"state.db\"\n{target}");
        let config = Config::parse(&text, &folder.path().join("forescale.toml")).unwrap();
        let sources: Arc<dyn Sources> = Memory::new(daily);
        let findings = check(&config, &sources, START.parse().unwrap()).into_iter().skip(1);
        findings.map(|finding| (finding.part, finding.result)).collect::<Vec<_>>()
    };
    let history = "864 steps of 5m, 0 of them gaps";
    let web = |how: String| ("the source of web".to_owned(), Ok(how));
    assert_eq!(found("warns", "2 resets"), [web(format!("{history}; 2 resets"))]);
    let instances = ("the source of web: instances".to_owned(), Err("no series".to_owned()));
    assert_eq!(found("uncounted", "no series"), [web(history.to_owned()), instances]);
}

#[test]
fn a_check_finds_no_fault_where_a_service_makes_a_plan_and_one_where_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let patient = TARGET.replace("max-age = \"30m\"", "max-age = \"30m\"\nhold-after = \"3h\"");
    for (target, late, good, hint) in [
        (TARGET, 15, true, ""),
        (TARGET, 20, false, "hold-after"),
        (&patient, 30, true, ""),
        (&patient, 35, false, "max-age"),
    ] {
        let start: chrono::DateTime<chrono::Utc> = START.parse().unwrap();
        let end = |memory: &Memory| memory.end(start - chrono::TimeDelta::minutes(late));
        let served = serve_with("", target, daily, end);
        served.settle();
        let state = served.get("/api/v1/targets/web").1["state"].clone();
        assert_eq!(state == "fresh", good, "{late} minutes: {state}");
        let text = format!("[store]\npath = \"state.db\"\n{target}");
        let config = Config::parse(&text, &folder.path().join("forescale.toml")).unwrap();
        let sources: Arc<dyn Sources> = Arc::clone(&served.memory) as _;
        let found = check(&config, &sources, start).pop().unwrap();
        assert_eq!(found.result.is_ok(), good, "{late} minutes: {found:?}");
        assert!(found.hint.contains(hint), "{late} minutes: {found:?}");
    }
}

#[test]
fn the_samples_are_right() {
    let samples = [
        include_str!("../../../../deploy/forescale.toml"),
        include_str!("../../../../deploy/kustomize/forescale.toml"),
    ];
    for sample in samples {
        let config = Config::parse(sample, Path::new("forescale.toml")).unwrap();
        assert_eq!(config.targets[0].name.as_str(), "web-shop");
    }
}
