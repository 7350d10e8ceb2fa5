//! Columns that hold past values themselves, as `z = asinh(load / unit)`.
//!
//! The profile P is the mean of z at the same local time of day on the last seven known days.

use crate::prepared::Prepared;
use crate::rows::Row;

/// The columns, in order.
pub const NAMES: [&str; 43] = [
    "lag 1",
    "lag 2",
    "lag 3",
    "lag 4",
    "lag 6",
    "lag 9",
    "lag 12",
    "mean of 3",
    "mean of 6",
    "mean of 12",
    "mean of 36",
    "mean of 144",
    "mean of a day",
    "last 3 over profile",
    "last 12 over profile",
    "last 72 over profile",
    "profile",
    "spread of the profile",
    "day-1",
    "day-2",
    "day-3",
    "day-7",
    "day-14",
    "hour around day-1",
    "hour around day-7",
    "mean of the day before",
    "profile ahead of now",
    "horizon",
    "hour of day",
    "weekday",
    "weekend",
    "business hours",
    "holiday",
    "a recurrence ago",
    "around a recurrence ago",
    "two recurrences ago",
    "another recurrence ago",
    "around another recurrence ago",
    "minute of the hour",
    "this minute of 6 hours",
    "hour before",
    "highest around this time on 3 days",
    "roughness of the last hour",
];

/// The columns that hold nothing newer than a day before the target: for horizons beyond the next hours.
pub const DAY_COLUMNS: [usize; 22] =
    [12, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 28, 29, 30, 31, 32, 15, 33, 34, 35, 36, 37];

const SHORT_LAGS: [usize; 7] = [1, 2, 3, 4, 6, 9, 12];
const WINDOWS: [usize; 5] = [3, 6, 12, 36, 144];
const DEVIATIONS: [usize; 3] = [3, 12, 72];

/// Steps after which the load comes again though they are no day, the clearest first; 0 where there is none.
///
/// A job that runs every 64 minutes is far from its place at the same time on other days.
pub type Recurrences = [usize; 2];

/// `asinh(load / unit)`, to the last digits that matter: the library keeps more of them near zero, at twice the cost.
pub fn z(load: f64, unit: f64) -> f64 {
    let x = load / unit;
    let size = x.abs();
    // The square of a larger number could overflow, and one more would not show.
    let root = if size < 1e8 { (size * size + 1.0).sqrt() } else { size };
    (size + root).ln().copysign(x)
}

/// How z is made, and which columns are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Levels {
    /// The load at which the transform turns from linear to logarithmic.
    pub unit: f64,
    /// Recurrences of the load that are no day.
    pub recurrences: Recurrences,
    /// Whether all columns are wanted, or [`DAY_COLUMNS`] alone.
    pub near: bool,
}

/// What depends on the origin alone.
#[derive(Debug, Clone)]
pub struct Origin {
    index: usize,
    /// z of the mean of the last day, and of the last 72 steps over the profile.
    day: f64,
    over_profile: f64,
    near: Option<Near>,
}

/// What only the near columns need.
#[derive(Debug, Clone)]
struct Near {
    lags: [f64; 7],
    means: [f64; 5],
    over_profile: [f64; 2],
    profile: f64,
    roughness: f64,
}

impl Origin {
    /// What is known at `index`; `last` keeps the newest one, since rows of one origin often follow each other.
    pub fn at<'a>(
        p: &Prepared,
        index: usize,
        levels: Levels,
        last: &'a mut Option<Self>,
    ) -> &'a Self {
        let fresh = match last.take() {
            Some(known) if known.index == index => known,
            _ => Self::new(p, index, levels),
        };
        last.insert(fresh)
    }

    fn new(p: &Prepared, o: usize, levels: Levels) -> Self {
        let z = |load: f64| levels.z(load);
        Self {
            index: o,
            day: z(p.mean(o.saturating_sub(p.day), o)),
            over_profile: over_profile(p, o, DEVIATIONS[2], &z),
            near: levels.near.then(|| Near {
                lags: SHORT_LAGS.map(|lag| if o >= lag { z(p.y[o - lag]) } else { f64::NAN }),
                means: WINDOWS.map(|span| z(p.mean(o.saturating_sub(span), o))),
                over_profile: [0, 1].map(|slot| over_profile(p, o, DEVIATIONS[slot], &z)),
                profile: profile(p, o, o - 1, 1, &z).0,
                roughness: roughness(p, o, &z),
            }),
        }
    }
}

