//! The models of one horizon, walked along a series.

use std::collections::VecDeque;

use super::columns::{COLUMNS, Columns, RECENT, SEASONAL, columns};
use super::motion::Seen;
use super::track::{Asked, FACTORS, Factors, Kind, RECENT_FACTORS, Track};
use super::weights::Weights;

/// The models of a line. They differ in what they see, in what they remember and in what they make of outliers, so
/// that their errors do too. The first one's errors tell the others where errors recur.
const KINDS: [Kind; 4] = [
    Kind { columns: SEASONAL, factors: FACTORS, memory_days: 28.0, damped: false },
    Kind { columns: COLUMNS, factors: FACTORS, memory_days: 14.0, damped: true },
    Kind { columns: RECENT, factors: RECENT_FACTORS, memory_days: 28.0, damped: true },
    Kind { columns: RECENT, factors: RECENT_FACTORS, memory_days: 7.0, damped: false },
];
const MODELS: usize = KINDS.len();

/// Past days whose changes at the same time of day are averaged.
const DAYS: usize = 7;

/// Forecasts `h` steps ahead from every origin on, as they were made then.
#[derive(Debug)]
pub(super) struct Line {
    h: usize,
    tracks: [Track; MODELS],
    weights: Weights<MODELS>,
    /// Rows whose values are not known yet, oldest first.
    waiting: VecDeque<(Columns, [Asked; MODELS])>,
    /// Absolute errors of the first model by target, `NaN` where there is none.
    errors: Vec<f32>,
    /// The day of the walk, by origin from 1 on, and the local day it is.
    days: Vec<u32>,
    today: Option<i64>,
}

impl Line {
    /// A line that has seen nothing yet.
    pub fn new(h: usize) -> Self {
        Self {
            h,
            tracks: KINDS.map(Track::new),
            weights: Weights::new(),
            waiting: VecDeque::new(),
            errors: Vec::new(),
            days: Vec::new(),
            today: None,
        }
    }

    /// The horizon.
    pub fn anchor(&self) -> usize {
        self.h
    }

    /// Walks on to the end of what is seen.
    pub fn advance(&mut self, seen: &Seen) {
        for origin in self.days.len() + 1..=seen.len() {
            self.learn(seen, origin);
            self.begin_day(seen, origin);
            self.ask(seen, origin);
        }
    }

    /// Learns from the step before `origin`, which has just become known.
    fn learn(&mut self, seen: &Seen, origin: usize) {
        self.errors.push(f32::NAN);
        if self.waiting.len() < self.h {
            return;
        }
        let (x, asked) = self.waiting.pop_front().expect("a row waits for every step ahead");
        let (target, from) = (origin - 1, origin - self.h);
        let present = &seen.inputs.p.present;
        if !present[target] {
            return;
        }
        let (a, y) = (seen.inputs.last(from), seen.load(target));
        self.errors[target] = (y - f64::from(asked[0].expected.point)).abs() as f32;
        // A service that has not begun teaches nothing, least of all that there are no errors.
        if !present[from - 1] || seen.inputs.mean(from) == 0.0 {
            return;
        }
        let (day, level) = (self.days[from - 1] as usize, seen.level(from));
        let tracks = &self.tracks;
        self.weights.learn(y, level, |model, theta| tracks[model].quantile(from, day, theta));
        for (track, asked) in self.tracks.iter_mut().zip(&asked) {
            track.learn(&x, asked, (a, y), (from, level));
        }
    }

    /// Refits when a local day begins.
    fn begin_day(&mut self, seen: &Seen, origin: usize) {
        let p = &seen.inputs.p;
        let local_day = p.local_day(origin as i64);
        let mut day = self.days.last().copied().unwrap_or(0);
        if self.today != Some(local_day) {
            day += u32::from(self.today.is_some());
            self.today = Some(local_day);
            self.tracks.iter_mut().for_each(|track| track.refit(origin, p.day));
            self.weights.begin_day();
        }
        self.days.push(day);
    }

    /// Forecasts from `origin`.
    fn ask(&mut self, seen: &Seen, origin: usize) {
        let (x, a) = (columns(seen, origin, self.h), seen.inputs.last(origin));
        let level = seen.level(origin);
        let factors = self.factors(seen, origin);
        let asked = std::array::from_fn(|i| self.tracks[i].ask(&x, a, factors, level));
        self.waiting.push_back((x, asked));
    }

    /// What the expected error is made of; the two that rest on a model's own forecast are left to it.
    fn factors(&self, seen: &Seen, origin: usize) -> Factors {
        let inputs = &seen.inputs;
        let roughness = inputs.roughness(origin);
        let [hours, day, largest, largest_of_day] = seen.motion(origin);
        let off = (inputs.last(origin) - inputs.hour_mean(origin)).abs();
        let change = |index: usize| (seen.load(index) - seen.load(index.saturating_sub(1))).abs();
        let changes = inputs.mean_of_days(origin, origin + self.h - 1, DAYS, change);
        let error = |target: usize| {
            let error = f64::from(*self.errors.get(target)?);
            (!error.is_nan()).then_some(error)
        };
        let [by_hours, by_days, by_weeks] =
            inputs.recurring_errors(origin, self.h, roughness, error);
        [
            0.01 * inputs.mean(origin).abs(),
            0.0,
            0.0,
            roughness,
            hours,
            day,
            largest,
            off,
            0.1 * largest_of_day,
            changes.unwrap_or(roughness),
            by_hours,
            by_days,
            by_weeks,
        ]
    }

    /// The load that is exceeded with probability `exceeded`: the mean of what the models say.
    pub fn quantile(&self, origin: usize, exceeded: f64) -> f64 {
        let (day, theta) = (self.days[origin - 1] as usize, -exceeded.log10());
        self.weights.mean(day, |model| self.tracks[model].quantile(origin, day, theta))
    }

    /// How far the middle is expected to be off, in load units.
    pub fn expected_error(&self, origin: usize) -> f64 {
        let day = self.days[origin - 1] as usize;
        self.weights.mean(day, |model| self.tracks[model].scale(origin))
    }
}
