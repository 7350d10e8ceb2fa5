//! From a query to a load series.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};
use forescale_core::LoadSeries;

use crate::answer::{Found, Labels, QueryData, Sample, selector};
use crate::caller::{Budget, Caller};
use crate::error::{PrometheusError, Retry, quoted};
use crate::grid::{Grid, Window};
use crate::metadata;
use crate::notes::Notes;
use crate::promql::{Instant, Promql};
use crate::settings::Settings;

/// Prometheus refuses more points of a series than this in one answer.
const MAX_POINTS: usize = 11_000;

/// Samples as they were scraped are asked for a week at a time, which bounds an answer to 604 800 at one a second.
const RAW_WINDOW_SECONDS: i64 = 604_800;

/// How often a failed request is repeated, and the wait before the first repetition.
const RETRIES: usize = 3;
const FIRST_WAIT: Duration = Duration::from_millis(250);

/// How often a window is halved before the server is taken to be down.
const HALVINGS: u32 = 4;

/// A history may begin later than asked, because nothing is kept for so long or nothing ran. But a service with loads in
/// less than this share of the range was asked for far more than there is.
const LEAST_OF_ALL: f64 = 0.25;

/// The share of the range before the first load that a reader should know of.
const WORTH_A_NOTE: f64 = 0.01;

/// Each selector costs a further query; beyond this many it is not told which points are repeats.
const MAX_MASKS: usize = 8;

/// A client of one source. It blocks, and may be used from several threads.
#[derive(Debug)]
pub struct Client {
    pub(crate) caller: Caller,
    seed: u64,
}

/// A history as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct PrometheusRead {
    /// The load: the mean of the samples of every step, ending with the last step that is over.
    pub series: LoadSeries,
    /// The labels of the series, as PromQL writes them.
    pub labels: String,
    /// What was counted and mended.
    pub notes: Notes,
}

impl Client {
    /// A client for `settings`; `seed` spreads the waits before a request is repeated.
    ///
    /// # Errors
    /// [`PrometheusError::Setting`] and [`PrometheusError::File`]. Nothing is sent yet.
    pub fn new(settings: Settings, seed: u64) -> Result<Self, PrometheusError> {
        Ok(Self { caller: Caller::new(settings)?, seed })
    }

    /// The server, as messages name it: `prometheus at http://localhost:9090`.
    pub fn name(&self) -> &str {
        self.caller.name()
    }

    /// Reads the series of the `range` that ends with the last whole step before `now`.
    ///
    /// A bare selector of a gauge is read as it was scraped, and step `i` is the mean of the samples in it. Any other
    /// query is evaluated a millisecond before the end of every step, so that it sees that step and nothing later; a
    /// point is a gap when a selector outside of a range has no sample within the step.
    ///
    /// # Errors
    /// [`PrometheusError`] with the server and the way out, within the deadline of the settings.
    pub fn read(&self, now: DateTime<Utc>) -> Result<PrometheusRead, PrometheusError> {
        let settings = self.caller.settings();
        let mut budget = Budget::new(settings);
        let promql = Promql::read(&settings.query);
        if let Some(promql) = &promql {
            metadata::refuse_counters(&self.caller, &promql.raw_metrics, &mut budget)?;
        }
        let grid = Grid::ending(now, settings.step, settings.steps());
        let mut reading = Reading { client: self, budget, grid, series: Vec::new() };
        match promql {
            Some(promql) if promql.bare => reading.raw()?,
            Some(promql) if promql.instants.len() <= MAX_MASKS => {
                reading.evaluated(&promql.instants)?;
            }
            _ => {
                reading.grid.notes.repeats_unknown = true;
                reading.evaluated(&[])?;
            }
        }
        reading.finish()
    }
}

/// A read that is under way.
struct Reading<'a> {
    client: &'a Client,
    budget: Budget,
    grid: Grid,
    /// The labels of the one series, once it was seen.
    series: Vec<Labels>,
}

impl<'a> Reading<'a> {
    /// Reads the samples of a bare selector as they were scraped.
    fn raw(&mut self) -> Result<(), PrometheusError> {
        let most = RAW_WINDOW_SECONDS / (self.grid.step_ms() / 1_000);
        self.windows(most as usize, |reading, window| {
            let (begin, end) =
                (reading.grid.begin_ms(window.from), reading.grid.begin_ms(window.to));
            let query = reading.settings().query.trim();
            let form = [
                ("query", format!("{query}[{}s]", (end - begin) / 1_000)),
                ("time", seconds(end - 1)),
            ];
            let found = reading.query("/api/v1/query", &form)?;
            let mut samples = reading.samples_of_one(found)?;
            // Up to version 2 the range includes its begin, a millisecond before the window.
            samples.retain(|sample| sample.at != begin - 1);
            Ok(samples)
        })
    }

