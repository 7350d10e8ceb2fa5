//! What a plan looks like: one self-contained HTML page, and a chart for the terminal.
//!
//! Both are pure functions of [`ReportData`]: no file, no network and no clock, so the same data give the
//! same bytes.

pub mod chart;
mod data;
mod island;
mod page;
mod serving;
#[cfg(test)]
mod testing;
mod thin;

pub use data::{
    BacktestRow, Coverage, ForecastBand, ForecastRow, HistoryPoint, MemberView, ReportData,
    WeightAt,
};
pub use page::render_html;
