//! What a load looks like folded by a period: its mean cycle, how much that explains, and how alike the cycles are.

/// Slots of a mean cycle, at most: longer periods put several points into one.
const SLOTS: usize = 512;

/// Sums are taken side by side in so many lanes, which the processor adds at once.
const LANES: usize = 8;

/// The mean cycle of a period.
#[derive(Debug)]
pub(crate) struct Cycle {
    period: f64,
    /// The mean of each slot.
    means: Vec<f64>,
    /// Sum of squares that the cycle explains.
    explained: f64,
    points: usize,
}

impl Cycle {
    /// Of `values`, whose mean is 0, and a `period` in points, which need not be whole.
    pub fn of(values: &[f64], period: f64) -> Self {
        let slots = (period.round() as usize).clamp(2, SLOTS);
        let (mut sums, mut counts) = (vec![0.0; slots], vec![0_u32; slots]);
        if period == slots as f64 {
            // Whole cycles lie row under row, which adds up several slots at once.
            for row in values.chunks(slots) {
                sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
                counts[..row.len()].iter_mut().for_each(|count| *count += 1);
            }
        } else {
            for (value, slot) in values.iter().zip(walk(period, slots)) {
                sums[slot] += value;
                counts[slot] += 1;
            }
        }
        let counts = counts.into_iter().map(|count| f64::from(count.max(1)));
        let means: Vec<f64> = sums.iter().zip(counts).map(|(sum, n)| sum / n).collect();
        let explained = sums.iter().zip(&means).map(|(sum, mean)| sum * mean).sum();
        Self { period, means, explained, points: values.len() }
    }

    /// The share of `power` that the cycle explains, less what noise would get by chance.
    pub fn strength(&self, power: f64) -> f64 {
        let chance = (self.means.len() as f64 / self.points as f64).min(0.99);
        ((self.explained / power - chance) / (1.0 - chance)).clamp(0.0, 1.0)
    }

    /// Takes the cycle away from `values`.
    pub fn subtract_from(&self, values: &mut [f64]) {
        let slots = walk(self.period, self.means.len());
        values.iter_mut().zip(slots).for_each(|(value, slot)| *value -= self.means[slot]);
    }
}

/// The slot of each point when a period of points has `slots` of them.
fn walk(period: f64, slots: usize) -> impl Iterator<Item = usize> {
    const ONE: f64 = (1_u64 << 32) as f64;
    // Counted in whole parts of a slot: rounding adds up to a hundred-thousandth of one at most.
    let (step, end) = ((slots as f64 / period * ONE) as u64, (slots as u64) << 32);
    let mut at = 0;
    std::iter::repeat_with(move || {
        let slot = (at >> 32) as usize;
        at += step;
        if at >= end {
            at -= end;
        }
        slot
    })
}

/// Autocorrelation at a lag of `period` points, which may lie between two of them, of values of a mean of 0 and
/// this [`power`].
pub(crate) fn autocorrelation(values: &[f64], power: f64, period: f64) -> f64 {
    let at = |lag: usize| -> f64 {
        let pairs = values.len().saturating_sub(lag);
        dot(&values[..pairs], &values[values.len() - pairs..]) / pairs.max(1) as f64
    };
    let (below, share) = (period.floor() as usize, period.fract());
    let between = if share > 0.0 { share * at(below + 1) } else { 0.0 };
    ((1.0 - share) * at(below) + between) * values.len() as f64 / power
}

/// The sum of squares; above 0.
pub(crate) fn power(values: &[f64]) -> f64 {
    dot(values, values).max(f64::MIN_POSITIVE)
}

/// The sum of products.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    let mut sums = [0.0; LANES];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAW: [f64; 9] = [-1.0, 0.0, 1.0, -1.0, 0.0, 1.0, -1.0, 0.0, 1.0];

    #[test]
    fn a_saw_is_its_own_cycle() {
        let cycle = Cycle::of(&SAW, 3.0);
        assert_eq!((cycle.means.as_slice(), cycle.explained), (&[-1.0, 0.0, 1.0][..], 6.0));
        assert_eq!(cycle.strength(power(&SAW)), 1.0);
        let mut rest = SAW;
        cycle.subtract_from(&mut rest);
        assert_eq!(rest, [0.0; 9]);
    }

    #[test]
    fn it_is_like_itself_after_a_period_and_unlike_between() {
        let at = |period| autocorrelation(&SAW, power(&SAW), period);
        assert!((at(3.0) - 1.0).abs() < 1e-12);
        assert!((at(1.0) + 0.375).abs() < 1e-12, "{}", at(1.0));
        assert!((at(2.5) - (at(2.0) + at(3.0)) / 2.0).abs() < 1e-12);
        assert_eq!(at(20.0), 0.0);
    }

    #[test]
    fn an_odd_period_is_walked_without_drift() {
        let slots: Vec<usize> = walk(2.5, 5).take(6).collect();
        assert_eq!(slots, [0, 2, 4, 1, 3, 0]);
        let far = walk(1e4 / 3.0, 512).nth(10_000);
        assert!(far == Some(0) || far == Some(511));
    }
}
