//! One connection, from its first byte to its last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt;

/// The protocol of an address: each has one, so that no time is spent on finding out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP/1.1.
    Http,
    /// HTTP/2 from the first byte, as gRPC has it.
    Grpc,
}

/// The most bytes of a request's head, and of what is read ahead.
const BUFFER: usize = 16 * 1_024;

/// Streams that a client may have at a time.
const STREAMS: u32 = 256;

/// How often a quiet HTTP/2 connection is asked whether it lives, and how long it has to answer.
const PING: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(10));

/// Serves `stream` by `router`. A client that has sent no request after `patience` is left.
pub async fn serve<S>(
    stream: S,
    router: Router,
    protocol: Protocol,
    patience: Duration,
    watcher: Watcher,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let asked = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&asked);
    let service = service_fn(move |request: Request<Incoming>| {
        seen.store(true, Ordering::Relaxed);
        router.clone().oneshot(request)
    });
    let builder = builder(protocol, patience);
    let served =
        watcher.watch(builder.serve_connection(TokioIo::new(stream), service).into_owned());
    tokio::pin!(served);
    tokio::select! {
        // What a client did wrong is its own affair.
        _ = &mut served => return,
        () = tokio::time::sleep(patience) => {}
    }
    if asked.load(Ordering::Relaxed) {
        let _ = served.await;
    }
}

fn builder(protocol: Protocol, patience: Duration) -> Builder<TokioExecutor> {
    let builder = Builder::new(TokioExecutor::new());
    match protocol {
        Protocol::Http => {
            let mut builder = builder.http1_only();
            let mut http = builder.http1();
            http.timer(TokioTimer::new()).header_read_timeout(patience).max_buf_size(BUFFER);
            builder
        }
        Protocol::Grpc => {
            let mut builder = builder.http2_only();
            let mut http = builder.http2();
            http.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
            http.keep_alive_interval(PING.0).keep_alive_timeout(PING.1);
            builder
        }
    }
}
