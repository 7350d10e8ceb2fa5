//! Runs work that may fail, panic or hang, and goes on without it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::LazyLock;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Jobs that run at a time where nobody says how many. Asked once: the answer is read from files of the system.
pub(crate) static CORES: LazyLock<usize> =
    LazyLock::new(|| std::thread::available_parallelism().map_or(1, usize::from));

/// Why a piece of work gave no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It returned an error.
    Failed(String),
    /// It panicked.
    Panicked(String),
    /// It did not end in time.
    Hung(Duration),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Failed(reason) => f.write_str(reason),
            Self::Panicked(message) => write!(f, "it stopped with a fault: {message}"),
            Self::Hung(limit) => write!(f, "it took longer than {} s", limit.as_secs_f64()),
        }
    }
}

/// A piece of work; it owns what it needs, since it may outlive the wait for it.
pub(crate) type Job<T> = Box<dyn FnOnce() -> Result<T, String> + Send>;

/// Runs `jobs`, up to `threads` at a time, each for at most `limit`; the results are in the order of the jobs.
///
/// A job that hangs cannot be stopped: its thread is left behind and its result is dropped.
pub(crate) fn run<T: Send + 'static>(
    jobs: Vec<Job<T>>,
    threads: usize,
    limit: Duration,
    mut finished: impl FnMut(usize),
) -> Vec<Result<T, Failure>> {
    let total = jobs.len();
    let mut results: Vec<Option<Result<T, Failure>>> = (0..total).map(|_| None).collect();
    let (sender, receiver) = channel();
    let mut waiting = jobs.into_iter().enumerate();
    let mut running: Vec<(usize, Instant)> = Vec::new();
    let mut done = 0;
    loop {
        while running.len() < threads.max(1) {
            let Some((index, job)) = waiting.next() else { break };
            running.push((index, Instant::now()));
            let sender = sender.clone();
            std::thread::spawn(move || {
                // The receiver may be gone when this job outlived its limit; nobody needs the result then.
                let _ = sender.send((index, attempt(job)));
            });
        }
        let Some(oldest) = running.iter().map(|(_, since)| *since).min() else { break };
        let (index, result) = match receiver.recv_timeout(limit.saturating_sub(oldest.elapsed())) {
            Ok(finished) => finished,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                let (index, _) = *running.iter().min_by_key(|(_, since)| *since).expect("one runs");
                (index, Err(Failure::Hung(limit)))
            }
        };
        if results[index].is_none() {
            running.retain(|(other, _)| *other != index);
            results[index] = Some(result);
            done += 1;
            finished(done);
        }
    }
    results.into_iter().map(|result| result.expect("every job was run")).collect()
}

fn attempt<T>(job: Job<T>) -> Result<T, Failure> {
    match catch_unwind(AssertUnwindSafe(job)) {
        Ok(result) => result.map_err(Failure::Failed),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
            Err(Failure::Panicked(text.unwrap_or_else(|| "no message".to_owned())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_panics_and_hangs_are_told_apart_and_the_rest_goes_on() {
        let jobs: Vec<Job<u32>> = vec![
            Box::new(|| Ok(1)),
            Box::new(|| Err("no data".to_owned())),
            Box::new(|| panic!("division by zero")),
            Box::new(|| {
                std::thread::sleep(Duration::from_secs(20));
                Ok(4)
            }),
            Box::new(|| Ok(5)),
        ];
        let limit = Duration::from_secs(2);
        let results = run(jobs, 2, limit, |_| {});
        assert_eq!(
            results,
            [
                Ok(1),
                Err(Failure::Failed("no data".to_owned())),
                Err(Failure::Panicked("division by zero".to_owned())),
                Err(Failure::Hung(limit)),
                Ok(5),
            ]
        );
    }
}
