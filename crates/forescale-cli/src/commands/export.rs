//! `forescale export`: a plan as files for what scales already.

use std::fs;
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use forescale_export::{
    CronJobOptions, Document, ExportError, Group, KedaBounds, Measured, Mode, ScalableTarget,
    Schedule, Step, Trigger, Workload, aws_group, aws_target, cronjobs, diff, forecast_from_json,
    hpa_patch, keda_scaled_object, leftovers, openmetrics,
};
use forescale_sources::write_atomically;

use super::Context;
use crate::args::{ExportArgs, ExportTo};
use crate::failure::Failure;
use crate::input::source_failure;
use crate::output;

/// Longest plan that is read: a year of minutes has a tenth of it.
const MOST_BYTES: u64 = 256 << 20;

/// Writes or prints the files.
pub fn run(args: &ExportArgs, context: &Context) -> Result<(), Failure> {
    let schedule = Schedule::from_json(&text(&args.plan)?)?.with_lead(args.lead);
    let now = args.now.map_or_else(Utc::now, |now| now.in_zone(args.timezone));
    let documents = documents(args, &schedule, now)?;
    let Some(folder) = &args.out else {
        let texts = documents.iter().map(|document| document.text.as_str());
        return output::write(texts.collect::<Vec<_>>().join("\n").as_bytes());
    };
    if args.diff {
        let old = leftovers(&documents, &present(folder)?);
        let gone = old.iter().map(|name| Document { name: name.clone(), text: String::new() });
        let all = documents.into_iter().chain(gone);
        let changes = all.map(|document| change(folder, &document));
        let changes = changes.collect::<Result<String, _>>()?;
        output::write(changes.as_bytes())?;
        return if changes.is_empty() { Ok(()) } else { Err(Failure::differs()) };
    }
    write(folder, &documents, |what| context.terminal.say(what))
}

/// Writes `documents` to `folder` and removes what an older plan left there, and says so.
fn write(folder: &Path, documents: &[Document], say: impl Fn(&str)) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for document in documents {
        let file = folder.join(&document.name);
        write_atomically(&file, document.text.as_bytes()).map_err(source_failure)?;
        say(&format!("wrote {}", file.display()));
    }
    // Last: a script of the plan before still names them.
    for name in leftovers(documents, &present(folder)?) {
        let file = folder.join(name);
        fs::remove_file(&file).map_err(|error| unwritable(&file, &error))?;
        say(&format!("removed {}", file.display()));
    }
    Ok(())
}

/// The names of the files that `args` ask for, as far as they do not depend on the plan; refuses what no plan could be
/// exported with.
pub fn files(args: &ExportArgs) -> Result<Vec<String>, Failure> {
    let (at, end) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::days(1) + args.lead);
    let any = Schedule::new(vec![Step { at, instances: 1 }], end)?;
    let documents = documents(args, &any, at)?;
    Ok(documents.into_iter().map(|document| document.name).collect())
}

/// Writes the files that `args` ask for into `folder`, from `plan` as of `now`; without its falls if it is `held`.
pub fn hand_over(
    args: &ExportArgs,
    folder: &Path,
    plan: &str,
    held: bool,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let schedule = Schedule::from_json(plan)?.with_lead(args.lead);
    let schedule = if held { schedule.held(0) } else { schedule };
    write(folder, &documents(args, &schedule, now)?, |_| ())
}

/// The names of the files in `folder`, which may not be there yet.
fn present(folder: &Path) -> Result<Vec<String>, Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unwritable(folder, &error)),
    };
    let named = |entry: fs::DirEntry| entry.file_name().into_string().ok();
    Ok(entries.filter_map(|entry| entry.ok().and_then(named)).collect())
}

fn text(path: &str) -> Result<String, Failure> {
    let unavailable = |error: std::io::Error| {
        Failure::unavailable(format!("{path}: {error}"))
            .hint("name the file that `forescale plan -o json` or `forecast -o json` printed")
    };
    let mut text = String::new();
    let read = match path {
        "-" => std::io::stdin().take(MOST_BYTES).read_to_string(&mut text),
        path => {
            fs::File::open(path).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text))
        }
    };
    read.map_err(unavailable)?;
    Ok(text)
}

