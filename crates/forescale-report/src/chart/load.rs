//! The upper panel: history, forecast median and intervals.

use super::MARGIN;
use super::axis::{LoadAxis, TimeAxis, clean};
use super::canvas::{Canvas, Ink};
use super::span::{Held, extremes, history_end};
use crate::data::{ForecastRow, ReportData};

/// What is drawn and in which unit; returns the column after it.
pub(super) fn heading(canvas: &mut Canvas, data: &ReportData) -> usize {
    let line = canvas.glyph('⠤', '*');
    let median = canvas.glyph('⠤', '+');
    let mut entries = vec![(format!("{line}{line} {}", clean(&data.load_unit)), Ink::Plain)];
    if !data.forecast.rows.is_empty() {
        entries.push((format!("{median}{median} forecast median"), Ink::Median));
    }
    for (i, shade) in shades(canvas, data) {
        entries.push((format!("{shade}{shade} {} %", data.forecast.levels[i]), Ink::Band));
    }
    let mut column = MARGIN;
    for (text, ink) in entries {
        canvas.text(0, column, &text, ink);
        column += text.chars().count() + 3;
    }
    column
}

/// The intervals that are drawn and how: the widest, and the narrowest inside it.
fn shades(canvas: &Canvas, data: &ReportData) -> Vec<(usize, char)> {
    let (light, dense) = (canvas.glyph('░', '.'), canvas.glyph('▒', ':'));
    match data.forecast.levels.len() {
        0 => Vec::new(),
        1 => vec![(0, light)],
        levels => vec![(levels - 1, light), (0, dense)],
    }
}

pub(super) fn draw(
    canvas: &mut Canvas,
    data: &ReportData,
    time: &TimeAxis,
    top: usize,
    rows: usize,
) {
    let history = held_history(data);
    let median = held(data, |row| Some(row.median));
    let axis = LoadAxis::new(highest(data, &history, &median, time), rows);
    axis.draw(canvas, top);
    for (i, shade) in shades(canvas, data) {
        band(canvas, data, i, shade, time, &axis, top);
    }
    now_line(canvas, data, time, top, rows);
    line(canvas, &history, time, &axis, top, ('*', Ink::Plain));
    line(canvas, &median, time, &axis, top, ('+', Ink::Median));
}

fn held_history(data: &ReportData) -> Vec<Held> {
    let points = &data.history;
    let last = history_end(points).unwrap_or_default();
    let end = |i: usize| points.get(i + 1).map_or(last, |next| next.time_ms);
    let present = points.iter().enumerate().filter_map(|(i, p)| Some((i, p.time_ms, p.load?)));
    present.map(|(i, from, value)| Held { from, to: end(i), value }).collect()
}

fn held(data: &ReportData, value: impl Fn(&ForecastRow) -> Option<f64>) -> Vec<Held> {
    let to = |row: &ForecastRow| row.time_ms + data.forecast.step_ms;
    let rows = data.forecast.rows.iter();
    rows.filter_map(|row| Some(Held { from: row.time_ms, to: to(row), value: value(row)? }))
        .collect()
}

fn highest(data: &ReportData, history: &[Held], median: &[Held], time: &TimeAxis) -> f64 {
    let shown = |held: &&Held| held.to > time.span.from && held.from < time.span.to;
    let lines = history.iter().chain(median).filter(shown).map(|held| held.value);
    let bounds = data.forecast.rows.iter().flat_map(|row| row.intervals.iter().map(|i| i.1));
    lines.chain(bounds).filter(|value| value.is_finite()).fold(0.0, f64::max)
}

fn band(
    canvas: &mut Canvas,
    data: &ReportData,
    interval: usize,
    shade: char,
    time: &TimeAxis,
    axis: &LoadAxis,
    top: usize,
) {
    let lower = held(data, |row| row.intervals.get(interval).map(|i| i.0));
    let upper = held(data, |row| row.intervals.get(interval).map(|i| i.1));
    let lower = extremes(&lower, time.span, time.columns);
    let upper = extremes(&upper, time.span, time.columns);
    for (column, (low, high)) in lower.iter().zip(&upper).enumerate() {
        if let (Some((low, _)), Some((_, high))) = (low, high) {
            for row in axis.place(*high, axis.rows)..=axis.place(*low, axis.rows) {
                canvas.put(top + row, MARGIN + column, shade, Ink::Band);
            }
        }
    }
}

/// A line of dots; each column reaches from its least to its largest value, and up or down to the one before.
fn line(
    canvas: &mut Canvas,
    values: &[Held],
    time: &TimeAxis,
    axis: &LoadAxis,
    top: usize,
    (ascii, ink): (char, Ink),
) {
    let (wide, high) = canvas.dots();
    let columns = extremes(values, time.span, time.columns * wide);
    let mut before: Option<(usize, usize)> = None;
    for (x, extreme) in columns.iter().enumerate() {
        let place = |value| axis.place(value, axis.rows * high);
        let here = extreme.map(|(low, high)| (place(high), place(low)));
        if let Some((mut upper, mut lower)) = here {
            if let Some((upper_before, lower_before)) = before {
                upper = upper.min(lower_before + 1).min(lower);
                lower = lower.max(upper_before.saturating_sub(1));
            }
            for y in upper..=lower {
                canvas.dot(MARGIN * wide + x, top * high + y, ascii, ink);
            }
        }
        before = here;
    }
}

fn now_line(canvas: &mut Canvas, data: &ReportData, time: &TimeAxis, top: usize, rows: usize) {
    let glyph = canvas.glyph('┊', '|');
    if let Some(column) = time.span.column(data.now.timestamp_millis(), time.columns) {
        for row in top..top + rows {
            canvas.put_behind(row, MARGIN + column, glyph, Ink::Soft);
        }
    }
}
