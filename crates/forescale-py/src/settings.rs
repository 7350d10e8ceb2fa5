//! The settings of every function, as Python hands them over: the names are those of the command's options.

use std::ops::RangeInclusive;
use std::sync::Arc;

use chrono::TimeDelta;
use chrono_tz::Tz;
use forescale::{
    ANY_YEARS, BusinessHours, Calendar, Capacity, ColdStart, EngineOptions, Event, FleetState,
    Limits, LoadSeries, Model, Objective, PlanOptions, Replicas, Utilization, holidays,
    instances_for_last_load, years_of,
};
use serde::Deserialize;

use crate::failure::Refusal;
use crate::histories::Zone;
use crate::values::{self, Seconds, Share, Span};

/// What learns, and the calendar of the service.
#[derive(Debug, Clone, Deserialize)]
pub struct Learning {
    /// Predictors by name; empty for the default ones.
    #[serde(default)]
    pub predictors: Vec<String>,
    /// Where all randomness comes from; 1 when absent.
    pub seed: Option<u64>,
    /// Zone of the service; UTC when absent.
    pub timezone: Option<String>,
    /// As `9-17`, which it is when absent.
    pub business_hours: Option<String>,
    /// Country whose holidays count.
    pub holidays: Option<String>,
    /// Known events.
    pub events: Option<Vec<EventRow>>,
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

impl EventRow {
    fn event(&self, zone: Tz) -> Result<Event, Refusal> {
        let moment =
            |text: &str| values::moment(text, zone).map_err(|error| error.setting("events"));
        let (start, end) = (moment(&self.start)?, moment(&self.end)?);
        if start >= end || self.factor.is_some_and(|factor| !(factor.is_finite() && factor > 0.0)) {
            return Err(Refusal::new(format!(
                "events: {:?} should end after it starts, with a factor above 0",
                self.kind
            ))
            .hint("pass start, end, kind and, if known, factor"));
        }
        Ok(Event { start, end, kind: self.kind.clone(), factor: self.factor })
    }
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

    /// The zone of times without one.
    pub fn zone(&self) -> Result<Zone, Refusal> {
        Zone::given(self.timezone.as_deref())
    }

    /// Where all randomness comes from.
    pub fn seed(&self) -> u64 {
        self.seed.unwrap_or(1)
    }

    fn business_hours(&self) -> Result<Option<BusinessHours>, Refusal> {
        self.business_hours.as_deref().map(values::business_hours).transpose()
    }

    /// The calendar of the service for `series`.
    pub fn calendar(&self, series: &LoadSeries) -> Result<Arc<Calendar>, Refusal> {
        self.calendar_of(years_of(series), None)
    }

    /// The calendar of a model with what was given laid over it; none where nothing was given.
    pub fn calendar_over(&self, model: &Model) -> Result<Option<Arc<Calendar>>, Refusal> {
        let given = self.timezone.is_some()
            || self.business_hours.is_some()
            || self.holidays.is_some()
            || self.events.is_some();
        let years = years_of(model.recent());
        given.then(|| self.calendar_of(years, Some(model.calendar()))).transpose()
    }

    /// The calendar of the service for whatever series there are.
    pub fn calendar_of_any(&self) -> Result<Arc<Calendar>, Refusal> {
        self.calendar_of(ANY_YEARS, None)
    }

    fn calendar_of(
        &self,
        years: RangeInclusive<i32>,
        known: Option<&Calendar>,
    ) -> Result<Arc<Calendar>, Refusal> {
        let mut calendar = known.cloned().unwrap_or_default();
        if self.timezone.is_some() {
            calendar.zone = self.zone()?.of_times;
        }
        if let Some(hours) = self.business_hours()? {
            calendar.business_hours = hours;
        }
        if let Some(country) = &self.holidays {
            calendar.holidays = holidays(country, years).map_err(|error| {
                Refusal::new(error.to_string())
                    .setting("holidays")
                    .hint("leave out holidays, or list them as events")
            })?;
        }
        if let Some(rows) = &self.events {
            let events = rows.iter().map(|row| row.event(calendar.zone));
            calendar.events = events.collect::<Result<_, _>>()?;
            calendar.events.sort_by_key(|event| (event.start, event.end));
        }
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
            seed: self.seed(),
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
