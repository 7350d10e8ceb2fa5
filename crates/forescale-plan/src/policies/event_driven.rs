//! Capacity by the event calendar, over a reactive base.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::window::Largest;

/// The largest load of the last minutes at a target; for an event, that of the time before it times what is expected.
///
/// An event counts from a start-up time before it begins, so that its instances serve when it does. The load before it is
/// kept while it goes on, because the load within it has its effect already.
#[derive(Debug)]
pub struct EventDriven {
    settings: Settings,
    largest: Option<Largest>,
    /// The largest load when the events that are on or near came into view, and what they multiply it by.
    calm: Option<(f64, f64)>,
    /// Events before this one are over.
    first: usize,
}

/// The base, and what an event without a factor of its own is expected to do.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    window: f64,
    factor: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 0.6, window: 600.0, factor: 2.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!("target", target, "share of an instance that the largest load takes", Share),
        key!("window", window, "how long the largest load is held", Span),
        key!("factor", factor, "of an event for which none is given", Number, 0.01, 1_000.0),
    ];
}

impl Rule for EventDriven {
    type Settings = Settings;
    const NAME: &'static str = "event-driven";
    const STRATEGY: Strategy = Strategy::EventDriven;
    const SUMMARY: &'static str = "capacity by the event calendar, over a reactive base";
    const SOURCE: &'static str = "the strategy of external events of the auto-scaling pattern";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, largest: None, calm: None, first: 0 })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.largest, self.calm, self.first) = (None, None, 0);
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let Settings { target, window, .. } = self.settings;
        let largest =
            self.largest.get_or_insert_with(|| Largest::new(seen.service.steps_in(window)));
        let Some(load) = largest.of(seen.loads) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        let base = seen.service.instances(load, target);
        let factor = self.factor(seen);
        self.calm = match (factor, self.calm) {
            (None, _) => None,
            (Some(factor), Some((calm, _))) => Some((calm, factor)),
            (Some(factor), None) => Some((load, factor)),
        };
        let event = self.calm.map(|(calm, factor)| seen.service.instances(calm * factor, target));
        match (event, factor) {
            (Some(event), Some(factor)) if event > base => {
                Decision::new(event, Cause::Event { factor })
            }
            _ => {
                let per_instance = target * seen.service.capacity.load_per_instance();
                Decision::new(base, Cause::Load { load, per_instance })
            }
        }
    }
}

impl EventDriven {
    /// What the events that are on, or begin before an instance asked for now serves, multiply the load by.
    fn factor(&mut self, seen: &Observation<'_>) -> Option<f64> {
        let events = &seen.service.calendar.events;
        if events.is_empty() {
            return None;
        }
        let (now, soon) =
            (seen.now(), seen.service.time_at(seen.step + seen.service.startup_steps));
        while events.get(self.first).is_some_and(|event| event.end <= now) {
            self.first += 1;
        }
        let near = events[self.first..].iter().take_while(|event| event.start <= soon);
        let near = near.filter(|event| event.end > now);
        let factors = near.map(|event| event.factor.unwrap_or(self.settings.factor));
        factors.reduce(|product, factor| product * factor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use forescale_core::{Calendar, Event};

    use crate::policies::observation::tests::{seen, service};

    #[test]
    fn an_event_is_prepared_for_and_its_own_load_not_multiplied_again() {
        let mut service = service();
        let event = Event {
            start: service.time_at(20),
            end: service.time_at(30),
            kind: "campaign".to_owned(),
            factor: Some(3.0),
        };
        service.calendar = Arc::new(Calendar { events: vec![event], ..Calendar::default() });
        let mut loads = vec![12.0; 20];
        loads.extend([36.0; 10]);
        loads.extend([12.0; 20]);
        let mut policy = EventDriven::new(Settings::default()).unwrap();
        let wanted: Vec<u32> = (1..50)
            .map(|k| Rule::decide(&mut policy, &seen(&loads[..k], 2, 0, &service)).wanted)
            .collect();
        // Two at 60 %; six from five minutes before the event until ten minutes after its last load.
        let from = wanted.iter().position(|count| *count == 6).unwrap() + 1;
        let to = wanted.iter().rposition(|count| *count == 6).unwrap() + 1;
        assert_eq!((from, to), (15, 39));
        assert!(wanted.iter().all(|count| [2, 6].contains(count)));
    }
}
