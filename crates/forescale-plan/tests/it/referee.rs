//! A plain simulation of a fleet that follows a plan: the meaning of start-up, cancelling and billing.

/// What a fleet did and cost.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    /// Instances that served, step by step.
    pub serving: Vec<u32>,
    /// Instances launched.
    pub launched: u64,
    /// Instance-steps billed: serving and starting.
    pub billed: u64,
    /// Steps that served fewer than the demand.
    pub violations: usize,
}

/// Follows `targets`: what is launched at a step serves `lead` steps later and is billed from its launch; what is
/// removed goes at once, the newest starting instances first.
pub fn follow(targets: &[u32], demand: &[u32], lead: usize, initial: u32) -> Run {
    let (mut total, mut starting) = (initial, Vec::<(usize, u32)>::new());
    let mut run = Run { serving: Vec::new(), launched: 0, billed: 0, violations: 0 };
    for (k, (target, demand)) in targets.iter().zip(demand).enumerate() {
        starting.retain(|(ready, _)| *ready > k);
        if *target > total {
            run.launched += u64::from(target - total);
            starting.push((k + lead, target - total));
        }
        let mut left = total.saturating_sub(*target);
        while let (true, Some((_, count))) = (left > 0, starting.last_mut()) {
            let taken = left.min(*count);
            left -= taken;
            *count -= taken;
            if *count == 0 {
                starting.pop();
            }
        }
        total = *target;
        let waiting: u32 = starting.iter().filter(|(ready, _)| *ready > k).map(|s| s.1).sum();
        run.serving.push(total - waiting);
        run.billed += u64::from(total);
        run.violations += usize::from(total - waiting < *demand);
    }
    run
}

#[test]
fn launches_serve_late_and_the_newest_is_cancelled_first() {
    // Two more at step 0, one more at step 1, which goes again at step 2 before it serves.
    let run = follow(&[3, 4, 3, 3, 3, 3], &[1; 6], 3, 1);
    assert_eq!(run.serving, [1, 1, 1, 3, 3, 3]);
    assert_eq!((run.launched, run.billed, run.violations), (3, 19, 0));
}

#[test]
fn two_steps_of_start_up() {
    let run = follow(&[3; 4], &[1, 1, 3, 3], 2, 1);
    assert_eq!(run.serving, [1, 1, 3, 3]);
    assert_eq!(run.billed, 12);
}
