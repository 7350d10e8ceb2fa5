//! Who computes: at most so many jobs at a time. A job that waits for its source longer than a moment holds no worker
//! meanwhile, so that sources that answer slowly, or never, take nothing from the targets of others.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Job, JobKind};
use crate::clock::lock;

/// How long a source that answered the last time may hold a worker. Most answer within it, and are asked by as many
/// jobs at a time as there are workers: no source is asked everything at once.
const PATIENCE: Duration = Duration::from_millis(250);

/// Jobs that wait for their sources without a worker.
const MOST_WAITING: usize = 64;

/// Of these, at most so many begin for targets that already fail: the rest is for those that do not.
const MOST_FAILING: usize = 32;

/// The workers, and the jobs that hold or want one.
pub struct Workers {
    count: usize,
    jobs: Mutex<BTreeMap<Job, Stage>>,
    changed: Condvar,
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It computes, with a worker.
    Computing,
    /// It asks its source; from this moment on without a worker. Whether its target failed the last time.
    Asking(Instant, bool),
    /// Its source has answered, and it wants a worker.
    Returning,
}

/// How many jobs do what at a moment.
#[derive(Debug, Default)]
struct Count {
    computing: usize,
    computing_long: usize,
    waiting: usize,
    waiting_failing: usize,
    returning: usize,
    returning_long: usize,
}

impl Workers {
    /// So many of them, all free.
    pub fn new(count: usize) -> Self {
        Self { count, jobs: Mutex::default(), changed: Condvar::new() }
    }

    /// Whether any job may begin.
    pub fn free(&self) -> bool {
        let count = self.count(&lock(&self.jobs));
        count.computing + count.returning < self.count && count.waiting < MOST_WAITING
    }

    /// Whether `job` may begin, for a target that is `failing` or not. One worker never learns nor looks back, so that
    /// forecasts go on. While the source of the target is waited for, nothing but a forecast asks it again.
    pub fn room_for(&self, job: Job, failing: bool) -> bool {
        let (jobs, now) = (lock(&self.jobs), Instant::now());
        let count = self.count(&jobs);
        let waited_for = |(other, stage): (&Job, &Stage)| {
            other.target == job.target && stage.waits(now) && job.kind != JobKind::Forecast
        };
        let long = count.computing_long + count.returning_long;
        count.computing + count.returning < self.count
            && count.waiting < MOST_WAITING
            && (!failing || count.waiting_failing < MOST_FAILING)
            && (!job.kind.is_long() || long + 1 < self.count)
            && !jobs.iter().any(waited_for)
    }

    /// Gives `job` a worker.
    pub fn enter(&self, job: Job) {
        lock(&self.jobs).insert(job, Stage::Computing);
    }

    /// Takes back what `job` holds, also when it has been given up and does not know yet.
    pub fn leave(&self, job: Job) {
        lock(&self.jobs).remove(&job);
        self.changed.notify_all();
    }

    /// Does what waits for the source of `job`; then the job has a worker again. One whose target is `failing` gives its
    /// worker away at once.
    ///
    /// None when the job has been given up meanwhile.
    pub fn ask<T>(&self, job: Job, failing: bool, ask: impl FnOnce() -> T) -> Option<T> {
        let patience = if failing { Duration::ZERO } else { PATIENCE };
        *lock(&self.jobs).get_mut(&job)? = Stage::Asking(Instant::now() + patience, failing);
        let answer = ask();
        self.return_to_work(job).then_some(answer)
    }

    fn return_to_work(&self, job: Job) -> bool {
        let mut jobs = lock(&self.jobs);
        let Some(stage) = jobs.get_mut(&job) else { return false };
        if !stage.waits(Instant::now()) {
            *stage = Stage::Computing;
            return true;
        }
        *stage = Stage::Returning;
        while jobs.contains_key(&job) && !self.may_return(&jobs, job) {
            // A worker also becomes free when the patience with a source ends, of which nobody tells.
            let woken = self.changed.wait_timeout(jobs, PATIENCE);
            (jobs, _) = woken.unwrap_or_else(PoisonError::into_inner);
        }
        jobs.get_mut(&job).map(|stage| *stage = Stage::Computing).is_some()
    }

    fn may_return(&self, jobs: &BTreeMap<Job, Stage>, job: Job) -> bool {
        let count = self.count(jobs);
        let room = count.computing < self.count;
        room && (!job.kind.is_long() || count.computing_long + 1 < self.count)
    }

    fn count(&self, jobs: &BTreeMap<Job, Stage>) -> Count {
        let (mut count, now) = (Count::default(), Instant::now());
        for (job, stage) in jobs {
            let long = usize::from(job.kind.is_long());
            match stage {
                Stage::Asking(until, failing) if *until <= now => {
                    count.waiting += 1;
                    count.waiting_failing += usize::from(*failing);
                }
                Stage::Returning if long == 1 => count.returning_long += 1,
                Stage::Returning => count.returning += 1,
                _ => {
                    (count.computing, count.computing_long) =
                        (count.computing + 1, count.computing_long + long)
                }
            }
        }
        count
    }
}

