//! Forecast and plan: from the load as it is now to what a target stands by.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use forescale::{
    Action, Binding, EngineError, Forecast, LoadSeries, Quantiles, ScalePlan, as_of, horizon, plan,
};
use serde::Serialize;
use serde_json::value::to_raw_value;

use super::fleet::{asked, fleet};
use super::model::find;
use super::work::Work;
use crate::board::Entry;
use crate::config::Target;
use crate::source::Loaded;
use crate::standing::{Clamp, Counted, History, Standing, Step};
use crate::store::Store;
use crate::written::WrittenPlan;

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
pub fn refresh(
    work: &Work,
    entry: &Entry,
    store: &Store,
    now: DateTime<Utc>,
) -> Result<Refreshed, String> {
    let target = &entry.target;
    let Loaded { series, instances, uncounted, mut warnings } = work.load(entry, now)?;
    // A plan can do without a count: it goes on from what was asked for.
    warnings.extend(uncounted.map(|reason| format!("instances are not known: {reason}")));
    let series = as_of(&series, now).map_err(in_words)?;
    let data_until = fresh_until(&series, target.hold_after(series.frequency().span()), now)?;
    let calendar = entry.calendar(now)?;
    let distrust = entry.distrust();
    let found = find(store, target, distrust.as_deref(), &calendar, &series).map_err(in_words)?;
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
    let counted = counted(before.as_deref(), instances, now);
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
        plan: shown(&plan, &forecast).map_err(|error| error.to_string())?,
        fallback: notes.fallback,
        warnings: once(warnings),
        history: History::newest(&series, HISTORY_STEPS),
        forecast,
        clamps,
        asked,
        counted,
        failing: None,
    };
    Ok(Refreshed { standing, retrain: found.retrain })
}

/// The first moment after the newest sample, if that is not longer ago than `patience`: a plan that nothing but the
/// end of the samples has changed must not scale in.
///
/// # Errors
/// When the newest sample ended, in words.
pub fn fresh_until(
    series: &LoadSeries,
    patience: TimeDelta,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, String> {
    let newest = series.values().iter().rposition(|value| !value.is_nan());
    let until = series.time_at(newest.map_or(0, |newest| newest + 1));
    match now - until < patience {
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

/// The counts so far, with that of `now` if it is another one.
fn counted(before: Option<&Standing>, instances: Option<u32>, now: DateTime<Utc>) -> Vec<Counted> {
    let mut counted = before.map(|before| before.counted.clone()).unwrap_or_default();
    let last = counted.last().map(|last| last.instances);
    counted.extend(
        instances.filter(|now| last != Some(*now)).map(|instances| Counted { at: now, instances }),
    );
    let old = counted.len().saturating_sub(HISTORY_STEPS);
    counted.split_off(old)
}

/// Counts the steps that a limit decided.
fn count_limits(plan: &ScalePlan, target: &Target, clamps: &mut BTreeMap<Clamp, u64>) {
    let paid = target.paid_instances();
    for row in &plan.recommendations {
        let reason = match row.reason.binding {
            Binding::Max(most) if Some(most) == paid => Clamp::Cost,
            Binding::Max(_) => Clamp::MaxInstances,
            // A ramp is a rise that begins in time: nothing is missed by it.
            Binding::MaxUp(_) => Clamp::RateUp,
            Binding::MaxDown(_) => Clamp::RateDown,
            _ => continue,
        };
        *clamps.entry(reason).or_default() += 1;
    }
}

/// The plan as `forescale plan --output json` has it, so that what reads one reads the other.
fn shown(plan: &ScalePlan, forecast: &Forecast) -> serde_json::Result<WrittenPlan> {
    #[derive(Serialize)]
    struct Shown<'a> {
        #[serde(flatten)]
        plan: &'a ScalePlan,
        summary: Summary,
    }
    #[derive(Serialize)]
    struct Summary {
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    }
    let to = forecast.time_at(forecast.steps());
    to_raw_value(&Shown { plan, summary: Summary { from: plan.now, to } }).map(WrittenPlan::new)
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
    use forescale::{FleetState, ForecastNotes, Frequency, Replicas};
    use proptest::prelude::*;

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

    fn priced(max: u32, up: u32, down: u32, cost: f64) -> Target {
        let text = format!(
            "name = \"web\"\ncost-per-instance-hour = 0.5\nmax-cost-per-hour = {cost}\n[source]\n[fleet]\n\
             capacity = 10.0\nmax = {max}\nmax-scale-up = {up}\nmax-scale-down = {down}\n"
        );
        toml::from_str(&text).unwrap()
    }

    /// Loads that anything could have written: from nothing to the largest number.
    fn absurd() -> impl Strategy<Value = f64> {
        prop_oneof![0.0..1e3, 1e3..1e9, (-300_i32..308).prop_map(|power| 10_f64.powi(power))]
    }

    proptest! {
        /// However absurd the forecast is, the plan keeps to the maximum, the cost and the steps, and says so.
        #[test]
        fn no_forecast_moves_a_plan_beyond_its_limits(
            rows in prop::collection::vec(prop::array::uniform3(absurd()), 1..40),
            seen in prop::collection::vec(0.0..1e3, 3..10),
            (max, up, down, cost) in (1_u32..200, 1_u32..20, 1_u32..20, 1.0..60.0_f64),
            current in 1_u32..100,
        ) {
            let minute = Frequency::from_seconds(60).unwrap();
            let seen = LoadSeries::new(DateTime::UNIX_EPOCH, minute, seen).unwrap();
            let ordered = rows.into_iter().flat_map(|mut row| {
                row.sort_by(f64::total_cmp);
                row
            });
            let quantiles = Quantiles::new([0.1, 0.9]).unwrap();
            let forecast = Forecast::new(seen.end(), minute, quantiles, ordered.collect()).unwrap();
            let target = priced(max, up, down, cost);
            let most = target.most_instances().unwrap();
            let current = current.min(most);
            let mut clamps = BTreeMap::new();
            let held = clamped(forecast, &seen, target.most_times_seen, &mut clamps).unwrap();
            let most_seen = seen.present().fold(0.0, f64::max) * target.most_times_seen;
            for step in 0..held.steps() {
                prop_assert!(most_seen == 0.0 || held.row(step).iter().all(|load| *load <= most_seen));
            }
            let state = FleetState::new(seen.end(), Replicas(current), TimeDelta::minutes(1));
            let capacity = target.capacity().unwrap();
            let made = plan(&held, &state, &capacity, &target.plan_options(), &ForecastNotes::default());
            let mut before = current;
            for row in made.unwrap().recommendations {
                let now = row.instances.0;
                prop_assert!(now <= most, "{now} of at most {most}");
                prop_assert!(f64::from(now) * 0.5 <= cost, "{now} for at most {cost}");
                prop_assert!(now <= before + up && now + down >= before, "{before} became {now}");
                before = now;
            }
        }
    }

    #[test]
    fn samples_that_stopped_are_an_error_and_not_a_fall() {
        let minute = Frequency::from_seconds(60).unwrap();
        let values = [vec![5.0; 10], vec![f64::NAN; 15]].concat();
        let series = LoadSeries::new(DateTime::UNIX_EPOCH, minute, values).unwrap();
        let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(25);
        let until = fresh_until(&series, TimeDelta::minutes(16), now);
        assert_eq!(until, Ok(DateTime::UNIX_EPOCH + TimeDelta::minutes(10)));
        let error = fresh_until(&series, TimeDelta::minutes(15), now).unwrap_err();
        assert!(error.starts_with("the newest sample ends at 1970-01-01 00:10"), "{error}");
    }
}
