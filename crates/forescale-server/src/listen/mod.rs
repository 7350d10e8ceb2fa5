//! Sockets: connections that are counted, have a deadline for what they owe, and end when the service does.

mod connection;
mod shed;
mod tls;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
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

/// A pause after the system refuses a connection, which it does when there are no more descriptors.
const BREATH: Duration = Duration::from_millis(50);

/// Returns once `stop` says so.
pub async fn told(stop: &mut watch::Receiver<bool>) {
    // Whoever could say so is gone: that is the end as well.
    let _ = stop.wait_for(|stop| *stop).await;
}

/// An address that is listened on.
pub struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    protocol: Protocol,
    most: usize,
    patience: Duration,
}

impl Listener {
    /// Listens on `address`.
    ///
    /// # Errors
    /// [`ServerError::Listen`] when the system does not let it.
    pub async fn bind(
        address: SocketAddr,
        protocol: Protocol,
        tls: Option<TlsAcceptor>,
        server: &Server,
    ) -> Result<Self, ServerError> {
        let socket = TcpListener::bind(address).await;
        let socket = socket.map_err(|source| ServerError::Listen { address, source })?;
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
    pub async fn serve(
        self,
        router: Router,
        metrics: Arc<Metrics>,
        mut stop: watch::Receiver<bool>,
    ) {
        let slots = Arc::new(Semaphore::new(self.most));
        let graceful = GracefulShutdown::new();
        let mut turned_away = TurnedAway::default();
        loop {
            let (stream, peer) = tokio::select! {
                accepted = self.socket.accept() => match accepted {
                    Ok((stream, peer)) => (stream, Peer(peer.ip())),
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(BREATH).await;
                        continue;
                    }
                },
                () = told(&mut stop) => break,
            };
            match Arc::clone(&slots).try_acquire_owned() {
                Ok(slot) => self.spawn(stream, peer, slot, &router, &graceful),
                Err(_) => {
                    metrics.shed();
                    if self.protocol == Protocol::Http {
                        turned_away.add(stream, self.tls.clone());
                    }
                }
            }
        }
        drop(self.socket);
        if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
            tracing::warn!("connections were still open when the service ended");
        }
    }

    fn spawn(
        &self,
        stream: TcpStream,
        peer: Peer,
        slot: OwnedSemaphorePermit,
        router: &Router,
        graceful: &GracefulShutdown,
    ) {
        let (tls, protocol, patience) = (self.tls.clone(), self.protocol, self.patience);
        let (router, watcher) = (router.clone(), graceful.watcher());
        tokio::spawn(async move {
            let _slot = slot;
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

/// `stream`, which ends when its client takes nothing for so long while there is something to send.
fn impatient(stream: TcpStream, patience: Duration) -> Pin<Box<TimeoutStream<TcpStream>>> {
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(patience));
    Box::pin(stream)
}
