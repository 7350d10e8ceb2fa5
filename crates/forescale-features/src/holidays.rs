//! Public holidays by country, worked out from rules for any year.
//!
//! # Source
//! Meeus, *Astronomical algorithms*, ch. 8 (Easter); the rules were compared with the Python package `holidays`.

mod table;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use forescale_core::{Holiday, LoadSeries};
use thiserror::Error;

pub use table::COUNTRIES;

/// A country and the rules of its holidays.
#[derive(Debug, Clone, Copy)]
pub struct Country {
    /// ISO 3166-1 code of two letters.
    pub code: &'static str,
    /// Its name.
    pub name: &'static str,
    substitute: Substitute,
    rules: &'static str,
}

/// When a day off is given for a holiday on a weekend.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Substitute {
    /// Never.
    Nothing,
    /// The Friday before a Saturday, the Monday after a Sunday.
    Nearest,
    /// The next day that is neither a weekend nor a holiday.
    NextWorkday,
    /// For Sundays alone: the next day that is no holiday.
    SundayOnly,
}

/// Holidays that cannot be given.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HolidayError {
    /// No rules for that country.
    #[error("a country should be one of {known}, but is {code:?}{hint}")]
    UnknownCountry {
        /// What was asked for.
        code: String,
        /// The codes that are known.
        known: String,
        /// What may have been meant.
        hint: String,
    },
}

/// Years after the end of a history whose holidays are known.
const YEARS_AHEAD: i32 = 3;

/// Years in which loads are measured, where no series was read yet.
pub const ANY_YEARS: RangeInclusive<i32> = 2000..=2049;

/// The years whose holidays count for `series`: its own, and those that may be forecast.
pub fn years_of(series: &LoadSeries) -> RangeInclusive<i32> {
    series.start().year()..=series.end().year().saturating_add(YEARS_AHEAD)
}

/// The nationwide public holidays of `country` (a code of two letters, in any case), ascending by date.
///
/// # Errors
/// [`HolidayError::UnknownCountry`] with the known codes.
///
/// ```
/// use forescale_features::holidays::holidays;
/// let days = holidays("DE", 2026..=2026)?;
/// assert_eq!(days.len(), 9);
/// assert_eq!((days[1].date.to_string().as_str(), days[1].name.as_str()), ("2026-04-03", "Good Friday"));
/// # Ok::<(), forescale_features::holidays::HolidayError>(())
/// ```
pub fn holidays(country: &str, years: RangeInclusive<i32>) -> Result<Vec<Holiday>, HolidayError> {
    let code = country.trim().to_ascii_uppercase();
    let known =
        COUNTRIES.iter().find(|known| known.code == code).ok_or_else(|| unknown(country))?;
    let mut days = BTreeMap::new();
    // A substitute of December may fall into January.
    for year in years.start().saturating_sub(1)..=years.end().saturating_add(1) {
        add_year(known, year, &mut days);
    }
    let wanted = days.into_iter().filter(|(date, _)| years.contains(&date.year()));
    Ok(wanted.map(|(date, name)| Holiday { date, name }).collect())
}

fn unknown(country: &str) -> HolidayError {
    let codes: Vec<&str> = COUNTRIES.iter().map(|country| country.code).collect();
    let wanted = country.trim().to_ascii_lowercase();
    let meant = match wanted.as_str() {
        "uk" | "en" | "england" => Some("GB"),
        name => COUNTRIES
            .iter()
            .find(|known| name.len() > 2 && known.name.to_ascii_lowercase().starts_with(name))
            .map(|known| known.code),
    };
    let hint = meant.map(|code| format!("; did you mean {code}?")).unwrap_or_default();
    HolidayError::UnknownCountry { code: country.to_owned(), known: codes.join(", "), hint }
}

fn add_year(country: &Country, year: i32, days: &mut BTreeMap<NaiveDate, String>) {
    let mut moved = Vec::new();
    for rule in country.rules.split_whitespace() {
        let (rule, since) = rule.split_once('@').unwrap_or((rule, "0"));
        let (rule, substituted) = rule.strip_suffix('~').map_or((rule, false), |rule| (rule, true));
        if since.parse::<i32>().is_ok_and(|since| year < since) {
            continue;
        }
        let Some(date) = date_of(rule, year) else { continue };
        let name = name_of(rule, country);
        if substituted {
            moved.push((date, format!("{name} (substitute)")));
        }
        days.entry(date).or_insert(name);
    }
    // Only now are all holidays known that a substitute has to stay clear of.
    for (date, name) in moved {
        if let Some(date) = substitute(country.substitute, date, days) {
            days.entry(date).or_insert(name);
        }
    }
}

fn name_of(rule: &str, country: &Country) -> String {
    let shared = table::NAMES.iter().find(|(known, _)| *known == rule);
    shared.map_or_else(
        || format!("public holiday in {}", country.name),
        |(_, name)| (*name).to_owned(),
    )
}

