//! What a plan may weigh beside the load: prices, interruptions, carbon, regions, cold starts and many load paths.
//!
//! Each objective is a function from numbers to counts, with a reason for every step, and equal to the best of all
//! choices where those can be tried out. [`crate::plan_serving`] makes a plan of counts that were chosen here.

mod carbon;
mod curve;
mod error;
mod price;
mod regions;
mod scenarios;
mod spot;
mod stage;
mod weighed;
mod zero;

pub(crate) use carbon::intensity;
pub use carbon::{
    CarbonOptions, CarbonPlan, CarbonReason, CarbonRow, CarbonStep, FlexibleLoad, Shifted,
    carbon_steps, shift_work,
};
pub use error::ObjectiveError;
pub use price::{PriceReason, Priced, PricedStep, cheapest_at_price};
pub use regions::{
    Origin, Region, RegionOptions, RegionRow, RegionsReason, RegionsStep, Sent, regions,
    split_over_regions,
};
pub use scenarios::{
    MOST_PATHS, PathSettings, Paths, ScenarioPlan, ScenarioReason, ScenarioStep, correlation,
    plan_over_paths, sample_paths,
};
pub use spot::{Need, SpotOptions, SpotReason, SpotRow, SpotStep, spot_mix};
pub use weighed::{
    CarbonShift, Part, RegionSplit, SpotPrices, Total, Weighed, WeighedStep, Weighing, plan_weighed,
};
pub use zero::{ScaleToZero, Standby, stand_by};
