//! Work on many series: on all cores, without the interpreter's lock, with progress and a way to stop it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::scope;
use std::time::Duration;

use pyo3::prelude::*;
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::failure::Refusal;

/// Series for each thread between two looks at the keyboard.
const TOGETHER: usize = 4;

/// Between two looks at the keyboard while one long work goes on.
const LOOK: Duration = Duration::from_millis(100);

/// Threads for series; one for each core when nothing is said.
pub fn pool(threads: Option<usize>) -> Result<ThreadPool, Refusal> {
    let pool = ThreadPoolBuilder::new().num_threads(threads.unwrap_or_default()).build();
    pool.map_err(|error| Refusal::new(format!("cannot start threads: {error}")))
}

/// What `work` makes of the numbers from 0 to `count`, in their order; the first refusal ends it.
///
/// `progress` is called with what is done and what there is.
pub fn each<T: Send>(
    py: Python<'_>,
    count: usize,
    threads: Option<usize>,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl Fn(usize) -> Result<T, Refusal> + Sync,
) -> PyResult<Vec<T>> {
    let pool = pool(threads)?;
    let together = TOGETHER * pool.current_num_threads();
    let work = &work;
    let mut done = Vec::with_capacity(count);
    while done.len() < count {
        let next = done.len()..count.min(done.len() + together);
        let made: Result<Vec<T>, Refusal> =
            py.detach(|| pool.install(|| next.into_par_iter().map(work).collect()));
        done.extend(made?);
        py.check_signals()?;
        if let Some(progress) = progress {
            progress.call1((done.len(), count))?;
        }
    }
    Ok(done)
}

/// Threads that each of `count` series may use: all where there is one, one where there are many.
pub fn threads_for_each(count: usize, threads: Option<usize>) -> Option<usize> {
    if count > 1 { Some(1) } else { threads }
}

/// How far a long work has come, and whether it should end.
#[derive(Debug, Default)]
pub struct Watch {
    done: AtomicUsize,
    ended: AtomicBool,
}

impl Watch {
    /// Counts one series; a refusal where the work should end.
    pub fn done(&self) -> Result<(), Refusal> {
        self.done.fetch_add(1, Ordering::Relaxed);
        match self.ended.load(Ordering::Relaxed) {
            true => Err(Refusal::new("the work was ended")),
            false => Ok(()),
        }
    }
}

/// One work on `count` series in a thread of its own: the interpreter hears of signals in its own thread alone.
///
/// `progress` is called with what is done and what there is. A signal or an error of `progress` ends the work.
pub fn watched<T: Send>(
    py: Python<'_>,
    count: usize,
    progress: Option<&Bound<'_, PyAny>>,
    work: impl FnOnce(&Watch) -> Result<T, Refusal> + Send,
) -> PyResult<T> {
    let watch = Watch::default();
    let (alive, mut ended) = channel::<()>();
    scope(|scope| {
        let worker = scope.spawn(|| {
            // It is dropped when the work has come to its end, whatever that is.
            let _alive = alive;
            work(&watch)
        });
        let looked = look(py, &watch, &mut ended, count, progress);
        watch.ended.store(looked.is_err(), Ordering::Relaxed);
        // The worker may wait for the interpreter's lock.
        let made = py.detach(|| worker.join());
        looked?;
        let broken = || Refusal::new("the engine broke down");
        Ok(made.map_err(|_| broken())??)
    })
}

/// Tells of progress and looks for signals until the work has ended.
fn look(
    py: Python<'_>,
    watch: &Watch,
    ended: &mut Receiver<()>,
    count: usize,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let mut told = 0;
    loop {
        let ended = &mut *ended;
        let waited = py.detach(move || ended.recv_timeout(LOOK));
        let over = waited == Err(RecvTimeoutError::Disconnected);
        py.check_signals()?;
        let done = watch.done.load(Ordering::Relaxed);
        if let Some(progress) = progress.filter(|_| done > told) {
            progress.call1((done, count))?;
            told = done;
        }
        if over {
            return Ok(());
        }
    }
}
