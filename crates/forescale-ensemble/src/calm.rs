//! The load that members see: without the known events, at its newest level, and without what fell into an outage.

use std::sync::Arc;

use forescale_core::History;
use forescale_features::{EventEffects, Unusual};

/// A history as members see it, and what was taken out of it.
pub(crate) struct Calm {
    pub history: Arc<History>,
    pub effects: EventEffects,
    pub unusual: Arc<Unusual>,
}

impl Calm {
    /// What members learn and predict from where `history` is known.
    pub fn of(history: &History) -> Self {
        let effects = EventEffects::learn(history);
        let calm = effects.calm(history).unwrap_or_else(|| {
            History::new(history.series().clone(), Arc::clone(history.calendar()))
        });
        let unusual = Unusual::of(&calm);
        // A fresh shift would leave too few days at the new level to learn from.
        let calm = unusual.leveled(&calm).unwrap_or(calm);
        // What fell into an outage says nothing about the load that users bring.
        let served = unusual.without_outages(&calm).unwrap_or(calm);
        Self { history: Arc::new(served), effects, unusual }
    }
}
