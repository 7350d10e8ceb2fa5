//! A plan that weighs more than the load: its objective chooses what serves, and the plan asks for it in time.

mod carbon;
mod regions;
mod scenarios;
mod spot;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_core::{Forecast, Replicas};
use serde::Serialize;

use super::error::ObjectiveError;
use super::{CarbonRow, PathSettings, Region, RegionOptions, SpotRow};
use crate::capacity::Capacity;
use crate::fleet::FleetState;
use crate::options::PlanOptions;
use crate::plan::plan_serving;
use crate::reason::ForecastNotes;
use crate::scale_plan::{ScalePlan, seconds};
use crate::timeline::Timeline;

/// What is weighed beside the load.
#[derive(Debug, Clone, PartialEq)]
pub enum Weighing {
    /// One plan over many load paths.
    Scenarios(PathSettings),
    /// Spot instances beside those on demand.
    Spot(SpotPrices),
    /// Flexible load, done when the grid is clean.
    Carbon(CarbonShift),
    /// Load from several origins, served in several regions.
    Regions(RegionSplit),
}

/// What spot instances are weighed by.
#[derive(Debug, Clone, PartialEq)]
pub struct SpotPrices {
    /// Prices and interruptions.
    pub rows: Vec<SpotRow>,
    /// Price of an on-demand instance, in the currency of the rows.
    pub on_demand_price_per_hour: f64,
}

/// What moving work is weighed by.
#[derive(Debug, Clone, PartialEq)]
pub struct CarbonShift {
    /// Emissions of the grid.
    pub rows: Vec<CarbonRow>,
    /// Share of the load that can wait.
    pub flexible: f64,
    /// How long it can wait.
    pub deadline: TimeDelta,
    /// Power of one instance, in watts.
    pub watts: f64,
    /// Price of an instance.
    pub price_per_instance_hour: f64,
    /// Price of a kilogram of CO2; without it carbon is minimised, whatever instances cost.
    pub price_per_kg: Option<f64>,
}

/// What regions are weighed by.
#[derive(Debug, Clone, PartialEq)]
pub struct RegionSplit {
    /// The regions.
    pub regions: Vec<Region>,
    /// Share of the load that comes from each origin; they sum up to 1.
    pub origins: Vec<(String, f64)>,
    /// Latency limit, and what carbon weighs.
    pub options: RegionOptions,
}

impl Weighing {
    /// Its name in results: `spot`.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Scenarios(_) => "scenarios",
            Self::Spot(_) => "spot",
            Self::Carbon(_) => "carbon",
            Self::Regions(_) => "regions",
        }
    }

    /// What chose the instances, in the reasons of the plan.
    fn chosen_by(&self) -> &'static str {
        match self {
            Self::Scenarios(_) => "the plan over all load paths",
            Self::Spot(_) => "the cheapest mix with spot instances",
            Self::Carbon(_) => "the plan that moves flexible work",
            Self::Regions(_) => "the cheapest split over regions",
        }
    }
}

/// Instances of one kind: a pool, a region, a use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Its name.
    pub name: String,
    /// How many serve.
    pub instances: Replicas,
}

/// What serves at a step, by kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WeighedStep {
    /// When the step begins.
    #[serde(serialize_with = "seconds")]
    pub at: DateTime<Utc>,
    /// Instances that serve, before the limits of the plan.
    pub instances: Replicas,
    /// The same by kind; one kind alone is not listed.
    pub parts: Vec<Part>,
    /// Why, in one sentence.
    pub reason: String,
}

/// A figure of the whole plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Total {
    /// Its name in results.
    pub name: &'static str,
    /// What it is, for people.
    pub about: &'static str,
    /// How much.
    pub value: f64,
}

/// A plan with what was weighed for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Weighed {
    /// The plan: when to ask for how many instances in all.
    pub plan: ScalePlan,
    /// The forecast of what the plan carries: the load, with flexible work moved where some is.
    pub forecast: Forecast,
    /// What serves at every step.
    pub steps: Vec<WeighedStep>,
    /// Figures of the whole.
    pub totals: Vec<Total>,
}