fn substitute(
    kind: Substitute,
    date: NaiveDate,
    days: &BTreeMap<NaiveDate, String>,
) -> Option<NaiveDate> {
    let (saturday, sunday) = (date.weekday() == Weekday::Sat, date.weekday() == Weekday::Sun);
    let next_free = |also_weekend: bool| {
        date.iter_days().skip(1).find(|day| {
            let weekend = matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
            let taken = days.contains_key(day) || (also_weekend && weekend);
            !taken
        })
    };
    match kind {
        Substitute::Nearest if saturday => date.pred_opt(),
        Substitute::Nearest if sunday => date.succ_opt(),
        Substitute::NextWorkday if saturday || sunday => next_free(true),
        Substitute::SundayOnly if sunday => next_free(false),
        _ => None,
    }
}

/// The date of `rule` in `year`; `None` beyond the calendar or for a rule that is none.
fn date_of(rule: &str, year: i32) -> Option<NaiveDate> {
    let century_year = f64::from(year - 1980);
    let equinox =
        |base: f64| (base + 0.242_194 * century_year).floor() - (century_year / 4.0).floor();
    match rule {
        "VE" => NaiveDate::from_ymd_opt(year, 3, equinox(20.8431) as u32),
        "AE" => NaiveDate::from_ymd_opt(year, 9, equinox(23.2488) as u32),
        "QM" => {
            let y = f64::from(year.rem_euclid(100));
            NaiveDate::from_ymd_opt(
                year,
                4,
                ((y * 0.2422 + 4.81).floor() - (y / 4.0).floor()) as u32,
            )
        }
        // The first of February when it is a Friday, else the first Monday.
        "IE-BRIGID" => {
            let first = NaiveDate::from_ymd_opt(year, 2, 1)?;
            if first.weekday() == Weekday::Fri {
                Some(first)
            } else {
                on_or_after(first, Weekday::Mon)
            }
        }
        // The king was born on 27 April; when that is a Sunday his day is kept on the 26th.
        "NL-KING" => {
            let born = NaiveDate::from_ymd_opt(year, 4, 27)?;
            if born.weekday() == Weekday::Sun { born.pred_opt() } else { Some(born) }
        }
        _ => match rule.split_at_checked(1)? {
            ("E", days) => offset(easter(year)?, days),
            ("O", days) => offset(orthodox_easter(year)?, days),
            _ => calendar_rule(rule, year),
        },
    }
}

fn offset(date: NaiveDate, days: &str) -> Option<NaiveDate> {
    let days: i64 = days.parse().ok()?;
    let span = Days::new(days.unsigned_abs());
    if days < 0 { date.checked_sub_days(span) } else { date.checked_add_days(span) }
}

fn calendar_rule(rule: &str, year: i32) -> Option<NaiveDate> {
    let month: u32 = rule.get(..2)?.parse().ok()?;
    if let Some((nth, weekday)) = rule.get(3..)?.split_once('/') {
        let weekday: Weekday = weekday.parse().ok()?;
        return match nth.parse() {
            Ok(nth) => NaiveDate::from_weekday_of_month_opt(year, month, weekday, nth),
            Err(_) => last_weekday(year, month, weekday),
        };
    }
    let day = NaiveDate::from_ymd_opt(year, month, rule.get(3..5)?.parse().ok()?)?;
    match rule.split_once('>') {
        Some((_, weekday)) => on_or_after(day, weekday.parse().ok()?),
        None => Some(day),
    }
}

fn last_weekday(year: i32, month: u32, weekday: Weekday) -> Option<NaiveDate> {
    let nth = |n| NaiveDate::from_weekday_of_month_opt(year, month, weekday, n);
    nth(5).or_else(|| nth(4))
}

fn on_or_after(date: NaiveDate, weekday: Weekday) -> Option<NaiveDate> {
    date.iter_days().take(7).find(|day| day.weekday() == weekday)
}

/// Western Easter (anonymous Gregorian computus).
fn easter(year: i32) -> Option<NaiveDate> {
    let (a, b, c) = (year % 19, year / 100, year % 100);
    let (d, e, f) = (b / 4, b % 4, (b + 8) / 25);
    let g = (b - f + 1) / 3;
    let h = (19 * a + b - d - g + 15) % 30;
    let l = (32 + 2 * e + 2 * (c / 4) - h - c % 4) % 7;
    let m = (a + 11 * h + 22 * l) / 451;
    let days = h + l - 7 * m + 114;
    NaiveDate::from_ymd_opt(year, (days / 31) as u32, (days % 31 + 1) as u32)
}

/// Orthodox Easter: the Julian computus, thirteen days on from 1900 to 2099.
fn orthodox_easter(year: i32) -> Option<NaiveDate> {
    let d = (19 * (year % 19) + 15) % 30;
    let e = (2 * (year % 4) + 4 * (year % 7) - d + 34) % 7;
    let days = d + e + 114;
    let julian = NaiveDate::from_ymd_opt(year, (days / 31) as u32, (days % 31 + 1) as u32)?;
    julian.checked_add_days(Days::new(13))
}

#[cfg(test)]
mod tests;
