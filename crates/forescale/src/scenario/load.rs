//! The load of a scenario, step by step, from its segments.

use chrono::TimeDelta;
use forescale_core::Frequency;
use toml::Spanned;

use super::file::{File, Segment, Span, line};
use super::{MOST_STEPS, ScenarioError};

/// The load of every step, one segment after the other; none where no metric arrives.
pub(super) fn loads(file: &File, text: &str, step: Frequency) -> Result<Vec<f64>, ScenarioError> {
    let mut loads = Vec::new();
    for segment in &file.load {
        let at = Place { line: line(text, segment.span().start), file, step };
        at.check(segment.get_ref())?;
        let steps = at.steps(length(segment));
        if steps == 0 || loads.len() + steps > MOST_STEPS {
            let expected =
                format!("at least a step and at most {MOST_STEPS} steps with the others");
            return Err(at.error("for", &expected));
        }
        let begin = loads.len();
        loads.extend((0..steps).map(|k| at.load(segment.get_ref(), k, begin, steps)));
    }
    if loads.first().is_none_or(|load| load.is_nan()) {
        let expected = "a list that begins with a segment that has a load".to_owned();
        return Err(ScenarioError::Value { line: 1, what: "load", expected });
    }
    Ok(loads)
}

fn length(segment: &Spanned<Segment>) -> Span {
    match *segment.get_ref() {
        Segment::Constant { r#for, .. }
        | Segment::Ramp { r#for, .. }
        | Segment::Wave { r#for, .. }
        | Segment::Peak { r#for, .. }
        | Segment::Day { r#for, .. }
        | Segment::Outage { r#for }
        | Segment::Deploy { r#for, .. } => r#for,
    }
}

/// A segment within its file.
struct Place<'a> {
    line: usize,
    file: &'a File,
    step: Frequency,
}

impl Place<'_> {
    fn error(&self, what: &'static str, expected: &str) -> ScenarioError {
        ScenarioError::Value { line: self.line, what, expected: expected.to_owned() }
    }

    fn check(&self, segment: &Segment) -> Result<(), ScenarioError> {
        let levels: &[f64] = match segment {
            Segment::Constant { level, .. } => &[*level],
            Segment::Ramp { from, to, .. } => &[*from, *to],
            Segment::Wave { low, high, .. } => &[*low, *high],
            Segment::Peak { level, top, .. } => &[*level, *top],
            Segment::Day { hours, .. } => hours,
            Segment::Outage { .. } => &[],
            Segment::Deploy { level, restarting, .. } => {
                if !(0.0..1.0).contains(restarting) {
                    return Err(self.error("restarting", "from 0 to below 1"));
                }
                &[*level]
            }
        };
        if levels.iter().all(|level| *level >= 0.0 && level.is_finite()) {
            return Ok(());
        }
        Err(self.error("every load", "a number from 0 on"))
    }

    fn steps(&self, span: Span) -> usize {
        (span.seconds() / self.step.seconds()) as usize
    }

    /// The load at step `k` of the `steps` of a segment that begins at step `begin`.
    fn load(&self, segment: &Segment, k: usize, begin: usize, steps: usize) -> f64 {
        let between = |from: f64, to: f64, share: f64| from + (to - from) * share;
        let share = |of: Span| k as f64 / self.steps(of).max(1) as f64;
        match segment {
            Segment::Constant { level, .. } => *level,
            Segment::Ramp { from, to, .. } => between(*from, *to, k as f64 / steps as f64),
            Segment::Wave { low, high, period, .. } => between(*low, *high, wave(share(*period))),
            Segment::Peak { level, top, rise, half, .. } => {
                let risen = self.steps(*rise);
                if k < risen {
                    return between(*level, *top, share(*rise));
                }
                let halves = (k - risen) as f64 / self.steps(*half).max(1) as f64;
                between(*level, *top, left(halves))
            }
            Segment::Day { hours, .. } => self.by_clock(hours, begin + k),
            Segment::Outage { .. } => f64::NAN,
            Segment::Deploy { level, restarting, .. } => level / (1.0 - restarting),
        }
    }

    fn by_clock(&self, hours: &[f64; 24], step: usize) -> f64 {
        let since = TimeDelta::seconds(self.step.seconds() * step as i64);
        let hour = self.file.calendar().local(self.file.start + since).hour;
        let from = hour as usize % 24;
        hours[from] + (hours[(from + 1) % 24] - hours[from]) * hour.fract()
    }
}

/// From 0 up to 1 and back in parabolas, because the rounding of `cos` differs between machines.
fn wave(turns: f64) -> f64 {
    let x = 4.0 * turns.fract();
    match x {
        _ if x < 1.0 => 0.5 * x * x,
        _ if x < 3.0 => 1.0 - 0.5 * (x - 2.0) * (x - 2.0),
        _ => 0.5 * (4.0 - x) * (4.0 - x),
    }
}

/// What is left after so many halvings, in a line from one to the next.
fn left(halves: f64) -> f64 {
    let whole = halves.floor();
    let start = (0..whole.min(1_100.0) as u32).fold(1.0, |left, _| 0.5 * left);
    start * (1.0 - 0.5 * (halves - whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_and_fading_go_through_their_corners() {
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(wave), [0.0, 0.5, 1.0, 0.5, 0.0]);
        assert_eq!([0.0, 0.5, 1.0, 3.0, 1e9].map(left), [1.0, 0.75, 0.5, 0.125, 0.0]);
    }
}
