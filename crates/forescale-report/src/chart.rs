//! A chart for the terminal: the load with its forecast on top, the instances as steps below.
//!
//! The chart crates at hand draw lines on a numeric axis, but neither a band nor time in a zone, so the cells
//! are laid out here. Lines are braille dots (8 to a cell), the band is shaded, the steps are box drawing.

mod axis;
mod canvas;
mod fleet;
mod load;
mod span;

use axis::TimeAxis;
use canvas::{Canvas, Ink};

use crate::data::ReportData;
use crate::serving::{ServingFrom, serving};
use span::Span;

/// How to draw: the size in cells, and what the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TerminalStyle {
    /// Columns; at least 40 are used.
    pub width: usize,
    /// Lines; at least 12 are used.
    pub height: usize,
    /// Whether to colour with ANSI escapes.
    pub color: bool,
    /// Braille and box drawing, or plain ASCII.
    pub unicode: bool,
}

impl Default for TerminalStyle {
    fn default() -> Self {
        Self { width: 100, height: 24, color: false, unicode: true }
    }
}

/// Columns left of the plot: a label of up to 8 and the axis.
const MARGIN: usize = 9;
/// Lines that are not plot: the heading, the times and the days.
const FRAME_LINES: usize = 3;
const FLEET_HEADING: &str = "instances";

/// The load so far, the forecast with its intervals, and the instances of the plan below, over time as the
/// service's zone shows it. As much history is drawn as the forecast is long.
///
/// The chart has `style.height` lines at most, none longer than `style.width`, and ends with a line break.
pub fn terminal(data: &ReportData, style: &TerminalStyle) -> String {
    let Some(span) = span::shown(data) else {
        return "no load to draw\n".to_owned();
    };
    let steps = data.plan.as_ref().map(serving).unwrap_or_default();
    picture(data, &steps, span, style)
}

/// The load of `data` from one moment to another, in milliseconds since 1970, and below it instances that served:
/// when their number changed, and to what.
pub fn replayed(
    data: &ReportData,
    serving: &[(i64, u32)],
    (from, to): (i64, i64),
    style: &TerminalStyle,
) -> String {
    // What is not shown should not stretch the axis.
    let first = serving.partition_point(|(time, _)| *time <= from).saturating_sub(1);
    let shown = serving[first..].iter().take_while(|(time, _)| *time < to);
    let step = |&(time_ms, instances): &(i64, u32)| ServingFrom { time_ms, instances };
    let steps: Vec<ServingFrom> = shown.map(step).collect();
    picture(data, &steps, Span { from, to: to.max(from + 1) }, style)
}

fn picture(data: &ReportData, steps: &[ServingFrom], span: Span, style: &TerminalStyle) -> String {
    let (width, height) = (style.width.max(40), style.height.max(12));
    let fleet_rows = fleet::rows(steps, height);
    let fleet_lines = if steps.is_empty() { 0 } else { 1 + fleet_rows };
    let load_rows = height - FRAME_LINES - fleet_lines;

    let mut canvas = Canvas::new(width, height, style.unicode);
    let time = TimeAxis::new(span, data.zone, width - MARGIN);
    let heading_end = load::heading(&mut canvas, data);
    load::draw(&mut canvas, data, &time, 1, load_rows);
    if !steps.is_empty() {
        canvas.text(1 + load_rows, MARGIN, FLEET_HEADING, Ink::Fleet);
        zone(&mut canvas, data, 1 + load_rows, MARGIN + FLEET_HEADING.len() + 1);
        fleet::draw(&mut canvas, steps, &time, 2 + load_rows, fleet_rows);
    } else {
        zone(&mut canvas, data, 0, heading_end);
    }
    time.draw(&mut canvas, 1 + load_rows + fleet_lines);
    canvas.render(style.color)
}

/// Names the zone of the times at the right end of a heading that ends at `free`, if there is room.
fn zone(canvas: &mut Canvas, data: &ReportData, row: usize, free: usize) {
    let text = format!("times in {}", data.zone.name());
    let column = canvas.width().saturating_sub(text.len());
    if column >= free {
        canvas.text(row, column, &text, Ink::Soft);
    }
}
