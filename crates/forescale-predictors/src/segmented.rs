//! Direct predictors learn rows of (origin, horizon), one model for each range of horizons.
//!
//! This is what they share: which rows they learn from, the matrices of them, and how the models of the ranges
//! become one fitted predictor. Matrices are derived once per history and shared by all of them.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use forescale_core::{
    Effort, FitError, FitOptions, FittedPredictor, Forecast, Frequency, History, Horizon,
    Importance, PredictError, Predictor, Quantiles,
};
use forescale_features::relative::Origin;
use forescale_features::{Layout, Matrix, Prepared, Row, Segment, TrainingRows, training_rows};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bounds::bounded;
use crate::learners::extra_trees::MISSING;
use crate::sound::{Flaw, Sound, ascends, ensure};
use crate::{check, persist};

/// Rows drawn to learn one segment from, and for a draft.
const TRAINING_ROWS: usize = 6_000;
const DRAFT_ROWS: usize = 3_000;

/// Fewer rows than this teach nothing.
const FEWEST_ROWS: usize = 60;

/// The scale of a row is at least this share of the scale at the end of the fitted history, so that a service
/// that was near zero for days does not turn its first load into residuals of a thousand scales.
const SCALE_FLOOR: f64 = 0.2;

/// Beyond this many scales from the anchor a target says "far out" and nothing more.
const FARTHEST: f64 = 60.0;

/// What a segment is learned from.
pub(crate) struct Lesson<'a> {
    pub history: &'a History,
    pub segment: Segment,
    pub seed: u64,
    pub effort: Effort,
    pub floor: f64,
    pub rows: Arc<TrainingRows>,
}

/// A model of one segment.
pub(crate) trait SegmentModel:
    Sound + Debug + Serialize + DeserializeOwned + Send + Sync + 'static
{
    const NAME: &'static str;

    /// Whether the next hour has a model of its own where a day is forecast.
    const OWN_HOUR: bool = true;

    fn fit(lesson: &Lesson) -> Self;

    /// Appends the quantiles of each of `rows`, in load units.
    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>);

    /// Features and how much they drive the model, in any unit.
    fn drives(&self) -> Vec<(&'static str, f64)>;
}

/// Rows of a history that are to be predicted by one model.
pub(crate) struct View<'a> {
    pub history: &'a History,
    pub rows: &'a [Row],
    /// The rows of all models, and where those of this one are among them.
    all: &'a [Row],
    range: Range<usize>,
    floor: f64,
}

impl Lesson<'_> {
    /// The learning rows as deviations from the anchor, without `NaN`.
    pub fn relative(&self) -> Arc<Matrix> {
        let layout = Layout::Relative { floor: self.floor };
        self.history.derive(key(&self.rows.rows, self.floor), |history| {
            without_nan(forescale_features::build(history, &self.rows.rows, layout))
        })
    }

    /// The targets of the learning rows in units of the scale above the anchor.
    pub fn scaled_targets(&self, matrix: &Matrix) -> Vec<f64> {
        let rows = self.rows.target.iter().zip(&matrix.anchor).zip(&matrix.scale);
        rows.map(|((y, anchor), scale)| ((y - anchor) / scale).clamp(-FARTHEST, FARTHEST)).collect()
    }
}

impl View<'_> {
    /// The rows as deviations from the anchor, without `NaN`.
    ///
    /// They are cut out of the matrix of all rows, which members share however they divide it.
    pub fn relative(&self) -> Arc<Matrix> {
        let layout = Layout::Relative { floor: self.floor };
        let all = self.history.derive(key(self.all, self.floor), |history| {
            without_nan(forescale_features::build(history, self.all, layout))
        });
        if self.rows.len() == self.all.len() { all } else { Arc::new(all.part(self.range.clone())) }
    }
}

/// Tells matrices of one history apart.
fn key(rows: &[Row], floor: f64) -> u64 {
    rows.iter().fold(floor.to_bits(), |key, row| {
        (key.rotate_left(5) ^ (row.origin as u64) << 20 ^ row.horizon as u64)
            .wrapping_mul(0x517c_c1b7_2722_0a95)
    })
}

fn without_nan(mut matrix: Matrix) -> Matrix {
    matrix
        .x
        .mapv_inplace(|value| if value.is_nan() { MISSING } else { value.clamp(-500.0, 500.0) });
    matrix
}

/// A direct predictor with models of kind `M`.
#[derive(Debug, Clone)]
pub struct Segmented<M>(PhantomData<fn() -> M>);

