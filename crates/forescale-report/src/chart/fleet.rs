//! The lower panel: serving instances as a step line.

use super::MARGIN;
use super::axis::TimeAxis;
use super::canvas::{Canvas, Ink};
use super::span::{Held, extremes};
use crate::serving::ServingFrom;

/// Rows of the panel: one for each count of instances, within a quarter to a third of the chart.
pub(super) fn rows(steps: &[ServingFrom], height: usize) -> usize {
    let (least, most) = counts(steps);
    ((most - least) as usize + 1).clamp(height / 4, height / 3)
}

pub(super) fn draw(
    canvas: &mut Canvas,
    steps: &[ServingFrom],
    time: &TimeAxis,
    top: usize,
    rows: usize,
) {
    let (least, most) = range(steps, rows);
    label(canvas, top, most);
    label(canvas, top + rows - 1, least);
    for row in 1..rows - 1 {
        canvas.put(top + row, MARGIN - 1, canvas.glyph('│', '|'), Ink::Soft);
    }
    // The most of a column: a plan's peak must not fall between two columns.
    let columns = extremes(&held(steps, time), time.span, time.columns);
    let place = |n: f64| {
        let share = (n - f64::from(least)) / f64::from((most - least).max(1));
        rows - 1 - (share * (rows - 1) as f64).round() as usize
    };
    let mut before: Option<usize> = None;
    for (column, most_here) in columns.iter().enumerate() {
        let here = most_here.map(|(_, n)| place(n));
        if let Some(row) = here {
            step(canvas, top, MARGIN + column, before.unwrap_or(row), row);
        }
        before = here;
    }
}

/// From zero when that leaves a row for each count, else from the least.
fn range(steps: &[ServingFrom], rows: usize) -> (u32, u32) {
    let (least, most) = counts(steps);
    let one_a_row = rows as u32 - 1;
    if most <= one_a_row {
        (0, one_a_row)
    } else {
        (least, most.max(least.saturating_add(one_a_row)))
    }
}

/// The fewest and the most instances.
fn counts(steps: &[ServingFrom]) -> (u32, u32) {
    let all = || steps.iter().map(|step| step.instances);
    (all().min().unwrap_or(0), all().max().unwrap_or(0))
}

fn label(canvas: &mut Canvas, row: usize, instances: u32) {
    let tick = canvas.glyph('┤', '+');
    canvas.text(row, 0, &format!("{instances:>width$}{tick}", width = MARGIN - 1), Ink::Soft);
}

fn held(steps: &[ServingFrom], time: &TimeAxis) -> Vec<Held> {
    let end = |i: usize| steps.get(i + 1).map_or(time.span.to, |next| next.time_ms);
    let value = |step: &ServingFrom| f64::from(step.instances);
    steps
        .iter()
        .enumerate()
        .map(|(i, step)| Held { from: step.time_ms, to: end(i), value: value(step) })
        .collect()
}

/// One column of the line: flat, or a corner at each end of a rise or fall.
fn step(canvas: &mut Canvas, top: usize, column: usize, from: usize, to: usize) {
    let (leave, arrive) = if to < from { ('┘', '┌') } else { ('┐', '└') };
    let flat = canvas.glyph('─', '_');
    if from == to {
        return canvas.put(top + to, column, flat, Ink::Fleet);
    }
    for row in from.min(to)..=from.max(to) {
        canvas.put(top + row, column, canvas.glyph('│', '|'), Ink::Fleet);
    }
    canvas.put(top + from, column, canvas.glyph(leave, '+'), Ink::Fleet);
    canvas.put(top + to, column, canvas.glyph(arrive, '+'), Ink::Fleet);
}
