//! Several policies at once: any may scale out, all must agree to scale in.

use crate::policies::cause::{Cause, Decision};
use crate::policies::error::PolicyError;
use crate::policies::files::{Attached, FileKind};
use crate::policies::observation::Observation;
use crate::policies::policy::{Bounds, Figures, Past, Policy, Strategy};
use crate::policies::settings::{Given, KeyInfo, Settings};

/// The name in configuration.
pub const NAME: &str = "combined";

/// What is combined when nothing is said.
const DEFAULT: &str = "target-tracking+scheduled";

/// The largest number that any of its policies wants.
///
/// One that asks for more is followed, and a lower number is reached only when all ask for it or less: a policy that has
/// nothing to say asks for what there is. Bounds that one of them sets hold for all: see [`Policy::bounds`]. Source: AWS, several scaling policies at once (user guide).
#[derive(Debug)]
pub struct Combined {
    policies: Vec<Box<dyn Policy>>,
}

impl Combined {
    /// These policies together; at least one.
    pub fn new(policies: Vec<Box<dyn Policy>>) -> Self {
        Self { policies }
    }

    /// What `of` names: policies with `+` between them, settings in parentheses, `hpa(target=0.5)+scheduled`. `create`
    /// makes one of them from its name with settings after a colon.
    ///
    /// # Errors
    /// [`PolicyError`] for another key than `of`, and whatever is wrong with one of the policies.
    pub fn from_given(
        given: &Given,
        create: impl Fn(&str) -> Result<Box<dyn Policy>, PolicyError>,
    ) -> Result<Self, PolicyError> {
        let of = match given.pairs() {
            [] => DEFAULT,
            [(key, of)] if key == "of" => of,
            [(key, _), (again, _), ..] if key == "of" && again == "of" => {
                return Err(PolicyError::Twice { policy: NAME, key: key.clone() });
            }
            pairs => {
                let key = pairs.iter().map(|(key, _)| key).find(|key| *key != "of");
                let key = key.cloned().unwrap_or_default();
                return Err(PolicyError::Key { policy: NAME, key, known: "of".to_owned() });
            }
        };
        let policies = several(of)?.into_iter().map(|text| create(&text));
        Ok(Self::new(policies.collect::<Result<_, _>>()?))
    }

    /// Its keys with their defaults.
    pub fn keys() -> Vec<KeyInfo> {
        let about = "policies with + between them, their settings in parentheses";
        vec![KeyInfo { name: "of", about, default: DEFAULT.to_owned() }]
    }
}

/// The policies of `hpa(target=0.5)+scheduled`, each as `create` takes it: `hpa:target=0.5`.
///
/// # Errors
/// [`PolicyError::Value`] for a parenthesis that is not closed.
pub fn several(of: &str) -> Result<Vec<String>, PolicyError> {
    parts(of).into_iter().map(spelled).collect()
}

/// What stands between the `+` that are in no parentheses.
fn parts(of: &str) -> Vec<&str> {
    let (mut depth, mut from, mut parts) = (0_i32, 0, Vec::new());
    for (at, c) in of.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            '+' if depth == 0 => {
                parts.push(&of[from..at]);
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&of[from..]);
    parts
}

/// `name(settings)` as `name:settings`.
fn spelled(part: &str) -> Result<String, PolicyError> {
    let part = part.trim();
    match part.split_once('(') {
        None => Ok(part.to_owned()),
        Some((name, rest)) => {
            let settings = rest.strip_suffix(')').ok_or_else(|| PolicyError::Value {
                policy: NAME,
                key: "of",
                expected: "like hpa(target=0.5)+scheduled".to_owned(),
                value: part.to_owned(),
            })?;
            Ok(format!("{name}:{settings}"))
        }
    }
}

/// The decision that wants more; the earlier one where they want the same.
fn larger(first: Option<Decision>, second: Decision) -> Decision {
    first.filter(|first| first.wanted >= second.wanted).unwrap_or(second)
}

