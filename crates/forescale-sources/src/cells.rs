//! The cells of a column, whatever a source stores them as.

use polars::prelude::*;

use crate::load::Load;
use crate::samples::Cell;
use crate::timestamp::{self, Stamp};

/// A column of a source.
#[derive(Debug, Clone)]
pub(crate) enum Cells {
    /// Text, to be read cell by cell.
    Text(StringChunked),
    /// Whole numbers.
    Integers(Int64Chunked),
    /// Numbers.
    Numbers(Float64Chunked),
    /// Moments, as microseconds since the epoch; local ones when the column has no zone.
    Moments { micros: Int64Chunked, local: bool },
}

impl Cells {
    pub fn len(&self) -> usize {
        match self {
            Self::Text(cells) => cells.len(),
            Self::Integers(cells) | Self::Moments { micros: cells, .. } => cells.len(),
            Self::Numbers(cells) => cells.len(),
        }
    }

    /// The cell at `row`, as it may stand in a message.
    pub fn text(&self, row: usize) -> String {
        let text = match self {
            Self::Text(cells) => cells.get(row).map(str::to_owned),
            Self::Integers(cells) | Self::Moments { micros: cells, .. } => {
                cells.get(row).map(|value| value.to_string())
            }
            Self::Numbers(cells) => cells.get(row).map(|value| value.to_string()),
        };
        text.unwrap_or_default()
    }

    /// Whether the cell at `row` is text that says `name`, as it stands.
    pub fn is_text(&self, row: usize, name: &str) -> bool {
        matches!(self, Self::Text(cells) if cells.get(row) == Some(name))
    }

    /// The cells read as times.
    pub fn stamps(&self) -> Box<dyn Iterator<Item = Cell<Stamp>> + '_> {
        match self {
            Self::Text(cells) => Box::new(cells.iter().map(text_stamp)),
            Self::Integers(cells) => {
                Box::new(cells.iter().map(|cell| cell_of(cell, unix(timestamp::from_integer))))
            }
            Self::Numbers(cells) => {
                Box::new(cells.iter().map(|cell| cell_of(cell, unix(timestamp::from_float))))
            }
            Self::Moments { micros, local } => {
                let kind = if *local { Stamp::Local } else { Stamp::Utc };
                let read = move |value| timestamp::within_calendar(value).map(kind);
                Box::new(micros.iter().map(move |cell| cell_of(cell, read)))
            }
        }
    }

    /// The cells read as loads.
    pub fn loads(&self) -> Box<dyn Iterator<Item = Cell<Load>> + '_> {
        match self {
            Self::Text(cells) => Box::new(cells.iter().map(text_load)),
            Self::Integers(cells) => {
                Box::new(cells.iter().map(|cell| cell_of(cell, |v| Some(Load::of(v as f64)))))
            }
            Self::Numbers(cells) => Box::new(cells.iter().map(number_load)),
            Self::Moments { micros, .. } => {
                Box::new(micros.iter().map(|cell| cell_of(cell, |_| None)))
            }
        }
    }

    /// The cells of both columns side by side, without a detour for text beside numbers, the most common pair.
    pub fn each_row<R>(&self, loads: &Self, read: impl RowReader<R>) -> R {
        match (self, loads) {
            (Self::Text(times), Self::Numbers(loads)) => {
                read.read(times.iter().map(text_stamp).zip(loads.iter().map(number_load)))
            }
            _ => read.read(self.stamps().zip(loads.loads())),
        }
    }
}

/// What is done with the rows of a time and a load column.
pub(crate) trait RowReader<R> {
    fn read(self, rows: impl Iterator<Item = (Cell<Stamp>, Cell<Load>)>) -> R;
}

fn text_stamp(cell: Option<&str>) -> Cell<Stamp> {
    match cell {
        None => Cell::Blank,
        Some(text) => match timestamp::parse(text) {
            Some(stamp) => Cell::Value(stamp),
            None if text.trim().is_empty() => Cell::Blank,
            None => Cell::Unreadable,
        },
    }
}

fn text_load(cell: Option<&str>) -> Cell<Load> {
    cell_of(cell, Load::parse)
}

fn number_load(cell: Option<f64>) -> Cell<Load> {
    cell_of(cell, |value| Some(Load::of(value)))
}

fn cell_of<T, V>(cell: Option<T>, read: impl Fn(T) -> Option<V>) -> Cell<V> {
    match cell {
        None => Cell::Blank,
        Some(value) => read(value).map_or(Cell::Unreadable, Cell::Value),
    }
}

fn unix<T>(read: impl Fn(T) -> Option<i64>) -> impl Fn(T) -> Option<Stamp> {
    move |value| read(value).map(Stamp::Utc)
}
