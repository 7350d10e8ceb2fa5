//! What the net sees of a service, and what it may do. Nothing here has a unit, so that one net fits every size.

use crate::policies::cause::{Cause, Decision};
use crate::policies::observation::{Observation, Service};

/// What the net sees, in this order. All of it is a ratio or a share, cut off where more would tell no more.
///
/// "Usual" is the mean load of the last hour; "busy" is 0 where the objective is just kept.
pub const INPUTS: [&str; 22] = [
    "busy",
    "busy-once-started",
    "busy-at-largest",
    "last-minute",
    "trend-5m",
    "trend-15m",
    "trend-1h",
    "largest-10m",
    "largest-1h",
    "volatility",
    "largest-rise",
    "coarseness",
    "starting",
    "since-change",
    "day-sine",
    "day-cosine",
    "weekend",
    "startup",
    "last-hour",
    "yesterday-rise",
    "yesterday-level",
    "yesterday-known",
];

/// What the net may do: leave the number as it is, or make room for so many times the largest load of the last minutes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// The number stays.
    Hold,
    /// Room for this many times the largest load of the last minutes.
    Room(f64),
}

/// Every action, in the order of the outputs of the net.
pub const ACTIONS: [Action; 8] = [
    Action::Hold,
    Action::Room(0.8),
    Action::Room(0.9),
    Action::Room(1.0),
    Action::Room(1.1),
    Action::Room(1.25),
    Action::Room(1.5),
    Action::Room(2.0),
];

impl Action {
    /// Its name in the file of a net.
    pub fn name(self) -> String {
        match self {
            Self::Hold => "hold".to_owned(),
            Self::Room(factor) => factor.to_string(),
        }
    }
}

const MINUTE_S: f64 = 60.0;

/// The minutes whose largest load is what room is made for.
const LARGEST_S: f64 = 10.0 * MINUTE_S;

/// The minutes after a start-up within which the load of the last hour is looked at.
const LEAD_S: f64 = 3.0 * MINUTE_S;

/// How far back the largest rise is looked for.
const RISES_S: f64 = 240.0 * MINUTE_S;

/// Follows the number of instances, and sees the state of the service.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    total: u32,
    changed: usize,
}

/// The state of a service at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct State {
    /// In the order of [`INPUTS`].
    pub inputs: [f32; INPUTS.len()],
    /// The largest load of the last minutes.
    load: f64,
}

impl Watch {
    /// The state, unless it is in doubt: nothing was seen yet, or the newest metric has not arrived.
    pub fn look(&mut self, seen: &Observation<'_>) -> Option<State> {
        if self.total != seen.total() {
            (self.total, self.changed) = (seen.total(), seen.step);
        }
        if seen.stale_steps > 0 {
            return None;
        }
        let last = seen.last_load()?;
        let past = Past::new(seen);
        let since_s = (seen.step - self.changed) as f64 * seen.service.step.seconds() as f64;
        let load = past.largest(LARGEST_S);
        let inputs = inputs(seen, &past, last, load, since_s);
        Some(State { inputs: inputs.map(|input| input as f32), load })
    }
}

impl State {
    /// What an action asks for; `margin` is added to the load that room is made for, as a share of it.
    pub fn decision(&self, action: Action, margin: f64, seen: &Observation<'_>) -> Decision {
        let Action::Room(factor) = action else {
            return Decision::new(seen.total(), Cause::Steady);
        };
        let factor = factor * (1.0 + margin);
        let wanted = seen.service.capacity.needed(self.load * factor);
        let wanted = wanted.map_or(u32::MAX, |count| count.0);
        Decision::new(wanted, Cause::Learned { factor, load: self.load })
    }
}

