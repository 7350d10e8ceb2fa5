//! All curves of serving instances, to compare an optimum with.

use forescale_plan::Limits;

/// Every curve of `steps` with counts up to `most`.
pub fn curves(steps: usize, most: u32) -> impl Iterator<Item = Vec<u32>> {
    let counts = most + 1;
    (0..counts.pow(steps as u32)).map(move |number| {
        (0..steps).map(|place| number / counts.pow(place as u32) % counts).collect()
    })
}

/// Instances that the curve launches: nothing new serves within the first `lead` steps.
pub fn launches(curve: &[u32], initial: u32, lead: usize) -> u32 {
    let before = std::iter::once(&initial).chain(curve);
    before.zip(curve).skip(lead).map(|(a, b)| b.saturating_sub(*a)).sum()
}

/// Whether a fleet of `initial` serving instances can follow the curve within the limits on counts and changes.
pub fn within(curve: &[u32], initial: u32, lead: usize, limits: &Limits) -> bool {
    let before = std::iter::once(&initial).chain(curve);
    let (min, max) = (limits.min.0, limits.max.map_or(u32::MAX, |max| max.0));
    before.zip(curve).enumerate().all(|(i, (a, b))| {
        // Nothing new serves within the start-up time, and what was removed is gone until then.
        let ceiling = if i < lead { max.min(initial) } else { max };
        let counts = (min.min(ceiling)..=ceiling).contains(b);
        let rise = limits.max_up.is_none_or(|up| *b <= min || *b <= a + up);
        let up = if i < lead { b <= a } else { rise };
        let down = limits.max_down.is_none_or(|down| b + down >= *a);
        counts && up && down
    })
}
