//! The fleet as the last plans have left it.

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{FleetState, LoadSeries, PlanError, Replicas, instances_for_last_load};

use crate::config::Target;
use crate::standing::{Rules, Standing};

/// The fleet of `target` at `now`: what the source counted, else what the last plan asked for, else what the last load
/// needs. What was asked for less than a start-up time ago still starts.
///
/// # Errors
/// [`PlanError`] when it cannot be counted.
pub fn fleet(
    target: &Target,
    series: &LoadSeries,
    counted: Option<u32>,
    asked: &[(DateTime<Utc>, u32)],
    now: DateTime<Utc>,
) -> Result<FleetState, PlanError> {
    let startup = target.fleet.startup;
    let Some((last, _)) = asked.last() else {
        let limits = target.plan_options().limits;
        let current = match counted {
            Some(counted) => Replicas(counted),
            None => instances_for_last_load(series, &target.capacity()?, &limits)?,
        };
        return Ok(FleetState::new(now, current, startup));
    };
    let (serving, starting) = serving(asked, startup, now);
    let mut fleet = FleetState::new(now, Replicas(counted.unwrap_or(serving)), startup);
    fleet.starting = starting;
    if counted.is_some_and(|counted| counted > serving) {
        // Some of them have started sooner than they had to.
        fleet.starting = started_sooner(fleet.starting, counted.unwrap_or(serving) - serving);
    }
    fleet.last_change = (asked.len() > 1).then_some(*last);
    fleet.recommended = asked.iter().map(|(at, count)| (*at, Replicas(*count))).collect();
    Ok(fleet)
}

/// What was asked for until `now`, by a standing that is about to be replaced: changes that can still matter.
pub fn asked(
    standing: &Standing,
    target: &Target,
    rules: &Rules,
    now: DateTime<Utc>,
) -> Vec<(DateTime<Utc>, u32)> {
    let mut asked = standing.asked.clone();
    let since = standing.steps.iter().filter(|step| step.at <= now).map(|step| step.at);
    for at in since.chain([now]) {
        let instances = standing.decide(at, rules).instances;
        if asked.last().is_none_or(|(before, last)| *last != instances && *before <= at) {
            asked.push((at, instances));
        }
    }
    let fleet = &target.fleet;
    let window = fleet.startup.max(fleet.cooldown).max(fleet.stabilization);
    let old = asked.partition_point(|(at, _)| *at < now - window);
    asked.split_off(old.saturating_sub(1))
}

/// Instances that serve at `now`, and those that start: when they will serve, and how many.
fn serving(
    asked: &[(DateTime<Utc>, u32)],
    startup: TimeDelta,
    now: DateTime<Utc>,
) -> (u32, Vec<(DateTime<Utc>, u32)>) {
    let settled = asked.iter().rposition(|(at, _)| *at + startup <= now).unwrap_or(0);
    let serving = asked[settled..].iter().map(|(_, count)| *count).min().unwrap_or(0);
    let mut starting: Vec<(DateTime<Utc>, u32)> = Vec::new();
    let mut level = serving;
    for (at, count) in &asked[settled + 1..] {
        match *count > level {
            true => starting.push((*at + startup, count - level)),
            false => give_back(&mut starting, level - count),
        }
        level = *count;
    }
    (serving, starting)
}

/// Takes `surplus` off what starts, the latest first.
fn give_back(starting: &mut Vec<(DateTime<Utc>, u32)>, mut surplus: u32) {
    while let Some((_, more)) = starting.last_mut().filter(|_| surplus > 0) {
        let cancelled = (*more).min(surplus);
        *more -= cancelled;
        surplus -= cancelled;
        if *more == 0 {
            starting.pop();
        }
    }
}

/// Takes `count` off what starts, the earliest first.
fn started_sooner(
    mut starting: Vec<(DateTime<Utc>, u32)>,
    mut count: u32,
) -> Vec<(DateTime<Utc>, u32)> {
    for (_, more) in &mut starting {
        let now_serving = (*more).min(count);
        *more -= now_serving;
        count -= now_serving;
    }
    starting.retain(|(_, more)| *more > 0);
    starting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minute(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn at(now: i64, asked: &[(i64, u32)]) -> (u32, Vec<(i64, u32)>) {
        let asked: Vec<_> = asked.iter().map(|(at, n)| (minute(*at), *n)).collect();
        let (serving, starting) = serving(&asked, TimeDelta::minutes(5), minute(now));
        let minutes = |(at, n): (DateTime<Utc>, u32)| (at.timestamp() / 60, n);
        (serving, starting.into_iter().map(minutes).collect())
    }

    #[test]
    fn what_was_asked_for_serves_after_its_start() {
        let asked = [(0, 4), (10, 6), (12, 9)];
        assert_eq!(at(11, &asked[..2]), (4, vec![(15, 2)]));
        assert_eq!(at(14, &asked), (4, vec![(15, 2), (17, 3)]));
        assert_eq!(at(16, &asked), (6, vec![(17, 3)]));
        assert_eq!(at(17, &asked), (9, vec![]));
    }

    #[test]
    fn what_is_given_back_is_taken_off_what_starts_last() {
        assert_eq!(at(14, &[(0, 4), (10, 6), (12, 9), (13, 7)]), (4, vec![(15, 2), (17, 1)]));
        assert_eq!(at(14, &[(0, 4), (10, 6), (12, 3)]), (3, vec![]));
        assert_eq!(at(14, &[(0, 4), (10, 3), (12, 5)]), (3, vec![(17, 2)]));
    }

    #[test]
    fn what_has_started_sooner_no_longer_starts() {
        let starting = vec![(minute(15), 2), (minute(17), 3)];
        assert_eq!(started_sooner(starting, 3), [(minute(17), 2)]);
    }
}
