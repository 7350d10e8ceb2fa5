//! What the script is told: a line of JSON with the history, its calendar and the origins.

use forescale::{Calendar, LoadSeries, Origins};
use serde_json::{Value, json};

/// The request that `python/peers.py` reads.
///
/// Moments are places in `load`, which holds null for a gap; `clock` is the service's own clock in seconds since 1970,
/// `holiday` and `event` are 0 or 1. All of them have an entry for every step of the history.
pub fn request(
    series: &LoadSeries,
    calendar: &Calendar,
    origins: &Origins,
    seed: u64,
    threads: Option<usize>,
) -> Value {
    let times = || (0..series.len()).map(|step| series.time_at(step));
    let clock: Vec<i64> = times()
        .map(|time| time.with_timezone(&calendar.zone).naive_local().and_utc().timestamp())
        .collect();
    let holiday: Vec<u8> = times().map(|time| calendar.local(time).holiday.into()).collect();
    let event: Vec<u8> =
        times().map(|time| calendar.events_at(time).next().is_some().into()).collect();
    json!({
        "load": series.values(),
        "clock": clock,
        "holiday": holiday,
        "event": event,
        "day_steps": series.frequency().steps_per_day(),
        "horizon": origins.horizon_steps,
        "origins": origins.origins,
        "fits": origins.fits,
        "quantiles": origins.quantiles.as_slice(),
        // Python takes seeds of 32 bits.
        "seed": seed % (1 << 31),
        "threads": threads.unwrap_or(1),
    })
}