fn inputs(
    seen: &Observation<'_>,
    past: &Past<'_>,
    last: f64,
    largest: f64,
    since_s: f64,
) -> [f64; INPUTS.len()] {
    let service = seen.service;
    let [minutes_5, minutes_15, hour] = [5.0, 15.0, 60.0].map(|minutes| minutes * MINUTE_S);
    let mean_5 = past.mean(minutes_5, 0.0);
    let share = |value: f64| (value / past.usual).clamp(-2.0, 2.0);
    let (sine, cosine) = day(service, seen.step);
    let time = service.calendar.local(seen.now());
    let yesterday = Yesterday::new(seen, past);
    let needed = service.capacity.needed(largest).map_or(f64::from(u32::MAX), |n| f64::from(n.0));
    [
        busy(service, last, seen.serving),
        busy(service, last, seen.total()),
        busy(service, largest, seen.total()),
        share(last - mean_5),
        share(mean_5 - past.mean(minutes_5, minutes_5)),
        share(past.mean(minutes_15, 0.0) - past.mean(minutes_15, minutes_15)),
        share(past.mean(hour, 0.0) - past.mean(hour, hour)),
        share(largest - past.usual),
        share(past.largest(hour) - past.usual),
        4.0 * past.wobble(0.5 * hour) / past.usual,
        share(past.largest_rise(RISES_S, service.startup_steps + 1)),
        1.0 / (1.0 + needed),
        f64::from(seen.starting) / f64::from(seen.total().max(1)),
        (since_s / hour).min(1.0),
        sine,
        cosine,
        f64::from(u8::from(time.weekend || time.holiday)),
        (service.startup_steps as f64 * service.step.seconds() as f64 / 600.0).min(3.0),
        share(last_hour(seen) - past.usual),
        yesterday.rise,
        yesterday.level,
        yesterday.known,
    ]
    .map(|input| input.clamp(-2.0, 3.0))
}

/// How far `load` is above what `instances` carry within the objective, as a share of it.
fn busy(service: &Service, load: f64, instances: u32) -> f64 {
    let carried = service.capacity.carries(forescale_core::Replicas(instances));
    (load / carried.max(1e-3 * service.capacity.load_per_instance()) - 1.0).min(2.0)
}

/// Where in the day a step is: two waves of parabolas, because the rounding of `sin` differs between machines.
fn day(service: &Service, step: usize) -> (f64, f64) {
    let hour = service.calendar.local(service.time_at(step)).hour;
    let wave = |turn: f64| {
        let x = 2.0 * (turn - turn.floor()) - 1.0;
        4.0 * x * (x.abs() - 1.0)
    };
    (wave(hour / 24.0), wave(hour / 24.0 + 0.25))
}

/// The loads until now.
struct Past<'a> {
    loads: &'a [f64],
    service: &'a Service,
    /// The mean of the last hour, and never so little that a share of it is noise.
    usual: f64,
}

impl<'a> Past<'a> {
    fn new(seen: &Observation<'a>) -> Self {
        let mut past = Self { loads: seen.loads, service: seen.service, usual: 0.0 };
        let least = 0.05 * seen.service.capacity.load_per_instance();
        past.usual = past.mean(60.0 * MINUTE_S, 0.0) + least;
        past
    }

    /// The loads of a span that ended some time ago; when there are fewer, those that there are, at least one.
    fn span(&self, span_s: f64, ago_s: f64) -> &'a [f64] {
        let ago = if ago_s > 0.0 { self.service.steps_in(ago_s) } else { 0 };
        let end = self.loads.len().saturating_sub(ago).max(1);
        &self.loads[end.saturating_sub(self.service.steps_in(span_s))..end]
    }

    fn mean(&self, span_s: f64, ago_s: f64) -> f64 {
        mean(self.span(span_s, ago_s))
    }

    fn largest(&self, span_s: f64) -> f64 {
        largest(self.span(span_s, 0.0))
    }

    /// The mean change from step to step.
    fn wobble(&self, span_s: f64) -> f64 {
        let loads = self.span(span_s, 0.0);
        let changes: f64 = loads.windows(2).map(|pair| (pair[1] - pair[0]).abs()).sum();
        changes / loads.len() as f64
    }

    /// The largest rise within `steps`.
    fn largest_rise(&self, span_s: f64, steps: usize) -> f64 {
        let loads = self.span(span_s, 0.0);
        let later = loads.iter().skip(steps);
        later.zip(loads).map(|(later, load)| later - load).fold(0.0, f64::max)
    }
}

/// The largest load at the minutes of the last hour that an instance launched now would meet first: jobs come back.
fn last_hour(seen: &Observation<'_>) -> f64 {
    let service = seen.service;
    let hour = service.steps_in(60.0 * MINUTE_S);
    let from = (seen.step + service.startup_steps)
        .saturating_sub(hour * (1 + service.startup_steps / hour));
    let from = from.min(seen.loads.len());
    let to = (from + service.steps_in(LEAD_S)).min(seen.loads.len());
    largest(&seen.loads[from..to])
}

