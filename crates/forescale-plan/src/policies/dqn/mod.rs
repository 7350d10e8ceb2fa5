//! A small network that learned in the replay which room for the load is worth its price.

mod net;
mod state;

use std::sync::LazyLock;

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::observation::Observation;
use crate::policies::policy::{Past, Rule, Strategy};
use crate::policies::rates;
use crate::policies::settings::{Field, Key, Keys, key};

pub use net::{Layer, Net, NetError, WIDEST};
pub use state::{ACTIONS, Action, INPUTS, State, Watch};

static SHIPPED: LazyLock<Net> = LazyLock::new(|| {
    Net::from_json(include_str!("../../../../../models/dqn.json")).expect("a test reads this net")
});

/// Takes at every step the action that a deep Q-network values most: hold, or room for 0.8 to 2 times the largest load
/// of the last ten minutes.
///
/// The net was trained on generated histories by `forescale train-policy`; `models/dqn.md` says how, and what it
/// reaches. It sees ratios only, so it fits services of every size. While metrics are missing it holds, and until it has
/// seen an hour it never scales in.
#[derive(Debug)]
pub struct Dqn {
    settings: Settings,
    /// None until the file that the settings name is attached.
    net: Option<Net>,
    watch: Watch,
}

/// How careful it is beyond what it learned.
#[derive(Debug, Clone)]
pub struct Settings {
    margin: f64,
    net: String,
}

/// The net that comes with the policy.
const OWN: &str = "shipped";

impl Default for Settings {
    fn default() -> Self {
        Self { margin: 0.0, net: OWN.to_owned() }
    }
}

impl Keys for Settings {
    const KEYS: &'static [Key<Self>] = &[
        key!(
            "margin",
            margin,
            "what is added to the load it makes room for, as a share",
            Number,
            -0.5,
            10.0
        ),
        key!("net", net, "file of a net that was trained, or shipped", Text),
    ];
}

/// Before it has seen this much it does not scale in.
const LEAST_SEEN_S: f64 = 3_600.0;

impl Rule for Dqn {
    type Settings = Settings;
    const NAME: &'static str = "dqn";
    const STRATEGY: Strategy = Strategy::Proactive;
    const SUMMARY: &'static str = "a deep Q-network that was trained in the replay";
    const SOURCE: &'static str = "Mnih et al. 2015; van Hasselt et al. 2016 (double DQN)";

    fn new(settings: Settings) -> Result<Self, PolicyError> {
        let net = (settings.net == OWN).then(|| Self::shipped().clone());
        Ok(Self { settings, net, watch: Watch::default() })
    }

    fn current(&self) -> &Settings {
        &self.settings
    }

    fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
        self.watch = Watch::default();
        if self.net.is_none() {
            rates::given_or_typical(Self::NAME, &self.settings.net)?;
        }
        Ok(())
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let (Some(state), Some(net)) = (self.watch.look(seen), &self.net) else {
            return Decision::new(seen.total(), Cause::NoData);
        };
        let action = ACTIONS[net.best(&state.inputs)];
        let decision = state.decision(action, self.settings.margin, seen);
        let is_new = seen.loads.len() < seen.service.steps_in(LEAST_SEEN_S);
        if is_new && decision.wanted < seen.total() {
            return Decision::new(seen.total(), Cause::NoData);
        }
        decision
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        match self.settings.net.as_str() {
            OWN => Vec::new(),
            file => vec![(FileKind::Net, file.to_owned())],
        }
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        match content {
            Attached::Net(net) if file == self.settings.net => self.net = Some(net.clone()),
            _ => {}
        }
    }
}

impl Dqn {
    /// The policy with another net than the shipped one.
    ///
    /// ```
    /// use forescale_plan::policies::{Policy, dqn::Dqn};
    /// let policy = Dqn::with_net(Dqn::shipped().clone());
    /// assert_eq!(Policy::name(&policy), "dqn");
    /// ```
    pub fn with_net(net: Net) -> Self {
        Self { settings: Settings::default(), net: Some(net), watch: Watch::default() }
    }

    /// The net of `models/dqn.json`.
    pub fn shipped() -> &'static Net {
        &SHIPPED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    fn wanted(loads: &[f64], serving: u32, stale_steps: u32) -> u32 {
        let service = service();
        let mut policy = Dqn::with_net(Dqn::shipped().clone());
        let seen = Observation { stale_steps, ..seen(loads, serving, 0, &service) };
        Rule::decide(&mut policy, &seen).wanted
    }

    #[test]
    fn the_shipped_net_has_learned_the_plain_cases() {
        let day = [400.0; 1_440];
        // 400 needs 50 of 8. Far from there, where training seldom was, it takes two steps.
        let two_steps = |serving| wanted(&day, wanted(&day, serving, 0), 0);
        assert!([2, 30, 50, 200].map(two_steps).iter().all(|count| (50..=70).contains(count)));
    }

    #[test]
    fn in_doubt_it_holds() {
        let day = [400.0; 1_440];
        assert_eq!((wanted(&day, 200, 1), wanted(&day, 30, 1)), (200, 30));
        assert_eq!((wanted(&day[..20], 200, 0), wanted(&[], 7, 0)), (200, 7));
        assert!(wanted(&day[..20], 30, 0) > 30);
    }
}
