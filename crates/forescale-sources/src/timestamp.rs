//! Timestamps as microseconds since the Unix epoch, read without a format string.
//!
//! Read are ISO 8601 (`2026-01-05T13:00:00Z`, with `T` or a space, with or without seconds, fraction and
//! offset), dates alone, `/` for `-`, the compact `20260105T130000Z`, and Unix times: seconds, milliseconds,
//! microseconds or nanoseconds, told apart by their size. Days and months in another order are refused.

use forescale_core::clock::Clock;

/// Microseconds in a second.
pub(crate) const SECOND: i64 = 1_000_000;

/// What a text says about a moment, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// A moment.
    Utc(i64),
    /// What a clock on the wall showed, written as if it were UTC.
    Local(i64),
}

impl Stamp {
    /// The moment in microseconds; a zone in the text goes before that of `clock`.
    pub fn moment(self, clock: &mut Clock) -> i64 {
        match self {
            Self::Utc(micros) => clock.utc(micros),
            Self::Local(micros) => clock.local(micros),
        }
    }
}

/// The years that a load history may come from.
const YEARS: std::ops::RangeInclusive<i64> = 1900..=2200;

/// Reads a timestamp; `None` when it is none.
pub(crate) fn parse(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    match bytes {
        [_, _, _, _, b'-' | b'/', ..] => iso(bytes),
        [first, .., last] if first == &b' ' || last == &b' ' => parse(text.trim()),
        _ => compact(bytes).or_else(|| unix(text)),
    }
}

fn iso(bytes: &[u8]) -> Option<Stamp> {
    let (date, rest) = bytes.split_at_checked(10)?;
    if date[4] != date[7] {
        return None;
    }
    let days = days(number(&date[..4])?, number(&date[5..7])?, number(&date[8..])?)?;
    match rest {
        [] => Some(Stamp::Local(days * 86_400 * SECOND)),
        [b'T' | b't' | b' ', time @ ..] => clock(days, time),
        _ => None,
    }
}

/// `HH:MM[:SS[.fraction]][zone]` after a date.
fn clock(days: i64, time: &[u8]) -> Option<Stamp> {
    let [h1, h2, b':', m1, m2, rest @ ..] = time else { return None };
    let (hour, minute) = (number(&[*h1, *h2])?, number(&[*m1, *m2])?);
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (number(&[*s1, *s2])?, rest),
        _ => (0, rest),
    };
    moment(days, [hour, minute, second], rest)
}

/// Puts a date, a time of day and what follows them together.
fn moment(days: i64, [hour, minute, second]: [i64; 3], rest: &[u8]) -> Option<Stamp> {
    // A leap second is the first of the next minute, as in Unix time; 24:00 is the next midnight.
    let midnight = hour == 24 && minute == 0 && second == 0;
    if (hour > 23 && !midnight) || minute > 59 || second > 60 {
        return None;
    }
    let (micros, rest) = match rest {
        [b'.' | b',', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    let local = (days * 86_400 + hour * 3_600 + minute * 60 + second) * SECOND + micros;
    match offset_seconds(rest)? {
        Some(offset) => Some(Stamp::Utc(local - offset * SECOND)),
        None => Some(Stamp::Local(local)),
    }
}

/// Microseconds of a decimal fraction, cut after the sixth digit, and what follows it.
fn fraction(bytes: &[u8]) -> Option<(i64, &[u8])> {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut micros = 0;
    for place in 0..6 {
        let digit = bytes[..digits].get(place).map_or(0, |byte| i64::from(byte - b'0'));
        micros = micros * 10 + digit;
    }
    (digits > 0).then_some((micros, &bytes[digits..]))
}

/// `Some(None)` without a zone, `Some(Some(seconds))` for `Z`, `UTC`, `+02`, `+0200` or `+02:00`.
fn offset_seconds(bytes: &[u8]) -> Option<Option<i64>> {
    let bytes = bytes.strip_prefix(b" ").unwrap_or(bytes);
    let (sign, digits) = match bytes {
        [] => return Some(None),
        b"Z" | b"z" | b"UTC" | b"GMT" => return Some(Some(0)),
        [b'+', digits @ ..] => (1, digits),
        [b'-', digits @ ..] => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [_, _] => (number(digits)?, 0),
        [_, _, _, _] => (number(&digits[..2])?, number(&digits[2..])?),
        [_, _, b':', _, _] => (number(&digits[..2])?, number(&digits[3..])?),
        _ => return None,
    };
    (hours <= 18 && minutes <= 59).then_some(Some(sign * (hours * 3_600 + minutes * 60)))
}

/// `20260105`, `20260105T1300[00][zone]`: eight digits are a date, because as seconds they would lie in 1970.
fn compact(bytes: &[u8]) -> Option<Stamp> {
    let (date, rest) = bytes.split_at_checked(8)?;
    let days = days(number(&date[..4])?, number(&date[4..6])?, number(&date[6..])?)?;
    match rest {
        [] => Some(Stamp::Local(days * 86_400 * SECOND)),
        [b'T', h1, h2, m1, m2, s1, s2, rest @ ..] if s1.is_ascii_digit() => {
            let time = [number(&[*h1, *h2])?, number(&[*m1, *m2])?, number(&[*s1, *s2])?];
            moment(days, time, rest)
        }
        [b'T', h1, h2, m1, m2, rest @ ..] => {
            moment(days, [number(&[*h1, *h2])?, number(&[*m1, *m2])?, 0], rest)
        }
        _ => None,
    }
}

/// A Unix time as text: a whole number, or a decimal one.
fn unix(text: &str) -> Option<Stamp> {
    match text.parse::<i64>() {
        Ok(whole) => from_integer(whole),
        Err(_) => from_float(text.parse().ok()?),
    }
    .map(Stamp::Utc)
}

/// From this size on, a Unix time counts milliseconds, not seconds (seconds would be the year 5138).
const MILLISECONDS_FROM: u64 = 100_000_000_000;

/// Microseconds of a Unix time in the unit that its size tells.
pub(crate) fn from_integer(value: i64) -> Option<i64> {
    let size = value.unsigned_abs();
    let micros = match size {
        _ if size < MILLISECONDS_FROM => value * SECOND,
        _ if size < MILLISECONDS_FROM * 1_000 => value * 1_000,
        _ if size < MILLISECONDS_FROM * 1_000_000 => value,
        _ => value.div_euclid(1_000),
    };
    within_calendar(micros)
}

/// The same for a Unix time with decimals; fractions of a microsecond are rounded.
pub(crate) fn from_float(value: f64) -> Option<i64> {
    let size = value.abs();
    let from = MILLISECONDS_FROM as f64;
    let micros = match size {
        _ if !value.is_finite() => return None,
        _ if size < from => value * 1e6,
        _ if size < from * 1e3 => value * 1e3,
        _ if size < from * 1e6 => value,
        _ => value / 1e3,
    };
    within_calendar(micros.round() as i64)
}

/// The moment, if it lies in the years a history may come from.
pub(crate) fn within_calendar(micros: i64) -> Option<i64> {
    let year_seconds = |year: i64| days(year, 1, 1).map_or(0, |days| days * 86_400);
    let second = micros.div_euclid(SECOND);
    let within = year_seconds(*YEARS.start())..year_seconds(*YEARS.end());
    within.contains(&second).then_some(micros)
}

/// A number of decimal digits and nothing else.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| value * 10 + i64::from(digit))
    })
}

