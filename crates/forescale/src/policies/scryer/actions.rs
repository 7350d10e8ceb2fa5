//! Scryer's list of actions: what to ask for and when, in as few scale-ups as possible.

/// What a step needs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Demand {
    pub(super) load: f64,
    pub(super) needed: u32,
}

/// A change of the number of instances.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Action {
    /// The step at which it is asked for.
    pub(super) ask: usize,
    /// The step that it is for, and its load.
    pub(super) need: usize,
    pub(super) load: f64,
    /// Instances from then on.
    pub(super) target: u32,
}

/// What the steps from `now` on ask for when there are `total` instances: up where one needs more, asked for `lead` steps
/// ahead; down where one, and all until an instance could be there again, need less than `down` of what there is.
///
/// Scale-ups with no scale-down between them become one, at the time of the first and for the largest: no list that
/// serves every step has fewer, and none asks later.
pub(super) fn actions(
    demand: &[Demand],
    now: usize,
    lead: usize,
    total: u32,
    down: f64,
) -> Vec<Action> {
    let mut list: Vec<Action> = Vec::new();
    let (mut target, mut rises) = (total, false);
    for (j, step) in demand.iter().enumerate() {
        let need = now + j;
        if step.needed > target {
            match list.last_mut().filter(|_| rises) {
                Some(up) => (up.target, up.load, up.need) = (step.needed, step.load, need),
                None => {
                    let ask = need.saturating_sub(lead).max(now);
                    list.push(Action { ask, need, load: step.load, target: step.needed });
                }
            }
            (target, rises) = (step.needed, true);
            continue;
        }
        let soon = &demand[j..demand.len().min(j + lead + 1)];
        let most = soon.iter().max_by_key(|step| step.needed).expect("the step itself is there");
        if f64::from(most.needed) < down * f64::from(target) {
            let (load, needed) = (most.load, most.needed);
            list.push(Action { ask: need, need, load, target: needed });
            (target, rises) = (needed, false);
        }
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(needed: &[u32]) -> Vec<Demand> {
        needed.iter().map(|needed| Demand { load: f64::from(*needed), needed: *needed }).collect()
    }

    /// When and what for, from step 100 on with two steps of start-up.
    fn list(needed: &[u32], total: u32) -> Vec<(usize, u32)> {
        let actions = actions(&demand(needed), 100, 2, total, 0.7);
        actions.iter().map(|action| (action.ask, action.target)).collect()
    }

    #[test]
    fn a_climb_is_one_scale_up_ahead_of_its_first_need() {
        assert_eq!(list(&[4, 4, 4, 5, 6, 8, 8], 4), [(101, 8)]);
        assert_eq!(list(&[6, 5, 5], 4), [(100, 6)]);
    }

    #[test]
    fn nothing_is_removed_within_the_band_or_before_it_is_needed_again() {
        assert_eq!(list(&[3, 3, 3, 3], 4), []);
        assert_eq!(list(&[2, 2, 2, 2], 4), [(100, 2)]);
        assert_eq!(list(&[2, 2, 4, 2, 2], 4), [(103, 2)]);
    }

    #[test]
    fn a_scale_down_parts_two_climbs() {
        let two = [4, 6, 8, 2, 2, 2, 2, 6, 7];
        assert_eq!(list(&two, 4), [(100, 8), (103, 2), (105, 7)]);
    }

    /// Fewest scale-ups that serve `needed`, where `list` goes down at the same steps: one for each stretch between two
    /// scale-downs that needs more than it begins with.
    fn fewest(needed: &[u32], total: u32, list: &[Action]) -> usize {
        let mut ups = 0;
        let (mut has, mut target, mut from) = (total, total, 0);
        let end = Action { ask: needed.len(), need: needed.len(), load: 0.0, target: 0 };
        for action in list.iter().chain([&end]) {
            if action.target < target {
                let most = needed[from..action.need].iter().copied().max().unwrap_or(0);
                ups += usize::from(most > has);
                (has, from) = (action.target, action.need);
            }
            target = action.target;
        }
        ups
    }

    #[test]
    fn every_step_is_served_and_no_list_has_fewer_scale_ups() {
        for seed in 0..500_u32 {
            let draw = |i: u32| 1 + (seed.wrapping_mul(2_654_435_761).rotate_left(i) >> 7) % 12;
            let needed: Vec<u32> = (0..12).map(draw).collect();
            let total = draw(20);
            let list = actions(&demand(&needed), 0, 0, total, 0.7);
            let at = |j: usize| {
                let before = list.iter().rfind(|action| action.ask <= j);
                before.map_or(total, |action| action.target)
            };
            assert!((0..12).all(|j| at(j) >= needed[j]), "{needed:?} from {total}: {list:?}");
            let targets: Vec<u32> =
                std::iter::once(total).chain(list.iter().map(|action| action.target)).collect();
            let ups = targets.windows(2).filter(|pair| pair[1] > pair[0]).count();
            assert_eq!(ups, fewest(&needed, total, &list), "{needed:?} from {total}: {list:?}");
        }
    }
}
