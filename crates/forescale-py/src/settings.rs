//! The settings of every function, as Python hands them over: the names are those of the command's options.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::{Datelike, TimeDelta};
use chrono_tz::Tz;
use forescale::{
    BusinessHours, Calendar, Capacity, ColdStart, EngineOptions, Event, FleetState, Limits,
    LoadSeries, Objective, PlanOptions, Replicas, Utilization, holidays, instances_for_last_load,
};
use serde::Deserialize;

use crate::failure::Refusal;
use crate::values::{self, Seconds, Share, Span};

/// Years after the end of a history whose holidays are known.
const YEARS_AHEAD: i32 = 3;

/// Years in which loads are measured, where no series was read yet.
const ANY_YEARS: RangeInclusive<i32> = 2000..=2049;

/// What learns, and the calendar of the service.
#[derive(Debug, Clone, Deserialize)]
pub struct Learning {
    /// Predictors by name; empty for the default ones.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Where all randomness comes from.
    pub seed: u64,
    /// Zone of the service.
    pub timezone: String,
    /// As `9-17`.
    pub business_hours: String,
    /// Country whose holidays count.
    pub holidays: Option<String>,
    /// Known events.
    #[serde(default)]
    pub events: Vec<EventRow>,
    /// Threads to use; one for each core when absent.
    pub threads: Option<usize>,
}

/// A known event.
#[derive(Debug, Clone, Deserialize)]
pub struct EventRow {
    /// First moment.
    pub start: String,
    /// First moment after it.
    pub end: String,
    /// What kind it is.
    pub kind: String,
    /// What the load is multiplied by, if known.
    pub factor: Option<f64>,
}

impl Learning {
    /// Refuses before any work what no series could make right.
    pub fn check(&self) -> Result<(), Refusal> {
        self.zone()?;
        self.business_hours()?;
        let options =
            EngineOptions { predictors: self.predictors.clone(), ..EngineOptions::default() };
        Ok(options.check()?)
    }

    /// The zone of the service.
    pub fn zone(&self) -> Result<Tz, Refusal> {
        values::zone(&self.timezone)
    }

    fn business_hours(&self) -> Result<BusinessHours, Refusal> {
        values::business_hours(&self.business_hours)
    }

    /// The calendar of the service for `series`.
    pub fn calendar(&self, series: &LoadSeries) -> Result<Arc<Calendar>, Refusal> {
        let years = series.start().year()..=series.end().year().saturating_add(YEARS_AHEAD);
        self.calendar_of(years)
    }

    /// The calendar of the service for whatever series there are.
    pub fn calendar_of_any(&self) -> Result<Arc<Calendar>, Refusal> {
        self.calendar_of(ANY_YEARS)
    }

    fn calendar_of(&self, years: RangeInclusive<i32>) -> Result<Arc<Calendar>, Refusal> {
        let (zone, business_hours) = (self.zone()?, self.business_hours()?);
        let mut calendar = Calendar { zone, business_hours, ..Calendar::default() };
        if let Some(country) = &self.holidays {
            calendar.holidays = holidays(country, years).map_err(|error| {
                Refusal::new(error.to_string())
                    .setting("holidays")
                    .hint("leave out holidays, or list them as events")
            })?;
        }
        let event = |row: &EventRow| {
            let moment =
                |text: &str| values::moment(text, zone).map_err(|error| error.setting("events"));
            let (start, end) = (moment(&row.start)?, moment(&row.end)?);
            if start >= end
                || row.factor.is_some_and(|factor| !(factor.is_finite() && factor > 0.0))
            {
                return Err(Refusal::new(format!(
                    "events: {:?} should end after it starts, with a factor above 0",
                    row.kind
                ))
                .hint("pass start, end, kind and, if known, factor"));
            }
            Ok(Event { start, end, kind: row.kind.clone(), factor: row.factor })
        };
        calendar.events = self.events.iter().map(event).collect::<Result<_, _>>()?;
        calendar.events.sort_by_key(|event| event.start);
        Ok(Arc::new(calendar))
    }

