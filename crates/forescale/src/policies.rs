//! Every policy there is, in one list.

mod auto;
mod predictive;
mod scryer;

use std::sync::LazyLock;

use forescale_plan::policies::{
    Combined, FORESIGHTED, Given, POLICIES, Policy, PolicyError, Row, combined, create,
};

pub use auto::ForescaleAuto;
pub use predictive::Predictive;
pub use scryer::Scryer;

/// The key of policies that keep to a share of time in which instances may be too few.
const BUDGET: &str = "budget";

/// Policies that bring a forecaster of their own.
const FORECASTING: &[Row] = &[Row::of::<Predictive>(), Row::of::<Scryer>()];

/// The policy that follows others of the list.
const AUTO: Row = Row::of::<ForescaleAuto>();

static ALL: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let last = combined(|given| {
        Ok(Box::new(Combined::from_given(given, |text| create(text, policies()))?))
    });
    let rows = POLICIES.iter().filter(|row| row.name != last.name);
    rows.chain(FORECASTING).chain(FORESIGHTED).chain([&AUTO, &last]).copied().collect()
});

/// Every policy, one row each, the plainest first; several at once come last and find all of them.
///
/// ```
/// let names: Vec<&str> = forescale::policies().iter().map(|row| row.name).collect();
/// assert!(names.contains(&"hpa") && names.contains(&"forescale"));
/// ```
pub fn policies() -> &'static [Row] {
    &ALL
}

/// The policy that `text` names, with its settings after a colon: `hpa:target=0.6`. One that keeps a budget and is given
/// none keeps `budget`, a share of time; so do those that are combined.
///
/// # Errors
/// [`PolicyError`] names the policy, the key or the value that does not fit.
///
/// ```
/// let policy = forescale::create_policy("hpa:target=0.6", 0.001)?;
/// assert_eq!(policy.name(), "hpa");
/// assert!(forescale::create_policy("hpa:goal=0.6", 0.001).is_err());
/// # Ok::<(), forescale::PolicyError>(())
/// ```
pub fn create_policy(text: &str, budget: f64) -> Result<Box<dyn Policy>, PolicyError> {
    let (name, settings) = text.split_once(':').unwrap_or((text, ""));
    let row = policies().iter().find(|row| row.name == name.trim());
    let keeps = row.is_some_and(|row| (row.keys)().iter().any(|key| key.name == BUDGET));
    let given = Given::parse(settings)?;
    if row.is_some_and(|row| row.name == "combined") {
        let parts = |text: &str| create_policy(text, budget);
        return Ok(Box::new(Combined::from_given(&given, parts)?));
    }
    if !keeps || given.pairs().iter().any(|(key, _)| key == BUDGET) {
        return create(text, policies());
    }
    let comma = if settings.is_empty() { "" } else { "," };
    create(&format!("{name}:{settings}{comma}{BUDGET}={budget}"), policies())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use forescale_core::{Foresight, Frequency, Utilization};
    use forescale_plan::Capacity;
    use forescale_plan::policies::{Observation, Past, Service};

    #[test]
    fn a_budget_reaches_the_policies_that_are_combined() {
        let made = super::create_policy("combined:of=forescale+hpa", 0.02).unwrap();
        assert!(made.settings()[0].1.contains("budget=0.02"), "{:?}", made.settings());
    }

    /// A service of instances of 10 at most 80 % busy that start in five minutes, and its load minute by minute.
    pub(super) struct Minutes {
        pub(super) service: Service,
        pub(super) loads: Vec<f64>,
    }

    impl Minutes {
        pub(super) fn new(minutes: usize, load: impl Fn(usize) -> f64) -> Self {
            let service = Service {
                start: "2026-01-05T00:00:00Z".parse().unwrap(),
                step: Frequency::from_seconds(60).unwrap(),
                capacity: Capacity::utilization(10.0, Utilization::new(0.8).unwrap()).unwrap(),
                startup_steps: 5,
                min: 1,
                max: 1_000,
                max_up: None,
                max_down: None,
                calendar: Arc::default(),
            };
            Self { service, loads: (0..minutes).map(load).collect() }
        }
    }

    /// What `policy` wants at every minute, of a fleet that always has what was wanted.
    pub(super) fn wanted(
        policy: &mut dyn super::Policy,
        minutes: &Minutes,
        initial: u32,
    ) -> Vec<u32> {
        let Minutes { service, loads } = minutes;
        policy.prepare(&Past { service, loads: &[], foresight: &Foresight::default() }).unwrap();
        let mut serving = initial;
        let minute = |step: usize| {
            let decision = policy.decide(&Observation {
                step,
                loads: &loads[..step],
                measured: serving,
                stale_steps: 0,
                serving,
                starting: 0,
                warming: 0,
                silent: 0,
                metrics: &[],
                service,
            });
            serving = decision.wanted;
            serving
        };
        (0..loads.len()).map(minute).collect()
    }
}
