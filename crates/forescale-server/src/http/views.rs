//! What the API answers with.

mod hindsights;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use forescale::{Calendar, Event, Forecast, Holiday, Quantile};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::accuracy::Accuracy;
use crate::board::Entry;
use crate::config::Mode;
use crate::standing::{Counted, Decision, Failing, Standing, State, Step};
use crate::store::Run;
pub use hindsights::{BacktestView, ReplayView};

/// A target at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetView {
    /// Its name.
    pub name: String,
    /// What its plan is used for: `forecast-only`, `floor` or `full`.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// How much its plan can be trusted.
    pub state: State,
    /// The zone its users live in.
    pub timezone: String,
    /// What to ask for now; absent before the first plan.
    pub decision: Option<Decision>,
    /// When the plan was made.
    pub made_at: Option<DateTime<Utc>>,
    /// The first moment after the newest sample behind it.
    pub data_until: Option<DateTime<Utc>>,
    /// Since when no newer plan could be made, and why.
    pub failing: Option<Failing>,
    /// Why a simpler forecast has to do.
    pub fallback: Option<String>,
    /// What a careful reader should know.
    pub warnings: Vec<String>,
    /// How good the forecasts were.
    pub accuracy: Option<Accuracy>,
}

impl TargetView {
    /// The target of `entry` at `now`.
    pub fn new(entry: &Entry, now: DateTime<Utc>) -> Self {
        let standing = entry.standing();
        let standing = standing.as_deref();
        let decision = standing.map(|standing| standing.decide(now, &entry.rules()));
        Self {
            name: entry.target.name.to_string(),
            mode: entry.target.mode,
            state: decision.as_ref().map_or(State::Waiting, |decision| decision.state),
            timezone: entry.target.timezone.name().to_owned(),
            decision,
            made_at: standing.map(|standing| standing.made_at),
            data_until: standing.map(|standing| standing.data_until),
            failing: entry.failing(),
            fallback: standing.and_then(|standing| standing.fallback.clone()),
            warnings: standing.map(|standing| standing.warnings.clone()).unwrap_or_default(),
            accuracy: entry.accuracy().map(|accuracy| Accuracy::clone(&accuracy)),
        }
    }
}

/// A target with the last run of each of its jobs.
#[derive(Debug, Serialize, ToSchema)]
pub struct TargetDetail {
    /// The target.
    #[serde(flatten)]
    pub target: TargetView,
    /// The last run of every job.
    pub runs: Vec<Run>,
    /// Instances that the source counted, where their number changed, oldest first; empty where it counts none.
    pub counted: Vec<Counted>,
    /// Holidays and events from a week ago to a month ahead.
    pub calendar: Vec<DateView>,
}

/// A holiday or an event.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
pub struct DateView {
    /// Its first moment.
    pub start: DateTime<Utc>,
    /// The first moment after it.
    pub end: DateTime<Utc>,
    /// What it is.
    pub name: String,
}

/// How far back and ahead a calendar is shown.
const SHOWN: (TimeDelta, TimeDelta) = (TimeDelta::days(7), TimeDelta::days(31));

impl DateView {
    /// What `calendar` has around `now`, in order.
    pub fn around(calendar: &Calendar, now: DateTime<Utc>) -> Vec<Self> {
        let midnight = |date: NaiveDate| {
            let local = date.and_time(NaiveTime::MIN);
            let zoned = calendar.zone.from_local_datetime(&local).earliest();
            zoned.map_or_else(|| local.and_utc(), |zoned| zoned.with_timezone(&Utc))
        };
        let holiday = |holiday: &Holiday| Self {
            start: midnight(holiday.date),
            end: midnight(holiday.date.succ_opt().unwrap_or(holiday.date)),
            name: holiday.name.clone(),
        };
        let event =
            |event: &Event| Self { start: event.start, end: event.end, name: event.kind.clone() };
        let holidays = calendar.holidays.iter().map(holiday);
        let all = holidays.chain(calendar.events.iter().map(event));
        let near = |date: &Self| date.end > now - SHOWN.0 && date.start < now + SHOWN.1;
        let mut shown: Vec<_> = all.filter(near).collect();
        shown.sort();
        shown
    }
}

