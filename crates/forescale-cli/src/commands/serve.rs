//! `forescale serve`: forecasts and plans on a schedule, and what is wrong with its configuration: `forescale doctor`.

use std::path::Path;
use std::sync::Arc;
use std::thread;

use chrono::{DateTime, Utc};
use forescale_server::{Config, Finding, ServerError, Shutdown, Sources, SystemClock, check};
use serde_json::json;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::Context;
use crate::args::LogForm;
use crate::failure::Failure;
use crate::live::Live;
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, table};

/// Serves until it is told to end.
pub fn run(config: Option<&Path>, log: LogForm) -> Result<(), Failure> {
    let (file, config) = read(config)?;
    log_to_stderr(log);
    // Many clients take many descriptors, and most systems begin with few of those that they allow. With fewer it serves
    // fewer at a time.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let shutdown = Shutdown::default();
    let told = shutdown.clone();
    let mut signals = Signals::new([SIGINT, SIGTERM])
        .map_err(|error| Failure::failed(format!("cannot wait for signals: {error}")))?;
    thread::spawn(move || {
        if signals.forever().next().is_some() {
            told.trigger();
        }
    });
    let sources: Arc<dyn Sources> = Arc::new(Live::beside(file));
    let served = forescale_server::serve(config, sources, Arc::new(SystemClock), &shutdown);
    served.map_err(|error| {
        let failure = match &error {
            ServerError::Config(_) => Failure::usage(error.to_string()),
            _ => Failure::failed(error.to_string()),
        };
        failure.hint(error.hint())
    })
}

/// Looks at everything that a service would need, and says what is wrong.
pub fn doctor(config: Option<&Path>, context: Context) -> Result<(), Failure> {
    let (file, config) = read(config)?;
    let sources: Arc<dyn Sources> = Arc::new(Live::beside(file));
    let now = Utc::now();
    let mut findings = vec![clock(now)];
    findings.extend(check(&config, &sources, now));
    let wrong = findings.iter().filter(|finding| finding.result.is_err()).count();
    let text = |of: &dyn Fn(&Finding) -> String| Cells::Text(findings.iter().map(of).collect());
    let answer = Answer {
        name: "findings",
        settings: context.settings.into(),
        data: json!({ "configuration": file.display().to_string() }),
        result: findings.iter().map(object).collect(),
        more: Vec::new(),
        frame: Frame::default()
            .with("part", text(&|finding| finding.part.clone()))
            .with("state", text(&|finding| state(finding).to_owned()))
            .with("what", text(&|finding| said(finding).to_owned()))
            .with("hint", text(&|finding| finding.hint.clone())),
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| human(&findings))?;
    match wrong {
        0 => Ok(()),
        1 => Err(Failure::failed("something is wrong")),
        wrong => Err(Failure::failed(format!("{wrong} things are wrong"))),
    }
}

/// The configuration that `--config` names.
fn read(file: Option<&Path>) -> Result<(&Path, Config), Failure> {
    let file = file.ok_or_else(|| {
        Failure::usage("a service needs a configuration").hint("pass --config forescale.toml")
    })?;
    let config = Config::load(file)
        .map_err(|error| Failure::usage(error.to_string()).hint(error.hint.clone()))?;
    Ok((file, config))
}

fn log_to_stderr(form: LogForm) {
    let to_stderr = tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false);
    match form {
        LogForm::Text => to_stderr.with_ansi(false).init(),
        LogForm::Json => to_stderr.json().init(),
    }
}

fn clock(now: DateTime<Utc>) -> Finding {
    Finding {
        part: "the clock".to_owned(),
        result: Ok(format!("{} here", now.format("%Y-%m-%d %H:%M:%SZ"))),
        hint: String::new(),
    }
}

fn state(finding: &Finding) -> &'static str {
    if finding.result.is_ok() { "good" } else { "wrong" }
}

fn said(finding: &Finding) -> &str {
    finding.result.as_ref().map_or_else(String::as_str, String::as_str)
}

fn object(finding: &Finding) -> serde_json::Value {
    let (part, hint) = (&finding.part, &finding.hint);
    json!({ "part": part, "state": state(finding), "what": said(finding), "hint": hint })
}

fn human(findings: &[Finding]) -> String {
    let row = |finding: &Finding| {
        let mut what = said(finding).to_owned();
        if !finding.hint.is_empty() {
            what.push_str(&format!("; {}", finding.hint));
        }
        vec![state(finding).to_owned(), finding.part.clone(), what]
    };
    let headings = [("", false), ("part", false), ("how it is", false)];
    table::table(&headings, findings.iter().map(row).collect())
}
