//! Connections beyond the most there may be: told to come back, and health still answers.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;

/// The time a connection that is turned away has to say what it wants.
const PATIENCE: Duration = Duration::from_millis(500);

const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
Content-Type: application/problem+json\r\nContent-Length: 93\r\n\r\n\
{\"status\":503,\"title\":\"Service Unavailable\",\"detail\":\"too many connections; try again soon\"}\n";

const ALIVE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/plain\r\n\
Content-Length: 3\r\n\r\nok\n";

/// Connections that are answered at a time before they are closed: a handshake costs more than a connection.
static ANSWERED: Semaphore = Semaphore::const_new(128);

/// Closes `stream`, which speaks HTTP, with an answer, if not too many get one already.
pub fn turn_away(stream: TcpStream, tls: Option<TlsAcceptor>) {
    let Ok(slot) = ANSWERED.try_acquire() else { return };
    tokio::spawn(async move {
        let _slot = slot;
        let answered = async {
            match tls {
                None => answer(stream).await,
                Some(tls) => answer(tls.accept(stream).await?).await,
            }
        };
        let _ = tokio::time::timeout(PATIENCE, answered).await;
    });
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
