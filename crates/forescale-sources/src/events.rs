//! Known events: `start,end,kind` and an optional `factor`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::Event;
use forescale_core::clock::Clock;

use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::records::{Record, Records};
use crate::timestamp;

/// Reads a calendar of events from a CSV file with the columns `start`, `end`, `kind` and, if it likes, `factor`.
///
/// Times without a zone are read in `zone`; a date alone is its first moment. A `factor` is what the load is
/// expected to be multiplied by. The events come back ascending by start.
///
/// # Errors
/// [`SourceError`] with the line and the value: a missing column, a time that is none, an end that is not after its
/// start, an empty kind, a factor that is not above 0.
pub fn read_events(source: &Source, zone: Option<Tz>) -> Result<Vec<Event>, SourceError> {
    let content = Content::open(source)?;
    if content.format != Format::Csv {
        return Err(SourceError::malformed(
            &content.name,
            "is not CSV, but a calendar of events is",
        ));
    }
    let bytes = content.bytes()?;
    let mut records = Records::new(&bytes, b',');
    let header = records.next().ok_or_else(|| SourceError::Empty { name: content.name.clone() })?;
    let table = Table::new(&content.name, &header)?;
    let mut clock = Clock::new(zone.unwrap_or(Tz::UTC));
    let mut events: Vec<Event> = records
        .filter(|record| !record.fields[0].starts_with('#'))
        .map(|record| table.event(&record, &mut clock))
        .collect::<Result<_, _>>()?;
    events.sort_by(|a, b| a.start.cmp(&b.start).then(a.end.cmp(&b.end)));
    Ok(events)
}

/// The columns of a file of events, by position.
struct Table<'a> {
    name: &'a str,
    start: usize,
    end: usize,
    kind: usize,
    factor: Option<usize>,
}

impl<'a> Table<'a> {
    fn new(name: &'a str, header: &Record<'_>) -> Result<Self, SourceError> {
        let at = |wanted: &str| {
            header.fields.iter().position(|field| field.trim().eq_ignore_ascii_case(wanted))
        };
        let needed = |wanted: &str, role| {
            at(wanted).ok_or_else(|| SourceError::UnknownColumn {
                name: name.to_owned(),
                role,
                wanted: wanted.to_owned(),
                have: header.fields.iter().map(|field| field.trim().to_owned()).collect(),
            })
        };
        let (start, end) = (needed("start", Role::Event)?, needed("end", Role::Event)?);
        Ok(Self { name, start, end, kind: needed("kind", Role::Event)?, factor: at("factor") })
    }

    fn event(&self, record: &Record<'_>, clock: &mut Clock) -> Result<Event, SourceError> {
        let field = |at: usize| record.fields.get(at).map_or("", |field| field.trim());
        let error = |column: &str, value: &str, expected| SourceError::Value {
            name: self.name.to_owned(),
            place: Place::Line(record.line),
            column: column.to_owned(),
            value: shorten(value),
            expected,
        };
        let mut time = |column, at| {
            let stamp = timestamp::parse(field(at));
            let micros = stamp.map(|stamp| stamp.moment(clock));
            micros
                .and_then(DateTime::<Utc>::from_timestamp_micros)
                .ok_or_else(|| error(column, field(at), "a timestamp such as 2026-01-05T13:00:00Z"))
        };
        let (start, end) = (time("start", self.start)?, time("end", self.end)?);
        if end <= start {
            return Err(error("end", field(self.end), "after its start"));
        }
        if field(self.kind).is_empty() {
            return Err(error("kind", "", "a word such as campaign"));
        }
        let text = self.factor.map_or("", field);
        let factor = factor(text).ok_or_else(|| error("factor", text, "a number above 0"))?;
        Ok(Event { start, end, kind: field(self.kind).to_owned(), factor })
    }
}

/// `Some(None)` for an empty field.
fn factor(text: &str) -> Option<Option<f64>> {
    if text.is_empty() {
        return Some(None);
    }
    let factor = text.parse::<f64>().ok()?;
    (factor > 0.0 && factor.is_finite()).then_some(Some(factor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Event>, SourceError> {
        let source = Source::Bytes { name: "events.csv".to_owned(), bytes: text.into() };
        read_events(&source, Some(Tz::Europe__Berlin))
    }

    #[test]
    fn events_are_sorted_and_local_times_are_in_the_zone() {
        let events = read(
            "kind,start,end,factor\n\
             release,2026-03-02T08:00:00Z,2026-03-02T09:00:00Z,\n\
             # a note\n\
             campaign,2026-02-27,2026-02-28,1.8\n",
        )
        .unwrap();
        assert_eq!(events[0].kind, "campaign");
        assert_eq!(events[0].start.to_rfc3339(), "2026-02-26T23:00:00+00:00");
        assert_eq!((events[0].factor, events[1].factor), (Some(1.8), None));
    }

    #[test]
    fn each_mistake_is_named_with_its_line() {
        let row =
            |row: &str| read(&format!("start,end,kind,factor\n{row}\n")).unwrap_err().to_string();
        assert_eq!(
            row("soon,2026-01-02,sale,"),
            "events.csv, line 2: start should be a timestamp such as 2026-01-05T13:00:00Z, but is \"soon\""
        );
        assert_eq!(
            row("2026-01-02,2026-01-02,sale,"),
            "events.csv, line 2: end should be after its start, but is \"2026-01-02\""
        );
        assert_eq!(
            row("2026-01-02,2026-01-03,,"),
            "events.csv, line 2: kind should be a word such as campaign, but is \"\""
        );
        assert_eq!(
            row("2026-01-02,2026-01-03,sale,-1"),
            "events.csv, line 2: factor should be a number above 0, but is \"-1\""
        );
        assert_eq!(
            read("from,to,kind\n").unwrap_err().to_string(),
            "events.csv has no column \"start\", only from, to, kind"
        );
        assert!(read("start,end,kind\n").unwrap().is_empty());
    }
}
