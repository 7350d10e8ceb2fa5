//! Columns that do not depend on how big the service is: deviations from the anchor in units of the scale.
//!
//! The anchor P7 is the mean of the same local time of day, half an hour around, on the last seven known days.
//! The scale S is the mean absolute deviation of the last seven days. `m` is the day in steps.

use crate::prepared::{LOOK_BACK_DAYS, Prepared, thin};
use crate::rows::Row;

/// The columns, in order.
pub const NAMES: [&str; 58] = [
    "day-1, 15 min",
    "day-1, hour",
    "day-2, hour",
    "week-1, 15 min",
    "week-1, hour",
    "mean of 3 days",
    "anchor over weekly mean",
    "weighted mean of 14 days",
    "same weekday",
    "same kind of day",
    "median of 7 days",
    "90 % of 7 days",
    "10 % of 7 days",
    "last value",
    "last 15 min",
    "last hour",
    "last 3 hours",
    "last 6 hours",
    "last day",
    "last week",
    "last hour over 7 days",
    "last hour over yesterday",
    "last hour over last week",
    "last day over the day before",
    "last day over last week's",
    "deviation of the last hour",
    "deviation of the last day",
    "spread at this time of day",
    "error of the daily naive",
    "error of the weekly naive",
    "roughness of a step",
    "roughness of an hour",
    "horizon in days",
    "log of the horizon",
    "weekend",
    "same kind of day as yesterday",
    "days of history",
    "step",
    "maximum of 7 days",
    "minimum of 7 days",
    "last 3 hours over 7 days",
    "last 6 hours over 7 days",
    "slope of the last hour",
    "yesterday's maximum at this time",
    "quartile range at this time of day",
    "day-1",
    "day-2",
    "day-3",
    "day-7",
    "day-14",
    "hour of day",
    "weekday",
    "business hours",
    "holiday",
    "day of month",
    "month",
    "day after a holiday",
    "day before a holiday",
];

/// Position of a column by its name, for those who build on single columns.
pub fn column(name: &str) -> usize {
    NAMES.iter().position(|known| *known == name).expect("a column of NAMES")
}

/// What depends on the origin alone.
#[derive(Debug, Clone)]
pub struct Origin {
    index: usize,
    lo: usize,
    /// Scale in load units, before any floor.
    pub scale: f64,
    spread: f64,
    mean_day: f64,
    mean_week: f64,
    mean_hour: f64,
    max: f64,
    min: f64,
    over_week: [f64; 3],
}

impl Origin {
    /// What is known at `index`; `last` keeps the newest one, since rows of one origin often follow each other.
    pub fn at<'a>(p: &Prepared, index: usize, last: &'a mut Option<Self>) -> &'a Self {
        let fresh = match last.take() {
            Some(known) if known.index == index => known,
            _ => Self::new(p, index),
        };
        last.insert(fresh)
    }

    /// What is known at `index`, which is at least 1.
    pub fn new(p: &Prepared, index: usize) -> Self {
        let (m, r) = (p.day, p.hour());
        let lo = index.saturating_sub(LOOK_BACK_DAYS * m);
        let week = index.saturating_sub(7 * m).max(lo);
        let mean_week = p.mean(week, index);
        let fours = (index - week) / (4 * thin(index - week));
        let (spread, max, min) = spread_of(&p.thinned_week(week, index), fours, mean_week);
        Self {
            index,
            lo,
            scale: positive(spread + 0.02 * mean_week.abs()),
            spread: positive(spread),
            mean_day: p.mean(index.saturating_sub(m).max(lo), index),
            mean_week,
            mean_hour: p.mean(index.saturating_sub(r), index),
            max,
            min,
            over_week: [r, 3 * r, 6 * r].map(|span| over_past_days(p, index, lo, span)),
        }
    }
}

/// Mean absolute deviation of `values` from `mean`, the largest and the least of them.
///
/// Four sums side by side for that many `fours`: each addition to a single one would wait for the last.
fn spread_of(values: &[f64], fours: usize, mean: f64) -> (f64, f64, f64) {
    let (mut sums, mut max, mut min) = ([0.0; 4], [f64::MIN; 4], [f64::MAX; 4]);
    let mut take = |lane: usize, value: f64| {
        sums[lane] += (value - mean).abs();
        max[lane] = if value > max[lane] { value } else { max[lane] };
        min[lane] = if value < min[lane] { value } else { min[lane] };
    };
    let (lanes, rest) = values.split_at(4 * fours);
    let lanes = lanes.as_chunks::<4>().0;
    lanes.iter().for_each(|four| (0..4).for_each(|lane| take(lane, four[lane])));
    rest.iter().for_each(|value| take(0, *value));
    let count = values.len() as f64;
    (
        sums.iter().sum::<f64>() / count,
        max.into_iter().fold(f64::MIN, f64::max),
        min.into_iter().fold(f64::MAX, f64::min),
    )
}

