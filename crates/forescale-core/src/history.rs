//! What a predictor may see: the load up to the origin, the calendar, and what was derived from them once.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use chrono::{DateTime, Utc};

use crate::calendar::Calendar;
use crate::series::{LoadSeries, SeriesError};

type Slot = Arc<OnceLock<Arc<dyn Any + Send + Sync>>>;

/// The load of a service up to an origin, with its calendar.
///
/// The origin is the first moment that is not known. Predictors that need the same derived value (a feature
/// matrix, say) share it through [`History::derive`], so that it is computed once per history.
#[derive(Debug)]
pub struct History {
    series: LoadSeries,
    calendar: Arc<Calendar>,
    derived: Mutex<BTreeMap<(TypeId, u64), Slot>>,
}

impl History {
    /// A history that ends where `series` ends.
    pub fn new(series: LoadSeries, calendar: Arc<Calendar>) -> Self {
        Self { series, calendar, derived: Mutex::default() }
    }

    /// The load so far.
    pub fn series(&self) -> &LoadSeries {
        &self.series
    }

    /// The service's calendar.
    pub fn calendar(&self) -> &Arc<Calendar> {
        &self.calendar
    }

    /// The first moment that is not known.
    pub fn origin(&self) -> DateTime<Utc> {
        self.series.end()
    }

    /// The same history as it was after `steps` steps.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when nothing was known by then.
    pub fn as_of(&self, steps: usize) -> Result<Self, SeriesError> {
        Ok(Self::new(self.series.slice(0, steps)?, Arc::clone(&self.calendar)))
    }

    /// The newest `steps` steps only.
    ///
    /// # Errors
    /// [`SeriesError::Empty`] when they hold nothing but gaps.
    pub fn newest(&self, steps: usize) -> Result<Self, SeriesError> {
        let from = self.series.len().saturating_sub(steps);
        Ok(Self::new(self.series.slice(from, self.series.len())?, Arc::clone(&self.calendar)))
    }

    /// A value that is derived from this history alone, built once for each type and `key`.
    ///
    /// Who asks while another thread builds it waits for that. `build` may derive other values.
    pub fn derive<T, F>(&self, key: u64, build: F) -> Arc<T>
    where
        T: Any + Send + Sync,
        F: FnOnce(&Self) -> T,
    {
        let slot = {
            let mut derived = self.derived.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(derived.entry((TypeId::of::<T>(), key)).or_default())
        };
        let value = slot.get_or_init(|| Arc::new(build(self)));
        Arc::clone(value).downcast().expect("the type is part of the key")
    }
}
