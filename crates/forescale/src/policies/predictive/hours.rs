//! What the forest of `predictive` learns from: every hour's mean load and its place in the calendar.

use chrono::{DateTime, Datelike, Utc};
use forescale_core::Calendar;
use forescale_plan::policies::Service;
use forescale_predictors::{ExtraTrees, Growth};
use ndarray::Array2;

/// Hour, weekday, day, month, weekend, business hours.
const INPUTS: usize = 6;

/// Business hours of the sketch, whatever the weekday.
const BUSINESS: std::ops::Range<u32> = 9..17;

/// Newest hours that are learned from: five years, and less than the most rows of a forest.
const MOST_HOURS: usize = 43_800;

/// Each tree sees as many different rows as a sample with replacement would hold.
const SHARE: f64 = 0.632;

const SEED: u64 = 1;

type Inputs = [f32; INPUTS];

/// Hours with their loads, and what was learned from them.
#[derive(Debug, Default)]
pub(super) struct Hours {
    hours: Vec<Hour>,
    taken: usize,
    forest: Option<ExtraTrees>,
    /// The newest answer, which holds for a whole hour.
    answer: Option<(Inputs, f64)>,
}

#[derive(Debug)]
struct Hour {
    inputs: Inputs,
    sum: f64,
    records: f64,
}

impl Hours {
    /// Takes in the loads that are new.
    pub(super) fn take(&mut self, loads: &[f64], service: &Service) {
        for (k, load) in loads.iter().enumerate().skip(self.taken) {
            let inputs = inputs(service.time_at(k), &service.calendar);
            match self.hours.last_mut().filter(|hour| hour.inputs == inputs) {
                Some(hour) => (hour.sum, hour.records) = (hour.sum + load, hour.records + 1.0),
                None => self.hours.push(Hour { inputs, sum: *load, records: 1.0 }),
            }
        }
        self.taken = loads.len();
    }

    /// Grows a forest on all hours so far.
    pub(super) fn learn(&mut self, trees: usize) {
        let newest = &self.hours[self.hours.len().saturating_sub(MOST_HOURS)..];
        let x = Array2::from_shape_fn((newest.len(), INPUTS), |(row, i)| newest[row].inputs[i]);
        let y: Vec<f64> = newest.iter().map(|hour| hour.sum / hour.records).collect();
        let growth = Growth { trees, candidates: INPUTS, leaf: 1, share: SHARE };
        self.forest = Some(ExtraTrees::fit(&x, &y, growth, SEED));
        self.answer = None;
    }

    /// The load of the hour around `time`; none before anything was learned.
    pub(super) fn forecast(&mut self, time: DateTime<Utc>, service: &Service) -> Option<f64> {
        let forest = self.forest.as_ref()?;
        let inputs = inputs(time, &service.calendar);
        if let Some((_, load)) = self.answer.filter(|(known, _)| *known == inputs) {
            return Some(load);
        }
        let x = Array2::from_shape_fn((1, INPUTS), |(_, i)| inputs[i]);
        let load = forest.means(&x)[0].max(0.0);
        self.answer = Some((inputs, load));
        Some(load)
    }
}

fn inputs(time: DateTime<Utc>, calendar: &Calendar) -> Inputs {
    let local = calendar.local(time);
    let hour = local.hour as u32;
    [
        hour as f32,
        local.weekday as f32,
        local.date.day() as f32,
        local.date.month() as f32,
        f32::from(u8::from(local.weekend)),
        f32::from(u8::from(BUSINESS.contains(&hour))),
    ]
}
