//! The loop: observe, decide, change the fleet, serve.

use forescale_core::Foresight;
use forescale_plan::policies::{Eyes, Past, Policy};

use crate::detailed::DetailedFleet;
use crate::error::ReplayError;
use crate::fleet::Fleet;
use crate::plain::PlainFleet;
use crate::run::{Action, Moved, Run};
use crate::world::World;

/// What `policy` would have done in `world`.
///
/// At the start of step `k`, in this order: instances whose start-up is over begin to serve and finished drains are no
/// longer billed; what may be taken away is, and is replaced by launches; the policy decides from the loads before `k`,
/// as far as metrics have arrived; the fleet follows within its limits, cancelling the newest starting instances first
/// and then the oldest serving ones; the step is served, with the load that a policy which moves load in time lets in.
///
/// The policy is prepared with the loads before the scored window, and with what `foresight` there is.
///
/// # Errors
/// [`ReplayError::Policy`] when the policy does not fit this past.
pub fn simulate(
    world: &World,
    policy: &mut dyn Policy,
    foresight: &Foresight,
) -> Result<Run, ReplayError> {
    prepare(world, policy, foresight)?;
    let mut eyes = world.eyes();
    Ok(match &world.fleet.lifecycle {
        None => follow(world, policy, &mut PlainFleet::of(world), &mut eyes),
        Some(lifecycle) => {
            follow(world, policy, &mut DetailedFleet::new(world, lifecycle), &mut eyes)
        }
    })
}

/// Lets `policy` learn from what is before the scored steps.
pub(crate) fn prepare(
    world: &World,
    policy: &mut dyn Policy,
    foresight: &Foresight,
) -> Result<(), ReplayError> {
    let loads = &world.trace.loads()[..world.score_from];
    Ok(policy.prepare(&Past { service: &world.service, loads, foresight })?)
}

/// Takes `policy` and `fleet` through every step.
pub(crate) fn follow(
    world: &World,
    policy: &mut dyn Policy,
    fleet: &mut impl Fleet,
    eyes: &mut Eyes<'_>,
) -> Run {
    let loads = world.trace.loads();
    let mut run = Run::starting_with(world.initial(), loads.len());
    let interruptible = policy.is_interruptible();
    let mut moved = policy.moves_load().then(Moved::default);
    let every_step = interruptible || moved.is_some();
    while run.serving.len() < loads.len() {
        let from = run.serving.len();
        fleet.advance(from);
        if interruptible {
            let taken = policy.taken(world.trace.step(), fleet.counts().serving);
            fleet.replace(from, taken);
        }
        let until = if every_step { from + 1 } else { fleet.steady_until(from).min(loads.len()) };
        let (k, decision) = policy.decide_on(from..until, fleet.counts(), eyes);
        run.record(k, fleet);
        let change = fleet.apply(k, decision.wanted);
        if change != 0 {
            let (wanted, cause) = (decision.wanted, decision.cause);
            run.actions.push(Action { step: k, change, wanted, cause });
        }
        run.record(k + 1, fleet);
        if let Some(moved) = &mut moved {
            let load = policy.admit(loads[k], fleet.counts().healthy());
            moved.demand.push(world.needed(load));
            moved.loads.push(load);
        }
    }
    run.moved = moved;
    run.owed_s = fleet.owed_s();
    run.lost = fleet.lost();
    run
}
