//! From a query to a load series.

use chrono::{DateTime, Utc};
use forescale_core::LoadSeries;

use crate::asking::Asking;
use crate::caller::Caller;
use crate::counts;
use crate::error::PrometheusError;
use crate::grid::Grid;
use crate::metadata;
use crate::notes::Notes;
use crate::promql::Promql;
use crate::reading::Reading;
use crate::settings::Settings;

/// Each selector costs a further query; beyond this many it is not told which points are repeats.
const MAX_MASKS: usize = 8;

/// A client of one source. It blocks, and may be used from several threads.
#[derive(Debug)]
pub struct Client {
    pub(crate) caller: Caller,
    pub(crate) seed: u64,
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
    /// The instances that serve, by the query that the settings have for them; none without one. A load is worth
    /// having without them, so that their error does not end the read.
    pub instances: Result<Option<u32>, PrometheusError>,
}

impl Client {
    /// A client for `settings`; `seed` spreads the waits before a request is repeated. Clients with different seeds do
    /// not come back together.
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

    /// Reads the series of the `range` that ends with the last whole step before `now`, and the instances at `now`.
    ///
    /// A bare selector of a gauge is read as it was scraped, and step `i` is the mean of the samples in it. Any other
    /// query is evaluated a millisecond before the end of every step, so that it sees that step and nothing later; a
    /// point is a gap when a selector outside of a range has no sample within the step.
    ///
    /// With a `series-query`, a load behind which series are missing is refused as partial, and where they were missing
    /// before is a gap.
    ///
    /// # Errors
    /// [`PrometheusError`] with the server and the way out, within the deadline of the settings.
    pub fn read(&self, now: DateTime<Utc>) -> Result<PrometheusRead, PrometheusError> {
        let mut asking = Asking::new(&self.caller, self.seed);
        let (mut series, labels, mut notes) = load(&mut asking, now)?;
        if let Some(query) = &asking.settings().series_query {
            (series, notes.incomplete) =
                counts::without_incomplete(&mut asking, query, series, now)?;
            notes.gaps = series.gaps();
            refuse_few(&asking, &series, &notes)?;
        }
        let instances = counts::instances(&mut asking, now);
        notes.requests = asking.budget.requests;
        notes.warnings = asking.warnings;
        Ok(PrometheusRead { series, labels, notes, instances })
    }
}

fn load(
    asking: &mut Asking<'_>,
    now: DateTime<Utc>,
) -> Result<(LoadSeries, String, Notes), PrometheusError> {
    let settings = asking.settings();
    let promql = Promql::read(&settings.query);
    if let Some(promql) = &promql {
        metadata::refuse_counters(asking.caller, &promql.raw_metrics, &mut asking.budget)?;
    }
    let grid = Grid::ending(now, settings.step, settings.steps());
    let mut reading = Reading::new(asking, &settings.query, settings.multiplier, grid);
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
    reading.refuse_holes(settings.min_coverage)?;
    reading.finish()
}

/// Refuses a load of which too little is left once incomplete steps are gaps.
fn refuse_few(
    asking: &Asking<'_>,
    series: &LoadSeries,
    notes: &Notes,
) -> Result<(), PrometheusError> {
    let (steps, step) = (series.len(), series.frequency());
    let share = (steps - series.gaps()) as f64 / steps as f64;
    let needed = asking.settings().min_coverage;
    if share >= needed || notes.incomplete == 0 {
        return Ok(());
    }
    let (name, mends) = (asking.name(), Some(notes.words().join(", ")));
    Err(PrometheusError::Coverage { name, share, needed, steps, step, mends })
}
