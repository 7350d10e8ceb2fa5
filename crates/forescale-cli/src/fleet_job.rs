//! A job over many series: parts that fit into memory, each written whole, so that a run that was ended goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use forescale::Frequency;
use forescale::fleet::FleetSummary;
use forescale_sources::{
    PartSeries, ReadOptions, Source, SpillOptions, TableColumn, join_csv, join_parquet, read_part,
    spill, write_atomically, write_csv, write_parquet,
};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::args::FleetJobArgs;
use crate::commands::Context;
use crate::engine;
use crate::failure::Failure;
use crate::input::source_failure;

/// Bytes of histories that make a part: little memory, and little that a kill costs.
const PART_BYTES: u64 = 4 << 20;

/// Most parts: each is an open file while the histories are sorted.
const MOST_PARTS: u64 = 256;

/// What a folder of parts holds, to know it again.
const JOB: &str = "job.json";

/// Said when all histories are sorted into parts.
const SORTED: &str = "sorted.json";

/// How many series were sorted.
#[derive(Debug, Serialize, Deserialize)]
struct Sorted {
    series: usize,
    rows: u64,
}

/// A job in its folder.
#[derive(Debug)]
pub struct FleetJob {
    folder: PathBuf,
    out: PathBuf,
    csv: bool,
    parts: usize,
    step: Option<Frequency>,
    sorted: Sorted,
}

impl FleetJob {
    /// Begins a job or goes on with it: sorts the histories into parts, unless that was done.
    ///
    /// # Errors
    /// Histories that are not there, an output that is no Parquet file, a folder that something else stands in.
    pub fn open(args: &FleetJobArgs, context: &Context) -> Result<Self, Failure> {
        let csv = match args.out.extension().and_then(|end| end.to_str()) {
            Some("parquet") => false,
            Some("csv") => true,
            _ => {
                let text = format!("{} is neither Parquet nor CSV", args.out.display());
                return Err(Failure::usage(text).hint("pass a name like --out plans.parquet"));
            }
        };
        let sources = sources(&args.input)?;
        let parts = parts(&sources);
        let mut folder = args.out.clone().into_os_string();
        folder.push(".parts");
        let folder = PathBuf::from(folder);
        let job = described(&sources, &context.settings);
        begin(&folder, &job, context)?;
        let step = args.step.map(|step| Frequency::from_seconds(step.num_seconds())).transpose();
        let step = step.map_err(|error| {
            Failure::usage(error.to_string()).hint("pass a --step like 1m, 5m or 1h")
        })?;
        let sorted = match read_json(&folder.join(SORTED)) {
            Some(sorted) => sorted,
            None => sort(args, sources, parts, &folder, context)?,
        };
        Ok(Self { folder, out: args.out.clone(), csv, parts, step, sorted })
    }

    /// Does `work` on every part that is not done yet, joins what came of them, and gives the summary of all.
    ///
    /// `work` gets the series of a part and a bar that counts series.
    ///
    /// # Errors
    /// Files that cannot be read or written, and those of `work`.
    pub fn run(
        &self,
        context: &Context,
        work: impl Fn(
            Vec<PartSeries>,
            &ProgressBar,
        ) -> Result<(Vec<TableColumn>, FleetSummary), Failure>,
    ) -> Result<FleetSummary, Failure> {
        let bar = engine::bar(context.terminal, "working");
        bar.set_length(self.sorted.series as u64);
        let mut all = FleetSummary::default();
        let mut tables = Vec::new();
        for part in 0..self.parts {
            let [table, summary] =
                ["rows", "json"].map(|end| self.folder.join(format!("{part:04}.{end}")));
            // The summary is written last: where it stands, the rows of the part do too.
            let done: Option<FleetSummary> = read_json(&summary);
            let of_part = match done {
                Some(done) => {
                    bar.inc(done.series as u64);
                    done
                }
                None => {
                    let series =
                        read_part(&self.folder, part, self.step).map_err(source_failure)?;
                    let (rows, done) = work(series, &bar)?;
                    let bytes = match self.csv {
                        true => write_csv(&rows),
                        false => write_parquet(&rows).map_err(source_failure)?,
                    };
                    write_atomically(&table, &bytes).map_err(source_failure)?;
                    write_json(&summary, &done)?;
                    done
                }
            };
            all = all.and(of_part);
            tables.push(table);
        }
        bar.finish_and_clear();
        let join = if self.csv { join_csv } else { join_parquet };
        join(&tables, &self.out).map_err(source_failure)?;
        fs::remove_dir_all(&self.folder).map_err(|error| unwritable(&self.folder, &error))?;
        Ok(all)
    }

