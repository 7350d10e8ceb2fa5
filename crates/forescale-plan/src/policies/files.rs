//! What a policy is given in a file, which others read for it.

use crate::objectives::{CarbonRow, RegionRow, SpotRow};
use crate::policies::dqn::Net;

/// What stands in a file that a setting names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A net that `forescale train-policy` wrote.
    Net,
    /// Prices of spot instances.
    SpotPrices,
    /// Emissions of a grid.
    GridIntensity,
    /// Regions.
    Regions,
}

/// The content of such a file.
#[derive(Debug, Clone)]
pub enum Attached {
    /// A net.
    Net(Net),
    /// Prices of spot instances.
    SpotPrices(Vec<SpotRow>),
    /// Emissions of a grid.
    GridIntensity(Vec<CarbonRow>),
    /// Regions.
    Regions(Vec<RegionRow>),
}
