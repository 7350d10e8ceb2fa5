//! `neural`: three small networks on deviations from the robust stack, which give quantiles directly.
//!
//! Each network counts from another middle: from what the stack makes of past days, or half-way from there to the
//! profile and to the usual load (in the first hour: to the last value, or all the way). Where the stack is wrong they err differently. Each is trained on two thirds of the
//! days and stops by the others, since rows of one day are nearly the same; the days it has not seen also say how wide
//! its intervals have to be.
//!
//! # Source
//! Taylor, *A quantile regression neural network approach to estimating the conditional density of multiperiod
//! returns*, 2000; Krogh & Vedelsby, *Neural network ensembles, cross validation, and active learning*, 1995.

use forescale_core::Quantiles;
use forescale_core::forecast::Interpolation;
use forescale_features::{Prepared, levels};
use serde::{Deserialize, Serialize};

use crate::learners::mlp::{Examples, LEVELS, MEDIAN, Network, Training, WIDTH};
use crate::learners::stack::Stack;
use crate::quantile_boosting::groups;
use crate::seen::{BESIDE, Columns, NETWORKS, Seen, least_spread};
use crate::segmented::{FittedSegments, Lesson, SegmentModel, Segmented, View};
use crate::sound::{Flaw, Sound, ensure};
use crate::stacked::{stack_of, stacked};

/// The predictor.
pub type Neural = Segmented<Model>;

/// Its fit.
pub type FittedNeural = FittedSegments<Model>;

const TRAINING: Training = Training { epochs: 5, batch: 32, rate: 0.01, decay: 0.1 };

/// A forecast leaves the range of the load that was learned from by this much, in z, unless the stack does.
const ROOM: f32 = 0.05;

/// The networks of one segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    columns: Columns,
    /// Mean of each input, and what it is multiplied by.
    standard: Vec<(f32, f32)>,
    stack: Stack,
    networks: Vec<Network>,
    /// How much farther from the median each quantile lies than the networks say.
    widths: [f32; WIDTH],
}

impl SegmentModel for Model {
    const NAME: &'static str = "neural";

    fn fit(lesson: &Lesson) -> Self {
        let prepared = Prepared::of(lesson.history);
        let relative = lesson.relative();
        let fitted = stack_of(lesson, &relative);
        let mut columns = Columns::new(lesson, &prepared);
        let rows = &lesson.rows.rows;
        let mut seen = columns.seen(lesson.history, rows, &relative, &fitted.stacked);
        columns.least_spread = least_spread(&seen.spread);
        seen.widen(columns.least_spread);
        let standard = seen.standard();
        seen.standardise(&standard);
        let z: Vec<f32> = lesson.rows.target.iter().map(|y| columns.z(*y)).collect();
        let (networks, unseen) = train(&seen, &z, &groups(rows, &prepared), lesson.seed);
        let widths = widths(&unseen, &z);
        Self { columns, standard, stack: fitted.stack.clone(), networks, widths }
    }

    fn predict(&self, view: &View, quantiles: &Quantiles, values: &mut Vec<f64>) {
        let relative = view.relative();
        let middle = stacked(&self.stack, &relative, view.rows);
        let mut seen = self.columns.seen(view.history, view.rows, &relative, &middle);
        seen.widen(self.columns.least_spread);
        seen.standardise(&self.standard);
        let curve = Interpolation::new(&LEVELS.map(level), quantiles.as_slice());
        for i in 0..view.rows.len() {
            let first = values.len();
            curve.extend(&self.quantiles(&seen, i), values);
            // Quantiles beyond the levels that were learned are carried on in a straight line, out of the range.
            let (low, high) = self.reach(&seen, i);
            for value in &mut values[first..] {
                *value = self.columns.unit * value.clamp(low, high).sinh();
            }
        }
    }

    fn drives(&self) -> Vec<(&'static str, f64)> {
        let places = self.columns.places();
        let names = places.iter().map(|column| levels::NAMES[*column]);
        let mut wiring = vec![0.0; self.standard.len()];
        for network in &self.networks {
            wiring.iter_mut().zip(network.wiring()).for_each(|(sum, w)| *sum += f64::from(w));
        }
        names.chain(BESIDE).zip(wiring).collect()
    }
}

impl Sound for Model {
    fn check(&self) -> Result<(), Flaw> {
        self.columns.check()?;
        self.stack.check()?;
        let inputs = self.columns.places().len() + BESIDE.len();
        ensure(self.standard.len() == inputs, "its inputs are not all known")?;
        ensure(self.networks.len() == NETWORKS, "it has another number of networks")?;
        self.networks.iter().try_for_each(|network| network.check(inputs))
    }
}

impl Model {
    /// The mean of the networks, widened, ascending and within reach of the load that was learned from.
    fn quantiles(&self, seen: &Seen, i: usize) -> [f64; WIDTH] {
        let mut mean = [0.0; WIDTH];
        for (k, network) in self.networks.iter().enumerate() {
            let out = seen.quantiles(network, k, i);
            mean.iter_mut().zip(out).for_each(|(sum, z)| *sum += z / NETWORKS as f32);
        }
        let (low, high) = self.reach(seen, i);
        let middle = mean[MEDIAN];
        let wide = |k: usize| f64::from(middle + self.widths[k] * (mean[k] - middle));
        let mut out: [f64; WIDTH] = std::array::from_fn(|k| wide(k).clamp(low, high));
        out.sort_unstable_by(f64::total_cmp);
        out
    }

