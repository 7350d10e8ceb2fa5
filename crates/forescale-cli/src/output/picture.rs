//! A plan as a picture: on the terminal, and as a page of its own.

use std::path::Path;

use forescale::{
    EnsembleReport, Forecast, Frequency, Level, ModelCard, ScalePlan, Scores, YARDSTICK,
};
use forescale_core::time::format_span;
use forescale_report::chart::{self, TerminalStyle};
use forescale_report::{
    BacktestRow, Coverage, ForecastBand, HistoryPoint, MemberView, ReportData, WeightAt,
    render_html,
};
use forescale_sources::write_atomically;
use serde_json::{Map, Value};

use super::table;
use crate::failure::Failure;
use crate::input::{Prepared, source_failure};

/// Everything a picture shows.
pub fn data(
    title: &str,
    prepared: &Prepared,
    forecast: &Forecast,
    levels: &[Level],
    plan: &ScalePlan,
    settings: &Map<String, Value>,
) -> ReportData {
    let card = prepared.model.card();
    let mut data = ReportData::new(title, plan.now, prepared.model.calendar().zone);
    data.history = HistoryPoint::of_series(&prepared.series);
    data.forecast = ForecastBand::of_forecast(forecast, levels);
    data.plan = Some(plan.clone());
    data.settings = settings.clone().into();
    data.warnings = prepared.warnings.clone();
    if let Some(report) = &card.report {
        data.notes = vec![report.gate.reason.clone()];
        data.backtest = backtest(card, report);
        data.members = members(card, report);
    }
    data
}

/// Draws on the terminal.
pub fn terminal(data: &ReportData, color: bool) -> String {
    let width = usize::from(table::width()).min(120);
    chart::terminal(data, &TerminalStyle { width, height: 22, color, unicode: true })
}

/// Writes the page.
///
/// # Errors
/// When the file cannot be written.
pub fn write(file: &Path, data: &ReportData) -> Result<(), Failure> {
    write_atomically(file, render_html(data).as_bytes()).map_err(source_failure)
}

/// The ensemble's and the members' scores on the model's own rolling origins.
fn backtest(card: &ModelCard, report: &EnsembleReport) -> Vec<BacktestRow> {
    let step = card.data.step_seconds;
    let naive = |at: usize| {
        let member = report.member(YARDSTICK)?;
        member.scores.get(at).map(|scores| scores.scores.wql)
    };
    let members = report.members.iter().map(|member| (member.name.as_str(), &member.scores));
    let all = std::iter::once(("ensemble", &report.ensemble)).chain(members);
    all.flat_map(|(name, scores)| {
        scores.iter().enumerate().map(move |(at, of)| {
            let horizon = range(of.bucket.from, of.bucket.to, step);
            row(name, horizon, of.scores, naive(at))
        })
    })
    .collect()
}

fn row(name: &str, horizon: String, scores: Scores, naive: Option<f64>) -> BacktestRow {
    BacktestRow {
        predictor: name.to_owned(),
        horizon,
        wql: scores.wql,
        mase: scores.mase,
        coverage: vec![
            Coverage { level: 80.0, share: scores.coverage_80 },
            Coverage { level: 95.0, share: scores.coverage_95 },
        ],
        relative_wql: naive.filter(|naive| *naive > 0.0).map(|naive| scores.wql / naive),
    }
}

fn members(card: &ModelCard, report: &EnsembleReport) -> Vec<MemberView> {
    let weights = |weights: &[f64]| {
        let at = report.buckets.iter().zip(weights).map(|(bucket, weight)| WeightAt {
            horizon: range(bucket.from, bucket.to, card.data.step_seconds),
            weight: *weight,
        });
        at.collect()
    };
    let view = |member: &forescale::MemberReport| MemberView {
        name: member.name.clone(),
        weights: if member.left_out.is_some() { Vec::new() } else { weights(&member.weights) },
        left_out: member.left_out.clone(),
    };
    report.members.iter().map(view).collect()
}

/// Steps ahead as a span: `0s-1h`.
pub fn range(from: usize, to: usize, step: Frequency) -> String {
    let span = |steps: usize| format_span(step.span() * i32::try_from(steps).unwrap_or(i32::MAX));
    match from {
        1 => format!("0-{}", span(to)),
        _ => format!("{}-{}", span(from - 1), span(to)),
    }
}
