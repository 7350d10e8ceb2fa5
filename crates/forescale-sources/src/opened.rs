//! An opened source: its columns chosen, its rows sorted into series.

use chrono_tz::Tz;

use crate::cells::{Cells, RowReader};
use crate::columns::{self, Profile, Roles, Several, Wanted};
use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::history::ReadOptions;
use crate::load::Load;
use crate::parquet;
use crate::roster::{Roster, WHOLE};
use crate::samples::{Cell, Collector, Samples};
use crate::text::{self, Excerpt, Layout};
use crate::timestamp::Stamp;

/// A source whose columns are known.
pub(crate) struct Opened {
    pub content: Content,
    layout: Option<Layout>,
    profiles: Vec<Profile>,
    pub roles: Roles,
}

/// Rows of a source that were read together.
pub(crate) struct Block<'a> {
    /// The times, the loads, and the names of the series if there are such.
    pub cells: &'a [Cells],
    /// The share of the source that was read with it, from 0 to 1.
    pub share: f64,
    origin: Origin<'a>,
}

/// Where the rows of a block stand in the source.
enum Origin<'a> {
    Text(Excerpt<'a>),
    /// Below so many rows of a table.
    Table(usize),
}

/// The samples of one series.
pub(crate) struct Gathered {
    /// Its name, in a long file.
    pub name: Option<String>,
    /// Which of the load columns it comes from.
    pub load: usize,
    pub samples: Samples,
}

impl Opened {
    /// Opens a source and chooses its columns; `several` load columns or one.
    pub fn new(
        source: &Source,
        options: &ReadOptions,
        several: Several,
    ) -> Result<Self, SourceError> {
        let content = Content::open(source)?;
        let (layout, profiles) = match content.format {
            Format::Csv => {
                let layout = text::layout(&content)?;
                let profiles = layout.profiles.clone();
                (Some(layout), profiles)
            }
            Format::Parquet => (None, parquet::profiles(&content)?),
        };
        let wanted = Wanted {
            time: options.time.as_deref(),
            loads: &options.loads,
            series: options.series.as_deref(),
            several,
        };
        let roles = columns::choose(&profiles, wanted, &content.name)?;
        Ok(Self { content, layout, profiles, roles })
    }

    /// The name of the column at `at`.
    pub fn column(&self, at: usize) -> String {
        self.profiles[at].name.clone()
    }

    /// Columns that hold numbers and are not read.
    pub fn other_columns(&self) -> Vec<String> {
        let Roles { time, loads, series } = &self.roles;
        let used = |at: usize| at == *time || loads.contains(&at) || *series == Some(at);
        let others = (0..self.profiles.len()).filter(|&at| !used(at) && self.profiles[at].numbers);
        others.map(|at| self.column(at)).collect()
    }

    /// Reads every row into its series: all of them, or the one that is asked for.
    ///
    /// # Errors
    /// The first row that cannot be read, or [`SourceError::UnknownSeries`].
    pub fn gather(&self, options: &ReadOptions) -> Result<Vec<Gathered>, SourceError> {
        let zone = options.zone.unwrap_or(Tz::UTC);
        let mut groups = Groups::new(self.roles.loads.len(), zone, options.series.as_deref());
        self.each_block(|block| {
            groups.take(block.cells).map_err(|bad| self.unreadable(&bad, block))
        })?;
        groups.finish(&self.content.name)
    }

