//! The fleet as it is: the only way time enters the planner.

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::Replicas;

use crate::error::PlanError;

/// The fleet at the moment of planning.
#[derive(Debug, Clone, PartialEq)]
pub struct FleetState {
    /// The moment of planning.
    pub now: DateTime<Utc>,
    /// Instances that serve.
    pub current: Replicas,
    /// Instances that are starting: when they will serve, and how many. They are cancelled first.
    pub starting: Vec<(DateTime<Utc>, u32)>,
    /// Time from asking for an instance to its serving.
    pub startup: TimeDelta,
    /// When the number of instances was last changed, if known: the cooldown counts from it.
    pub last_change: Option<DateTime<Utc>>,
    /// What earlier plans wanted, and when: the stabilization window looks at it.
    pub recommended: Vec<(DateTime<Utc>, Replicas)>,
}

impl FleetState {
    /// A fleet of `current` serving instances, none starting, of whose past nothing is known.
    pub fn new(now: DateTime<Utc>, current: Replicas, startup: TimeDelta) -> Self {
        Self {
            now,
            current,
            starting: Vec::new(),
            startup,
            last_change: None,
            recommended: Vec::new(),
        }
    }

    /// Serving and starting instances together.
    ///
    /// # Errors
    /// [`PlanError::Fleet`] when they cannot be counted.
    pub fn total(&self) -> Result<u32, PlanError> {
        let starting = self.starting.iter().map(|(_, count)| u64::from(*count)).sum::<u64>();
        let total = u64::from(self.current.0).saturating_add(starting);
        u32::try_from(total).map_err(|_| PlanError::Fleet(total))
    }
}
