//! What a time of day and a time of week usually bring, as it was known on the morning of each local day.

use forescale_features::Prepared;

/// A slot is at least this long.
const SLOT_SECONDS: i64 = 300;

/// Slots up to this long are smoothed with their neighbours.
const SMOOTHED_SECONDS: i64 = 900;

/// What the newest day, and the newest week, counts at least in its profile.
const NEWEST_DAY: f64 = 0.25;
const NEWEST_WEEK: f64 = 0.35;

/// Daily and weekly profiles: exponentially weighted means by slot, to which a day is added at local midnight.
#[derive(Debug)]
pub(super) struct Profiles {
    /// The first step that is looked at, and the local day it falls on.
    from: usize,
    first_day: i64,
    slots: usize,
    slot_seconds: i64,
    /// Day and slot of each step from `from` on.
    places: Vec<Place>,
    /// Profiles by day and slot with that day added; `NaN` where nothing was ever seen.
    daily: Vec<f64>,
    weekly: Vec<f64>,
}

/// A local day, counted from the first, and a slot of it.
#[derive(Debug, Clone, Copy)]
struct Place {
    day: usize,
    slot: usize,
}

impl Profiles {
    /// Of the steps of `p` from `from` on; gaps are left out.
    pub fn new(p: &Prepared, from: usize) -> Self {
        let slot_seconds = p.step_seconds.max(SLOT_SECONDS);
        let slots = (86_400 + slot_seconds - 1) / slot_seconds;
        let mut profiles = Self {
            from,
            first_day: p.local_day(from as i64),
            slots: slots as usize,
            slot_seconds,
            places: Vec::with_capacity(p.len() - from),
            daily: Vec::new(),
            weekly: Vec::new(),
        };
        profiles.find_places(p);
        profiles.fold_days(p);
        profiles
    }

    /// The clock is read once an hour: zones change their offset on no other steps.
    fn find_places(&mut self, p: &Prepared) {
        for hour in (self.from..p.len()).step_by(p.hour()) {
            let (day, mut second) = (p.local_day(hour as i64), p.local_second_of_day(hour as i64));
            let mut day = (day - self.first_day) as usize;
            for _ in hour..p.len().min(hour + p.hour()) {
                if second >= 86_400 {
                    day += (second / 86_400) as usize;
                    second %= 86_400;
                }
                self.places.push(Place { day, slot: (second / self.slot_seconds) as usize });
                second += p.step_seconds;
            }
        }
    }

    fn fold_days(&mut self, p: &Prepared) {
        let mut counts = Counts::new(self.slots);
        let mut today = Today::new(self.slots);
        let mut day = 0;
        for i in 0..=self.places.len() {
            let place = self.place(p, self.from + i);
            while day < place.day {
                self.fold(&today, &mut counts, day);
                today.clear();
                day += 1;
            }
            if i < self.places.len() && p.present[self.from + i] {
                today.sum[place.slot] += p.y[self.from + i];
                today.count[place.slot] += 1.0;
            }
        }
    }

    fn fold(&mut self, today: &Today, counts: &mut Counts, day: usize) {
        let reach = usize::from(self.slot_seconds <= SMOOTHED_SECONDS && self.slots > 2);
        for slot in 0..self.slots {
            let value = today.smoothed(slot, reach);
            let before = |profile: &[f64], days: usize| {
                day.checked_sub(days).map_or(f64::NAN, |d| profile[d * self.slots + slot])
            };
            let (daily, weekly) = (before(&self.daily, 1), before(&self.weekly, 7));
            let counted = &mut counts.daily[slot];
            self.daily.push(moved(daily, value, counted, NEWEST_DAY));
            let counted = &mut counts.weekly[day % 7 * self.slots + slot];
            self.weekly.push(moved(weekly, value, counted, NEWEST_WEEK));
        }
    }

