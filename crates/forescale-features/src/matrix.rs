//! The one function that turns rows of a history into a feature matrix.

use std::ops::Range;

use forescale_core::History;
use ndarray::{Array2, ShapeBuilder, s};

use crate::levels::{DAY_COLUMNS, Levels};
use crate::prepared::Prepared;
use crate::rows::Row;
use crate::{levels, relative};

/// Which columns a matrix has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Layout {
    /// Deviations from the anchor in units of the scale: what does not depend on how big the service is.
    /// `floor` bounds the scale from below.
    Relative {
        /// The least scale, in load units.
        floor: f64,
    },
    /// Past values themselves as `asinh(load / unit)`: what a booster of one service learns best from.
    Levels(Levels),
}

impl Layout {
    /// The names of the columns.
    pub fn names(&self) -> Vec<&'static str> {
        match self {
            Self::Relative { .. } => relative::NAMES.to_vec(),
            Self::Levels(Levels { near: true, .. }) => levels::NAMES.to_vec(),
            Self::Levels(_) => DAY_COLUMNS.map(|column| levels::NAMES[column]).to_vec(),
        }
    }

    /// Where each column that may be written stands in the matrix, if it is there.
    fn places(&self) -> Vec<Option<usize>> {
        match self {
            Self::Levels(Levels { near: false, .. }) => (0..levels::NAMES.len())
                .map(|column| DAY_COLUMNS.iter().position(|wanted| *wanted == column))
                .collect(),
            _ => (0..self.names().len()).map(Some).collect(),
        }
    }
}

/// Features of rows. A missing feature is `NaN`.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// Rows by columns, stored column by column: learners walk along columns.
    pub x: Array2<f32>,
    /// The anchor of each row in load units: the mean of the same time of day on the last seven known days
    /// (`Relative`), or the last value (`Levels`).
    pub anchor: Vec<f64>,
    /// The scale of each row in load units.
    pub scale: Vec<f64>,
}

impl Matrix {
    /// The rows of `range` alone.
    pub fn part(&self, range: Range<usize>) -> Self {
        let rows = self.x.slice(s![range.clone(), ..]);
        let mut x = Array2::zeros(rows.raw_dim().f());
        x.assign(&rows);
        Self { x, anchor: self.anchor[range.clone()].to_vec(), scale: self.scale[range].to_vec() }
    }
}

/// Builds the features of `rows`. Nothing after a row's origin is read, but for the calendar.
pub fn build(history: &History, rows: &[Row], layout: Layout) -> Matrix {
    let prepared = Prepared::of(history);
    let mut matrix = Matrix {
        x: Array2::from_elem((rows.len(), layout.names().len()).f(), f32::NAN),
        anchor: Vec::with_capacity(rows.len()),
        scale: Vec::with_capacity(rows.len()),
    };
    let places = layout.places();
    let (mut near, mut far) = (None, None);
    for (i, row) in rows.iter().enumerate() {
        let mut out = matrix.x.row_mut(i);
        let mut set = |column: usize, value: f64| {
            if let Some(place) = places[column] {
                out[place] = value as f32;
            }
        };
        let (anchor, scale) = match layout {
            Layout::Relative { floor } => {
                let seen = relative::Origin::at(&prepared, row.origin, &mut far);
                relative::fill(&prepared, *row, seen, floor, &mut set)
            }
            Layout::Levels(levels) => {
                let seen = levels::Origin::at(&prepared, row.origin, levels, &mut near);
                levels.fill(&prepared, *row, seen, &mut set)
            }
        };
        matrix.anchor.push(anchor);
        matrix.scale.push(scale);
    }
    matrix
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_holds_its_rows_column_by_column() {
        let x = Array2::from_shape_fn((4, 2).f(), |(row, column)| (10 * row + column) as f32);
        let (anchor, scale) = (vec![0.0, 1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0, 7.0]);
        let part = Matrix { x, anchor, scale }.part(1..3);
        assert_eq!(part.x, ndarray::array![[10.0, 11.0], [20.0, 21.0]]);
        assert!(part.x.column(1).is_standard_layout());
        assert_eq!((part.anchor, part.scale), (vec![1.0, 2.0], vec![5.0, 6.0]));
    }
}