    /// The options of the engine for forecasts of `horizon` from `series`.
    pub fn engine(
        &self,
        series: &LoadSeries,
        horizon: TimeDelta,
    ) -> Result<EngineOptions, Refusal> {
        Ok(EngineOptions {
            predictors: self.predictors.clone(),
            seed: self.seed,
            calendar: self.calendar(series)?,
            horizon,
            threads: self.threads,
        })
    }
}

/// The instances and what is asked of them.
#[derive(Debug, Clone, Deserialize)]
pub struct Fleet {
    capacity: Option<f64>,
    target_utilization: Share,
    service_time: Option<Seconds>,
    max_wait: Option<Seconds>,
    wait_share: Share,
    current: Option<u32>,
    min: u32,
    max: Option<u32>,
    startup: Span,
    cooldown: Span,
    stabilization: Span,
    max_scale_up: Option<u32>,
    max_scale_down: Option<u32>,
    budget: Option<Share>,
    violation_price: Option<f64>,
    event_price: f64,
    level: f64,
    all_steps: bool,
}

impl Fleet {
    /// How much an instance carries; none when nothing says so.
    pub fn capacity(&self) -> Result<Option<Capacity>, Refusal> {
        let given = (self.capacity, self.service_time, self.max_wait);
        Ok(Some(match given {
            (capacity, Some(Seconds(service)), Some(Seconds(wait))) => {
                Capacity::wait(capacity, service, wait, self.wait_share.0)?
            }
            (_, Some(_), None) | (_, None, Some(_)) => {
                return Err(Refusal::new("service_time and max_wait belong together")
                    .hint("pass both, or capacity alone"));
            }
            (Some(capacity), ..) => {
                let target = Utilization::new(self.target_utilization.0)
                    .map_err(|error| Refusal::from(error).setting("target_utilization"))?;
                Capacity::utilization(capacity, target)?
            }
            (None, ..) => return Ok(None),
        }))
    }

    /// The same for a plan, which cannot do without.
    pub fn needed_capacity(&self) -> Result<Capacity, Refusal> {
        self.capacity()?.ok_or_else(|| {
            Refusal::new("a plan needs to know what one instance carries").hint(
                "pass capacity, the load that saturates one instance; or service_time and max_wait",
            )
        })
    }

    /// What the plan respects and weighs.
    pub fn options(&self) -> Result<PlanOptions, Refusal> {
        let limits = Limits {
            min: Replicas(self.min),
            max: self.max.map(Replicas),
            max_up: self.max_scale_up,
            max_down: self.max_scale_down,
            cooldown: self.cooldown.0,
            stabilization: self.stabilization.0,
        };
        let options = PlanOptions {
            objective: self.objective()?,
            limits,
            level: values::level(self.level)?,
            event_price: self.event_price,
            all_steps: self.all_steps,
            cold_start: ColdStart::default(),
        };
        options.check()?;
        Ok(options)
    }

    fn objective(&self) -> Result<Objective, Refusal> {
        match (self.violation_price, self.budget) {
            (Some(_), Some(_)) => {
                Err(Refusal::new("budget and violation_price exclude one another")
                    .hint("pass one of them"))
            }
            (Some(violated_minute), None) => Ok(Objective::Price { violated_minute }),
            (None, Some(Share(budget))) => Ok(Objective::Budget(budget)),
            (None, None) => Ok(Objective::default()),
        }
    }

    /// Time from asking for an instance to its serving.
    pub fn startup(&self) -> TimeDelta {
        self.startup.0
    }

    /// Instances there are now, if the caller said so.
    pub fn current(&self) -> Option<Replicas> {
        self.current.map(Replicas)
    }

    /// The fleet at the end of `series`.
    pub fn state(
        &self,
        series: &LoadSeries,
        capacity: &Capacity,
        options: &PlanOptions,
    ) -> Result<FleetState, Refusal> {
        let current = match self.current() {
            Some(current) => current,
            None => instances_for_last_load(series, capacity, &options.limits)?,
        };
        Ok(FleetState::new(series.end(), current, self.startup()))
    }
}
