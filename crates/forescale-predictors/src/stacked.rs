//! The robust stack as two predictors build on it: one spreads its residuals, one grows a forest on them.

use forescale_features::{Matrix, Row, Segment};
use ndarray::{Array2, Axis, concatenate};
use serde::{Deserialize, Serialize};

use crate::learners::stack::{Reach, Stack, anchors};
use crate::segmented::Lesson;

/// Half-life of a row's weight, in days.
const HALF_LIFE_DAYS: f64 = 21.0;

/// A stack fitted on a lesson, with what it leaves unexplained.
pub(crate) struct StackedLesson {
    pub stack: Stack,
    /// The stacked value of each learning row, in units of the scale above the anchor.
    pub stacked: Vec<f64>,
    /// Target minus stacked value.
    pub rest: Vec<f64>,
}

/// Fits the stack of `lesson`; the same for all who ask.
pub(crate) fn stack_of(lesson: &Lesson, matrix: &Matrix) -> std::sync::Arc<StackedLesson> {
    lesson.history.derive(lesson.segment.to as u64 ^ lesson.seed << 32, |history| {
        let anchors = anchors(&matrix.x);
        let target = lesson.scaled_targets(matrix);
        let horizons = horizons(&lesson.rows.rows);
        let day = history.series().frequency().steps_per_day() as f64;
        let end = history.series().len();
        let typical = mean(&matrix.scale);
        let rows = lesson.rows.rows.iter().zip(&matrix.scale);
        // Misses count in load units, and newer rows count more.
        let weight: Vec<f64> = rows
            .map(|(row, scale)| {
                let age_days = (end - row.target()) as f64 / day;
                0.5_f64.powf(age_days / HALF_LIFE_DAYS) * scale / typical
            })
            .collect();
        let (edge, reach) = edge(lesson.segment, history.series().frequency().steps_per_day());
        let stack = Stack::fit(&anchors, &target, &weight, &horizons, edge, reach);
        let stacked = stack.predict(&anchors, &horizons);
        let rest = target.iter().zip(&stacked).map(|(y, s)| y - s).collect();
        StackedLesson { stack, stacked, rest }
    })
}

/// A matrix with a value for each row as one more column.
pub(crate) fn beside(x: &Array2<f32>, values: &[f64]) -> Array2<f32> {
    let column: Vec<f32> = values.iter().map(|value| *value as f32).collect();
    let column = Array2::from_shape_vec((values.len(), 1), column).expect("one value a row");
    concatenate(Axis(1), &[x.view(), column.view()]).expect("one value a row")
}

/// The horizons of rows.
pub(crate) fn horizons(rows: &[Row]) -> Vec<usize> {
    rows.iter().map(|row| row.horizon).collect()
}

/// The stacked value of rows to predict.
pub(crate) fn stacked(stack: &Stack, matrix: &Matrix, rows: &[Row]) -> Vec<f64> {
    stack.predict(&anchors(&matrix.x), &horizons(rows))
}

/// The hour is divided at a quarter, longer segments at an eighth.
fn edge(segment: Segment, day: usize) -> (usize, Reach) {
    let length = segment.to - segment.from + 1;
    if segment.to < day {
        (segment.from + length / 4, Reach::Near)
    } else {
        (segment.from + length / 8, Reach::Day)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// How far a row usually lies from its stack: it widens where past days disagree and where the day is rough.
pub(crate) fn spread(matrix: &Matrix, i: usize, at: SpreadColumns) -> f64 {
    let known = |column: usize| {
        let value = f64::from(matrix.x[(i, column)]);
        if value > -100.0 { value } else { 0.5 }
    };
    0.6 * known(at.time_of_day) + 0.2 * known(at.day).min(3.0) + 0.1
}

/// Where the columns of [`spread`] stand.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct SpreadColumns {
    time_of_day: usize,
    day: usize,
}

impl SpreadColumns {
    pub fn new() -> Self {
        let column = forescale_features::relative::column;
        Self {
            time_of_day: column("spread at this time of day"),
            day: column("deviation of the last day"),
        }
    }
}
