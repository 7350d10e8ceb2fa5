//! Connections beyond the most there may be: told to come back, and health still answers.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use super::apart::thread;
use super::connection::Protocol;
use crate::error::ServerError;

/// The time a connection that is turned away has to say what it wants.
const PATIENCE: Duration = Duration::from_millis(500);

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
Content-Type: application/problem+json\r\nContent-Length: 93\r\n\r\n\
{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"too many connections; try again soon\"}\n";

const ALIVE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\
Content-Length: 3\r\n\r\nok\n";

/// Connections that wait to be looked at: a crowd that comes within a moment.
const COMING: usize = 16_384;

/// Connections that wait for an answer at a time.
const WAITING: usize = 4_096;

/// Where connections go that there is no room for. They are answered, and closed, by a thread of their own.
pub struct TurnedAway(Option<mpsc::Sender<std::net::TcpStream>>);

impl TurnedAway {
    /// Begins to answer, if connections speak HTTP; others are closed without a word.
    ///
    /// # Errors
    /// [`ServerError::System`] when the system has no thread.
    pub fn begin(protocol: Protocol, tls: Option<TlsAcceptor>) -> Result<Self, ServerError> {
        if protocol != Protocol::Http {
            return Ok(Self(None));
        }
        let (sender, streams) = mpsc::channel(COMING);
        thread("turn-away", async move || turn_away(streams, tls).await)?;
        Ok(Self(Some(sender)))
    }

    /// Closes `stream` with an answer; without one when too many wait to be looked at.
    pub fn add(&self, stream: std::net::TcpStream) {
        if let Some(sender) = &self.0 {
            // One that is refused here is closed by that.
            let _ = sender.try_send(stream);
        }
    }
}

/// Answers `streams` until there will be no more. When too many wait, the oldest goes without an answer: who asks at once
/// is answered at once, so that it is one that says nothing, and a crowd of those hides no probe.
async fn turn_away(mut streams: mpsc::Receiver<std::net::TcpStream>, tls: Option<TlsAcceptor>) {
    let mut waiting: VecDeque<AbortHandle> = VecDeque::new();
    while let Some(stream) = streams.recv().await {
        if waiting.len() >= WAITING {
            waiting.retain(|waiting| !waiting.is_finished());
        }
        if waiting.len() >= WAITING
            && let Some(oldest) = waiting.pop_front()
        {
            oldest.abort();
        }
        let tls = tls.clone();
        let answered = async {
            let stream = TcpStream::from_std(stream)?;
            match tls {
                None => answer(stream).await,
                Some(tls) => answer(tls.accept(stream).await?).await,
            }
        };
        waiting.push_back(tokio::spawn(tokio::time::timeout(PATIENCE, answered)).abort_handle());
        // Those that are here already are seen to before more come.
        tokio::task::yield_now().await;
    }
}

async fn answer<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> std::io::Result<()> {
    let mut head = [0; 512];
    let read = stream.read(&mut head).await?;
    let answer = if head[..read].starts_with(b"GET /healthz ") { ALIVE } else { BUSY };
    stream.write_all(answer).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_as_long_as_they_say() {
        for answer in [BUSY, ALIVE] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        }
    }
}
