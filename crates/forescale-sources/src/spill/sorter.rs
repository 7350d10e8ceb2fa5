//! Rows of sources into buckets, each to that of its series.

use chrono_tz::Tz;

use super::buckets::Buckets;
use super::write::SpillOptions;
use crate::cells::{Cells, RowReader};
use crate::columns::Several;
use crate::content::Source;
use crate::error::SourceError;
use crate::history::ReadOptions;
use crate::load::Load;
use crate::opened::{BadRow, Block, Opened};
use crate::roster::{Roster, name_hash};
use crate::samples::{Cell, Rules, Sample};
use crate::timestamp::Stamp;

/// How far the sources are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sorted {
    /// Rows so far.
    pub rows: u64,
    /// Of the bytes of all sources, as [`Source::bytes`] counts them, those that were read.
    pub bytes: u64,
}

/// A series that was met.
pub(super) struct Entry {
    pub bucket: usize,
    /// Its number in the bucket.
    pub number: u32,
    pub rules: Rules,
    pub samples: u64,
    /// Its earliest sample, in microseconds since the Unix epoch.
    pub first: i64,
    pub failed: Option<String>,
    /// The source that gave its latest row.
    source: usize,
}

/// The series that were met so far, and their samples.
pub(super) struct Sorter<'a> {
    options: &'a SpillOptions,
    pub roster: Roster<'a>,
    /// By their places.
    pub entries: Vec<Entry>,
    pub buckets: Buckets,
    sizes: Vec<u32>,
    /// Which source is read, and the series that have rows in it.
    source: usize,
    touched: Vec<usize>,
    rows: u64,
    /// Hears after each block how far it is.
    told: &'a dyn Fn(Sorted),
    /// Bytes of the sources that were read whole, and of the one that is read.
    bytes: (u64, u64),
}

impl<'a> Sorter<'a> {
    pub fn new(options: &'a SpillOptions, buckets: Buckets, told: &'a dyn Fn(Sorted)) -> Self {
        Self {
            options,
            roster: Roster::new(options.read.series.as_deref(), options.shard),
            entries: Vec::new(),
            sizes: vec![0; buckets.len()],
            buckets,
            source: 0,
            touched: Vec::new(),
            rows: 0,
            told,
            bytes: (0, 0),
        }
    }

    /// Takes all rows of a source; `several` says that it is one of several.
    ///
    /// # Errors
    /// What is wrong with it. Every series that it holds has then failed, because its rows may be incomplete; of a long
    /// file nobody knows which are missing, so that a series with the name of the file stands for them.
    pub fn take(&mut self, name: &str, source: &Source, several: bool) -> Result<(), SourceError> {
        self.source += 1;
        self.touched.clear();
        self.bytes = (self.bytes.0 + self.bytes.1, source.bytes());
        let opened = match open(source, &self.options.read) {
            Ok(opened) => opened,
            Err(error) => {
                self.fail_all([name], &error);
                return Err(error);
            }
        };
        let named = names_of_columns(name, &opened, several);
        opened.each_block(|block| self.block(&opened, &named, block)).inspect_err(|error| {
            for place in std::mem::take(&mut self.touched) {
                self.fail(place, || error.to_string());
            }
            match opened.roles.series {
                Some(_) => self.fail_all([name], error),
                None => self.fail_all(named.iter().map(String::as_str), error),
            }
        })
    }

    fn block(
        &mut self,
        opened: &Opened,
        named: &[String],
        block: &Block<'_>,
    ) -> Result<(), SourceError> {
        for (load, name) in named.iter().enumerate() {
            let names = match block.cells.get(1 + named.len()) {
                Some(names) => Names::Column(names),
                None => Names::One(name),
            };
            let sort = Sort { sorter: self, opened, names, block, load };
            block.cells[0].each_row(&block.cells[1 + load], sort)?;
        }
        let bytes = self.bytes.0 + (self.bytes.1 as f64 * block.share) as u64;
        (self.told)(Sorted { rows: self.rows, bytes });
        Ok(())
    }

