//! An opened source: its columns chosen, its rows sorted into series.

use std::collections::BTreeMap;

use chrono_tz::Tz;

use crate::cells::{Cells, RowReader};
use crate::columns::{self, Profile, Roles, Wanted};
use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::history::ReadOptions;
use crate::load::Load;
use crate::parquet;
use crate::samples::{Cell, Collector, Samples};
use crate::text::{self, Layout};
use crate::timestamp::Stamp;

/// A source whose columns are known.
pub(crate) struct Opened {
    pub content: Content,
    layout: Option<Layout>,
    profiles: Vec<Profile>,
    pub roles: Roles,
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
    pub fn new(source: &Source, options: &ReadOptions, several: bool) -> Result<Self, SourceError> {
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
        let mut rows = 0;
        self.each_block(|cells| {
            groups.take(cells).map_err(|bad| self.unreadable(&bad, cells, rows))?;
            rows += cells[0].len();
            Ok(())
        })?;
        groups.finish(&self.content.name)
    }

    /// Hands over the columns block by block: the times, the loads, and the names of the series if there are such.
    ///
    /// # Errors
    /// A source that is broken, or what `take` says.
    pub fn each_block(
        &self,
        take: impl FnMut(&[Cells]) -> Result<(), SourceError>,
    ) -> Result<(), SourceError> {
        let mut positions = vec![self.roles.time];
        positions.extend(&self.roles.loads);
        positions.extend(self.roles.series);
        match &self.layout {
            Some(layout) => text::each_block(&self.content, layout, &positions, take),
            None => parquet::each_block(&self.content, &positions, take),
        }
    }

    /// The error for a row of a block that begins after `rows`.
    fn unreadable(&self, bad: &BadRow, cells: &[Cells], rows: usize) -> SourceError {
        let (column, position, expected) = match bad.role {
            Role::Load => (1 + bad.load, self.roles.loads[bad.load], "a number"),
            _ => (0, self.roles.time, "a timestamp such as 2026-01-05T13:00:00Z"),
        };
        let value = cells[column].text(bad.row);
        let place = match &self.layout {
            Some(layout) => text::line_of(&self.content, layout, position, &value).map(Place::Line),
            None => Ok(Place::Row(rows + bad.row + 1)),
        };
        let column = self.column(position);
        let error = |place| SourceError::Value {
            name: self.content.name.clone(),
            place,
            column,
            value: shorten(&value),
            expected,
        };
        place.map_or_else(|error| error, error)
    }
}

/// A row of a block that cannot be read, counted from 0.
struct BadRow {
    row: usize,
    role: Role,
    load: usize,
}

/// The series of a source, in the order in which they appear.
struct Groups<'a> {
    loads: usize,
    zone: Tz,
    wanted: Option<&'a str>,
    /// The names that were seen, with the place of the group; none for a series that is not wanted.
    known: BTreeMap<String, Option<usize>>,
    /// Names in the order in which they were seen.
    names: Vec<String>,
    groups: Vec<(Option<String>, Vec<Collector>)>,
}

impl<'a> Groups<'a> {
    fn new(loads: usize, zone: Tz, wanted: Option<&'a str>) -> Self {
        let (known, names, groups) = Default::default();
        Self { loads, zone, wanted, known, names, groups }
    }

    /// Sorts the rows of a block: times, loads, and the names of the series if there are such.
    fn take(&mut self, cells: &[Cells]) -> Result<(), BadRow> {
        let group_of = match cells.get(1 + self.loads) {
            Some(names) => Some((0..names.len()).map(|row| self.group(names, row)).collect()),
            None if self.groups.is_empty() => {
                self.open(None);
                None
            }
            None => None,
        };
        for load in 0..self.loads {
            let push = Push { groups: &mut self.groups, group_of: group_of.as_ref(), load };
            cells[0].each_row(&cells[1 + load], push)?;
        }
        Ok(())
    }

    fn open(&mut self, name: Option<String>) -> usize {
        let collectors = (0..self.loads).map(|_| Collector::new(self.zone)).collect();
        self.groups.push((name, collectors));
        self.groups.len() - 1
    }

    fn group(&mut self, names: &Cells, row: usize) -> Option<usize> {
        let name = names.text(row);
        if let Some(group) = self.known.get(name.trim()) {
            return *group;
        }
        let name = name.trim().to_owned();
        let wanted = self.wanted.is_none_or(|wanted| wanted == name);
        let group = wanted.then(|| self.open(Some(name.clone())));
        self.names.push(name.clone());
        self.known.insert(name, group);
        group
    }

    fn finish(self, source: &str) -> Result<Vec<Gathered>, SourceError> {
        if let (Some(wanted), true) = (self.wanted, self.groups.is_empty()) {
            return Err(SourceError::UnknownSeries {
                name: source.to_owned(),
                wanted: wanted.to_owned(),
                have: self.names,
            });
        }
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
