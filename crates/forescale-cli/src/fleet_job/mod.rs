//! A job over many series: parts that fit into memory, each written whole, so that a run that was ended goes on.

mod files;
mod folder;

use std::path::PathBuf;

use forescale::Frequency;
use forescale::fleet::FleetSummary;
use forescale_core::ReadNotes;
use forescale_sources::{
    Part, ReadOptions, Sorted, Source, SpillOptions, Spilled, TableColumn, join_csv, join_parquet,
    read_part, spill_with_progress, write_atomically, write_csv, write_parquet,
};
use indicatif::ProgressBar;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::args::FleetJobArgs;
use crate::commands::Context;
use crate::engine;
use crate::failure::Failure;
use crate::input::source_failure;
use folder::Folder;

/// A job in its folder.
#[derive(Debug)]
pub struct FleetJob {
    folder: Folder,
    out: PathBuf,
    csv: bool,
    read: ReadOptions,
    sorted: Spilled,
}

/// What came of a part.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Done {
    summary: FleetSummary,
    notes: ReadNotes,
}

/// What came of all series.
#[derive(Debug)]
pub struct Worked {
    /// The fleet in a few figures.
    pub summary: FleetSummary,
    /// What was read and mended.
    pub data: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
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
        let read = read_options(args)?;
        let sources = files::sources(&args.input)?;
        let job = files::described(&sources, args.service.events.as_deref(), &context.settings);
        let mut folder = args.out.clone().into_os_string();
        folder.push(".parts");
        let folder = Folder::open(folder.into(), &job, context)?;
        let (folder, sorted) = match folder.sorted() {
            Some(sorted) => (folder, sorted),
            None => {
                let (shard, horizon) = (args.shard, args.horizon);
                let options = SpillOptions { read: read.clone(), shard, horizon };
                sort(folder, &sources, &options, context)?
            }
        };
        Ok(Self { folder, out: args.out.clone(), csv, read, sorted })
    }

    /// Does `work` on every part that is not done yet, joins what came of them, and sums it up.
    ///
    /// `work` gets the series of a part and a bar that counts series.
    ///
    /// # Errors
    /// Files that cannot be read or written, and those of `work`; what is done until then stays in the folder.
    pub fn run(
        self,
        context: &Context,
        work: impl Fn(&mut Part, &ProgressBar) -> Result<(Vec<TableColumn>, FleetSummary), Failure>,
    ) -> Result<Worked, Failure> {
        let bar = engine::bar(context.terminal, "working");
        bar.set_length(self.sorted.series as u64);
        let mut summary = FleetSummary::default();
        let mut notes = self.sorted.notes;
        for part in 0..self.sorted.parts {
            // The summary is written last: where it stands, the rows of the part do too.
            let file = format!("{part:04}.json");
            let done = match self.folder.read::<Done>(&file) {
                Some(done) => {
                    bar.inc(done.summary.series as u64);
                    // What an earlier run did says nothing of how long the rest takes.
                    bar.reset_eta();
                    done
                }
                None => {
                    let mut series = self.series(part)?;
                    let done = self.work_on(part, &mut series, &work, &bar);
                    let written = done.and_then(|done| {
                        self.folder.write(&file, &done)?;
                        Ok(done)
                    });
                    written.map_err(|failure| self.left(failure))?
                }
            };
            summary = summary.and(done.summary);
            notes = notes.and(done.notes);
        }
        bar.finish_and_clear();
        let tables: Vec<PathBuf> = (0..self.sorted.parts).map(|part| self.rows(part)).collect();
        let join = if self.csv { join_csv } else { join_parquet };
        join(&tables, &self.out).map_err(|error| self.left(source_failure(error)))?;
        self.folder.remove()?;
        let mended = notes.mended.words();
        if !mended.is_empty() {
            context.terminal.say(&format!("mended: {}", mended.join(", ")));
        }
        let warnings = notes.warnings("--timezone ZONE", "--step");
        context.terminal.warn_all(&warnings);
        let Spilled { series, rows, .. } = self.sorted;
        let data = json!({ "series": series, "rows": rows, "mended": notes.mended });
        Ok(Worked { summary, data, warnings })
    }

    fn series(&self, part: usize) -> Result<Part, Failure> {
        let folder = self.folder.path();
        read_part(folder, part, self.read.step).map_err(|error| {
            Failure::failed(error.to_string())
                .hint(format!("remove {} and run the command again", folder.display()))
        })
    }

    fn work_on(
        &self,
        part: usize,
        series: &mut Part,
        work: &impl Fn(&mut Part, &ProgressBar) -> Result<(Vec<TableColumn>, FleetSummary), Failure>,
        bar: &ProgressBar,
    ) -> Result<Done, Failure> {
        let (rows, summary) = work(series, bar)?;
        let bytes = match self.csv {
            true => write_csv(&rows),
            false => write_parquet(&rows).map_err(source_failure)?,
        };
        write_atomically(&self.rows(part), &bytes).map_err(source_failure)?;
        Ok(Done { summary, notes: series.notes() })
    }

    /// A failure that leaves the folder behind.
    fn left(&self, failure: Failure) -> Failure {
        let folder = self.folder.path().display();
        failure.and_hint(&format!(
            "{folder} holds what is done: the same command goes on from there, or remove it"
        ))
    }

    /// The file of what came of a part.
    fn rows(&self, part: usize) -> PathBuf {
        self.folder.path().join(format!("{part:04}.rows"))
    }
}

/// Sorts the histories into `folder`. One that fails removes it: no run would go on with histories that are sorted in part.
fn sort(
    folder: Folder,
    sources: &[(String, Source)],
    options: &SpillOptions,
    context: &Context,
) -> Result<(Folder, Spilled), Failure> {
    // Of a run that was ended while it sorted, or while it removed what it no longer needed.
    folder.clear()?;
    let bar = engine::bytes(context.terminal, "sorting");
    bar.set_length(sources.iter().map(|(_, source)| source.bytes()).sum());
    let told = |done: Sorted| bar.set_position(done.bytes);
    let sorted = spill_with_progress(sources, options, folder.path(), &told);
    bar.finish_and_clear();
    match sorted.map_err(source_failure) {
        Ok(sorted) => {
            folder.set_sorted(&sorted)?;
            context.terminal.say(&format!("{} series, {} rows", sorted.series, sorted.rows));
            Ok((folder, sorted))
        }
        Err(failure) => {
            let left = format!("{} may be removed", folder.path().display());
            Err(match folder.remove() {
                Ok(()) => failure,
                Err(_) => failure.and_hint(&left),
            })
        }
    }
}

fn read_options(args: &FleetJobArgs) -> Result<ReadOptions, Failure> {
    let step = args.step.map(|step| Frequency::from_seconds(step.num_seconds())).transpose();
    let step = step.map_err(|error| {
        Failure::usage(error.to_string()).hint("pass a --step like 1m, 5m or 1h")
    })?;
    Ok(ReadOptions {
        time: args.service.time.clone(),
        loads: args.service.load.iter().cloned().collect(),
        series: args.service.series.clone(),
        zone: args.service.timezone,
        step,
        ..ReadOptions::default()
    })
}
