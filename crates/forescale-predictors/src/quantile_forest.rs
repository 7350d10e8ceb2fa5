//! An extremely randomised quantile forest on deviations from the same time of day on past days.
//!
//! # Source
//! Meinshausen, *Quantile regression forests*, 2006; forest A of the study in `docs/forecast.md`.

use forescale_core::Quantiles;
use forescale_features::relative;
use serde::{Deserialize, Serialize};

use crate::learners::extra_trees::{ExtraTrees, Growth};
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound};

/// The predictor.
pub type QuantileForest = Segmented<Model>;

/// Its fit.
pub type FittedQuantileForest = FittedSegments<Model>;

/// How its forest is grown.
pub(crate) const GROWTH: Growth = Growth { trees: 50, candidates: 14, leaf: 12, share: 0.7 };

/// The forest of one segment, on `asinh` of the scaled deviation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    forest: ExtraTrees,
}

impl SegmentModel for Model {
    const NAME: &'static str = "quantile-forest";
    const OWN_HOUR: bool = false;

    fn fit(lesson: &Lesson) -> Self {
        let matrix = lesson.relative();
        let target: Vec<f64> = lesson.scaled_targets(&matrix).into_iter().map(f64::asinh).collect();
        Self { forest: ExtraTrees::fit(&matrix.x, &target, GROWTH, lesson.seed) }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let matrix = view.relative();
        let scaled = self.forest.predict(&matrix.x, quantiles.as_slice());
        for (i, row) in scaled.chunks_exact(quantiles.len()).enumerate() {
            values.extend(row.iter().map(|z| matrix.anchor[i] + matrix.scale[i] * z.sinh()));
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        relative::NAMES.into_iter().zip(self.forest.gains.iter().map(|g| f64::from(*g))).collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        self.forest.check(relative::NAMES.len())
    }
}
