//! The rules of public holidays by country.
//!
//! A rule is `MM-DD` (a date), `MM/n/day` (the n-th weekday of a month, `L` for the last), `MM-DD>day` (that
//! weekday on or after a date), `E+n` or `O+n` (days from Western or Orthodox Easter), `VE` and `AE` (equinoxes in
//! Japan) or `QM` (Qingming). `~` behind it: a substitute day is given when it falls on a weekend;
//! `@year`: since that year.

use super::Country;
use super::Substitute::{Nearest, NextWorkday, Nothing, SundayOnly};

/// Every country whose holidays are known, by code. Days of single regions are left out, and so are days of lunar
/// calendars: China, India and Korea have their solar days alone.
#[rustfmt::skip]
pub const COUNTRIES: &[Country] = &[
    Country { code: "AR", name: "Argentina", substitute: Nothing, rules: "01-01 E-48 E-47 03-24 04-02 E-2 05-01 05-25 06-20 07-09 08/3/mon 12-08 12-25" },
    Country { code: "AT", name: "Austria", substitute: Nothing, rules: "01-01 01-06 E+1 05-01 E+39 E+50 E+60 08-15 10-26 11-01 12-08 12-25 12-26" },
    Country { code: "AU", name: "Australia", substitute: NextWorkday, rules: "01-01~ 01-26~ E-2 E+1 04-25 12-25~ 12-26~" },
    Country { code: "BE", name: "Belgium", substitute: Nothing, rules: "01-01 E+1 05-01 E+39 E+50 07-21 08-15 11-01 11-11 12-25" },
    Country { code: "BR", name: "Brazil", substitute: Nothing, rules: "01-01 E-2 04-21 05-01 09-07 10-12 11-02 11-15 11-20@2024 12-25" },
    Country { code: "CA", name: "Canada", substitute: Nothing, rules: "01-01 E-2 07-01 09/1/mon 12-25" },
    Country { code: "CH", name: "Switzerland", substitute: Nothing, rules: "01-01 E+39 08-01 12-25" },
    Country { code: "CN", name: "China", substitute: Nothing, rules: "01-01 QM 05-01 10-01 10-02 10-03" },
    Country { code: "CZ", name: "Czechia", substitute: Nothing, rules: "01-01 E-2@2016 E+1 05-01 05-08 07-05 07-06 09-28 10-28 11-17 12-24 12-25 12-26" },
    Country { code: "DE", name: "Germany", substitute: Nothing, rules: "01-01 E-2 E+1 05-01 E+39 E+50 10-03 12-25 12-26" },
    Country { code: "DK", name: "Denmark", substitute: Nothing, rules: "01-01 E-3 E-2 E+0 E+1 E+39 E+49 E+50 12-25 12-26" },
    Country { code: "ES", name: "Spain", substitute: Nothing, rules: "01-01 01-06 E-2 05-01 08-15 10-12 11-01 12-06 12-08 12-25" },
    Country { code: "FI", name: "Finland", substitute: Nothing, rules: "01-01 01-06 E-2 E+0 E+1 05-01 E+39 E+49 06-19>fri 06-20>sat 10-31>sat 12-06 12-24 12-25 12-26" },
    Country { code: "FR", name: "France", substitute: Nothing, rules: "01-01 E+1 05-01 05-08 E+39 E+50 07-14 08-15 11-01 11-11 12-25" },
    Country { code: "GB", name: "United Kingdom (England and Wales)", substitute: NextWorkday, rules: "01-01~ E-2 E+1 05/1/mon 05/L/mon 08/L/mon 12-25~ 12-26~" },
    Country { code: "GR", name: "Greece", substitute: Nothing, rules: "01-01 01-06 O-48 03-25 O-2 O+1 05-01 O+50 08-15 10-28 12-25 12-26" },
    Country { code: "HR", name: "Croatia", substitute: Nothing, rules: "01-01 01-06 E+0 E+1 05-01 05-30@2020 E+60 06-22 08-05 08-15 11-01 11-18@2020 12-25 12-26" },
    Country { code: "HU", name: "Hungary", substitute: Nothing, rules: "01-01 03-15 E-2@2017 E+0 E+1 05-01 E+49 E+50 08-20 10-23 11-01 12-25 12-26" },
    Country { code: "IE", name: "Ireland", substitute: Nothing, rules: "01-01 IE-BRIGID@2023 03-17 E+1 05/1/mon 06/1/mon 08/1/mon 10/L/mon 12-25 12-26" },
    Country { code: "IN", name: "India", substitute: Nothing, rules: "01-26 08-15 10-02 12-25" },
    Country { code: "IT", name: "Italy", substitute: Nothing, rules: "01-01 01-06 E+0 E+1 04-25 05-01 06-02 08-15 11-01 12-08 12-25 12-26" },
    Country { code: "JP", name: "Japan", substitute: SundayOnly, rules: "01-01~ 01/2/mon 02-11~ 02-23~@2020 VE~ 04-29~ 05-03~ 05-04~ 05-05~ 07/3/mon 08-11~ 09/3/mon AE~ 10/2/mon 11-03~ 11-23~" },
    Country { code: "KR", name: "South Korea", substitute: NextWorkday, rules: "01-01 03-01~ 05-05~ 06-06 08-15~ 10-03~ 10-09~ 12-25~@2023" },
    Country { code: "LU", name: "Luxembourg", substitute: Nothing, rules: "01-01 E+1 05-01 05-09@2019 E+39 E+50 06-23 08-15 11-01 12-25 12-26" },
    Country { code: "MX", name: "Mexico", substitute: Nothing, rules: "01-01 02/1/mon 03/3/mon 05-01 09-16 11/3/mon 12-25" },
    Country { code: "NL", name: "Netherlands", substitute: Nothing, rules: "01-01 E+0 E+1 NL-KING E+39 E+49 E+50 12-25 12-26" },
    Country { code: "NO", name: "Norway", substitute: Nothing, rules: "01-01 E-3 E-2 E+0 E+1 05-01 05-17 E+39 E+49 E+50 12-25 12-26" },
    Country { code: "NZ", name: "New Zealand", substitute: NextWorkday, rules: "01-01~ 01-02~ 02-06~ E-2 E+1 04-25~ 06/1/mon 10/4/mon 12-25~ 12-26~" },
    Country { code: "PL", name: "Poland", substitute: Nothing, rules: "01-01 01-06 E+0 E+1 05-01 05-03 E+49 E+60 08-15 11-01 11-11 12-24@2025 12-25 12-26" },
    Country { code: "PT", name: "Portugal", substitute: Nothing, rules: "01-01 E-2 E+0 04-25 05-01 E+60 06-10 08-15 10-05 11-01 12-01 12-08 12-25" },
    Country { code: "RO", name: "Romania", substitute: Nothing, rules: "01-01 01-02 01-06@2024 01-07@2024 01-24 O-2 O+0 O+1 05-01 06-01 O+49 O+50 08-15 11-30 12-01 12-25 12-26" },
    Country { code: "SE", name: "Sweden", substitute: Nothing, rules: "01-01 01-06 E-2 E+0 E+1 05-01 E+39 E+49 06-06 06-20>sat 10-31>sat 12-25 12-26" },
    Country { code: "US", name: "United States", substitute: Nearest, rules: "01-01~ 01/3/mon 02/3/mon 05/L/mon 06-19~@2021 07-04~ 09/1/mon 10/2/mon 11-11~ 11/4/thu 12-25~" },
    Country { code: "ZA", name: "South Africa", substitute: SundayOnly, rules: "01-01~ 03-21~ E-2 E+1 04-27~ 05-01~ 06-16~ 08-09~ 09-24~ 12-16~ 12-25~ 12-26~" },
];

