//! Samples on the grid of a series, window by window.

use chrono::{DateTime, Utc};
use forescale_core::{Frequency, LoadSeries, SeriesError};

use crate::answer::Sample;
use crate::notes::Notes;

/// The steps of a series that is being read, with the samples of each added up.
///
/// Steps stand at multiples of their length since the Unix epoch, and the last one is over: what is still going on
/// would look like a fall.
#[derive(Debug)]
pub(crate) struct Grid {
    start_ms: i64,
    step: Frequency,
    steps: Vec<Step>,
    pub notes: Notes,
}

/// The loads of a step, added up.
#[derive(Debug, Clone, Copy, Default)]
struct Step {
    sum: f64,
    count: u32,
}

/// Steps that are asked for at once: the first, and the one after the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub from: usize,
    pub to: usize,
}

impl Window {
    /// The windows of at most `most` steps that cover `steps`, the last one first.
    pub(crate) fn covering(steps: usize, most: usize) -> Vec<Self> {
        let most = most.max(1);
        let starts = (0..steps).step_by(most);
        let mut windows: Vec<_> =
            starts.map(|from| Self { from, to: steps.min(from + most) }).collect();
        windows.reverse();
        windows
    }

    /// The earlier and the later half; none for a single step.
    pub(crate) fn halves(self) -> Option<(Self, Self)> {
        let middle = self.from + (self.to - self.from) / 2;
        let halves = (Self { to: middle, ..self }, Self { from: middle, ..self });
        (middle > self.from).then_some(halves)
    }
}

impl Grid {
    /// The `steps` that are over at `now`.
    pub(crate) fn ending(now: DateTime<Utc>, step: Frequency, steps: usize) -> Self {
        let end = now.timestamp().div_euclid(step.seconds()) * step.seconds();
        let start = end - step.seconds() * steps as i64;
        let (start_ms, steps) = (start * 1_000, vec![Step::default(); steps]);
        Self { start_ms, step, steps, notes: Notes::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.steps.len()
    }

    pub(crate) fn step(&self) -> Frequency {
        self.step
    }

    pub(crate) fn step_ms(&self) -> i64 {
        self.step.seconds() * 1_000
    }

    /// When a step begins, in milliseconds since the Unix epoch.
    pub(crate) fn begin_ms(&self, step: usize) -> i64 {
        self.start_ms + self.step_ms() * step as i64
    }

    /// Takes the samples of a window: each moment once, each value times `multiplier`.
    pub(crate) fn take(&mut self, mut samples: Vec<Sample>, window: Window, multiplier: f64) {
        self.notes.samples += samples.len();
        self.notes.out_of_order += samples.windows(2).filter(|two| two[1].at < two[0].at).count();
        // Stable, so that of one moment the last one sent stays last.
        samples.sort_by_key(|sample| sample.at);
        let (begin, end) = (self.begin_ms(window.from), self.begin_ms(window.to));
        for (i, sample) in samples.iter().enumerate() {
            if samples.get(i + 1).is_some_and(|next| next.at == sample.at) {
                self.notes.duplicated += 1;
            } else if (begin..end).contains(&sample.at) {
                self.add(*sample, multiplier);
            } else {
                self.notes.outside += 1;
            }
        }
    }

    fn add(&mut self, sample: Sample, multiplier: f64) {
        let load = self.notes.load(sample.value * multiplier);
        if load.is_nan() {
            return;
        }
        let step = ((sample.at - self.start_ms) / self.step_ms()) as usize;
        self.steps[step].sum += load;
        self.steps[step].count += 1;
        let at = DateTime::from_timestamp_millis(sample.at);
        self.notes.last_sample = self.notes.last_sample.max(at);
    }

    /// The share of steps with a load: of all, and of those from the first load on.
    pub(crate) fn coverage(&self) -> (f64, f64) {
        let present = self.steps.iter().filter(|step| step.count > 0).count() as f64;
        let begun = self.steps.len() - self.before();
        (present / self.steps.len() as f64, present / begun.max(1) as f64)
    }

    /// Steps before the first load.
    pub(crate) fn before(&self) -> usize {
        let first = self.steps.iter().position(|step| step.count > 0);
        first.unwrap_or(self.steps.len())
    }

    /// The series from its first load on: the mean of every step, and a gap where there is none.
    pub(crate) fn series(mut self) -> Result<(LoadSeries, Notes), SeriesError> {
        let mean = |step: &Step| match step.count {
            0 => f64::NAN,
            count => step.sum / f64::from(count),
        };
        let first = self.steps.iter().position(|step| step.count > 0).unwrap_or_default();
        let values = self.steps[first..].iter().map(mean).collect();
        let start = DateTime::from_timestamp_millis(self.begin_ms(first))
            .ok_or(SeriesError::TooLong { start: DateTime::UNIX_EPOCH, steps: self.steps.len() })?;
        let series = LoadSeries::new(start, self.step, values)?;
        self.notes.gaps = series.gaps();
        Ok((series, self.notes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(steps: usize) -> Grid {
        let now = "2026-01-05T10:00:59Z".parse().unwrap();
        Grid::ending(now, Frequency::from_seconds(60).unwrap(), steps)
    }

    #[test]
    fn windows_cover_every_step_once() {
        let windows = Window::covering(20, 8);
        let ends: Vec<_> = windows.iter().rev().map(|window| (window.from, window.to)).collect();
        assert_eq!(ends, [(0, 8), (8, 16), (16, 20)]);
        let (early, late) = windows[0].halves().unwrap();
        assert_eq!((early.to, late.from, late.to), (18, 18, 20));
        assert_eq!(Window { from: 3, to: 4 }.halves(), None);
    }

    #[test]
    fn a_step_is_the_mean_of_its_samples_and_the_one_going_on_is_left_out() {
        let mut grid = grid(3);
        let begin = grid.begin_ms(0);
        let at = |seconds: i64, value| Sample { at: begin + seconds * 1_000, value };
        let samples = vec![
            at(65, 4.0),
            at(60, 2.0),
            at(130, 1.0),
            at(130, 7.0),
            at(-1, 9.0),
            at(180, 9.0),
            at(0, f64::NAN),
        ];
        grid.take(samples, Window { from: 0, to: 3 }, 10.0);
        let (series, notes) = grid.series().unwrap();
        assert_eq!(series.values(), [30.0, 70.0]);
        assert_eq!(series.end().to_rfc3339(), "2026-01-05T10:00:00+00:00");
        assert_eq!((notes.duplicated, notes.nan, notes.outside, notes.gaps), (1, 1, 2, 0));
        assert_eq!(notes.last_sample, DateTime::from_timestamp_millis(begin + 130_000));
        assert!(notes.out_of_order > 0);
    }
}
