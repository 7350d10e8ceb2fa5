//! How far the recent load stands above a fitted curve, how that fades ahead, and what it leaves unexplained.
//!
//! A curve that was fitted weeks ago still serves when its level is taken from the newest history: the offset
//! of the last day is kept, that of the last half-hour fades toward it.

use serde::{Deserialize, Serialize};

use crate::residuals::Residual;
use crate::sound::{Flaw, ensure};

/// Times in which the newest offset fades by a factor of e, as shares of a day.
const FADES: [f64; 5] = [0.02, 0.06, 0.2, 0.6, 2.0];

/// Shares of the curve that are followed, each with the share of the last day's offset that is kept.
///
/// A curve that is not followed in full has no level of its own, so all of the offset is kept.
const FOLLOWED: [(f64, f64); 5] = [(1.0, 0.4), (1.0, 0.7), (1.0, 1.0), (0.5, 1.0), (0.0, 1.0)];

/// Origins and horizons that are walked, at most.
const ORIGINS: usize = 160;
const HORIZONS: usize = 24;

/// How an offset is carried ahead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Carry {
    /// Steps of a day.
    m: usize,
    /// Share of a day in which the newest offset fades.
    fade: f64,
    /// Share of the curve that is followed.
    followed: f64,
    /// Share of the last day's offset that is kept.
    kept: f64,
}

/// Load minus curve, step after step, in load units.
#[derive(Debug)]
pub(crate) struct Deviations {
    sums: Vec<f64>,
}

impl Deviations {
    /// Of values from the curve beside them.
    fn new(values: &[f64], curve: &[f64], followed: f64) -> Self {
        let mut total = 0.0;
        let walked = values.iter().zip(curve).map(|(y, curve)| {
            total += y - followed * curve;
            total
        });
        Self { sums: std::iter::once(0.0).chain(walked).collect() }
    }

    fn len(&self) -> usize {
        self.sums.len() - 1
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        (self.sums[to] - self.sums[from]) / (to - from) as f64
    }

    /// Mean offsets of the last day and of the last half-hour before `origin`, which is at least 1.
    fn before(&self, origin: usize, m: usize) -> (f64, f64) {
        let half_hour = (m / 48).max(1);
        let day = self.mean(origin.saturating_sub(m), origin);
        (day, self.mean(origin.saturating_sub(half_hour), origin))
    }
}

impl Carry {
    /// The carry that misses least on `values` and the curve beside them, and what it missed there.
    ///
    /// Origins begin a day after the first value, or at a third of them; horizons reach to `steps`.
    pub fn choose(values: &[f64], curve: &[f64], m: usize, steps: usize) -> (Self, Vec<Residual>) {
        let horizons = spread_horizons(steps.min(values.len() / 2).max(1));
        let walked = FOLLOWED.iter().flat_map(|&(followed, kept)| {
            let deviations = Deviations::new(values, curve, followed);
            FADES.map(|fade| {
                let carry = Self { m, fade, followed, kept };
                (carry, carry.walk(&deviations, &horizons))
            })
        });
        let missed = |walk: &(Self, Vec<Residual>)| -> f64 {
            walk.1.iter().map(|residual| residual.value.abs()).sum()
        };
        walked.min_by(|a, b| missed(a).total_cmp(&missed(b))).expect("there are candidates")
    }

    /// Whether it counts a day of `m` steps.
    pub fn check(&self, m: usize) -> Result<(), Flaw> {
        ensure(self.m == m, "its day has another number of steps")
    }

    /// What is left at `horizons`, which ascend, from origins spread over `deviations`.
    fn walk(self, deviations: &Deviations, horizons: &[usize]) -> Vec<Residual> {
        let n = deviations.len();
        let first = self.m.min(n / 3).max(1);
        let stride = (n.saturating_sub(first) / ORIGINS).max(1);
        let lasting: Vec<f64> = horizons.iter().map(|h| self.lasting(*h)).collect();
        let mut residuals =
            Vec::with_capacity(n.saturating_sub(first).div_ceil(stride) * horizons.len());
        for origin in (first..n).step_by(stride) {
            let offset = deviations.before(origin, self.m);
            let known = horizons.partition_point(|h| origin + h < n);
            residuals.extend(horizons[..known].iter().zip(&lasting).map(|(&h, lasting)| {
                Residual {
                    h,
                    value: deviations.mean(origin + h, origin + h + 1)
                        - self.ahead(offset, *lasting),
                }
            }));
        }
        residuals
    }

