//! Walks through the plan step by step and keeps every limit.

use chrono::{DateTime, Utc};

use crate::clairvoyant::largest_ahead;
use crate::demand::Demand;
use crate::error::PlanError;
use crate::fleet::FleetState;
use crate::in_flight::InFlight;
use crate::limits::Limits;
use crate::merge;
use crate::objectives::Standby;
use crate::reason::Binding;
use crate::stabilization::Stabilization;
use crate::timeline::Timeline;
use crate::window;

/// What is wanted at each step, in the order in which it came about.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    /// Instances that the start-up window needs, before any limit.
    pub(crate) needed: Vec<u32>,
    /// Instances that the load needs before an ask in time serves, before any limit.
    pub(crate) soon: Vec<u32>,
    /// The same within the minimum and the maximum.
    pub(crate) bounded: Vec<u32>,
    /// With scale-ups merged.
    pub(crate) merged: Vec<u32>,
    /// With steep rises begun early.
    pub(crate) ramped: Vec<u32>,
    /// What an empty fleet has to do with each step; nothing where the minimum is above 0.
    pub(crate) standby: Vec<Standby>,
}

/// A decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decision {
    /// Instances asked for so far.
    pub(crate) before: u32,
    /// Instances asked for from now on.
    pub(crate) after: u32,
    /// Instances that serve when the step has begun.
    pub(crate) serving: u32,
    /// When it is made: for a scale-up, when the instances are asked for.
    pub(crate) at: DateTime<Utc>,
    /// What decided.
    pub(crate) binding: Binding,
}

impl Wanted {
    /// From what the load needs at each step, carried over a start-up window of `lead` steps.
    ///
    /// # Errors
    /// [`PlanError::TooLarge`] when scale-ups cannot be merged exactly.
    pub(crate) fn new(
        demand: &Demand,
        lead: usize,
        total: u32,
        limits: &Limits,
        event_price_steps: f64,
    ) -> Result<Self, PlanError> {
        let (min, most) = (limits.min.0, limits.most());
        let needed = largest_ahead(&demand.needed, lead);
        let kept = demand.with_kept_warm();
        let soon = window::before_lead(&kept, lead);
        let bounded: Vec<u32> =
            largest_ahead(&kept, lead).into_iter().map(|n| n.clamp(min, most)).collect();
        let merged = match event_price_steps {
            0.0 => bounded.clone(),
            price => merge::merged(&bounded, total.clamp(min, most), price)?,
        };
        let ramped = window::ramp(&merged, limits.max_up);
        let standby = demand.standby.clone();
        Ok(Self { needed, soon, bounded, merged, ramped, standby })
    }
}

impl Wanted {
    /// Names the cold start where it, and no limit, made the count what it is.
    fn cold_start(&self, i: usize, before: u32, after: u32, binding: Binding) -> Binding {
        let Some(standby) = self.standby.get(i) else { return binding };
        match (binding, after) {
            (Binding::Demand | Binding::Min(_), 0) => match standby {
                Standby::ColdStart => Binding::ColdStart,
                _ => Binding::NoLoad,
            },
            (Binding::Min(_), _) => Binding::KeptWarm,
            (Binding::Demand, _) if before == 0 => Binding::Activation,
            _ => binding,
        }
    }
}

/// Decides every step.
///
/// A scale-up is held back by the maximum and the largest change only. One that catches up with a need is asked for
/// at the begin of its step, any other as late as it may be. A scale-down waits for instances that have
/// not served yet, the stabilization window, the cooldown and the largest change. The minimum and the maximum
/// hold whatever the rest says: a fleet outside of them is brought within at once.
pub(crate) fn decide(
    wanted: &Wanted,
    fleet: &FleetState,
    limits: &Limits,
    timeline: &Timeline,
) -> Vec<Decision> {
    let mut state = State {
        total: fleet.total().unwrap_or(u32::MAX),
        asked_until: None,
        last_change: fleet.last_change,
        stabilization: Stabilization::new(limits.stabilization, &fleet.recommended),
        in_flight: InFlight::new(fleet),
    };
    (0..timeline.len()).map(|i| state.step(i, wanted, limits, timeline)).collect()
}

#[derive(Debug)]
struct State {
    total: u32,
    /// Until which step the newest scale-up has not served, and the count it asked for.
    asked_until: Option<(usize, u32)>,
    last_change: Option<DateTime<Utc>>,
    stabilization: Stabilization,
    in_flight: InFlight,
}

impl State {
    fn step(&mut self, i: usize, w: &Wanted, limits: &Limits, timeline: &Timeline) -> Decision {
        let (before, time) = (self.total, timeline.begins(i));
        let most_wanted = self.stabilization.most_wanted(time, w.ramped[i]);
        let (after, binding) = if w.ramped[i] > before {
            up(before, i, w, limits)
        } else {
            self.down(i, most_wanted, w, limits, time)
        };
        let binding = w.cold_start(i, before, after, binding);
        let in_time = after > before && w.soon[i] <= before;
        let at = if in_time { timeline.asks(i) } else { time };
        let ready = at + timeline.startup();
        if after > before {
            self.asked_until = Some((timeline.step_at(ready), after));
        }
        if after != before {
            self.last_change = Some(at);
        }
        self.in_flight.change(before, after, time, ready);
        self.total = after;
        Decision { before, after, serving: self.in_flight.serving(after, time), at, binding }
    }

    /// The fewest instances that every reason to keep them allows, and the last reason that kept some.
    fn down(
        &self,
        i: usize,
        most_wanted: u32,
        w: &Wanted,
        limits: &Limits,
        time: DateTime<Utc>,
    ) -> (u32, Binding) {
        let total = self.total;
        let unserved = self.asked_until.filter(|(until, _)| *until >= i).map_or(0, |(_, n)| n);
        let cooling = self.last_change.is_some_and(|last| time - last < limits.cooldown);
        let largest = limits.max_down.map_or(0, |most| total.saturating_sub(most));
        let floors = [
            (unserved, Binding::InFlight),
            (most_wanted, Binding::Stabilization),
            (if cooling { total } else { 0 }, Binding::Cooldown),
            (largest, Binding::MaxDown(limits.max_down.unwrap_or(u32::MAX))),
        ];
        let start = (w.ramped[i], why(i, w, limits));
        floors.into_iter().fold(start, |(kept, binding), (floor, reason)| {
            let floor = floor.min(total).min(limits.most());
            if floor > kept { (floor, reason) } else { (kept, binding) }
        })
    }
}

/// A scale-up: as much as the largest change allows, and to the minimum in any case.
fn up(total: u32, i: usize, w: &Wanted, limits: &Limits) -> (u32, Binding) {
    let most = limits.max_up.unwrap_or(u32::MAX);
    let allowed = total.saturating_add(most).max(limits.min.0);
    if w.ramped[i] > allowed {
        (allowed, Binding::MaxUp(most))
    } else {
        (w.ramped[i], why(i, w, limits))
    }
}

/// What made the wanted count what it is.
fn why(i: usize, w: &Wanted, limits: &Limits) -> Binding {
    if w.ramped[i] > w.merged[i] {
        Binding::Ramp(limits.max_up.unwrap_or(u32::MAX))
    } else if w.merged[i] > w.bounded[i] {
        Binding::Merged
    } else if w.needed[i] > w.bounded[i] {
        Binding::Max(w.bounded[i])
    } else if w.needed[i] < w.bounded[i] {
        Binding::Min(w.bounded[i])
    } else {
        Binding::Demand
    }
}
