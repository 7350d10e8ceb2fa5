//! `forescale export`: a plan as files for what scales already.

use std::fs;
use std::io::Read;
use std::path::Path;

use chrono::{DateTime, Utc};
use forescale_export::{
    CronJobOptions, Document, ExportError, Group, KedaBounds, Mode, ScalableTarget, Schedule,
    Trigger, Workload, aws_group, aws_target, cronjobs, diff, hpa_patch, keda_scaled_object,
    openmetrics,
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
    let schedule = Schedule::from_json(&plan(&args.plan)?)?;
    let now = args.now.map_or_else(Utc::now, |now| now.in_zone(args.timezone));
    let documents = documents(args, &schedule, now)?;
    let Some(folder) = &args.out else {
        let texts = documents.iter().map(|document| document.text.as_str());
        return output::write(texts.collect::<Vec<_>>().join("\n").as_bytes());
    };
    if args.diff {
        let changes = documents.iter().map(|document| change(folder, document));
        return output::write(changes.collect::<Result<String, _>>()?.as_bytes());
    }
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for document in &documents {
        let file = folder.join(&document.name);
        write_atomically(&file, document.text.as_bytes()).map_err(source_failure)?;
        context.terminal.say(&format!("wrote {}", file.display()));
    }
    Ok(())
}

fn plan(path: &str) -> Result<String, Failure> {
    let unavailable = |error: std::io::Error| {
        Failure::unavailable(format!("{path}: {error}"))
            .hint("name the file that `forescale plan -o json` printed")
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
    let max = args.max.unwrap_or_else(|| schedule.peak().max(1));
    Ok(match args.to {
        ExportTo::Hpa => vec![hpa_patch(schedule, &workload()?, args.max, now)?],
        ExportTo::KedaExternal | ExportTo::KedaPrometheus | ExportTo::KedaCron => {
            let bounds = KedaBounds { min: args.min, max };
            vec![keda_scaled_object(schedule, &workload()?, &trigger(args)?, bounds, now)?]
        }
        ExportTo::Cronjobs => {
            let (image, zone) = (args.image.clone(), args.timezone);
            let options = CronJobOptions { image, zone, max: args.max };
            vec![cronjobs(schedule, &workload()?, &options, now)?]
        }
        ExportTo::AwsGroup => {
            let group = Group { name: args.name.clone(), max, other_actions: args.other_actions };
            let mode = if args.full { Mode::Full } else { Mode::Floor };
            aws_group(schedule, &group, mode, now)?
        }
        ExportTo::AwsTarget => {
            let namespace = args.dimension.split(':').next().unwrap_or_default();
            let target = ScalableTarget {
                service_namespace: namespace.to_owned(),
                resource_id: args.name.clone(),
                dimension: args.dimension.clone(),
                max,
                other_actions: args.other_actions,
            };
            aws_target(schedule, &target, now)?
        }
        ExportTo::Openmetrics => vec![openmetrics(None, schedule, &args.name)],
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
        ExportTo::KedaExternal => Trigger::External { address: address()?, target },
        ExportTo::KedaPrometheus => {
            let own = || format!("max(plan_replicas{{target=\"{target}\"}})");
            let query = args.query.clone().unwrap_or_else(own);
            Trigger::Prometheus { server: address()?, query }
        }
        _ => Trigger::Cron { zone: args.timezone },
    })
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
        Self::usage(error.to_string()).hint(error.hint())
    }
}