    /// Evaluates the query in every step, without the points at which `instants` have no sample in the step.
    fn evaluated(&mut self, instants: &[Instant]) -> Result<(), PrometheusError> {
        self.windows(MAX_POINTS, |reading, window| {
            let form = reading.range_form(&reading.settings().query, window);
            let found = reading.query("/api/v1/query_range", &form)?;
            let mut samples = reading.samples_of_one(found)?;
            if samples.is_empty() {
                return Ok(samples);
            }
            for instant in instants {
                let query = format!("max(timestamp({}))", instant.selector);
                let form = reading.range_form(&query, window);
                let seen = reading.query("/api/v1/query_range", &form)?.samples;
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
        let mut open: Vec<_> = Window::covering(self.settings().steps(), most)
            .into_iter()
            .map(|window| (window, HALVINGS))
            .collect();
        while let Some((window, halvings)) = open.pop() {
            match read(self, window) {
                Ok(samples) => {
                    let multiplier = self.settings().multiplier;
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

    /// Asks, and asks again while that may help and the deadline allows it.
    fn query(&mut self, path: &str, form: &[(&str, String)]) -> Result<Found, PrometheusError> {
        let mut waits = ExponentialBuilder::new()
            .with_min_delay(FIRST_WAIT)
            .with_max_times(RETRIES)
            .with_jitter()
            .with_jitter_seed(self.client.seed.wrapping_add(self.budget.requests as u64))
            .build();
        loop {
            let answer = self.client.caller.query::<QueryData>(path, form, &mut self.budget);
            let error = match answer {
                Ok(answer) => {
                    self.warned(answer.warnings)?;
                    let data = answer.data;
                    let missing = || self.client.caller.malformed("it has no data");
                    return data.map(|data| data.result).ok_or_else(missing);
                }
                Err(error) => error,
            };
            match waits.next() {
                Some(wait) if error.retry() != Retry::Never => {
                    if wait >= self.budget.left() {
                        return Err(self.client.caller.deadline(Some(&error)));
                    }
                    std::thread::sleep(wait);
                }
                _ => return Err(error),
            }
        }
    }

    /// Refuses an answer with warnings, or notes them where that is allowed.
    fn warned(&mut self, warnings: Vec<String>) -> Result<(), PrometheusError> {
        let warnings: Vec<_> = warnings.iter().take(8).map(|warning| quoted(warning)).collect();
        if warnings.is_empty() {
            return Ok(());
        }
        if !self.settings().allow_partial {
            let name = self.client.name().to_owned();
            return Err(PrometheusError::Partial { name, warnings });
        }
        for warning in warnings {
            if !self.grid.notes.warnings.contains(&warning) {
                self.grid.notes.warnings.push(warning);
            }
        }
        Ok(())
    }

    /// The samples of an answer, which should hold the one series that the windows before it held, or none.
    fn samples_of_one(&mut self, found: Found) -> Result<Vec<Sample>, PrometheusError> {
        let (name, query) = (self.client.name().to_owned(), self.settings().query.clone());
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

    fn finish(mut self) -> Result<PrometheusRead, PrometheusError> {
        let (name, settings) = (self.client.name().to_owned(), self.settings());
        let Some(labels) = self.series.first().map(selector) else {
            return Err(PrometheusError::NoSeries { name, query: settings.query.clone() });
        };
        self.grid.notes.requests = self.budget.requests;
        let needed = settings.min_coverage;
        let (of_all, since_begin) = self.grid.coverage();
        let share = if of_all < LEAST_OF_ALL.min(needed) { of_all } else { since_begin };
        let before = self.grid.before();
        if before as f64 > WORTH_A_NOTE * settings.steps() as f64 {
            self.grid.notes.before = before;
        }
        if share < needed {
            let (steps, step) = (settings.steps(), settings.step);
            let words = self.grid.notes.words();
            let mends = (!words.is_empty()).then(|| words.join(", "));
            return Err(PrometheusError::Coverage { name, share, needed, steps, step, mends });
        }
        let series = self.grid.series();
        let (series, notes) = series.map_err(|reason| PrometheusError::NoLoad { name, reason })?;
        Ok(PrometheusRead { series, labels, notes })
    }

    fn settings(&self) -> &'a Settings {
        self.client.caller.settings()
    }
}

/// Milliseconds as the API takes them: seconds with three decimals.
fn seconds(milliseconds: i64) -> String {
    let sign = if milliseconds < 0 { "-" } else { "" };
    let whole = milliseconds.unsigned_abs();
    format!("{sign}{}.{:03}", whole / 1_000, whole % 1_000)
}
