//! A rule of the library, and how it did of late.

use std::collections::VecDeque;

use forescale_plan::policies::{Decision, Observation, Past, Policy, PolicyError};
use forescale_replay::Shadow;

/// What is remembered is forgotten in pieces of this many of the window.
const PIECES: usize = 28;

/// What a rule promises counts as the record of a time in which the budget allows so many violations.
const PROMISED: f64 = 20.0;

/// A rule with a fleet of its own, and its record over the window.
#[derive(Debug)]
pub(super) struct Rival {
    shadow: Shadow,
    /// Steps whose load is known and counted.
    judged: usize,
    /// Steps of a piece of the record.
    piece: usize,
    pieces: VecDeque<Record>,
    promise: f64,
}

/// What a rule cost and missed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Record {
    /// Steps.
    pub steps: u32,
    /// Steps in which it had too few instances.
    pub missed: u32,
    /// Instances billed, summed over the steps.
    pub cost: f64,
    /// Violations that the rule is to be expected to make, in shares of the budget.
    pub promise: f64,
}

impl Record {
    /// The share of steps with too few instances. One more is counted than was seen: a rule that missed nothing so far
    /// has shown that it misses less than one in so many steps, and no more.
    pub fn under(&self) -> f64 {
        f64::from(self.missed + 1) / f64::from(self.steps.max(1))
    }

    /// Whether it kept `budget`, a share of the steps.
    ///
    /// A small budget is a handful of violations in the window, so the record counts beside what the rule promises, in
    /// shares of the budget, as if [`PROMISED`] violations would be fine.
    pub fn kept(&self, budget: f64) -> bool {
        let missed = f64::from(self.missed) + PROMISED * self.promise;
        missed <= budget * f64::from(self.steps) + PROMISED
    }

    fn add(&mut self, other: &Self) {
        self.steps += other.steps;
        self.missed += other.missed;
        self.cost += other.cost;
    }
}

impl Rival {
    /// A rule that is to be expected to miss `promise` of the budget.
    pub fn new(policy: Box<dyn Policy>, promise: f64) -> Self {
        let shadow = Shadow::new(policy);
        Self { shadow, judged: 0, piece: 1, pieces: VecDeque::new(), promise }
    }

    /// Prepares the rule; `window` is how long its record reaches back, in seconds.
    pub fn prepare(&mut self, past: &Past<'_>, window: f64) -> Result<(), PolicyError> {
        self.piece = past.service.steps_in(window).div_ceil(PIECES);
        (self.judged, self.pieces) = (0, VecDeque::new());
        self.shadow.prepare(past)
    }

    /// What the rule wants now; what is newly known of the load is counted.
    pub fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        while self.judged < seen.loads.len().min(self.shadow.served().len()) {
            self.judge(seen, self.judged);
            self.judged += 1;
        }
        self.shadow.decide(seen)
    }

    fn judge(&mut self, seen: &Observation<'_>, step: usize) {
        if step.is_multiple_of(self.piece) {
            self.pieces.push_back(Record::default());
            if self.pieces.len() > PIECES {
                self.pieces.pop_front();
            }
        }
        let needed = seen.service.capacity.needed(seen.loads[step]);
        let missed = needed.is_ok_and(|needed| needed.0 > self.shadow.served()[step]);
        let cost = f64::from(self.shadow.billed()[step]);
        let piece = self.pieces.back_mut().expect("step 0 began a piece");
        piece.add(&Record { steps: 1, missed: u32::from(missed), cost, promise: 0.0 });
    }

    /// What to know of the rule's decisions.
    pub fn notes(&self) -> Vec<String> {
        self.shadow.policy().notes()
    }

    /// Its record over the window.
    pub fn record(&self) -> Record {
        let mut whole = Record { promise: self.promise, ..Record::default() };
        self.pieces.iter().for_each(|piece| whole.add(piece));
        whole
    }
}
