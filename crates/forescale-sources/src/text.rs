//! Delimited text: its header, its columns, and where in it a value stands.

use std::io::Cursor;
use std::sync::Arc;

use polars::prelude::*;

use crate::blocks::Blocks;
use crate::cells::Cells;
use crate::columns::Profile;
use crate::content::Content;
use crate::error::{SourceError, shorten};
use crate::load::Load;
use crate::records::{Record, Records};
use crate::timestamp::{self, Stamp};

/// What the head of a text tells.
#[derive(Debug)]
pub(crate) struct Layout {
    pub delimiter: u8,
    /// Lines up to and with the header.
    pub header_lines: usize,
    pub profiles: Vec<Profile>,
}

/// Rows that show what a column holds.
const PROFILE_ROWS: usize = 50;

const DELIMITERS: &[u8] = b",;\t|";

/// Finds the delimiter, the header and what the columns hold.
///
/// # Errors
/// No header, no rows, or text that is not UTF-8.
pub(crate) fn layout(content: &Content) -> Result<Layout, SourceError> {
    let name = &content.name;
    let head = &content.head;
    let delimiter = delimiter(head);
    let mut records = Records::new(head, delimiter);
    let header = records.next().ok_or_else(|| SourceError::Empty { name: name.clone() })?;
    let header_lines = records.lines();
    refuse_broken(&header, name)?;
    let names: Vec<String> = header.fields.iter().map(|field| field.trim().to_owned()).collect();
    if names.iter().all(|field| is_data(field)) {
        return Err(SourceError::NoHeader { name: name.clone(), line: shorten(&names.join(",")) });
    }
    let rows = rows_of(records, content.head_is_all());
    if rows.is_empty() {
        return Err(SourceError::NoRows { name: name.clone() });
    }
    let profiles = names.into_iter().enumerate().map(|(at, name)| profile(name, at, &rows));
    Ok(Layout { delimiter, header_lines, profiles: profiles.collect() })
}

/// The delimiter that the header has most of.
fn delimiter(head: &[u8]) -> u8 {
    let start = head.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(0);
    let line = head[start..].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    let most = DELIMITERS.iter().rev().max_by_key(|&&delimiter| count(delimiter));
    most.copied().unwrap_or(b',')
}

fn refuse_broken(header: &Record<'_>, name: &str) -> Result<(), SourceError> {
    if header.unclosed {
        return Err(SourceError::malformed(name, format!("{UNCLOSED} {}", header.line)));
    }
    if header.fields.iter().any(|field| field.contains('\u{fffd}')) {
        let what = format!("is not in UTF-8 (first in line {})", header.line);
        return Err(SourceError::malformed(name, what));
    }
    Ok(())
}

const UNCLOSED: &str = "has a quote that is opened and never closed, in line";

fn is_data(field: &str) -> bool {
    timestamp::parse(field).is_some() || Load::parse(field).is_some()
}

/// The first rows; the last one of a head that is cut may be cut too.
fn rows_of<'a>(records: Records<'a>, whole: bool) -> Vec<Record<'a>> {
    let mut rows: Vec<_> = records.take(PROFILE_ROWS).collect();
    if !whole && rows.len() < PROFILE_ROWS {
        rows.pop();
    }
    rows
}

fn profile(name: String, at: usize, rows: &[Record<'_>]) -> Profile {
    let fields = || rows.iter().filter_map(|row| row.fields.get(at)).map(|field| field.as_ref());
    let stamps: Vec<_> = fields().filter(|f| !f.trim().is_empty()).map(timestamp::parse).collect();
    let loads: Vec<_> = fields().map(Load::parse).collect();
    let numbers = loads.iter().all(Option::is_some);
    let values = loads.iter().filter(|load| !matches!(load, Some(Load::Missing)));
    let mut values = values.map(Option::is_some).peekable();
    let some = values.peek().is_some();
    Profile {
        name,
        dates: !stamps.is_empty() && !numbers && stamps.iter().all(Option::is_some),
        unix: !stamps.is_empty() && numbers && stamps.iter().all(|stamp| recent(*stamp)),
        numbers: numbers && some,
        words: some && !values.any(|number| number),
    }
}

/// Later than 2001, when Unix seconds got their tenth digit: no load is likely to look like that.
pub(crate) fn recent(stamp: Option<Stamp>) -> bool {
    matches!(stamp, Some(Stamp::Utc(micros)) if micros >= 1_000_000_000 * timestamp::SECOND)
}

/// Records of a text that were read together, and where in it they stand.
#[derive(Clone, Copy)]
pub(crate) struct Excerpt<'a> {
    bytes: &'a [u8],
    delimiter: u8,
    /// The line it begins with.
    line: usize,
    /// Lines of the header that it begins with.
    header_lines: usize,
}

