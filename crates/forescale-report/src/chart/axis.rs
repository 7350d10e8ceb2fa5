//! Axes: load in round numbers, time in round local times.

use chrono::{DateTime, Datelike, Days, NaiveDateTime, TimeDelta, TimeZone};
use chrono_tz::Tz;

use super::MARGIN;
use super::canvas::{Canvas, Ink};
use super::span::Span;

/// Steps between labels in minutes, all dividing a day or being whole days.
const TIME_STEPS_MINUTES: [i64; 18] = [
    1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1_440, 2_880, 7_200, 10_080, 20_160, 40_320,
    524_160,
];
/// Columns between two time labels: a day's name and a blank.
const LABEL_COLUMNS: i64 = 11;
const MINUTE_MS: i64 = 60_000;
const DAY_MINUTES: i64 = 1_440;

/// The load from 0 up to a highest value, over `rows` rows.
pub(super) struct LoadAxis {
    highest: f64,
    pub rows: usize,
}

impl LoadAxis {
    pub fn new(highest: f64, rows: usize) -> Self {
        Self { highest: if highest > 0.0 { highest * 1.02 } else { 1.0 }, rows }
    }

    /// Which of `parts` equal parts, counted from the top, holds `value`.
    pub fn place(&self, value: f64, parts: usize) -> usize {
        let share = (value / self.highest).clamp(0.0, 1.0);
        ((1.0 - share) * parts as f64).min(parts as f64 - 1.0) as usize
    }

    pub fn draw(&self, canvas: &mut Canvas, top: usize) {
        let (line, tick) = (canvas.glyph('│', '|'), canvas.glyph('┤', '+'));
        for row in 0..self.rows {
            canvas.put(top + row, MARGIN - 1, line, Ink::Soft);
        }
        let step = round_step(self.highest * 2.0 / self.rows as f64);
        for i in 0..=(self.highest / step) as usize {
            let value = step * i as f64;
            let label = format!("{:>width$}{tick}", short(value, step), width = MARGIN - 1);
            canvas.text(top + self.place(value, self.rows), 0, &label, Ink::Soft);
        }
    }
}

/// The least of 1, 2, 2.5, 5, 10, ... that is at least `least`.
fn round_step(least: f64) -> f64 {
    let power = 10_f64.powf(least.log10().floor());
    let factors = [1.0, 2.0, 2.5, 5.0, 10.0];
    factors.into_iter().map(|f| f * power).find(|step| *step >= least).unwrap_or(10.0 * power)
}

/// A label of at most eight characters: `850`, `2.5`, `12k`, `1.5M`.
fn short(value: f64, step: f64) -> String {
    let units = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let unit =
        units.into_iter().find(|(size, _)| value >= 10.0 * size || value >= *size && step < *size);
    let (size, name) = unit.unwrap_or((1.0, ""));
    let whole = |decimals: &i32| (step / size * 10_f64.powi(*decimals)).fract().abs() < 1e-6;
    let decimals = (0..4).find(whole).unwrap_or(4) as usize;
    let text = format!("{:.decimals$}{name}", value / size);
    if text.len() < MARGIN { text } else { format!("{value:.0e}") }
}

/// Columns of time, and the zone that names them.
pub(super) struct TimeAxis {
    pub span: Span,
    pub columns: usize,
    zone: Tz,
}

impl TimeAxis {
    pub fn new(span: Span, zone: Tz, columns: usize) -> Self {
        Self { span, columns, zone }
    }

    /// Times in `row`, and below them the day where it begins.
    pub fn draw(&self, canvas: &mut Canvas, row: usize) {
        let step = self.step_minutes();
        let mut day = String::new();
        for local in self.round_times(step) {
            let Some(column) = self.column(local) else { continue };
            let name = local.format("%a %-d %b").to_string();
            let time = local.format("%H:%M").to_string();
            let first = if step < DAY_MINUTES { &time } else { &name };
            self.label(canvas, row, column, first);
            if step < DAY_MINUTES && name != day {
                self.label(canvas, row + 1, column, &name);
            }
            day = name;
        }
    }

