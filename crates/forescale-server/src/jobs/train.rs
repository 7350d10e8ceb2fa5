//! Learn anew: from the load as it is now to the newest model in the store.

use chrono::{DateTime, Utc};
use forescale::{as_of, train as learn};

use super::model::{filed, options};
use super::work::Work;
use crate::board::Entry;
use crate::store::Store;

/// A new model as the store keeps it, and what is worth knowing of it. Events and holidays are read anew.
///
/// # Errors
/// What was wrong, in words.
pub fn train(work: &Work, entry: &Entry, now: DateTime<Utc>) -> Result<(Vec<u8>, String), String> {
    entry.forget_calendar();
    let loaded = work.load(entry, now)?;
    let series = as_of(&loaded.series, now).map_err(|error| error.to_string())?;
    let options = options(&entry.target, &entry.calendar(now)?);
    let model = learn(&series, &options).map_err(|error| error.to_string())?;
    let card = model.card();
    let detail = match &card.report {
        Some(report) => format!("{} carries the forecast: {}", card.carried_by, report.gate.reason),
        None => card.degraded.join("; "),
    };
    Ok((filed(&entry.target, &model), detail))
}

/// Puts it into the store.
///
/// # Errors
/// When the store cannot be written; then the models are what they were.
pub fn save(entry: &Entry, store: &Store, now: DateTime<Utc>, bytes: &[u8]) -> Result<(), String> {
    store.save_model(&entry.target.name, now, bytes).map_err(|error| error.to_string())
}