/// Reads the columns at `positions` and hands them over block by block.
///
/// # Errors
/// Ragged lines, quotes that never close, text that is not UTF-8, or what `take` says.
pub(crate) fn each_block(
    content: &Content,
    layout: &Layout,
    positions: &[usize],
    mut take: impl FnMut(&[Cells], Excerpt<'_>) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let name = &content.name;
    let width = layout.profiles.len();
    let mut blocks = Blocks::new(content.reader()?, layout.delimiter);
    let (mut line, mut header_lines) = (1, layout.header_lines);
    loop {
        let of = |bytes| Excerpt { bytes, delimiter: layout.delimiter, line, header_lines };
        let block = match blocks.next() {
            Ok(Some(block)) => block,
            Ok(None) => return Ok(()),
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Err(of(blocks.rest()).what_is_broken(name, width));
            }
            Err(error) => return Err(content.unreadable(&error)),
        };
        let excerpt = of(&block);
        let columns = columns(&block, layout, header_lines, positions);
        take(&columns.map_err(|_| excerpt.what_is_broken(name, width))?, excerpt)?;
        line += block.iter().filter(|byte| **byte == b'\n').count();
        header_lines = 0;
    }
}

/// The columns of a block: numbers where the layout promises them and the block keeps it, else text.
fn columns(
    block: &[u8],
    layout: &Layout,
    skip_lines: usize,
    positions: &[usize],
) -> PolarsResult<Vec<Cells>> {
    let number = |at: usize| at != positions[0] && layout.profiles[at].numbers;
    let frame = frame(block, layout, skip_lines, positions, number)
        .or_else(|_| frame(block, layout, skip_lines, positions, |_| false))?;
    let cells = |&at: &usize| {
        let column = frame.column(&column_name(at))?;
        Ok(match column.dtype() {
            DataType::Float64 => Cells::Numbers(column.f64()?.clone()),
            _ => Cells::Text(column.str()?.clone()),
        })
    };
    positions.iter().map(cells).collect()
}

fn column_name(at: usize) -> String {
    format!("c{at}")
}

fn frame(
    block: &[u8],
    layout: &Layout,
    skip_lines: usize,
    positions: &[usize],
    number: impl Fn(usize) -> bool,
) -> PolarsResult<DataFrame> {
    let mut projection = positions.to_vec();
    projection.sort_unstable();
    projection.dedup();
    let kind = |at| if number(at) { DataType::Float64 } else { DataType::String };
    let columns = 0..layout.profiles.len();
    let schema: Schema = columns.map(|at| Field::new(column_name(at).into(), kind(at))).collect();
    CsvReadOptions::default()
        .with_has_header(false)
        .with_raise_if_empty(false)
        // A block is too small to be worth sharing out: one thread takes a tenth less CPU time.
        .with_n_threads(Some(1))
        .with_skip_lines(skip_lines)
        .with_schema(Some(Arc::new(schema)))
        .with_projection(Some(Arc::new(projection)))
        .with_parse_options(CsvParseOptions::default().with_separator(layout.delimiter))
        .into_reader_with_file_handle(Cursor::new(block))
        .finish()
}

impl Excerpt<'_> {
    /// The line of the first record that has these texts in the fields at these positions.
    pub fn line_of(&self, texts: &[(usize, String)]) -> Option<usize> {
        let is = |row: &Record<'_>, (at, text): &(usize, String)| {
            row.fields.get(*at).map_or("", |field| field) == text
        };
        let mut rows = self.records();
        rows.find(|row| texts.iter().all(|text| is(row, text))).map(|row| row.line)
    }

    /// The line of its first record.
    pub fn first_line(&self) -> usize {
        self.line + self.header_lines
    }

    fn records(&self) -> impl Iterator<Item = Record<'_>> {
        let before = self.line - 1;
        let header = usize::from(self.header_lines > 0);
        let records = Records::new(self.bytes, self.delimiter).skip(header);
        records.map(move |record| Record { line: before + record.line, ..record })
    }

    /// Why it could not be split into `width` columns.
    fn what_is_broken(&self, name: &str, width: usize) -> SourceError {
        for record in self.records() {
            if let Err(error) = refuse_broken(&record, name) {
                return error;
            }
            let (fields, line) = (record.fields.len(), record.line);
            if fields > width {
                let what = format!("has {fields} fields in line {line}, but {width} in its header");
                return SourceError::malformed(name, what);
            }
        }
        SourceError::malformed(name, "is not well-formed CSV")
    }
}
