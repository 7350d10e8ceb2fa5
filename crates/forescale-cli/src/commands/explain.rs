//! `forescale explain`: what drives the load and the plan.

use forescale::{ColdStart, Explanation, Quantiles, explain, plan};
use serde_json::json;

use super::Context;
use crate::args::ExplainArgs;
use crate::failure::Failure;
use crate::fleet;
use crate::input::prepare;
use crate::output::frame::{Cells, Frame};
use crate::output::{Answer, table};

/// The most inputs that are shown.
const INPUTS: usize = 10;

/// The most of what was noticed in the history that is shown.
const NOTICED: usize = 12;

/// Explains and prints.
pub fn run(args: &ExplainArgs, mut context: Context) -> Result<(), Failure> {
    let capacity = fleet::capacity(&args.fleet)?;
    let options = fleet::plan_options(&args.fleet, ColdStart::default(), true);
    options.check()?;
    if capacity.is_some() {
        fleet::record(&args.fleet, &mut context);
    }
    let horizon = args.horizon;
    let prepared = prepare(&args.source, &args.reading, &args.engine, horizon, &mut context)?;
    let steps = forescale::horizon(horizon, prepared.series.frequency())
        .map_err(forescale::EngineError::from)?;
    let forecast = prepared.model.forecast(&prepared.series, steps, &Quantiles::standard())?;
    let plan = match capacity {
        Some(capacity) => {
            let state = fleet::state(&args.fleet, &prepared.series, &capacity, &options)?;
            Some(plan(&forecast, &state, &capacity, &options, &prepared.model.notes())?)
        }
        None => None,
    };
    let explanation = explain(&prepared.model, &prepared.series, &forecast, plan.as_ref());
    context.terminal.warn_all(&prepared.warnings);
    let answer = Answer {
        name: "explanation",
        settings: context.settings.into(),
        data: prepared.data,
        result: json!(explanation),
        more: Vec::new(),
        frame: frame(&explanation),
        warnings: prepared.warnings,
    };
    answer.print(context.form, |_| human(&explanation))
}

/// One row for everything that is named: its kind, its name, and its share; for what was noticed in the history, the
/// load over what is usual.
fn frame(explanation: &Explanation) -> Frame {
    let members = explanation.members.iter().map(|m| ("member", m.predictor.clone(), m.weight));
    let inputs = explanation.importances.iter().map(|i| ("input", i.feature.clone(), i.share));
    let seasons = explanation.seasons.iter().map(|s| ("season", s.period.clone(), s.strength));
    let rules = explanation.rules.iter().map(|rule| {
        let text = format!("{}: {}", conditions(&rule.conditions), amount(rule));
        ("rule", text, rule.share)
    });
    let mut columns = (Vec::new(), Vec::new(), Vec::new());
    let noticed = explanation.noticed.iter().map(|n| {
        ("noticed", format!("{}: {}; {}", n.when, n.what, n.treated), n.factor.unwrap_or(f64::NAN))
    });
    for (kind, name, share) in members.chain(inputs).chain(seasons).chain(rules).chain(noticed) {
        columns.0.push(kind.to_owned());
        columns.1.push(name);
        columns.2.push(share);
    }
    Frame::default()
        .with("kind", Cells::Text(columns.0))
        .with("name", Cells::Text(columns.1))
        .with("share", Cells::Number(columns.2))
}

fn human(explanation: &Explanation) -> String {
    let mut text = format!("carried by {}\n", explanation.carried_by);
    let shares = |rows: Vec<(String, f64)>| {
        let rows = rows.into_iter().map(|(name, share)| vec![name, table::percent(share)]);
        rows.collect::<Vec<_>>()
    };
    let members = explanation.members.iter().map(|m| (m.predictor.clone(), m.weight)).collect();
    section(&mut text, &[("member", false), ("weight", true)], shares(members));
    let inputs = explanation.importances.iter().take(INPUTS);
    let inputs = inputs.map(|input| (input.feature.clone(), input.share)).collect();
    section(&mut text, &[("input", false), ("share", true)], shares(inputs));
    let seasons = explanation.seasons.iter().map(|s| (s.period.clone(), s.strength)).collect();
    section(&mut text, &[("season", false), ("strength", true)], shares(seasons));
    if explanation.seasons.is_empty() {
        text.push_str("\nno season stands out of the noise\n");
    }
    noticed(&mut text, explanation);
    let rules = explanation
        .rules
        .iter()
        .map(|rule| vec![conditions(&rule.conditions), amount(rule), table::percent(rule.share)]);
    let headings = [("when", false), (explanation.rules_of, true), ("of the time", true)];
    section(&mut text, &headings, rules.collect());
    text
}

/// The newest of what was noticed in the history.
fn noticed(text: &mut String, explanation: &Explanation) {
    let earlier = explanation.noticed.len().saturating_sub(NOTICED);
    let newest = explanation.noticed[earlier..].iter();
    let rows = newest.map(|n| vec![n.when.clone(), n.what.clone(), n.treated.clone()]);
    section(text, &[("noticed", false), ("what", false), ("treated", false)], rows.collect());
    if earlier > 0 {
        text.push_str(&format!("{earlier} more before these: -o json shows all\n"));
    }
}

fn section(text: &mut String, headings: &[table::Heading<'_>], rows: Vec<Vec<String>>) {
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table::table(headings, rows));
    }
}

fn conditions(conditions: &[String]) -> String {
    if conditions.is_empty() { "always".to_owned() } else { conditions.join(", ") }
}

fn amount(rule: &forescale::Rule) -> String {
    let number = |value: f64| table::number(value);
    match rule.low == rule.high {
        true => number(rule.low),
        false => format!("{} to {}", number(rule.low), number(rule.high)),
    }
}
