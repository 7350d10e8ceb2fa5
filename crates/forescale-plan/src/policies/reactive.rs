//! The load of the last minutes, at a target utilisation.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::settings::{Field, Key, Keys, key};
use crate::policies::window::Largest;

/// Holds `ceil(max(y of the window) / (target * c))`: up at once, down when the window is past.
///
/// The only reactive rule here that is told the load itself, so it sees beyond 100 % utilisation.
#[derive(Debug)]
pub struct Reactive {
    settings: Settings,
    largest: Option<Largest>,
    /// The last load that was sized, and what it needs: the largest of a window is mostly the one before.
    sized: (f64, u32),
}

/// How full and for how long.
#[derive(Debug, Clone)]
pub struct Settings {
    target: f64,
    window: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Self { target: 0.6, window: 600.0 }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!(
            "target",
            target,
            "share of an instance that the largest load of the window takes",
            Share
        ),
        key!("window", window, "how long the largest load is held", Span),
    ];
}

impl Rule for Reactive {
    type Settings = Settings;
    const NAME: &'static str = "reactive";
    const STRATEGY: Strategy = Strategy::Reactive;
    const SUMMARY: &'static str = "the largest load of the last ten minutes at 60 % utilisation";
    const SOURCE: &'static str =
        "Google Compute Engine autoscaler, stabilisation period (documentation)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        Ok(Self { settings, largest: None, sized: (0.0, 0) })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        (self.largest, self.sized) = (None, (0.0, 0));
        Ok(())
    }

    #[inline]
    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let window = self.settings.window;
        let largest =
            self.largest.get_or_insert_with(|| Largest::new(seen.service.steps_in(window)));
        match largest.of(seen.loads) {
            Some(load) => {
                let per_instance = self.settings.target * seen.service.capacity.load_per_instance();
                if load != self.sized.0 {
                    self.sized = (load, seen.service.instances(load, self.settings.target));
                }
                Decision::new(self.sized.1, Cause::Load { load, per_instance })
            }
            None => Decision::new(seen.total(), Cause::NoData),
        }
    }
}
