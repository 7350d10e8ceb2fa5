//! The service as one value: what every way in shares.

use std::sync::{Arc, Mutex};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use crate::board::{Board, Entry};
use crate::clock::{Clock, lock};
use crate::config::Config;
use crate::error::ServerError;
use crate::jobs::{Agenda, COMPARED, JUDGED, Job, JobKind, Pool, agenda};
use crate::metrics::Metrics;
use crate::notify::{Alerts, Outbox};
use crate::source::Sources;
use crate::standing::Failing;
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
        let recall = |store: &Store| recall(&board, store);
        let begun = Store::open_or_begin(&config.store.path, clock.now(), recall)?;
        let (store, (agenda, alerts)) = (Arc::new(begun.store), begun.recalled);
        let metrics = Arc::new(Metrics::new(store.failures()));
        metrics.set_aside(begun.aside.is_some());
        let workers = config.server.worker_count();
        let pool = Pool::new(
            Arc::clone(&board),
            Arc::clone(&store),
            Arc::clone(&metrics),
            Arc::clone(&clock),
            workers,
            agenda,
        );
        let stop = watch::Sender::new(false);
        let outbox = Outbox::open(&config.webhooks, &metrics, &clock, &stop.subscribe())?;
        let alerts = Mutex::new(alerts);
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
        self.note_taken();
        let mut alerts = lock(&self.alerts);
        let news = alerts.look(&self.board, self.now());
        // Before anybody is told: a process that ends on the way tells again.
        self.save(&mut alerts);
        drop(alerts);
        for message in news {
            if let Some(entry) = self.board.find(message.target()) {
                self.outbox.send(message, &entry.target.outputs);
            }
        }
    }

    /// Remembers what the webhooks have taken.
    pub fn note_taken(&self) {
        let mut alerts = lock(&self.alerts);
        self.outbox.taken().iter().for_each(|message| alerts.taken(&self.board, message));
        self.save(&mut alerts);
    }

    fn save(&self, alerts: &mut Alerts) {
        if let Err(error) = alerts.save(&self.board, &self.store) {
            tracing::warn!(%error, "what was said cannot be saved");
        }
    }

    /// Drops what is older than it should be kept.
    pub fn forget(&self) {
        let now = self.now();
        let keep = self.config.store.keep;
        // Forecasts are by far the largest rows, and nothing looks at them once they are not compared any more.
        if let Err(error) = self.store.forget(now, keep, keep.min(COMPARED)) {
            tracing::warn!(%error, "old plans could not be dropped");
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

    /// Why the service is not ready; none when it is. A target that holds, is stale or has no plan says so to whoever asks,
    /// which is what it should do: without its sources the service is still the one that explains why.
    pub fn unready(&self) -> Option<String> {
        if *self.stop.borrow() {
            return Some("the service is stopping".to_owned());
        }
        let untried = self.board.entries().iter().find(|entry| !entry.known())?;
        Some(format!("target {} has no plan yet", untried.target.name))
    }
}

/// Takes up where the targets of `board` stood when the last process ended, what is due, and what was said.
fn recall(board: &Board, store: &Store) -> rusqlite::Result<(Agenda, Alerts)> {
    for entry in board.entries() {
        if let Some(standing) = store.standing(&entry.target.name)?
            && !standing.steps.is_empty()
        {
            entry.stand(standing);
        } else if let Some(Failing { since, reason }) =
            store.failing(&entry.target.name, JobKind::Forecast.name())?
        {
            entry.fail(since, &reason);
        }
        entry.judge(&store.accuracy(&entry.target.name, JUDGED)?);
    }
    Ok((agenda(board, store)?, Alerts::recalled(board, store)?))
}
