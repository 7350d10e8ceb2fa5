//! What the store remembers of earlier runs becomes the agenda of this one.

use super::{Agenda, Job, JobKind, Rhythm};
use crate::board::{Board, Entry};
use crate::store::{Run, RunResult, Store};

/// The agenda of every target on `board`; a target without a model is trained at once.
///
/// # Errors
/// When the store cannot be read.
pub fn agenda(board: &Board, store: &Store) -> rusqlite::Result<Agenda> {
    let mut agenda = Agenda::default();
    for (target, entry) in board.entries().iter().enumerate() {
        let name = &entry.target.name;
        let runs = store.runs(name)?;
        let looks_back = entry.target.looks_back();
        for kind in JobKind::ALL.into_iter().filter(|kind| looks_back || !kind.looks_back()) {
            let known = kind != JobKind::Train || store.has_model(name)?;
            // A run that failed waits for its next try in memory alone: the new process tries at once.
            let ended_well = |run: &&Run| run.result == RunResult::Success;
            let last = runs.iter().filter(ended_well).find(|run| known && run.job == kind.name());
            agenda.add(Job { kind, target }, rhythm(entry, kind), last.map(|run| run.started_at));
        }
    }
    Ok(agenda)
}

fn rhythm(entry: &Entry, kind: JobKind) -> Rhythm {
    let target = &entry.target;
    match kind {
        JobKind::Forecast => Rhythm::Every(target.refresh),
        JobKind::Evaluate => Rhythm::Every(target.evaluate),
        JobKind::Train => Rhythm::At(target.schedule.clone(), target.timezone),
        // A new model asks for them.
        JobKind::Backtest | JobKind::Replay => Rhythm::Once,
    }
}
