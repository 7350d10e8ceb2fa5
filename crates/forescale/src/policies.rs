//! Every policy there is, in one list.

use std::sync::LazyLock;

use forescale_plan::policies::{
    Combined, FORESIGHTED, Given, POLICIES, Policy, PolicyError, Row, combined, create,
};

/// The key of policies that keep to a share of time in which instances may be too few.
const BUDGET: &str = "budget";

static ALL: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let last = combined(|given| {
        Ok(Box::new(Combined::from_given(given, |text| create(text, policies()))?))
    });
    let rows = POLICIES.iter().filter(|row| row.name != last.name);
    rows.chain(FORESIGHTED).chain([&last]).copied().collect()
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
/// none keeps `budget`, a share of time.
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
    if !keeps || given.pairs().iter().any(|(key, _)| key == BUDGET) {
        return create(text, policies());
    }
    let comma = if settings.is_empty() { "" } else { "," };
    create(&format!("{name}:{settings}{comma}{BUDGET}={budget}"), policies())
}