impl Stage {
    /// Whether it waits for its source without a worker.
    fn waits(self, now: Instant) -> bool {
        matches!(self, Self::Asking(until, _) if until <= now)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    fn job(kind: JobKind, target: usize) -> Job {
        Job { kind, target }
    }

    /// Workers beside which so many jobs of other targets wait for their sources, which failed the last time or not.
    fn waiting(count: usize, waiting: usize, failing: bool) -> Workers {
        let workers = Workers::new(count);
        for target in 100..100 + waiting {
            let stage = Stage::Asking(Instant::now(), failing);
            lock(&workers.jobs).insert(job(JobKind::Forecast, target), stage);
        }
        workers
    }

    #[test]
    fn who_waits_holds_no_worker_and_who_computes_does() {
        let workers = waiting(2, 20, false);
        let [web, api, other] = [0, 1, 2].map(|target| job(JobKind::Forecast, target));
        assert!(workers.room_for(web, false));
        workers.enter(web);
        assert!(workers.room_for(api, false));
        workers.enter(api);
        assert!(!workers.free() && !workers.room_for(other, false));
        workers.leave(web);
        assert!(workers.room_for(other, false));
    }

    #[test]
    fn what_fails_leaves_room_for_what_does_not_and_all_of_it_has_an_end() {
        let forecast = job(JobKind::Forecast, 0);
        let room = |count, failing| waiting(2, count, true).room_for(forecast, failing);
        assert!(room(MOST_FAILING - 1, true) && !room(MOST_FAILING, true));
        assert!(room(MOST_FAILING, false) && room(MOST_WAITING - 1, false));
        assert!(!room(MOST_WAITING, false) && !waiting(2, MOST_WAITING, true).free());
        // However many healthy sources are slow, one that failed is asked again.
        assert!(waiting(2, MOST_WAITING - 1, false).room_for(forecast, true));
    }

    #[test]
    fn a_source_that_is_waited_for_is_asked_for_a_forecast_alone() {
        let workers = waiting(4, 1, false);
        let room = |kind, target| workers.room_for(job(kind, target), false);
        assert!(room(JobKind::Forecast, 100) && !room(JobKind::Evaluate, 100));
        assert!(!room(JobKind::Train, 100) && room(JobKind::Train, 0));
    }

    #[test]
    fn one_worker_never_learns() {
        let workers = Workers::new(2);
        workers.enter(job(JobKind::Train, 0));
        assert!(!workers.room_for(job(JobKind::Replay, 1), false));
        assert!(workers.room_for(job(JobKind::Forecast, 0), false));
    }

    #[test]
    fn a_job_that_is_given_up_while_it_waits_does_not_come_back() {
        let workers = Workers::new(2);
        let forecast = job(JobKind::Forecast, 0);
        workers.enter(forecast);
        assert_eq!(workers.ask(forecast, true, || workers.leave(forecast)), None);
        assert_eq!(workers.ask(forecast, true, || ()), None);
    }

    #[test]
    fn who_comes_back_while_others_begin_to_hang_gets_their_worker() {
        let workers = Workers::new(2);
        let [hung, slow, web] = [0, 1, 2].map(|target| job(JobKind::Forecast, target));
        let soon = Stage::Asking(Instant::now() + PATIENCE, false);
        lock(&workers.jobs).extend([(hung, soon), (slow, soon)]);
        // Its own patience was over before, and nobody leaves.
        lock(&workers.jobs).insert(web, Stage::Asking(Instant::now(), false));
        let (told, back) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            scope.spawn(|| told.send(workers.return_to_work(web)));
            let came = back.recv_timeout(20 * PATIENCE);
            // Whoever still sleeps is woken, so that a failure is one.
            workers.leave(web);
            assert_eq!(came, Ok(true));
        });
    }

    /// Many sources that all answer at once: however they come back, no more compute than there are workers, no more
    /// learn than may, and every one of them gets its turn.
    #[test]
    fn what_comes_back_at_once_computes_in_turn() {
        let workers = Workers::new(2);
        let (computing, learning) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let done = AtomicUsize::new(0);
        let answers = std::sync::Barrier::new(12);
        let work = |job: Job| {
            workers.ask(job, true, || answers.wait()).expect("nobody gave it up");
            let long = usize::from(job.kind.is_long());
            assert!(computing.fetch_add(1, Ordering::SeqCst) < 2);
            assert!(learning.fetch_add(long, Ordering::SeqCst) + long <= 1);
            thread::sleep(Duration::from_millis(2));
            learning.fetch_sub(long, Ordering::SeqCst);
            computing.fetch_sub(1, Ordering::SeqCst);
            done.fetch_add(1, Ordering::SeqCst);
            workers.leave(job);
        };
        thread::scope(|scope| {
            for target in 0..6 {
                for kind in [JobKind::Forecast, JobKind::Train] {
                    workers.enter(job(kind, target));
                    scope.spawn(move || work(job(kind, target)));
                }
            }
        });
        assert_eq!(done.into_inner(), 12);
        assert!(lock(&workers.jobs).is_empty());
    }
}
