//! A plan from a file: `timestamp,instances`, or the rows that `forescale plan -o csv` writes.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::clock::Clock;

use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::records::{Record, Records};
use crate::timestamp;

/// What the column of times may be called: a plan of ours says when to ask, in `at`.
const TIMES: [&str; 2] = ["timestamp", "at"];
const COUNT: &str = "instances";

/// Reads how many instances a plan has from which moment on, ascending in time.
///
/// Times without a zone are read in `zone`.
///
/// # Errors
/// [`SourceError`] with the line and the value: a missing column, a time that is none, a count that is none.
pub fn read_plan(
    source: &Source,
    zone: Option<Tz>,
) -> Result<Vec<(DateTime<Utc>, u32)>, SourceError> {
    let content = Content::open(source)?;
    if content.format != Format::Csv {
        return Err(SourceError::malformed(&content.name, "is not CSV, but a plan is"));
    }
    let bytes = content.bytes()?;
    let mut records = Records::new(&bytes, b',');
    let header = records.next().ok_or_else(|| SourceError::Empty { name: content.name.clone() })?;
    let table = Table::new(&content.name, &header)?;
    let mut clock = Clock::new(zone.unwrap_or(Tz::UTC));
    let rows: Result<Vec<_>, _> = records.map(|record| table.row(&record, &mut clock)).collect();
    let mut rows = rows?;
    if rows.is_empty() {
        return Err(SourceError::NoRows { name: content.name.clone() });
    }
    rows.sort_by_key(|(time, _)| *time);
    Ok(rows)
}

/// The columns of a plan, by position.
struct Table<'a> {
    name: &'a str,
    time: usize,
    time_name: &'static str,
    count: usize,
}

impl<'a> Table<'a> {
    fn new(name: &'a str, header: &Record<'_>) -> Result<Self, SourceError> {
        let at = |wanted: &str| {
            header.fields.iter().position(|field| field.trim().eq_ignore_ascii_case(wanted))
        };
        let missing = |wanted: &str| SourceError::UnknownColumn {
            name: name.to_owned(),
            role: Role::Plan,
            wanted: wanted.to_owned(),
            have: header.fields.iter().map(|field| field.trim().to_owned()).collect(),
        };
        let time = TIMES.iter().find_map(|wanted| Some((at(wanted)?, *wanted)));
        let (time, time_name) = time.ok_or_else(|| missing(TIMES[0]))?;
        let count = at(COUNT).ok_or_else(|| missing(COUNT))?;
        Ok(Self { name, time, time_name, count })
    }

    fn row(
        &self,
        record: &Record<'_>,
        clock: &mut Clock,
    ) -> Result<(DateTime<Utc>, u32), SourceError> {
        let field = |at: usize| record.fields.get(at).map_or("", |field| field.trim());
        let error = |column: &str, value: &str, expected| SourceError::Value {
            name: self.name.to_owned(),
            place: Place::Line(record.line),
            column: column.to_owned(),
            value: shorten(value),
            expected,
        };
        let stamp = timestamp::parse(field(self.time)).map(|stamp| stamp.moment(clock));
        let time = stamp.and_then(DateTime::<Utc>::from_timestamp_micros).ok_or_else(|| {
            error(self.time_name, field(self.time), "a timestamp such as 2026-01-05T13:00:00Z")
        })?;
        let count = field(self.count).parse::<u32>();
        let count =
            count.map_err(|_| error(COUNT, field(self.count), "a whole number from 0 on"))?;
        Ok((time, count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<(DateTime<Utc>, u32)>, SourceError> {
        let source = Source::Bytes { name: "plan.csv".to_owned(), bytes: text.into() };
        read_plan(&source, None)
    }

    #[test]
    fn both_headers_are_read_and_rows_are_put_in_order() {
        let rows = read("timestamp,instances\n2026-01-05T01:00:00Z,7\n2026-01-05T00:00:00Z,4\n");
        assert_eq!(rows.unwrap().iter().map(|row| row.1).collect::<Vec<_>>(), [4, 7]);
        let rows = read("at,effective_at,action,instances\n2026-01-05T00:00:00Z,x,keep,3\n");
        assert_eq!(rows.unwrap()[0].1, 3);
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let message = |text: &str| read(text).unwrap_err().to_string();
        assert_eq!(
            message("timestamp,instances\n2026-01-05T00:00:00Z,-1\n"),
            "plan.csv, line 2: instances should be a whole number from 0 on, but is \"-1\""
        );
        assert!(message("timestamp,instances\nsoon,1\n").contains("line 2: timestamp"));
        assert_eq!(
            message("time,instances\n"),
            "plan.csv has no column \"timestamp\", only time, instances"
        );
        assert!(message("timestamp,instances\n").contains("no rows"));
    }
}
