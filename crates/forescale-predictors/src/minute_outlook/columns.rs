//! What the regressions see at an origin: the columns of `minute-regression` and a few more of the same kind.

use crate::minute_regression::inputs;

use super::motion::Seen;

/// Columns of a row. The first are those of the last hour, then come the day and the week, then single past steps.
pub(super) const COLUMNS: usize = SEASONAL + FURTHER;
pub(super) const RECENT: usize = inputs::RECENT;
pub(super) const SEASONAL: usize = inputs::COLUMNS;
const FURTHER: usize = 8;

pub(super) type Columns = [f64; COLUMNS];

/// The row of the step `h` (from 1) after `origin`, all but the mean load as differences.
pub(super) fn columns(seen: &Seen, origin: usize, h: usize) -> Columns {
    let mut x = [0.0; COLUMNS];
    let (near, far) = x.split_at_mut(SEASONAL);
    near.copy_from_slice(&seen.inputs.row(origin, h));
    far.copy_from_slice(&further(seen, origin, h));
    x
}

/// The same minute two and three hours ago, two days ago and a week ago; the change over the same time yesterday and a
/// week ago; and the last two changes.
fn further(seen: &Seen, origin: usize, h: usize) -> [f64; FURTHER] {
    let inputs = &seen.inputs;
    let (target, a, hour) = (origin + h - 1, inputs.last(origin), inputs.hour_mean(origin));
    let mut hours = inputs.hours(origin, target, 3).skip(1).map(|i| seen.load(i) - hour);
    let day = |period, nth| inputs.days(origin, target, period, nth + 1).nth(nth);
    let load = |index: Option<usize>| index.map_or(0.0, |index| seen.load(index) - a);
    let change = |index: Option<usize>| {
        let (then, before) = (index?, index?.checked_sub(h)?);
        Some(seen.load(then) - seen.load(before))
    };
    let back = |steps: usize| seen.load(origin.saturating_sub(steps));
    [
        hours.next().unwrap_or(0.0),
        hours.next().unwrap_or(0.0),
        load(day(1, 1)),
        load(day(7, 0)),
        change(day(1, 0)).unwrap_or(0.0),
        change(day(7, 0)).unwrap_or(0.0),
        a - back(2),
        back(2) - back(3),
    ]
}