    /// Hands over the rows block by block.
    ///
    /// # Errors
    /// A source that is broken, or what `take` says.
    pub fn each_block(
        &self,
        mut take: impl FnMut(&Block<'_>) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let mut positions = vec![self.roles.time];
        positions.extend(&self.roles.loads);
        positions.extend(self.roles.series);
        match &self.layout {
            Some(layout) => text::each_block(&self.content, layout, &positions, |cells, text| {
                take(&Block { cells, share: self.content.share_read(), origin: Origin::Text(text) })
            }),
            None => parquet::each_block(&self.content, &positions, |cells, before, share| {
                take(&Block { cells, share, origin: Origin::Table(before) })
            }),
        }
    }

    /// The error for a row of a block.
    pub fn unreadable(&self, bad: &BadRow, block: &Block<'_>) -> SourceError {
        let (column, position, expected) = match bad.role {
            Role::Load => (1 + bad.load, self.roles.loads[bad.load], "a number"),
            _ => (0, self.roles.time, "a timestamp such as 2026-01-05T13:00:00Z"),
        };
        let value = block.cells[column].text(bad.row);
        let place = match &block.origin {
            Origin::Table(before) => Place::Row(before + bad.row + 1),
            Origin::Text(text) => {
                let alone = [(position, value.clone())];
                let found = text.line_of(&self.texts(bad, block)).or_else(|| text.line_of(&alone));
                Place::Line(found.unwrap_or_else(|| text.first_line()))
            }
        };
        SourceError::Value {
            name: self.content.name.clone(),
            place,
            column: self.column(position),
            value: shorten(&value),
            expected,
        }
    }

    /// The texts of a row, each with the position of its column: the time, the load and the name of the series.
    fn texts(&self, bad: &BadRow, block: &Block<'_>) -> Vec<(usize, String)> {
        let Roles { time, loads, series } = &self.roles;
        let columns = [Some((0, *time)), Some((1 + bad.load, loads[bad.load]))];
        let name = series.map(|series| (1 + loads.len(), series));
        let texts = columns.into_iter().chain([name]).flatten().filter_map(|(column, position)| {
            let cells = &block.cells[column];
            matches!(cells, Cells::Text(_)).then(|| (position, cells.text(bad.row)))
        });
        texts.collect()
    }
}

/// A row of a block that cannot be read, counted from 0.
pub(crate) struct BadRow {
    pub row: usize,
    pub role: Role,
    /// Which of the load columns.
    pub load: usize,
}

/// The series of a source, in the order in which they appear.
struct Groups<'a> {
    loads: usize,
    zone: Tz,
    roster: Roster<'a>,
    groups: Vec<(Option<String>, Vec<Collector>)>,
}

impl<'a> Groups<'a> {
    fn new(loads: usize, zone: Tz, wanted: Option<&'a str>) -> Self {
        Self { loads, zone, roster: Roster::new(wanted, WHOLE), groups: Vec::new() }
    }

    /// Sorts the rows of a block: times, loads, and the names of the series if there are such.
    fn take(&mut self, cells: &[Cells]) -> Result<(), BadRow> {
        let group_of = match cells.get(1 + self.loads) {
            Some(names) => Some((0..names.len()).map(|row| self.group(names, row)).collect()),
            None => {
                if self.groups.is_empty() {
                    self.open(None);
                }
                None
            }
        };
        for load in 0..self.loads {
            let push = Push { groups: &mut self.groups, group_of: group_of.as_ref(), load };
            cells[0].each_row(&cells[1 + load], push)?;
        }
        Ok(())
    }

    fn open(&mut self, name: Option<String>) {
        let collectors = (0..self.loads).map(|_| Collector::new(self.zone)).collect();
        self.groups.push((name, collectors));
    }

    fn group(&mut self, names: &Cells, row: usize) -> Option<usize> {
        let name = names.text(row);
        let group = self.roster.place(name.trim())?;
        if group == self.groups.len() {
            self.open(Some(name.trim().to_owned()));
        }
        Some(group)
    }

    fn finish(self, source: &str) -> Result<Vec<Gathered>, SourceError> {
        self.roster.check(source)?;
        let gathered = |(name, collectors): (Option<String>, Vec<Collector>)| {
            collectors.into_iter().enumerate().map(move |(load, collector)| Gathered {
                name: name.clone(),
                load,
                samples: collector.finish(),
            })
        };
        Ok(self.groups.into_iter().flat_map(gathered).collect())
    }
}

/// Hands each row to the collector of its series.
struct Push<'a> {
    groups: &'a mut [(Option<String>, Vec<Collector>)],
    group_of: Option<&'a Vec<Option<usize>>>,
    load: usize,
}

impl RowReader<Result<(), BadRow>> for Push<'_> {
    fn read(self, rows: impl Iterator<Item = (Cell<Stamp>, Cell<Load>)>) -> Result<(), BadRow> {
        let load = self.load;
        let bad = |row| move |role| BadRow { row, role, load };
        let Some(group_of) = self.group_of else {
            let collector = &mut self.groups[0].1[load];
            return rows
                .enumerate()
                .try_for_each(|(row, (time, load))| collector.push(time, load).map_err(bad(row)));
        };
        for (row, (time, value)) in rows.enumerate() {
            if let Some(group) = group_of[row] {
                self.groups[group].1[load].push(time, value).map_err(bad(row))?;
            }
        }
        Ok(())
    }
}
