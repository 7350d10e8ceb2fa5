//! What the objectives of a plan weigh: prices of spot instances, emissions of a grid, regions.

mod sheet;

use chrono_tz::Tz;
use forescale_plan::objectives::{CarbonRow, ObjectiveError, RegionRow, SpotRow};

use crate::content::Source;
use crate::error::SourceError;
use sheet::{Row, Sheet};

/// Reads `time,price,interruption_rate` and an optional `pool`: what a spot instance costs an hour from a moment on,
/// and the probability that it is taken away within an hour. Times without a zone are read in `zone`.
///
/// # Errors
/// [`SourceError`] with the line and the value.
pub fn read_spot(source: &Source, zone: Option<Tz>) -> Result<Vec<SpotRow>, SourceError> {
    Sheet::read(source, zone, &["time", "price", "interruption_rate"])?.rows(|row| {
        let (price, rate) = (row.number("price")?, row.number("interruption_rate")?);
        let pool = row.text("pool").filter(|pool| !pool.is_empty());
        let made = SpotRow::new(row.time("time")?, price, rate, pool);
        made.map_err(|error| refused(row, "price or interruption_rate", error))
    })
}

/// Reads `time,grams_per_kwh`: what the grid emits from a moment on, in grams of CO2 for a kilowatt-hour.
///
/// # Errors
/// [`SourceError`] with the line and the value.
pub fn read_carbon(source: &Source, zone: Option<Tz>) -> Result<Vec<CarbonRow>, SourceError> {
    Sheet::read(source, zone, &["time", "grams_per_kwh"])?.rows(|row| {
        let made = CarbonRow::new(row.time("time")?, row.number("grams_per_kwh")?);
        made.map_err(|error| refused(row, "grams_per_kwh", error))
    })
}

/// Reads `region,max_instances,price,grams_per_kwh,latency_ms` and an optional `origin`, whose latency a row then is.
///
/// # Errors
/// [`SourceError`] with the line and the value.
pub fn read_regions(source: &Source) -> Result<Vec<RegionRow>, SourceError> {
    let needed = ["region", "max_instances", "price", "grams_per_kwh", "latency_ms"];
    Sheet::read(source, None, &needed)?.rows(|row| {
        let origin = row.text("origin").filter(|origin| !origin.is_empty());
        let made = RegionRow::new(
            row.word("region")?,
            origin,
            row.count("max_instances")?,
            row.number("price")?,
            row.number("grams_per_kwh")?,
            row.number("latency_ms")?,
        );
        made.map_err(|error| refused(row, "price, grams_per_kwh or latency_ms", error))
    })
}

/// A value that can be read, but not weighed.
fn refused(row: &Row, columns: &str, error: ObjectiveError) -> SourceError {
    let (value, expected) = match error {
        ObjectiveError::OutOfRange { value, range, .. } => (value.to_string(), range),
        other => (other.to_string(), "a number that can be weighed"),
    };
    row.error(columns, &value, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        Source::Bytes { name: "rates.csv".to_owned(), bytes: text.into() }
    }

    #[test]
    fn pools_and_times_of_a_zone_are_read() {
        let text = "pool,time,price,interruption_rate\n,2026-01-05 10:00,0.03,0.05\nlarge,2026-01-05T09:00:00Z,0.04,0\n";
        let rows = read_spot(&source(text), Some(Tz::Europe__Berlin)).unwrap();
        let nine = "2026-01-05T09:00:00Z".parse().unwrap();
        let expected = [
            SpotRow::new(nine, 0.03, 0.05, None).unwrap(),
            SpotRow::new(nine, 0.04, 0.0, Some("large")).unwrap(),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn every_refusal_names_its_line_and_value() {
        let spot = |text: &str| read_spot(&source(text), None).unwrap_err().to_string();
        let head = "time,price,interruption_rate\n";
        for (rows, words) in [
            ("soon,1,0\n", ["line 2", "\"soon\"", "timestamp"]),
            ("2026-01-05,dear,0\n", ["line 2", "\"dear\"", "number"]),
            ("2026-01-05,1,1.5\n", ["line 2", "\"1.5\"", "from 0 to below 1"]),
            ("2026-01-05,-1,0\n", ["line 2", "\"-1\"", "from 0 on"]),
            ("2026-01-05,NaN,0\n", ["line 2", "\"NaN\"", "number"]),
            ("", ["rates.csv", "no rows", "header"]),
        ] {
            let message = spot(&format!("{head}{rows}"));
            assert!(words.iter().all(|word| message.contains(word)), "{message}");
        }
        for empty in ["", "\n\n", head] {
            assert_eq!(
                spot(empty),
                "rates.csv has no rows, but should have the header time,price,interruption_rate and at least one row"
            );
        }
        assert!(spot("time,price\n2026-01-05,1\n").contains("interruption_rate"));
        let regions = "region,max_instances,price,grams_per_kwh,latency_ms\nnorth,2.5,1,1,1\n";
        let message = read_regions(&source(regions)).unwrap_err().to_string();
        assert!(message.contains("\"2.5\"") && message.contains("whole number"), "{message}");
    }

    #[test]
    fn regions_and_intensities_are_read() {
        let text = "region,origin,max_instances,price,grams_per_kwh,latency_ms\nnorth,,4,0.1,30,20\nnorth,us,4,0.1,30,90\n";
        let rows = read_regions(&source(text)).unwrap();
        assert_eq!(rows[0], RegionRow::new("north", None, 4, 0.1, 30.0, 20.0).unwrap());
        assert_eq!(rows[1], RegionRow::new("north", Some("us"), 4, 0.1, 30.0, 90.0).unwrap());
        let carbon = read_carbon(&source("time,grams_per_kwh\n2026-01-05,380\n"), None).unwrap();
        let midnight = "2026-01-05T00:00:00Z".parse().unwrap();
        assert_eq!(carbon, [CarbonRow::new(midnight, 380.0).unwrap()]);
    }
}
