//! Work that shares no thread with anything else.

use std::thread;

use tokio::runtime;

use crate::error::ServerError;

/// Runs `work` in a thread and a runtime of its own.
///
/// # Errors
/// [`ServerError::System`] when the system has none.
pub fn thread<W: Future<Output = ()>>(
    name: &str,
    work: impl FnOnce() -> W + Send + 'static,
) -> Result<(), ServerError> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|source| ServerError::System { what: "a runtime", source })?;
    let thread = thread::Builder::new().name(name.to_owned());
    let spawned = thread.spawn(move || runtime.block_on(work()));
    spawned.map(|_| ()).map_err(|source| ServerError::System { what: "a thread", source })
}