    /// The place of the series called `name`; none when it is not read.
    fn place(&mut self, name: &str) -> Option<usize> {
        let place = self.roster.place(name)?;
        if place == self.entries.len() {
            // The shard takes the low digits of the hash, so that its buckets are told apart by the others.
            let high = name_hash(name) / self.options.shard.1.max(1);
            let bucket = (high % self.sizes.len() as u64) as usize;
            self.entries.push(Entry {
                bucket,
                number: self.sizes[bucket],
                rules: Rules::new(self.options.read.zone.unwrap_or(Tz::UTC)),
                samples: 0,
                first: i64::MAX,
                failed: None,
                source: 0,
            });
            self.sizes[bucket] += 1;
        }
        let entry = &mut self.entries[place];
        if entry.source != self.source {
            entry.source = self.source;
            self.touched.push(place);
        }
        Some(place)
    }

    fn push(&mut self, place: usize, sample: Sample) -> Result<(), SourceError> {
        let entry = &mut self.entries[place];
        entry.samples += 1;
        self.rows += 1;
        entry.first = entry.first.min(sample.at);
        self.buckets.push(entry.bucket, entry.number, sample)
    }

    fn fail(&mut self, place: usize, reason: impl FnOnce() -> String) {
        self.entries[place].failed.get_or_insert_with(reason);
    }

    fn fail_all<'n>(&mut self, names: impl IntoIterator<Item = &'n str>, error: &SourceError) {
        for name in names {
            if let Some(place) = self.place(name) {
                self.fail(place, || error.to_string());
            }
        }
    }
}

/// Opens a source with all its columns of load; with one, where a column has the names of the series.
fn open(source: &Source, options: &ReadOptions) -> Result<Opened, SourceError> {
    // Series have their names from files and columns, too: the one that is wanted is told apart by the sorter.
    let options = ReadOptions { series: None, ..options.clone() };
    Opened::new(source, &options, Several::Wide)
}

/// The series of each column of load, in a source without names.
fn names_of_columns(name: &str, opened: &Opened, several: bool) -> Vec<String> {
    let name_of = |column: &usize| match opened.roles.loads.len() {
        1 => name.to_owned(),
        _ if several => format!("{name}/{}", opened.column(*column)),
        _ => opened.column(*column),
    };
    opened.roles.loads.iter().map(name_of).collect()
}

/// Whose rows a block holds.
enum Names<'a> {
    One(&'a str),
    Column(&'a Cells),
}

impl Names<'_> {
    fn at(&self, row: usize) -> String {
        match self {
            Self::One(name) => (*name).to_owned(),
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

/// Hands each row to its series.
struct Sort<'a, 'o> {
    sorter: &'a mut Sorter<'o>,
    opened: &'a Opened,
    names: Names<'a>,
    block: &'a Block<'a>,
    load: usize,
}

impl RowReader<Result<(), SourceError>> for Sort<'_, '_> {
    fn read(
        self,
        rows: impl Iterator<Item = (Cell<Stamp>, Cell<Load>)>,
    ) -> Result<(), SourceError> {
        let Self { sorter, opened, names, block, load } = self;
        // Rows of one series often stand together: its name is looked up once.
        let mut last: Option<(String, Option<usize>)> = None;
        for (row, (stamp, value)) in rows.enumerate() {
            let (_, place) = match last.take().filter(|(name, _)| names.is(row, name)) {
                Some(same) => last.insert(same),
                None => {
                    let name = names.at(row);
                    let place = sorter.place(&name);
                    last.insert((name, place))
                }
            };
            let Some(place) = *place else { continue };
            match sorter.entries[place].rules.sample(stamp, value) {
                Ok(Some(sample)) => sorter.push(place, sample)?,
                Ok(None) => {}
                Err(role) => sorter.fail(place, || {
                    opened.unreadable(&BadRow { row, role, load }, block).to_string()
                }),
            }
        }
        Ok(())
    }
}
