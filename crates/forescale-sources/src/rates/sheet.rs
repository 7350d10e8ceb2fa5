//! A small CSV file with named columns, whose every error names the line.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forescale_core::clock::Clock;

use crate::content::{Content, Format, Source};
use crate::error::{Place, Role, SourceError, shorten};
use crate::records::Records;
use crate::timestamp;

/// A file with a header, read whole.
pub(super) struct Sheet {
    name: String,
    bytes: Vec<u8>,
    columns: Vec<String>,
    /// The columns that it has to have.
    needed: Vec<String>,
    zone: Tz,
}

/// A row of it.
pub(super) struct Row<'a> {
    sheet: &'a Sheet,
    line: usize,
    fields: Vec<String>,
}

impl Sheet {
    /// The file, once it is sure to have the columns `needed`.
    pub(super) fn read(
        source: &Source,
        zone: Option<Tz>,
        needed: &[&str],
    ) -> Result<Self, SourceError> {
        let no_rates = |name| SourceError::NoRates { name, needed: owned(needed) };
        let content = Content::open(source).map_err(|error| match error {
            SourceError::Empty { name } => no_rates(name),
            other => other,
        })?;
        let name = content.name.clone();
        if content.format != Format::Csv {
            return Err(SourceError::malformed(&name, "is not CSV, but a list of rates is"));
        }
        let bytes = content.bytes()?;
        let header = Records::new(&bytes, b',').next();
        let header = header.ok_or_else(|| no_rates(name.clone()))?;
        let columns: Vec<String> =
            header.fields.iter().map(|field| field.trim().to_lowercase()).collect();
        if let Some(missing) = needed.iter().find(|name| !columns.iter().any(|c| c == *name)) {
            let (role, wanted) = (Role::Rates, (*missing).to_owned());
            return Err(SourceError::UnknownColumn { name, role, wanted, have: columns });
        }
        let needed = owned(needed);
        Ok(Self { name, bytes, columns, needed, zone: zone.unwrap_or(Tz::UTC) })
    }

    /// Every row as `make` reads it.
    pub(super) fn rows<T>(
        &self,
        make: impl Fn(&Row) -> Result<T, SourceError>,
    ) -> Result<Vec<T>, SourceError> {
        let mut rows = Vec::new();
        for record in Records::new(&self.bytes, b',').skip(1) {
            let fields = record.fields.iter().map(|field| field.trim().to_owned()).collect();
            rows.push(make(&Row { sheet: self, line: record.line, fields })?);
        }
        match rows.is_empty() {
            true => {
                let (name, needed) = (self.name.clone(), self.needed.clone());
                Err(SourceError::NoRates { name, needed })
            }
            false => Ok(rows),
        }
    }
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

impl Row<'_> {
    /// The field of `column`; none when the file has no such column.
    pub(super) fn text(&self, column: &str) -> Option<&str> {
        let at = self.sheet.columns.iter().position(|name| name == column)?;
        Some(self.fields.get(at).map_or("", String::as_str))
    }

    pub(super) fn word(&self, column: &str) -> Result<&str, SourceError> {
        let text = self.text(column).unwrap_or_default();
        if text.is_empty() { Err(self.error(column, text, "a name")) } else { Ok(text) }
    }

    pub(super) fn number(&self, column: &str) -> Result<f64, SourceError> {
        let text = self.text(column).unwrap_or_default();
        let number = text.parse().ok().filter(|number: &f64| number.is_finite());
        number.ok_or_else(|| self.error(column, text, "a number"))
    }

    pub(super) fn count(&self, column: &str) -> Result<u32, SourceError> {
        let text = self.text(column).unwrap_or_default();
        text.parse().map_err(|_| self.error(column, text, "a whole number from 0 on"))
    }

    pub(super) fn time(&self, column: &str) -> Result<DateTime<Utc>, SourceError> {
        let text = self.text(column).unwrap_or_default();
        let micros =
            timestamp::parse(text).map(|stamp| stamp.moment(&mut Clock::new(self.sheet.zone)));
        let time = micros.and_then(DateTime::from_timestamp_micros);
        time.ok_or_else(|| self.error(column, text, "a timestamp such as 2026-01-05T13:00:00Z"))
    }

    pub(super) fn error(&self, column: &str, value: &str, expected: &'static str) -> SourceError {
        SourceError::Value {
            name: self.sheet.name.clone(),
            place: Place::Line(self.line),
            column: column.to_owned(),
            value: shorten(value),
            expected,
        }
    }
}
