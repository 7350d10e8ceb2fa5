//! The settings of every function, as Python hands them over: the names are those of the command's options.

use std::sync::Arc;

use chrono::{Datelike, TimeDelta};
use forescale::{
    Calendar, Capacity, ColdStart, EngineOptions, Event, FleetState, Limits, LoadSeries, Objective,
    PlanOptions, Replicas, Utilization, holidays, instances_for_last_load,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::failure::Refusal;
use crate::values::{self, Seconds, Share, Span};

/// Years after the end of a history whose holidays are known.
const YEARS_AHEAD: i32 = 3;

/// Reads settings.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|error| {
        let text = error.to_string();
        // Where it stood in the text of the settings says nothing to the caller.
        let text = text.split(" at line ").next().unwrap_or_default().to_owned();
        Refusal::new(text).hint("see help() of the function for what each setting means")
    })
}

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
    /// The calendar of the service for `series`.
    pub fn calendar(&self, series: &LoadSeries) -> Result<Arc<Calendar>, Refusal> {
        let zone = values::zone(&self.timezone)?;
        let business_hours = values::business_hours(&self.business_hours)?;
        let mut calendar = Calendar { zone, business_hours, ..Calendar::default() };
        if let Some(country) = &self.holidays {
            let years = series.start().year()..=series.end().year().saturating_add(YEARS_AHEAD);
            calendar.holidays = holidays(country, years).map_err(|error| {
                Refusal::new(error.to_string()).hint("leave out holidays, or list them as events")
            })?;
        }
        let event = |row: &EventRow| {
            let (start, end) = (values::moment(&row.start, zone)?, values::moment(&row.end, zone)?);
            if start >= end
                || row.factor.is_some_and(|factor| !(factor.is_finite() && factor > 0.0))
            {
                return Err(Refusal::new(format!(
                    "the event {:?} should end after it starts, with a factor above 0",
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
                Capacity::utilization(capacity, Utilization::new(self.target_utilization.0)?)?
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
