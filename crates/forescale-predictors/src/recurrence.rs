//! Finds after how many steps a load comes again when that is no day: jobs that run every 64 minutes, say.
//!
//! # Source
//! Vlachos, Yu & Castelli, *On periodicity detection and structural periodic similarity*, 2005: peaks of the
//! autocorrelation, here of the load less its level around each step, so that neither trend nor daily wave shows.

use forescale_features::Prepared;
use forescale_features::levels::{self, Recurrences};
use realfft::RealFftPlanner;

use crate::sound::{Flaw, ensure};

/// Lags up to this many days are looked at.
const DAYS: usize = 2;

/// A day has no more steps than these.
const SECONDS_PER_DAY: usize = 86_400;

/// The least autocorrelation that is a recurrence: on noise of a week it stays below 0.1.
const LEAST: f64 = 0.2;

/// Lags this close to whole days are the day itself.
const NEAR_DAY: usize = 2;

/// The two clearest recurrences of `asinh(load / unit)`, beyond the next hour.
pub(crate) fn find(p: &Prepared, unit: f64) -> Recurrences {
    let z: Vec<f64> = p.y.iter().map(|y| levels::z(*y, unit)).collect();
    let shortest = p.hour().max(4) + 1;
    let longest = (DAYS * p.day).min(z.len() / 3);
    let correlation = autocorrelation(&less_level(&z, shortest - 1), longest);
    let is_peak = |lag: &usize| {
        let here = correlation[*lag];
        let off_day = (lag % p.day).min(p.day - lag % p.day);
        here > LEAST
            && here > correlation[lag - 1]
            && here >= correlation[lag + 1]
            && off_day > NEAR_DAY
    };
    let mut peaks: Vec<usize> = (shortest..longest).filter(is_peak).collect();
    peaks.sort_by(|a, b| correlation[*b].total_cmp(&correlation[*a]));
    let mut peaks = peaks.into_iter();
    [peaks.next().unwrap_or(0), peaks.next().unwrap_or(0)]
}

/// Whether recurrences are none that would lie farther back than is looked.
pub(crate) fn check(recurrences: Recurrences) -> Result<(), Flaw> {
    let farthest = DAYS * SECONDS_PER_DAY;
    let near = recurrences.iter().all(|recurrence| *recurrence <= farthest);
    ensure(near, "it looks for what recurs farther back than it was looked for")
}

/// Values less their mean over `half` steps on both sides.
fn less_level(values: &[f64], half: usize) -> Vec<f64> {
    let mut total = 0.0;
    let running = values.iter().map(|value| {
        total += value;
        total
    });
    let sums: Vec<f64> = std::iter::once(0.0).chain(running).collect();
    let level = |i: usize| {
        let (from, to) = (i.saturating_sub(half), (i + half + 1).min(values.len()));
        (sums[to] - sums[from]) / (to - from) as f64
    };
    values.iter().enumerate().map(|(i, value)| value - level(i)).collect()
}

/// The autocorrelation at lags 0 to `longest`; zeros for values that never change.
fn autocorrelation(values: &[f64], longest: usize) -> Vec<f64> {
    let n = values.len();
    let length = (n + longest + 1).next_power_of_two();
    let mut planner = RealFftPlanner::<f64>::new();
    let (forward, inverse) = (planner.plan_fft_forward(length), planner.plan_fft_inverse(length));
    let mut padded = forward.make_input_vec();
    padded[..n].copy_from_slice(values);
    let mut spectrum = forward.make_output_vec();
    forward.process(&mut padded, &mut spectrum).expect("the lengths were made for each other");
    spectrum
        .iter_mut()
        .for_each(|bin| *bin = realfft::num_complex::Complex::new(bin.norm_sqr(), 0.0));
    inverse.process(&mut spectrum, &mut padded).expect("the lengths were made for each other");
    let power = padded[0] / n as f64;
    let at = |lag: usize| {
        if power > 1e-12 * length as f64 { padded[lag] / (n - lag) as f64 / power } else { 0.0 }
    };
    (0..=longest).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Noise, history};

    const DAY: usize = 288;

    fn found(value: impl FnMut(usize) -> f64) -> Recurrences {
        let values: Vec<f64> = (0..14 * DAY).map(value).collect();
        find(&Prepared::of(&history(300, &values)), 1.0)
    }

    #[test]
    fn a_job_every_64_minutes_is_found_where_its_steps_fit() {
        let [first, second] = found(|i| if (i * 5) % 64 < 5 { 30.0 } else { 1.0 });
        assert_eq!(first % 64, 0, "five runs are 64 steps, but found {first}");
        assert!(second > 0);
    }

    #[test]
    fn a_day_is_no_recurrence_and_noise_has_none() {
        let wave = |i: usize| (std::f64::consts::TAU * i as f64 / DAY as f64).sin();
        assert_eq!(found(|i| 10.0 + 5.0 * wave(i)), [0, 0]);
        let mut noise = Noise::new(3);
        assert_eq!(found(|_| 10.0 + noise.next()), [0, 0]);
        assert_eq!(found(|_| 3.0), [0, 0]);
    }
}