    /// What was read.
    pub fn data(&self) -> Value {
        json!(self.sorted)
    }
}

/// The files of a folder by their names without endings, or the one file.
fn sources(input: &Path) -> Result<Vec<(String, Source)>, Failure> {
    let unavailable = |error: std::io::Error| {
        Failure::unavailable(format!("{}: {error}", input.display()))
            .hint("pass a file, or a folder of CSV and Parquet files")
    };
    let about = fs::metadata(input).map_err(unavailable)?;
    let mut files = vec![input.to_owned()];
    if about.is_dir() {
        let entries = fs::read_dir(input).map_err(unavailable)?.collect::<Result<Vec<_>, _>>();
        files = entries.map_err(unavailable)?.into_iter().map(|entry| entry.path()).collect();
        files.retain(|file| file.is_file() && !hidden(file));
        files.sort();
    }
    if files.is_empty() {
        return Err(Failure::usage(format!("{} holds no file", input.display()))
            .hint("pass a file, or a folder of CSV and Parquet files"));
    }
    Ok(files.into_iter().map(|file| (stem(&file), Source::File(file))).collect())
}

fn hidden(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name.to_string_lossy().starts_with(['.', '_']))
}

fn stem(file: &Path) -> String {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let ends = [".gz", ".csv", ".parquet", ".tsv", ".txt"];
    ends.iter().fold(name, |name, end| name.strip_suffix(end).map_or(name.clone(), str::to_owned))
}

fn parts(sources: &[(String, Source)]) -> usize {
    let bytes: u64 = sources.iter().map(|(_, source)| length_and_time(source).0).sum();
    bytes.div_ceil(PART_BYTES).clamp(1, MOST_PARTS) as usize
}

fn length_and_time(source: &Source) -> (u64, u64) {
    let Source::File(path) = source else { return (0, 0) };
    let Ok(about) = fs::metadata(path) else { return (0, 0) };
    let changed = about.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    (about.len(), changed.map_or(0, |since| since.as_millis() as u64))
}

/// What makes two runs the same job: the settings, and the files as they are.
fn described(sources: &[(String, Source)], settings: &Map<String, Value>) -> Value {
    let file = |(_, source): &(String, Source)| {
        let (bytes, changed) = length_and_time(source);
        json!([source.name(), bytes, changed])
    };
    json!({ "settings": settings, "files": sources.iter().map(file).collect::<Vec<_>>() })
}

/// Makes the folder for `job`, or keeps it when it is of the same one.
fn begin(folder: &Path, job: &Value, context: &Context) -> Result<(), Failure> {
    let file = folder.join(JOB);
    if folder.exists() {
        let Some(known) = read_json::<Value>(&file) else {
            return Err(Failure::refused(format!("{} holds no parts of a run", folder.display()))
                .hint("pass another --out, or remove the folder"));
        };
        if known == *job {
            context.terminal.say(&format!("going on with {}", folder.display()));
            return Ok(());
        }
        context.terminal.say("the settings or the histories have changed: beginning anew");
        fs::remove_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    write_json(&file, job)
}

fn sort(
    args: &FleetJobArgs,
    sources: Vec<(String, Source)>,
    parts: usize,
    folder: &Path,
    context: &Context,
) -> Result<Sorted, Failure> {
    let read = ReadOptions {
        time: args.service.time.clone(),
        loads: args.service.load.iter().cloned().collect(),
        zone: args.service.timezone,
        ..ReadOptions::default()
    };
    let options = SpillOptions { read, parts, shard: args.shard };
    let bar = engine::bar(context.terminal, "sorting");
    let spilled = spill(&sources, &options, folder).map_err(source_failure)?;
    bar.finish_and_clear();
    let sorted = Sorted { series: spilled.series, rows: spilled.rows };
    write_json(&folder.join(SORTED), &sorted)?;
    context.terminal.say(&format!("{} series, {} rows", sorted.series, sorted.rows));
    Ok(sorted)
}

fn read_json<T: for<'a> Deserialize<'a>>(file: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

fn write_json(file: &Path, value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_vec(value).map_err(std::io::Error::from)?;
    write_atomically(file, &text).map_err(source_failure)
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::unavailable(format!("{}: {error}", path.display()))
        .hint("check the folder, its permissions and the free space")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_its_series_without_endings() {
        for (file, name) in [("a/shop.csv.gz", "shop"), ("b.c.parquet", "b.c"), ("plain", "plain")]
        {
            assert_eq!(stem(Path::new(file)), name);
        }
    }
}
