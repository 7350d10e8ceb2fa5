//! Connections beyond the most there may be: told to come back, and health still answers.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

/// The time a connection that is turned away has to say what it wants.
const PATIENCE: Duration = Duration::from_millis(500);

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
Content-Type: application/problem+json\r\nContent-Length: 93\r\n\r\n\
{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"too many connections; try again soon\"}\n";

const ALIVE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\
Content-Length: 3\r\n\r\nok\n";

/// Connections that wait for an answer at a time.
const WAITING: usize = 128;

/// Connections that are answered before they are closed, the oldest first.
#[derive(Default)]
pub struct TurnedAway(VecDeque<AbortHandle>);

impl TurnedAway {
    /// Closes `stream`, which speaks HTTP, with an answer. When too many wait, the oldest goes without one: who asks
    /// at once is answered at once, so that it is one that says nothing, and a crowd of those hides no probe.
    pub fn add(&mut self, stream: TcpStream, tls: Option<TlsAcceptor>) {
        self.0.retain(|waiting| !waiting.is_finished());
        if self.0.len() >= WAITING
            && let Some(oldest) = self.0.pop_front()
        {
            oldest.abort();
        }
        let answered = async {
            match tls {
                None => answer(stream).await,
                Some(tls) => answer(tls.accept(stream).await?).await,
            }
        };
        self.0.push_back(tokio::spawn(tokio::time::timeout(PATIENCE, answered)).abort_handle());
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
