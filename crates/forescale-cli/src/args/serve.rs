//! `serve`, and `export` of plans for what scales already.

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, ValueEnum};

use super::values::{self, Moment};

/// `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Form of the log on standard error.
    #[arg(long, value_enum, default_value = "text", value_name = "FORM")]
    pub log: LogForm,
}

/// Forms of a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogForm {
    /// Lines for people.
    Text,
    /// An object a line.
    Json,
}

/// What a plan is written for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ExportTo {
    /// A patch of `minReplicas` of a Kubernetes HPA, for now.
    Hpa,
    /// A KEDA ScaledObject that asks `forescale serve` over gRPC.
    KedaExternal,
    /// A KEDA ScaledObject that reads the plan from Prometheus.
    KedaPrometheus,
    /// A KEDA ScaledObject with the plan as cron triggers.
    KedaCron,
    /// Kubernetes CronJobs that patch `minReplicas`.
    Cronjobs,
    /// Scheduled actions of an AWS Auto Scaling group.
    AwsGroup,
    /// Scheduled actions of AWS Application Auto Scaling.
    AwsTarget,
    /// OpenMetrics, to backfill the plan into Prometheus.
    Openmetrics,
}

/// `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// A plan as `forescale plan -o json` prints it, or - for standard input.
    #[arg(value_name = "PLAN.json")]
    pub plan: String,
    /// What the plan is written for.
    #[arg(long, value_enum, value_name = "SYSTEM")]
    pub to: ExportTo,
    /// What is scaled: the Deployment, the group, the resource id of AWS, or the name of the series.
    #[arg(long, value_name = "NAME")]
    pub name: String,
    /// Folder to write to [default: standard output].
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Print what would change in the files of --out, and write nothing.
    #[arg(long, requires = "out")]
    pub diff: bool,
    /// Kubernetes namespace.
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub namespace: String,
    /// Fewest instances, for KEDA.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub min: u32,
    /// The most instances that the system allows [default: the plan's own peak].
    #[arg(long, value_name = "N")]
    pub max: Option<u32>,
    /// Address of `forescale serve` for gRPC, or of Prometheus.
    #[arg(long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// PromQL that gives instances, for keda-prometheus [default: the plan of the target].
    #[arg(long, value_name = "PROMQL")]
    pub query: Option<String>,
    /// The name of the target in the configuration of `forescale serve` [default: the name].
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Zone in which schedules are written.
    #[arg(long, value_name = "ZONE", default_value = "UTC", value_parser = values::zone)]
    pub timezone: Tz,
    /// Container image with kubectl, for CronJobs.
    #[arg(long, value_name = "IMAGE", default_value = "registry.k8s.io/kubectl:v1.33.4")]
    pub image: String,
    /// Follow the plan down, too, and not only as a minimum, for an AWS group.
    #[arg(long)]
    pub full: bool,
    /// Service namespace and dimension of AWS: ecs:service:DesiredCount.
    #[arg(long, value_name = "DIMENSION", default_value = "ecs:service:DesiredCount")]
    pub dimension: String,
    /// Scheduled actions that others have set there already.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub other_actions: usize,
    /// The moment of the export [default: now].
    #[arg(long, value_name = "TIME", value_parser = values::moment)]
    pub now: Option<Moment>,
}
