//! Progress of work that is told from any thread.

use std::sync::Mutex;

use pyo3::prelude::*;

/// A function of Python that is called with what is done and what there is.
#[derive(Debug)]
pub struct Told {
    callback: Option<Py<PyAny>>,
    failed: Mutex<Option<PyErr>>,
}

impl Told {
    /// Nothing is told without a function.
    pub fn new(callback: Option<Py<PyAny>>) -> Self {
        Self { callback, failed: Mutex::new(None) }
    }

    /// Calls the function; what it raises is kept for [`Told::check`], because the work cannot be stopped from here.
    pub fn tell(&self, done: usize, total: usize) {
        let Some(callback) = &self.callback else { return };
        let called = Python::attach(|py| callback.call1(py, (done, total)).map(|_| ()));
        if let (Err(error), Ok(mut failed)) = (called, self.failed.lock()) {
            failed.get_or_insert(error);
        }
    }

    /// Raises what the function raised.
    pub fn check(&self) -> PyResult<()> {
        let failed = self.failed.lock().ok().and_then(|mut failed| failed.take());
        failed.map_or(Ok(()), Err)
    }
}
