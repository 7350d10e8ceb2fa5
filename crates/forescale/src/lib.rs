//! Predictive autoscaling: from a load history to a scale plan.
//!
//! The engine does no I/O: a history is a [`LoadSeries`], a model is bytes, `now` is an argument, and all
//! randomness comes from a seed, so that the same input always gives the same plan.
//!
//! ```
//! use chrono::TimeDelta;
//! use forescale::*;
//!
//! // Four days of hours: 40 requests a second by day, 10 by night.
//! let load = (0..96).map(|hour| if (8..20).contains(&(hour % 24)) { 40.0 } else { 10.0 });
//! let series = LoadSeries::new("2026-01-05T00:00:00Z".parse()?, Frequency::from_seconds(3_600)?, load.collect())?;
//!
//! let model = train(&series, &EngineOptions::default())?;
//! let forecast = model.forecast(&series, Horizon::new(24)?, &Quantiles::standard())?;
//! let capacity = Capacity::utilization(10.0, Utilization::new(0.8)?)?;
//! let fleet = FleetState::new(series.end(), Replicas(2), TimeDelta::minutes(5));
//! let plan = plan(&forecast, &fleet, &capacity, &PlanOptions::default(), &model.notes())?;
//!
//! assert_eq!(plan.recommendations[0].at, series.end());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod advise;
mod backtest;
pub mod card;
mod decide;
mod error;
mod error_correlation;
pub mod explain;
pub mod fleet;
mod foresight;
pub mod grid;
mod lifecycle;
mod model;
mod noticed;
mod options;
mod origin;
pub mod peers;
mod plan;
mod policies;
mod replay;
mod roles;
pub mod scenario;
mod train;

pub use advise::{Advice, Evidence, Kind, Numbers, Verdict, Workload, advise};
pub use backtest::{Backtest, BacktestOptions, PredictorScores, backtest};
pub use card::ModelCard;
pub use decide::decide;
pub use error::EngineError;
pub use error_correlation::error_correlation;
pub use explain::{Explanation, Rule, explain};
pub use forescale_backtest::{Bucket, Scores};
pub use forescale_core::{
    BusinessHours, Calendar, Event, Forecast, Frequency, Holiday, Horizon, Importance, Level,
    LoadSeries, Quantile, Quantiles, Replicas, Utilization, parse_span, time::format_span,
};
pub use forescale_ensemble::{EnsembleReport, MemberReport, Predicted, Progress};
pub use forescale_features::holidays::{ANY_YEARS, HolidayError, holidays, years_of};
pub use forescale_plan::identify::{Candidate, Identified, IdentifyError, ResponseModel, identify};
pub use forescale_plan::objectives;
pub use forescale_plan::policies::{Attached, Dimension, FileKind, Policy, PolicyError, dqn};
pub use forescale_plan::{
    Action, Binding, Capacity, ColdStart, FleetState, ForecastNotes, Limits, Objective, PlanError,
    PlanOptions, PlanSummary, Recommendation, ScalePlan, plan, plan_serving,
};
pub use forescale_predictors::{PREDICTORS, find_seasonality};
pub use forescale_replay::{
    Bound, CurvePoint, FleetSettings, FrontierPoint, Incident, MOST_INSTANCES, Next, OnTimeout,
    Outcome, PlanKind, Planned, PolicyTraining, ReplayError, Run, ScoreSettings, Scorecard, Trace,
    TrainedPolicy, World, train_policy, unseen_worlds,
};
pub use foresight::foresight;
pub use lifecycle::LifecycleSettings;
pub use model::{MODEL_VERSION, Model};
pub use noticed::{Noticed, NoticedKind};
pub use options::{EngineOptions, horizon};
pub use origin::{as_of, farther, stale};
pub use peers::{Origins, Peer, PeerAnswer, origins};
pub use plan::instances_for_last_load;
pub use policies::{create_policy, policies};
pub use replay::replay;
pub use roles::YARDSTICK;
pub use train::{train, train_with_progress};