    /// The load at each step ahead: `curve(index)` as far as it is followed, from the newest level of `load` on.
    pub fn carry_on(self, load: &[f64], steps: usize, curve: impl Fn(usize) -> f64) -> Vec<f64> {
        let n = load.len();
        let from = n.saturating_sub(self.m);
        let recent: Vec<f64> = (from..n).map(&curve).collect();
        let deviations = Deviations::new(&load[from..], &recent, self.followed);
        let offset = deviations.before(deviations.len(), self.m);
        let ahead = |h| self.followed * curve(n + h) + self.ahead(offset, self.lasting(h));
        (0..steps).map(ahead).collect()
    }

    /// The offset of which the share `lasting` of the newest one is left.
    fn ahead(self, (day, newest): (f64, f64), lasting: f64) -> f64 {
        let kept = self.kept * day;
        kept + (newest - kept) * lasting
    }

    /// The share of the newest offset that is left at the horizon `h`.
    fn lasting(self, h: usize) -> f64 {
        (-((h + 1) as f64) / (self.fade * self.m as f64)).exp()
    }
}

/// Horizons below `reach`, half of them evenly and half of them geometrically spread.
fn spread_horizons(reach: usize) -> Vec<usize> {
    let half = HORIZONS / 2;
    let near = (0..half).map(move |i| (reach as f64).powf(i as f64 / half as f64) as usize - 1);
    let even = (1..=half).map(move |i| (i * reach / half).saturating_sub(1));
    let mut all: Vec<usize> = near.chain(even).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Where residual buckets begin for a forecast of `steps`: hours first, then shares of a day, then days.
pub(crate) fn bucket_starts(m: usize, steps: usize) -> Vec<usize> {
    let shares = [0.0, 0.02, 0.045, 0.13, 0.3, 0.6, 1.0, 2.0, 4.0, 7.0];
    let mut starts: Vec<usize> = shares.iter().map(|share| (share * m as f64) as usize).collect();
    starts.dedup();
    starts.retain(|start| *start == 0 || *start < steps);
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lasting_offset_is_kept() {
        let (load, curve) = ([15.0; 96], [10.0; 96]);
        let (carry, residuals) = Carry::choose(&load, &curve, 24, 24);
        let ahead = carry.carry_on(&load, 24, |_| 10.0);
        assert!(ahead.iter().all(|value| (value - 15.0).abs() < 0.1), "{carry:?}");
        assert!(residuals.iter().all(|residual| residual.value.abs() < 0.5));
    }

    #[test]
    fn an_offset_that_comes_and_goes_fades() {
        let load: Vec<f64> = (0..96).map(|i| if i % 7 == 4 { 14.0 } else { 10.0 }).collect();
        let (carry, _) = Carry::choose(&load, &[10.0; 96], 24, 24);
        let ahead = carry.carry_on(&load, 24, |_| 10.0);
        assert!((ahead[12] - 10.0).abs() < 1.0, "{carry:?}");
    }

    #[test]
    fn a_curve_that_misleads_is_not_followed() {
        let curve: Vec<f64> = (0..96).map(|i| if i % 12 < 6 { 50.0 } else { 5.0 }).collect();
        let (carry, _) = Carry::choose(&[20.0; 96], &curve, 24, 24);
        let ahead = carry.carry_on(&[20.0; 96], 24, |i| curve[i % 96]);
        assert!(ahead.iter().all(|value| (value - 20.0).abs() < 1e-9), "{carry:?}");
    }

    #[test]
    fn without_a_value_nothing_is_left() {
        let (_, residuals) = Carry::choose(&[], &[], 24, 24);
        assert!(residuals.is_empty());
    }

    #[test]
    fn buckets_begin_at_zero_and_end_within_the_horizon() {
        assert_eq!(bucket_starts(24, 24), [0, 1, 3, 7, 14]);
        assert_eq!(bucket_starts(1, 3), [0, 1, 2]);
    }
}
