//! Step adjustments: how far beyond a threshold asks for which change.
//!
//! Source: Amazon EC2 Auto Scaling API, `StepAdjustment` and `PutScalingPolicy` (facts restated). Above a threshold the
//! lower bound belongs to a step and the upper does not; below it is the other way round.

/// On which side of the threshold the steps are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Above,
    Below,
}

/// What a step does.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Change {
    By(i64),
    Percent(f64),
    To(u32),
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Step {
    lower: Option<f64>,
    upper: Option<f64>,
    change: Change,
}

/// Steps that meet without gap or overlap.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Steps {
    direction: Direction,
    steps: Vec<Step>,
}

impl Steps {
    /// Reads `LOWER..UPPER:CHANGE;...`, bounds relative to the threshold, a change as `+3`, `-2`, `+10%` or `=5`. When it
    /// does not fit, gives what would.
    pub(crate) fn parse(text: &str, direction: Direction) -> Result<Self, String> {
        let form = || "steps like 0..10:+10%;10..:+3 or ..0:=2".to_owned();
        let mut steps =
            text.split(';').map(step).collect::<Option<Vec<Step>>>().ok_or_else(form)?;
        let lower = |step: &Step| step.lower.unwrap_or(f64::NEG_INFINITY);
        steps.sort_by(|a, b| lower(a).total_cmp(&lower(b)));
        let meets =
            steps.windows(2).all(|pair| pair[0].upper.is_some() && pair[0].upper == pair[1].lower);
        let (first, last) = (steps[0], steps[steps.len() - 1]);
        let empty =
            steps.iter().any(|s| matches!((s.lower, s.upper), (Some(l), Some(u)) if l >= u));
        let below_open = first.lower.is_none_or(|lower| lower >= 0.0);
        let above_open = last.upper.is_none_or(|upper| upper <= 0.0);
        if !meets || empty {
            return Err("steps that meet without gap or overlap".to_owned());
        }
        if !below_open || !above_open {
            return Err(
                "open at the far end: ..-10 below a negative bound, 10.. above a positive one"
                    .to_owned(),
            );
        }
        Ok(Self { direction, steps })
    }

    /// What `capacity` becomes when the metric is `beyond` the threshold; `capacity` itself outside of all steps.
    pub(crate) fn apply(&self, capacity: u32, beyond: f64, min_adjustment: u32) -> u32 {
        let step = self.steps.iter().find(|step| self.holds(step, beyond));
        step.map_or(capacity, |step| changed(capacity, step.change, min_adjustment))
    }

    fn holds(&self, step: &Step, beyond: f64) -> bool {
        let (lower, upper) =
            (step.lower.unwrap_or(f64::NEG_INFINITY), step.upper.unwrap_or(f64::INFINITY));
        match self.direction {
            Direction::Above => lower <= beyond && beyond < upper,
            Direction::Below => lower < beyond && beyond <= upper,
        }
    }
}

fn step(text: &str) -> Option<Step> {
    let (bounds, change) = text.split_once(':')?;
    let (lower, upper) = bounds.split_once("..")?;
    Some(Step { lower: bound(lower)?, upper: bound(upper)?, change: change_of(change.trim())? })
}

/// A bound; no bound when nothing is there.
fn bound(text: &str) -> Option<Option<f64>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(None);
    }
    text.parse().ok().filter(|bound: &f64| bound.is_finite()).map(Some)
}

fn change_of(text: &str) -> Option<Change> {
    if let Some(exact) = text.strip_prefix('=') {
        return exact.parse().ok().map(Change::To);
    }
    match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().filter(|p: &f64| p.is_finite()).map(Change::Percent),
        None => text.parse::<i32>().ok().map(|by| Change::By(by.into())),
    }
}

fn changed(capacity: u32, change: Change, min_adjustment: u32) -> u32 {
    let by = match change {
        Change::To(count) => return count,
        Change::By(count) => count,
        Change::Percent(percent) => {
            let least = i64::from(min_adjustment);
            let by = rounded(f64::from(capacity) * percent / 100.0);
            if by > 0 {
                by.max(least)
            } else if by < 0 {
                by.min(-least)
            } else {
                0
            }
        }
    };
    (i64::from(capacity) + by).clamp(0, i64::from(u32::MAX)) as u32
}

/// A share of instances as whole ones: towards 0, but at least one either way.
fn rounded(instances: f64) -> i64 {
    let whole = instances.trunc() as i64;
    if whole == 0 && instances != 0.0 { instances.signum() as i64 } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_belong_to_the_step_nearer_to_the_threshold() {
        let above = Steps::parse("0..10:+1;10..:+2", Direction::Above).unwrap();
        let found = [-0.1, 0.0, 9.9, 10.0, 50.0].map(|beyond| above.apply(10, beyond, 1));
        assert_eq!(found, [10, 11, 11, 12, 12]);
        let below = Steps::parse("-10..0:-1;..-10:-2", Direction::Below).unwrap();
        let found = [0.1, 0.0, -9.9, -10.0, -50.0].map(|beyond| below.apply(10, beyond, 1));
        assert_eq!(found, [10, 9, 9, 8, 8]);
    }

    #[test]
    fn percent_are_rounded_as_the_table_says() {
        assert_eq!([12.7, 0.4, -0.58, -6.67, 0.0].map(rounded), [12, 1, -1, -6, 0]);
        assert_eq!(changed(10, Change::Percent(200.0), 1), 30);
        assert_eq!(changed(10, Change::Percent(10.0), 3), 13);
        assert_eq!(changed(3, Change::By(-7), 1), 0);
        assert_eq!(changed(3, Change::To(7), 1), 7);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        for text in [
            "",
            "0..10",
            "a..b:+1",
            "0..10:+1;11..:+2",
            "0..:+1;5..:+2",
            "5..5:+1",
            "-5..:-1",
            "0..5:+1",
        ] {
            assert!(Steps::parse(text, Direction::Above).is_err(), "{text}");
        }
    }
}