impl Levels {
    fn z(self, load: f64) -> f64 {
        z(load, self.unit)
    }

    /// Writes the columns of one row; returns the last value and the unit as anchor and scale.
    pub fn fill(
        self,
        p: &Prepared,
        row: Row,
        seen: &Origin,
        set: &mut impl FnMut(usize, f64),
    ) -> (f64, f64) {
        let (o, tau, m) = (row.origin, row.target(), p.day);
        let z = |load: f64| self.z(load);
        let first = (row.horizon - 1) / m + 1;
        let lag = |days: usize| -> Option<usize> {
            let at = p.same_time(tau, days);
            (at >= 0 && (at as usize) < o).then_some(at as usize)
        };
        let (profile, spread) = profile(p, o, tau, first, &z);
        set(12, seen.day);
        set(15, seen.over_profile);
        set(16, profile);
        set(17, spread);
        let week = first.div_ceil(7) * 7;
        let days = [first, first + 1, first + 2, week, week + 7];
        for (slot, day) in days.iter().enumerate() {
            set(18 + slot, lag(*day).map_or(f64::NAN, |at| z(p.y[at])));
        }
        let half_hour = ((1_800.0 / p.step_seconds as f64).round() as usize).max(1);
        let around =
            |at: usize| z(p.mean(at.saturating_sub(half_hour), (at + half_hour + 1).min(o)));
        set(23, lag(days[0]).map_or(f64::NAN, around));
        set(24, lag(days[3]).map_or(f64::NAN, around));
        let newest = (tau + 1).saturating_sub(first * m).clamp(1, o);
        set(25, z(p.mean(newest.saturating_sub(m), newest)));
        fill_clock(p, tau, set);
        fill_recurrences(p, row, self.recurrences, &z, set);
        if let Some(near) = &seen.near {
            near.fill(set);
            set(26, profile - near.profile);
            set(27, row.horizon as f64);
            fill_hourly(p, row, &z, set);
        }
        (p.y[o - 1], self.unit)
    }
}

impl Near {
    fn fill(&self, set: &mut impl FnMut(usize, f64)) {
        let over = self.over_profile.iter();
        let first = self.lags.iter().chain(&self.means).enumerate();
        first.for_each(|(column, value)| set(column, *value));
        over.enumerate().for_each(|(slot, value)| set(13 + slot, *value));
        set(42, self.roughness);
    }
}

/// What the clock and the calendar say of the target.
fn fill_clock(p: &Prepared, tau: usize, set: &mut impl FnMut(usize, f64)) {
    let local = p.calendar().local(p.time(tau));
    let flag = |yes: bool| f64::from(u8::from(yes));
    set(28, local.hour);
    set(29, f64::from(local.weekday));
    set(30, flag(local.weekend || local.holiday));
    set(31, flag(local.business));
    set(32, flag(local.holiday));
}

