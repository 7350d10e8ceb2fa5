//! The loop: observe, decide, change the fleet, serve.

use forescale_core::Foresight;
use forescale_plan::policies::{Past, Policy};

use crate::detailed::DetailedFleet;
use crate::error::ReplayError;
use crate::eyes::Eyes;
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
    Ok(match &world.fleet.lifecycle {
        None => follow(world, policy, PlainFleet::of(world)),
        Some(lifecycle) => follow(world, policy, DetailedFleet::new(world, lifecycle)),
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
fn follow(world: &World, policy: &mut dyn Policy, mut fleet: impl Fleet) -> Run {
    let all = world.trace.loads().len();
    let mut run = Run {
        initial: world.initial(),
        serving: Vec::with_capacity(all),
        billed: Vec::with_capacity(all),
        ..Run::default()
    };
    let mut eyes = Eyes::new(world);
    let interruptible = policy.is_interruptible();
    let mut moved = policy.moves_load().then(Moved::default);
    for k in 0..all {
        fleet.advance(k);
        if interruptible {
            let taken = policy.taken(world.trace.step(), fleet.counts().serving);
            fleet.replace(k, taken);
        }
        let decision = policy.decide(&eyes.look(k, fleet.counts()));
        let change = fleet.apply(k, decision.wanted);
        if change != 0 {
            let (wanted, cause) = (decision.wanted, decision.cause);
            run.actions.push(Action { step: k, change, wanted, cause });
        }
        let counts = fleet.counts();
        run.serving.push(counts.healthy());
        run.billed.push(counts.billed);
        if let Some(moved) = &mut moved {
            let load = policy.admit(world.trace.loads()[k], counts.healthy());
            moved.demand.push(world.needed(load));
            moved.loads.push(load);
        }
    }
    run.moved = moved;
    run.owed_s = fleet.owed_s();
    run.lost = fleet.lost();
    run
}