fn documents(
    args: &ExportArgs,
    schedule: &Schedule,
    now: DateTime<Utc>,
) -> Result<Vec<Document>, Failure> {
    let workload = || Workload::new(args.namespace.as_str(), args.name.as_str());
    let max = || {
        args.max.ok_or_else(|| {
            Failure::usage("the most instances that the system allows should be given").hint(
                "pass --max N: the peak of this plan would hold back what scales by what is measured",
            )
        })
    };
    Ok(match args.to {
        ExportTo::Hpa => vec![hpa_patch(schedule, &workload()?, args.max, now)?],
        ExportTo::KedaExternal | ExportTo::KedaPrometheus | ExportTo::KedaCron => {
            let bounds = KedaBounds { min: args.min, max: max()? };
            let (trigger, measured) = (trigger(args)?, measured(args)?);
            let (workload, measured) = (workload()?, measured.as_ref());
            vec![keda_scaled_object(schedule, &workload, &trigger, measured, bounds, now)?]
        }
        ExportTo::Cronjobs => {
            let (image, zone) = (args.image.clone(), args.timezone);
            let options = CronJobOptions { image, zone, max: args.max };
            // The jobs begin with the first step; until then the patch holds what is in force.
            let patch = hpa_patch(schedule, &workload()?, args.max, now)?;
            vec![patch, cronjobs(schedule, &workload()?, &options, now)?]
        }
        ExportTo::AwsGroup => {
            let (name, max) = (args.name.clone(), max()?);
            let group = Group { name, max, other_actions: args.other_actions };
            let mode = if args.full { Mode::Full } else { Mode::Floor };
            aws_group(schedule, &group, mode, now)?
        }
        ExportTo::AwsTarget => {
            let namespace = args.dimension.split(':').next().unwrap_or_default();
            let target = ScalableTarget {
                service_namespace: namespace.to_owned(),
                resource_id: args.name.clone(),
                dimension: args.dimension.clone(),
                max: max()?,
                other_actions: args.other_actions,
            };
            aws_target(schedule, &target, now)?
        }
        ExportTo::Openmetrics => {
            let forecast = args.forecast.as_deref().map(text).transpose()?;
            let forecast = forecast.as_deref().map(forecast_from_json).transpose()?;
            vec![openmetrics(forecast.as_ref(), schedule, &args.name)]
        }
    })
}

fn trigger(args: &ExportArgs) -> Result<Trigger, Failure> {
    let target = args.target.as_ref().unwrap_or(&args.name).clone();
    let address = || {
        args.address.clone().ok_or_else(|| {
            Failure::usage("KEDA has to know whom to ask")
                .hint("pass --address HOST:PORT of `forescale serve`, or the URL of Prometheus")
        })
    };
    Ok(match args.to {
        ExportTo::KedaExternal => {
            let token_env = args.token_env.clone();
            Trigger::External { address: address()?, target, token_env }
        }
        ExportTo::KedaPrometheus => {
            let own = || format!("max(scale_replicas{{target=\"{target}\"}})");
            let query = args.query.clone().unwrap_or_else(own);
            Trigger::Prometheus { server: address()?, query }
        }
        _ => Trigger::Cron { zone: args.timezone },
    })
}

/// What scales beside the plan. Without it the plan scales in as well, which has to be asked for.
fn measured(args: &ExportArgs) -> Result<Option<Measured>, Failure> {
    if let Some(percent) = args.cpu {
        return Ok(Some(Measured::Cpu { percent }));
    }
    let (Some(query), Some(per_instance)) = (&args.measured_query, args.per_instance) else {
        return match args.full {
            true => Ok(None),
            false => Err(Failure::usage("a plan that only raises the minimum needs what scales above it")
                .hint("pass --cpu PERCENT or --measured-query PROMQL --per-instance LOAD, or --full to scale in by the plan alone")),
        };
    };
    let own = args.address.clone().filter(|_| args.to == ExportTo::KedaPrometheus);
    let server = args.prometheus.clone().or(own).ok_or_else(|| {
        Failure::usage("KEDA has to know which Prometheus to ask").hint("pass --prometheus URL")
    })?;
    Ok(Some(Measured::Prometheus { server, query: query.clone(), per_instance }))
}

/// What would change in the file of `document`, which may not be there yet.
fn change(folder: &Path, document: &Document) -> Result<String, Failure> {
    let file = folder.join(&document.name);
    let old = match fs::read_to_string(&file) {
        Ok(old) => old,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(unwritable(&file, &error)),
    };
    let name = file.display().to_string();
    Ok(diff(&name, &old, &name, &document.text))
}

fn unwritable(file: &Path, error: &std::io::Error) -> Failure {
    Failure::unavailable(format!("{}: {error}", file.display()))
        .hint("check the folder, its permissions and the free space")
}

impl From<ExportError> for Failure {
    fn from(error: ExportError) -> Self {
        let text = error.to_string();
        let failure = match error {
            ExportError::Stale { .. } => Self::refused(text),
            _ => Self::usage(text),
        };
        failure.hint(error.hint())
    }
}