/// What the same minute of past hours and days shows, for jobs that run by the clock.
fn fill_hourly(p: &Prepared, row: Row, z: &impl Fn(f64) -> f64, set: &mut impl FnMut(usize, f64)) {
    let (o, tau, hour) = (row.origin, row.target(), p.hour());
    let newest = row.horizon.div_ceil(hour);
    let past = (newest..newest + 6).filter_map(|k| tau.checked_sub(k * hour)).map(|at| z(p.y[at]));
    let (sum, count) = past.clone().fold((0.0, 0.0), |(sum, count), z| (sum + z, count + 1.0));
    set(38, (p.local_second_of_day(tau as i64) % 3_600) as f64 / 60.0);
    if let Some(first) = past.clone().next() {
        set(39, sum / count);
        set(40, first);
    }
    let first = (row.horizon - 1) / p.day + 1;
    let days = (first..first + 3).filter_map(|k| usize::try_from(p.same_time(tau, k)).ok());
    let around = days.filter(|at| *at < o).map(|at| {
        p.y[at.saturating_sub(1)..(at + 2).min(o)].iter().copied().fold(f64::MIN, f64::max)
    });
    set(41, z(around.fold(f64::NAN, f64::max)));
}

/// Mean absolute change of z over the last hour; `NaN` where there is none.
fn roughness(p: &Prepared, o: usize, z: &impl Fn(f64) -> f64) -> f64 {
    let last = o.saturating_sub(p.hour().max(3));
    if o <= last + 1 {
        return f64::NAN;
    }
    let mut before = z(p.y[last]);
    let changes = p.y[last + 1..o].iter().map(|load| {
        let now = z(*load);
        (now - std::mem::replace(&mut before, now)).abs()
    });
    changes.sum::<f64>() / (o - last - 1) as f64
}

/// The load where the recurrences last showed it, as far as that is known at the origin.
fn fill_recurrences(
    p: &Prepared,
    row: Row,
    recurrences: Recurrences,
    z: &impl Fn(f64) -> f64,
    set: &mut impl FnMut(usize, f64),
) {
    for (recurrence, first) in recurrences.into_iter().zip([33, 36]) {
        if recurrence == 0 {
            continue;
        }
        let back = recurrence * row.horizon.div_ceil(recurrence);
        let Some(at) = row.target().checked_sub(back) else { continue };
        set(first, z(p.y[at]));
        let around = &p.y[at.saturating_sub(1)..(at + 2).min(row.origin)];
        set(first + 1, z(around.iter().copied().fold(f64::MIN, f64::max)));
        if first == 33 {
            set(35, at.checked_sub(recurrence).map_or(f64::NAN, |at| z(p.y[at])));
        }
    }
}

/// Mean and deviation of z at the same local time on the seven newest known days, a step around each.
fn profile(
    p: &Prepared,
    o: usize,
    tau: usize,
    first: usize,
    z: &impl Fn(f64) -> f64,
) -> (f64, f64) {
    let (mut sum, mut square, mut days) = (0.0, 0.0, 0.0);
    for k in first..first + 7 {
        let at = p.same_time(tau, k);
        if at < 0 || at as usize >= o {
            continue;
        }
        let at = at as usize;
        let v = z(p.mean(at.saturating_sub(1), (at + 2).min(o)));
        sum += v;
        square += v * v;
        days += 1.0;
    }
    if days == 0.0 {
        return (f64::NAN, f64::NAN);
    }
    let mean = sum / days;
    (mean, (square / days - mean * mean).max(0.0).sqrt())
}

/// How far the last `span` steps are above the same clock window of the seven days before.
fn over_profile(p: &Prepared, o: usize, span: usize, z: &impl Fn(f64) -> f64) -> f64 {
    if o < span {
        return f64::NAN;
    }
    let (mut sum, mut days) = (0.0, 0.0);
    for k in 1..=7 {
        if o >= span + k * p.day {
            sum += z(p.mean(o - span - k * p.day, o - k * p.day));
            days += 1.0;
        }
    }
    if days == 0.0 { f64::NAN } else { z(p.mean(o - span, o)) - sum / days }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn z_is_the_inverse_hyperbolic_sine() {
        for load in [-3e12, -70.0, -0.4, 0.0, 1e-7, 2.0, 9e8, 1e200] {
            assert!((z(load, 2.0) - (load / 2.0).asinh()).abs() < 1e-12, "{load}");
        }
        assert!(z(f64::NAN, 1.0).is_nan());
    }
}
