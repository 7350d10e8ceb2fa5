//! Parts of the pages, for other pages that draw the same charts.

/// The style of the charts.
pub const UPLOT_CSS: &str = include_str!("../assets/uplot/uPlot.min.css");
/// uPlot, which draws them (MIT licence).
pub const UPLOT_JS: &str = include_str!("../assets/uplot/uPlot.iife.min.js");
/// Colours, tables, tiles and charts in light and dark.
pub const REPORT_CSS: &str = include_str!("../assets/report.css");
/// Charts over time that share a range, a cursor and a keyboard; it needs [`UPLOT_JS`] before it.
pub const CHARTS_JS: &str = include_str!("../assets/charts.js");
