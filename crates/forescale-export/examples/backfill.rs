//! Writes a forecast and a plan of the hours to come as blocks of a real Prometheus, and reads them back.
//!
//! It needs `promtool`, which `tests/scripts/prometheus.sh` installs.

use std::error::Error;
use std::process::Command;

use chrono::{TimeDelta, Utc};
use forescale_core::{Forecast, Frequency, Quantiles};
use forescale_export::{Schedule, Step, openmetrics};

fn main() -> Result<(), Box<dyn Error>> {
    let now = chrono::DateTime::from_timestamp(Utc::now().timestamp() / 60 * 60, 0)
        .ok_or("the clock stands outside of the calendar")?;
    let steps = 120;
    let quantiles = Quantiles::new([0.1, 0.9])?;
    let values = (0..3 * steps).map(|i| f64::from(i) / 7.0).collect();
    let forecast = Forecast::new(now, Frequency::from_seconds(60)?, quantiles, values)?;
    let later = Step { at: now + TimeDelta::minutes(30), instances: 9 };
    let rows = vec![Step { at: now, instances: 4 }, later];
    let plan = Schedule::new(rows, now + TimeDelta::minutes(120))?;
    let name = "a \"quoted\" \\ name\nof two lines, é {x=\"1\"} # EOF";

    let folder = tempfile::tempdir()?;
    let file = folder.path().join("forecast.om");
    let blocks = folder.path().join("blocks");
    std::fs::write(&file, openmetrics(Some(&forecast), &plan, name).text)?;
    let promtool = |arguments: &[&std::ffi::OsStr]| {
        Command::new("promtool").args(arguments).output().map_err(|error| {
            format!("promtool cannot be run: {error}; tests/scripts/prometheus.sh installs it")
        })
    };
    let (tsdb, create, kind) =
        ("tsdb".as_ref(), "create-blocks-from".as_ref(), "openmetrics".as_ref());
    let created = promtool(&[tsdb, create, kind, file.as_ref(), blocks.as_ref()])?;
    if !created.status.success() {
        return Err(String::from_utf8_lossy(&created.stderr).into());
    }
    // promtool reads a database only where there is a write-ahead log, be it empty.
    std::fs::create_dir_all(blocks.join("wal"))?;
    let dumped = String::from_utf8(promtool(&[tsdb, "dump".as_ref(), blocks.as_ref()])?.stdout)?;
    let found: Vec<&str> = dumped.lines().collect();
    for h in 0..forecast.steps() {
        let at = forecast.time_at(h);
        for (quantile, value) in ["0.1", "0.5", "0.9"].iter().zip(forecast.row(h)) {
            let labels =
                format!(r#"__name__="forecast_value", quantile="{quantile}", series={name:?}"#);
            expect(&found, &labels, *value, at.timestamp_millis())?;
        }
        let labels = format!(r#"__name__="planned_replicas", target={name:?}"#);
        let instances = f64::from(plan.in_force(at).ok_or("the plan covers the forecast")?);
        expect(&found, &labels, instances, at.timestamp_millis())?;
    }
    println!("backfill: {} samples of the next two hours read back equal", found.len());
    Ok(())
}

/// The line that promtool dumps for a sample should be there.
fn expect(found: &[&str], labels: &str, value: f64, at: i64) -> Result<(), String> {
    let begin = format!("{{{labels}}} ");
    let end = format!(" {at}");
    let rows = found.iter().filter_map(|line| line.strip_prefix(&begin)?.strip_suffix(&end));
    let values: Vec<f64> = rows.filter_map(|text| text.parse().ok()).collect();
    if values == [value] {
        return Ok(());
    }
    Err(format!("{labels} at {at} should be {value}, but is {values:?}"))
}
