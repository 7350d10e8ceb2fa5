//! What needs attention, and whether it did a moment ago.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Message;
use crate::board::{Board, Entry};
use crate::standing::{Clamp, State};
use crate::store::Store;

/// What needs attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Alert {
    /// The data behind the plan are too old.
    Stale,
    /// No plan at all could be made for as long as data may be old.
    Waiting,
    /// The load needs more instances than the fleet may have, or faster than it may grow.
    BudgetAtRisk,
    /// The load needs more instances than the cost allows.
    CostLimit,
    /// Forecasts are worse than repeating the season, or have lost touch with the load.
    AccuracyCollapsed,
}

impl Alert {
    const ALL: [Self; 5] =
        [Self::Stale, Self::Waiting, Self::BudgetAtRisk, Self::CostLimit, Self::AccuracyCollapsed];

    /// Its name, in messages and in the store.
    fn name(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Waiting => "waiting",
            Self::BudgetAtRisk => "budget_at_risk",
            Self::CostLimit => "cost_limit",
            Self::AccuracyCollapsed => "accuracy_collapsed",
        }
    }
}

/// What was last said of an alert, as far as somebody may still believe that it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// The last process ended before what it said was taken.
    Unsure,
    /// It was said to begin then, and that is under way.
    Begins(DateTime<Utc>),
    /// That it began was taken.
    Holds,
    /// It was said to be over then, and that is under way.
    Ends(DateTime<Utc>),
}

/// What was said so far.
#[derive(Debug, Default)]
pub struct Alerts {
    said: BTreeMap<(usize, Alert), Said>,
    /// The instances that each plan asked for when that was last said.
    plans: BTreeMap<usize, u32>,
    unsaved: bool,
}

impl Alerts {
    /// What the last process said began, and of which it does not know that "it is over" was taken.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn recalled(board: &Board, store: &Store) -> rusqlite::Result<Self> {
        let known = |(target, name, taken): (String, String, bool)| {
            let alert = Alert::ALL.into_iter().find(|alert| alert.name() == name)?;
            let said = if taken { Said::Holds } else { Said::Unsure };
            Some(((board.place(&target)?, alert), said))
        };
        let said = store.alerts()?.into_iter().filter_map(known).collect();
        Ok(Self { said, ..Self::default() })
    }

    /// Remembers what was said, if anything is new about it. What cannot be written is written the next time.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn save(&mut self, board: &Board, store: &Store) -> rusqlite::Result<()> {
        if !self.unsaved {
            return Ok(());
        }
        let named = |((place, alert), said): (&(usize, Alert), &Said)| {
            let target = board.entries()[*place].target.name.as_str();
            (target, alert.name(), *said == Said::Holds)
        };
        store.save_alerts(self.said.iter().map(named))?;
        self.unsaved = false;
        Ok(())
    }

    /// Everybody has taken `message`, or it was sent as often as it is.
    pub fn taken(&mut self, board: &Board, message: &Message) {
        let Message::Alert { target, alert, firing, at, .. } = message else { return };
        let Some(place) = board.place(target) else { return };
        let (key, said) = ((place, *alert), if *firing { Said::Begins } else { Said::Ends }(*at));
        // What was said after it is still under way.
        if self.said.get(&key) != Some(&said) {
            return;
        }
        match firing {
            true => self.said.insert(key, Said::Holds),
            false => self.said.remove(&key),
        };
        self.unsaved = true;
    }

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
            let firing = detail.is_some();
            let said = match (self.said.get(&(place, alert)), firing) {
                (None | Some(Said::Unsure | Said::Ends(_)), true) => Said::Begins(now),
                (Some(Said::Unsure | Said::Begins(_) | Said::Holds), false) => Said::Ends(now),
                _ => continue,
            };
            self.said.insert((place, alert), said);
            self.unsaved = true;
            news.push(Message::Alert {
                target: entry.target.name.to_string(),
                alert,
                firing,
                at: now,
                detail: detail.unwrap_or_else(|| "it is over".to_owned()),
            });
        }
    }

    fn new_plan(&mut self, place: usize, entry: &Entry, now: DateTime<Utc>) -> Option<Message> {
        let standing = entry.standing()?;
        let decision = standing.decide(now, &entry.rules());
        // A step of the plan that is in force counts as a new plan does: whoever follows the messages scales by both.
        let before = self.plans.insert(place, decision.instances)?;
        (before != decision.instances).then(|| Message::Plan {
            target: entry.target.name.to_string(),
            at: standing.made_at,
            decision,
        })
    }
}

/// Every alert, and what there is to say if it holds.
fn conditions(entry: &Entry, now: DateTime<Utc>) -> [(Alert, Option<String>); 5] {
    let standing = entry.standing();
    let clamped = |clamp: Clamp| {
        let steps = standing.as_ref()?.clamps.get(&clamp).copied()?;
        (steps > 0).then_some(steps)
    };
    let stale = (entry.state(now) == State::Stale).then(|| {
        let failing = entry.failing();
        failing.map_or("no newer plan was made".to_owned(), |failing| failing.reason)
    });
    let waiting = entry
        .failing()
        .filter(|failing| standing.is_none() && now >= failing.since + entry.target.max_age);
    let capped = |what: &str, steps: u64| {
        format!("{steps} requests of the plan are held at the {what}, and more is needed")
    };
    let at_risk = clamped(Clamp::MaxInstances).map(|steps| capped("maximum", steps));
    let too_slow = || {
        let steps = clamped(Clamp::RateUp)?;
        Some(format!(
            "{steps} requests of the plan add the most that a step may, and more is needed"
        ))
    };
    let drift = entry.accuracy().and_then(|accuracy| accuracy.drift.clone());
    let collapsed = drift.map(|drift| format!("there was {drift}"));
    [
        (Alert::Stale, stale),
        (Alert::Waiting, waiting.map(|failing| failing.reason)),
        (Alert::BudgetAtRisk, at_risk.or_else(too_slow)),
        (Alert::CostLimit, clamped(Clamp::Cost).map(|n| capped("most cost", n))),
        (Alert::AccuracyCollapsed, collapsed),
    ]
}