    /// Half a time would be read as another one, so a label that does not fit is left out.
    fn label(&self, canvas: &mut Canvas, row: usize, column: usize, text: &str) {
        if column + text.len() <= self.columns {
            canvas.text(row, MARGIN + column, text, Ink::Soft);
        }
    }

    fn step_minutes(&self) -> i64 {
        let labels = (self.columns as i64 / LABEL_COLUMNS).max(1);
        let least = (self.span.to - self.span.from) / MINUTE_MS / labels;
        *TIME_STEPS_MINUTES.iter().find(|step| **step >= least).unwrap_or(&TIME_STEPS_MINUTES[17])
    }

    /// Local times on a round grid that covers the span: since midnight, or whole days since a Monday.
    fn round_times(&self, step_minutes: i64) -> Vec<NaiveDateTime> {
        let (Some(first), Some(last)) = (self.local(self.span.from), self.local(self.span.to))
        else {
            return Vec::new();
        };
        let days = (step_minutes / DAY_MINUTES).max(1);
        let after = i64::from(first.num_days_from_ce() - 1).rem_euclid(days) as u64;
        let start = first.date().checked_sub_days(Days::new(after)).unwrap_or(first.date());
        let midnight = start.and_time(chrono::NaiveTime::MIN);
        let count = (last - midnight).num_minutes() / step_minutes;
        (0..=count).map(|i| midnight + TimeDelta::minutes(i * step_minutes)).collect()
    }

    fn local(&self, ms: i64) -> Option<NaiveDateTime> {
        Some(DateTime::from_timestamp_millis(ms)?.with_timezone(&self.zone).naive_local())
    }

    /// Where a local time lies; a time that the clocks skip lies nowhere.
    fn column(&self, local: NaiveDateTime) -> Option<usize> {
        let moment = self.zone.from_local_datetime(&local).earliest()?;
        self.span.column(moment.timestamp_millis(), self.columns)
    }
}

/// Text from a file, without what could steer a terminal.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours_of(day: &str, hours: i64) -> Vec<usize> {
        let zone = chrono_tz::Europe::Berlin;
        let from = format!("{day}T00:00:00Z").parse::<DateTime<chrono::Utc>>().unwrap();
        let from = from.timestamp_millis();
        let axis = TimeAxis::new(Span { from, to: from + hours * 60 * MINUTE_MS }, zone, 240);
        axis.round_times(180).into_iter().filter_map(|local| axis.column(local)).collect()
    }

    #[test]
    fn time_labels_follow_the_local_clock_across_summer_time() {
        // 2026-03-29: 02:00 becomes 03:00 at 01:00 UTC, so the labels 03:00, 06:00, ... stand at 01:00, 04:00, ... UTC.
        assert_eq!(hours_of("2026-03-29", 24)[..3], [10, 40, 70]);
        // The day after, every 3 hours of summer time.
        assert_eq!(hours_of("2026-03-30", 24)[..3], [10, 40, 70]);
        // In winter local 03:00 is 02:00 UTC.
        assert_eq!(hours_of("2026-01-10", 24)[..3], [20, 50, 80]);
    }

    #[test]
    fn load_labels_are_round_and_short() {
        assert_eq!(round_step(130.0), 200.0);
        assert_eq!(round_step(0.013), 0.02);
        assert_eq!(short(800.0, 200.0), "800");
        assert_eq!(short(20_000.0, 5_000.0), "20k");
        assert_eq!(short(2.5, 0.5), "2.5");
        assert_eq!(short(0.75, 0.25), "0.75");
        assert_eq!(short(3.5e9, 5e8), "3.5G");
    }

    #[test]
    fn control_characters_of_a_name_do_not_reach_the_terminal() {
        assert_eq!(clean("rps\u{1b}[2J\n"), "rps?[2J?");
    }
}
