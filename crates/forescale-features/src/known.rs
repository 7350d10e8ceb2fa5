//! Values up to an origin that share their place with the values after it.

use std::sync::Arc;

/// The values up to an origin, which lie where those after it do.
#[derive(Debug, Clone)]
pub struct Known<T> {
    all: Arc<[T]>,
    len: usize,
}

impl<T> Known<T> {
    pub(crate) fn new(all: impl Into<Arc<[T]>>) -> Self {
        let all = all.into();
        Self { len: all.len(), all }
    }

    pub(crate) fn first(&self, len: usize) -> Self {
        Self { all: Arc::clone(&self.all), len: len.min(self.len) }
    }
}

impl<T> std::ops::Deref for Known<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.all[..self.len]
    }
}
