//! `forescale identify`: how response times follow from load and instances.

use forescale::{Candidate, Identified, IdentifyError, identify};
use forescale_core::tidy;
use serde_json::{Map, Value, json};

use super::Context;
use crate::args::{HistoryArgs, IdentifyArgs};
use crate::failure::Failure;
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, table};
use crate::settings::{options, quoted};
use crate::{columns, input};

/// Reads three columns, fits and prints.
pub fn run(args: &IdentifyArgs, context: Context) -> Result<(), Failure> {
    let read = input::read(&args.input, &HistoryArgs::whole(args.service.clone()), None, &context)?;
    let column =
        |name: &str| columns::read(&args.input, name, &args.service, &read.series, &context);
    let (instances, times) = (column(&args.instances)?, column(&args.response_time)?);
    let found = identify(read.series.values(), instances.values(), times.values())?;
    context.terminal.warn_all(&read.warnings);
    let replay = replay(&found, args, &context.settings);
    let answer = Answer {
        name: "identified",
        settings: context.settings.into(),
        data: read.data,
        result: json!(found),
        more: vec![("policy", json!(policy(&found, args)))],
        frame: frame(&found),
        warnings: read.warnings,
    };
    answer.print(context.form, |_| human(&found, args, &replay))
}

/// The policy that plans with the model.
fn policy(found: &Identified, args: &IdentifyArgs) -> String {
    let slo = args.slo.map_or_else(String::new, |seconds| format!("response-time={seconds},"));
    format!("mpc:{slo}model={}", found.model)
}

/// The command that replays it on the same history, on instances of the capacity that was found.
fn replay(found: &Identified, args: &IdentifyArgs, asked: &Map<String, Value>) -> String {
    let mut asked = asked.clone();
    asked.insert("capacity".to_owned(), tidy(found.model.load_per_instance()).into());
    let (input, options) = (quoted(&args.input), options(&asked, "replay", &[]));
    format!("forescale replay {input} {options} --policy '{}'", policy(found, args))
}

fn frame(found: &Identified) -> Frame {
    let number =
        |of: &dyn Fn(&Candidate) -> f64| Cells::Number(found.candidates.iter().map(of).collect());
    let models = found.candidates.iter().map(|tried| tried.model.to_string()).collect();
    Frame::default()
        .with("model", Cells::Text(models))
        .with("held_out_error", number(&|tried| tried.held_out_error))
        .with("r_squared", number(&|tried| tried.r_squared))
}

fn human(found: &Identified, args: &IdentifyArgs, replay: &str) -> String {
    let rows: Vec<Vec<String>> = found
        .candidates
        .iter()
        .map(|tried| {
            vec![
                tried.model.to_string(),
                format!("{:.1} %", tried.held_out_error * 100.0),
                format!("{:.2}", tried.r_squared),
            ]
        })
        .collect();
    let headings = [("model", false), ("off by, newest quarter", true), ("R²", true)];
    let mut facts = vec![
        ("model", found.model.to_string()),
        ("explains", format!("{:.0} % of the variance of response times", found.r_squared * 100.0)),
        ("rows", format!("{} learned from, {} left out", found.rows, found.left_out)),
        ("capacity", table::number(found.model.load_per_instance())),
    ];
    if let Some(slo) = args.slo {
        let text = match found.model.utilization_for(slo) {
            share if share > 0.0 => format!("{slo} s is kept up to {:.0} % busy", share * 100.0),
            _ => format!("{slo} s is kept at no utilization"),
        };
        facts.push(("slo", text));
    }
    facts.push(("use it", replay.to_owned()));
    format!("{}\n{}", table::table(&headings, rows), table::facts(&facts))
}

impl From<IdentifyError> for Failure {
    fn from(error: IdentifyError) -> Self {
        Self::usage(error.to_string()).hint(error.hint())
    }
}