impl Policy for Combined {
    fn name(&self) -> &'static str {
        NAME
    }

    /// That of the policy that acts earliest: on a forecast, on events, on the clock, on metrics.
    fn strategy(&self) -> Strategy {
        let order =
            [Strategy::Proactive, Strategy::EventDriven, Strategy::Scheduled, Strategy::Reactive];
        let has = |strategy: &Strategy| self.policies.iter().any(|p| p.strategy() == *strategy);
        order.into_iter().find(has).unwrap_or(Strategy::Reactive)
    }

    fn settings(&self) -> Settings {
        let part = |policy: &dyn Policy| {
            let settings = policy.settings().into_iter();
            let settings: Vec<String> =
                settings.map(|(key, value)| format!("{key}={value}")).collect();
            format!("{}({})", policy.name(), settings.join(","))
        };
        let parts = self.policies.iter().map(|policy| part(policy.as_ref()));
        vec![("of", parts.collect::<Vec<_>>().join("+"))]
    }

    fn prepare(&mut self, past: &Past<'_>) -> Result<(), PolicyError> {
        self.policies.iter_mut().try_for_each(|policy| policy.prepare(past))
    }

    fn decide(&mut self, seen: &Observation<'_>) -> Decision {
        let (mut wants, mut bounding) = (None, None);
        for policy in &mut self.policies {
            let decision = policy.decide(seen);
            let only_bounds = policy.bounds().is_some_and(|bounds| bounds.only);
            let place = if only_bounds { &mut bounding } else { &mut wants };
            *place = Some(larger(*place, decision));
        }
        let largest = wants.or(bounding).expect("there is at least one policy");
        let Some(bounds) = self.bounds() else { return largest };
        match largest.wanted.min(bounds.most).max(bounds.least) {
            wanted if wanted == largest.wanted => largest,
            wanted => Decision::new(wanted, Cause::Timetable),
        }
    }

    /// The tightest of all; it wants no number when none of them does.
    fn bounds(&self) -> Option<Bounds> {
        let set = || self.policies.iter().filter_map(|policy| policy.bounds());
        let only = set().filter(|bounds| bounds.only).count() == self.policies.len();
        let (least, most) = (set().map(|b| b.least).max()?, set().map(|b| b.most).min()?);
        Some(Bounds { least, most, only })
    }

    fn moves_load(&self) -> bool {
        self.policies.iter().any(|policy| policy.moves_load())
    }

    /// What the last of them lets in, each seeing what the one before it let in.
    fn admit(&mut self, load: f64, healthy: u32) -> f64 {
        self.policies.iter_mut().fold(load, |load, policy| policy.admit(load, healthy))
    }

    fn figures(&self) -> Figures {
        self.policies.iter().flat_map(|policy| policy.figures()).collect()
    }

    fn notes(&self) -> Vec<String> {
        self.policies.iter().flat_map(|policy| policy.notes()).collect()
    }

    fn files(&self) -> Vec<(FileKind, String)> {
        self.policies.iter().flat_map(|policy| policy.files()).collect()
    }

    fn attach(&mut self, file: &str, content: &Attached) {
        self.policies.iter_mut().for_each(|policy| policy.attach(file, content));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::cause::Cause;
    use crate::policies::observation::tests::{seen, service};

    /// Wants the same change at every step.
    #[derive(Debug)]
    struct Change(i64);

    impl Policy for Change {
        fn name(&self) -> &'static str {
            "change"
        }

        fn strategy(&self) -> Strategy {
            Strategy::Reactive
        }

        fn settings(&self) -> Settings {
            vec![("by", self.0.to_string())]
        }

        fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
            Ok(())
        }

        fn decide(&mut self, seen: &Observation<'_>) -> Decision {
            Decision::new((i64::from(seen.total()) + self.0) as u32, Cause::Steady)
        }
    }

    fn wanted(changes: &[i64]) -> u32 {
        let policies = changes.iter().map(|by| Box::new(Change(*by)) as Box<dyn Policy>);
        let service = service();
        Combined::new(policies.collect()).decide(&seen(&[1.0], 10, 0, &service)).wanted
    }

    #[test]
    fn any_scales_out_and_all_scale_in() {
        // Three more and 200 % more of ten are 13 and 30.
        assert_eq!(wanted(&[3, 20]), 30);
        assert_eq!([wanted(&[3, -4]), wanted(&[0, -4]), wanted(&[-2, -4])], [13, 10, 8]);
    }

    /// Bounds what others want, and wants the number of its own if it has one.
    #[derive(Debug)]
    struct Bounding(Bounds, u32);

    impl Policy for Bounding {
        fn name(&self) -> &'static str {
            "bounding"
        }

        fn strategy(&self) -> Strategy {
            Strategy::Scheduled
        }

        fn settings(&self) -> Settings {
            Settings::new()
        }

        fn prepare(&mut self, _: &Past<'_>) -> Result<(), PolicyError> {
            Ok(())
        }

        fn decide(&mut self, _: &Observation<'_>) -> Decision {
            Decision::new(self.1, Cause::Timetable)
        }

        fn bounds(&self) -> Option<Bounds> {
            Some(self.0)
        }
    }

    #[test]
    fn bounds_hold_for_all_and_are_no_wish() {
        let service = service();
        let wanted = |change: i64, least, most, only, count| {
            let bounding = Bounding(Bounds { least, most, only }, count);
            let policies: Vec<Box<dyn Policy>> = vec![Box::new(Change(change)), Box::new(bounding)];
            Combined::new(policies).decide(&seen(&[1.0], 10, 0, &service)).wanted
        };
        // From ten: in freely down to the bound, out up to it; a number of its own is not gone below.
        assert_eq!([wanted(-4, 2, 20, true, 10), wanted(-9, 4, 20, true, 10)], [6, 4]);
        assert_eq!([wanted(5, 2, 20, true, 10), wanted(15, 2, 20, true, 10)], [15, 20]);
        assert_eq!([wanted(-9, 4, 20, false, 8), wanted(15, 4, 20, false, 8)], [8, 20]);
        // Alone it says what it wants.
        let alone = Bounding(Bounds { least: 2, most: 20, only: true }, 10);
        let mut alone = Combined::new(vec![Box::new(alone)]);
        assert_eq!(alone.decide(&seen(&[1.0], 10, 0, &service)).wanted, 10);
        assert!(alone.bounds().is_some_and(|bounds| bounds.only));
    }

    #[test]
    fn policies_are_named_with_their_settings() {
        let create = |text: &str| {
            let by = text.strip_prefix("change:by=").unwrap_or("0");
            Ok(Box::new(Change(by.parse().unwrap())) as Box<dyn Policy>)
        };
        let given = Given::parse("of=change(by=3)+change").unwrap();
        let combined = Combined::from_given(&given, create).unwrap();
        assert_eq!(combined.settings(), [("of", "change(by=3)+change(by=0)".to_owned())]);
        for text in ["of=change(by=3", "on=change", "of=change,of=change"] {
            assert!(Combined::from_given(&Given::parse(text).unwrap(), create).is_err(), "{text}");
        }
    }
}
