//! Scheduled forecasts and plans as a service: HTTP, KEDA's external scaler, metrics and a page.
//!
//! [`serve`] is the way in. The service learns, forecasts and plans on a schedule, keeps its state in one SQLite file,
//! and answers from memory. Where load comes from is the business of [`Sources`], so that this crate knows no file
//! format and no query language; the time comes from a [`Clock`].
//!
//! Without a fresh forecast no scaler gets a number, and nothing is ever scaled in.

mod accuracy;
mod board;
mod check;
mod clock;
mod config;
mod door;
mod error;
mod grpc;
mod hindsight;
mod http;
mod jobs;
mod lead;
mod listen;
mod metrics;
mod notify;
mod secret;
mod serve;
mod service;
mod source;
mod standing;
mod store;
mod written;

pub use accuracy::Accuracy;
pub use check::{Finding, check};
pub use clock::{Clock, ManualClock, SystemClock};
pub use config::{
    Config, ConfigError, Fleet, Mode, Outputs, Schedule, Server, StoreSettings, Target, TargetName,
    Tls, Webhook,
};
pub use error::ServerError;
pub use grpc::externalscaler;
pub use hindsight::{
    BacktestResult, ForecastScores, PolicyResult, PolicyScores, PredictorResult, ReplayResult,
    StepRange,
};
pub use serve::{Running, Shutdown, serve};
pub use service::Service;
pub use source::{Loaded, Output, Source, SourceError, Sources};
pub use standing::{Counted, Decision, Failing, Rules, Standing, State, Step};
pub use written::WrittenPlan;
