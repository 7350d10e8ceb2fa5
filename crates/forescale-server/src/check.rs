//! What `forescale doctor` asks before a service is started: every part on its own, so that one that is wrong does not
//! hide another.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{LoadSeries, as_of, format_span};

use crate::board::Entry;
use crate::config::{Config, Target, Tls};
use crate::door::Token;
use crate::error::ServerError;
use crate::jobs::fresh_until;
use crate::listen::{Protocol, acceptor};
use crate::secret;
use crate::source::{Loaded, SourceError, Sources};
use crate::store::Store;

/// What was found out about a part of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The part: `the store`, `the source of web-shop`.
    pub part: String,
    /// How it is, or what is wrong with it.
    pub result: Result<String, String>,
    /// What to do; empty when nothing is wrong.
    pub hint: String,
}

impl Finding {
    fn good(part: impl Into<String>, how: impl Into<String>) -> Self {
        Self { part: part.into(), result: Ok(how.into()), hint: String::new() }
    }

    fn bad(part: impl Into<String>, what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { part: part.into(), result: Err(what.into()), hint: hint.into() }
    }

    fn of<T>(part: &str, how: &str, result: Result<T, ServerError>) -> Self {
        match result {
            Ok(_) => Self::good(part, how),
            Err(error) => Self::bad(part, error.to_string(), error.hint()),
        }
    }
}

/// Looks at the files, the store and the sources of `config` at `now`. Every source is asked once; nothing is written
/// but a store that is not there yet.
pub fn check(config: &Config, sources: &Arc<dyn Sources>, now: DateTime<Utc>) -> Vec<Finding> {
    let mut findings = files(config);
    findings.push(store(config));
    for (at, target) in config.targets.iter().enumerate() {
        match Entry::new(config, at, sources, now) {
            Ok(entry) => {
                findings.extend(probed(&entry, now));
                findings.extend(source(&entry, now));
            }
            Err(error) => {
                let part = format!("the target {}", target.name);
                findings.push(Finding::bad(part, error.to_string(), error.hint.clone()));
            }
        }
    }
    findings
}

/// What the source finds out about itself: is it ready, does its clock agree.
fn probed(entry: &Entry, now: DateTime<Utc>) -> Vec<Finding> {
    let finding = |(what, result): (String, Result<String, SourceError>)| {
        let part = format!("the source of {}: {what}", entry.target.name);
        match result {
            Ok(how) => Finding::good(part, how),
            Err(error) => Finding::bad(part, error.message, error.hint),
        }
    };
    entry.source.probe(now).into_iter().map(finding).collect()
}

fn files(config: &Config) -> Vec<Finding> {
    let server = &config.server;
    let token = server.token_file.iter();
    let token = token.map(|file| Finding::of("the token", "it can be read", Token::read(file)));
    let tls = |tls: &Tls| acceptor(tls, Protocol::Http);
    let tls =
        server.tls.iter().map(|files| Finding::of("the certificates", "they fit", tls(files)));
    let hooks = config.webhooks.iter().map(|hook| {
        let read = secret::read("the secret of a webhook", &hook.secret_file);
        Finding::of("a webhook", "its secret can be read", read)
    });
    token.chain(tls).chain(hooks).collect()
}

fn store(config: &Config) -> Finding {
    match Store::open(&config.store.path) {
        Err(ServerError::Locked { .. }) => {
            Finding::good("the store", "a service that runs holds it")
        }
        result => Finding::of("the store", "it can be opened and written", result),
    }
}

fn source(entry: &Entry, now: DateTime<Utc>) -> Vec<Finding> {
    let part = format!("the source of {}", entry.target.name);
    match entry.source.load(now) {
        Ok(loaded) => {
            let uncounted = uncounted(&part, &loaded);
            std::iter::once(history(entry, part, &loaded, now)).chain(uncounted).collect()
        }
        Err(error) => vec![Finding::bad(part, error.message, error.hint)],
    }
}

/// A plan can do without a count of instances, but who has asked for one wants it.
fn uncounted(part: &str, loaded: &Loaded) -> Option<Finding> {
    let reason = loaded.uncounted.as_ref()?;
    let hint = "correct the setting instances of the source, or leave it out";
    Some(Finding::bad(format!("{part}: instances"), reason, hint))
}

fn history(entry: &Entry, part: String, loaded: &Loaded, now: DateTime<Utc>) -> Finding {
    match as_of(&loaded.series, now) {
        Ok(series) => {
            let (steps, step) = (series.len(), series.frequency());
            match too_old(&entry.target, &series, now) {
                None => {
                    let gaps = series.gaps();
                    let mut how = vec![format!("{steps} steps of {step}, {gaps} of them gaps")];
                    how.extend(loaded.warnings.iter().cloned());
                    Finding::good(part, how.join("; "))
                }
                Some(key) => Finding::bad(
                    part,
                    format!("the newest sample ended {} ago", format_span(age(&series, now))),
                    format!("see that samples still arrive, or raise {key} of the target"),
                ),
            }
        }
        Err(error) => Finding::bad(
            part,
            error.to_string(),
            "compare the clock of this machine with that of the source, and see that samples still arrive",
        ),
    }
}

/// The key by which the newest sample is too old: no plan would be made of it, or one that is stale at once.
fn too_old(target: &Target, series: &LoadSeries, now: DateTime<Utc>) -> Option<&'static str> {
    let step = series.frequency().span();
    if fresh_until(series, target.hold_after(step), now).is_err() {
        return Some("hold-after");
    }
    (age(series, now) - step >= target.max_age).then_some("max-age")
}

/// The time since the newest sample ended, to the second.
fn age(series: &LoadSeries, now: DateTime<Utc>) -> TimeDelta {
    let newest = series.values().iter().rposition(|value| !value.is_nan());
    let age = now - series.time_at(newest.map_or(0, |newest| newest + 1));
    TimeDelta::seconds(age.num_seconds())
}
