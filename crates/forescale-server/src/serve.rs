//! From a configuration to a service that listens, and back.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock::Clock;
use crate::config::{Config, Server};
use crate::door::{Door, Token};
use crate::error::ServerError;
use crate::listen::{Listener, Protocol, acceptor};
use crate::service::Service;
use crate::source::Sources;
use crate::{grpc, http};

/// How often it is looked at what is due, if no job ends before.
const TICK: Duration = Duration::from_millis(100);

/// How often webhooks are told what is new.
const TELL: Duration = Duration::from_secs(1);

/// How often old rows are dropped.
const FORGET: Duration = Duration::from_secs(3_600);

/// How long jobs that are at work may take once the service is told to stop; what they make is lost then, and made
/// anew by the next process.
const LAST_JOBS: Duration = Duration::from_secs(2);

/// How long what is left of connections may take after that.
const LAST_TASKS: Duration = Duration::from_secs(1);

/// Ends a service from elsewhere: a signal handler, or a test.
///
/// ```
/// use forescale_server::Shutdown;
/// let shutdown = Shutdown::default();
/// shutdown.clone().trigger();
/// assert!(shutdown.triggered());
/// ```
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// Ends the service.
    pub fn trigger(&self) {
        self.0.send_replace(true);
    }

    /// Whether it was told to end.
    pub fn triggered(&self) -> bool {
        *self.0.borrow()
    }
}

/// Serves until `shutdown` is triggered, then ends what is under way within ten seconds.
///
/// # Errors
/// [`ServerError`] when the configuration, the store, a source or an address does not work.
pub fn serve(
    config: Config,
    sources: Arc<dyn Sources>,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<(), ServerError> {
    let running = Running::start(config, sources, clock)?;
    let mut told = shutdown.0.subscribe();
    // The sender lives as long as `shutdown`, so there is always somebody who can tell.
    let _ = running.runtime.block_on(told.wait_for(|told| *told));
    running.stop();
    Ok(())
}

/// A service that listens.
pub struct Running {
    service: Arc<Service>,
    runtime: Runtime,
    listening: JoinSet<()>,
    dispatcher: JoinHandle<()>,
    http: SocketAddr,
    grpc: Option<SocketAddr>,
}

impl Running {
    /// Opens everything and begins to listen and to work.
    ///
    /// # Errors
    /// As [`serve`].
    pub fn start(
        config: Config,
        sources: Arc<dyn Sources>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ServerError> {
        let access = Access::read(&config.server)?;
        let runtime = Builder::new_multi_thread().enable_all().build();
        let runtime = runtime.map_err(|source| ServerError::System { what: "threads", source })?;
        let service = Arc::new(Service::open(config, sources, clock)?);
        let mut listening = JoinSet::new();
        let (http, grpc) = runtime.block_on(listen(&service, access, &mut listening))?;
        let dispatcher = dispatch(Arc::clone(&service))?;
        tracing::info!(%http, grpc = ?grpc, targets = service.board.entries().len(), "serving");
        Ok(Self { service, runtime, listening, dispatcher, http, grpc })
    }

    /// Where HTTP is served.
    pub fn http(&self) -> SocketAddr {
        self.http
    }

    /// Where gRPC is served.
    pub fn grpc(&self) -> Option<SocketAddr> {
        self.grpc
    }

    /// The service behind the sockets.
    pub fn service(&self) -> &Arc<Service> {
        &self.service
    }

    /// Ends what is under way, and the service.
    pub fn stop(mut self) {
        self.service.stop();
        self.runtime.block_on(async { while self.listening.join_next().await.is_some() {} });
        // A dispatcher that panicked has nothing left to end.
        let _ = self.dispatcher.join();
        let until = Instant::now() + LAST_JOBS;
        while !self.service.pool.idle() && Instant::now() < until {
            self.service.pool.collect();
            thread::sleep(Duration::from_millis(10));
        }
        // What still runs there holds the store, and whoever starts next needs it.
        self.runtime.shutdown_timeout(LAST_TASKS);
        tracing::info!("stopped");
    }
}

/// Who is let in, and how.
struct Access {
    http: Option<tokio_rustls::TlsAcceptor>,
    grpc: Option<tokio_rustls::TlsAcceptor>,
    token: Option<Token>,
    mutual: bool,
}

impl Access {
    fn read(server: &Server) -> Result<Self, ServerError> {
        let tls = |protocol| server.tls.as_ref().map(|tls| acceptor(tls, protocol)).transpose();
        Ok(Self {
            http: tls(Protocol::Http)?,
            grpc: tls(Protocol::Grpc)?,
            token: server.token_file.as_deref().map(Token::read).transpose()?,
            mutual: server.mutual(),
        })
    }
}

async fn listen(
    service: &Arc<Service>,
    access: Access,
    listening: &mut JoinSet<()>,
) -> Result<(SocketAddr, Option<SocketAddr>), ServerError> {
    let server = &service.config.server;
    let (metrics, stop) = (&service.metrics, service.stopping());
    let listener = Listener::bind(server.listen, Protocol::Http, access.http, server)?;
    let http = listener.address()?;
    // One door: who guesses over HTTP has to wait over gRPC, too.
    let door = Door::new(access.token);
    let router = http::router(Arc::clone(service), door.clone());
    let mut grpc = None;
    if let Some(address) = server.grpc_listen {
        let listener = Listener::bind(address, Protocol::Grpc, access.grpc, server)?;
        grpc = Some(listener.address()?);
        // A client certificate says who asks as well as a token does, and KEDA can bring one.
        let door = if access.mutual { Door::open() } else { door };
        let router = grpc::router(Arc::clone(service), door).await;
        listening.spawn(listener.serve(router, Arc::clone(metrics), stop.clone())?);
    }
    listening.spawn(listener.serve(router, Arc::clone(metrics), stop)?);
    Ok((http, grpc))
}

/// The thread that looks at what is due.
fn dispatch(service: Arc<Service>) -> Result<JoinHandle<()>, ServerError> {
    let work = move || {
        let stop = service.stopping();
        let (mut told, mut forgot) = (Instant::now(), Instant::now());
        while !*stop.borrow() {
            service.pool.tick();
            if told.elapsed() >= TELL {
                service.tell();
                told = Instant::now();
            }
            if forgot.elapsed() >= FORGET {
                service.forget();
                forgot = Instant::now();
            }
            service.pool.wait(TICK);
        }
        service.note_taken();
    };
    let spawned = thread::Builder::new().name("dispatcher".to_owned()).spawn(work);
    spawned.map_err(|source| ServerError::System { what: "a thread", source })
}
