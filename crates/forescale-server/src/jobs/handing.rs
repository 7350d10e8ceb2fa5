//! Plans in files: written anew with every plan, and once without their falls when no newer plan can be made.

use chrono::{DateTime, Utc};
use tracing::warn;

use crate::board::Entry;
use crate::metrics::Metrics;
use crate::standing::{Standing, State};

/// Hands the plan that is in force over.
pub fn renew(entry: &Entry, metrics: &Metrics, now: DateTime<Utc>) {
    if let Some(standing) = entry.standing().filter(|_| !entry.outputs.is_empty()) {
        hand_over(entry, &standing, false, metrics, now);
        entry.note_held(false);
    }
}

/// Hands a plan that holds, or is stale, over once more: what reads its files must not scale in by it. A plan that is over
/// has no fall to come.
pub fn hold(entry: &Entry, metrics: &Metrics, now: DateTime<Utc>) {
    let Some(standing) = entry.standing().filter(|_| !entry.outputs.is_empty()) else { return };
    let state = standing.decide(now, &entry.rules()).state;
    let holds = matches!(state, State::Holding | State::Stale);
    if holds && now < standing.end() && !entry.is_held() {
        entry.note_held(hand_over(entry, &standing, true, metrics, now));
    }
}

/// Whether all files were written. One that cannot be takes nothing from the plan: what could not is said.
fn hand_over(
    entry: &Entry,
    standing: &Standing,
    held: bool,
    metrics: &Metrics,
    now: DateTime<Utc>,
) -> bool {
    let (name, plan) = (entry.target.name.as_str(), standing.plan.json());
    let written = entry.outputs.iter().map(|output| output.write(plan.get(), held, now));
    let failed = written.filter_map(Result::err).map(|error| {
        metrics.export_failed(name);
        warn!(target_name = name, %error, hint = error.hint, "an export was not written");
        format!("an export was not written: {error}")
    });
    let failed: Vec<_> = failed.collect();
    let all = failed.is_empty();
    // A plan that was made while the files were written has its own to say.
    let newest = entry.standing().filter(|newest| newest.made_at == standing.made_at);
    if let Some(newest) = newest.filter(|_| !all) {
        let mut standing = Standing::clone(&newest);
        standing.warnings.retain(|warning| !failed.contains(warning));
        standing.warnings.extend(failed);
        entry.stand(standing);
    }
    all
}