/// A scale to divide by: 1 where there is none, so that load counted in other units is forecast in them.
fn positive(scale: f64) -> f64 {
    if scale > 0.0 { scale } else { 1.0 }
}

/// How far the last `span` steps are above the same clock window of the seven days before.
fn over_past_days(p: &Prepared, o: usize, lo: usize, span: usize) -> f64 {
    let (mut sum, mut days) = (0.0, 0);
    for k in 1..=7 {
        let back = span + k * p.day;
        if o >= lo + back {
            sum += p.mean(o - back, o - k * p.day);
            days += 1;
        }
    }
    if days == 0 || span > o { f64::NAN } else { p.mean(o - span, o) - sum / f64::from(days) }
}

/// The same time of day on past days, newest first, as far as they are known at the origin.
struct Days {
    near: [f64; 3],
    near_count: usize,
    hour: [f64; 14],
    quarter: [f64; 14],
    count: usize,
    exact: [f64; 5],
    week: (f64, f64),
    weekly: (f64, f64),
    kind: (f64, f64),
    weighted: (f64, f64),
    /// The values around this time on seven days, as integers of the same order: they are faster to sort.
    pool: Vec<i64>,
    newest_max: f64,
}

const EXACT_LAGS: [usize; 5] = [1, 2, 3, 7, 14];

fn past_days(p: &Prepared, row: Row, lo: usize) -> Days {
    let (o, tau) = (row.origin, row.target());
    let half_quarter = (450.0 / p.step_seconds as f64).round() as usize;
    let half_hour = (1_800.0 / p.step_seconds as f64).round() as usize;
    let free = p.is_free_day(tau as i64);
    let mut days = Days {
        near: [f64::NAN; 3],
        near_count: 0,
        hour: [f64::NAN; 14],
        quarter: [f64::NAN; 14],
        count: 0,
        exact: [f64::NAN; 5],
        week: (f64::NAN, f64::NAN),
        weekly: (0.0, 0.0),
        kind: (0.0, 0.0),
        weighted: (0.0, 0.0),
        pool: Vec::with_capacity(7 * (2 * half_hour + 1)),
        newest_max: f64::NAN,
    };
    let mut weight = 1.0;
    // The newest day that is known at this time of day comes first, however far ahead the target is.
    let first = (row.horizon - 1) / p.day + 1;
    for k in first..first + LOOK_BACK_DAYS {
        let at = p.same_time(tau, k);
        if at < lo as i64 {
            break;
        }
        let at = at as usize;
        if at >= o {
            continue;
        }
        let quarter = window(p, o, lo, at, half_quarter);
        let hour = window(p, o, lo, at, half_hour);
        if days.count < 14 {
            days.hour[days.count] = hour;
            days.quarter[days.count] = quarter;
            days.weighted.0 += weight * quarter;
            days.weighted.1 += weight;
            if p.is_free_day(at as i64) == free {
                days.kind.0 += hour;
                days.kind.1 += 1.0;
            }
        }
        if days.near_count < 3 {
            days.near[days.near_count] = hour;
            days.near_count += 1;
        }
        if days.count < 7 {
            let stretch = &p.y[at.saturating_sub(half_hour).max(lo)..(at + half_hour + 1).min(o)];
            if days.count == 0 {
                days.newest_max = stretch.iter().copied().fold(f64::MIN, f64::max);
            }
            days.pool.extend(stretch.iter().copied().map(ordered));
        }
        if let Some(slot) =
            EXACT_LAGS.iter().position(|lag| *lag == k - first + 1 || (k == *lag && *lag >= 7))
        {
            days.exact[slot] = p.y[at];
        }
        if k.is_multiple_of(7) {
            days.weekly.0 += quarter;
            days.weekly.1 += 1.0;
            if days.week.0.is_nan() {
                days.week = (quarter, hour);
            }
        }
        days.count += 1;
        weight *= 0.8;
    }
    days
}

/// The bits of a number as an integer of the same order.
fn ordered(value: f64) -> i64 {
    swapped(value.to_bits() as i64)
}

/// The number whose [`ordered`] bits these are.
fn from_ordered(bits: i64) -> f64 {
    f64::from_bits(swapped(bits) as u64)
}

