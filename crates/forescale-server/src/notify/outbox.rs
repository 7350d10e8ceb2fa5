//! Sends messages to the webhooks of the configuration, and to nobody else.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{
    Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError, channel, sync_channel,
};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tokio::sync::watch;
use ureq::Agent;

use super::Message;
use super::message::{SIGNATURE, signature};
use crate::clock::{Clock, lock};
use crate::config::{Outputs, TargetName, Webhook};
use crate::error::ServerError;
use crate::metrics::Metrics;
use crate::secret;

/// Messages that wait for a webhook; more are dropped and counted.
const WAITING: usize = 1_000;

/// How long a webhook may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Pauses between attempts; after the last one a message is dropped and counted.
const PAUSES: [u64; 5] = [1, 2, 4, 8, 16];

/// How often a sender looks whether the service ends.
const LOOK: Duration = Duration::from_millis(200);

/// The ways to the webhooks, one thread each: one that does not answer holds up no other.
pub struct Outbox {
    ways: Vec<Way>,
    told: Sender<Arc<Sent>>,
    taken: Mutex<Receiver<Arc<Sent>>>,
    metrics: Arc<Metrics>,
}

/// The way to one webhook.
struct Way {
    name: Option<TargetName>,
    plans: bool,
    sender: SyncSender<Arc<Sent>>,
}

/// A message on its way.
struct Sent {
    message: Message,
    /// Webhooks that have neither taken it nor refused it for good.
    left: AtomicUsize,
}

impl Sent {
    /// One more webhook is done with it; the last one tells.
    fn done(self: Arc<Self>, told: &Sender<Arc<Self>>) {
        if self.left.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Nobody asks once the service has ended.
            let _ = told.send(self);
        }
    }
}

impl Outbox {
    /// Reads the secrets and begins to send.
    ///
    /// # Errors
    /// [`ServerError::File`] when a secret cannot be read.
    pub fn open(
        webhooks: &[Webhook],
        metrics: &Arc<Metrics>,
        clock: &Arc<dyn Clock>,
        stop: &watch::Receiver<bool>,
    ) -> Result<Self, ServerError> {
        let (told, taken) = channel();
        let open = |webhook: &Webhook| {
            let (sender, messages) = sync_channel(WAITING);
            let worker = Worker {
                url: webhook.url.clone(),
                secret: secret::read("the secret of a webhook", &webhook.secret_file)?,
                agent: agent(),
                metrics: Arc::clone(metrics),
                clock: Arc::clone(clock),
                stop: stop.clone(),
                told: told.clone(),
            };
            let thread = thread::Builder::new().name("webhook".to_owned());
            let spawned = thread.spawn(move || worker.run(&messages));
            spawned.map_err(|source| ServerError::System { what: "a thread", source })?;
            Ok(Way { name: webhook.name.clone(), plans: webhook.plans, sender })
        };
        let ways = webhooks.iter().map(open).collect::<Result<_, ServerError>>()?;
        Ok(Self { ways, told, taken: Mutex::new(taken), metrics: Arc::clone(metrics) })
    }

    /// Whether anybody wants to be told anything.
    pub fn is_empty(&self) -> bool {
        self.ways.is_empty()
    }

    /// Hands `message` to everybody who wants it, of those that `outputs` names.
    pub fn send(&self, message: Message, outputs: &Outputs) {
        let is_plan = matches!(message, Message::Plan { .. });
        let wants = |way: &&Way| (way.plans || !is_plan) && outputs.tells(way.name.as_ref());
        let wanting: Vec<_> = self.ways.iter().filter(wants).collect();
        let left = AtomicUsize::new(wanting.len());
        let sent = Arc::new(Sent { message, left });
        if wanting.is_empty() {
            // Nobody is left who could still take it.
            let _ = self.told.send(sent);
            return;
        }
        for way in wanting {
            if let Err(TrySendError::Full(sent)) = way.sender.try_send(Arc::clone(&sent)) {
                self.metrics.webhook_failed();
                sent.done(&self.told);
            }
        }
    }

    /// Messages that everybody who wants them has taken or refused for good since this was last asked.
    pub fn taken(&self) -> Vec<Message> {
        lock(&self.taken).try_iter().map(|sent| sent.message.clone()).collect()
    }
}

/// A webhook is called where it is and nowhere else: a redirect could lead into the cluster.
fn agent() -> Agent {
    let config = Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0);
    config.http_status_as_error(true).build().into()
}

struct Worker {
    url: String,
    secret: Vec<u8>,
    agent: Agent,
    metrics: Arc<Metrics>,
    clock: Arc<dyn Clock>,
    stop: watch::Receiver<bool>,
    told: Sender<Arc<Sent>>,
}

impl Worker {
    fn run(&self, messages: &Receiver<Arc<Sent>>) {
        while !self.stopping() {
            match messages.recv_timeout(LOOK) {
                Ok(sent) => {
                    if self.deliver(&sent.message) {
                        sent.done(&self.told);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Whether `message` was taken or refused for good, and not left because the service ends.
    fn deliver(&self, message: &Message) -> bool {
        let body = serde_json::to_vec(message).expect("a message is plain data");
        for pause in PAUSES {
            match self.post(&body) {
                Ok(()) => return true,
                Err(error) => tracing::warn!(%error, "a webhook did not take a message"),
            }
            if !self.wait(Duration::from_secs(pause)) {
                return false;
            }
        }
        if self.post(&body).is_err() {
            self.metrics.webhook_failed();
        }
        true
    }

    fn post(&self, body: &[u8]) -> Result<(), ureq::Error> {
        let signed = signature(&self.secret, self.clock.now(), body);
        let request = self.agent.post(&self.url).content_type("application/json");
        let response = request.header(SIGNATURE, signed).send(body)?;
        match response.status().is_success() {
            true => Ok(()),
            // A redirect is no error to the client, but nobody has taken the message.
            false => Err(ureq::Error::StatusCode(response.status().as_u16())),
        }
    }

    /// Waits, and says whether the service still goes on.
    fn wait(&self, pause: Duration) -> bool {
        let mut left = pause;
        while left > Duration::ZERO && !self.stopping() {
            thread::sleep(left.min(LOOK));
            left = left.saturating_sub(LOOK);
        }
        !self.stopping()
    }

    fn stopping(&self) -> bool {
        *self.stop.borrow()
    }
}
