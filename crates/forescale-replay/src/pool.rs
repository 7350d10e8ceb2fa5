//! The warm pool: instances that were started once and wait.

use forescale_core::Frequency;

use crate::settings::{WarmPool, steps};

/// A pool between two steps; empty for good when there is none.
#[derive(Debug)]
pub(crate) struct Pool {
    settings: Option<WarmPool>,
    /// Steps until a new instance may wait in the pool.
    initialising: usize,
    /// Steps from leaving the pool to serving.
    startup: usize,
    waiting: u32,
    /// When those that are initialised begin to wait, and how many.
    coming: Vec<(usize, u32)>,
}

impl Pool {
    /// A full pool whose instances take `initialising` steps to come into it.
    pub(crate) fn new(settings: Option<WarmPool>, initialising: usize, step: Frequency) -> Self {
        Self {
            settings,
            initialising,
            startup: settings.map_or(0, |pool| steps(pool.startup_s, step)),
            waiting: settings.map_or(0, |pool| pool.size),
            coming: Vec::new(),
        }
    }

    /// Lets those wait that are initialised by step `k`.
    pub(crate) fn advance(&mut self, k: usize) {
        let waiting = &mut self.waiting;
        self.coming.retain(|(ready, count)| {
            let comes = *ready <= k;
            *waiting += if comes { *count } else { 0 };
            !comes
        });
    }

    /// Takes an instance out; gives the steps it takes to serve, or none when there is no instance.
    pub(crate) fn take(&mut self) -> Option<usize> {
        self.waiting = self.waiting.checked_sub(1)?;
        Some(self.startup)
    }

    /// Puts a removed instance back when the pool takes it.
    pub(crate) fn put_back(&mut self) -> bool {
        let takes = self.settings.is_some_and(|pool| pool.reuse && self.waiting < pool.size);
        self.waiting += u32::from(takes);
        takes
    }

    /// Starts as many as are missing at step `k`; those that come back too many are not started.
    pub(crate) fn fill(&mut self, k: usize) {
        let Some(pool) = self.settings else { return };
        let coming: u32 = self.coming.iter().map(|(_, count)| count).sum();
        let mut surplus = (self.waiting + coming).saturating_sub(pool.size);
        while surplus > 0
            && let Some((_, count)) = self.coming.last_mut()
        {
            let taken = surplus.min(*count);
            *count -= taken;
            surplus -= taken;
            if *count == 0 {
                self.coming.pop();
            }
        }
        let missing = pool.size.saturating_sub(self.waiting + coming);
        if missing > 0 {
            self.coming.push((k + self.initialising, missing));
        }
    }

    /// What the pool is billed in this step, in instances: in full while they are initialised.
    pub(crate) fn billed(&self) -> f64 {
        let coming: u32 = self.coming.iter().map(|(_, count)| count).sum();
        let share = self.settings.map_or(0.0, |pool| pool.billed_share);
        f64::from(coming) + f64::from(self.waiting) * share
    }
}
