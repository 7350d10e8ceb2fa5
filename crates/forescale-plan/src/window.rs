//! What is wanted over the start-up window, and what a change limit makes of it.

use std::collections::VecDeque;

/// For every step, which step of `i ..= i + lead` needs the most; the first of equals.
///
/// With a perfect forecast, holding that many is the cheapest way to meet every need: an instance asked for at `i`
/// serves from `i + lead` on, and one that is needed again by then costs less to keep than to launch again.
pub(crate) fn peaks(needed: &[u32], lead: usize) -> Vec<usize> {
    let mut peaks = vec![0; needed.len()];
    let mut candidates = VecDeque::<usize>::new();
    for i in (0..needed.len()).rev() {
        while candidates.back().is_some_and(|back| needed[*back] <= needed[i]) {
            candidates.pop_back();
        }
        candidates.push_back(i);
        while candidates.front().is_some_and(|front| front - i > lead) {
            candidates.pop_front();
        }
        peaks[i] = *candidates.front().expect("the step itself is a candidate");
    }
    peaks
}

/// For every step, the most that a step of `i .. i + lead` needs; nothing without a lead.
pub(crate) fn before_lead(needed: &[u32], lead: usize) -> Vec<u32> {
    match lead.checked_sub(1) {
        Some(last) => peaks(needed, last).into_iter().map(|peak| needed[peak]).collect(),
        None => vec![0; needed.len()],
    }
}

/// The least that climbs to every wanted count with at most `max_up` more in a step: a rise is begun early.
pub(crate) fn ramp(wanted: &[u32], max_up: Option<u32>) -> Vec<u32> {
    let Some(max_up) = max_up else { return wanted.to_vec() };
    let mut next = 0;
    let mut ramped: Vec<u32> = wanted
        .iter()
        .rev()
        .map(|wanted| {
            next = (*wanted).max(u32::saturating_sub(next, max_up));
            next
        })
        .collect();
    ramped.reverse();
    ramped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_of_a_window_is_its_first_largest_step() {
        let needed = [1, 3, 2, 3, 1, 0];
        assert_eq!(peaks(&needed, 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(peaks(&needed, 2), [1, 1, 3, 3, 4, 5]);
        assert_eq!(peaks(&needed, 99), [1, 1, 3, 3, 4, 5]);
    }

    #[test]
    fn what_is_needed_before_the_lead_is_over_leaves_its_end_out() {
        let needed = [1, 3, 2, 4];
        assert_eq!(before_lead(&needed, 0), [0, 0, 0, 0]);
        assert_eq!(before_lead(&needed, 1), needed);
        assert_eq!(before_lead(&needed, 2), [3, 3, 4, 4]);
    }

    #[test]
    fn a_steep_rise_is_climbed_from_before() {
        assert_eq!(ramp(&[1, 1, 1, 6, 1], Some(2)), [1, 2, 4, 6, 1]);
        assert_eq!(ramp(&[1, 6], None), [1, 6]);
    }
}
