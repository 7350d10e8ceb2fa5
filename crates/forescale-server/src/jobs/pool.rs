//! What is at work: at most so many jobs at a time, each in a thread of its own with a deadline.
//!
//! A thread cannot be ended from outside. A job beyond its deadline is given up: what it makes is not used, its worker
//! is free for others, and the same job does not begin again before the thread has ended.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::run::{Done, run};
use super::work::{GIVEN_UP, Work};
use super::workers::Workers;
use super::{Agenda, Job, JobKind};
use crate::board::{Board, Entry, Ran};
use crate::clock::{Clock, lock};
use crate::metrics::Metrics;
use crate::store::{Run, RunResult, Store};

/// Threads of jobs that wait for their sources or were given up. A thread that waits costs little but its stack, and a
/// source that never answers must not stop the targets of others.
const MOST_HUNG: usize = 512;

/// Runs what is due.
pub struct Pool {
    board: Arc<Board>,
    store: Arc<Store>,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    count: usize,
    workers: Arc<Workers>,
    agenda: Mutex<Agenda>,
    at_work: Mutex<BTreeMap<Job, AtWork>>,
    ended: Arc<AtEnd>,
}

struct AtWork {
    started_at: DateTime<Utc>,
    since: Instant,
    work: Arc<Work>,
}

/// What has ended and nobody has noted yet. Who waits holds no lock, so that several may.
#[derive(Default)]
struct AtEnd {
    waiting: Mutex<Vec<Ended>>,
    more: Condvar,
}

impl AtEnd {
    fn push(&self, ended: Ended) {
        lock(&self.waiting).push(ended);
        self.more.notify_all();
    }

    /// All of it, at once if there is some, else after `span` at the latest.
    fn take(&self, span: Duration) -> Vec<Ended> {
        let waiting = lock(&self.waiting);
        let none = |waiting: &mut Vec<Ended>| waiting.is_empty();
        let waited = self.more.wait_timeout_while(waiting, span, none);
        let (mut waiting, _) = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut waiting)
    }
}

struct Ended {
    job: Job,
    done: Option<Done>,
}

impl Pool {
    /// A pool of `count` workers for the targets of `board`, which goes on with `agenda`.
    pub fn new(
        board: Arc<Board>,
        store: Arc<Store>,
        metrics: Arc<Metrics>,
        clock: Arc<dyn Clock>,
        count: usize,
        agenda: Agenda,
    ) -> Self {
        let workers = Arc::new(Workers::new(count));
        let agenda = Mutex::new(agenda);
        let ended = Arc::default();
        let at_work = Mutex::default();
        Self { board, store, metrics, clock, count, workers, agenda, at_work, ended }
    }

    /// Makes `job` due at once.
    pub fn ask(&self, job: Job) {
        lock(&self.agenda).ask(job);
    }

    /// Notes what has ended, gives up what takes too long, and begins what is due while workers are free.
    pub fn tick(&self) {
        self.collect();
        self.give_up();
        let now = self.clock.now();
        let due = lock(&self.agenda).due(now);
        for job in due {
            if !self.free() {
                break;
            }
            let failing = self.entry(job).failing().is_some();
            if self.workers.room_for(job, failing)
                && let Some(now) = self.take(job)
            {
                self.begin(job, now);
            }
        }
    }

    /// Takes `job` from the agenda, if it may begin. The moment is read with the agenda in hand: who has asked for the
    /// job did so no later.
    fn take(&self, job: Job) -> Option<DateTime<Utc>> {
        let mut agenda = lock(&self.agenda);
        let now = self.clock.now();
        agenda.begin(job, now).then_some(now)
    }

    /// Waits for a job to end, for at most `span`.
    pub fn wait(&self, span: Duration) {
        for Ended { job, done } in self.ended.take(span) {
            self.end(job, done);
        }
    }

    /// Whether nothing is at work.
    pub fn idle(&self) -> bool {
        lock(&self.at_work).is_empty()
    }

    /// Runs everything that is due, and what that asks for, until nothing is: for tests on a clock that stands still.
    pub fn settle(&self) {
        loop {
            self.tick();
            if self.idle() && lock(&self.agenda).due(self.clock.now()).is_empty() {
                return;
            }
            self.wait(Duration::from_millis(1));
        }
    }

    /// Whether a worker is free. What was given up may still run, but so many of them are left to themselves.
    fn free(&self) -> bool {
        self.workers.free() && lock(&self.at_work).len() < self.count + MOST_HUNG
    }