/// All but the sign turned around below zero, where larger bits are smaller numbers.
fn swapped(bits: i64) -> i64 {
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

/// Mean over `at - half ..= at + half`, clipped to what is known.
fn window(p: &Prepared, o: usize, lo: usize, at: usize, half: usize) -> f64 {
    let from = at.saturating_sub(half).max(lo);
    let to = (at + half + 1).min(o);
    if to > from { p.mean(from, to) } else { p.y[at.min(o - 1)] }
}

fn ratio((sum, count): (f64, f64)) -> f64 {
    if count > 0.0 { sum / count } else { f64::NAN }
}

/// Writes the columns of one row; returns its anchor and scale.
pub fn fill(
    p: &Prepared,
    row: Row,
    seen: &Origin,
    floor: f64,
    set: &mut impl FnMut(usize, f64),
) -> (f64, f64) {
    let (o, lo, m, r) = (row.origin, seen.lo, p.day, p.hour());
    let mut days = past_days(p, row, lo);
    let known = days.count.min(7);
    let anchor = match known {
        0 => p.y[o - 1],
        _ => days.hour[..known].iter().sum::<f64>() / known as f64,
    };
    let scale = seen.scale.max(floor);
    let mut put = |column: usize, value: f64| set(column, (value - anchor) / scale);

    put(0, days.quarter[0]);
    put(1, days.hour[0]);
    put(2, days.hour[1]);
    put(3, days.week.0);
    put(4, days.week.1);
    put(5, ratio((days.near[..days.near_count].iter().sum(), days.near_count as f64)));
    put(7, ratio(days.weighted));
    put(8, ratio(days.weekly));
    put(9, ratio(days.kind));
    put(13, p.y[o - 1]);
    put(14, p.mean(o.saturating_sub((900.0 / p.step_seconds as f64).round().max(1.0) as usize), o));
    put(15, seen.mean_hour);
    put(16, p.mean(o.saturating_sub(3 * r), o));
    put(17, p.mean(o.saturating_sub(6 * r), o));
    put(18, seen.mean_day);
    put(19, seen.mean_week);
    put(38, seen.max);
    put(39, seen.min);
    put(43, days.newest_max);
    for (slot, value) in days.exact.iter().enumerate() {
        put(45 + slot, *value);
    }
    if !days.pool.is_empty() {
        days.pool.sort_unstable();
        let nth = |place: usize| from_ordered(days.pool[place]);
        let at = |share: f64| nth((share * (days.pool.len() - 1) as f64) as usize);
        let median = nth(days.pool.len() / 2);
        put(10, median);
        put(11, at(0.9));
        put(12, at(0.1));
        let spread = days.pool.iter().map(|v| (from_ordered(*v) - median).abs()).sum::<f64>();
        set(27, spread / days.pool.len() as f64 / scale);
        set(44, (at(0.75) - at(0.25)) / scale);
    }
    set(6, (anchor - seen.mean_week) / scale);
    fill_recent(p, row, seen, scale, set);
    fill_calendar(p, row, m, set);
    (anchor, scale)
}

/// How the recent level stands against earlier ones, and how rough the series is.
fn fill_recent(
    p: &Prepared,
    row: Row,
    seen: &Origin,
    scale: f64,
    set: &mut impl FnMut(usize, f64),
) {
    let (o, lo, m, r) = (row.origin, seen.lo, p.day, p.hour());
    let before = |span: usize, back: usize| {
        if o >= lo + back + span { p.mean(o - back - span, o - back) } else { f64::NAN }
    };
    set(20, seen.over_week[0] / scale);
    set(40, seen.over_week[1] / scale);
    set(41, seen.over_week[2] / scale);
    set(21, (seen.mean_hour - before(r, m)) / scale);
    set(22, (seen.mean_hour - before(r, 7 * m)) / scale);
    set(23, (seen.mean_day - before(m, m)) / scale);
    set(24, (seen.mean_day - before(m, 7 * m)) / scale);
    set(25, p.deviation(o.saturating_sub(r), o) / scale);
    set(26, p.deviation(o.saturating_sub(m).max(lo), o) / scale);
    let week = o.saturating_sub(7 * m).max(lo);
    let share = |error: Option<f64>| error.map_or(f64::NAN, |e| e / seen.spread);
    set(28, share(p.change_day(week.max(lo + m), o)));
    set(29, share(p.change_week(week.max(lo + 7 * m), o)));
    set(30, share(p.roughness_step(week, o)));
    set(31, share(p.roughness_hour(week, o)));
    set(42, (seen.mean_hour - before(r, r)) / scale);
}

/// What the clock and the calendar say of the target.
fn fill_calendar(p: &Prepared, row: Row, m: usize, set: &mut impl FnMut(usize, f64)) {
    let tau = row.target();
    let target = tau as i64;
    let flag = |yes: bool| f64::from(u8::from(yes));
    let local = p.calendar().local(p.time(tau));
    let free = p.is_free_day(target);
    set(32, row.horizon as f64 / m as f64);
    set(33, (row.horizon as f64 * p.step_seconds as f64 / 300.0).ln());
    set(34, flag(free));
    set(35, flag(p.is_free_day(target - m as i64) == free));
    set(36, (row.origin as f64 / m as f64).min(LOOK_BACK_DAYS as f64));
    set(37, p.step_seconds as f64 / 3_600.0);
    set(50, local.hour);
    set(51, f64::from(local.weekday));
    set(52, flag(local.business));
    set(53, flag(local.holiday));
    set(54, f64::from(chrono::Datelike::day(&local.date)));
    set(55, f64::from(chrono::Datelike::month(&local.date)));
    set(56, flag(p.is_holiday(target - m as i64)));
    set(57, flag(p.is_holiday(target + m as i64)));
}
