//! A result as rows: what tables, CSV and Parquet are made from.

use chrono::{DateTime, SecondsFormat, Utc};
pub use forescale_core::tidy;

/// A column of a result.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Moments.
    Time(Vec<DateTime<Utc>>),
    /// Numbers; `NaN` is written as nothing.
    Number(Vec<f64>),
    /// Whole numbers.
    Whole(Vec<i64>),
    /// Text.
    Text(Vec<String>),
}

/// Named columns of equal length.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    columns: Vec<(String, Cells)>,
}

impl Frame {
    /// The same with one more column.
    pub fn with(mut self, name: impl Into<String>, cells: Cells) -> Self {
        self.columns.push((name.into(), cells));
        self
    }

    /// The columns.
    pub fn columns(&self) -> &[(String, Cells)] {
        &self.columns
    }

    /// The rows as CSV, with a header.
    pub fn csv(&self) -> String {
        let names: Vec<String> = self.columns.iter().map(|(name, _)| quoted(name)).collect();
        let mut text = names.join(",") + "\n";
        for row in 0..self.rows() {
            for (at, (_, cells)) in self.columns.iter().enumerate() {
                if at > 0 {
                    text.push(',');
                }
                text.push_str(&quoted(&cells.text(row)));
            }
            text.push('\n');
        }
        text
    }

    fn rows(&self) -> usize {
        self.columns.first().map_or(0, |(_, cells)| cells.len())
    }
}

impl Cells {
    fn len(&self) -> usize {
        match self {
            Self::Time(cells) => cells.len(),
            Self::Number(cells) => cells.len(),
            Self::Whole(cells) => cells.len(),
            Self::Text(cells) => cells.len(),
        }
    }

    fn text(&self, row: usize) -> String {
        match self {
            Self::Time(cells) => time_text(cells[row]),
            Self::Number(cells) if cells[row].is_nan() => String::new(),
            Self::Number(cells) => tidy(cells[row]).to_string(),
            Self::Whole(cells) => cells[row].to_string(),
            Self::Text(cells) => cells[row].clone(),
        }
    }
}

/// A moment as every machine-readable form writes it.
pub fn time_text(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// A cell of a CSV file, quoted when it has to be.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_quotes_what_it_must() {
        let frame = Frame::default()
            .with("name", Cells::Text(vec!["a, \"b\"".to_owned()]))
            .with("load", Cells::Number(vec![1.5]));
        assert_eq!(frame.csv(), "name,load\n\"a, \"\"b\"\"\",1.5\n");
    }
}
