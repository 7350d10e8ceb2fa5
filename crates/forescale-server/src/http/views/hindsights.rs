//! What is known of the past of a target, and why nothing is while that is so.

use rusqlite::Result;
use serde::Serialize;
use serde::de::DeserializeOwned;
use utoipa::ToSchema;

use crate::config::TargetName;
use crate::hindsight::{BacktestResult, ReplayResult};
use crate::jobs::JobKind;
use crate::store::{RunResult, Store};

/// Whether there is a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum HindsightState {
    /// There is one, of the last run.
    Ready,
    /// The last run failed; a result is that of a run before it.
    Failed,
    /// No run has ended yet.
    Waiting,
    /// There are no such runs: `look-back` is 0.
    Off,
}

/// The backtest of a target.
#[derive(Debug, Serialize, ToSchema)]
pub struct BacktestView {
    /// Whether there is one.
    pub state: HindsightState,
    /// Why there is none, or none of the last run.
    pub reason: Option<String>,
    /// The newest one.
    pub result: Option<BacktestResult>,
}

impl BacktestView {
    /// What `store` has of `target`, whose past is looked at if it `looks` back.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(store: &Store, target: &TargetName, looks: bool) -> Result<Self> {
        let (state, reason, result) = read(store, target, JobKind::Backtest, looks)?;
        Ok(Self { state, reason, result })
    }
}

/// The replay of a target.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReplayView {
    /// Whether there is one.
    pub state: HindsightState,
    /// Why there is none, or none of the last run.
    pub reason: Option<String>,
    /// The newest one.
    pub result: Option<ReplayResult>,
}

impl ReplayView {
    /// What `store` has of `target`, whose past is looked at if it `looks` back.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn read(store: &Store, target: &TargetName, looks: bool) -> Result<Self> {
        let (state, reason, result) = read(store, target, JobKind::Replay, looks)?;
        Ok(Self { state, reason, result })
    }
}

type Found<T> = (HindsightState, Option<String>, Option<T>);

fn read<T: DeserializeOwned>(
    store: &Store,
    target: &TargetName,
    kind: JobKind,
    looks: bool,
) -> Result<Found<T>> {
    if !looks {
        let reason = "look-back is 0: the past of this target is not looked at";
        return Ok((HindsightState::Off, Some(reason.to_owned()), None));
    }
    let result = store.hindsight(target, kind.name())?;
    let run = store.runs(target)?.into_iter().find(|run| run.job == kind.name());
    let ended = run.is_some();
    let failed = run.filter(|run| run.result != RunResult::Success).map(|run| run.detail);
    let (state, reason) = match (failed, &result) {
        (Some(reason), _) => (HindsightState::Failed, Some(reason)),
        (None, Some(_)) => (HindsightState::Ready, None),
        (None, None) => {
            let reason = match ended {
                true => "the kept result is no longer whole; the next model brings another one",
                false => "it is worked out after a model was trained; no run has ended yet",
            };
            (HindsightState::Waiting, Some(reason.to_owned()))
        }
    };
    Ok((state, reason, result))
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};

    use super::*;
    use crate::store::Run;

    #[test]
    fn nothing_is_said_that_is_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("state.db")).unwrap();
        let name = TargetName::new("web").unwrap();
        let look = |looks| read::<u32>(&store, &name, JobKind::Replay, looks).unwrap();
        let end = |result, detail: &str| {
            let (started_at, ended_at) = (DateTime::<Utc>::UNIX_EPOCH, DateTime::UNIX_EPOCH);
            let (job, detail) = ("replay".to_owned(), detail.to_owned());
            store.save_run(&name, &Run { job, started_at, ended_at, result, detail }).unwrap();
        };
        assert_eq!((look(false).0, look(true).0), (HindsightState::Off, HindsightState::Waiting));
        end(RunResult::Failure, "too short");
        assert_eq!(look(true), (HindsightState::Failed, Some("too short".to_owned()), None));
        store.save_hindsight(&name, "replay", DateTime::UNIX_EPOCH, &7).unwrap();
        end(RunResult::Success, "");
        assert_eq!(look(true), (HindsightState::Ready, None, Some(7)));
        end(RunResult::Deadline, "too slow");
        assert_eq!(look(true), (HindsightState::Failed, Some("too slow".to_owned()), Some(7)));
    }
}
