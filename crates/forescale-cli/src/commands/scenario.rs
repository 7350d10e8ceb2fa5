//! `forescale scenario`: what users expect of a policy, tested in the replay.

use std::path::Path;

use forescale::scenario::{self, Report};
use serde_json::json;

use super::Context;
use crate::args::ScenarioArgs;
use crate::failure::Failure;
use crate::output::Answer;
use crate::output::frame::{Cells, Frame};

/// Runs every file, prints what came of each, and fails when an expectation was not met.
pub fn run(args: &ScenarioArgs, context: Context) -> Result<(), Failure> {
    let reports = args.files.iter().map(|file| run_one(file)).collect::<Result<Vec<_>, _>>()?;
    let failed = reports.iter().filter(|report| !report.passed()).count();
    let answer = Answer {
        name: "scenarios",
        settings: context.settings.into(),
        data: json!(null),
        result: json!(reports),
        more: Vec::new(),
        frame: frame(&reports),
        warnings: Vec::new(),
    };
    answer.print(context.form, |_| reports.iter().map(Report::to_string).collect())?;
    if failed > 0 {
        let text = format!("{failed} of {} scenarios failed", reports.len());
        return Err(Failure::failed(text).hint("the lines above say which expectation was not met"));
    }
    Ok(())
}

fn run_one(file: &Path) -> Result<Report, Failure> {
    let text = std::fs::read_to_string(file).map_err(|error| {
        Failure::unavailable(format!("{}: {error}", file.display()))
            .hint("name a file with a scenario, as those in tests/scenarios")
    })?;
    scenario::run(&text)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display())).hint(error.hint()))
}

fn frame(reports: &[Report]) -> Frame {
    let checks =
        || reports.iter().flat_map(|report| report.checks.iter().map(move |c| (report, c)));
    Frame::default()
        .with("scenario", Cells::Text(checks().map(|(report, _)| report.name.clone()).collect()))
        .with("expectation", Cells::Text(checks().map(|(_, check)| check.to_string()).collect()))
        .with("passed", Cells::Whole(checks().map(|(_, check)| i64::from(check.passed)).collect()))
}
