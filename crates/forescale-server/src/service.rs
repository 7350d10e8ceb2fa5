//! The service as one value: what every way in shares.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::board::{Board, Entry};
use crate::clock::{Clock, lock};
use crate::config::Config;
use crate::error::ServerError;
use crate::jobs::{Job, JobKind, Pool};
use crate::metrics::Metrics;
use crate::notify::{Alerts, Outbox};
use crate::source::Sources;
use crate::standing::State;
use crate::store::Store;

/// The service without its sockets.
pub struct Service {
    /// The configuration.
    pub config: Config,
    /// The targets.
    pub board: Arc<Board>,
    /// The state on disk.
    pub store: Arc<Store>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// The workers.
    pub pool: Pool,
    outbox: Outbox,
    alerts: Mutex<Alerts>,
    clock: Arc<dyn Clock>,
    stop: watch::Sender<bool>,
}

impl Service {
    /// Opens the store and the sources, and goes on where the last process ended.
    ///
    /// # Errors
    /// [`ServerError`] when the store is held by another process or cannot be used, or a source is wrong.
    pub fn open(
        config: Config,
        sources: Arc<dyn Sources>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServerError> {
        let board = Arc::new(Board::new(&config, &sources, clock.now())?);
        let store = Arc::new(Store::open(&config.store.path)?);
        let failed = |source| ServerError::Store { path: config.store.path.clone(), source };
        for entry in board.entries() {
            recall(entry, &store).map_err(failed)?;
        }
        let metrics = Arc::new(Metrics::default());
        let workers = config.server.worker_count();
        let pool = Pool::new(
            Arc::clone(&board),
            Arc::clone(&store),
            Arc::clone(&metrics),
            Arc::clone(&clock),
            workers,
        );
        let pool = pool.map_err(failed)?;
        let stop = watch::Sender::new(false);
        let outbox = Outbox::open(&config.webhooks, &metrics, &clock, &stop.subscribe())?;
        let alerts = Mutex::default();
        Ok(Self { config, board, store, metrics, pool, outbox, alerts, clock, stop })
    }

    /// The moment it is.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Asks for a plan of `entry` now.
    pub fn ask(&self, entry: &Entry) {
        if let Some(target) = self.board.place(entry.target.name.as_str()) {
            self.pool.ask(Job { kind: JobKind::Forecast, target });
        }
    }

    /// Tells the webhooks what is new.
    pub fn tell(&self) {
        if self.outbox.is_empty() {
            return;
        }
        let news = lock(&self.alerts).look(&self.board, self.now());
        news.into_iter().for_each(|message| self.outbox.send(message));
    }

    /// Drops what is older than it should be kept.
    pub fn forget(&self) {
        if let Err(error) = self.store.forget_before(self.now() - self.config.store.keep) {
            tracing::warn!(%error, "old plans could not be dropped");
            self.metrics.store_failed();
        }
    }

    /// Ends the service: it is no longer ready, takes no connection, begins no job and ends its streams.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Turns true when the service ends.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Why the service is not ready; none when it is. A target that holds is ready: that is what it should do.
    pub fn unready(&self) -> Option<String> {
        if *self.stop.borrow() {
            return Some("the service is stopping".to_owned());
        }
        let now = self.now();
        let waiting = |entry: &&Arc<Entry>| entry.state(now) == State::Waiting;
        let waiting = self.board.entries().iter().find(waiting)?;
        Some(format!("target {} has no plan yet", waiting.target.name))
    }
}

/// Takes up where `entry` stood when the last process ended.
fn recall(entry: &Entry, store: &Store) -> rusqlite::Result<()> {
    if let Some(standing) = store.standing(&entry.target.name)?
        && !standing.steps.is_empty()
    {
        entry.stand(standing);
    }
    if let Some(accuracy) = store.accuracy(&entry.target.name, 1)?.pop() {
        entry.judge(accuracy);
    }
    Ok(())
}
