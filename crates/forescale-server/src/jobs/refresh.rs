//! Forecast and plan: from the load as it is now to what a target stands by.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Action, Binding, EngineError, Forecast, LoadSeries, Quantiles, ScalePlan, as_of, horizon, plan,
};
use serde_json::value::to_raw_value;

use super::fleet::{asked, fleet};
use super::model::find;
use crate::board::Entry;
use crate::config::Target;
use crate::source::Loaded;
use crate::standing::{Clamp, History, Standing, Step};
use crate::store::Store;

/// Steps of history that are kept to be shown: a week of five minutes.
const HISTORY_STEPS: usize = 2_016;

/// What a refresh made.
pub struct Refreshed {
    /// Where the target stands now.
    pub standing: Standing,
    /// Whether a model should be trained at once.
    pub retrain: bool,
}

/// Forecasts and plans for the target of `entry`, as everything was known at `now`.
///
/// # Errors
/// What was wrong, in words: the source, its data, or the plan's settings.
pub fn refresh(entry: &Entry, store: &Store, now: DateTime<Utc>) -> Result<Refreshed, String> {
    let target = &entry.target;
    let Loaded { series, instances, mut warnings } =
        entry.source.load(now).map_err(|error| error.to_string())?;
    let series = as_of(&series, now).map_err(in_words)?;
    let data_until = fresh_until(&series, target.max_age)?;
    let calendar = entry.calendar(now)?;
    let found = find(store, target, &calendar, &series).map_err(in_words)?;
    let steps = horizon(target.horizon, series.frequency()).map_err(|error| error.to_string())?;
    let predicted = found
        .model
        .forecast_with_notes(&series, steps, &Quantiles::standard())
        .map_err(in_words)?;
    warnings.extend(predicted.notes);
    let mut clamps = BTreeMap::new();
    let forecast = clamped(predicted.forecast, &series, target.most_times_seen, &mut clamps)?;
    let mut notes = found.model.notes();
    notes.fallback = found.fallback.or(notes.fallback);
    let before = entry.standing();
    let asked =
        before.map(|before| asked(&before, target, &entry.rules(), now)).unwrap_or_default();
    let origin = series.end();
    let state = fleet(target, &series, instances, &asked, origin).map_err(|e| e.to_string())?;
    let capacity = target.capacity().map_err(|error| error.to_string())?;
    let plan = plan(&forecast, &state, &capacity, &target.plan_options(), &notes)
        .map_err(|error| error.to_string())?;
    count_limits(&plan, target, &mut clamps);
    warnings.extend(plan.warnings.iter().cloned());
    let standing = Standing {
        made_at: now,
        data_until,
        steps: steps_of(&plan, now),
        plan: to_raw_value(&plan).map_err(|error| error.to_string())?,
        fallback: notes.fallback,
        warnings: once(warnings),
        history: History::newest(&series, HISTORY_STEPS),
        forecast,
        clamps,
        asked,
        failing: None,
    };
    Ok(Refreshed { standing, retrain: found.retrain })
}

/// The first moment after the newest sample, if that is not too long ago.
fn fresh_until(series: &LoadSeries, max_age: TimeDelta) -> Result<DateTime<Utc>, String> {
    let newest = series.values().iter().rposition(|value| !value.is_nan());
    let until = series.time_at(newest.map_or(0, |newest| newest + 1));
    match series.end() - until < max_age {
        true => Ok(until),
        false => Err(format!("the newest sample ends at {until}, and nothing came since")),
    }
}

/// The forecast, held at `times` the most load that was ever seen.
fn clamped(
    forecast: Forecast,
    series: &LoadSeries,
    times: f64,
    clamps: &mut BTreeMap<Clamp, u64>,
) -> Result<Forecast, String> {
    let most = series.present().fold(0.0, f64::max) * times;
    if most <= 0.0 {
        return Ok(forecast);
    }
    let mut held = 0;
    let forecast = forecast.map_rows(|_, row| {
        held += u64::from(row.iter().any(|value| *value > most));
        row.iter_mut().for_each(|value| *value = value.min(most));
    });
    if held > 0 {
        clamps.insert(Clamp::Load, held);
    }
    forecast.map_err(|error| error.to_string())
}

/// Counts the steps that a limit decided.
fn count_limits(plan: &ScalePlan, target: &Target, clamps: &mut BTreeMap<Clamp, u64>) {
    let paid = target.paid_instances();
    for row in &plan.recommendations {
        let reason = match row.reason.binding {
            Binding::Max(most) if Some(most) == paid => Clamp::Cost,
            Binding::Max(_) => Clamp::MaxInstances,
            Binding::MaxUp(_) | Binding::Ramp(_) => Clamp::RateUp,
            Binding::MaxDown(_) => Clamp::RateDown,
            _ => continue,
        };
        *clamps.entry(reason).or_default() += 1;
    }
}

/// The plan's requests; the first one counts from `now`, as the plan begins with the step that covers it.
fn steps_of(plan: &ScalePlan, now: DateTime<Utc>) -> Vec<Step> {
    let rows = plan.recommendations.iter().enumerate();
    let rows = rows.filter(|(at, row)| *at == 0 || row.action != Action::Hold);
    rows.map(|(at, row)| Step {
        at: if at == 0 { row.at.min(now) } else { row.at },
        instances: row.instances.0,
        reason: row.reason.to_string(),
    })
    .collect()
}

fn once(mut warnings: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    warnings.retain(|warning| seen.insert(warning.clone()));
    warnings
}

fn in_words(error: EngineError) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use forescale::Frequency;

    use super::*;

    #[test]
    fn a_forecast_far_above_everything_seen_is_held_and_counted() {
        let minute = Frequency::from_seconds(60).unwrap();
        let start = DateTime::UNIX_EPOCH;
        let seen = LoadSeries::new(start, minute, vec![3.0, f64::NAN, 5.0]).unwrap();
        let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
        let values = vec![1.0, 2.0, 3.0, 4.0, 40.0, 400.0];
        let forecast = Forecast::new(seen.end(), minute, quantiles, values).unwrap();
        let mut clamps = BTreeMap::new();
        let held = clamped(forecast, &seen, 10.0, &mut clamps).unwrap();
        assert_eq!((held.row(0), held.row(1)), (&[1.0, 2.0, 3.0][..], &[4.0, 40.0, 50.0][..]));
        assert_eq!(clamps, BTreeMap::from([(Clamp::Load, 1)]));
    }

    #[test]
    fn samples_that_stopped_are_an_error_and_not_a_fall() {
        let minute = Frequency::from_seconds(60).unwrap();
        let values = [vec![5.0; 10], vec![f64::NAN; 15]].concat();
        let series = LoadSeries::new(DateTime::UNIX_EPOCH, minute, values).unwrap();
        let until = fresh_until(&series, TimeDelta::minutes(16));
        assert_eq!(until, Ok(DateTime::UNIX_EPOCH + TimeDelta::minutes(10)));
        let error = fresh_until(&series, TimeDelta::minutes(15)).unwrap_err();
        assert!(error.starts_with("the newest sample ends at 1970-01-01 00:10"), "{error}");
    }
}
