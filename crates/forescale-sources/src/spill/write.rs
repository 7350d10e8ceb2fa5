//! Rows into parts.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use chrono_tz::Tz;

use super::{files, name_hash};
use crate::cells::Cells;
use crate::content::Source;
use crate::error::{SourceError, shorten};
use crate::history::ReadOptions;
use crate::load::Load;
use crate::opened::Opened;
use crate::samples::Cell;
use crate::timestamp::Stamp;
use crate::zone::Clock;

/// How histories are sorted into parts.
#[derive(Debug, Clone)]
pub struct SpillOptions {
    /// The columns and the zone.
    pub read: ReadOptions,
    /// How many parts.
    pub parts: usize,
    /// The share of the series to keep: those whose hash leaves `shard.0` when divided by `shard.1`.
    pub shard: (u64, u64),
}

/// What was sorted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spilled {
    /// Series there are, those that failed included.
    pub series: usize,
    /// Rows that were kept.
    pub rows: u64,
}

/// Sorts the rows of `sources` into parts in `folder`; [`read_part`](super::read_part) reads them.
///
/// A long file names its series; of another one, each load column is a series. `named` are the names that files without a
/// column of names give to theirs. Rows of one name may stand in several files. A row that cannot be read fails its
/// series, and a file that cannot be read fails the series of its name.
///
/// # Errors
/// [`SourceError::Write`] when a part cannot be written, and what is wrong with the only source, if there is one.
pub fn spill(
    sources: &[(String, Source)],
    options: &SpillOptions,
    folder: &Path,
) -> Result<Spilled, SourceError> {
    fs::create_dir_all(folder).map_err(|error| SourceError::write(folder, &error))?;
    let mut parts = Parts::create(folder, options.parts.max(1))?;
    let mut sorted = Sorted::new(options);
    for (name, source) in sources {
        match sorted.take(name, source, sources.len() > 1, &mut parts) {
            Err(error @ SourceError::Write { .. }) => return Err(error),
            Err(error) if sources.len() == 1 => return Err(error),
            Err(error) => {
                if let Some(series) = sorted.series(name) {
                    sorted.fail(series, error.to_string());
                }
            }
            Ok(()) => {}
        }
    }
    parts.finish(&sorted, folder)?;
    Ok(Spilled { series: sorted.entries.len(), rows: sorted.rows })
}

/// The files that samples go to.
struct Parts(Vec<(BufWriter<File>, std::path::PathBuf)>);

impl Parts {
    fn create(folder: &Path, parts: usize) -> Result<Self, SourceError> {
        let create = |part| {
            let [path, _] = files(folder, part);
            let file = File::create(&path).map_err(|error| SourceError::write(&path, &error))?;
            Ok((BufWriter::with_capacity(1 << 16, file), path))
        };
        (0..parts).map(create).collect::<Result<_, _>>().map(Self)
    }

    fn push(&mut self, entry: &Entry, at: i64, load: f64) -> Result<(), SourceError> {
        let (file, path) = &mut self.0[entry.part];
        let mut write = || -> io::Result<()> {
            file.write_all(&entry.number.to_le_bytes())?;
            file.write_all(&at.to_le_bytes())?;
            file.write_all(&load.to_le_bytes())
        };
        write().map_err(|error| SourceError::write(path, &error))
    }

    fn finish(self, sorted: &Sorted, folder: &Path) -> Result<(), SourceError> {
        for (part, (mut file, path)) in self.0.into_iter().enumerate() {
            file.flush().map_err(|error| SourceError::write(&path, &error))?;
            let of_part = sorted.entries.iter().filter(|entry| entry.part == part);
            let names: Vec<_> = of_part.map(|entry| (&entry.name, &entry.failed)).collect();
            let [_, path] = files(folder, part);
            let text = serde_json::to_string(&names).unwrap_or_default();
            fs::write(&path, text).map_err(|error| SourceError::write(&path, &error))?;
        }
        Ok(())
    }
}

/// A series that was met.
struct Entry {
    name: String,
    part: usize,
    /// Its number in the part.
    number: u32,
    clock: Clock,
    failed: Option<String>,
}

/// The series that were met so far.
struct Sorted<'a> {
    options: &'a SpillOptions,
    zone: Tz,
    /// None for a series of another shard.
    known: BTreeMap<String, Option<usize>>,
    entries: Vec<Entry>,
    sizes: Vec<u32>,
    rows: u64,
}

impl<'a> Sorted<'a> {
    fn new(options: &'a SpillOptions) -> Self {
        Self {
            options,
            zone: options.read.zone.unwrap_or(Tz::UTC),
            known: BTreeMap::new(),
            entries: Vec::new(),
            sizes: vec![0; options.parts.max(1)],
            rows: 0,
        }
    }