    /// The daily and the weekly profile at step `index`, as known at `origin`; `None` on the first day.
    pub fn at(&self, p: &Prepared, origin: usize, index: usize) -> Option<(f64, f64)> {
        let today = self.place(p, origin).day;
        let Place { day, slot } = self.place(p, index);
        let daily = self.daily[today.checked_sub(1)? * self.slots + slot];
        let weeks = if day >= today { (day - today) / 7 + 1 } else { 1 };
        let weekly =
            day.checked_sub(7 * weeks).map_or(f64::NAN, |d| self.weekly[d * self.slots + slot]);
        let weekly = if weekly.is_nan() { daily } else { weekly };
        (!daily.is_nan()).then_some((daily, weekly))
    }

    fn place(&self, p: &Prepared, index: usize) -> Place {
        match self.places.get(index.saturating_sub(self.from)) {
            Some(place) => *place,
            None => Place {
                day: (p.local_day(index as i64) - self.first_day).max(0) as usize,
                slot: (p.local_second_of_day(index as i64) / self.slot_seconds) as usize,
            },
        }
    }
}

/// A mean after `value`, the newest of which counts at least `least`.
fn moved(mean: f64, value: Option<f64>, counted: &mut f64, least: f64) -> f64 {
    let Some(value) = value else { return mean };
    *counted += 1.0;
    if mean.is_nan() { value } else { mean + (value - mean) * least.max(1.0 / *counted) }
}

/// How many days each slot has seen.
struct Counts {
    daily: Vec<f64>,
    weekly: Vec<f64>,
}

impl Counts {
    fn new(slots: usize) -> Self {
        Self { daily: vec![0.0; slots], weekly: vec![0.0; 7 * slots] }
    }
}

/// The load of one day by slot.
struct Today {
    sum: Vec<f64>,
    count: Vec<f64>,
}

impl Today {
    fn new(slots: usize) -> Self {
        Self { sum: vec![0.0; slots], count: vec![0.0; slots] }
    }

    fn clear(&mut self) {
        self.sum.fill(0.0);
        self.count.fill(0.0);
    }

    /// The mean of a slot and its neighbours.
    fn smoothed(&self, slot: usize, reach: usize) -> Option<f64> {
        let n = self.sum.len();
        let near = (n - reach..=n + reach).map(|shift| (slot + shift) % n);
        let (sum, count) =
            near.fold((0.0, 0.0), |(sum, count), i| (sum + self.sum[i], count + self.count[i]));
        (count > 0.0).then(|| sum / count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::history;

    fn hourly(values: &[f64]) -> (std::sync::Arc<Prepared>, Profiles) {
        let p = Prepared::of(&history(3_600, values));
        let profiles = Profiles::new(&p, 0);
        (p, profiles)
    }

    #[test]
    fn a_day_is_known_from_the_next_midnight_on() {
        let days = [10.0, 20.0, 30.0];
        let values: Vec<f64> = (0..72).map(|i| days[i / 24] + (i % 24) as f64).collect();
        let (p, profiles) = hourly(&values);
        assert_eq!(profiles.at(&p, 23, 26), None);
        assert_eq!(profiles.at(&p, 24, 26), Some((12.0, 12.0)));
        assert_eq!(profiles.at(&p, 47, 50), Some((12.0, 12.0)));
        assert_eq!(profiles.at(&p, 48, 50), Some((17.0, 17.0)));
        assert_eq!(profiles.at(&p, 72, 74), Some((22.0, 22.0)));
    }

    #[test]
    fn a_weekday_remembers_its_own_weeks() {
        let values: Vec<f64> =
            (0..24 * 21).map(|i| if i / 24 % 7 == 2 { 9.0 } else { 1.0 }).collect();
        let (p, profiles) = hourly(&values);
        let weekly = |origin: usize, day: usize| profiles.at(&p, origin, day * 24).unwrap().1;
        assert_eq!((weekly(24 * 21, 23), weekly(24 * 21, 24)), (9.0, 1.0));
        // Nine days ahead, the Wednesday of last week is the newest one known.
        assert_eq!(weekly(24 * 21, 30), 9.0);
    }

    #[test]
    fn gaps_leave_the_profile_as_it_was() {
        let mut values: Vec<f64> = (0..72).map(|i| (i % 24) as f64).collect();
        values[24..48].fill(f64::NAN);
        let (p, profiles) = hourly(&values);
        assert_eq!(profiles.at(&p, 48, 53), Some((5.0, 5.0)));
    }
}
