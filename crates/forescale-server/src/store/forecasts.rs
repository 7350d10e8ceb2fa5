//! Forecasts kept to be compared with what came, and where each target stands.

use chrono::{DateTime, Utc};
use forescale::{Forecast, Quantiles};
use rusqlite::{Result, Transaction, params};

use super::{Store, checked, legible};
use crate::config::TargetName;
use crate::standing::Standing;

impl Store {
    /// Where `target` stood when it was last written; none when there is nothing whole.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn standing(&self, target: &TargetName) -> Result<Option<Standing>> {
        let connection = self.connection();
        let mut statement =
            connection.prepare_cached("SELECT body, checksum FROM standings WHERE target = ?1")?;
        let rows =
            statement.query_map([target.as_str()], |row| Ok(checked(row.get(0)?, row.get(1)?)))?;
        let whole = legible(rows)?.into_iter().next().flatten();
        Ok(whole.and_then(|body| serde_json::from_slice(&body).ok()))
    }

    /// The forecasts of `target` that were kept, oldest first; those that are no longer whole are left out.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn forecasts(&self, target: &TargetName, since: DateTime<Utc>) -> Result<Vec<Forecast>> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(
            "SELECT body, checksum FROM forecasts WHERE target = ?1 AND made_at >= ?2 ORDER BY made_at",
        )?;
        let rows = statement
            .query_map(params![target.as_str(), since.timestamp_millis()], |row| {
                Ok(checked(row.get(0)?, row.get(1)?))
            })?;
        let whole = |body: Option<Vec<u8>>| serde_json::from_slice(&body?).ok();
        Ok(legible(rows)?.into_iter().filter_map(whole).collect())
    }
}

/// Writes where `target` stands.
pub(super) fn put_standing(
    transaction: &Transaction,
    target: &TargetName,
    standing: &Standing,
) -> Result<()> {
    let body =
        serde_json::to_vec(standing).expect("a standing holds nothing that cannot be written");
    transaction.execute(
        "INSERT OR REPLACE INTO standings (target, checksum, body) VALUES (?1, ?2, ?3)",
        params![target.as_str(), crc32fast::hash(&body), body],
    )?;
    Ok(())
}

/// The quantiles that a forecast is compared by: the median and the intervals of 80 % and 95 %.
const COMPARED: [f64; 5] = [0.025, 0.1, 0.5, 0.9, 0.975];

/// Keeps a forecast for later, no more of it than is compared: a day of minutes takes 60 kB instead of half a megabyte.
pub(super) fn put_forecast(
    transaction: &Transaction,
    target: &TargetName,
    forecast: &Forecast,
) -> Result<()> {
    let quantiles = Quantiles::new(COMPARED).expect("they ascend between 0 and 1");
    let kept = forecast.at_quantiles(&quantiles);
    let kept = kept.map_rows(|_, row| {
        row.iter_mut().zip(COMPARED).for_each(|(value, level)| *value = outward(*value, level));
    });
    let kept = kept.expect("rounding keeps the order");
    let body = serde_json::to_vec(&kept).expect("a forecast holds nothing that cannot be written");
    let made_at = forecast.origin().timestamp_millis();
    transaction.execute(
        "INSERT OR REPLACE INTO forecasts (target, made_at, checksum, body) VALUES (?1, ?2, ?3, ?4)",
        params![target.as_str(), made_at, crc32fast::hash(&body), body],
    )?;
    Ok(())
}

/// `value` to six significant digits, away from the median: an interval without width, as of a load that never changes,
/// still holds its load.
fn outward(value: f64, level: f64) -> f64 {
    let near: f64 = format!("{value:.5e}").parse().unwrap_or(value);
    let last_digit = || 10_f64.powi(value.abs().log10().floor() as i32 - 5);
    match (level < 0.5, level > 0.5) {
        (true, _) if near > value => near - last_digit(),
        (_, true) if near < value => near + last_digit(),
        _ => near,
    }
}

#[cfg(test)]
mod tests {
    use forescale::{Frequency, Level, Quantile};

    use super::*;

    #[test]
    fn a_day_of_minutes_is_kept_small_and_compared_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let name = TargetName::new("web").unwrap();
        let quantiles = Quantiles::standard();
        let row = |h: usize| quantiles.as_slice().iter().map(move |q| h as f64 / 3.0 + q / 7.0);
        let values: Vec<f64> = (0..1_440).flat_map(row).collect();
        let minute = Frequency::from_seconds(60).unwrap();
        let forecast =
            Forecast::new(DateTime::UNIX_EPOCH, minute, quantiles.clone(), values).unwrap();
        let mut connection = store.connection();
        let transaction = connection.transaction().unwrap();
        put_forecast(&transaction, &name, &forecast).unwrap();
        transaction.commit().unwrap();
        let size = "SELECT length(body) FROM forecasts";
        let size: i64 = connection.query_row(size, [], |row| row.get(0)).unwrap();
        drop(connection);
        assert!(size < 80_000, "{size}");
        let kept = store.forecasts(&name, DateTime::UNIX_EPOCH).unwrap().remove(0);
        for h in [0, 700, 1_439] {
            let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-5 * b, "{a} {b}");
            close(kept.point(h), forecast.point(h));
            for percent in [80.0, 95.0] {
                let level = Level::new(percent).unwrap();
                let (kept, whole) = (kept.interval(h, level), forecast.interval(h, level));
                close(kept.0, whole.0);
                close(kept.1, whole.1);
                assert!(kept.0 <= whole.0 && kept.1 >= whole.1, "{kept:?} {whole:?}");
            }
            assert_eq!(kept.quantile(h, Quantile::new(0.5).unwrap()), kept.point(h));
        }
    }

    #[test]
    fn what_has_no_width_still_holds_its_load() {
        for value in [0.0, 1e-7, 123.456789, 99_999.96, 0.1 + 0.2, 3.0e12 / 7.0] {
            let row = COMPARED.map(|level| outward(value, level));
            assert!(row.is_sorted() && row[0] <= value && value <= row[4], "{value}: {row:?}");
        }
    }
}