    /// The least and the highest load that a forecast of row `i` may say, in z.
    fn reach(&self, seen: &Seen, i: usize) -> (f64, f64) {
        let [low, _, high] = self.columns.range;
        let stacked = seen.stacked[i];
        (f64::from(low.min(stacked) - ROOM), f64::from(high.max(stacked) + ROOM))
    }
}

/// Trains each network on the days that are not its own; returns with them what each says of its own days.
fn train(seen: &Seen, z: &[f32], days: &[u32], seed: u64) -> (Vec<Network>, Vec<[f32; WIDTH]>) {
    let cost: Vec<f32> = (0..z.len()).map(|i| seen.stacked[i].cosh() * seen.spread[i]).collect();
    let typical = cost.iter().sum::<f32>() / cost.len() as f32;
    // Misses count in load units, within reason.
    let weight: Vec<f32> = cost.iter().map(|cost| (cost / typical).clamp(0.2, 3.0)).collect();
    let mut unseen = vec![[0.0; WIDTH]; z.len()];
    let mut networks = Vec::new();
    for k in 0..NETWORKS {
        let y: Vec<f32> =
            (0..z.len()).map(|i| ((z[i] - seen.bases[i][k]) / seen.spread[i]).asinh()).collect();
        let examples = Examples { inputs: seen.inputs, x: &seen.x, y: &y, weight: &weight };
        let (own, others): (Vec<u32>, Vec<u32>) =
            (0..z.len() as u32).partition(|i| days[*i as usize] as usize % NETWORKS == k);
        let network = Network::train(&examples, &others, &own, TRAINING, seed + k as u64);
        own.iter().for_each(|i| unseen[*i as usize] = seen.quantiles(&network, k, *i as usize));
        networks.push(network);
    }
    (networks, unseen)
}

/// How much farther out quantiles have to lie to hold their share of the days that were not learned from.
///
/// Half-way there, since the mean of three networks misses less than each of them.
fn widths(unseen: &[[f32; WIDTH]], z: &[f32]) -> [f32; WIDTH] {
    let mut share = Vec::new();
    std::array::from_fn(|k| {
        if k == MEDIAN {
            return 1.0;
        }
        share.clear();
        let gaps = unseen.iter().zip(z);
        share.extend(gaps.map(|(q, z)| (z - q[MEDIAN]) / (q[k] - q[MEDIAN])));
        let level = if k > MEDIAN { LEVELS[k] } else { 1.0 - LEVELS[k] };
        let place = ((share.len() - 1) as f32 * level).round() as usize;
        let (_, width, _) = share.select_nth_unstable_by(place, f32::total_cmp);
        if width.is_finite() { 0.5 + 0.5 * width.clamp(0.5, 3.0) } else { 1.0 }
    })
}

/// The exact decimal that a level of [`LEVELS`] stands for.
fn level(level: f32) -> f64 {
    (f64::from(level) * 1e3).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Noise, history, options};
    use forescale_core::{Forecast, Horizon, Predictor};

    fn forecast(values: &[f64], steps: usize) -> Forecast {
        let history = history(900, values);
        let fitted = Neural::default().fit(&history, &options(steps)).unwrap();
        fitted.predict(&history, Horizon::new(steps).unwrap(), &Quantiles::standard()).unwrap()
    }

    /// Two weeks of a daily wave at steps of 15 minutes, noisier at its top.
    fn wave(days: usize) -> Vec<f64> {
        let mut noise = Noise::new(3);
        (0..days * 96)
            .map(|i| {
                let turn = (std::f64::consts::TAU * i as f64 / 96.0).sin();
                100.0 + 40.0 * turn + (6.0 + 4.0 * turn) * noise.next()
            })
            .collect()
    }

    #[test]
    fn a_daily_wave_comes_with_its_level_and_its_spread() {
        let forecast = forecast(&wave(14), 96);
        let (top, bottom) = (forecast.row(24), forecast.row(72));
        assert!((top[9] - 140.0).abs() < 10.0 && (bottom[9] - 60.0).abs() < 8.0);
        assert!(top[14] - top[4] > 1.3 * (bottom[14] - bottom[4]));
    }

    #[test]
    fn the_same_seed_trains_the_same_networks() {
        let values = wave(6);
        assert_eq!(forecast(&values, 96).row(40), forecast(&values, 96).row(40));
    }

    #[test]
    fn a_constant_load_stays() {
        let forecast = forecast(&[50.0; 480], 96);
        assert!((0..96).all(|h| forecast.row(h).iter().all(|q| (q - 50.0).abs() < 4.0)));
    }

    #[test]
    fn two_days_with_few_columns_are_enough() {
        let forecast = forecast(&wave(2), 96);
        assert!((0..96).all(|h| forecast.row(h).iter().all(|q| (0.0..300.0).contains(q))));
    }
}
