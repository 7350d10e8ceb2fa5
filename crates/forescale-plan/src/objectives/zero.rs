//! Scale to zero: when an empty fleet is worth its cold starts.

/// What is asked about an empty fleet. Every list holds one value a step.
#[derive(Debug, Clone, Copy)]
pub struct ScaleToZero<'a> {
    /// Probability that there is any load.
    pub load: &'a [f64],
    /// Whether load is expected, so that an instance has to serve.
    pub expected: &'a [bool],
    /// Steps that load waits for a first instance.
    pub cold_start_steps: usize,
    /// Steps from launch to serving, billed.
    pub startup_steps: usize,
    /// Probability of load from a step to the end of its cold start up to which the step may be empty.
    pub budget: f64,
    /// Instance-steps that one cold start is worth; without it only the budget decides.
    pub price_steps: Option<f64>,
    /// Whether an instance runs before the first step.
    pub running: bool,
}

/// What becomes of the last instance at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standby {
    /// It serves load that is expected.
    Serves,
    /// It waits for load, or because a launch soon after would cost as much.
    KeptWarm,
    /// It is gone: load is too improbable to wait for.
    NoLoad,
    /// It is gone: cold starts cost less than to wait for load.
    ColdStart,
}

/// Decides for every step whether the last instance stays, at least cost.
///
/// A kept instance costs 1 instance-step a step, one that is launched again `startup_steps`. An empty step costs
/// nothing where the probability of load is within the budget until the end of its cold start, or until load is
/// expected for which an instance is launched ahead (the sum over the steps, which bounds it from above whatever their
/// correlation), and `load * price_steps` elsewhere: every step with load that finds no instance is a cold start. The
/// exact optimum, by a dynamic programme over two states; of equal costs the one that keeps the instance is taken.
///
/// ```
/// use forescale_plan::objectives::{ScaleToZero, Standby, stand_by};
/// let question = ScaleToZero {
///     load: &[1.0, 0.0, 0.0, 0.0, 0.0, 1.0],
///     expected: &[true, false, false, false, false, true],
///     cold_start_steps: 1,
///     startup_steps: 2,
///     budget: 0.01,
///     price_steps: None,
///     running: true,
/// };
/// let decided = stand_by(&question);
/// assert_eq!(decided[0], Standby::Serves);
/// assert_eq!(decided[1..5], [Standby::NoLoad; 4]);
/// assert_eq!(decided[5], Standby::Serves);
/// ```
///
/// # Panics
/// When the lists differ in length.
///
/// # Source
/// Ski rental with known odds; the activation and cool-down of KEDA and Knative's scale-to-zero grace period are its
/// special cases with a fixed waiting time.
pub fn stand_by(question: &ScaleToZero) -> Vec<Standby> {
    assert_eq!(question.load.len(), question.expected.len(), "one value a step");
    let improbable = improbable(question);
    let empty = |t: usize| match question.price_steps {
        _ if question.expected[t] => f64::INFINITY,
        _ if improbable[t] => 0.0,
        Some(price) => price * question.load[t],
        None => f64::INFINITY,
    };
    let kept = keep(question, &(0..improbable.len()).map(empty).collect::<Vec<_>>());
    let decided =
        kept.into_iter().enumerate().map(|(t, kept)| match (kept, question.expected[t]) {
            (true, true) => Standby::Serves,
            (true, false) => Standby::KeptWarm,
            (false, _) if improbable[t] => Standby::NoLoad,
            (false, _) => Standby::ColdStart,
        });
    decided.collect()
}

/// Whether load that nothing serves until the end of a step's cold start is within the budget.
fn improbable(question: &ScaleToZero) -> Vec<bool> {
    let (load, steps) = (question.load, question.cold_start_steps);
    let within = |t: usize| {
        let until = load.len().min(t.saturating_add(steps).saturating_add(1));
        let until = (t..until).find(|u| question.expected[*u]).unwrap_or(until);
        // The tolerance lets a budget equal to a probability count as kept.
        load[t..until].iter().sum::<f64>() <= question.budget + 1e-9
    };
    (0..load.len()).map(within).collect()
}

/// The cheapest way through costs of 1 for a kept instance and `empty` for none.
fn keep(question: &ScaleToZero, empty: &[f64]) -> Vec<bool> {
    let launch = question.startup_steps as f64;
    let (mut kept, mut gone) =
        if question.running { (0.0, f64::INFINITY) } else { (f64::INFINITY, 0.0) };
    let mut came_kept = Vec::with_capacity(empty.len());
    for empty in empty {
        let (stays, leaves) = (kept <= gone + launch, kept <= gone);
        came_kept.push((stays, leaves));
        let next = if stays { kept } else { gone + launch };
        gone = empty + if leaves { kept } else { gone };
        kept = next + 1.0;
    }
    let mut is_kept = kept <= gone;
    let mut path = vec![false; empty.len()];
    for (place, (stays, leaves)) in path.iter_mut().zip(came_kept).rev() {
        *place = is_kept;
        is_kept = if is_kept { stays } else { leaves };
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quiet<'a>(load: &'a [f64], expected: &'a [bool]) -> ScaleToZero<'a> {
        ScaleToZero {
            load,
            expected,
            cold_start_steps: 0,
            startup_steps: 0,
            budget: 0.01,
            price_steps: None,
            running: true,
        }
    }

    #[test]
    fn load_within_the_cold_start_keeps_an_instance() {
        let (load, expected) = ([0.0, 0.0, 0.0, 0.02, 0.0], [false; 5]);
        let cold_start_steps = 2;
        let decided = stand_by(&ScaleToZero { cold_start_steps, ..quiet(&load, &expected) });
        use Standby::{KeptWarm, NoLoad};
        assert_eq!(decided, [NoLoad, KeptWarm, KeptWarm, KeptWarm, NoLoad]);
    }

    #[test]
    fn a_cheap_cold_start_is_risked_and_a_dear_one_is_not() {
        let (load, expected) = ([0.1; 4], [false; 4]);
        let decided = |price| {
            stand_by(&ScaleToZero { price_steps: Some(price), ..quiet(&load, &expected) })[0]
        };
        assert_eq!([9.0, 11.0].map(decided), [Standby::ColdStart, Standby::KeptWarm]);
    }
}
