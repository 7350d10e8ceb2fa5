//! An extremely randomised quantile forest on what the robust stack leaves unexplained.
//!
//! # Source
//! Forest B2 of the study in `docs/forecast.md`; forest as in `quantile_forest`.

use forescale_core::Quantiles;
use forescale_features::relative;
use serde::{Deserialize, Serialize};

use crate::learners::extra_trees::ExtraTrees;
use crate::learners::stack::Stack;
use crate::quantile_forest::GROWTH;
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound};
use crate::stacked::{beside, stack_of, stacked};

/// The predictor.
pub type ResidualForest = Segmented<Model>;

/// Its fit.
pub type FittedResidualForest = FittedSegments<Model>;

/// Sets the forest's draws apart from those of `quantile-forest`.
const SEED: u64 = 0x5eed_0b2f;

/// The stack and the forest of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    stack: Stack,
    forest: ExtraTrees,
}

impl SegmentModel for Model {
    const NAME: &'static str = "residual-forest";
    const OWN_HOUR: bool = false;

    fn fit(lesson: &Lesson) -> Self {
        let matrix = lesson.relative();
        let fitted = stack_of(lesson, &matrix);
        let target: Vec<f64> = fitted.rest.iter().map(|rest| rest.asinh()).collect();
        let x = beside(&matrix.x, &fitted.stacked);
        let forest = ExtraTrees::fit(&x, &target, GROWTH, lesson.seed ^ SEED);
        Self { stack: fitted.stack.clone(), forest }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = view.relative();
        let middle = stacked(&self.stack, &matrix, view.rows);
        let rest = self.forest.predict(&beside(&matrix.x, &middle), quantiles.as_slice());
        for (i, row) in rest.chunks_exact(quantiles.len()).enumerate() {
            let (anchor, scale) = (matrix.anchor[i], matrix.scale[i]);
            values.extend(row.iter().map(|z| anchor + scale * (middle[i] + z.sinh())));
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        let names = relative::NAMES.into_iter().chain(["stacked value"]);
        names.zip(self.forest.gains.iter().map(|g| f64::from(*g))).collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        self.stack.check()?;
        // The stacked value stands beside the columns.
        self.forest.check(relative::NAMES.len() + 1)
    }
}