    fn begin(&self, job: Job, now: DateTime<Utc>) {
        let work = Arc::new(Work::new(job, &self.workers));
        let at_work = AtWork { started_at: now, since: Instant::now(), work: Arc::clone(&work) };
        lock(&self.at_work).insert(job, at_work);
        let entry = Arc::clone(&self.board.entries()[job.target]);
        let (store, metrics) = (Arc::clone(&self.store), Arc::clone(&self.metrics));
        let ended = Arc::clone(&self.ended);
        let name = format!("{} {}", job.kind.name(), entry.target.name);
        let run = move || {
            let run = AssertUnwindSafe(|| run(&work, &entry, &store, &metrics, now));
            let done = catch_unwind(run).ok();
            // Who learns of the end of the last job may open the store anew.
            drop((work, entry, store, metrics));
            ended.push(Ended { job, done });
        };
        if thread::Builder::new().name(name).spawn(run).is_err() {
            let error = Some("the system refuses another thread".to_owned());
            self.end(job, Some(Done { error, ..Done::default() }));
        }
    }

    /// Notes what has ended.
    pub fn collect(&self) {
        self.wait(Duration::ZERO);
    }

    fn give_up(&self) {
        let overdue: Vec<Job> = lock(&self.at_work)
            .iter()
            .filter(|(job, at_work)| {
                at_work.since.elapsed() > deadline(self.entry(**job), job.kind)
            })
            .filter(|(_, at_work)| at_work.work.give_up())
            .map(|(job, _)| *job)
            .collect();
        for job in overdue {
            let target = &self.entry(job).target.name;
            tracing::warn!(job = job.kind.name(), target_name = %target, "given up");
            let begun = lock(&self.at_work).get(&job).map(|work| (work.started_at, work.since));
            if let Some((started_at, since)) = begun {
                let error = Some(GIVEN_UP.to_owned());
                let done = Done { error, ..Done::default() };
                self.record(job, started_at, since.elapsed(), RunResult::Deadline, done);
            }
        }
    }

    fn end(&self, job: Job, done: Option<Done>) {
        let Some(at_work) = lock(&self.at_work).remove(&job) else { return };
        if !at_work.work.is_live() {
            // Its thread has ended at last; how the run went was noted when it was given up.
            lock(&self.agenda).end(job, self.clock.now(), false);
            return;
        }
        at_work.work.end();
        let result = match &done {
            None => RunResult::Panic,
            Some(done) if done.error.is_some() => RunResult::Failure,
            Some(_) => RunResult::Success,
        };
        let done = done.unwrap_or_else(|| Done {
            error: Some(
                "it panicked, which is a mistake in forescale: please report it".to_owned(),
            ),
            ..Done::default()
        });
        let now = self.clock.now();
        let mut agenda = lock(&self.agenda);
        agenda.end(job, now, result == RunResult::Success);
        if done.retrain {
            agenda.want(Job { kind: JobKind::Train, ..job }, at_work.started_at);
        }
        if result == RunResult::Success && job.kind == JobKind::Train {
            agenda.ask(Job { kind: JobKind::Forecast, ..job });
            for kind in [JobKind::Backtest, JobKind::Replay] {
                agenda.want(Job { kind, ..job }, at_work.started_at);
            }
        }
        drop(agenda);
        self.record(job, at_work.started_at, at_work.since.elapsed(), result, done);
    }

    fn record(
        &self,
        job: Job,
        started_at: DateTime<Utc>,
        took: Duration,
        result: RunResult,
        done: Done,
    ) {
        let entry = self.entry(job);
        self.metrics.ran(&entry.target.name, job.kind, result, took);
        let run = Run {
            job: job.kind.name().to_owned(),
            started_at,
            ended_at: self.clock.now(),
            result,
            detail: done.error.unwrap_or(done.detail),
        };
        if let Err(error) = self.store.save_run(&entry.target.name, &run) {
            tracing::warn!(%error, "the run cannot be saved");
        }
        if job.kind == JobKind::Forecast {
            if entry.standing().is_none() && result != RunResult::Success {
                entry.fail(started_at, &run.detail);
            }
            entry.ran(Ran { started_at, detail: run.detail });
        }
    }

    fn entry(&self, job: Job) -> &Entry {
        &self.board.entries()[job.target]
    }
}

fn deadline(entry: &Entry, kind: JobKind) -> Duration {
    let whole = entry.target.deadline.to_std().unwrap_or(Duration::MAX);
    match kind {
        JobKind::Train | JobKind::Backtest | JobKind::Replay => whole,
        JobKind::Forecast | JobKind::Evaluate => whole / 10,
    }
}
