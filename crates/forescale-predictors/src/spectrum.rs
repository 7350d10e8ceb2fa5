//! The periodogram of a load, and how much of it is noise.

use std::cell::RefCell;
use std::f64::consts::LN_2;
use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex};

/// A chance of one in a thousand that noise alone makes a peak somewhere in the spectrum.
const FALSE_ALARM: f64 = 1e-3;

/// Neighbours on each side, at least, that say how loud the noise is around a frequency.
const NEIGHBOURS: usize = 12;

/// Bins, at most, that the median of a window is taken of: more would hardly move it.
const JUDGED: usize = 256;

/// Power by frequency: bin `k` stands for `k` cycles in `n` points.
#[derive(Debug)]
pub(crate) struct Spectrum {
    /// Points that were transformed.
    pub n: usize,
    /// Power of each bin, the mean left out.
    pub power: Vec<f64>,
    /// What noise around the bin brings on average.
    pub noise: Vec<f64>,
    /// How many times the noise a bin has to have to stand out.
    bound: f64,
}

impl Spectrum {
    /// Of `values`, whose mean is 0 and whose length [`smooth_length`] likes.
    pub fn new(values: &[f64]) -> Self {
        let n = values.len();
        let transform = planned(n);
        let mut input = values.to_vec();
        let mut bins = transform.make_output_vec();
        transform.process(&mut input, &mut bins).expect("the buffers were made by the plan");
        let mut power: Vec<f64> = bins.iter().map(|bin| bin.norm_sqr() / n as f64).collect();
        power[0] = 0.0;
        let noise = noise_level(&power);
        let bound = (power.len().max(2) as f64 / FALSE_ALARM).ln();
        Self { n, power, noise, bound }
    }

    /// Whether bin `k` stands out of the noise, by Fisher's bound over all bins.
    pub fn stands_out(&self, k: usize) -> bool {
        self.power[k] > self.noise[k] * self.bound
    }

    /// Where the top of the peak at bin `k` lies, between bins (parabola through the logarithms).
    pub fn refined(&self, k: usize) -> f64 {
        let least = 1e-9 * self.power[k];
        let log = |k: usize| self.power.get(k).map_or(least, |p| p.max(least)).ln();
        let (left, top, right) = (log(k - 1), log(k), log(k + 1));
        let shift = 0.5 * (left - right) / (left - 2.0 * top + right);
        if shift.is_finite() { k as f64 + shift.clamp(-0.5, 0.5) } else { k as f64 }
    }
}

/// The transform of `n` points. The last one of a thread is kept: to plan costs more than to transform, and the next
/// history of a service is as long.
fn planned(n: usize) -> Arc<dyn RealToComplex<f64>> {
    thread_local! {
        static LAST: RefCell<Option<Arc<dyn RealToComplex<f64>>>> = const { RefCell::new(None) };
    }
    LAST.with_borrow_mut(|last| match last {
        Some(transform) if transform.len() == n => Arc::clone(transform),
        _ => Arc::clone(last.insert(RealFftPlanner::new().plan_fft_forward(n))),
    })
}

/// The running median of the power, over a window that widens with the frequency, as the mean of its noise.
///
/// Red noise falls with frequency, so what is loud is judged among neighbours; the median does not see the
/// few peaks that stand out. The power of noise is exponential, whose median is ln 2 of its mean.
fn noise_level(power: &[f64]) -> Vec<f64> {
    let (mut level, mut window) = (Vec::with_capacity(power.len()), Vec::new());
    let total: f64 = power.iter().sum();
    let least = 1e-9 * total / power.len() as f64;
    let mut judged = 0;
    for k in 0..power.len() {
        // Far up the median hardly moves from bin to bin.
        if k < 64 || k >= judged + k / 16 {
            let half = NEIGHBOURS.max(k / 4);
            let (from, to) = (k.saturating_sub(half).max(1), (k + half + 1).min(power.len()));
            let around = &power[from.min(to - 1)..to];
            window.clear();
            // The bits of numbers that are not negative are in the order of the numbers, and quicker to compare.
            window
                .extend(around.iter().step_by(around.len().div_ceil(JUDGED)).map(|p| p.to_bits()));
            let middle = window.len() / 2;
            let (_, median, _) = window.select_nth_unstable(middle);
            level.push((f64::from_bits(*median) / LN_2).max(least));
            judged = k;
        } else {
            level.push(level[k - 1]);
        }
    }
    level
}

/// The largest length up to `n` with no prime factor above 5, in whole days of `m` points where that is near.
///
/// Whole days keep the daily waves from leaking into their neighbours; a prime length costs up to 150 ms to plan.
pub(crate) fn smooth_length(n: usize, m: usize) -> usize {
    let whole_days =
        (1..=n / m.max(1)).rev().map(|days| days * m).find(|length| is_smooth(*length));
    let any = (1..=n).rev().find(|length| is_smooth(*length)).unwrap_or(n);
    whole_days.filter(|days| *days * 4 >= any * 3).unwrap_or(any)
}

fn is_smooth(mut n: usize) -> bool {
    for factor in [2, 3, 5] {
        while n.is_multiple_of(factor) {
            n /= factor;
        }
    }
    n == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wave_is_one_peak_at_its_frequency() {
        let values: Vec<f64> =
            (0..480).map(|i| (std::f64::consts::TAU * f64::from(i) / 24.0).cos()).collect();
        let spectrum = Spectrum::new(&values);
        let peaks: Vec<usize> = (1..241).filter(|k| spectrum.stands_out(*k)).collect();
        assert_eq!(peaks, [20]);
        assert!((spectrum.power[20] - 120.0).abs() < 1e-9);
        assert!((spectrum.refined(20) - 20.0).abs() < 1e-3);
    }

    #[test]
    fn lengths_are_smooth_and_in_whole_days() {
        assert_eq!(smooth_length(8_064, 288), 27 * 288);
        assert_eq!(smooth_length(1_009, 288), 3 * 288);
        assert_eq!(smooth_length(101, 97), 100);
        assert_eq!(smooth_length(1, 24), 1);
    }
}
