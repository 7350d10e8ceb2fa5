//! What may be written on the command line, one file for each group of options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod advise;
mod data;
mod decide;
mod fleet;
mod history;
mod identify;
mod learn;
mod lifecycle;
mod model;
mod plan;
mod replay;
mod serve;
mod setup;
mod values;
mod weigh;
mod what;

pub use advise::AdviseArgs;
pub use data::{DataArgs, DataCommand, DescribeArgs, GenerateArgs};
pub use decide::DecideArgs;
pub use fleet::{
    FleetBacktestArgs, FleetCommand, FleetCommandArgs, FleetJobArgs, FleetPlanArgs, FleetTrainArgs,
    ProfileName,
};
pub use history::{Aggregation, EngineArgs, HistoryArgs, ServiceArgs};
pub use identify::IdentifyArgs;
pub use learn::{ScenarioArgs, TrainPolicyArgs};
pub use model::{ModelsArgs, ModelsCommand, Source, TrainArgs};
pub use plan::{FleetArgs, PlanArgs};
pub use replay::{
    BaseFleetArgs, MetricColumn, PlanMeaning, PlanOut, ReplayArgs, ScoreArgs, ScoreFrom,
    SimulatedArgs,
};
pub use serve::{ExportArgs, ExportTo, LogForm, ServeArgs};
pub use setup::{CompletionsArgs, ConfigArgs, ConfigCommand, ConfigShowArgs, ManArgs};
pub use weigh::WeighArgs;
pub use what::{BacktestArgs, CompareArgs, ExplainArgs, ForecastArgs};

const AFTER_HELP: &str = "\
Every option can also stand in the environment (FORESCALE_MAX=20) or in a file
(max = 20): the one of --config, else .forescale.toml in this folder, and where
that says nothing ~/.config/forescale/config.toml. A flag wins over the
environment, and that over the files. What holds, and where it comes from, says
forescale config show --origin.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 a source is
unavailable, 4 refused by a guard, 130 interrupted.";

/// The version, and the commit it was built from where that is known.
pub const VERSION: &str = env!("FORESCALE_VERSION");

/// Predictive autoscaling: from a load history to a scale plan.
#[derive(Debug, Parser)]
#[command(name = "forescale", version = VERSION, after_help = AFTER_HELP, max_term_width = 110)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to do it.
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// From a history (or a model) and a fleet to a list of scale recommendations.
    Plan(Box<PlanArgs>),
    /// From a history (or a model) to quantiles of the load to come.
    Forecast(ForecastArgs),
    /// Train a model on a history and write it, with its card, to a file.
    Train(TrainArgs),
    /// Score every predictor on rolling origins of a history, against seasonal naive.
    Backtest(BacktestArgs),
    /// What scaling policies would have done on a history, what it would have cost, and what it would have broken.
    Replay(Box<ReplayArgs>),
    /// Which strategy and settings a service should use, by what they would have done on its history.
    Advise(Box<AdviseArgs>),
    /// What a policy would ask for now, as the replay and the advice judged it.
    Decide(Box<DecideArgs>),
    /// Train the policy `dqn` in the replay, and show its learning curve.
    TrainPolicy(Box<TrainPolicyArgs>),
    /// Test what is expected of a policy: scale-up, flash crowd, outage, deploy and the like, in files of your own.
    Scenario(ScenarioArgs),
    /// How response times follow from load and instances, for the policy `mpc`.
    Identify(IdentifyArgs),
    /// What drives the load and the plan.
    Explain(Box<ExplainArgs>),
    /// List, show or remove trained models.
    Models(ModelsArgs),
    /// Describe a history, or generate a sample one.
    Data(DataArgs),
    /// Forecast, plan, train or backtest many series at once, on all cores, in parts that fit into memory.
    Fleet(FleetCommandArgs),
    /// Forecast and plan on a schedule, for KEDA, Prometheus, HTTP and people; --config names its targets.
    Serve(ServeArgs),
    /// Say what is wrong with the configuration of a service, its store, its sources and its clock.
    Doctor,
    /// A plan as files for Kubernetes, KEDA, AWS or Prometheus.
    Export(Box<ExportArgs>),
    /// Show the settings that hold here, and where each comes from.
    Config(ConfigArgs),
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
    /// Write the manual pages.
    Man(ManArgs),
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "General")]
pub struct GlobalArgs {
    /// Form of the result on standard output.
    #[arg(short, long, global = true, value_enum, default_value = "table", value_name = "FORM")]
    pub output: OutputForm,
    /// Configuration file (TOML).
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// When to use colour.
    #[arg(long, global = true, value_enum, default_value = "auto", value_name = "WHEN")]
    pub color: When,
    /// Say nothing on standard error but errors.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error.
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Threads to use [default: one for each core].
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub threads: Option<u16>,
}

/// Forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OutputForm {
    /// For people.
    Table,
    /// One object: settings, data, the result, warnings.
    Json,
    /// The result as rows.
    Csv,
    /// The result as rows.
    Parquet,
    /// The object of json, as YAML.
    Yaml,
}

/// When something that is for terminals is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// When the stream is a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