/// Names of days that several countries share, by rule; others are called by the country.
pub(super) const NAMES: &[(&str, &str)] = &[
    ("01-01", "New Year's Day"),
    ("01-06", "Epiphany"),
    ("E-48", "Carnival Monday"),
    ("E-47", "Carnival Tuesday"),
    ("E-3", "Maundy Thursday"),
    ("E-2", "Good Friday"),
    ("E+0", "Easter Sunday"),
    ("E+1", "Easter Monday"),
    ("E+39", "Ascension Day"),
    ("E+49", "Pentecost"),
    ("E+50", "Pentecost Monday"),
    ("E+60", "Corpus Christi"),
    ("O-48", "Green Monday"),
    ("O-2", "Good Friday"),
    ("O+0", "Easter Sunday"),
    ("O+1", "Easter Monday"),
    ("O+49", "Pentecost"),
    ("O+50", "Pentecost Monday"),
    ("05-01", "Labour Day"),
    ("08-15", "Assumption Day"),
    ("10-31>sat", "All Saints' Day"),
    ("11-01", "All Saints' Day"),
    ("11/4/thu", "Thanksgiving Day"),
    ("12-24", "Christmas Eve"),
    ("12-25", "Christmas Day"),
    ("12-26", "Second Day of Christmas"),
    ("VE", "Vernal Equinox Day"),
    ("AE", "Autumnal Equinox Day"),
    ("QM", "Qingming"),
];