/// Days since 1970-01-01, in the Gregorian calendar; `None` for a date that does not exist.
///
/// Howard Hinnant, *chrono-compatible low-level date algorithms*, `days_from_civil`.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = *LENGTHS.get(usize::try_from(month - 1).ok()?)?;
    let length = if month == 2 && !leap { 28 } else { length };
    if !YEARS.contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (y / 400, y % 400);
    let day_of_year = (153 * m + 2) / 5 + day - 1;
    Some(
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year
            - 719_468,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn utc(text: &str) -> Stamp {
        Stamp::Utc(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
    }

    fn local(text: &str) -> Stamp {
        Stamp::Local(text.parse::<DateTime<Utc>>().unwrap().timestamp_micros())
    }

    #[test]
    fn every_notation_of_one_moment_is_the_same_moment() {
        for text in [
            "2026-01-05T13:00:00Z",
            "2026-01-05 13:00:00+00:00",
            "2026-01-05t13:00z",
            "2026/01/05 15:00:00.000 +0200",
            "2026-01-05T08:00:00-05",
            "2026-01-05 13:00:00 UTC",
            "20260105T130000Z",
            "20260105T1300Z",
            " 2026-01-05T13:00:00Z ",
            "1767618000",
            "1767618000.0",
            "1767618000000",
            "1767618000000000",
            "1767618000000000000",
        ] {
            assert_eq!(parse(text), Some(utc("2026-01-05T13:00:00Z")), "{text}");
        }
    }

    #[test]
    fn without_a_zone_a_time_is_local() {
        assert_eq!(parse("2026-01-05"), Some(local("2026-01-05T00:00:00Z")));
        assert_eq!(parse("20260105"), Some(local("2026-01-05T00:00:00Z")));
        assert_eq!(parse("2026-01-05 24:00"), Some(local("2026-01-06T00:00:00Z")));
        assert_eq!(parse("2026-01-05T13:00:00.25"), Some(local("2026-01-05T13:00:00.25Z")));
    }

    #[test]
    fn a_zone_in_the_text_goes_before_the_one_of_the_clock() {
        let mut clock = Clock::new(chrono_tz::Tz::Europe__Berlin);
        let noon = parse("2026-01-05T12:00:00Z").unwrap().moment(&mut clock);
        let clock_noon = parse("2026-01-05T12:00:00").unwrap().moment(&mut clock);
        assert_eq!((noon - clock_noon, clock.local), (3_600 * SECOND, 1));
    }

    #[test]
    fn what_is_no_timestamp_is_refused() {
        for text in [
            "",
            "Z",
            "05/01/2026",
            "5.1.2026",
            "2026-13-01",
            "2026-02-29",
            "2026-1-5",
            "2026-01-05T25:00",
            "2026-01-05T13:60",
            "2026-01-05T13",
            "2026-01-05T13:00:00.",
            "2026-01-05T13:00:00X",
            "2026-01-05T13:00:00+99:00",
            "yesterday",
            "NaN",
            "inf",
            "1e300",
            "99999999999",
            "0026-01-05",
            "2026-01/05",
            "１２",
            "2026-01-05T13:00:00Zé",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_moment_is_read_back(second in -2_000_000_000_i64..7_000_000_000, micro in 0_u32..1_000_000) {
            let moment = DateTime::<Utc>::from_timestamp(second, micro * 1_000).unwrap();
            let text = moment.to_rfc3339();
            prop_assert_eq!(parse(&text), Some(Stamp::Utc(moment.timestamp_micros())));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,30}", digits in "[-0-9T:Z+. /]{0,30}") {
            let _ = (parse(&text), parse(&digits));
        }
    }
}