/// What an objective chose.
struct Chosen {
    steps: Vec<WeighedStep>,
    totals: Vec<Total>,
    /// When it is not the load that has to be carried.
    forecast: Option<Forecast>,
}

/// What an objective is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    forecast: &'a Forecast,
    fleet: &'a FleetState,
    capacity: &'a Capacity,
    options: &'a PlanOptions,
    timeline: &'a Timeline,
}

impl Asked<'_> {
    /// Probability that may be left uncovered at a step, as [`crate::Objective::quantile`] has it.
    fn uncovered(&self) -> Result<f64, ObjectiveError> {
        let quantile = self.options.objective.quantile()?;
        quantile.map(|quantile| 1.0 - quantile.get()).ok_or(ObjectiveError::NeedsBudget)
    }

    fn hours(&self) -> f64 {
        self.timeline.step_minutes() / 60.0
    }
}

/// Plans `fleet` for `forecast` by what `weighing` says, which chooses what serves at every step; launches are asked for
/// the start-up time ahead, and every limit of `options` holds for all instances together.
///
/// # Errors
/// [`ObjectiveError`] names the value or the row that does not fit; a price of a violation is no budget
/// ([`ObjectiveError::NeedsBudget`]).
///
/// ```
/// use chrono::TimeDelta;
/// use forescale_core::{Forecast, Frequency, Quantiles, Replicas, Utilization};
/// use forescale_plan::objectives::{SpotPrices, SpotRow, Weighing, plan_weighed};
/// use forescale_plan::{Capacity, FleetState, ForecastNotes, PlanOptions};
///
/// let now = "2026-01-05T10:00:00Z".parse()?;
/// let (step, quantiles) = (Frequency::from_seconds(300)?, Quantiles::new([0.1, 0.98])?);
/// let forecast = Forecast::new(now, step, quantiles, vec![70.0, 76.0, 80.0, 70.0, 76.0, 80.0])?;
/// let rows = vec![SpotRow::new(now, 0.03, 0.05, None)?];
/// let spot = Weighing::Spot(SpotPrices { rows, on_demand_price_per_hour: 0.1 });
/// let fleet = FleetState::new(now, Replicas(10), TimeDelta::minutes(5));
/// let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
/// let (options, notes) = (PlanOptions::default(), ForecastNotes::default());
/// let weighed = plan_weighed(&forecast, &fleet, &capacity, &options, &notes, &spot)?;
/// // Ten would do, one more stands in for those that are interrupted.
/// assert_eq!(weighed.steps[0].parts[0].instances, Replicas(11));
/// assert_eq!(weighed.plan.recommendations[0].instances, Replicas(11));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn plan_weighed(
    forecast: &Forecast,
    fleet: &FleetState,
    capacity: &Capacity,
    options: &PlanOptions,
    notes: &ForecastNotes,
    weighing: &Weighing,
) -> Result<Weighed, ObjectiveError> {
    options.check()?;
    let timeline = Timeline::new(forecast, fleet)?;
    let asked = Asked { forecast, fleet, capacity, options, timeline: &timeline };
    let Chosen { steps, totals, forecast: moved } = match weighing {
        Weighing::Scenarios(paths) => scenarios::choose(asked, paths)?,
        Weighing::Spot(prices) => spot::choose(asked, prices)?,
        Weighing::Carbon(shift) => carbon::choose(asked, shift)?,
        Weighing::Regions(split) => regions::choose(asked, split)?,
    };
    let forecast = moved.unwrap_or_else(|| forecast.clone());
    let serving: Vec<Replicas> = steps.iter().map(|step| step.instances).collect();
    let by = weighing.chosen_by();
    let plan = plan_serving(&forecast, fleet, capacity, options, notes, &serving, by)?;
    Ok(Weighed { plan, forecast, steps, totals })
}