/// The plan of a target.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    /// The target.
    pub target: String,
    /// What its plan is used for.
    #[schema(value_type = String)]
    pub mode: Mode,
    /// The moment that was asked about.
    pub at: DateTime<Utc>,
    /// How much the plan can be trusted.
    pub state: State,
    /// Instances to ask for.
    pub instances: u32,
    /// Why, in one sentence.
    pub reason: String,
    /// When the plan was made.
    pub made_at: DateTime<Utc>,
    /// The first moment after the newest sample behind it.
    pub data_until: DateTime<Utc>,
    /// The plan as `forescale plan --output json` writes it.
    #[schema(value_type = Object)]
    pub plan: Box<RawValue>,
}

impl PlanView {
    /// What `standing` says at `at`, as far as it is known at `now`.
    pub fn new(entry: &Entry, standing: &Standing, at: DateTime<Utc>, now: DateTime<Utc>) -> Self {
        let decision = standing.foresee(at, now, &entry.rules());
        Self {
            target: entry.target.name.to_string(),
            mode: entry.target.mode,
            at,
            state: decision.state,
            instances: decision.instances,
            reason: decision.reason,
            made_at: standing.made_at,
            data_until: standing.data_until,
            plan: standing.plan.json(),
        }
    }
}

/// The forecast of a target.
#[derive(Debug, Serialize, ToSchema)]
pub struct ForecastView {
    /// The target.
    pub target: String,
    /// The first moment forecast.
    pub origin: DateTime<Utc>,
    /// Length of a step.
    pub step_seconds: i64,
    /// The probabilities of the columns of `values`.
    pub quantiles: Vec<f64>,
    /// One row a step, in the unit of the load.
    pub values: Vec<Vec<f64>>,
}

impl ForecastView {
    /// `forecast` at `quantiles`, or at its own when there are none.
    pub fn new(entry: &Entry, forecast: &Forecast, quantiles: &[Quantile]) -> Self {
        let own = forecast.quantiles().as_slice();
        let row = |h: usize| match quantiles {
            [] => forecast.row(h).to_vec(),
            asked => asked.iter().map(|quantile| forecast.quantile(h, *quantile)).collect(),
        };
        Self {
            target: entry.target.name.to_string(),
            origin: forecast.origin(),
            step_seconds: forecast.frequency().seconds(),
            quantiles: match quantiles {
                [] => own.to_vec(),
                asked => asked.iter().map(|quantile| quantile.get()).collect(),
            },
            values: (0..forecast.steps()).map(row).collect(),
        }
    }
}

/// Why a number of instances is asked for from a moment on.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReasonView {
    /// When to ask.
    pub at: DateTime<Utc>,
    /// Instances to ask for.
    pub instances: u32,
    /// Why, in one sentence.
    pub reason: String,
}

impl ReasonView {
    /// Those of every step of the plan.
    pub fn all(standing: &Standing) -> Vec<Self> {
        let view = |step: &Step| Self {
            at: step.at,
            instances: step.instances,
            reason: step.reason.clone(),
        };
        standing.steps.iter().map(view).collect()
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    #[test]
    fn a_calendar_shows_what_is_near_in_order_and_in_its_zone() {
        let now = "2026-01-05T10:00:00Z".parse().unwrap();
        let day =
            |name: &str, date: &str| Holiday { date: date.parse().unwrap(), name: name.into() };
        let event = |kind: &str, hours: i64| Event {
            start: now + TimeDelta::hours(hours),
            end: now + TimeDelta::hours(hours + 2),
            kind: kind.into(),
            factor: None,
        };
        let calendar = Calendar {
            zone: Tz::Europe__Berlin,
            holidays: vec![day("Christmas", "2025-12-25"), day("Epiphany", "2026-01-06")],
            events: vec![event("sale", 3), event("next year", 9_000)],
            ..Calendar::default()
        };
        let shown = DateView::around(&calendar, now);
        let names: Vec<_> = shown.iter().map(|date| date.name.as_str()).collect();
        assert_eq!(names, ["sale", "Epiphany"]);
        assert_eq!(shown[1].start.to_rfc3339(), "2026-01-05T23:00:00+00:00");
        assert_eq!(shown[1].end - shown[1].start, TimeDelta::days(1));
    }
}
