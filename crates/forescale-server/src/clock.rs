//! The time of day, asked for at the edge only.

use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};

/// Where the service takes the time from.
pub trait Clock: Send + Sync {
    /// The moment it is.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands still until it is set: a simulated day takes no time.
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_server::{Clock, ManualClock};
/// let clock = ManualClock::new("2026-01-05T10:00:00Z".parse().unwrap());
/// clock.advance(TimeDelta::minutes(1));
/// assert_eq!(clock.now().to_rfc3339(), "2026-01-05T10:01:00+00:00");
/// ```
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that shows `now`.
    pub fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(now))
    }

    /// Moves it by `span`, which may be negative.
    pub fn advance(&self, span: TimeDelta) {
        *lock(&self.0) += span;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *lock(&self.0)
    }
}

/// A lock that a panic elsewhere does not take away: what it guards is whole after every statement.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
