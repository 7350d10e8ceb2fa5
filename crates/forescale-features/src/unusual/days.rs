//! The history as a table of local days and hours.

use std::ops::Range;

use crate::prepared::Prepared;

/// Hours of a day, or its steps where there are fewer.
const SLOTS: usize = 24;

/// Days farther apart than this are not compared: a service changes over the months.
const FARTHEST_DAYS: usize = 28;

/// Days of its kind that a day is compared with, on each side.
const NEIGHBOURS: usize = 4;

/// Mean loads by local day and hour; `NaN` where less than half of the hour is known.
pub(super) struct Days {
    /// Slots of a day.
    pub slots: usize,
    /// Steps of each day.
    pub steps: Vec<Range<usize>>,
    /// Whether each day is a weekend or a day off.
    pub free: Vec<bool>,
    loads: Vec<f64>,
    first: i64,
}

impl Days {
    /// The table of a history, steps in `left_out` counted as unknown.
    pub fn new(p: &Prepared, left_out: &[Range<usize>]) -> Self {
        let slots = SLOTS.min(p.day);
        let first = p.local_day(0);
        let count = (p.local_day(p.len() as i64 - 1) - first + 1) as usize;
        let mut known = p.present.to_vec();
        left_out.iter().for_each(|steps| known[steps.clone()].fill(false));
        let mut cells = vec![(0.0, 0_usize); count * slots];
        let mut steps = vec![p.len()..0; count];
        for (i, known) in known.iter().enumerate() {
            let day = (p.local_day(i as i64) - first) as usize;
            steps[day] = steps[day].start.min(i)..i + 1;
            if *known {
                let cell = &mut cells[day * slots + slot_of(p, slots, i)];
                *cell = (cell.0 + p.y[i], cell.1 + 1);
            }
        }
        let enough = (p.day / slots).div_ceil(2).max(1);
        let mean = |(sum, count): (f64, usize)| {
            if count >= enough { sum / count as f64 } else { f64::NAN }
        };
        let free = steps.iter().map(|steps| p.is_free_day(steps.start as i64)).collect();
        Self { slots, steps, free, loads: cells.into_iter().map(mean).collect(), first }
    }

    /// Days, the first and the last of which may be partial.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// The mean loads of a day by slot.
    pub fn loads(&self, day: usize) -> &[f64] {
        &self.loads[day * self.slots..(day + 1) * self.slots]
    }

    /// The day and slot of a step.
    pub fn place(&self, p: &Prepared, step: usize) -> (usize, usize) {
        (self.day_of(p, step), slot_of(p, self.slots, step))
    }

    /// The day of a step.
    pub fn day_of(&self, p: &Prepared, step: usize) -> usize {
        (p.local_day(step as i64) - self.first) as usize
    }

    /// The nearest days of the same kind, earlier and later ones.
    pub fn alike(&self, day: usize) -> Vec<usize> {
        self.near(day, self.free[day], NEIGHBOURS)
    }

    /// The nearest days of the other kind, earlier and later ones.
    pub fn others(&self, day: usize) -> Vec<usize> {
        self.near(day, !self.free[day], NEIGHBOURS)
    }

    /// Up to `count` nearest days of a kind on each side of `day`.
    fn near(&self, day: usize, free: bool, count: usize) -> Vec<usize> {
        let wanted = |other: &usize| self.free[*other] == free;
        let before = (day.saturating_sub(FARTHEST_DAYS)..day).rev().filter(wanted);
        let after = (day + 1..self.len().min(day + 1 + FARTHEST_DAYS)).filter(wanted);
        before.take(count).chain(after.take(count)).collect()
    }

    /// The middle load of `days` at `slot`.
    pub fn middle(&self, days: &[usize], slot: usize) -> Option<f64> {
        let known = days.iter().map(|day| self.loads(*day)[slot]).filter(|load| !load.is_nan());
        median(&mut known.collect::<Vec<f64>>())
    }

    /// The load of `days` at `slot` that a quarter of them stay below.
    pub fn lower(&self, days: &[usize], slot: usize) -> Option<f64> {
        let known = days.iter().map(|day| self.loads(*day)[slot]).filter(|load| !load.is_nan());
        let mut known: Vec<f64> = known.collect();
        known.sort_unstable_by(f64::total_cmp);
        known.get(known.len() / 4).copied()
    }

    /// The middle load of all days and slots.
    pub fn typical(&self) -> f64 {
        let known = self.loads.iter().copied().filter(|load| !load.is_nan());
        median(&mut known.collect::<Vec<f64>>()).unwrap_or(0.0)
    }

    /// The mean load that is usual on `others` at the slots known of `day`, and the mean load of `day` there.
    pub fn mean_loads(&self, day: usize, others: &[usize]) -> Option<(f64, f64)> {
        let known = (0..self.slots).filter_map(|slot| {
            let load = self.loads(day)[slot];
            (!load.is_nan()).then_some((self.middle(others, slot)?, load))
        });
        let (mut usual, mut came, mut count) = (0.0, 0.0, 0.0);
        known.for_each(|(middle, load)| {
            (usual, came, count) = (usual + middle, came + load, count + 1.0);
        });
        (count > 0.0).then(|| (usual / count, came / count))
    }

    /// How many slots of a day are known.
    pub fn known(&self, day: usize) -> usize {
        self.loads(day).iter().filter(|load| !load.is_nan()).count()
    }
}

fn slot_of(p: &Prepared, slots: usize, step: usize) -> usize {
    (p.local_second_of_day(step as i64) as usize * slots / 86_400).min(slots - 1)
}

/// The middle value, the mean of the two middle ones in an even number.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    Some(if values.len() % 2 == 1 {
        values[middle]
    } else {
        0.5 * (values[middle - 1] + values[middle])
    })
}

/// Median distance to the median, scaled to be the standard deviation of a normal distribution.
pub(super) fn deviation(values: &[f64]) -> f64 {
    let middle = median(&mut values.to_vec()).unwrap_or(0.0);
    let mut distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    1.482_6 * median(&mut distances).unwrap_or(0.0)
}
