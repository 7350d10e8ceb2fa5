//! The service's calendar, from the options.

use std::ops::RangeInclusive;
use std::path::Path;

use forescale::{ANY_YEARS, Calendar, LoadSeries, holidays, years_of};
use forescale_sources::{Source, read_events};

use crate::args::ServiceArgs;
use crate::commands::Context;
use crate::failure::Failure;
use crate::input::source_failure;

/// The calendar for `series`: what the options say, over what `known` (a model's calendar) says.
///
/// # Errors
/// When the events cannot be read or the country is not known.
pub fn read(
    args: &ServiceArgs,
    series: &LoadSeries,
    known: Option<&Calendar>,
) -> Result<Calendar, Failure> {
    of_years(args, years_of(series), known)
}

/// The calendar for whatever series there are.
///
/// # Errors
/// As [`read`].
pub fn of_any(args: &ServiceArgs) -> Result<Calendar, Failure> {
    of_years(args, ANY_YEARS, None)
}

fn of_years(
    args: &ServiceArgs,
    years: RangeInclusive<i32>,
    known: Option<&Calendar>,
) -> Result<Calendar, Failure> {
    let mut calendar = known.cloned().unwrap_or_default();
    if let Some(zone) = args.timezone {
        calendar.zone = zone;
    }
    if let Some(hours) = args.business_hours {
        calendar.business_hours = hours;
    }
    if let Some(country) = &args.holidays {
        calendar.holidays = holidays(country, years).map_err(|error| {
            Failure::usage(error.to_string()).hint("leave out --holidays, or list them as --events")
        })?;
    }
    if let Some(file) = &args.events {
        calendar.events = events(file, &calendar)?;
    }
    Ok(calendar)
}

/// Puts the time zone and the business hours, as they turned out, into the settings.
pub fn record(calendar: &Calendar, context: &mut Context) {
    let hours = calendar.business_hours;
    context.set("timezone", calendar.zone.name());
    context.set("business_hours", format!("{}-{}", hours.start, hours.end));
}

fn events(file: &Path, calendar: &Calendar) -> Result<Vec<forescale::Event>, Failure> {
    read_events(&Source::new(file), Some(calendar.zone)).map_err(source_failure)
}
