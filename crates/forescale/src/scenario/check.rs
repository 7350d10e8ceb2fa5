//! Whether what is expected of a scenario came about.

use std::fmt::{Display, Formatter, Result as Written};
use std::ops::Range;

use forescale_replay::{Outcome, World};
use serde::Serialize;
use toml::Spanned;

use super::ScenarioError;
use super::file::{Expect, Span, line};

/// An expectation and what came about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Check {
    /// The line of the expectation in the file, from 1 on.
    pub line: usize,
    /// What is expected: `under-provisioned-time at most 0.01`.
    pub expected: String,
    /// What it was.
    pub value: f64,
    /// Whether it holds.
    pub passed: bool,
}

impl Display for Check {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let mark = if self.passed { "ok  " } else { "FAIL" };
        write!(f, "{mark} line {}: {}, was {:.4}", self.line, self.expected, self.value)
    }
}

/// Holds an expectation against what the policy did.
pub(super) fn checked(
    expect: &Spanned<Expect>,
    text: &str,
    world: &World,
    outcome: &Outcome,
) -> Result<Check, ScenarioError> {
    let line = line(text, expect.span().start);
    let error =
        |what, expected: &str| ScenarioError::Value { line, what, expected: expected.to_owned() };
    let expect = expect.get_ref();
    let steps = window(expect, world)
        .ok_or_else(|| error("from and to", "a part of the scored time, with something scored"))?;
    let mut checks = numbers(expect, &steps, world, outcome).into_iter().flatten();
    let (Some((name, limit, value)), None) = (checks.next(), checks.next()) else {
        return Err(error("an expectation", "exactly one number, and from and to if need be"));
    };
    if expect.cost_over_clairvoyant.is_some() && (expect.from.is_some() || expect.to.is_some()) {
        return Err(error(
            "cost-over-clairvoyant",
            "over the whole scored time, without from and to",
        ));
    }
    let least = expect.instances_at_least.is_some();
    let passed = if least { value >= limit } else { value <= limit };
    let span = |name, span: Option<Span>| {
        span.map_or(String::new(), |span| {
            let span = chrono::TimeDelta::seconds(span.seconds());
            format!(" {name} {}", forescale_core::time::format_span(span))
        })
    };
    let expected = format!("{name} {limit}{}{}", span("from", expect.from), span("to", expect.to));
    Ok(Check { line, expected, value, passed })
}

/// What is expected by name, its limit, and what it was; the ones that are not asked for are none.
fn numbers(
    expect: &Expect,
    steps: &Range<usize>,
    world: &World,
    outcome: &Outcome,
) -> [Option<(&'static str, f64, f64)>; 6] {
    let serving = || outcome.run.serving[steps.clone()].iter().copied().map(f64::from);
    let actions = |wanted: fn(i64) -> bool| {
        let actions = outcome.run.actions.iter().filter(|action| steps.contains(&action.step));
        actions.filter(|action| wanted(action.change)).count() as f64
    };
    let under = |most| ("under-provisioned-time at most", most, under(steps, world, outcome));
    let cost =
        |most| ("cost-over-clairvoyant at most", most, outcome.scorecard.cost_over_clairvoyant);
    let most = |most| ("instances at most", f64::from(most), serving().fold(0.0, f64::max));
    let least =
        |least| ("instances at least", f64::from(least), serving().fold(f64::INFINITY, f64::min));
    let scale_in = |_| ("scale-ins at most", 0.0, actions(|change| change < 0));
    let count = |most| ("actions at most", f64::from(most), actions(|_| true));
    [
        expect.under_provisioned_time.map(under),
        expect.cost_over_clairvoyant.map(cost),
        expect.instances_at_most.map(most),
        expect.instances_at_least.map(least),
        expect.no_scale_in.filter(|none| *none).map(scale_in),
        expect.actions_at_most.map(count),
    ]
}

/// The steps that are meant: all scored ones, or those of them that `from` and `to` leave. Long gaps have no score, but
/// what a policy does in them can be expected.
fn window(expect: &Expect, world: &World) -> Option<Range<usize>> {
    let all = world.demand().len();
    let step = world.trace().step().seconds();
    let at = |span: Span| (span.seconds() / step) as usize;
    let from = expect.from.map_or(world.score_from(), at);
    let to = expect.to.map_or(all, at);
    let is_part = from >= world.score_from() && from < to && to <= all;
    let is_scored = is_part && world.trace().scored()[from..to].contains(&true);
    (is_part && (is_scored || expect.under_provisioned_time.is_none())).then_some(from..to)
}

/// The share of the scored steps with fewer instances than needed.
fn under(steps: &Range<usize>, world: &World, outcome: &Outcome) -> f64 {
    let scored = steps.clone().filter(|k| world.trace().scored()[*k]);
    let is_under = |k: &usize| outcome.run.serving[*k] < world.demand()[*k];
    scored.clone().filter(is_under).count() as f64 / scored.count() as f64
}
