//! One query on a grid: windows that the server can answer, and the points that only repeat an older sample.

use forescale_core::LoadSeries;

use crate::answer::{Found, Labels, Sample, selector};
use crate::asking::Asking;
use crate::error::{PrometheusError, Retry, quoted};
use crate::grid::{Grid, Window};
use crate::notes::Notes;
use crate::promql::Instant;

/// Prometheus refuses more points of a series than this in one answer.
const MAX_POINTS: usize = 11_000;

/// Samples as they were scraped are asked for a week at a time, which bounds an answer to 604 800 at one a second.
const RAW_WINDOW_SECONDS: i64 = 604_800;

/// How often a window is halved before the server is taken to be down.
const HALVINGS: u32 = 4;

/// A history may begin later than asked, because nothing is kept for so long or nothing ran. But a service with loads in
/// less than this share of the range was asked for far more than there is.
const LEAST_OF_ALL: f64 = 0.25;

/// The share of the range before the first load that a reader should know of.
const WORTH_A_NOTE: f64 = 0.01;

/// One query, read window by window.
pub(crate) struct Reading<'r, 'a> {
    asking: &'r mut Asking<'a>,
    query: &'r str,
    multiplier: f64,
    pub grid: Grid,
    /// The labels of the one series, once it was seen.
    series: Vec<Labels>,
}

impl<'r, 'a> Reading<'r, 'a> {
    /// Begins to read `query` on `grid`, with every value times `multiplier`.
    pub(crate) fn new(
        asking: &'r mut Asking<'a>,
        query: &'r str,
        multiplier: f64,
        grid: Grid,
    ) -> Self {
        Self { asking, query, multiplier, grid, series: Vec::new() }
    }

    /// Reads the samples of a bare selector as they were scraped.
    pub(crate) fn raw(&mut self) -> Result<(), PrometheusError> {
        let most = RAW_WINDOW_SECONDS / (self.grid.step_ms() / 1_000);
        self.windows(most as usize, |reading, window| {
            let (begin, end) =
                (reading.grid.begin_ms(window.from), reading.grid.begin_ms(window.to));
            let query = reading.query.trim();
            let form = [
                ("query", format!("{query}[{}s]", (end - begin) / 1_000)),
                ("time", seconds(end - 1)),
            ];
            let found = reading.asking.query("/api/v1/query", &form)?;
            let mut samples = reading.samples_of_one(found)?;
            // Up to version 2 the range includes its begin, a millisecond before the window.
            samples.retain(|sample| sample.at != begin - 1);
            Ok(samples)
        })
    }

    /// Evaluates the query in every step, without the points at which `instants` have no sample in the step.
    pub(crate) fn evaluated(&mut self, instants: &[Instant]) -> Result<(), PrometheusError> {
        self.windows(MAX_POINTS, |reading, window| {
            let form = reading.range_form(reading.query, window);
            let found = reading.asking.query("/api/v1/query_range", &form)?;
            let mut samples = reading.samples_of_one(found)?;
            if samples.is_empty() {
                return Ok(samples);
            }
            for instant in instants {
                let query = format!("max(timestamp({}))", instant.selector);
                let form = reading.range_form(&query, window);
                let seen = reading.asking.query("/api/v1/query_range", &form)?.samples;
                reading.without_repeats(&mut samples, &seen, instant.offset_ms);
            }
            Ok(samples)
        })
    }

    /// Leaves out the points at which the newest sample, taken at `seen`, is older than the step.
    fn without_repeats(&mut self, samples: &mut Vec<Sample>, seen: &[Sample], offset_ms: i64) {
        let step = self.grid.step_ms();
        let old = |sample: &Sample| {
            let at = seen.binary_search_by_key(&sample.at, |seen| seen.at);
            let taken = at.ok().map(|at| (seen[at].value * 1_000.0).round() as i64);
            taken.is_some_and(|taken| {
                sample.at.saturating_sub(taken).saturating_sub(offset_ms) >= step
            })
        };
        let before = samples.len();
        samples.retain(|sample| !old(sample));
        self.grid.notes.repeated += before - samples.len();
    }

    fn range_form(&self, query: &str, window: Window) -> [(&'static str, String); 4] {
        let last = |step: usize| seconds(self.grid.begin_ms(step) - 1);
        [
            ("query", query.to_owned()),
            ("start", last(window.from + 1)),
            ("end", last(window.to)),
            ("step", (self.grid.step_ms() / 1_000).to_string()),
        ]
    }

    /// Reads every window of at most `most` steps, halving one that the server cannot answer in time.
    fn windows(
        &mut self,
        most: usize,
        read: impl Fn(&mut Self, Window) -> Result<Vec<Sample>, PrometheusError>,
    ) -> Result<(), PrometheusError> {
        let mut open: Vec<_> = Window::covering(self.grid.len(), most)
            .into_iter()
            .map(|window| (window, HALVINGS))
            .collect();
        while let Some((window, halvings)) = open.pop() {
            match read(self, window) {
                Ok(samples) => {
                    let multiplier = self.multiplier;
                    self.grid.take(samples, window, multiplier);
                }
                Err(error) => match window.halves() {
                    Some((early, late))
                        if halvings > 0 && error.retry() == Retry::AgainThenLess =>
                    {
                        open.extend([(late, halvings - 1), (early, halvings - 1)]);
                    }
                    _ => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// The samples of an answer, which should hold the one series that the windows before it held, or none.
    fn samples_of_one(&mut self, found: Found) -> Result<Vec<Sample>, PrometheusError> {
        let (name, query) = (self.asking.name(), self.query.to_owned());
        if found.histogram {
            return Err(PrometheusError::Histogram { name, query });
        }
        for labels in found.labels {
            if !self.series.contains(&labels) {
                self.series.push(labels);
            }
        }
        let count = found.count.max(self.series.len());
        if count > 1 {
            let series = self.series.iter().map(|labels| quoted(&selector(labels))).collect();
            return Err(PrometheusError::SeveralSeries { name, query, count, series });
        }
        Ok(found.samples)
    }

    /// The series from its first load on, its labels, and what was mended.
    pub(crate) fn finish(self) -> Result<(LoadSeries, String, Notes), PrometheusError> {
        let name = self.asking.name();
        let Some(labels) = self.series.first().map(selector) else {
            return Err(PrometheusError::NoSeries { name, query: self.query.to_owned() });
        };
        let series = self.grid.series();
        let (series, notes) = series.map_err(|reason| PrometheusError::NoLoad { name, reason })?;
        Ok((series, labels, notes))
    }

    /// Refuses a read in which less than `needed` of the steps hold a load.
    pub(crate) fn refuse_holes(&mut self, needed: f64) -> Result<(), PrometheusError> {
        if self.series.is_empty() {
            return Ok(());
        }
        let (of_all, since_begin) = self.grid.coverage();
        let share = if of_all < LEAST_OF_ALL.min(needed) { of_all } else { since_begin };
        let before = self.grid.before();
        if before as f64 > WORTH_A_NOTE * self.grid.len() as f64 {
            self.grid.notes.before = before;
        }
        if share >= needed {
            return Ok(());
        }
        self.grid.notes.warnings.clone_from(&self.asking.warnings);
        let words = self.grid.notes.words();
        let mends = (!words.is_empty()).then(|| words.join(", "));
        let (name, steps, step) = (self.asking.name(), self.grid.len(), self.grid.step());
        Err(PrometheusError::Coverage { name, share, needed, steps, step, mends })
    }
}

/// Milliseconds as the API takes them: seconds with three decimals.
fn seconds(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let whole = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1_000, whole % 1_000)
}
