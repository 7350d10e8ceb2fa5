//! Mistakes in the configuration: each with its file, its line, the value and what to do.

use std::path::Path;
use std::sync::Arc;

use forescale_server::{Config, ConfigError, ManualClock, Running, Sources, check};

use crate::support::{Memory, Mood, START, TARGET, daily};

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
        (with("capacity = 12.5", "capacity = -1.0"), 13, "above 0", "docs/serve.md"),
        (with("max = 60\n", ""), 2, "target web: a scaler should know a most", "set max"),
        (with("max = 60", "max = 60\nmin = 70"), 2, "target web: the minimum", ""),
        (with("max = 60", "maxx = 60"), 14, "unknown field `maxx`", "did you mean max?"),
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