impl<M> Default for Segmented<M> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<M: SegmentModel> Predictor for Segmented<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn fit(
        &self,
        history: &History,
        options: &FitOptions,
    ) -> Result<Box<dyn FittedPredictor>, FitError> {
        let prepared = Prepared::of(history);
        check::enough_to_fit(M::NAME, history, (prepared.day * 3 / 2).max(FEWEST_ROWS))?;
        let floor = SCALE_FLOOR * Origin::new(&prepared, prepared.len()).scale;
        let steps = options.horizon.steps();
        let (mut segments, mut models) = (Vec::new(), Vec::new());
        let mut wanted = Segment::covering(steps, prepared.hour(), prepared.day);
        if !M::OWN_HOUR && wanted.len() > 1 {
            wanted.remove(0);
        }
        let count = if options.effort == Effort::Draft { DRAFT_ROWS } else { TRAINING_ROWS };
        for segment in wanted {
            let rows = history.derive(segment.to as u64 ^ options.seed << 32, |history| {
                training_rows(history, segment, count, options.seed)
            });
            if rows.rows.len() < FEWEST_ROWS {
                continue;
            }
            let FitOptions { seed, effort, .. } = *options;
            models.push(M::fit(&Lesson { history, segment, seed, effort, floor, rows }));
            segments.push(segment);
        }
        if models.is_empty() {
            let reason = "the history holds too few values that are not gaps".to_owned();
            return Err(FitError::Failed { predictor: M::NAME, reason });
        }
        let frequency = history.series().frequency();
        Ok(Box::new(FittedSegments { frequency, floor, segments, models }))
    }
}

/// The models of all segments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FittedSegments<M> {
    frequency: Frequency,
    floor: f64,
    segments: Vec<Segment>,
    models: Vec<M>,
}

impl<M: SegmentModel> FittedPredictor for FittedSegments<M> {
    fn name(&self) -> &'static str {
        M::NAME
    }

    fn predict(
        &self,
        history: &History,
        horizon: Horizon,
        quantiles: &Quantiles,
    ) -> Result<Forecast, PredictError> {
        let horizons: Vec<usize> = (1..=horizon.steps()).collect();
        rows_at(self, history, &horizons, quantiles)
    }

    fn predict_at(
        &self,
        history: &History,
        horizons: &[Horizon],
        quantiles: &Quantiles,
    ) -> Result<Vec<f64>, PredictError> {
        if horizons.is_empty() {
            return Ok(Vec::new());
        }
        let horizons: Vec<usize> = horizons.iter().map(|horizon| horizon.steps()).collect();
        let rows = rows_at(self, history, &horizons, quantiles)?;
        Ok((0..rows.steps()).flat_map(|i| rows.row(i)).copied().collect())
    }

    fn to_bytes(&self) -> Vec<u8> {
        persist::to_bytes(self)
    }

    fn importances(&self) -> Vec<Importance> {
        Importance::shares(self.models.last().map(SegmentModel::drives).unwrap_or_default())
    }
}

impl<M: SegmentModel> Sound for FittedSegments<M> {
    fn check(&self) -> Result<(), Flaw> {
        let ranges = self.segments.iter().all(|s| 1 <= s.from && s.from <= s.to);
        let ends = self.segments.iter().map(|segment| segment.to);
        ensure(ranges && ascends(ends), "its ranges of horizons do not ascend")?;
        let whole = !self.models.is_empty() && self.models.len() == self.segments.len();
        ensure(whole, "it has no model for a range of horizons")?;
        self.models.iter().try_for_each(Sound::check)
    }
}

/// One row for each of `horizons`, which are ascending.
fn rows_at<M: SegmentModel>(
    fitted: &FittedSegments<M>,
    history: &History,
    horizons: &[usize],
    quantiles: &Quantiles,
) -> Result<Forecast, PredictError> {
    check::suits(M::NAME, history, fitted.frequency, 2)?;
    let origin = history.series().len();
    let mut values = Vec::with_capacity(horizons.len() * quantiles.len());
    let all: Vec<Row> = horizons.iter().map(|horizon| Row { origin, horizon: *horizon }).collect();
    let place = |row: &Row| Segment::choose(&fitted.segments, row.horizon);
    let mut from = 0;
    for rows in all.chunk_by(|a, b| place(a) == place(b)) {
        let range = from..from + rows.len();
        from = range.end;
        let view = View { history, rows, all: &all, range, floor: fitted.floor };
        fitted.models[place(&rows[0])].predict(&view, quantiles, &mut values);
    }
    bounded(history, quantiles, values)
}
