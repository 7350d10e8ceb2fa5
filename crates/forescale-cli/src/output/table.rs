//! Tables for people: no lines, columns aligned, wrapped to the width of the terminal.

use comfy_table::{CellAlignment, ContentArrangement, Table, TableStyle};

use super::frame::tidy;

/// The width of text that is not for a terminal.
const PIPED_WIDTH: u16 = 120;

/// A column's heading and whether it holds numbers.
pub type Heading<'a> = (&'a str, bool);

/// A table of `rows` under `headings`; numbers are aligned to the right.
pub fn table(headings: &[Heading<'_>], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(TableStyle::new());
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(width());
    table.set_header(headings.iter().map(|(name, _)| *name));
    table.add_rows(rows);
    for (at, (_, number)) in headings.iter().enumerate() {
        if let Some(column) = table.column_mut(at) {
            column.set_padding((0, 2));
            if *number {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

/// Facts, one a line: a name and what is said of it.
pub fn facts(facts: &[(&str, String)]) -> String {
    let widest = facts.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    facts.iter().map(|(name, text)| format!("{name:widest$}  {text}\n")).collect()
}

/// Columns there are room for.
pub fn width() -> u16 {
    terminal_size::terminal_size().map_or(PIPED_WIDTH, |(width, _)| width.0.max(60))
}

/// A number for people: four digits that matter, more where it has them before the point.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "-".to_owned();
    }
    let value = tidy(value);
    let magnitude = value.abs();
    let decimals = match magnitude {
        _ if magnitude >= 1_000.0 || value == value.round() => 0,
        _ if magnitude >= 100.0 => 1,
        _ if magnitude >= 10.0 => 2,
        _ if magnitude >= 0.001 => 3,
        _ => return format!("{value:.2e}"),
    };
    format!("{value:.decimals$}")
}

/// A score; one that is off every scale says nothing.
pub fn score(value: f64) -> String {
    if value.abs() < 1e6 { format!("{value:.3}") } else { "-".to_owned() }
}

/// A share as percent.
pub fn percent(share: f64) -> String {
    if share.is_nan() { "-".to_owned() } else { format!("{:.1} %", share * 100.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_what_matters() {
        for (value, text) in [(1234.5, "1234"), (123.45, "123.5"), (12.345, "12.35"), (3.0, "3")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(number(0.000_012_3), "1.23e-5");
        assert_eq!(number(f64::NAN), "-");
    }
}
