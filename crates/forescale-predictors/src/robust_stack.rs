//! A robust linear stack of seasonal and level anchors, with residuals spread by how much past days disagree.
//!
//! # Source
//! Least absolute deviations by re-weighted least squares (Schlossmacher 1973); the stack of the study in
//! `docs/forecast.md`.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_core::metrics::sorted_quantile;
use serde::{Deserialize, Serialize};

use crate::learners::stack::Stack;
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound, ensure, is_row};
use crate::stacked::{SpreadColumns, spread, stack_of, stacked};

/// The predictor.
pub type RobustStack = Segmented<Model>;

/// Its fit.
pub type FittedRobustStack = FittedSegments<Model>;

/// The stack of one segment and the quantiles of its standardised residuals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    stack: Stack,
    residuals: Vec<f64>,
}

impl SegmentModel for Model {
    const NAME: &'static str = "robust-stack";

    fn fit(lesson: &Lesson) -> Self {
        let matrix = lesson.relative();
        let fitted = stack_of(lesson, &matrix);
        let columns = SpreadColumns::new();
        let mut z: Vec<f64> =
            fitted.rest.iter().enumerate().map(|(i, r)| r / spread(&matrix, i, columns)).collect();
        z.sort_unstable_by(f64::total_cmp);
        let residuals =
            Quantiles::standard().as_slice().iter().map(|p| sorted_quantile(&z, *p)).collect();
        Self { stack: fitted.stack.clone(), residuals }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = view.relative();
        let columns = SpreadColumns::new();
        let mut z = Vec::with_capacity(quantiles.len());
        Interpolation::new(Quantiles::standard().as_slice(), quantiles.as_slice())
            .extend(&self.residuals, &mut z);
        for (i, middle) in stacked(&self.stack, &matrix, view.rows).iter().enumerate() {
            let width = spread(&matrix, i, columns);
            let (anchor, scale) = (matrix.anchor[i], matrix.scale[i]);
            values.extend(z.iter().map(|z| anchor + scale * (middle + width * z)));
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        self.stack.shares().collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        self.stack.check()?;
        ensure(is_row(&self.residuals), "its residuals are not those of the standard quantiles")
    }
}
