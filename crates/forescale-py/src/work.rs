//! Work on many series: on all cores, without the interpreter's lock, with progress and a way to stop it.

use pyo3::prelude::*;
use rayon::ThreadPoolBuilder;
use rayon::prelude::*;

use crate::failure::Refusal;

/// Series for each thread between two looks at the keyboard.
const TOGETHER: usize = 4;

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
    let pool = ThreadPoolBuilder::new().num_threads(threads.unwrap_or_default()).build();
    let pool = pool.map_err(|error| Refusal::new(format!("cannot start threads: {error}")))?;
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
