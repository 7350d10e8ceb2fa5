//! Which origin sends how much where, once the instances are chosen.

use std::collections::VecDeque;

use super::Sent;
use super::search::Split;

/// Loads below this share of a step's load are not worth a row.
const NOTHING: f64 = 1e-9;

/// Divides `loads` over regions with `counts` instances: a largest flow, along shortest paths, the nearest region
/// first.
pub(super) fn sent(split: &Split, loads: &[f64], counts: &[u32]) -> Vec<Sent> {
    let total: f64 = loads.iter().sum();
    let mut flow = Flow {
        split,
        sent: vec![vec![0.0; counts.len()]; loads.len()],
        spare: counts.iter().map(|n| split.carried[*n as usize]).collect(),
        nothing: NOTHING * total,
    };
    for (origin, load) in loads.iter().enumerate() {
        let mut left = *load;
        while left > flow.nothing {
            let Some(path) = flow.path(origin) else { break };
            left -= flow.push(origin, &path, left);
        }
    }
    flow.rows()
}

struct Flow<'s, 'a> {
    split: &'s Split<'a>,
    /// From every origin to every region.
    sent: Vec<Vec<f64>>,
    /// What every region carries beyond what it is sent.
    spare: Vec<f64>,
    nothing: f64,
}

impl Flow<'_, '_> {
    /// Regions near `origin`, the nearest first.
    fn near(&self, origin: usize) -> Vec<usize> {
        let name = &self.split.origins[origin].name;
        let latency = |r: usize| self.split.regions[r].latency_ms(name).unwrap_or(f64::INFINITY);
        let mut near: Vec<usize> =
            (0..self.spare.len()).filter(|r| self.split.near[*r] >> origin & 1 == 1).collect();
        near.sort_by(|a, b| latency(*a).total_cmp(&latency(*b)));
        near
    }

    /// The shortest way to a region with something to spare: regions, with the origin that gives each up for the next.
    fn path(&self, origin: usize) -> Option<Vec<(usize, usize)>> {
        let mut came: Vec<Option<(usize, Option<usize>)>> = vec![None; self.spare.len()];
        let mut waiting = VecDeque::from([(origin, None)]);
        while let Some((giver, through)) = waiting.pop_front() {
            for region in self.near(giver) {
                if came[region].is_some() {
                    continue;
                }
                came[region] = Some((giver, through));
                if self.spare[region] > self.nothing {
                    return Some(traced(&came, region));
                }
                let senders = (0..self.sent.len()).filter(|i| self.sent[*i][region] > self.nothing);
                waiting.extend(senders.map(|sender| (sender, Some(region))));
            }
        }
        None
    }

    /// Sends as much as goes along `path`, and returns how much that is.
    fn push(&mut self, origin: usize, path: &[(usize, usize)], left: f64) -> f64 {
        let (last, _) = path[path.len() - 1];
        let given = path.windows(2).map(|pair| self.sent[pair[1].1][pair[0].0]);
        let amount = given.fold(left.min(self.spare[last]), f64::min);
        let mut sender = origin;
        for (place, (region, _)) in path.iter().enumerate() {
            self.sent[sender][*region] += amount;
            if let Some((_, giver)) = path.get(place + 1) {
                self.sent[*giver][*region] -= amount;
                sender = *giver;
            }
        }
        self.spare[last] -= amount;
        amount
    }

    fn rows(&self) -> Vec<Sent> {
        let mut rows = Vec::new();
        for (origin, sent) in self.split.origins.iter().zip(&self.sent) {
            for (region, load) in self.split.regions.iter().zip(sent) {
                if *load > self.nothing {
                    let (origin, region) = (origin.name.clone(), region.name().to_owned());
                    rows.push(Sent { origin, region, load: *load });
                }
            }
        }
        rows
    }
}

/// From where each region was come to, to the whole way.
fn traced(came: &[Option<(usize, Option<usize>)>], last: usize) -> Vec<(usize, usize)> {
    let mut path = Vec::new();
    let mut at = Some(last);
    while let Some(region) = at {
        let (giver, through) = came[region].expect("the way was come along");
        path.push((region, giver));
        at = through;
    }
    path.reverse();
    path
}
