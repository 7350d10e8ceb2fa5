//! A plan as a policy: what it would have done.

use chrono::{DateTime, Utc};
use forescale_plan::clairvoyant::largest_ahead;
use forescale_plan::policies::{
    Cause, Decision, Observation, Past, Policy, PolicyError, Settings, Strategy,
};

use crate::error::ReplayError;
use crate::world::World;

/// What the numbers of a plan mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanKind {
    /// Asked for at that moment; start-up delays them.
    Target,
    /// To serve at that moment: they are asked for a start-up time ahead, and kept while wanted again within it.
    Serving,
}

/// A plan that is followed step by step.
#[derive(Debug, Clone)]
pub struct Planned {
    targets: Vec<u32>,
    kind: PlanKind,
}

impl Planned {
    /// The plan `rows` on the steps of `world`: each number holds from its time until the next, the first also before.
    ///
    /// # Errors
    /// [`ReplayError::EmptyPlan`] without a row, [`ReplayError::PlanOrder`] when times go back, and
    /// [`ReplayError::PlanLater`] for a plan that begins when the history is over.
    pub fn new(
        rows: &[(DateTime<Utc>, u32)],
        kind: PlanKind,
        world: &World,
    ) -> Result<Self, ReplayError> {
        let (begin, first) = rows.first().ok_or(ReplayError::EmptyPlan)?;
        if let Some(row) = rows.windows(2).position(|pair| pair[1].0 < pair[0].0) {
            return Err(ReplayError::PlanOrder { row: row + 1 });
        }
        let end = world.service().time_at(world.trace().loads().len());
        if *begin >= end {
            return Err(ReplayError::PlanLater { begin: *begin, end });
        }
        let mut next = rows.iter().peekable();
        let mut count = *first;
        let on_grid = (0..world.trace().loads().len()).map(|k| {
            let now = world.service().time_at(k);
            while let Some((_, planned)) = next.next_if(|(time, _)| *time <= now) {
                count = *planned;
            }
            count
        });
        Ok(Self::on_steps(on_grid.collect(), kind, world))
    }

    /// The plan that has a number for every step.
    pub fn on_steps(counts: Vec<u32>, kind: PlanKind, world: &World) -> Self {
        let targets = match kind {
            PlanKind::Target => counts,
            PlanKind::Serving => largest_ahead(&counts, world.service().startup_steps),
        };
        Self { targets, kind }
    }
}

impl Policy for Planned {
    fn name(&self) -> &'static str {
        "plan"
    }

    fn strategy(&self) -> Strategy {
        Strategy::Scheduled
    }

    fn settings(&self) -> Settings {
        let kind = match self.kind {
            PlanKind::Target => "target",
            PlanKind::Serving => "serving",
        };
        vec![("kind", kind.to_owned())]
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let last = self.targets.len().saturating_sub(1);
        let wanted = self.targets.get(seen.step.min(last)).copied();
        Decision::new(wanted.unwrap_or_else(|| seen.total()), Cause::Timetable)
    }
}