/// What came at this time of yesterday, within the start-up and ten minutes more.
#[derive(Default)]
struct Yesterday {
    /// Against what it was just before.
    rise: f64,
    /// Against the load now.
    level: f64,
    /// 1 when there was one.
    known: f64,
}

impl Yesterday {
    fn new(seen: &Observation<'_>, past: &Past<'_>) -> Self {
        let service = seen.service;
        let Some(from) = seen.step.checked_sub(service.step.steps_per_day()) else {
            return Self::default();
        };
        let to = (from + service.startup_steps + service.steps_in(LARGEST_S)).min(seen.loads.len());
        let before = from.saturating_sub(service.steps_in(15.0 * MINUTE_S));
        if before >= from || from >= to {
            return Self::default();
        }
        let before = mean(&seen.loads[before..from]);
        let coming = largest(&seen.loads[from..to]);
        let least = 0.05 * service.capacity.load_per_instance();
        Self {
            rise: (coming / (before + least) - 1.0).min(2.0),
            level: (coming / past.usual - 1.0).min(2.0),
            known: 1.0,
        }
    }
}

fn mean(loads: &[f64]) -> f64 {
    loads.iter().sum::<f64>() / loads.len() as f64
}

fn largest(loads: &[f64]) -> f64 {
    loads.iter().copied().fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policies::observation::tests::{seen, service};

    fn input(name: &str, state: &State) -> f32 {
        state.inputs[INPUTS.iter().position(|input| *input == name).unwrap()]
    }

    #[test]
    fn a_state_has_no_unit() {
        let service = service();
        let loads: Vec<f64> = (0..1_500).map(|k| 400.0 + f64::from(k % 70)).collect();
        let tenfold: Vec<f64> = loads.iter().map(|load| 10.0 * load).collect();
        let mut large = service.clone();
        large.capacity =
            crate::Capacity::utilization(100.0, forescale_core::Utilization::new(0.8).unwrap())
                .unwrap();
        let small = Watch::default().look(&seen(&loads, 50, 3, &service)).unwrap();
        let large = Watch::default().look(&seen(&tenfold, 50, 3, &large)).unwrap();
        for (a, b) in small.inputs.iter().zip(large.inputs) {
            assert!((a - b).abs() < 1e-5, "{small:?} {large:?}");
        }
    }

    #[test]
    fn inputs_are_what_their_names_say() {
        let service = service();
        let mut loads = vec![80.0; 1_441];
        loads[1..6].fill(160.0);
        let state = Watch::default().look(&seen(&loads, 20, 5, &service)).unwrap();
        assert_eq!((input("busy", &state), input("busy-once-started", &state)), (-0.5, -0.6));
        assert_eq!((input("starting", &state), input("trend-1h", &state)), (0.2, 0.0));
        assert!((input("yesterday-level", &state) - 1.0).abs() < 0.02);
        assert_eq!(input("yesterday-known", &state), 1.0);
        assert!(input("day-sine", &state).abs() < 0.01 && input("day-cosine", &state) > 0.99);
    }

    #[test]
    fn nothing_is_decided_in_doubt() {
        let service = service();
        let mut late = seen(&[80.0], 4, 0, &service);
        late.stale_steps = 1;
        assert_eq!(Watch::default().look(&late), None);
        assert_eq!(Watch::default().look(&seen(&[], 4, 0, &service)), None);
        let extreme = seen(&[f64::MAX, 0.0], 0, 0, &service);
        let state = Watch::default().look(&extreme).unwrap();
        assert!(state.inputs.iter().all(|input| input.is_finite()), "{state:?}");
    }

    #[test]
    fn room_is_made_for_the_largest_load_of_ten_minutes() {
        let service = service();
        let seen = seen(&[160.0, 80.0], 4, 2, &service);
        let state = Watch::default().look(&seen).unwrap();
        let wanted = |action, margin| state.decision(action, margin, &seen).wanted;
        assert_eq!((wanted(Action::Hold, 0.0), wanted(Action::Room(1.0), 0.0)), (6, 20));
        assert_eq!((wanted(Action::Room(1.5), 0.0), wanted(Action::Room(1.5), 0.1)), (30, 33));
    }
}
