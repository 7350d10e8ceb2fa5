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

/// The most connections that wait to be looked at, of a crowd that comes within a moment, and that wait for an answer.
const MOST: Room = Room { coming: 16_384, waiting: 4_096 };

/// Descriptors for everything that is no client: files, sources, webhooks.
const OTHERS: u64 = 256;

/// How many connections that are turned away may be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Room {
    coming: usize,
    waiting: usize,
}

impl Room {
    /// What the limit of open files leaves beside `served` connections on each of two addresses.
    fn within(limit: u64, served: usize) -> Self {
        let left = limit.saturating_sub(2 * served as u64 + OTHERS);
        let share = |quarters: u64| usize::try_from(left / 4 * quarters).unwrap_or(usize::MAX);
        let between = |share: usize, most: usize| share.clamp(64, most);
        Self { coming: between(share(3), MOST.coming), waiting: between(share(1), MOST.waiting) }
    }
}

/// Where connections go that there is no room for. They are answered, and closed, by a thread of their own.
pub struct TurnedAway(Option<mpsc::Sender<std::net::TcpStream>>);

impl TurnedAway {
    /// Begins to answer, if connections speak HTTP; others are closed without a word.
    ///
    /// # Errors
    /// [`ServerError::System`] when the system has no thread.
    pub fn begin(
        protocol: Protocol,
        tls: Option<TlsAcceptor>,
        served: usize,
    ) -> Result<Self, ServerError> {
        if protocol != Protocol::Http {
            return Ok(Self(None));
        }
        let limit = rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(0, |(soft, _)| soft);
        let room = Room::within(limit, served);
        let (sender, streams) = mpsc::channel(room.coming);
        thread("turn-away", async move || turn_away(streams, tls, room.waiting).await)?;
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
async fn turn_away(
    mut streams: mpsc::Receiver<std::net::TcpStream>,
    tls: Option<TlsAcceptor>,
    most: usize,
) {
    let mut waiting: VecDeque<AbortHandle> = VecDeque::new();
    while let Some(stream) = streams.recv().await {
        if waiting.len() >= most {
            waiting.retain(|waiting| !waiting.is_finished());
        }
        if waiting.len() >= most
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
    fn there_is_room_for_a_crowd_only_where_descriptors_are_left() {
        assert_eq!(Room::within(1_048_576, 1_024), MOST);
        assert_eq!(Room::within(4_096, 1_024), Room { coming: 1_344, waiting: 448 });
        assert_eq!(Room::within(1_024, 1_024), Room { coming: 64, waiting: 64 });
    }

    #[test]
    fn answers_are_as_long_as_they_say() {
        for answer in [BUSY, ALIVE] {
            let text = std::str::from_utf8(answer).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
        }
    }
}
