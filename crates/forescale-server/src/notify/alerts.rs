//! What needs attention, and whether it did a moment ago.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Message;
use crate::board::{Board, Entry};
use crate::jobs::drifted;
use crate::standing::{Clamp, State};

/// What needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// The data behind the plan are too old.
    Stale,
    /// The load needs more instances than the fleet may have.
    BudgetAtRisk,
    /// The load needs more instances than the cost allows.
    CostLimit,
    /// Forecasts are worse than repeating the season, or have lost touch with the load.
    AccuracyCollapsed,
}

/// What was said so far.
#[derive(Debug, Default)]
pub struct Alerts {
    firing: BTreeSet<(usize, Alert)>,
    plans: BTreeMap<usize, (DateTime<Utc>, u32)>,
}

impl Alerts {
    /// What is new on `board` at `now`. A service that has just begun says nothing of the plans it finds.
    pub fn look(&mut self, board: &Board, now: DateTime<Utc>) -> Vec<Message> {
        let mut news = Vec::new();
        for (place, entry) in board.entries().iter().enumerate() {
            self.look_at(place, entry, now, &mut news);
            news.extend(self.new_plan(place, entry, now));
        }
        news
    }

    fn look_at(
        &mut self,
        place: usize,
        entry: &Entry,
        now: DateTime<Utc>,
        news: &mut Vec<Message>,
    ) {
        for (alert, detail) in conditions(entry, now) {
            let fired = self.firing.contains(&(place, alert));
            if fired == detail.is_some() {
                continue;
            }
            match fired {
                true => self.firing.remove(&(place, alert)),
                false => self.firing.insert((place, alert)),
            };
            news.push(Message::Alert {
                target: entry.target.name.to_string(),
                alert,
                firing: !fired,
                at: now,
                detail: detail.unwrap_or_else(|| "it is over".to_owned()),
            });
        }
    }

    fn new_plan(&mut self, place: usize, entry: &Entry, now: DateTime<Utc>) -> Option<Message> {
        let standing = entry.standing()?;
        let decision = standing.decide(now, &entry.rules());
        let current = (standing.made_at, decision.instances);
        let before = self.plans.insert(place, current);
        let (made_at, instances) = before?;
        (made_at != current.0 && instances != current.1).then(|| Message::Plan {
            target: entry.target.name.to_string(),
            at: standing.made_at,
            decision,
        })
    }
}

/// Every alert, and what there is to say if it holds.
fn conditions(entry: &Entry, now: DateTime<Utc>) -> [(Alert, Option<String>); 4] {
    let standing = entry.standing();
    let clamped = |clamp: Clamp| {
        let steps = standing.as_ref()?.clamps.get(&clamp).copied()?;
        (steps > 0).then_some(steps)
    };
    let stale = (entry.state(now) == State::Stale).then(|| {
        let failing = standing.as_ref().and_then(|standing| standing.failing.clone());
        failing.map_or("no newer plan was made".to_owned(), |failing| failing.reason)
    });
    let capped = |what: &str, steps: u64| {
        format!("{steps} requests of the plan are held at the {what}, and more is needed")
    };
    let collapsed = entry.accuracy().filter(|accuracy| drifted(accuracy)).map(|accuracy| {
        format!("{:.0} % lay within the 80 % interval", accuracy.coverage_80 * 100.0)
    });
    [
        (Alert::Stale, stale),
        (Alert::BudgetAtRisk, clamped(Clamp::MaxInstances).map(|n| capped("maximum", n))),
        (Alert::CostLimit, clamped(Clamp::Cost).map(|n| capped("most cost", n))),
        (Alert::AccuracyCollapsed, collapsed),
    ]
}
