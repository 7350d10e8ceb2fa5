//! What a run knows of the pool: whether it is still wanted, and that waiting for a source takes no worker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, Utc};

use super::Job;
use super::workers::Workers;
use crate::board::Entry;
use crate::source::Loaded;

/// What is said of a run that was given up.
pub const GIVEN_UP: &str = "it took longer than its deadline";

/// A run of a job that holds a worker.
pub struct Work {
    job: Job,
    live: AtomicBool,
    workers: Arc<Workers>,
}

impl Work {
    /// A run of `job`, which gets a worker.
    pub fn new(job: Job, workers: &Arc<Workers>) -> Self {
        workers.enter(job);
        Self { job, live: AtomicBool::new(true), workers: Arc::clone(workers) }
    }

    /// The job.
    pub fn job(&self) -> Job {
        self.job
    }

    /// Whether it has not been given up.
    pub fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }

    /// Nothing while the run is wanted.
    ///
    /// # Errors
    /// That it was given up.
    pub fn alive(&self) -> Result<(), String> {
        if self.is_live() { Ok(()) } else { Err(GIVEN_UP.to_owned()) }
    }

    /// Gives it up: what it makes is not used, and its worker is free. False when it was given up before.
    pub fn give_up(&self) -> bool {
        let live = self.live.swap(false, Ordering::AcqRel);
        if live {
            self.workers.leave(self.job);
        }
        live
    }

    /// Gives the worker of a run that is over back.
    pub fn end(&self) {
        self.workers.leave(self.job);
    }

    /// The history of `entry` up to `now`.
    ///
    /// # Errors
    /// What the source says, in words, or that the run was given up meanwhile.
    pub fn load(&self, entry: &Entry, now: DateTime<Utc>) -> Result<Loaded, String> {
        let failing = entry.failing().is_some();
        let loaded = self.workers.ask(self.job, failing, || entry.load(now));
        loaded.unwrap_or_else(|| Err(GIVEN_UP.to_owned()))
    }
}