    fn series(&mut self, name: &str) -> Option<usize> {
        if let Some(known) = self.known.get(name) {
            return *known;
        }
        let hash = name_hash(name);
        let (shard, shards) = self.options.shard;
        // The shard takes the low digits of the hash, so that its parts are cut by the others.
        let mine = hash % shards.max(1) == shard;
        let entry = mine.then(|| {
            let part = (hash / shards.max(1) % self.sizes.len() as u64) as usize;
            let number = self.sizes[part];
            self.sizes[part] += 1;
            let clock = Clock::new(self.zone);
            self.entries.push(Entry { name: name.to_owned(), part, number, clock, failed: None });
            self.entries.len() - 1
        });
        self.known.insert(name.to_owned(), entry);
        entry
    }

    fn fail(&mut self, series: usize, reason: String) {
        self.entries[series].failed.get_or_insert(reason);
    }

    fn take(
        &mut self,
        name: &str,
        source: &Source,
        several: bool,
        parts: &mut Parts,
    ) -> Result<(), SourceError> {
        let opened = Opened::new(source, &self.options.read, true)?;
        let loads = opened.roles.loads.clone();
        let mut row = 0;
        opened.each_block(|cells| {
            for (at, column) in loads.iter().enumerate() {
                let names = match cells.get(1 + loads.len()) {
                    Some(names) => Names::Column(names),
                    None if loads.len() == 1 => Names::One(name.to_owned()),
                    None if several => Names::One(format!("{name}/{}", opened.column(*column))),
                    None => Names::One(opened.column(*column)),
                };
                self.block(
                    &names,
                    [&cells[0], &cells[1 + at]],
                    (&opened.content.name, row),
                    parts,
                )?;
            }
            row += cells[0].len();
            Ok(())
        })
    }

    fn block(
        &mut self,
        names: &Names<'_>,
        [times, loads]: [&Cells; 2],
        (source, before): (&str, usize),
        parts: &mut Parts,
    ) -> Result<(), SourceError> {
        let mut last: Option<(String, Option<usize>)> = None;
        for (row, (stamp, load)) in times.stamps().zip(loads.loads()).enumerate() {
            let same = last.as_ref().is_some_and(|(name, _)| names.is(row, name));
            if !same {
                let name = names.at(row);
                let series = self.series(&name);
                last = Some((name, series));
            }
            let Some(series) = last.as_ref().and_then(|(_, series)| *series) else { continue };
            match kept(stamp, load) {
                Kept::Nothing => {}
                Kept::Unreadable(what, column) => {
                    let value = shorten(&[times, loads][column].text(row));
                    let at = before + row + 1;
                    self.fail(series, format!("{source}, row {at}: {what}, but is {value:?}"));
                }
                Kept::Sample(stamp, load) => {
                    let entry = &mut self.entries[series];
                    let at = entry.clock.moment(stamp);
                    self.rows += 1;
                    parts.push(entry, at, load)?;
                }
            }
        }
        Ok(())
    }
}

/// Whose rows a block holds.
enum Names<'a> {
    One(String),
    Column(&'a Cells),
}

impl Names<'_> {
    fn at(&self, row: usize) -> String {
        match self {
            Self::One(name) => name.clone(),
            Self::Column(cells) => cells.text(row).trim().to_owned(),
        }
    }

    fn is(&self, row: usize, name: &str) -> bool {
        match self {
            Self::One(_) => true,
            Self::Column(cells) => cells.is_text(row, name),
        }
    }
}

/// What is kept of a row.
enum Kept {
    Nothing,
    /// What should stand in which of the two columns.
    Unreadable(&'static str, usize),
    Sample(Stamp, f64),
}

/// The rules of a single history: a row without anything is passed over, and what is no load is a gap.
fn kept(stamp: Cell<Stamp>, load: Cell<Load>) -> Kept {
    let stamp = match (stamp, load) {
        (Cell::Value(stamp), _) => stamp,
        (Cell::Blank, Cell::Blank | Cell::Value(Load::Missing)) => return Kept::Nothing,
        _ => return Kept::Unreadable("the time should be like 2026-01-05T13:00:00Z", 0),
    };
    match load {
        Cell::Value(Load::Value(value)) => Kept::Sample(stamp, value),
        Cell::Value(_) | Cell::Blank => Kept::Sample(stamp, f64::NAN),
        Cell::Unreadable => Kept::Unreadable("the load should be a number", 1),
    }
}
