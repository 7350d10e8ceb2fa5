//! Sockets: connections that are counted, have a deadline for what they owe, and end when the service does.

mod apart;
mod connection;
mod shed;
mod tls;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

pub use connection::{Peer, Protocol};
use shed::TurnedAway;
pub use tls::acceptor;

use crate::config::Server;
use crate::error::ServerError;
use crate::metrics::Metrics;

/// How long what is under way may take once the service is told to stop.
const DRAIN: Duration = Duration::from_secs(6);

/// Connections that the system may have ready for us: a crowd that comes at once crowds out no probe.
const BACKLOG: u32 = 4_096;

/// A pause after the system refuses a connection, which it does when there are no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// Returns once `stop` says so.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is the end as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// An address that is listened on.
pub struct Listener {
    socket: std::net::TcpListener,
    tls: Option<TlsAcceptor>,
    protocol: Protocol,
    most: usize,
    patience: Duration,
}

impl Listener {
    /// Listens on `address`. To be called in a runtime.
    ///
    /// # Errors
    /// [`ServerError::Listen`] when the system does not let it.
    pub fn bind(
        address: SocketAddr,
        protocol: Protocol,
        tls: Option<TlsAcceptor>,
        server: &Server,
    ) -> Result<Self, ServerError> {
        let socket = listen(address).map_err(|source| ServerError::Listen { address, source })?;
        let patience = server.header_timeout.to_std().unwrap_or(Duration::from_secs(10));
        Ok(Self { socket, tls, protocol, most: server.max_connections, patience })
    }

    /// The address, with the port that the system chose if it was asked to.
    ///
    /// # Errors
    /// [`ServerError::System`] when the system does not say.
    pub fn address(&self) -> Result<SocketAddr, ServerError> {
        let address = self.socket.local_addr();
        address.map_err(|source| ServerError::System { what: "the address of a socket", source })
    }

    /// Serves `router` until `stop` says so, then lets what is under way end for a few seconds.
    ///
    /// Connections are accepted by one thread and turned away by another: a crowd that is served already, or comes back at
    /// once however often it is turned away, keeps no probe from its answer.
    ///
    /// # Errors
    /// [`ServerError::System`] when the system has no threads.
    pub fn serve(
        self,
        router: Router,
        metrics: Arc<Metrics>,
        stop: watch::Receiver<bool>,
    ) -> Result<impl Future<Output = ()> + Send + 'static, ServerError> {
        let away = TurnedAway::begin(self.protocol, self.tls.clone(), self.most)?;
        let (serving, (ended, end)) = (Handle::current(), oneshot::channel());
        apart::thread("accept", async move || {
            let graceful = GracefulShutdown::new();
            self.accept(&router, &metrics, stop, &serving, &graceful, &away).await;
            // Whoever waits for it is gone only when the whole process ends.
            let _ = ended.send(graceful);
        })?;
        Ok(async move {
            let Ok(graceful) = end.await else { return };
            if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
                tracing::warn!("connections were still open when the service ended");
            }
        })
    }

    /// Accepts until `stop` says so: what there is room for is served in the runtime `serving`, all else goes `away`.
    async fn accept(
        self,
        router: &Router,
        metrics: &Metrics,
        mut stop: watch::Receiver<bool>,
        serving: &Handle,
        graceful: &GracefulShutdown,
        away: &TurnedAway,
    ) {
        let slots = Arc::new(Semaphore::new(self.most));
        let socket = self.socket.try_clone().and_then(TcpListener::from_std);
        let Ok(socket) = socket.inspect_err(|error| tracing::error!(%error, "nothing is accepted"))
        else {
            return;
        };
        loop {
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = told(&mut stop) => break,
            };
            // Whichever thread it goes to has its own way to wait for it.
            let accepted = accepted.and_then(|(stream, peer)| Ok((stream.into_std()?, peer)));
            let (stream, peer) = match accepted {
                Ok((stream, peer)) => (stream, Peer(peer.ip())),
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            match Arc::clone(&slots).try_acquire_owned() {
                Ok(slot) => self.spawn(stream, peer, slot, router, serving, graceful),
                Err(_) => {
                    metrics.shed();
                    away.add(stream);
                }
            }
        }
    }

    fn spawn(
        &self,
        stream: std::net::TcpStream,
        peer: Peer,
        slot: OwnedSemaphorePermit,
        router: &Router,
        serving: &Handle,
        graceful: &GracefulShutdown,
    ) {
        let (tls, protocol, patience) = (self.tls.clone(), self.protocol, self.patience);
        let (router, watcher) = (router.clone(), graceful.watcher());
        serving.spawn(async move {
            let _slot = slot;
            let Ok(stream) = TcpStream::from_std(stream) else { return };
            // Small answers are not held back to be sent together.
            let _ = stream.set_nodelay(true);
            let stream = impatient(stream, patience);
            match tls {
                None => connection::serve(stream, peer, router, protocol, patience, watcher).await,
                Some(tls) => {
                    // A client that never finishes the handshake only holds a connection.
                    let shaken = tokio::time::timeout(patience, tls.accept(stream)).await;
                    if let Ok(Ok(stream)) = shaken {
                        connection::serve(stream, peer, router, protocol, patience, watcher).await;
                    }
                }
            }
        });
    }
}

fn listen(address: SocketAddr) -> std::io::Result<std::net::TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A service that comes back takes its address again at once.
    socket.set_reuseaddr(cfg!(unix))?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

/// `stream`, which ends when its client takes nothing for so long while there is something to send.
fn impatient(stream: TcpStream, patience: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}
