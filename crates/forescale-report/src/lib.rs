//! What a plan looks like: one self-contained HTML page, and a chart for the terminal.
//!
//! A replay of policies has a page of its own. All are pure functions of their data: no file, no network and no clock,
//! so the same data give the same bytes.

pub mod assets;
pub mod chart;
mod data;
mod island;
mod page;
mod replay;
mod serving;
#[cfg(test)]
mod testing;
mod thin;

pub use data::{
    BacktestRow, Coverage, ForecastBand, ForecastRow, HistoryPoint, MemberView, ReportData,
    WeightAt,
};
pub use page::render_html;
pub use replay::{IncidentView, PolicyView, ReplayData, render_replay};
